"""Django app ``monitoring``."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Registers ``apps.monitoring``."""

    name = "apps.monitoring"
