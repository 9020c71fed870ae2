"""`manage.py contract`: what a contract's admin, configurator and pauser may do, directly or through a timelock.

Exit codes: 0 done, scheduled or already so; 1 refused; 3 nothing was sent, another wallet has to send what is printed.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.chain.errors import ChainError, ExecutionReverted, NotDeployed
from apps.chain.operations import NOTHING
from apps.chain.refusals import refusal_code, refusal_text
from apps.feeds.destination_model import MAIN
from apps.submissions import clients
from apps.submissions.admin_calls import AdminCall, AdminCalls, BadArgument
from apps.submissions.chains import UnknownDestination, policy_of
from apps.submissions.contract_status import contract_status
from apps.submissions.deployments import deployment_lock, standing_deployment
from apps.submissions.governing import Governor, Outcome, Stage, cancel, carry_out, require_reach
from apps.submissions.models import Deployment
from apps.submissions.signing import current_signer_set

NOT_SENT = 3
WITHOUT_ARGUMENT = {
    "accept-admin": "take the admin's office that was offered",
    "pause": "stop submitting and the latest readings of every feed",
    "unpause": "resume",
}
OF_A_PAIR = {
    "pause-feed": "stop one feed",
    "unpause-feed": "resume one feed",
    "release": "let a feed's next price move as far as its bounds allow (maxMoveBps 0); deploy_contract restores it",
}
OF_A_HOLDER = {
    "set-configurator": "appoint who may add and change feeds; the zero address empties the office",
    "set-pauser": "appoint who may pause; the zero address empties the office",
    "transfer-admin": "offer the admin's office; the zero address withdraws the offer",
}


class Command(BaseCommand):
    """Shows who holds the offices, and makes their calls. Prints one JSON object."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add one subcommand per verb."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        _common(verbs.add_parser("status", help="offices, signers, pauses, and what waits in the timelock"))
        signers = verbs.add_parser("set-signers", help="put a signer set and its threshold in office")
        signers.add_argument("addresses", nargs="+", metavar="ADDRESS", help="in any order")
        signers.add_argument("--threshold", type=int, required=True, metavar="N", help="how many must sign")
        signers.add_argument(
            "--force", action="store_true", help="although the workers' own keys could not reach the threshold"
        )
        _call_options(signers)
        for verb, told in OF_A_HOLDER.items():
            asked = verbs.add_parser(verb, help=told)
            asked.add_argument("address", metavar="ADDRESS")
            _call_options(asked)
        for verb, told in OF_A_PAIR.items():
            asked = verbs.add_parser(verb, help=told)
            asked.add_argument("pair", metavar="PAIR")
            _call_options(asked)
        for verb, told in WITHOUT_ARGUMENT.items():
            _call_options(verbs.add_parser(verb, help=told))
        cancelling = verbs.add_parser("cancel", help="take back what waits in the timelock")
        cancelling.add_argument("operation", metavar="OPERATION", help="its id, as status and the call itself show it")
        cancelling.add_argument("--dry-run", action="store_true", help="send nothing, only say what would be")
        _common(cancelling)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says and print {chain_id, contract, call, stage, …}."""
        try:
            document, stage = _done(options)
        except ExecutionReverted as exc:
            raise CommandError(f"{refusal_code(exc)}: {refusal_text(exc)}") from exc
        except ChainError as exc:
            raise CommandError(f"{exc.code}: {exc}") from exc
        except UnknownDestination as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(json.dumps(document, indent=2))
        if stage is Stage.OPEN:
            sys.exit(NOT_SENT)


def _done(options: dict[str, Any]) -> tuple[dict[str, Any], Stage | None]:
    destination = options["destination"]
    policy, gateway = policy_of(destination), clients.gateway(destination)
    deployer = clients.deployer(destination, key=options["key"])
    with deployment_lock(destination, wait=True):
        deployment = standing_deployment(policy, gateway)
        if deployment is None:
            raise NotDeployed(f"no contract is recorded for destination {destination}; run deploy_contract")
        governor = Governor(gateway, deployment.address, deployer)
        head = {"destination": destination, "chain_id": deployment.chain_id, "contract": deployment.address}
        if options["verb"] != "status":
            told, outcome = _governed(options, governor, deployment)
            return {**head, **told, **_document(outcome)}, outcome.stage
    # read without the lock: it may take a while, and the worker goes on
    return {**head, **contract_status(governor, signers=clients.addresses_of(policy.signers))}, None


def _document(outcome: Outcome) -> dict[str, Any]:
    made = {name: value for name, value in asdict(outcome).items() if value not in ("", None, ())}
    if not outcome.next_step:
        del made["own_key_may"]  # says nothing where nothing is left to do
    return made | ({"ready_at": outcome.ready_at.isoformat()} if outcome.ready_at else {})


def _governed(options: dict[str, Any], governor: Governor, deployment: Deployment) -> tuple[dict[str, Any], Outcome]:
    is_dry_run = options["dry_run"]
    if options["verb"] == "cancel":
        offices = AdminCalls(governor.gateway, governor.contract).offices()
        timelocks = dict.fromkeys(one for one in (offices.admin, offices.pending_admin, deployment.timelock) if one)
        outcome = cancel(_identifier(options["operation"]), governor, timelocks=list(timelocks), is_dry_run=is_dry_run)
        return {"call": "cancel"}, outcome
    call = _call(options, AdminCalls(governor.gateway, governor.contract))
    after = _identifier(options["after"]) if options["after"] else NOTHING
    outcome = carry_out(call, governor, after=after, is_dry_run=is_dry_run)
    if outcome.stage is Stage.DONE:
        current_signer_set(deployment, governor.gateway)
    return {"call": call.name, "arguments": list(call.arguments)}, outcome


def _call(options: dict[str, Any], calls: AdminCalls) -> AdminCall:
    match options["verb"]:
        case "set-signers":
            call = calls.set_signers(options["addresses"], threshold=options["threshold"])
            if not options["force"]:
                own = clients.addresses_of(policy_of(options["destination"]).signers)
                require_reach(options["addresses"], threshold=options["threshold"], own=own)
            return call
        case verb if verb in OF_A_HOLDER:
            of_a_holder = {
                "set-configurator": calls.set_configurator,
                "set-pauser": calls.set_pauser,
                "transfer-admin": calls.transfer_admin,
            }
            return of_a_holder[verb](options["address"])
        case verb if verb in OF_A_PAIR:
            of_a_pair = {"pause-feed": calls.pause_feed, "unpause-feed": calls.unpause_feed, "release": calls.release}
            return of_a_pair[verb](options["pair"])
        case verb:
            plain = {"accept-admin": calls.accept_admin, "pause": calls.pause, "unpause": calls.unpause}
            return plain[verb]()


def _identifier(text: str) -> bytes:
    """Return the id of an operation. Raises BadArgument."""
    try:
        identifier = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        identifier = b""
    if len(identifier) != len(NOTHING):
        raise BadArgument(f"{text} is no operation's id: 32 bytes in hex")
    return identifier


def _call_options(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="send nothing; try the call and say what would be done")
    parser.add_argument(
        "--after", default="", metavar="OPERATION", help="timelock: only once this operation is carried out"
    )
    _common(parser)


def _common(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--destination", default=MAIN, help="Whose contract: main (the environment's chain) or a name from admin."
    )
    parser.add_argument(
        "--key", default="", metavar="REFERENCE", help="Keystore file or reference of the key. Unset: ADMIN_KEYSTORE."
    )
