"""Whether destinations make sense, and whether feeds are published anywhere: the same for admin and `oracle.yaml`.

Pure, but for ``logs.censor``, which knows what a key in a URL looks like. A secret is never part of a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from apps.feeds.destination_model import DATA_FEES, FEE_STRATEGIES, FINALITIES, MAIN
from apps.feeds.problems import SLUG, Problem, Where, is_http_url
from apps.feeds.values import Config, DestinationConfig, FeedConfig
from apps.monitoring import logs
from oracle_project import env

MAX_URLS = 10
MAX_KEYS = 20
MAX_REFERENCE = 300
MAX_CHAIN_ID = 2**63 - 1
# field: (lowest, highest), both inclusive
INTEGER_BOUNDS: Mapping[str, tuple[int, int]] = {
    "chain_id": (1, MAX_CHAIN_ID),
    "read_agreement": (1, MAX_URLS),
    "receipt_patience_s": (0, 86_400),
    "signer_threshold": (0, 255),
    "max_fee_gwei": (1, 10**9),
    "bump_after_blocks": (1, 10_000),
    "timeout_s": (1, 86_400),
    "max_in_flight": (1, 1_000),
    "confirmations": (1, 10_000),
    "sequencer_grace_s": (0, 86_400),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "fee_strategy": FEE_STRATEGIES,
    "data_fee": DATA_FEES,
    "finality": FINALITIES,
}
MAX_BALANCE_ETH = Decimal(10**9)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PRIVATE_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")


def destination_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the destinations themselves and with how they stand beside each other."""
    for row in config.destinations.values():
        yield from _own_problems(row)
    yield from _default_problems(config)
    seen: dict[tuple[int, str], str] = {}
    for name, row in sorted(config.destinations.items()):
        contract = (row.chain_id, row.contract_address.lower())
        if row.contract_address and contract in seen:
            message = f"{row.contract_address} on chain {row.chain_id} is the contract of {seen[contract]} already"
            yield Problem(("destinations", name, "contract_address"), "duplicate_contract", message)
        seen.setdefault(contract, name)


def published_problems(config: Config) -> Iterator[Problem]:
    """Yield the feeds that name a destination which is unknown, named twice, or off with no other left."""
    enabled = {MAIN, *(name for name, row in config.destinations.items() if row.enabled)}
    for feed in config.feeds.values():
        yield from _feed_problems(feed, config, enabled=enabled)


def _feed_problems(feed: FeedConfig, config: Config, *, enabled: set[str]) -> Iterator[Problem]:
    where: Where = ("feeds", feed.pair, "destinations")
    for name in feed.destinations:
        if name != MAIN and name not in config.destinations:
            known = ", ".join([MAIN, *sorted(config.destinations)])
            yield Problem(where, "unknown_destination", f"there is no destination {name!r}; known: {known}")
    if len(set(feed.destinations)) != len(feed.destinations):
        yield Problem(where, "duplicate_destination", f"{', '.join(feed.destinations)}: each is named once")
    if feed.enabled and feed.destinations and not enabled & set(feed.destinations):
        message = f"{feed.pair} would be published nowhere: {', '.join(feed.destinations)} is switched off"
        yield Problem(where, "no_destination", message)


def _default_problems(config: Config) -> Iterator[Problem]:
    defaults = sorted(name for name, row in config.destinations.items() if row.is_default)
    for name in defaults[1:]:
        message = f"{defaults[0]} is the default already; there is one"
        yield Problem(("destinations", name, "is_default"), "two_defaults", message)
    for name in defaults:
        if not config.destinations[name].enabled:
            message = f"{name} is the default and cannot be off: make another the default first"
            yield Problem(("destinations", name, "enabled"), "default_disabled", message)


