"""Django app ``submissions``."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Registers ``apps.submissions``."""

    name = "apps.submissions"
