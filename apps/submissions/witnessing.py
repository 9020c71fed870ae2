"""Whether a receipt may be acted on: where several endpoints are asked, two must show it.

While too few show it the row says since when and why (``doubted_since``, ``doubt``), and RECEIPT_PATIENCE_S later:

the others are silent      it is acted on nevertheless, and the row says that one host alone showed it
somebody denies it         it counts as not there: an unmined transaction is paid better, a mined one is MISSING and its
                           report sent anew. The contract takes no answer twice, so a wrong doubt costs gas, no more
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from apps.chain.gateway import Receipt, Witnesses
from apps.monitoring import metrics
from apps.submissions.chains import ChainPolicy
from apps.submissions.models import Submission

log = logging.getLogger(__name__)


def may_act_on(receipt: Receipt, submission: Submission, policy: ChainPolicy, *, now: datetime) -> bool:
    """Return whether enough endpoints show the receipt, or patience with silent ones is over; the row notes doubt."""
    witnesses = receipt.witnesses
    if witnesses.are_enough:
        _note(submission, since=None, doubt="")
        metrics.receipt_weighed(policy.chain_id, "single" if witnesses.wanted == 1 else "agreed")
        return True
    if submission.doubted_since is None or submission.doubt != _told(witnesses):
        _note(submission, since=submission.doubted_since or now, doubt=_told(witnesses))
        log.warning("receipt doubted submission=%s tx=%s %s", submission.pk, receipt.tx_hash, submission.doubt)
    if not is_patience_over(submission, policy, now=now):
        return False
    if witnesses.contradict:
        log.error("receipt contradicted submission=%s tx=%s %s", submission.pk, receipt.tx_hash, submission.doubt)
        metrics.receipt_weighed(policy.chain_id, "contradicted")
        return False
    log.warning("receipt taken unwitnessed submission=%s tx=%s %s", submission.pk, receipt.tx_hash, submission.doubt)
    metrics.receipt_weighed(policy.chain_id, "alone")
    return True


def is_patience_over(submission: Submission, policy: ChainPolicy, *, now: datetime) -> bool:
    """Return whether a doubted receipt was waited for long enough."""
    patience = timedelta(seconds=policy.receipt_patience_s)
    return submission.doubted_since is not None and now - submission.doubted_since >= patience


def _told(witnesses: Witnesses) -> str:
    denied = f", denied by {', '.join(witnesses.denied_by)}" if witnesses.denied_by else ""
    return f"shown by {', '.join(witnesses.shown_by)}{denied}; {witnesses.wanted} must show it"[:300]


def _note(submission: Submission, *, since: datetime | None, doubt: str) -> None:
    if (submission.doubted_since, submission.doubt) == (since, doubt):
        return
    submission.doubted_since, submission.doubt = since, doubt
    Submission.objects.filter(pk=submission.pk).update(doubted_since=since, doubt=doubt)
