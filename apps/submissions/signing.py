"""Makes the call that carries a submission: the report as signers sign it, their signatures, and its dry run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from apps.chain.errors import SignersMissing
from apps.chain.gateway import OracleGateway, SignerSet
from apps.chain.report import Report, ReportAnswer, report_digest, report_message
from apps.chain.signers import Signer, sign_report, sorted_by_address
from apps.submissions.clients import ChainClients
from apps.submissions.models import Deployment, Submission

log = logging.getLogger(__name__)
GAS_MARGIN_PERCENT = 25
# An answer that is skipped in the dry run may be taken in the block: always after a quiet minute, as the dry run's
# clock is the latest block's, for which the answer comes from the future. Taking one costs 28,000 more than skipping
# it, the first of a feed 45,000. What is not used is not paid.
GAS_MARGIN_PER_ANSWER = 60_000


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A report with as many signatures as the contract asks for, and the call that carries them."""

    report: Report
    digest: bytes
    signatures: tuple[tuple[str, bytes], ...]
    call_data: bytes
    signer_set: SignerSet

    def fields(self) -> dict[str, object]:
        """Return what the submission's row keeps of it."""
        return {
            "signer_set_version": self.report.signer_set_version,
            "digest": "0x" + self.digest.hex(),
            "signatures": [{"signer": signer, "signature": "0x" + raw.hex()} for signer, raw in self.signatures],
            "signed_for": {
                "places": {
                    a.pair: place for a in self.report.answers if (place := self.report.places.get(a.pair)) is not None
                },
                "signers": list(self.signer_set.signers),
                "threshold": self.signer_set.threshold,
            },
        }


def report_answers(submission: Submission) -> tuple[ReportAnswer, ...]:
    """Return the answers as they stand in the report."""
    return tuple(
        ReportAnswer(pair=item["pair"], answer=int(item["answer"]), observed_at=int(item["observed_at"]))
        for item in submission.answers
    )


def signed_report(submission: Submission, deployment: Deployment, clients: ChainClients) -> SignedReport:
    """Return the submission's report, signed for the contract's signer set of now. Raises SignersMissing."""
    signer_set = current_signer_set(deployment, clients.gateway)
    chosen = _signers_of(signer_set, clients.signers)
    report = Report(
        signer_set_version=signer_set.version,
        evidence_hash=submission.evidence_hash,
        answers=report_answers(submission),
        places=deployment.places,
    )
    digest = report_digest(report, chain_id=deployment.chain_id, contract=deployment.address)
    message = report_message(report, chain_id=deployment.chain_id, contract=deployment.address)
    signatures = sign_report(message, chosen)
    return SignedReport(
        report=report,
        digest=digest,
        signatures=tuple(zip((signer.address for signer in chosen), signatures, strict=True)),
        call_data=clients.gateway.submit_data(deployment.address, report, signatures),
        signer_set=signer_set,
    )


def dry_run(signed: SignedReport, deployment: Deployment, *, sender: str, gateway: OracleGateway) -> int:
    """Return the gas limit for the call. Raises ExecutionReverted with the contract's error: nothing was spent."""
    gas = gateway.estimate_gas(sender=sender, to=deployment.address, data=signed.call_data)
    return gas * (100 + GAS_MARGIN_PERCENT) // 100 + GAS_MARGIN_PER_ANSWER * len(signed.report.answers)


def current_signer_set(deployment: Deployment, gateway: OracleGateway) -> SignerSet:
    """Return the contract's signer set, and keep the deployment's row equal to it."""
    current = gateway.signer_set(deployment.address)
    if deployment.signer_set_version != current.version:
        log.warning("signer set changed contract=%s version=%d", deployment.address, current.version)
        Deployment.objects.filter(pk=deployment.pk).update(
            signers=list(current.signers), threshold=current.threshold, signer_set_version=current.version
        )
    return current


def _signers_of(signer_set: SignerSet, signers: Sequence[Signer]) -> list[Signer]:
    """Return as many of our signers as the threshold asks, ascending. Raises SignersMissing."""
    members = {address.lower() for address in signer_set.signers}
    ours = [signer for signer in sorted_by_address(signers) if signer.address.lower() in members]
    if len(ours) < signer_set.threshold:
        raise SignersMissing(f"{len(ours)} of our {len(signers)} keys are signers, {signer_set.threshold} are needed")
    return ours[: signer_set.threshold]
