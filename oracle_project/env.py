"""Every environment variable the oracle reads, in one table, and the typed accessors that read them.

Plain standard library, so that fetch workers can read their settings without loading Django.
A secret ``NAME`` may be given as ``NAME_FILE``, a path whose content is taken (trailing newline dropped).

Errors:
    EnvError: a variable is missing, has the wrong shape, or names a file that cannot be read.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path


class EnvError(ValueError):
    """An environment variable is missing or malformed; the message names it and shows what was expected."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: ``default`` is what local and test runs use, None where there is no sensible one."""

    name: str
    help: str
    default: str | None = ""
    secret: bool = False
    required_in_production: bool = False


VARIABLES: tuple[Variable, ...] = (
    # Django
    Variable(
        "DJANGO_SETTINGS_MODULE",
        "Which settings: oracle_project.settings.local, .test or .production.",
        "oracle_project.settings.local",
    ),
    Variable("SECRET_KEY", "Django's signing key.", None, secret=True, required_in_production=True),
    Variable(
        "ALLOWED_HOSTS",
        "Host names the web server answers to, comma-separated.",
        "localhost,127.0.0.1,[::1]",
        required_in_production=True,
    ),
    Variable("CSRF_TRUSTED_ORIGINS", "Origins allowed to post forms, with scheme, comma-separated.", ""),
    Variable("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR.", "INFO"),
    Variable("LOG_FORMAT", "`json` (one object a line) or `text`.", "text"),
    # Servers
    Variable(
        "DATABASE_URL",
        "PostgreSQL, e.g. postgres://user:password@host:5432/oracle. Unset: `make run` starts one.",
        None,
        secret=True,
        required_in_production=True,
    ),
    Variable(
        "REDIS_URL",
        "Redis or Valkey for round board, results and caches, e.g. redis://host:6379/0. Unset: `make run` starts one.",
        None,
        secret=True,
        required_in_production=True,
    ),
    Variable("CELERY_BROKER_URL", "Broker: redis://… or amqp://… . Unset: REDIS_URL.", "", secret=True),
    Variable("ORACLE_HOME", "Folder of `make run`'s state: data, logs, keys, run.json.", ".oracle"),
    Variable("PROMETHEUS_MULTIPROC_DIR", "Folder shared by all processes of a host for their metrics.", ""),
    # Chain
    Variable(
        "ETH_RPC_URLS",
        "JSON-RPC endpoints, comma-separated. Unset: `make run` starts Anvil.",
        None,
        secret=True,
        required_in_production=True,
    ),
    Variable(
        "CHAIN_ID",
        "Chain the endpoints must answer for; anything else is refused.",
        "31337",
        required_in_production=True,
    ),
    Variable("CONTRACT_ADDRESS", "PriceOracle to use. Unset: the one deploy_contract recorded.", ""),
    Variable(
        "SIGNER_KEYSTORES",
        "Keys of the report signers, comma-separated: encrypted keystore files, or references to keys in a service "
        "(web3signer+https://…, aws-kms:…, gcp-kms:…).",
        "",
        required_in_production=True,
    ),
    Variable(
        "TRANSMITTER_KEYSTORE",
        "The key that pays for transactions: keystore file or reference.",
        "",
        required_in_production=True,
    ),
    Variable(
        "SPARE_TRANSMITTERS",
        "Further keystores that pay, comma-separated; one steps in while those before it are paused, full or stuck.",
        "",
    ),
    Variable(
        "ADMIN_KEYSTORE",
        "The key of the contract's admin, keystore file or reference, for deploy_contract and contract. A chain worker "
        "that has it adds missing feeds, and on a local chain deploys a lost contract again.",
        "",
    ),
    Variable(
        "KEYSTORE_PASSWORD",
        "Password of the keystore files that have none of their own beside them (signer_1.password for signer_1); "
        "needed only where they are: chain worker, deploy_contract, contract.",
        "",
        secret=True,
    ),
    Variable("REMOTE_SIGNER_CERT", "PEM file of the client certificate shown to a remote signer.", ""),
    Variable("REMOTE_SIGNER_CERT_KEY", "PEM file of that certificate's key; empty: it is in the same file.", ""),
    Variable(
        "REMOTE_SIGNER_CA", "PEM file of the authority behind a remote signer's certificate; empty: the system's.", ""
    ),
    Variable("SIGNER_THRESHOLD", "Signatures a report needs (m of n).", "2"),
    Variable("MAX_FEE_GWEI", "Absolute ceiling of a transaction's fee cap.", "500"),
    Variable("CONFIRMATIONS", "Blocks after which a confirmed submission is final.", "12"),
    Variable("TRANSACTION_TIMEOUT_S", "Seconds after which an unmined transaction is broadcast again.", "15"),
    Variable(
        "READ_AGREEMENT",
        "Endpoints that must give the same answer to a contract read: 1 trusts each, 2 none alone.",
        "1",
    ),
    Variable(
        "RECEIPT_PATIENCE_S",
        "Seconds to wait for a second endpoint to show a receipt, where there are several; then one that only silent "
        "endpoints miss is taken, and one that another denies counts as not there.",
        "60",
    ),
    Variable(
        "FEE_STRATEGY",
        "`auto` (a base fee where blocks have one), `eip1559`, or `legacy` (one gas price).",
        "auto",
    ),
    Variable("DATA_FEE", "What bills a transaction's bytes beside its gas: `none`, `optimism` or `arbitrum`.", "none"),
    Variable(
        "BUMP_AFTER_BLOCKS",
        "Blocks after which a waiting transaction is paid better; take more where blocks last under two seconds.",
        "3",
    ),
    Variable("MAX_IN_FLIGHT", "Transactions of one key that may wait to be mined at a time.", "16"),
    Variable(
        "FINALITY",
        "When a confirmed submission is final: `depth` (CONFIRMATIONS blocks) or the chain's `safe` or `finalized`.",
        "depth",
    ),
    Variable(
        "SEQUENCER_FEED",
        "Chainlink-compatible uptime feed of a rollup's sequencer. While it says down, nothing is published.",
        "",
    ),
    Variable("SEQUENCER_GRACE_S", "Seconds after the sequencer is back before publishing goes on.", "300"),
    # Market and rounds
    Variable("MARKET", "`live`, `simulated`, or `auto` (make run only: live when enough sources answer).", "auto"),
    Variable("MARKET_SIMULATOR_URL", "Base URL of the market simulator; needed when MARKET=simulated.", ""),
    Variable(
        "PRICE_HOST_ALLOWLIST",
        "Hosts (host or host:port) price URLs may reach although they are private, comma-separated.",
        "",
    ),
    Variable(
        "SOURCE_KEYS_SECRET",
        "Seals the sources' API keys: one random text of 32 or more characters, or several separated by commas, of "
        "which the first seals and all open. Web, fetch worker and commands need it. Unset: `make run` makes one.",
        "",
        secret=True,
    ),
    Variable(
        "SOURCE_PROXY_URL",
        "Proxy for price requests, http://[user:password@]host:port; hosts of PRICE_HOST_ALLOWLIST are asked directly. "
        "The proxy resolves names, so it must refuse private addresses itself.",
        "",
        secret=True,
    ),
    Variable("SOURCE_BREAKER_FAILURES", "Failed calls in a row that open a source's breaker.", "5"),
    Variable("SOURCE_BREAKER_PAUSE_S", "Seconds an opened breaker waits for its first probe; doubles each time.", "10"),
    Variable("SOURCE_BREAKER_MAX_PAUSE_S", "Longest pause between two probes, seconds.", "60"),
    Variable(
        "SOURCE_BREAKER_PERMANENT_PAUSE_S",
        "Pause between probes of a source that refuses our country or key, seconds.",
        "900",
    ),
    Variable("ROUND_INTERVAL_S", "Seconds between scheduled rounds.", "5"),
    Variable("SHADOW_INTERVAL_S", "Seconds between two rounds of a shadow configuration; at least 5.", "30"),
    Variable("ROUND_DEADLINE_S", "Seconds a round may take from opening to settling.", "8"),
    Variable("QUIET_ROUND_RETENTION_S", "Seconds a round without news is kept.", "900"),
    Variable("EVIDENCE_RETENTION_DAYS", "Days the reply bodies of published rounds are kept.", "7"),
    Variable("ROUND_RETENTION_DAYS", "Days any other round is kept.", "30"),
    Variable("READINESS_GRACE_S", "Seconds past its heartbeat a required feed may be before readiness fails.", "120"),
    Variable("MIN_BALANCE_ETH", "Transmitter balance below which health and metrics raise an alarm.", "0.05"),
    # REST API
    Variable("API_OPEN_READS", "`true`: reading needs no API key. `false`: it needs one with scope read.", "true"),
    Variable("API_ADDRESS_QUOTA", "Requests a minute one address may make without an API key.", "600"),
    Variable("TRUSTED_PROXIES", "Proxies in front of the web server whose X-Forwarded-For entry is believed.", "0"),
    # Processes
    Variable("FETCH_THREADS", "Threads of the fetch worker.", "32"),
    Variable("SETTLE_THREADS", "Threads of the settle worker.", "4"),
    Variable("HOST", "Address the web server binds to.", "127.0.0.1"),
    Variable("PORT", "Port of the web server; a free one is taken when it is in use.", "8000"),
    Variable("FLOWER_PORT", "Port of Flower.", "5555"),
    Variable("RPC_PORT", "Port of the embedded chain.", "8545"),
    Variable("POSTGRES_PORT", "Port of the embedded PostgreSQL.", "5433"),
    Variable("REDIS_PORT", "Port of the embedded Valkey.", "6380"),
    Variable("SIMULATOR_PORT", "Port of the market simulator.", "8900"),
    Variable("FLOWER_USER", "Flower's user name.", "operator"),
    Variable(
        "FLOWER_PASSWORD",
        "Flower's password; only Flower needs it. Unset: `make run` makes one.",
        "",
        secret=True,
    ),
    Variable("ADMIN_USER", "First admin account `make run` creates.", "admin"),
    Variable("ADMIN_PASSWORD", "Its password. Unset: `make run` makes one.", "", secret=True),
)
# How configuration names a variable that holds a chain's endpoints: `env:BASE_RPC_URLS`.
REFERENCE = "env:"
_RPC_REFERENCE = re.compile(r"env:[A-Z][A-Z0-9_]{0,60}_RPC_URLS")
_BY_NAME = {variable.name: variable for variable in VARIABLES}


