"""Django app ``feeds``."""

from django.apps import AppConfig
from django.core.checks import register

from oracle_project.checks import TAG, check_environment


class FeedsConfig(AppConfig):
    """Registers ``apps.feeds`` and the checks of the environment."""

    name = "apps.feeds"

    def ready(self) -> None:
        """Register the checks."""
        register(check_environment, TAG)
