"""Django app ``sources``."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Registers ``apps.sources``."""

    name = "apps.sources"