def text(name: str) -> str:
    """Return the variable's value, from ``NAME_FILE`` for a secret, else its default, else an empty string."""
    variable = _BY_NAME[name]
    value = _given(name) if variable.secret else os.environ.get(name)
    return value or variable.default or ""


def _given(name: str) -> str:
    """Return what ``NAME`` or the file of ``NAME_FILE`` says, empty when neither is set."""
    if value := os.environ.get(name):
        return value
    if not (path := os.environ.get(f"{name}_FILE")):
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise EnvError(f"{name}_FILE: cannot read {path}: {exc.__class__.__name__}") from exc


def is_set(name: str) -> bool:
    """Return whether the variable, or for a secret its ``NAME_FILE``, was given a value."""
    return bool(os.environ.get(name) or (_BY_NAME[name].secret and os.environ.get(f"{name}_FILE")))


def integer(name: str) -> int:
    """Return the variable as an int. Raises EnvError when it is not one."""
    value = text(name)
    try:
        return int(value)
    except ValueError as exc:
        raise EnvError(f"{name}: expected a whole number, got {value!r}") from exc


def decimal(name: str) -> Decimal:
    """Return the variable as a finite Decimal. Raises EnvError when it is not one."""
    value = text(name)
    try:
        number = Decimal(value)
    except InvalidOperation as exc:
        raise EnvError(f"{name}: expected a number, got {value!r}") from exc
    if not number.is_finite():
        raise EnvError(f"{name}: expected a finite number, got {value!r}")
    return number


