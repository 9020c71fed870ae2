// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Prices of many feeds, written by anyone who carries a report that enough signers signed
/// @notice A report is checked as a whole (signatures, signer-set version) and then feed by feed: one refused answer
///         never stops another, and the refused feed keeps its value and its time.
///
///         Up to four feeds share a page, which is one storage slot. Every feed keeps its OWN last answer, observation
///         time and round, whatever happens to its neighbours:
///         - an update of neighbours alone changes nothing that the latest readings of a feed say: same answer, same
///           times, same round id, and answeredInRound == roundId;
///         - round ids count the updates of the page since the feed was added. In a past round that only neighbours
///           took part in, the feed's history shows what it had: its older answer and its own older times, with
///           answeredInRound < roundId. Ids from the oldest kept one, or its first answer if that came later, to the
///           feed's latest one have no gap;
///         - neighbours use up the page's ring of kept rounds. The feed's own latest round never leaves it.
///         A wide feed has a slot and a ring of its own, and no neighbours.
/// @dev Answers are integers scaled by 10**decimals of their feed and always > 0, times are unix seconds.
interface IPriceOracle {
    // ---------------------------------------------------------------------------------------------------- types

    /// @notice Why an answer of a valid report was not taken. Checked in this order; the first that holds is named.
    enum SkipReason {
        None,
        UnknownFeed,
        NotNewer,
        FromFuture,
        TooOld,
        OutOfBounds,
        MovedTooFar,
        FeedPaused,
        RoundsExhausted
    }

    /// @notice Where a feed is kept. Fixed for life, as are its decimals.
    /// @dev Packed: the next free lane of the open page, a new page if that is full. NewPage: lane 0 of a new page, which
    ///      is the open one then: for feeds that are not updated together with those before. Wide: a slot of its own, for
    ///      answers beyond 47 bits. Alone: lane 0 of a new page that no other feed ever joins.
    enum Form {
        Packed,
        NewPage,
        Wide,
        Alone
    }

    /// @param decimals Scale of the answers, 0 to 38; fixed for the life of a feed.
    /// @param form Where the feed is kept; fixed for life. updateFeed ignores it, so FeedConfigured may repeat any;
    ///        feedConfig answers Wide, or Packed for each of the other three.
    /// @param maxAge Seconds an observation may be old when it arrives, inclusive; > 0.
    /// @param heartbeat Seconds after which the signers send an answer even if the price stood still; > 0. Published for
    ///        readers, not enforced.
    /// @param deviationBps Move that makes the signers send an answer early, 0 to 10000. Published, not enforced.
    /// @param maxMoveBps Largest step from the last answer that is taken at once, in 1/10000 of it; 0 for any step.
    /// @param relaxBpsPerMinute What that bound grows by for every minute between the two observations; > 0 with a bound,
    ///        so that a price which really moved is taken in the end.
    /// @param minAnswer Smallest answer taken, inclusive; > 0.
    /// @param maxAnswer Largest answer taken, inclusive; at most MAX_PACKED_ANSWER unless the feed is wide.
    /// @param description The pair for people, as Chainlink writes it: "BTC / USD".
    struct FeedConfig {
        uint8 decimals;
        Form form;
        uint24 maxAge;
        uint32 heartbeat;
        uint16 deviationBps;
        uint16 maxMoveBps;
        uint16 relaxBpsPerMinute;
        int192 minAnswer;
        int192 maxAnswer;
        string description;
    }

    /// @param observedAt When the price was true, as signed.
    /// @param updatedAt observedAt, or the reader's block time while observedAt is ahead of it.
    /// @param roundId From 1 and only growing; 0 means that there is no data.
    struct FeedView {
        int192 answer;
        uint64 observedAt;
        uint64 updatedAt;
        uint80 roundId;
    }

    /// @param proxy The feed's FeedProxy.
    /// @param index The page's index in entries; wide feeds have bit 15 set.
    /// @param lane Place in the page, 0 to 3.
    /// @param baseRound Page round when the feed was added: round id + baseRound = page round.
    struct Placement {
        address proxy;
        uint16 index;
        uint8 lane;
        uint32 baseRound;
    }

    // --------------------------------------------------------------------------------------------------- events

    /// @notice A report passed its signature check.
    /// @param evidenceHash Merkle root of the evidence behind the round.
    /// @param submitter Who sent the transaction; has no rights and needs none.
    /// @param signerSetVersion Version of the signer set that signed.
    /// @param signerBitmap Bit i is set when signer i of signerSet() signed.
    /// @param pages What was stored, 34 bytes for each page that changed: its index (2), its word (32); see Page. The
    ///        lanes that are neither carried nor 0 are the answers that were taken; a wide page's whole body is one.
    event ReportAccepted(
        bytes32 indexed evidenceHash,
        address indexed submitter,
        uint32 signerSetVersion,
        uint32 signerBitmap,
        bytes pages
    );

