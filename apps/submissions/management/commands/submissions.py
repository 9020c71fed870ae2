"""`manage.py submissions`: look at what is on its way, and do what the admin's buttons do."""

from __future__ import annotations

import getpass
import time
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.submissions import console, operating
from apps.submissions.models import OperatorAction, Submission, Wallet

Kind, State = OperatorAction.Kind, OperatorAction.State
OF_A_SUBMISSION = {"bump": Kind.BUMP, "cancel": Kind.CANCEL, "resend-fresh": Kind.RESEND_FRESH}
OF_A_LANE = {"pause": Kind.PAUSE, "resume": Kind.RESUME}
POLL_S = 0.5


class Command(BaseCommand):
    """Lists submissions, shows one, and asks the chain worker to bump, cancel or replace; pauses and resumes lanes."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add one subcommand per verb."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="submissions that are not at their end, or all of one state")
        listing.add_argument("--state", choices=Submission.State.values)
        listing.add_argument("--destination", help="only those that go there")
        verbs.add_parser("nonces", help="every lane: counts of the chain, next nonce, paused or not")
        show = verbs.add_parser("show", help="one submission with its transactions")
        show.add_argument("submission", type=uuid.UUID)
        for verb in OF_A_SUBMISSION:
            asked = verbs.add_parser(verb, help=console.TEXTS[OF_A_SUBMISSION[verb]][1])
            asked.add_argument("submission", type=uuid.UUID)
            _reason(asked)
            asked.add_argument("--wait", type=float, default=10, help="seconds to wait for the chain worker")
        for verb in OF_A_LANE:
            asked = verbs.add_parser(verb, help=console.TEXTS[OF_A_LANE[verb]][1])
            asked.add_argument("address")
            asked.add_argument("--chain", type=int, help="needed when the address is used on several chains")
            _reason(asked)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        match options["verb"]:
            case "list":
                self._list(options["state"], options["destination"])
            case "nonces":
                for wallet in Wallet.objects.order_by("chain_id", "address"):
                    lane = f"paused by {wallet.paused_by}" if wallet.paused_at else "running"
                    self.stdout.write(f"{wallet.chain_id} {wallet.address} {lane}: {console.chain_counts(wallet)}")
            case "show":
                self._show(_submission(options["submission"]))
            case verb if verb in OF_A_SUBMISSION:
                submission = _submission(options["submission"])
                self._ask(OF_A_SUBMISSION[verb], options, wait_s=options["wait"], submission=submission)
            case verb:
                self._ask(OF_A_LANE[verb], options, wait_s=0, wallet=_wallet(options["address"], options["chain"]))

    def _list(self, state: str | None, destination: str | None) -> None:
        states = [state] if state else [*Submission.UNFINISHED, Submission.State.CONFIRMED]
        rows = Submission.objects.filter(state__in=states).order_by("created_at")
        for row in rows.filter(destination=destination) if destination else rows:
            pairs = ", ".join(item["pair"] for item in row.answers)
            nonce = "-" if row.nonce is None else row.nonce
            self.stdout.write(
                f"{row.pk} {row.state:<11} {row.destination} nonce {nonce} {pairs} {row.failure_code}".rstrip()
            )

    def _show(self, row: Submission) -> None:
        where = f"to {row.destination} on chain {row.chain_id}, nonce {row.nonce}"
        self.stdout.write(f"{row.pk} {row.state} {where}, opened again {row.resends}")
        for item in row.answers:
            self.stdout.write(f"  {item['pair']} {item['answer']}")
        if row.failure_code:
            self.stdout.write(f"  {row.failure_code}: {row.failure_message}")
        if row.replaced_by_id:
            self.stdout.write(f"  replaced by {row.replaced_by_id}")
        for attempt in row.attempts.defer("raw"):
            told = f"{attempt.kind} nonce {attempt.nonce} {attempt.tx_hash} {console.fee_text(attempt)}"
            self.stdout.write(
                f"  {told}, {console.age_text(attempt)}, {attempt.nodes} {attempt.last_error}".rstrip(" ,")
            )

    def _ask(self, kind: OperatorAction.Kind, options: dict[str, Any], *, wait_s: float, **target: Any) -> None:
        action = operating.request(kind, actor=f"manage.py:{getpass.getuser()}", reason=options["reason"], **target)
        give_up_at = time.monotonic() + wait_s
        while action.state == State.REQUESTED and time.monotonic() < give_up_at:
            time.sleep(POLL_S)
            action.refresh_from_db()
        if action.state == State.REFUSED:
            raise CommandError(action.outcome)
        self.stdout.write(action.outcome or "asked; the chain worker has not taken it up yet")


def _reason(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="kept with the action")


def _submission(identifier: uuid.UUID) -> Submission:
    row = Submission.objects.filter(pk=identifier).first()
    if row is None:
        raise CommandError(f"no submission {identifier}")
    return row


def _wallet(address: str, chain_id: int | None) -> Wallet:
    wallets = Wallet.objects.filter(address__iexact=address)
    if chain_id is not None:
        wallets = wallets.filter(chain_id=chain_id)
    found = list(wallets.order_by("-pk"))
    if not found or len({wallet.chain_id for wallet in found}) > 1:
        chains = ", ".join(str(wallet.chain_id) for wallet in found) or "none"
        raise CommandError(f"{address} is a transmitter on chain {chains}; say which with --chain")
    return found[0]
