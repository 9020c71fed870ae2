"""Process that readies database, configuration and contract: ``python -m local.prepare``, started by the runner.

One process for all of it, because loading Django and web3 takes longer than the work. It prints one JSON object a step
on standard output, ``{"step", "notes", …results}``; everything else goes to standard error, which is its log.

Input: the environment of the oracle, and ORACLE_API_KEY, the key that clients on this machine use.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

PROBE_S = 5
API_KEY_NAME = "local"
LOCAL_CHAINS = frozenset({31337, 1337})
Result = dict[str, Any]


def prepare_database() -> Result:
    """Bring tables and static files to this version."""
    call_command("migrate", interactive=False, verbosity=1, stdout=sys.stderr)
    call_command("collectstatic", interactive=False, verbosity=0, stdout=sys.stderr)
    return {"notes": []}


def prepare_configuration() -> Result:
    """Load oracle.yaml into an empty database; make the keys, the first admin and the API key that are missing."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - models need django.setup() first

    from apps.api.services import ensure_api_key  # noqa: PLC0415

    notes = [*_make_keystores(), *_load_configuration(settings.BASE_DIR / "oracle.yaml")]
    users, name = get_user_model().objects, os.environ["ADMIN_USER"]
    if not users.filter(username=name).exists():
        users.create_superuser(username=name, email="", password=os.environ["ADMIN_PASSWORD"])
    ensure_api_key(API_KEY_NAME, os.environ["ORACLE_API_KEY"])
    return {"notes": notes}


def _make_keystores() -> list[str]:
    from apps.chain.key_references import is_keystore  # noqa: PLC0415
    from apps.chain.signers import create_keystore  # noqa: PLC0415

    wanted = [*settings.SIGNER_KEYSTORES, settings.TRANSMITTER_KEYSTORE, settings.ADMIN_KEYSTORE]
    missing = [path for path in wanted if path and is_keystore(path) and not Path(path).exists()]
    for path in missing:
        create_keystore(path, os.environ["KEYSTORE_PASSWORD"])
    return [f"{len(missing)} keys made"] if missing else []


def _load_configuration(path: Path) -> list[str]:
    """Apply the file when there is no feed yet; later the database leads, and differences are only told."""
    from apps.feeds.config import check_document  # noqa: PLC0415
    from apps.feeds.document import ConfigError, read_document  # noqa: PLC0415
    from apps.feeds.models import Feed  # noqa: PLC0415
    from apps.feeds.selectors import current_config  # noqa: PLC0415

    if not Feed.objects.exists():
        call_command("config", "apply", str(path), stdout=sys.stderr)
        return [f"{Feed.objects.count()} feeds from {path.name}"]
    try:
        changes = check_document(read_document(path.read_text(encoding="utf-8")), current=current_config())
    except (ConfigError, OSError) as exc:
        return [f"{path.name} is not usable now: {exc}"]
    differs = f"{path.name} differs in {len(changes)} places, see `manage.py config diff`"
    return [differs] if changes else []


def choose_market() -> Result:
    """Settle MARKET=auto: live when at least half of the sources answer within PROBE_S, else simulated."""
    if settings.MARKET != "auto":
        return {"notes": [settings.MARKET], "market": settings.MARKET}
    answers = _probe_sources()
    live = sum(answers.values()) * 2 >= len(answers) > 0
    note = f"{sum(answers.values())} of {len(answers)} sources answer, so prices are {'live' if live else 'simulated'}"
    return {"notes": [note], "market": "live" if live else "simulated"}


def _probe_sources() -> dict[str, bool]:
    """Ask each source for the first of its listings, all at once. Returns source -> it gave a price."""
    from apps.feeds.selectors import feed_specs, source_specs  # noqa: PLC0415
    from apps.pricing.types import Ask, Quote  # noqa: PLC0415
    from apps.sources.fetch import fetch_source  # noqa: PLC0415

    asks: dict[str, Ask] = {}
    for spec in feed_specs(None):
        for listing in spec.listings:
            asks.setdefault(listing.source, Ask(spec.pair, listing.ticker))
    specs = source_specs(list(asks))
    deadline = datetime.now(UTC) + timedelta(seconds=PROBE_S)

    def answers(slug: str) -> bool:
        call = fetch_source(specs[slug], [asks[slug]], deadline=deadline)
        return any(isinstance(outcome, Quote) for outcome in call.outcomes)

    with ThreadPoolExecutor(max_workers=max(len(asks), 1)) as pool:
        return dict(zip(asks, pool.map(answers, asks), strict=True))


def prepare_contract() -> Result:
    """Put the contract and its feeds on a local chain; a real chain is left to the operator's own command."""
    if settings.CHAIN_ID not in LOCAL_CHAINS:
        note = f"chain {settings.CHAIN_ID} is not local: run `manage.py deploy_contract` yourself"
        return {"notes": [note], "contract": settings.CONTRACT_ADDRESS, "chain_id": settings.CHAIN_ID, "feeds": {}}
    told = io.StringIO()
    call_command("deploy_contract", "--local", stdout=told)
    sys.stderr.write(told.getvalue())
    return {"notes": [], **_last_object(told.getvalue())}


def _last_object(text: str) -> Result:
    """Return the JSON object that ends ``text``; lines before it may be anything."""
    start = 0 if text.startswith("{") else text.find("\n{") + 1
    found = json.loads(text[start:])
    if not isinstance(found, dict):
        raise TypeError(f"deploy_contract printed {type(found).__name__}, expected an object")
    return found


STEPS: dict[str, Callable[[], Result]] = {
    "database": prepare_database,
    "configuration": prepare_configuration,
    "market": choose_market,
    "contract": prepare_contract,
}


def main() -> None:
    """Run every step in order and tell the runner what came of it."""
    events = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        django.setup()
        for name, work in STEPS.items():
            result = work()
            events.write(json.dumps({"step": name, **result}) + "\n")
            events.flush()


if __name__ == "__main__":
    main()