    /// @notice An answer of a valid report was refused; the feed keeps its value and its times.
    /// @param feedId Zero for a place without a feed.
    /// @param index The page's index in the report.
    /// @param lane Place in the page.
    event AnswerSkipped(
        bytes32 indexed feedId, uint16 index, uint8 lane, SkipReason reason, uint256 answer, uint256 observedAt
    );

    /// @notice A feed was added, and its proxy deployed.
    event FeedAdded(bytes32 indexed feedId, address indexed proxy, uint16 index, uint8 lane);

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

    /// @notice One feed was paused or resumed.
    event FeedPauseChanged(bytes32 indexed feedId, address indexed by, bool paused);

    // --------------------------------------------------------------------------------------------------- errors

    /// @notice Thrown if the caller does not have the right that the call needs.
    error Unauthorized(address caller);

    /// @notice Thrown if the caller is not the one that the admin named as its successor.
    error NotPendingAdmin(address caller, address pendingAdmin);

    /// @notice Thrown if the first admin is the zero address.
    error ZeroAdmin();

    /// @notice Thrown if the ring of kept rounds is shorter than MIN_HISTORY or longer than MAX_HISTORY.
    error BadHistoryLength(uint256 given, uint256 min, uint256 max);

    /// @notice Thrown by submit and by the latest readings while the oracle is paused.
    error Paused();

    /// @notice Thrown by the latest readings of a feed that is paused by itself.
    error PausedFeed(bytes32 feedId);

    /// @notice Thrown if an oracle or a feed that is not paused is to be resumed.
    error NotPaused();

    /// @notice Thrown if a report is not a head and one or more whole entries.
    error BadReportLength(uint256 length, uint256 head, uint256 entry);

    /// @notice Thrown if a report was made for another signer set.
    error WrongSignerSetVersion(uint32 given, uint32 current);

    /// @notice Thrown if a report has fewer signatures than the threshold.
    error TooFewSignatures(uint256 given, uint256 threshold);

    /// @notice Thrown if signatures are not whole.
    error BadSignaturesLength(uint256 length, uint256 signatureLength);

    /// @notice Thrown if s of a signature is in the upper half of the curve order, where a twin of it would also verify.
    error HighS(uint256 index, bytes32 s);

    /// @notice Thrown if no address can be recovered from a signature.
    error UnrecoverableSignature(uint256 index);

    /// @notice Thrown if the recovered address is not of the signer set (a changed report recovers to a stranger), or
    ///         comes after a signer with a higher address; so none counts twice.
    error UnexpectedSigner(uint256 index, address signer);

    /// @notice Thrown if the addresses of a signer set are not strictly ascending, or one is zero.
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

    /// @notice Thrown if no further page fits.
    error TooManyPages(uint256 max);

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

    /// @notice Thrown if a bound on steps does not relax: a price that moved further could never return.
    error MoveNeverRelaxes(uint16 maxMoveBps);

    /// @notice Thrown if not 0 < minAnswer <= maxAnswer.
    error BadBounds(int192 minAnswer, int192 maxAnswer);

    /// @notice Thrown if maxAnswer does not fit a lane; Form.Wide takes it.
    error AnswerOutOfStorageRange(int192 given, int192 max);

    /// @notice Thrown if a description is empty.
    error EmptyDescription();

    /// @notice Thrown if a feed has no answer yet.
    error NoData(bytes32 feedId);

    /// @notice Thrown if an answer is older than the caller accepts.
    error StaleAnswer(bytes32 feedId, uint256 age, uint256 maxAge);

    /// @notice Thrown if a round is not in the history of a feed: never opened, or overwritten.
    /// @param oldest No earlier round can be read, 0 when there is none. Rounds from here to the feed's first answer, which
    ///        its neighbours alone took part in, are not found either.
    /// @param latest Last round, 0 when there is none.
    error RoundNotFound(bytes32 feedId, uint256 roundId, uint80 oldest, uint80 latest);

    // -------------------------------------------------------------------------------------------------- writing

    /// @notice Take every answer of a signed report that its feed can accept. Anyone may call.
    /// @dev An answer is taken if its feed exists and is not paused, it is strictly newer than the feed's own last, at most
    ///      MAX_FUTURE_S ahead of the block, at most maxAge behind it, minAnswer <= answer <= maxAnswer, and its step
    ///      from the last answer is within the feed's bound. Otherwise it is skipped.
    /// @param report What the signers signed: signerSetVersion (4 bytes), evidenceHash (32), and one or more entries of
    ///        30 bytes: page index (2), observedAt (4), body (24); see Reports. A page may appear more than once: its
    ///        entries are taken one after the other.
    /// @param signatures 64 bytes r||vs each (EIP-2098) over reportDigest(report), by ascending signer address, at least
    ///        threshold; all must be valid.
    function submit(bytes calldata report, bytes calldata signatures) external;

