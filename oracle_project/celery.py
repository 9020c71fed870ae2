"""The Celery application of the web, settle, chain and beat processes."""

from __future__ import annotations

import os

from celery import Celery

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
