"""Django app ``chain``."""

from django.apps import AppConfig


class ChainConfig(AppConfig):
    """Registers ``apps.chain``."""

    name = "apps.chain"