    // --------------------------------------------------------------------------------------------------- reading

    /// @notice Return the last answer of a feed and when it was observed.
    ///         Reverts with Paused, PausedFeed, UnknownFeed or NoData.
    function read(bytes32 feedId) external view returns (int192 answer, uint256 observedAt);

    /// @notice As read, but never reverts: ok is false, and the rest 0, where read reverts.
    /// @param age Seconds since the observation, 0 for one from the future.
    function tryRead(bytes32 feedId) external view returns (bool ok, int192 answer, uint256 age);

    /// @notice As read, and reverts with StaleAnswer if the observation is older than maxAge seconds.
    function getPriceNoOlderThan(bytes32 feedId, uint256 maxAge)
        external
        view
        returns (int192 answer, uint256 observedAt);

    /// @notice Return the last round of a feed. Reverts with Paused, PausedFeed, UnknownFeed or NoData.
    function latestRound(bytes32 feedId) external view returns (FeedView memory);

    /// @notice Return the last round of each feed, all zero where there is none. Works while paused: for displays.
    function latestAnswers(bytes32[] calldata feedIds) external view returns (FeedView[] memory);

    /// @notice Return a round of a feed's history. Works while paused. Reverts with UnknownFeed or RoundNotFound.
    /// @param answeredInRound The round that brought the answer; below roundId if only neighbours took part in it.
    function roundData(bytes32 feedId, uint80 roundId)
        external
        view
        returns (FeedView memory round, uint80 answeredInRound);

    /// @notice The hot path of a FeedProxy: the last answer at a place, its observation time and its page round.
    ///         Reverts with Paused, PausedFeed or NoData. One storage slot, unless neighbours alone were updated last.
    function latestAt(uint256 index, uint256 lane)
        external
        view
        returns (uint256 answer, uint256 observedAt, uint256 pageRound);

    /// @notice Return the EIP-712 digest that signers sign.
    function reportDigest(bytes calldata report) external view returns (bytes32);

    /// @notice Return who signed a report, as a bitmap over signerSet(). Reverts as submit would for its signatures.
    ///         With EvidenceProof, anyone can prove on chain that the signers vouched for one observation.
    function verifySignatures(bytes calldata report, bytes calldata signatures) external view returns (uint256 bitmap);

    /// @notice Return the EIP-712 domain separator of this contract on this chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Return all feeds in the order they were added.
    function feedIds() external view returns (bytes32[] memory);

    /// @notice Return where each feed is, in the order of feedIds.
    function placements() external view returns (Placement[] memory);

    /// @notice Return the Chainlink-shaped proxy of a feed, the zero address for an unknown one.
    function proxyOf(bytes32 feedId) external view returns (address);

    /// @notice Return the feed at a place, zero where there is none.
    function feedAt(uint256 index, uint256 lane) external view returns (bytes32);

    /// @notice Return the configuration of a feed. Reverts with UnknownFeed.
    function feedConfig(bytes32 feedId) external view returns (FeedConfig memory);

    /// @notice Return the signers in ascending order, how many must sign, and the version of the set.
    function signerSet() external view returns (address[] memory signers, uint8 threshold, uint32 version);

    /// @notice Return how many rounds are kept per page, the last one included.
    function historyLength() external view returns (uint256);

    /// @notice Return whether every taken answer is announced by its proxy as AnswerUpdated and NewRound.
    function announces() external view returns (bool);

    /// @notice Return whether submitting and the latest readings are stopped.
    function paused() external view returns (bool);

    /// @notice Return whether one feed is paused by itself.
    function feedPaused(bytes32 feedId) external view returns (bool);

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

    /// @notice Replace the configuration of a feed except decimals and form; its rounds stay. Admin or configurator.
    function updateFeed(bytes32 feedId, FeedConfig calldata config) external;

    /// @notice Stop submitting and the latest readings at once. Admin or pauser. Pausing twice changes nothing.
    function pause() external;

    /// @notice Resume. Admin only.
    function unpause() external;

    /// @notice Stop one feed: its latest readings revert, its answers are skipped. Admin or pauser.
    function pauseFeed(bytes32 feedId) external;

    /// @notice Resume one feed. Admin only.
    function unpauseFeed(bytes32 feedId) external;

    /// @notice Offer the admin role; the zero address withdraws the offer. Admin only.
    function transferAdmin(address newAdmin) external;

    /// @notice Accept the admin role. Pending admin only.
    function acceptAdmin() external;

    /// @notice Appoint the configurator; the zero address leaves the office empty. Admin only.
    function setConfigurator(address newConfigurator) external;

    /// @notice Appoint the pauser; the zero address leaves the office empty. Admin only.
    function setPauser(address newPauser) external;
}
