"""Whether the environment makes sense, told before the first request: Django system checks with stable ids.

=========== ===================================================================================
oracle.E001 a variable production needs is not set
oracle.E002 a variable is malformed, or its ``_FILE`` cannot be read
oracle.E003 a number is out of its range
oracle.E004 SIGNER_THRESHOLD does not fit the number of SIGNER_KEYSTORES
oracle.E005 MARKET is unknown, or still ``auto`` in production
oracle.E006 MARKET=simulated without MARKET_SIMULATOR_URL
oracle.E007 MARKET=simulated with a CHAIN_ID that is not a local development chain's
oracle.E008 a keystore file cannot be read, or is none; in production also: it is here without a password
oracle.E009 rounds cannot end in their time: ROUND_DEADLINE_S and ROUND_INTERVAL_S do not fit
oracle.E010 SOURCE_KEYS_SECRET holds a secret that is too short, or one twice
oracle.W001 a keystore file is absent on this host (only the chain worker needs it)
=========== ===================================================================================

`manage.py check --tag oracle` runs them alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name

from apps.chain.key_references import is_keystore, password_file
from apps.sources.proxies import proxy_fault
from apps.sources.sealing import secret_faults
from oracle_project import env

TAG = "oracle"
PRODUCTION = "oracle_project.settings.production"
MARKETS = ("live", "simulated", "auto")
# Anvil and Hardhat, and the older Ganache.
LOCAL_CHAIN_IDS = frozenset({31337, 1337})
PORTS = (1, 65_535)
MAX_DEADLINE_S = Decimal(300)
# variable: (lowest, highest), both inclusive
INTEGERS: Mapping[str, tuple[int, int]] = {
    "CHAIN_ID": (1, 2**63 - 1),
    "SIGNER_THRESHOLD": (1, 255),
    "MAX_FEE_GWEI": (1, 10**9),
    "CONFIRMATIONS": (1, 10_000),
    "TRANSACTION_TIMEOUT_S": (1, 86_400),
    "READ_AGREEMENT": (1, 10),
    "RECEIPT_PATIENCE_S": (0, 86_400),
    "BUMP_AFTER_BLOCKS": (1, 10_000),
    "MAX_IN_FLIGHT": (1, 1_000),
    "SEQUENCER_GRACE_S": (0, 86_400),
    "QUIET_ROUND_RETENTION_S": (1, 10**9),
    "EVIDENCE_RETENTION_DAYS": (1, 36_500),
    "ROUND_RETENTION_DAYS": (1, 36_500),
    "SOURCE_BREAKER_FAILURES": (1, 1_000),
    "SOURCE_BREAKER_PAUSE_S": (1, 86_400),
    "SOURCE_BREAKER_MAX_PAUSE_S": (1, 86_400),
    "SOURCE_BREAKER_PERMANENT_PAUSE_S": (1, 604_800),
    "READINESS_GRACE_S": (0, 86_400),
    "API_ADDRESS_QUOTA": (1, 10**9),
    "TRUSTED_PROXIES": (0, 100),
    "FETCH_THREADS": (1, 1_000),
    "SETTLE_THREADS": (1, 1_000),
    "PORT": PORTS,
    "FLOWER_PORT": PORTS,
    "RPC_PORT": PORTS,
    "POSTGRES_PORT": PORTS,
    "REDIS_PORT": PORTS,
    "SIMULATOR_PORT": PORTS,
}
DECIMALS: Mapping[str, tuple[Decimal, Decimal]] = {
    "ROUND_INTERVAL_S": (Decimal("0.1"), Decimal(86_400)),
    "SHADOW_INTERVAL_S": (Decimal(5), Decimal(86_400)),
    "ROUND_DEADLINE_S": (Decimal("0.5"), MAX_DEADLINE_S),
    "MIN_BALANCE_ETH": (Decimal(0), Decimal(10**9)),
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "LOG_LEVEL": ("DEBUG", "INFO", "WARNING", "ERROR"),
    "LOG_FORMAT": ("json", "text"),
    "FEE_STRATEGY": ("auto", "eip1559", "legacy"),
    "DATA_FEE": ("none", "optimism", "arbitrum"),
    "FINALITY": ("depth", "safe", "finalized"),
}


def check_environment(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 - Django's signature
    """Return everything wrong with the environment."""
    parts = (_required, _shapes, _signers, _market, _keystores, _round_times, _source_keys)
    return [message for part in parts for message in part()]


def _error(number: int, message: str, *, hint: str = "") -> Error:
    return Error(message, hint=hint or None, id=f"oracle.E{number:03d}")


def _required() -> Iterator[CheckMessage]:
    if settings.SETTINGS_MODULE != PRODUCTION:
        return
    for variable in env.VARIABLES:
        if variable.required_in_production and not env.is_set(variable.name):
            name = f"{variable.name} (or {variable.name}_FILE)" if variable.secret else variable.name
            yield _error(1, f"{name} is not set", hint=variable.help)


def _shapes() -> Iterator[CheckMessage]:
    for variable in env.VARIABLES:
        if variable.secret:
            yield from _read(env.text, variable.name, None)
    for name, whole in INTEGERS.items():
        yield from _read(env.integer, name, whole)
    for name, number in DECIMALS.items():
        yield from _read(env.decimal, name, number)
    for name, choices in WORDS.items():
        if env.text(name) not in choices:
            yield _error(2, f"{name}: expected {' or '.join(choices)}, got {env.text(name)!r}")
    yield from _proxy()


def _proxy() -> Iterator[CheckMessage]:
    with suppress(env.EnvError):  # told with the other secrets
        if (url := env.text("SOURCE_PROXY_URL")) and (fault := proxy_fault(url)):
            yield _error(2, f"SOURCE_PROXY_URL: {fault}")


def _read(accessor: Callable[[str], Any], name: str, bounds: tuple[Any, Any] | None) -> Iterator[CheckMessage]:
    try:
        value = accessor(name)
    except env.EnvError as exc:
        yield _error(2, str(exc))
        return
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        yield _error(3, f"{name}: {value} is not between {bounds[0]} and {bounds[1]}")


def _signers() -> Iterator[CheckMessage]:
    count, threshold = len(settings.SIGNER_KEYSTORES), settings.SIGNER_THRESHOLD
    if count and threshold > count:
        yield _error(4, f"SIGNER_THRESHOLD {threshold} exceeds the {count} SIGNER_KEYSTORES: no report could be signed")
    if len(set(settings.SIGNER_KEYSTORES)) != count:
        yield _error(4, "SIGNER_KEYSTORES names a file twice: a signer signs once")


def _market() -> Iterator[CheckMessage]:
    if settings.MARKET not in MARKETS:
        yield _error(5, f"MARKET: expected {', '.join(MARKETS)}, got {settings.MARKET!r}")
    if settings.MARKET == "auto" and settings.SETTINGS_MODULE == PRODUCTION:
        yield _error(5, "MARKET=auto is for `make run` only", hint="Set MARKET=live.")
    if settings.MARKET != "simulated":
        return
    if not settings.MARKET_SIMULATOR_URL.startswith(("http://", "https://")):
        yield _error(6, f"MARKET=simulated needs MARKET_SIMULATOR_URL, got {settings.MARKET_SIMULATOR_URL!r}")
    if settings.CHAIN_ID not in LOCAL_CHAIN_IDS:
        local = " or ".join(str(chain_id) for chain_id in sorted(LOCAL_CHAIN_IDS))
        yield _error(
            7, f"MARKET=simulated with CHAIN_ID {settings.CHAIN_ID}: simulated prices go to chain {local} only"
        )


def _keystores() -> Iterator[CheckMessage]:
    references = [("SIGNER_KEYSTORES", reference) for reference in settings.SIGNER_KEYSTORES]
    references += [(name, getattr(settings, name)) for name in ("TRANSMITTER_KEYSTORE", "ADMIN_KEYSTORE")]
    references += [("SPARE_TRANSMITTERS", reference) for reference in settings.SPARE_TRANSMITTERS]
    files = [(name, Path(path)) for name, path in references if path and is_keystore(path)]
    for name, path in files:
        yield from _keystore(name, path)
    here = any(path.exists() and not password_file(path).exists() for _, path in files)
    if here and settings.SETTINGS_MODULE == PRODUCTION and not env.is_set("KEYSTORE_PASSWORD"):
        yield _error(
            8, "keystore files without a .password file are here, but KEYSTORE_PASSWORD (or its _FILE) is not set"
        )


def _keystore(name: str, path: Path) -> Iterator[CheckMessage]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        yield Warning(f"{name}: {path} is absent; the chain worker needs it", id="oracle.W001")
        return
    except OSError as exc:
        yield _error(8, f"{name}: cannot read {path}: {exc.strerror}")
        return
    except ValueError:
        yield _error(8, f"{name}: {path} is not an encrypted keystore (JSON)")
        return
    if not isinstance(content, dict) or not {"crypto", "Crypto"} & content.keys():
        yield _error(8, f"{name}: {path} is not an encrypted keystore: it has no `crypto` part")


def _round_times() -> Iterator[CheckMessage]:
    interval, deadline = settings.ROUND_INTERVAL_S, settings.ROUND_DEADLINE_S
    if deadline > interval * 60:
        message = f"ROUND_DEADLINE_S {deadline} is more than 60 times ROUND_INTERVAL_S {interval}: rounds would pile up"
        yield _error(9, message)


def _source_keys() -> Iterator[CheckMessage]:
    try:
        faults = secret_faults()
    except env.EnvError:  # E002 tells it
        return
    for fault in faults:
        yield _error(10, fault, hint="Make one with `openssl rand -hex 32`.")
