"""What the sources app says about a configuration: rate limits it can read, URLs it may go to."""

from __future__ import annotations

from typing import Any

import pytest

from apps.feeds.options import source_rule_problems
from apps.feeds.values import Config, SourceConfig


def codes_of(**fields: Any) -> list[tuple[str, str]]:
    """Return (field, code) of everything wrong with a source of these fields."""
    source = SourceConfig("venue", "Venue", "generic", **fields)
    return [(str(p.where[-1]), p.code) for p in source_rule_problems(Config(sources={"venue": source}))]


@pytest.mark.parametrize("text", ["", "none", "20/second", "20/second; 600/5 minute", "6000 per minute"])
def test_a_rate_limit_in_the_grammar_is_taken(text: str) -> None:
    """One limit, several, none, or the adapter's own."""
    assert codes_of(rate_limit=text) == []


@pytest.mark.parametrize("text", ["fast", "20/sec", "0/second", "-1/second", "1.5/second", "1/second;", "1/year", "20"])
def test_any_other_rate_limit_is_refused(text: str) -> None:
    """A limit nobody can read would silently be none."""
    assert codes_of(rate_limit=text) == [("rate_limit", "bad_rate_limit")]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://db.localhost",
        "https://metadata.google.internal/",
        "https://postgres/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://017700000001/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[fd00:ec2::254]/",
        "https://100.64.1.1/",
        "http://api.example.com/",
        "https://user:pw@api.example.com/",
    ],
)
def test_a_url_into_the_network_is_refused_wherever_it_stands(url: str) -> None:
    """Base URL, mirrors and the generic adapter's own, in any spelling of the address."""
    assert codes_of(base_url=url) == [("base_url", "address_refused")]
    assert codes_of(mirrors=["https://api.example.com", url]) == [("mirrors", "address_refused")]
    assert codes_of(options={"url": url, "price": "$.p"}) == [("options", "address_refused")]


def test_a_listed_host_may_be_private(monkeypatch: pytest.MonkeyPatch) -> None:
    """PRICE_HOST_ALLOWLIST opens exactly what it names."""
    monkeypatch.setenv("PRICE_HOST_ALLOWLIST", "10.0.0.5:8080, prices")

    assert codes_of(base_url="http://10.0.0.5:8080/v1") == []
    assert codes_of(base_url="http://prices/v1") == []
    assert codes_of(base_url="http://10.0.0.5/v1") == [("base_url", "address_refused")]


def test_public_hosts_are_taken() -> None:
    """Names with a domain and public addresses; what a name leads to is judged when it is asked."""
    assert (
        codes_of(base_url="https://api.example.com/v1", mirrors=["https://1.1.1.1", "https://b\u00fccher.example"])
        == []
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://eth-mainnet.example.com/v2/k3yk3yk3yk3yk3yk3yk3yk3yk3y",
        "https://api.example.com/v1?apikey=abcdef123456",
        "https://node.example.com/v3/{key}/k3yk3yk3yk3yk3yk3yk3yk3yk3y",
    ],
)
def test_a_url_that_holds_a_secret_is_refused_without_repeating_it(url: str) -> None:
    """URLs are shown, exported and logged; a key has a place of its own."""
    source = SourceConfig("venue", "Venue", "generic", base_url=url)

    (problem,) = source_rule_problems(Config(sources={"venue": source}))

    assert problem.code == "key_in_url"

    assert "{key}" in problem.message
    assert "k3yk3y" not in problem.message
    assert "abcdef" not in problem.message


def test_a_place_for_the_key_is_no_secret() -> None:
    """Nor are versions, names and addresses in a described source's template."""
    template = "https://api.example.com/0x514910771AF9Ca656af840dff83E8264EcF986CA/{ticker}"

    assert codes_of(base_url="https://eth-mainnet.example.com/v2/{key}") == []
    assert codes_of(options={"url": template, "price": "$.p"}) == []


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"url": "/t/{ticker}", "headers": {"X-Api-Key": "hunter2hunter2"}}, "X-Api-Key"),
        ({"url": "/t/{ticker}", "headers": {"authorization": "Bearer hunter2"}}, "authorization"),
        ({"url": "/t/{ticker}?apikey=hunter2hunter2"}, "apikey"),
        ({"url": "https://api.example.com/t?s={ticker}&access_token=hunter2"}, "access_token"),
    ],
)
def test_a_description_that_holds_a_secret_is_refused_without_repeating_it(options: dict[str, Any], name: str) -> None:
    """Options are shown and exported in plain; a key has a table of its own."""
    source = SourceConfig("venue", "Venue", "generic", options={**options, "price": "$.p"})

    (problem,) = source_rule_problems(Config(sources={"venue": source}))

    assert (problem.where, problem.code) == (("sources", "venue", "options"), "key_in_options")
    assert problem.message.startswith(f"{name} seems to hold a secret")
    assert "hunter2" not in problem.message


@pytest.mark.parametrize(
    "options",
    [
        {"url": "/t?token={ticker}", "headers": {"X-Client": "oracle", "Accept-Language": "en"}},
        {"url": "/t?keyword=price&authority={ticker}", "headers": {"X-Requested-With": "oracle"}},
        {"url": "https://[", "headers": ["X-Api-Key"]},
    ],
)
def test_a_parameter_that_only_sounds_like_a_secret_is_none(options: dict[str, Any]) -> None:
    """`token={ticker}` names a coin; what is malformed is another rule's business."""
    assert "key_in_options" not in [code for _, code in codes_of(options=options)]
