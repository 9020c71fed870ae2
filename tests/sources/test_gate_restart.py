"""A breaker outlives the server it lies in, as `make run` and the containers configure it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import redis

from apps.pricing.types import SourceSpec
from apps.sources import errors
from apps.sources.breaker import Judgement, Verdict
from apps.sources.gate import RedisGate
from local import embedded
from local.launch import free_port
from tests.services import Services
from tests.sources.conftest import QUICK

SPEC = SourceSpec("okx", "okx", "https://www.okx.com", Decimal(1), 1)


def test_a_breaker_survives_a_restart_of_redis(tmp_path: Path) -> None:
    """Opened, server stopped and started again on its files: still open."""
    port, password = free_port(), "x" * 24
    url = embedded.valkey_url(port=port, password=password)
    command = embedded.valkey_command(tmp_path / "valkey", port=port, password=password)
    servers = Services()
    try:
        for attempt in range(2):
            servers.start(f"valkey{attempt}", command)
            embedded.await_valkey(url)
            with redis.Redis.from_url(url) as client:
                gate = RedisGate(client, thresholds=QUICK)
                if attempt == 0:
                    gate.report(SPEC, Verdict(Judgement.PERMANENT, "geo_blocked", "HTTP 451"), probe="", host=0)
                with pytest.raises(errors.BreakerOpen, match="geo_blocked"):
                    gate.admit(SPEC, weight=1, lease_s=1)
            servers.stop()
    finally:
        servers.stop()
