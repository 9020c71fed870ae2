"""The newest signed report of a feed, as the contract's structs."""

from __future__ import annotations

from typing import Any

from apps.chain.report import feed_id
from apps.submissions.models import Submission


def latest_report(pair: str, destination: str) -> dict[str, Any] | None:
    """Return the newest report for a destination, its signatures and the contract they are bound to.

    None when none has been signed.
    """
    signed = Submission.objects.filter(destination=destination, deployment__is_active=True)
    signed = signed.filter(answers__contains=[{"pair": pair}])
    submission = signed.exclude(digest="").select_related("deployment", "round").order_by("-created_at").first()
    if submission is None or submission.deployment is None:
        return None
    round_ = getattr(submission, "round", None) or submission.rounds_elsewhere.first()
    return {
        "pair": pair,
        "destination": destination,
        "chain_id": submission.deployment.chain_id,
        "contract": submission.deployment.address,
        "digest": submission.digest,
        "report": {
            "signerSetVersion": submission.signer_set_version,
            "evidenceHash": submission.evidence_hash,
            "answers": [_struct(answer) for answer in submission.answers],
        },
        "signatures": [item["signature"] for item in submission.signatures],
        "state": submission.state,
        "simulated": submission.simulated,
        "round": f"/api/v1/rounds/{round_.pk}" if round_ else None,
    }


def _struct(answer: dict[str, Any]) -> dict[str, Any]:
    identifier = "0x" + feed_id(answer["pair"]).hex()
    return {
        "pair": answer["pair"],
        "feedId": identifier,
        "answer": answer["answer"],
        "observedAt": answer["observed_at"],
    }
