// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Prices of many feeds, written by anyone who carries a report that enough signers signed
/// @notice A report is checked as a whole (signatures, signer-set version) and then feed by feed: one refused answer
///         never stops another. Each accepted answer opens the feed's next round; round ids are contiguous from 1.
/// @dev Answers are integers scaled by 10**decimals of their feed, times are unix seconds.
interface IPriceOracle {
    // ---------------------------------------------------------------------------------------------------- types

    /// @notice Why an answer of a valid report was not taken. Checked in this order; the first that holds is named.
    enum SkipReason {
        None,
        UnknownFeed,
        NotNewer,
        FromFuture,
        TooOld,
        OutOfBounds
    }

    /// @param feedId ASCII pair, right-padded with zeros: bytes32("BTC/USD").
    /// @param answer Price scaled by 10**decimals of the feed.
    /// @param observedAt When the price was true, in unix seconds.
    struct FeedAnswer {
        bytes32 feedId;
        int192 answer;
        uint64 observedAt;
    }

    /// @param signerSetVersion Version of the signer set that signed; any other than the current one is refused.
    /// @param evidenceHash Merkle root of the evidence behind the round.
    /// @param answers At least one. A feed may appear more than once if its times ascend.
    struct Report {
        uint32 signerSetVersion;
        bytes32 evidenceHash;
        FeedAnswer[] answers;
    }

    /// @param decimals Scale of the answers, 0 to 18; fixed for the life of a feed.
    /// @param maxAge Seconds an observation may be old when it arrives, inclusive; > 0.
    /// @param heartbeat Seconds after which the signers send an answer even if the price stood still; > 0. Published for
    ///        readers, not enforced.
    /// @param deviationBps Move that makes the signers send an answer early, 0 to 10000. Published, not enforced.
    /// @param minAnswer Smallest answer taken, inclusive; > 0.
    /// @param maxAnswer Largest answer taken, inclusive; at most MAX_ANSWER.
    /// @param description The pair for people, as Chainlink writes it: "BTC / USD".
    struct FeedConfig {
        uint8 decimals;
        uint32 maxAge;
        uint32 heartbeat;
        uint16 deviationBps;
        int192 minAnswer;
        int192 maxAnswer;
        string description;
    }

    /// @param observedAt When the price was true, as signed.
    /// @param updatedAt Time of the block that took it.
    /// @param roundId Contiguous per feed from 1; 0 means that there is no data.
    struct FeedView {
        int192 answer;
        uint64 observedAt;
        uint64 updatedAt;
        uint80 roundId;
    }

    // --------------------------------------------------------------------------------------------------- events

    /// @notice A report passed its signature check.
    /// @param evidenceHash Merkle root of the evidence behind the round.
    /// @param submitter Who sent the transaction; has no rights and needs none.
    /// @param signerSetVersion Version of the signer set that signed.
    /// @param signerBitmap Bit i is set when signer i of signerSet() signed.
    /// @param accepted Answers that opened a round.
    /// @param skipped Answers that were refused; an AnswerSkipped names each.
    event ReportAccepted(
        bytes32 indexed evidenceHash,
        address indexed submitter,
        uint32 signerSetVersion,
        uint256 signerBitmap,
        uint256 accepted,
        uint256 skipped
    );

    /// @notice A feed has a new answer.
    event FeedUpdated(bytes32 indexed feedId, int192 answer, uint80 roundId, uint64 observedAt);

    /// @notice An answer of a valid report was refused; the feed keeps its value and its times.
    /// @param reason A SkipReason.
    event AnswerSkipped(bytes32 indexed feedId, uint8 reason);

    /// @notice A feed was added, and its proxy deployed.
    event FeedAdded(bytes32 indexed feedId, address indexed proxy);

    /// @notice A feed has this configuration from now on.
    event FeedConfigured(bytes32 indexed feedId, FeedConfig config);

    /// @notice A signer set took over; reports signed for an earlier version are void.
    event SignersChanged(uint32 indexed version, uint8 threshold, address[] signers);

