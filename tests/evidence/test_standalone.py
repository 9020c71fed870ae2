"""The checker that stands alone, against the libraries it does without."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey
from Crypto.Hash import keccak
from eth_keys import keys
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.chain.report import Report, ReportAnswer, encode_entries, report_digest
from apps.evidence import standalone
from apps.evidence.standalone import FORMAT, Wrong, verify
from apps.pricing.evidence import evidence_hash

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SIGNERS = [PrivateKey(bytes([n]) * 32) for n in (1, 2, 3)]
PLACES = {"BTC/USD": 6, "ETH/USD": 7, "SHIB/USD": (0x8000 + 3) * 4}
BODY = b'{"price": "100.5"}'


def address_of(key: PrivateKey) -> str:
    return keys.PrivateKey(key.secret).public_key.to_checksum_address()


def signed(digest: bytes, key: PrivateKey) -> str:
    raw = key.sign_recoverable(digest, hasher=None)
    return "0x" + (raw[:64] + bytes([raw[64] + 27])).hex()


@pytest.fixture
def bundle() -> dict[str, Any]:
    """Return a bundle made with the oracle's own code and other people's libraries."""
    sha256 = hashlib.sha256(BODY).hexdigest()
    leaves = [
        {"source": "kraken", "pair": "BTC/USD", "price": "100.5", "used": True},
        {"source": "kraken", "attempts": [{"url": "https://kraken.test/", "body_sha256": sha256}]},
        {"kind": "inputs", "covered": ["BTC/USD"]},
    ]
    root = evidence_hash(leaves)
    report = Report(3, root, (ReportAnswer("BTC/USD", 10_050_000_000, 1_700_000_000),), PLACES)
    digest = report_digest(report, chain_id=31337, contract=CONTRACT)
    return {
        "format": FORMAT,
        "leaves": leaves,
        "evidence_hash": root,
        "bodies": {sha256: base64.b64encode(zlib.compress(BODY)).decode()},
        "missing_bodies": [],
        "answers": [{"pair": "BTC/USD", "answer": "10050000000", "observed_at": "2023-11-14T22:13:20.900000+00:00"}],
        "report": {
            "chain_id": 31337,
            "contract": CONTRACT,
            "signer_set_version": 3,
            "evidence_hash": root,
            "answers": [
                {
                    "pair": "BTC/USD",
                    "place": PLACES["BTC/USD"],
                    "answer": "10050000000",
                    "observed_at": 1_700_000_000,
                }
            ],
            "entries": "0x" + encode_entries(report).hex(),
            "digest": "0x" + digest.hex(),
            "signatures": [{"signer": address_of(key), "signature": signed(digest, key)} for key in SIGNERS[:2]],
            "signers": [address_of(key) for key in SIGNERS],
            "threshold": 2,
        },
        "transaction": {"hash": "0x" + "ab" * 32, "block_number": 7},
    }


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_keccak_is_that_of_the_library(message: bytes) -> None:
    """Over blocks of every length."""
    assert standalone.keccak256(message) == keccak.new(digest_bits=256, data=message).digest()


@settings(deadline=None, max_examples=25)
@given(st.binary(min_size=32, max_size=32), st.integers(1, 2**250))
def test_recovery_names_the_signer(digest: bytes, secret: int) -> None:
    """The address recovered is the one of the key that signed."""
    key = PrivateKey(secret.to_bytes(32, "big"))

    assert standalone.recover(digest, bytes.fromhex(signed(digest, key)[2:])) == address_of(key).lower()


@given(
    answers=st.dictionaries(st.sampled_from(["BTC/USD", "ETH/USD"]), st.integers(1, 2**48 - 1), min_size=1),
    wide=st.none() | st.integers(1, 2**192 - 1),
    at=st.integers(1, 2**32 - 1),
)
def test_entries_are_read_as_they_are_packed(answers: dict[str, int], wide: int | None, at: int) -> None:
    """Lanes of one page and a wide feed come back with their places and times."""
    told = answers | ({"SHIB/USD": wide} if wide else {})
    report = Report(1, "0x" + "00" * 32, tuple(ReportAnswer(pair, n, at) for pair, n in told.items()), PLACES)

    assert standalone.entries_of(encode_entries(report)) == {(PLACES[pair], at): n for pair, n in told.items()}


def test_a_whole_bundle_is_right(bundle: dict[str, Any]) -> None:
    """Bodies, leaves, answers, digest and signatures are checked; the transaction is not without a node."""
    lines = verify(bundle)

    assert len(lines) == 6
    assert "1 bodies hash" in lines[0]
    assert "2 of 3 signers signed" in lines[4]
    assert "not checked" in lines[5]


def changed(bundle: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    copied: dict[str, Any] = copy.deepcopy(bundle)
    spot: Any = copied
    for part in path[:-1]:
        spot = spot[part]
    spot[path[-1]] = to
    return copied


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "other", "this program reads"),
        (("bodies", hashlib.sha256(BODY).hexdigest()), base64.b64encode(zlib.compress(b"x")).decode(), "hashes to"),
        (("leaves", 0, "price"), "100.6", "the leaves give the root"),
        (("report", "answers", 0, "answer"), "10060000000", "the report says"),
        (("answers", 0, "observed_at"), "2023-11-14T22:13:26+00:00", "was observed at"),
        (("answers", 0, "observed_at"), "2023-11-14T22:13:19+00:00", "was observed at"),
        (("report", "evidence_hash"), "0x" + "00" * 32, "the report commits to"),
        (("report", "signer_set_version"), 4, "EIP-712 digest"),
        (("report", "chain_id"), 1, "EIP-712 digest"),
        (("report", "answers", 0, "place"), 7, "entries hold"),
        (("report", "signers"), ["0x" + "11" * 20], "not in the signer set"),
        (("report", "threshold"), 3, "3 must"),
    ],
)
def test_whatever_is_changed_is_found(bundle: dict[str, Any], path: tuple[Any, ...], value: Any, message: str) -> None:
    """Each part is bound to the next, so an edit anywhere breaks the chain."""
    with pytest.raises(Wrong, match=message):
        verify(changed(bundle, *path, to=value))


def node(bundle: dict[str, Any], **changes: Any) -> Any:
    report = bundle["report"]
    words = report["evidence_hash"][2:] + report["entries"][2:]
    replies = {
        "eth_chainId": hex(31337),
        "eth_getTransactionReceipt": {"status": "0x1", "blockNumber": "0x7"},
        "eth_getTransactionByHash": {"to": CONTRACT.lower(), "input": "0x12345678" + words},
    }
    replies |= changes
    return lambda method, _params: replies[method]


def test_the_transaction_is_checked_with_a_node(bundle: dict[str, Any]) -> None:
    """Success, addressee, root and answers come from the node, not from the bundle."""
    assert "block 7" in verify(bundle, rpc=node(bundle))[-1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eth_chainId": "0x1"}, "on chain 1"),
        ({"eth_getTransactionReceipt": None}, "no successful"),
        ({"eth_getTransactionReceipt": {"status": "0x0", "blockNumber": "0x7"}}, "no successful"),
        ({"eth_getTransactionByHash": {"to": "0x" + "11" * 20, "input": "0x"}}, "went to"),
        ({"eth_getTransactionByHash": {"to": CONTRACT, "input": "0x"}}, "does not carry"),
    ],
)
def test_a_transaction_that_is_not_the_reports_is_found(
    bundle: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    """A bundle cannot borrow somebody else's transaction."""
    with pytest.raises(Wrong, match=message):
        verify(bundle, rpc=node(bundle, **changes))


