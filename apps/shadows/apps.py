"""Django app ``shadows``."""

from django.apps import AppConfig


class ShadowsConfig(AppConfig):
    """Registers ``apps.shadows``."""

    name = "apps.shadows"
