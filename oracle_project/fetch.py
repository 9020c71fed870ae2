"""The Celery application of the fetch worker: no Django, no models, no web3.

``celery -A oracle_project.fetch worker --pool threads -Q fetch``. Leaving Django out saves 27 MB and a second of
start per worker, and a fetch worker that cannot reach the database keeps fetching.
"""

from __future__ import annotations

from celery import Celery

from apps.monitoring import celery_signals
from apps.sources.breaker import policy

# No fixups: Celery's own for Django would load the settings and every model when DJANGO_SETTINGS_MODULE is set.
app = Celery("oracle", include=["apps.sources.tasks"], fixups=[])
app.config_from_object("oracle_project.celery_config")
celery_signals.connect()
policy()  # a malformed SOURCE_BREAKER_… stops the worker here, not its lanes one by one
