"""pytest: fast hashing, simulated market, no static manifest."""

from __future__ import annotations

from oracle_project.settings.base import *  # noqa: F403

SECRET_KEY = "test-only"  # noqa: S105 - no secret: tests have nothing to protect
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MARKET = "simulated"
# Nobody listens here unless a test starts a simulator and says so.
MARKET_SIMULATOR_URL = MARKET_SIMULATOR_URL or "http://127.0.0.1:8900"
