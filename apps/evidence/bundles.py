"""Everything behind a round in one file that can be checked without this installation: see ``standalone``."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from apps.chain.report import Report, ReportAnswer, encode_entries
from apps.evidence.services import needed_bodies, read_bodies
from apps.evidence.standalone import FORMAT
from apps.rounds.models import Round
from apps.rounds.records import evidence_rows
from apps.rounds.selectors import reports_of
from apps.submissions.models import Deployment, Submission


def evidence_bundle(round_: Round) -> dict[str, Any]:
    """Return the bundle of a closed round: leaves, bodies, answers, report, signatures and transaction.

    Bodies that are not kept (any more) are named under ``missing_bodies``; everything else can still be checked.
    """
    answers = list(round_.answers.all())
    covered = set(round_.inputs.get("covered", ()))
    hashes = [one.sha256 for one in needed_bodies(round_, answers)]
    bodies = read_bodies(hashes)
    return {
        "format": FORMAT,
        "round": {
            "id": str(round_.pk),
            "trigger": round_.trigger,
            "market": round_.market,
            "opened_at": round_.opened_at.isoformat(),
            "closed_at": round_.closed_at and round_.closed_at.isoformat(),
            "config_version": round_.config_version and round_.config_version.number,
            "config_sha256": round_.config_version and round_.config_version.sha256,
        },
        "plan": {"feeds": [feed for feed in round_.plan["feeds"] if feed["pair"] in covered]},
        "evidence_hash": round_.evidence_hash,
        "leaves": evidence_rows(round_, answers) if "covered" in round_.inputs else [],
        "answers": [
            {
                "pair": answer.pair,
                "state": answer.state,
                "reason": answer.reason,
                "answer": None if answer.answer is None else str(answer.answer),
                "decimals": answer.decimals,
                "observed_at": answer.observed_at and answer.observed_at.isoformat(),
            }
            for answer in answers
            if answer.pair in covered
        ],
        "bodies": {sha256: base64.b64encode(zlib.compress(body)).decode() for sha256, body in sorted(bodies.items())},
        "missing_bodies": sorted(set(hashes) - bodies.keys()),
        "report": _report(round_.submission),
        "transaction": _transaction(round_.submission),
        "elsewhere": [
            {"destination": row.destination, "report": _report(row), "transaction": _transaction(row)}
            for row in reports_of(round_)[1:]
        ],
    }


def _report(submission: Submission | None) -> dict[str, Any] | None:
    if submission is None or submission.deployment is None or not submission.digest:
        return None
    signed_for = _signed_for(submission, submission.deployment)
    places = signed_for["places"]
    rows = [row for row in submission.answers if row["pair"] in places]
    answers = tuple(ReportAnswer(row["pair"], int(row["answer"]), row["observed_at"]) for row in rows)
    report = Report(submission.signer_set_version or 0, submission.evidence_hash, answers, places)
    return {
        "chain_id": submission.deployment.chain_id,
        "contract": submission.deployment.address,
        "signer_set_version": submission.signer_set_version,
        "evidence_hash": submission.evidence_hash,
        "answers": [{**row, "place": places[row["pair"]]} for row in rows],
        "entries": "0x" + encode_entries(report).hex(),
        "digest": submission.digest,
        "signatures": submission.signatures,
        "signers": signed_for["signers"],
        "threshold": signed_for["threshold"],
    }


def _signed_for(submission: Submission, deployment: Deployment) -> dict[str, Any]:
    """Return places, signers and threshold as they stood when the report was signed.

    A contract may give a feed another place, or itself other signers, long before an auditor asks. Of reports signed
    before this was kept, only what the contract says today is known.
    """
    today = {"places": deployment.places, "signers": deployment.signers, "threshold": deployment.threshold}
    return {**today, **submission.signed_for}


def _transaction(submission: Submission | None) -> dict[str, Any] | None:
    if submission is None or not submission.tx_hash:
        return None
    return {
        "hash": submission.tx_hash,
        "block_number": submission.block_number,
        "block_hash": submission.block_hash,
        "landed": submission.landed,
        "skipped": submission.skipped,
    }