    /// @notice An admin named its successor, who has yet to accept. The zero address withdraws the offer.
    event AdminTransferStarted(address indexed admin, address indexed pendingAdmin);

    /// @notice The admin changed.
    event AdminTransferred(address indexed previousAdmin, address indexed admin);

    /// @notice The configurator changed.
    event ConfiguratorChanged(address indexed previousConfigurator, address indexed configurator);

    /// @notice The pauser changed.
    event PauserChanged(address indexed previousPauser, address indexed pauser);

    /// @notice The oracle was paused or resumed.
    event PauseChanged(address indexed by, bool paused);

    // --------------------------------------------------------------------------------------------------- errors

    /// @notice Thrown if the caller does not have the right that the call needs.
    error Unauthorized(address caller);

    /// @notice Thrown if the caller is not the one that the admin named as its successor.
    error NotPendingAdmin(address caller, address pendingAdmin);

    /// @notice Thrown if the first admin is the zero address.
    error ZeroAdmin();

    /// @notice Thrown by submit and by the latest readings while the oracle is paused.
    error Paused();

    /// @notice Thrown if an oracle that is not paused is to be resumed.
    error NotPaused();

    /// @notice Thrown if a report has no answers.
    error EmptyReport();

    /// @notice Thrown if a report was made for another signer set.
    error WrongSignerSetVersion(uint32 given, uint32 current);

    /// @notice Thrown if a report has fewer signatures than the threshold.
    error TooFewSignatures(uint256 given, uint256 threshold);

    /// @notice Thrown if a signature is not 65 bytes long (r, s, v).
    error BadSignatureLength(uint256 index, uint256 length);

    /// @notice Thrown if s of a signature is in the upper half of the curve order, where a twin of it would also verify.
    error HighS(uint256 index, bytes32 s);

    /// @notice Thrown if v of a signature is neither 27 nor 28.
    error BadV(uint256 index, uint8 v);

    /// @notice Thrown if no address can be recovered from a signature.
    error UnrecoverableSignature(uint256 index);

    /// @notice Thrown if the recovered address is not of the signer set (a changed report recovers to a stranger).
    error UnknownSigner(uint256 index, address signer);

    /// @notice Thrown if addresses, recovered or given, are not strictly ascending; so none counts twice.
    error SignersNotAscending(address previous, address signer);

    /// @notice Thrown if a signer set is empty or larger than MAX_SIGNERS.
    error BadSignerCount(uint256 given, uint256 max);

    /// @notice Thrown if a threshold is zero or larger than the number of signers.
    error BadThreshold(uint8 given, uint256 signers);

    /// @notice Thrown if a feed id is zero.
    error ZeroFeedId();

    /// @notice Thrown if a feed to be added exists.
    error FeedExists(bytes32 feedId, address proxy);

    /// @notice Thrown if a feed does not exist.
    error UnknownFeed(bytes32 feedId);

    /// @notice Thrown if decimals exceed MAX_DECIMALS.
    error TooManyDecimals(uint8 given, uint8 max);

    /// @notice Thrown if the decimals of a feed were to change: its readers rely on them; add a new feed.
    error DecimalsFixed(uint8 given, uint8 current);

    /// @notice Thrown if maxAge is zero.
    error ZeroMaxAge();

    /// @notice Thrown if heartbeat is zero.
    error ZeroHeartbeat();

    /// @notice Thrown if deviationBps exceeds MAX_DEVIATION_BPS.
    error DeviationTooLarge(uint16 given, uint16 max);

    /// @notice Thrown if not 0 < minAnswer <= maxAnswer.
    error BadBounds(int192 minAnswer, int192 maxAnswer);

    /// @notice Thrown if maxAnswer does not fit the storage of an answer.
    error AnswerOutOfStorageRange(int192 given, int192 max);

    /// @notice Thrown if a description is empty.
    error EmptyDescription();

    /// @notice Thrown if a feed has no answer yet.
    error NoData(bytes32 feedId);

    /// @notice Thrown if a round is not in the history of a feed: never opened, or overwritten.
    /// @param oldest First round still kept, 0 when there is none.
    /// @param latest Last round, 0 when there is none.
    error RoundNotFound(bytes32 feedId, uint256 roundId, uint80 oldest, uint80 latest);

