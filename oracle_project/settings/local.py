"""`make run` on one machine."""

from __future__ import annotations

from oracle_project.settings.base import *  # noqa: F403
from oracle_project.settings.base import SECRET_KEY as _CONFIGURED_KEY

# Only for commands run outside `make run`, which makes a random key of its own.
SECRET_KEY = _CONFIGURED_KEY or "local-development-only-not-a-secret"
