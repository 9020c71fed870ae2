"""PriceOracle, typed. Written by contracts/bin/build from its ABI; do not edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.chain.abi import Call, Log, checksummed, decoded_log, encoded
from apps.chain.artifacts import artifact


@dataclass(frozen=True, slots=True)
class FeedConfig:
    """The struct FeedConfig."""

    decimals: int
    form: int
    max_age: int
    heartbeat: int
    deviation_bps: int
    max_move_bps: int
    relax_bps_per_minute: int
    min_answer: int
    max_answer: int
    description: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Return the struct of eth_abi's tuple of 10."""
        return cls(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9])

    def to_abi(self) -> tuple[object, ...]:
        """Return the tuple that eth_abi encodes."""
        return (self.decimals, self.form, self.max_age, self.heartbeat, self.deviation_bps, self.max_move_bps, self.relax_bps_per_minute, self.min_answer, self.max_answer, self.description)


@dataclass(frozen=True, slots=True)
class FeedView:
    """The struct FeedView."""

    answer: int
    observed_at: int
    updated_at: int
    round_id: int

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Return the struct of eth_abi's tuple of 4."""
        return cls(row[0], row[1], row[2], row[3])

    def to_abi(self) -> tuple[object, ...]:
        """Return the tuple that eth_abi encodes."""
        return (self.answer, self.observed_at, self.updated_at, self.round_id)


@dataclass(frozen=True, slots=True)
class Placement:
    """The struct Placement."""

    proxy: str
    index: int
    lane: int
    base_round: int

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Return the struct of eth_abi's tuple of 4."""
        return cls(checksummed(row[0]), row[1], row[2], row[3])

    def to_abi(self) -> tuple[object, ...]:
        """Return the tuple that eth_abi encodes."""
        return (self.proxy, self.index, self.lane, self.base_round)


@dataclass(frozen=True, slots=True)
class Setup:
    """The struct Setup."""

    admin: str
    configurator: str
    pauser: str
    signers: tuple[str, ...]
    threshold: int
    history_length: int
    announces: bool

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Return the struct of eth_abi's tuple of 7."""
        return cls(checksummed(row[0]), checksummed(row[1]), checksummed(row[2]), tuple(checksummed(one) for one in row[3]), row[4], row[5], row[6])

    def to_abi(self) -> tuple[object, ...]:
        """Return the tuple that eth_abi encodes."""
        return (self.admin, self.configurator, self.pauser, tuple(self.signers), self.threshold, self.history_length, self.announces)


def creation_code(setup: Setup) -> bytes:
    """Return what deploys a PriceOracle: the artifact's code and the constructor's arguments."""
    return bytes.fromhex(artifact("PriceOracle").bytecode[2:]) + encoded("", ("(address,address,address,address[],uint8,uint16,bool)",), (setup.to_abi(),))


