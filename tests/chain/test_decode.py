"""Node messages and revert data become our errors."""

from __future__ import annotations

import pytest

from apps.chain import errors
from apps.chain.decode import error_of_text, refusal_of_text, revert_of, skip_reason_name
from apps.chain.gateway import ChainIdentity


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("already known", errors.AlreadyKnown),
        ("transaction already imported", errors.AlreadyKnown),
        ("nonce too low: next nonce 5, tx nonce 3", errors.NonceTooLow),
        ("replacement transaction underpriced", errors.Underpriced),
        ("Insufficient funds for gas * price + value", errors.InsufficientFunds),
        ("BlockOutOfRangeError: block height is 80 but requested was 1", errors.HistoryPruned),
        ("missing trie node 12ab (path )", errors.HistoryPruned),
        ("execution aborted (timeout = 5s)", errors.RpcRefused),
    ],
)
def test_node_texts_have_a_kind(text: str, kind: type[errors.ChainError]) -> None:
    """The words of the common nodes map to one class each."""
    assert type(error_of_text(text)) is kind


def test_unknown_refusal_of_a_transaction_is_final() -> None:
    """What a node will not take for an unknown reason is a TransactionRefused."""
    assert type(refusal_of_text("tx type not supported")) is errors.TransactionRefused


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("0x9e87fac8", "Paused()"),
        ({"data": "0x9e87fac8"}, "Paused()"),
        ("0x08c379a0" + f"{32:064x}{2:064x}" + b"no".hex().ljust(64, "0"), "Error(no)"),
        ("0x4e487b71" + f"{17:064x}", "Panic(17)"),
        ("0xdeadbeef", "0xdeadbeef()"),
        (None, "reverted without data"),
        ("no hex", "reverted without data"),
    ],
)
def test_revert_data_is_decoded(payload: object, text: str) -> None:
    """Custom errors, require strings, panics, strangers and silence all have a name."""
    assert str(revert_of(payload)).removesuffix("()") == text.removesuffix("()")


def test_every_error_has_a_code_of_its_own() -> None:
    """Codes are unique: they are stored and counted."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ChainError)]

    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("number", "name"), [(1, "unknown_feed"), (2, "not_newer"), (5, "out_of_bounds"), (9, "reason_9")]
)
def test_skip_reasons_have_names(number: int, name: str) -> None:
    """The contract's numbers read as words, a newer contract's too."""
    assert skip_reason_name(number) == name


@pytest.mark.parametrize(
    ("chain_id", "client", "is_local"),
    [
        (31337, "anvil/v1.7.1", True),
        (1337, "HardhatNetwork/2.22", True),
        (31337, "Geth/v1.14", False),
        (1, "anvil/v1.7.1", False),
    ],
)
def test_a_chain_is_local_by_id_and_client(chain_id: int, client: str, is_local: bool) -> None:
    """A fork of a public chain in Anvil is not local, nor is a public node with a development id."""
    assert ChainIdentity(chain_id, "0x", client).is_local is is_local