def test_it_runs_alone(bundle: dict[str, Any], tmp_path: Path) -> None:
    """Copied into an empty folder, with nothing but the interpreter, it gives the same verdicts."""
    script = tmp_path / "verify.py"
    script.write_text(Path(standalone.__file__).read_text())
    (tmp_path / "good.json").write_text(json.dumps(bundle))
    (tmp_path / "bad.json").write_text(json.dumps(changed(bundle, "leaves", 0, "price", to="1")))

    run = [
        subprocess.run([sys.executable, "-I", script, tmp_path / name], capture_output=True, text=True, check=False)
        for name in ("good.json", "bad.json")
    ]

    assert [done.returncode for done in run] == [0, 1]
    assert run[1].stdout.startswith("WRONG: the leaves")


def test_it_prints_the_proof_of_a_leaf(
    bundle: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--prove prints what EvidenceProof.isObserved takes, and only for a bundle that holds together."""
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(bundle))

    assert standalone.main([str(file), "--prove", "0"]) == 0

    proof = json.loads(capsys.readouterr().out)
    assert proof["evidenceHash"] == bundle["evidence_hash"]
    assert proof["observation"] == '{"pair":"BTC/USD","price":"100.5","source":"kraken","used":true}'
    assert len(proof["proof"]) in (1, 2)  # of three leaves the last one moves up
    assert standalone.main([str(file), "--prove", "3"]) == 1
    file.write_text(json.dumps(changed(bundle, "leaves", 0, "price", to="1")))
    assert standalone.main([str(file), "--prove", "0"]) == 1
