"""Django app ``scorecards``."""

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    """Registers ``apps.scorecards``, and writes the last tallies when a worker ends."""

    name = "apps.scorecards"

    def ready(self) -> None:
        """Listen for the end of a worker, once models are loaded."""
        from celery.signals import worker_shutdown  # noqa: PLC0415 - not needed to load the models

        from apps.scorecards.services import write_last_tallies  # noqa: PLC0415

        worker_shutdown.connect(write_last_tallies, dispatch_uid="scorecards")
