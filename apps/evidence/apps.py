"""Django app ``evidence``."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Registers ``apps.evidence``."""

    name = "apps.evidence"
