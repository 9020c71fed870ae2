#!/usr/bin/env python
"""Django's command line for the oracle."""

import os
import sys

from django.core.management import execute_from_command_line

from oracle_project.celery import app as celery_app

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oracle_project.settings.local")
    execute_from_command_line(sys.argv)

__all__ = ["celery_app"]  # commands publish through it