def _own_problems(row: DestinationConfig) -> Iterator[Problem]:
    where: Where = ("destinations", row.name)
    if row.name == MAIN:
        message = f"{MAIN} is the chain of the environment (ETH_RPC_URLS, CHAIN_ID); choose another name"
        yield Problem((*where, "name"), "reserved_name", message)
    elif not SLUG.fullmatch(row.name):
        message = f"{row.name!r}: a name has 2-40 lower-case letters, digits and underscores"
        yield Problem((*where, "name"), "bad_name", message)
    yield from _range_problems(row)
    for name in ("contract_address", "sequencer_feed"):
        if (value := getattr(row, name)) and not _ADDRESS.fullmatch(value):
            yield Problem((*where, name), "bad_address", f"{value[:60]!r} is not 0x and 40 hex digits")
    if len(row.description) > 120:
        yield Problem((*where, "description"), "too_long", "a description has at most 120 characters")
    yield from _url_problems(row, where=(*where, "rpc_urls"))
    yield from _key_problems(row)


def _range_problems(row: DestinationConfig) -> Iterator[Problem]:
    where: Where = ("destinations", row.name)
    for name, (lowest, highest) in INTEGER_BOUNDS.items():
        value = getattr(row, name)
        if not lowest <= value <= highest:
            yield Problem((*where, name), "out_of_range", f"{value} is not between {lowest} and {highest}")
    for name, choices in CHOICES.items():
        if getattr(row, name) not in choices:
            message = f"{getattr(row, name)!r} is none of {', '.join(choices)}"
            yield Problem((*where, name), "unknown_choice", message)
    if not row.min_balance_eth.is_finite() or not 0 <= row.min_balance_eth <= MAX_BALANCE_ETH:
        message = f"{row.min_balance_eth} is not between 0 and {MAX_BALANCE_ETH}"
        yield Problem((*where, "min_balance_eth"), "out_of_range", message)


def _url_problems(row: DestinationConfig, *, where: Where) -> Iterator[Problem]:
    if not 1 <= len(row.rpc_urls) <= MAX_URLS:
        yield Problem(where, "no_endpoint", f"{len(row.rpc_urls)} endpoints are named, expected 1 to {MAX_URLS}")
    for url in row.rpc_urls:
        if url.startswith(env.REFERENCE):
            if not env.is_rpc_reference(url):
                message = f"{url!r}: write {env.REFERENCE}NAME_RPC_URLS, the name of a variable that ends in _RPC_URLS"
                yield Problem(where, "bad_reference", message)
        elif logs.censor(url) != url:
            message = f"{logs.censor(url)} seems to hold a secret, and URLs are shown and exported: put it into a "
            message += f"variable and write {env.REFERENCE}NAME_RPC_URLS"
            yield Problem(where, "key_in_url", message)
        elif not is_http_url(url):
            yield Problem(
                where, "bad_rpc_url", f"{url!r} is neither an http(s) URL with a host nor {env.REFERENCE}NAME"
            )


def _key_problems(row: DestinationConfig) -> Iterator[Problem]:
    where: Where = ("destinations", row.name)
    keys = {"transmitters": row.transmitters, "signers": row.signers, "admin_key": [row.admin_key]}
    for name, references in keys.items():
        if any(_PRIVATE_KEY.fullmatch(reference) for reference in references):
            message = "this is a private key, not a reference to one: name its keystore file or its key in a service"
            yield Problem((*where, name), "key_in_reference", message)
        if len(references) > MAX_KEYS or any(len(reference) > MAX_REFERENCE for reference in references):
            message = f"at most {MAX_KEYS} references of at most {MAX_REFERENCE} characters"
            yield Problem((*where, name), "too_long", message)
        if len(set(references)) != len(references):
            yield Problem((*where, name), "duplicate_key", "a key is named twice")
    if row.signers and row.signer_threshold > len(row.signers):
        message = f"signer_threshold {row.signer_threshold} exceeds the {len(row.signers)} signers"
        yield Problem((*where, "signer_threshold"), "threshold_above_signers", message)
