"""The tasks of a destination's worker. None retries by itself: the row keeps the state and the sweep is the retry."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Task, shared_task

from apps.chain.errors import ChainError
from apps.feeds.destination_model import MAIN
from apps.submissions import clients, confirming, following, operating, reconciling, sending, sweeping
from apps.submissions.chains import UnknownDestination
from apps.submissions.deployments import DeploymentRefused
from apps.submissions.models import OperatorAction, Submission
from apps.submissions.services import StateMoved, hint

log = logging.getLogger(__name__)
# The task of the clock that ran last in this process, by destination.
_ran_last: dict[str, str] = {}
RECEIPT_LOOKS_S = (0.0, 0.05, 0.15, 0.4)  # a local chain mines on demand, but not always before the first look


@shared_task(name="submissions.submit")
def submit(submission_id: str) -> None:
    """Sign, commit and broadcast a submission; safe to run any number of times."""
    with _logged("submit", submission_id):
        destination = _destination_of(submission_id)
        sending.send(uuid.UUID(submission_id), clients.chain_clients(destination))
        hint("submissions.confirm", uuid.UUID(submission_id), destination=destination)


@shared_task(name="submissions.confirm")
def confirm(submission_id: str) -> None:
    """Look for a submission's receipt a few times within a second; the sweep looks on after that.

    Only on a local chain: elsewhere a block takes its time, and to wait for it here would hold up the next report.
    """
    with _logged("confirm", submission_id):
        if not Submission.objects.filter(pk=submission_id, deployment__is_local=True).exists():
            return
        destination = _destination_of(submission_id)
        for pause_s in RECEIPT_LOOKS_S:
            time.sleep(pause_s)
            confirming.confirm(uuid.UUID(submission_id), clients.chain_clients(destination))
            if not Submission.objects.filter(pk=submission_id, state=Submission.State.UNCONFIRMED).exists():
                return


@shared_task(name="submissions.act")
def act(action_id: int) -> None:
    """Do what an operator asked for; what must wait is taken up by the sweep."""
    with _logged("act"):
        action = OperatorAction.objects.select_related("submission__wallet", "submission__deployment").get(pk=action_id)
        if action.state == OperatorAction.State.REQUESTED:
            destination = action.submission.destination if action.submission else MAIN
            operating.perform(action, clients.chain_clients(destination))


@shared_task(name="submissions.sweep")
def sweep(destination: str = MAIN) -> None:
    """Drive every open submission of a destination one step."""
    _ran_last[destination] = "sweep"
    with _logged("sweep", destination=destination):
        sweeping.sweep(clients.chain_clients(destination))


@shared_task(name="submissions.follow_chain", bind=True)
def follow_chain(self: Task[..., None], destination: str = MAIN) -> None:
    """Notice a reset or shortened chain, register missing feeds, read balance and prices.

    Not twice without a sweep between: its ticks live longer than the sweep's, so with a slow node, where one run takes
    longer than its interval, the next tick would always be its own and every sweep's would have expired.
    """
    if _ran_last.get(destination) == "follow_chain" and not self.request.called_directly:
        return
    _ran_last[destination] = "follow_chain"
    with _logged("follow_chain", destination=destination):
        following.follow(clients.chain_clients(destination), clients.deployer(destination))


@shared_task(name="submissions.reconcile")
def reconcile(destination: str = MAIN) -> None:
    """Compare the contract's events with what is stored, over the next range of final blocks."""
    with _logged("reconcile", destination=destination):
        reconciling.reconcile(clients.chain_clients(destination))


def _destination_of(submission_id: str) -> str:
    """Return where a submission goes. Raises Submission.DoesNotExist."""
    return Submission.objects.values_list("destination", flat=True).get(pk=submission_id)


@contextmanager
def _logged(task: str, submission_id: str = "", *, destination: str = "") -> Iterator[None]:
    """Log what a task could not do now. Nothing is lost: the rows are as they were."""
    try:
        yield
    except StateMoved as exc:
        log.info("nothing to do task=%s submission=%s reason=%s", task, submission_id, exc)
    except UnknownDestination as exc:
        log.warning("no such destination task=%s reason=%s", task, exc)
    except Submission.DoesNotExist:
        log.warning("no such submission task=%s submission=%s", task, submission_id)
    except (ChainError, DeploymentRefused) as exc:
        code, transient = (exc.code, exc.transient) if isinstance(exc, ChainError) else ("refused", False)
        level = logging.WARNING if transient else logging.ERROR
        what = submission_id or destination
        log.log(level, "chain task failed task=%s of=%s code=%s error=%s", task, what, code, exc)
