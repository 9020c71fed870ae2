"""Django app ``scheduler``."""

from django.apps import AppConfig


class SchedulerConfig(AppConfig):
    """Registers ``apps.scheduler``, and hands what it can read of all tables to monitoring."""

    name = "apps.scheduler"

    def ready(self) -> None:
        """Register gauges and readiness checks once all models are loaded."""
        from apps.scheduler import gauges, readiness  # noqa: PLC0415 - models are not loaded before

        gauges.register()
        readiness.register()
