"""Wiring of the oracle: settings, Celery, URLs. No logic lives here."""
