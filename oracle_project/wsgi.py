"""WSGI entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application

from oracle_project.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oracle_project.settings.production")
application = get_wsgi_application()

# Tasks are published through the current app, so the web process must have loaded ours.
__all__ = ["application", "celery_app"]