def max_future_s() -> Call[int]:
    """MAX_FUTURE_S(), view."""
    data = encoded("84244d84", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def max_packed_answer() -> Call[int]:
    """MAX_PACKED_ANSWER(), view."""
    data = encoded("4f3adc3a", (), ())
    return Call(data, ("int192",), lambda out: out[0])


def max_pages() -> Call[int]:
    """MAX_PAGES(), view."""
    data = encoded("761f5673", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def max_signers() -> Call[int]:
    """MAX_SIGNERS(), view."""
    data = encoded("59ecd657", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def max_wide_answer() -> Call[int]:
    """MAX_WIDE_ANSWER(), view."""
    data = encoded("942e423a", (), ())
    return Call(data, ("int192",), lambda out: out[0])


def accept_admin() -> Call[None]:
    """acceptAdmin(), nonpayable."""
    data = encoded("0e18b681", (), ())
    return Call(data, (), lambda out: None)


def add_feed(feed_id: bytes, config: FeedConfig) -> Call[str]:
    """addFeed(bytes32,(uint8,uint8,uint24,uint32,uint16,uint16,uint16,int192,int192,string)), nonpayable."""
    data = encoded("fa29f968", ("bytes32", "(uint8,uint8,uint24,uint32,uint16,uint16,uint16,int192,int192,string)"), (feed_id, config.to_abi()))
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def admin() -> Call[str]:
    """admin(), view."""
    data = encoded("f851a440", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def announces() -> Call[bool]:
    """announces(), view."""
    data = encoded("416a1a5f", (), ())
    return Call(data, ("bool",), lambda out: out[0])


def configurator() -> Call[str]:
    """configurator(), view."""
    data = encoded("2b507df8", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def domain_separator() -> Call[bytes]:
    """domainSeparator(), view."""
    data = encoded("f698da25", (), ())
    return Call(data, ("bytes32",), lambda out: out[0])


def feed_at(index: int, lane: int) -> Call[bytes]:
    """feedAt(uint256,uint256), view."""
    data = encoded("01641d95", ("uint256", "uint256"), (index, lane))
    return Call(data, ("bytes32",), lambda out: out[0])


def feed_config(feed_id: bytes) -> Call[FeedConfig]:
    """feedConfig(bytes32), view."""
    data = encoded("dffe0c33", ("bytes32",), (feed_id,))
    return Call(data, ("(uint8,uint8,uint24,uint32,uint16,uint16,uint16,int192,int192,string)",), lambda out: FeedConfig.of(out[0]))


def feed_ids() -> Call[tuple[bytes, ...]]:
    """feedIds(), view."""
    data = encoded("c8ac4662", (), ())
    return Call(data, ("bytes32[]",), lambda out: tuple(out[0]))


def feed_paused(feed_id: bytes) -> Call[bool]:
    """feedPaused(bytes32), view."""
    data = encoded("b969632c", ("bytes32",), (feed_id,))
    return Call(data, ("bool",), lambda out: out[0])


def get_price_no_older_than(feed_id: bytes, max_age: int) -> Call[tuple[int, int]]:
    """getPriceNoOlderThan(bytes32,uint256), view."""
    data = encoded("a4ae35e0", ("bytes32", "uint256"), (feed_id, max_age))
    return Call(data, ("int192", "uint256"), lambda out: (out[0], out[1]))


def history_length() -> Call[int]:
    """historyLength(), view."""
    data = encoded("f1279c8c", (), ())
    return Call(data, ("uint256",), lambda out: out[0])


def latest_answers(ids: Sequence[bytes]) -> Call[tuple[FeedView, ...]]:
    """latestAnswers(bytes32[]), view."""
    data = encoded("55373d53", ("bytes32[]",), (tuple(ids),))
    return Call(data, ("(int192,uint64,uint64,uint80)[]",), lambda out: tuple(FeedView.of(one) for one in out[0]))


def latest_at(index: int, lane: int) -> Call[tuple[int, int, int]]:
    """latestAt(uint256,uint256), view."""
    data = encoded("0bc626e5", ("uint256", "uint256"), (index, lane))
    return Call(data, ("uint256", "uint256", "uint256"), lambda out: (out[0], out[1], out[2]))


def latest_round(feed_id: bytes) -> Call[FeedView]:
    """latestRound(bytes32), view."""
    data = encoded("34a50861", ("bytes32",), (feed_id,))
    return Call(data, ("(int192,uint64,uint64,uint80)",), lambda out: FeedView.of(out[0]))


def pause() -> Call[None]:
    """pause(), nonpayable."""
    data = encoded("8456cb59", (), ())
    return Call(data, (), lambda out: None)


def pause_feed(feed_id: bytes) -> Call[None]:
    """pauseFeed(bytes32), nonpayable."""
    data = encoded("ea08ad9d", ("bytes32",), (feed_id,))
    return Call(data, (), lambda out: None)


def paused() -> Call[bool]:
    """paused(), view."""
    data = encoded("5c975abb", (), ())
    return Call(data, ("bool",), lambda out: out[0])


def pauser() -> Call[str]:
    """pauser(), view."""
    data = encoded("9fd0506d", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def pending_admin() -> Call[str]:
    """pendingAdmin(), view."""
    data = encoded("26782247", (), ())
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def placements() -> Call[tuple[Placement, ...]]:
    """placements(), view."""
    data = encoded("a60cf0d1", (), ())
    return Call(data, ("(address,uint16,uint8,uint32)[]",), lambda out: tuple(Placement.of(one) for one in out[0]))


def proxy_of(feed_id: bytes) -> Call[str]:
    """proxyOf(bytes32), view."""
    data = encoded("32844103", ("bytes32",), (feed_id,))
    return Call(data, ("address",), lambda out: checksummed(out[0]))


def read(feed_id: bytes) -> Call[tuple[int, int]]:
    """read(bytes32), view."""
    data = encoded("61da1439", ("bytes32",), (feed_id,))
    return Call(data, ("int192", "uint256"), lambda out: (out[0], out[1]))


def report_digest(report: bytes) -> Call[bytes]:
    """reportDigest(bytes), view."""
    data = encoded("c1131b84", ("bytes",), (report,))
    return Call(data, ("bytes32",), lambda out: out[0])


def round_data(feed_id: bytes, round_id: int) -> Call[tuple[FeedView, int]]:
    """roundData(bytes32,uint80), view."""
    data = encoded("188475bc", ("bytes32", "uint80"), (feed_id, round_id))
    return Call(data, ("(int192,uint64,uint64,uint80)", "uint80"), lambda out: (FeedView.of(out[0]), out[1]))


def set_configurator(new_configurator: str) -> Call[None]:
    """setConfigurator(address), nonpayable."""
    data = encoded("9f5f86ae", ("address",), (new_configurator,))
    return Call(data, (), lambda out: None)


def set_pauser(new_pauser: str) -> Call[None]:
    """setPauser(address), nonpayable."""
    data = encoded("2d88af4a", ("address",), (new_pauser,))
    return Call(data, (), lambda out: None)


def set_signers(signers: Sequence[str], threshold: int) -> Call[None]:
    """setSigners(address[],uint8), nonpayable."""
    data = encoded("daf3f08b", ("address[]", "uint8"), (tuple(signers), threshold))
    return Call(data, (), lambda out: None)


def signer_set() -> Call[tuple[tuple[str, ...], int, int]]:
    """signerSet(), view."""
    data = encoded("a8e8a249", (), ())
    return Call(data, ("address[]", "uint8", "uint32"), lambda out: (tuple(checksummed(one) for one in out[0]), out[1], out[2]))


def submit(report: bytes, signatures: bytes) -> Call[None]:
    """submit(bytes,bytes), nonpayable."""
    data = encoded("39b973ad", ("bytes", "bytes"), (report, signatures))
    return Call(data, (), lambda out: None)


def supports_interface(interface_id: bytes) -> Call[bool]:
    """supportsInterface(bytes4), pure."""
    data = encoded("01ffc9a7", ("bytes4",), (interface_id,))
    return Call(data, ("bool",), lambda out: out[0])


def transfer_admin(new_admin: str) -> Call[None]:
    """transferAdmin(address), nonpayable."""
    data = encoded("75829def", ("address",), (new_admin,))
    return Call(data, (), lambda out: None)


def try_read(feed_id: bytes) -> Call[tuple[bool, int, int]]:
    """tryRead(bytes32), view."""
    data = encoded("d0768b70", ("bytes32",), (feed_id,))
    return Call(data, ("bool", "int192", "uint256"), lambda out: (out[0], out[1], out[2]))


def unpause() -> Call[None]:
    """unpause(), nonpayable."""
    data = encoded("3f4ba83a", (), ())
    return Call(data, (), lambda out: None)


def unpause_feed(feed_id: bytes) -> Call[None]:
    """unpauseFeed(bytes32), nonpayable."""
    data = encoded("5121edef", ("bytes32",), (feed_id,))
    return Call(data, (), lambda out: None)


def update_feed(feed_id: bytes, config: FeedConfig) -> Call[None]:
    """updateFeed(bytes32,(uint8,uint8,uint24,uint32,uint16,uint16,uint16,int192,int192,string)), nonpayable."""
    data = encoded("60018d9c", ("bytes32", "(uint8,uint8,uint24,uint32,uint16,uint16,uint16,int192,int192,string)"), (feed_id, config.to_abi()))
    return Call(data, (), lambda out: None)


def verify_signatures(report: bytes, signatures: bytes) -> Call[int]:
    """verifySignatures(bytes,bytes), view."""
    data = encoded("9359bc1d", ("bytes", "bytes"), (report, signatures))
    return Call(data, ("uint256",), lambda out: out[0])


@dataclass(frozen=True, slots=True)
class AdminTransferStarted:
    """The event AdminTransferStarted(address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("e5cd1c804f1c9cc6d7009e4c0fb532f0e2d8863524c3323a6b3790c3f80bf25c")
    admin: str
    pending_admin: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]))


@dataclass(frozen=True, slots=True)
class AdminTransferred:
    """The event AdminTransferred(address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("f8ccb027dfcd135e000e9d45e6cc2d662578a8825d4c45b5e32e0adf67e79ec6")
    previous_admin: str
    admin: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]))


@dataclass(frozen=True, slots=True)
class AnswerSkipped:
    """The event AnswerSkipped(bytes32,uint16,uint8,uint8,uint256,uint256)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("91eefbd272314255adc08b3d0a0c78721b4fb056dee029846c2337d68fcb14bd")
    feed_id: bytes
    index: int
    lane: int
    reason: int
    answer: int
    observed_at: int

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32",), plain=("uint16", "uint8", "uint8", "uint256", "uint256"))
        return cls(topics[0], rest[0], rest[1], rest[2], rest[3], rest[4])


@dataclass(frozen=True, slots=True)
class ConfiguratorChanged:
    """The event ConfiguratorChanged(address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("c3367fb90998f28f8d2cae2cea935334835fdb0589714e3267bfd5316bd000a3")
    previous_configurator: str
    configurator: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]))


@dataclass(frozen=True, slots=True)
class FeedAdded:
    """The event FeedAdded(bytes32,address,uint16,uint8)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("f32b34a3bb9f223ce7ad8d8a0fc4661f01ffd2a6bb5fcc8fbbe6374fbc2a0ec4")
    feed_id: bytes
    proxy: str
    index: int
    lane: int

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "address"), plain=("uint16", "uint8"))
        return cls(topics[0], checksummed(topics[1]), rest[0], rest[1])


@dataclass(frozen=True, slots=True)
class FeedConfigured:
    """The event FeedConfigured(bytes32,(uint8,uint8,uint24,uint32,uint16,uint16,uint16,int192,int192,string))."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("bac30a9a2de33252ff0d49c99199a86e26cf35adf4daf6636128059dcf6e658e")
    feed_id: bytes
    config: FeedConfig

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32",), plain=("(uint8,uint8,uint24,uint32,uint16,uint16,uint16,int192,int192,string)",))
        return cls(topics[0], FeedConfig.of(rest[0]))


@dataclass(frozen=True, slots=True)
class FeedPauseChanged:
    """The event FeedPauseChanged(bytes32,address,bool)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("937ee1ecf5628d48d19e09d696e5e22b0ad99422c4feb3b7ff07f0a3420deaca")
    feed_id: bytes
    by: str
    paused: bool

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "address"), plain=("bool",))
        return cls(topics[0], checksummed(topics[1]), rest[0])


@dataclass(frozen=True, slots=True)
class PauseChanged:
    """The event PauseChanged(address,bool)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("b10cf107ab53f31a52bd0f36488303c6c8a0dc518d7673e408e81cebf1cd544d")
    by: str
    paused: bool

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address",), plain=("bool",))
        return cls(checksummed(topics[0]), rest[0])


@dataclass(frozen=True, slots=True)
class PauserChanged:
    """The event PauserChanged(address,address)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("95bb211a5a393c4d30c3edc9a745825fba4e6ad3e3bb949e6bf8ccdfe431a811")
    previous_pauser: str
    pauser: str

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("address", "address"), plain=())
        return cls(checksummed(topics[0]), checksummed(topics[1]))


@dataclass(frozen=True, slots=True)
class ReportAccepted:
    """The event ReportAccepted(bytes32,address,uint32,uint32,bytes)."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("e849da4c744f259572017135a5221abae8ab5b39d3004cf89961dbf59d1c5164")
    evidence_hash: bytes
    submitter: str
    signer_set_version: int
    signer_bitmap: int
    pages: bytes

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("bytes32", "address"), plain=("uint32", "uint32", "bytes"))
        return cls(topics[0], checksummed(topics[1]), rest[0], rest[1], rest[2])


@dataclass(frozen=True, slots=True)
class SignersChanged:
    """The event SignersChanged(uint32,uint8,address[])."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("e8b22398ea1d14c6323b07581727fb213955f8418e0abc41ac87febf9b9006a2")
    version: int
    threshold: int
    signers: tuple[str, ...]

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=("uint32",), plain=("uint8", "address[]"))
        return cls(topics[0], rest[0], tuple(checksummed(one) for one in rest[1]))


ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {
    bytes.fromhex("0c6b5323"): ("AnswerOutOfStorageRange", ("int192", "int192")),
    bytes.fromhex("e4d7f991"): ("BadBounds", ("int192", "int192")),
    bytes.fromhex("12af59d6"): ("BadHistoryLength", ("uint256", "uint256", "uint256")),
    bytes.fromhex("da122f76"): ("BadReportLength", ("uint256", "uint256", "uint256")),
    bytes.fromhex("0b5c92f8"): ("BadSignaturesLength", ("uint256", "uint256")),
    bytes.fromhex("51e8bd0c"): ("BadSignerCount", ("uint256", "uint256")),
    bytes.fromhex("36c8e330"): ("BadThreshold", ("uint8", "uint256")),
    bytes.fromhex("09208c28"): ("BookNotWritten", ()),
    bytes.fromhex("28045855"): ("DecimalsFixed", ("uint8", "uint8")),
    bytes.fromhex("4f2a731d"): ("DeviationTooLarge", ("uint16", "uint16")),
    bytes.fromhex("d937d5df"): ("EmptyDescription", ()),
    bytes.fromhex("af6149a5"): ("FeedExists", ("bytes32", "address")),
    bytes.fromhex("abae4675"): ("HighS", ("uint256", "bytes32")),
    bytes.fromhex("d2880c6b"): ("MoveNeverRelaxes", ("uint16",)),
    bytes.fromhex("1018ee8d"): ("NoData", ("bytes32",)),
    bytes.fromhex("6cd60201"): ("NotPaused", ()),
    bytes.fromhex("c63a7739"): ("NotPendingAdmin", ("address", "address")),
    bytes.fromhex("9e87fac8"): ("Paused", ()),
    bytes.fromhex("a9f9927f"): ("PausedFeed", ("bytes32",)),
    bytes.fromhex("5095fab0"): ("RoundNotFound", ("bytes32", "uint256", "uint80", "uint80")),
    bytes.fromhex("45907fac"): ("SignersNotAscending", ("address", "address")),
    bytes.fromhex("b5583993"): ("StaleAnswer", ("bytes32", "uint256", "uint256")),
    bytes.fromhex("59b8466f"): ("TooFewSignatures", ("uint256", "uint256")),
    bytes.fromhex("c92e395a"): ("TooManyDecimals", ("uint8", "uint8")),
    bytes.fromhex("149a6428"): ("TooManyPages", ("uint256",)),
    bytes.fromhex("8e4a23d6"): ("Unauthorized", ("address",)),
    bytes.fromhex("590573f8"): ("UnexpectedSigner", ("uint256", "address")),
    bytes.fromhex("08a47fe2"): ("UnknownFeed", ("bytes32",)),
    bytes.fromhex("4a4888ca"): ("UnrecoverableSignature", ("uint256",)),
    bytes.fromhex("9a4bb041"): ("WrongSignerSetVersion", ("uint32", "uint32")),
    bytes.fromhex("7289db0e"): ("ZeroAdmin", ()),
    bytes.fromhex("aa504504"): ("ZeroFeedId", ()),
    bytes.fromhex("6d7bfc38"): ("ZeroHeartbeat", ()),
    bytes.fromhex("924e4ad0"): ("ZeroMaxAge", ()),
}
