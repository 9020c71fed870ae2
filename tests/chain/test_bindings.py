"""The typed bindings and TypeScript types say what the ABIs say: every function, struct, event and error of them."""

from __future__ import annotations

import dataclasses
import importlib
import json
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.abi import collapse_if_tuple
from web3 import Web3

from apps.chain.abi import AbiMismatch, Log
from apps.chain.artifacts import ARTIFACTS, artifact

NAMES = {
    "PriceOracle": "price_oracle",
    "FeedProxy": "feed_proxy",
    "MovableFeedProxy": "movable_feed_proxy",
    "SequencerGuard": "sequencer_guard",
    "EvidenceProof": "evidence_proof",
    "TimelockController": "timelock_controller",
}
ADDRESS = "0x00000000000000000000000000000000000000AA"


def entries(kind: str) -> list[Any]:
    """Return (contract, entry) of every ABI entry of a kind, as parameters."""
    return [
        pytest.param(contract, entry, id=f"{contract}.{entry['name']}")
        for contract in NAMES
        for entry in artifact(contract).abi
        if entry["type"] == kind
    ]


@cache
def binding(contract: str) -> ModuleType:
    """Return the module of a contract."""
    return importlib.import_module(f"apps.chain.bindings.{NAMES[contract]}")


def types_of(items: list[dict[str, Any]]) -> list[str]:
    """Return the ABI types of parameters, tuples written out."""
    return [collapse_if_tuple(dict(item)) for item in items]


def sample(item: dict[str, Any], salt: int) -> Any:
    """Return a value of an ABI type as eth_abi has it, another one for another salt."""
    kind = item["type"]
    if kind.endswith("[]"):
        return tuple(sample({**item, "type": kind[:-2]}, salt + n) for n in range(2))
    if kind == "tuple":
        return tuple(sample(part, salt + at) for at, part in enumerate(item["components"]))
    if kind.startswith("bytes"):
        return bytes([salt % 256]) * int(kind[5:] or 7)
    if "int" in kind:
        return salt % 100 + 1
    return {"bool": bool(salt % 2), "address": ADDRESS, "string": f"text {salt}"}[kind]


def typed(module: ModuleType, item: dict[str, Any], value: Any) -> Any:
    """Return the binding's value of eth_abi's: structs of it where the ABI has tuples."""
    if item["type"].endswith("[]"):
        return tuple(typed(module, {**item, "type": item["type"][:-2]}, one) for one in value)
    if item["type"] == "tuple":
        struct = getattr(module, item["internalType"].removesuffix("[]").split(".")[-1])
        parts = zip(item["components"], value, strict=True)
        return struct(*(typed(module, part, one) for part, one in parts))
    return value


def snake(name: str) -> str:
    """Return the name as Python has it."""
    split = "".join(
        "_" + c if c.isupper() and at and (name[at - 1].islower() or name[at + 1 : at + 2].islower()) else c
        for at, c in enumerate(name)
    )
    return split.lower().replace("__", "_")


@pytest.mark.parametrize(("contract", "entry"), entries("function"))
def test_a_call_is_what_web3_encodes_and_its_reply_what_was_answered(contract: str, entry: dict[str, Any]) -> None:
    """Data of the same bytes as web3's, and the reply as typed values, for every function of every contract."""
    module = binding(contract)
    inputs = [sample(item, at + 3) for at, item in enumerate(entry["inputs"])]
    outputs = [sample(item, at + 5) for at, item in enumerate(entry["outputs"])]

    function = getattr(module, snake(entry["name"]))
    call = function(*(typed(module, item, one) for item, one in zip(entry["inputs"], inputs, strict=True)))

    web3 = Web3().eth.contract(abi=artifact(contract).abi)
    assert "0x" + call.data.hex() == web3.encode_abi(entry["name"], args=inputs)
    answered = call.decoded(encode(types_of(entry["outputs"]), outputs))
    expected = tuple(typed(module, item, one) for item, one in zip(entry["outputs"], outputs, strict=True))
    assert answered == (expected if len(expected) > 1 else expected[0] if expected else None)


@pytest.mark.parametrize(("contract", "entry"), entries("event"))
def test_an_event_is_read_from_its_log(contract: str, entry: dict[str, Any]) -> None:
    """Topics and data become the event's fields in the order of the ABI; the log of another event is refused."""
    module = binding(contract)
    values = [sample(item, at + 9) for at, item in enumerate(entry["inputs"])]
    both = list(zip(entry["inputs"], values, strict=True))
    topic = keccak(f"{entry['name']}({','.join(types_of(entry['inputs']))})".encode())
    indexed = [encode([collapse_if_tuple(dict(item))], [one]) for item, one in both if item["indexed"]]
    plain = [(collapse_if_tuple(dict(item)), one) for item, one in both if not item["indexed"]]
    log = Log((topic, *indexed), encode([kind for kind, _ in plain], [one for _, one in plain]))

    event = getattr(module, entry["name"])
    read = event.of(log)

    fields = [getattr(read, field.name) for field in dataclasses.fields(read)]
    assert fields == [typed(module, item, one) for item, one in both]
    with pytest.raises(AbiMismatch, match="topics"):
        event.of(Log((bytes(32), *indexed), log.data))


@pytest.mark.parametrize("contract", NAMES)
def test_every_error_is_known_by_its_selector(contract: str) -> None:
    """ERRORS has each error of the ABI with its types, and no other."""
    known = {
        keccak(f"{entry['name']}({','.join(types_of(entry['inputs']))})".encode())[:4]: (
            entry["name"],
            tuple(types_of(entry["inputs"])),
        )
        for entry in artifact(contract).abi
        if entry["type"] == "error"
    }
    assert known == binding(contract).ERRORS


def test_a_reply_of_another_shape_is_refused() -> None:
    """Bytes that are no answer of the function, none included, raise."""
    for reply in (b"", bytes(31)):
        with pytest.raises(AbiMismatch, match="are not"):
            binding("PriceOracle").admin().decoded(reply)


@pytest.mark.parametrize("contract", NAMES)
def test_typescript_has_the_whole_abi(contract: str) -> None:
    """The constant of the TypeScript module is the artifact's ABI."""
    text = (ARTIFACTS / "typescript" / f"{contract}.ts").read_text(encoding="utf-8")

    constant = f"{contract[0].lower()}{contract[1:]}Abi"
    _, _, body = text.partition(f"export const {constant} = ")
    assert json.loads(body.removesuffix(" as const;\n")) == artifact(contract).abi


def test_every_artifact_has_its_binding_and_types() -> None:
    """No contract of contracts/artifacts is without verification input, binding and TypeScript types."""
    assert {path.stem for path in ARTIFACTS.glob("*.json")} == set(NAMES)
    assert {path.stem for path in (ARTIFACTS / "verify").glob("*.json")} == set(NAMES)
    assert {path.stem for path in (ARTIFACTS / "typescript").glob("*.ts")} == set(NAMES)
