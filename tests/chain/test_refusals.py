"""Errors of the contracts as codes and sentences."""

from __future__ import annotations

import string

import pytest

from apps.chain.bindings import price_oracle, timelock_controller
from apps.chain.errors import ExecutionReverted
from apps.chain.refusals import SENTENCES, refusal_code, refusal_text

DECLARED = dict([*price_oracle.ERRORS.values(), *timelock_controller.ERRORS.values()])


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ExecutionReverted("NotPaused"), "not_paused", "it is not paused (NotPaused())"),
        (ExecutionReverted("Unauthorized", ("0xab",)), "unauthorized", "0xab does not hold the office"),
        (ExecutionReverted("ZeroMaxAge"), "zero_max_age", "ZeroMaxAge()"),
        (ExecutionReverted(""), "reverted", "reverted without data"),
        (ExecutionReverted("0x12345678"), "reverted", "0x12345678()"),
        (ExecutionReverted("BadThreshold"), "bad_threshold", "BadThreshold()"),
    ],
)
def test_an_error_has_a_code_and_a_sentence(error: ExecutionReverted, code: str, text: str) -> None:
    """Known ones are explained, unknown ones shown as they are."""
    assert refusal_code(error) == code
    assert refusal_text(error).startswith(text)


def test_sentences_speak_of_errors_that_the_contracts_declare() -> None:
    """Each is an error's name, and says no more arguments than the error has."""
    for name, sentence in SENTENCES.items():
        fields = {int(field) for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}
        assert max(fields, default=-1) < len(DECLARED[name]), name
