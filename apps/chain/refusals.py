"""Why a contract refused a call, as a stable code and a sentence for whoever made it. Pure."""

from __future__ import annotations

import re

from apps.chain.errors import ExecutionReverted

# The arguments of an error in the order of its declaration; see IPriceOracle.sol and OpenZeppelin's sources.
SENTENCES = {
    "Unauthorized": "{0} does not hold the office that this call needs",
    "NotPendingAdmin": "{0} is not the pending admin, {1} is",
    "NotPaused": "it is not paused",
    "UnknownFeed": "the contract has no feed {0}",
    "BadSignerCount": "{0} signers, the contract takes 1 to {1}",
    "BadThreshold": "a threshold of {0} with {1} signers",
    "SignersNotAscending": "signers must ascend and differ: {1} comes after {0}",
    "MoveNeverRelaxes": "a bound of {0} bps that never relaxes",
    "TimelockInsufficientDelay": "the timelock wants a delay of {1} s, {0} s were given",
    "TimelockUnexpectedOperationState": "the operation {0} is not in the state that this step needs",
    "TimelockUnexecutedPredecessor": "the operation {0} has to be carried out first",
    "TimelockUnauthorizedCaller": "{0} is not the timelock itself",
    "AccessControlUnauthorizedAccount": "{0} lacks the role {1} of the timelock",
}


def refusal_code(error: ExecutionReverted) -> str:
    """Return the error's name in lower case with underscores, ``reverted`` where the node gave none of ours."""
    if not re.fullmatch(r"[A-Z]\w*", error.name):
        return error.code
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", error.name).lower()


def refusal_text(error: ExecutionReverted) -> str:
    """Return what the error means, with its arguments, and its own words behind it."""
    sentence = SENTENCES.get(error.name)
    if sentence is None:
        return str(error)
    try:
        return f"{sentence.format(*error.arguments)} ({error})"
    except IndexError:  # the data held fewer arguments than the ABI says
        return str(error)