    // -------------------------------------------------------------------------------------------------- writing

    /// @notice Take every answer of a signed report that its feed can accept. Anyone may call.
    /// @dev An answer is taken if its feed exists, it is strictly newer than the feed's last, at most MAX_FUTURE_S ahead
    ///      of the block, at most maxAge behind it, and minAnswer <= answer <= maxAnswer. Otherwise it is skipped.
    /// @param report What the signers signed.
    /// @param signatures 65 bytes r||s||v each over reportDigest(report), by ascending signer address, at least
    ///        threshold; all must be valid.
    function submit(Report calldata report, bytes[] calldata signatures) external;

    // --------------------------------------------------------------------------------------------------- reading

    /// @notice Return the last round of a feed. Reverts with Paused, UnknownFeed or NoData: what a consumer should read.
    function latestRound(bytes32 feedId) external view returns (FeedView memory);

    /// @notice Return the last round of each feed, all zero where there is none. Works while paused: for displays.
    function latestAnswers(bytes32[] calldata feedIds) external view returns (FeedView[] memory);

    /// @notice Return a round of a feed's history. Works while paused. Reverts with UnknownFeed or RoundNotFound.
    function roundData(bytes32 feedId, uint80 roundId) external view returns (FeedView memory);

    /// @notice Return the EIP-712 digest that signers sign.
    function reportDigest(Report calldata report) external view returns (bytes32);

    /// @notice Return the EIP-712 domain separator of this contract on this chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Return all feeds in the order they were added.
    function feedIds() external view returns (bytes32[] memory);

    /// @notice Return the Chainlink-shaped proxy of a feed, the zero address for an unknown one.
    function proxyOf(bytes32 feedId) external view returns (address);

    /// @notice Return the configuration of a feed. Reverts with UnknownFeed.
    function feedConfig(bytes32 feedId) external view returns (FeedConfig memory);

    /// @notice Return the signers in ascending order, how many must sign, and the version of the set.
    function signerSet() external view returns (address[] memory signers, uint8 threshold, uint32 version);

    /// @notice Return whether submitting and the latest readings are stopped.
    function paused() external view returns (bool);

    /// @notice Return who may do everything but submit unsigned prices.
    function admin() external view returns (address);

    /// @notice Return who may become admin by accepting, or the zero address.
    function pendingAdmin() external view returns (address);

    /// @notice Return who may add and update feeds besides the admin, or the zero address.
    function configurator() external view returns (address);

    /// @notice Return who may pause besides the admin, or the zero address.
    function pauser() external view returns (address);

    // ---------------------------------------------------------------------------------------------------- admin

    /// @notice Put a signer set in office; its version is the current one plus 1. Admin only.
    /// @param signers Strictly ascending, 1 to MAX_SIGNERS.
    /// @param threshold How many must sign, 1 to the number of signers.
    function setSigners(address[] calldata signers, uint8 threshold) external;

    /// @notice Add a feed and deploy its proxy by CREATE2 with the feed id as salt. Admin or configurator.
    function addFeed(bytes32 feedId, FeedConfig calldata config) external returns (address proxy);

    /// @notice Replace the configuration of a feed except its decimals; its rounds stay. Admin or configurator.
    function updateFeed(bytes32 feedId, FeedConfig calldata config) external;

    /// @notice Stop submitting and the latest readings at once. Admin or pauser. Pausing twice changes nothing.
    function pause() external;

    /// @notice Resume. Admin only.
    function unpause() external;

    /// @notice Offer the admin role; the zero address withdraws the offer. Admin only.
    function transferAdmin(address newAdmin) external;

    /// @notice Accept the admin role. Pending admin only.
    function acceptAdmin() external;

    /// @notice Appoint the configurator; the zero address leaves the office empty. Admin only.
    function setConfigurator(address newConfigurator) external;

    /// @notice Appoint the pauser; the zero address leaves the office empty. Admin only.
    function setPauser(address newPauser) external;
}
