"""Reading and writing the text of oracle.yaml."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.feeds.document import Complaint, ConfigError, read_document
from apps.feeds.document_writer import write_document
from apps.feeds.options import adapter_slugs
from apps.feeds.validation import config_problems
from apps.feeds.values import Config, FeedConfig, ListingConfig, SourceConfig
from tests.feeds.conftest import REPOSITORY

HEAD = "version: 1\nfeeds:\n  BTC/USD:\n"


def complaints(text: str) -> list[Complaint]:
    """Return what reading the text complains about."""
    with pytest.raises(ConfigError) as caught:
        read_document(text)
    return list(caught.value.complaints)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("feeds: {}\n", 1, "missing key 'version'"),
        ("version: 2\n", 1, "version 1 only"),
        ("version: 1\nfeeds: [\n", 3, "not YAML"),
        ("- a\n", 1, "expected keys with values, got a list"),
        ("version: 1\nfeed: {}\n", 2, "unknown key 'feed' in the file; did you mean 'feeds'?"),
        (HEAD + "    quorom: 3\n", 4, "unknown key 'quorom' in feed BTC/USD; did you mean 'quorum'?"),
        (HEAD + "    quorum: 3\n    quorum: 4\n", 5, "duplicate key 'quorum' in feed BTC/USD"),
        (HEAD + "  BTC/USD:\n", 4, "duplicate key 'BTC/USD' in feeds"),
        (HEAD + "    quorum: three\n", 4, "feed BTC/USD quorum: expected a whole number, got 'three'"),
        (HEAD + "    quorum: 3.0\n", 4, "expected a whole number, got '3.0'"),
        (HEAD + "    quorum: 0x10\n", 4, "expected a whole number, got '0x10'"),
        (HEAD + "    enabled: yes\n", 4, "expected true or false, got 'yes'"),
        (HEAD + "    description: 7\n", 4, "expected text"),
        (HEAD + "    min_answer: .inf\n", 4, "expected a number, got '.inf'"),
        (HEAD + "    min_answer: [1]\n", 4, "expected a number, got a list"),
        (HEAD + "    listings: {}\n", 4, "expected a list, got keys with values"),
        (HEAD + "    listings:\n      - {source: kraken}\n", 5, "missing key 'ticker' in feed BTC/USD listing 1"),
        (HEAD + "    listings:\n      - {source: a, ticker: b}\n      - {sorce: a}\n", 6, "did you mean 'source'?"),
        (HEAD + "    listings:\n      - kraken\n", 5, "expected keys with values, got 'kraken'"),
        ("version: 1\nsources:\n  a: {options: {rate: 1.5}}\n", 3, "put other numbers in quotes"),
    ],
)
def test_a_bad_file_is_refused_with_the_line(text: str, line: int, words: str) -> None:
    """Every refusal names the line and says what was expected."""
    found = complaints(text)

    assert any(c.line == line and words in c.message for c in found), found


def test_all_complaints_are_given_at_once() -> None:
    """One reading shows every mistake, so that a file is not mended line by line."""
    assert len(complaints(HEAD + "    quorom: 1\n    enabled: 1\n    decimals: x\n")) == 3


def test_numbers_are_read_from_their_text() -> None:
    """No price passes through a float, plain or quoted."""
    text = HEAD + '    min_answer: 0.1000000000000000055\n    max_answer: "12345678901234567890.123456789012345678"\n'

    feed = read_document(text).config.feeds["BTC/USD"]

    assert feed.min_answer == Decimal("0.1000000000000000055")
    assert feed.max_answer == Decimal("12345678901234567890.123456789012345678")


def test_a_source_left_empty_takes_name_and_adapter_from_its_slug() -> None:
    """`kraken:` alone is the built-in adapter."""
    assert read_document("version: 1\nsources:\n  kraken:\n").config.sources == {
        "kraken": SourceConfig(slug="kraken", name="kraken", adapter="kraken")
    }


words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
numbers = st.decimals(min_value="0.01", max_value="9999", places=2)
answers = st.none() | st.decimals(min_value="1e-18", max_value="1e15", places=18)
json_values = st.recursive(
    words | st.integers(-(10**17), 10**17) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
listings = st.builds(
    ListingConfig,
    source=words,
    ticker=words,
    weight=numbers,
    enabled=st.booleans(),
    invert=st.booleans(),
    conversion=st.none() | words,
)
feeds = st.builds(
    FeedConfig,
    pair=words,
    enabled=st.booleans(),
    required=st.booleans(),
    decimals=st.integers(0, 18),
    quorum=st.integers(1, 9),
    outlier_k=numbers,
    min_answer=answers,
    max_answer=answers,
    description=words,
    listings=st.lists(listings, max_size=3).map(tuple),
)
sources = st.builds(
    SourceConfig,
    slug=words,
    name=words,
    adapter=words,
    base_url=words,
    timeout_s=numbers,
    rate_limit=words,
    cache_ttl_ms=st.integers(0, 60_000),
    mirrors=st.lists(words, max_size=3),
    options=st.dictionaries(words, json_values, max_size=3),
)
configs = st.builds(
    Config,
    sources=st.lists(sources, max_size=3).map(lambda rows: {row.slug: row for row in rows}),
    feeds=st.lists(feeds, max_size=3).map(lambda rows: {row.pair: row for row in rows}),
)


@settings(max_examples=100, deadline=None)
@given(configs)
def test_what_is_written_is_read_back_the_same(config: Config) -> None:
    """Writing and reading is the identity, whatever the texts hold."""
    assert config == read_document(write_document(config)).config


def test_the_default_file_is_sound_and_leaves_reserves() -> None:
    """The file shipped passes every rule, prices twelve feeds or more over eight sources, and keeps reserves."""
    config = read_document((REPOSITORY / "oracle.yaml").read_text(encoding="utf-8")).config

    assert config_problems(config, adapters=adapter_slugs()) == []
    assert len(config.feeds) >= 12
    assert len(config.sources) >= 8
    assert {slug for feed in config.feeds.values() for slug in (row.source for row in feed.listings)} == set(
        config.sources
    )
    assert all(len(feed.listings) > feed.active_sources for feed in config.feeds.values())
