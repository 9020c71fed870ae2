"""The Celery application of the web, settle, chain and beat processes."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections

from apps.monitoring import celery_signals
from apps.scheduler.schedule import beat_schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oracle_project.settings.local")

app = Celery("oracle")
app.config_from_object("oracle_project.celery_config")
app.conf.beat_schedule = beat_schedule()
app.autodiscover_tasks(
    ["apps.sources", "apps.rounds", "apps.evidence", "apps.shadows", "apps.submissions", "apps.scheduler", "apps.api"]
)
celery_signals.connect()


def _look_after_connections(**_: Any) -> None:
    close_old_connections()


# Celery would close the thread's database connection after every task: each round then forks a PostgreSQL process and
# shakes hands with it anew, a fifth of what settling one pair costs. Django's own rule holds instead, as in the web
# process: a connection is closed when it has broken or is older than CONN_MAX_AGE, and looked at before it is used.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize
signals.task_prerun.connect(_look_after_connections, weak=False)
signals.task_postrun.connect(_look_after_connections, weak=False)
