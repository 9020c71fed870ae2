"""A small configuration to change, and a logged-in operator."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.feeds.config import apply_document
from apps.feeds.document import read_document

REPOSITORY = Path(__file__).resolve().parents[2]

SMALL = """\
version: 1
sources:
  kraken: {name: Kraken}
  bitstamp: {name: Bitstamp}
  binance: {name: Binance}
  okx: {name: OKX}
feeds:
  BTC/USD:
    quorum: 2
    active_sources: 3
    listings:
      - {source: kraken, ticker: XBTUSD}
      - {source: bitstamp, ticker: btcusd}
      - {source: binance, ticker: BTCUSDT, conversion: USDT/USD}
      - {source: okx, ticker: BTC-USDT, conversion: USDT/USD, enabled: false}
  USDT/USD:
    quorum: 2
    listings:
      - {source: kraken, ticker: USDTUSD}
      - {source: bitstamp, ticker: usdtusd}
"""


@pytest.fixture
def small(db: None) -> str:
    """Apply the small configuration and return its text."""
    apply_document(read_document(SMALL), author="tests")
    return SMALL


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    """Return a client logged in as a superuser."""
    client.force_login(User.objects.create_superuser("operator", "operator@example.org", "not-a-real-password"))
    return client
