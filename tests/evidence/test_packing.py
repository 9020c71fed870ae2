"""Packing a body against an earlier one."""

from __future__ import annotations

import json
import random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.evidence.packing import pack, unpack


@settings(deadline=None)
@given(body=st.binary(min_size=1, max_size=2000), base=st.none() | st.binary(min_size=8, max_size=2000))
def test_unpacking_gives_the_body_back(body: bytes, base: bytes | None) -> None:
    """Whatever the bytes, with a base or without."""
    assert unpack(pack(body, base=base), base=base) == body


def test_a_reply_like_the_one_before_takes_little_room() -> None:
    """With a third of the rows changed, a body packed against its predecessor is a fraction of one packed alone."""
    rows = [{"symbol": f"COIN{n}USDT", "lastPrice": f"{random.random() * 100:.6f}"} for n in range(500)]
    base = json.dumps(rows).encode()
    for row in rows[::3]:
        row["lastPrice"] = f"{random.random() * 100:.6f}"
    body = json.dumps(rows).encode()

    assert len(pack(body, base=base)) * 2 < len(pack(body))


def test_another_base_is_noticed() -> None:
    """A body never comes out wrong silently: what the decoder lets pass, its hash catches."""
    body = b"".join(b"price %d " % number for number in range(500))
    packed = pack(body, base=body[:4000])

    try:
        assert unpack(packed, base=body[::-1]) != body
    except zstandard.ZstdError:
        pytest.skip("the decoder refused it")
