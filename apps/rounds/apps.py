"""Django app ``rounds``."""

from django.apps import AppConfig


class RoundsConfig(AppConfig):
    """Registers ``apps.rounds``."""

    name = "apps.rounds"