def switch(name: str) -> bool:
    """Return the variable as a bool: true/1/yes/on or false/0/no/off. Raises EnvError for anything else."""
    value = text(name)
    match value.strip().lower():
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
    raise EnvError(f"{name}: expected true or false, got {value!r}")


def is_rpc_reference(reference: str) -> bool:
    """Return whether this is ``env:NAME_RPC_URLS``; no other variable can be named, so none can be sent to a node."""
    return bool(_RPC_REFERENCE.fullmatch(reference))


def referred_urls(reference: str) -> list[str]:
    """Return the endpoints that ``env:NAME_RPC_URLS`` names, from that variable or its ``NAME_RPC_URLS_FILE``.

    Raises EnvError when it is no such reference, or neither variable is set.
    """
    if not is_rpc_reference(reference):
        raise EnvError(f"expected {REFERENCE}NAME_RPC_URLS, got {reference!r}")
    name = reference.removeprefix(REFERENCE)
    value = _given(name)
    if not value:
        raise EnvError(f"{name}: neither it nor {name}_FILE is set")
    return [item.strip() for item in value.split(",") if item.strip()]


def listing(name: str) -> list[str]:
    """Return a comma-separated variable as its non-empty, stripped items."""
    return [item.strip() for item in text(name).split(",") if item.strip()]
