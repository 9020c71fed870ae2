// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "./FeedProxy.sol";
import {IPriceOracle} from "./IPriceOracle.sol";
import {FeedRules} from "./libraries/FeedRules.sol";
import {ReportHash} from "./libraries/ReportHash.sol";
import {StrictSignature} from "./libraries/StrictSignature.sol";

/// @title Prices of many feeds, written by signed reports
/// @dev Not upgradeable, holds no funds, calls no foreign code. Storage is laid out in contracts/README.md.
contract PriceOracle is IPriceOracle {
    /// @dev One slot. A round with roundId 0 does not exist.
    struct Round {
        uint112 answer;
        uint48 observedAt;
        uint48 updatedAt;
        uint48 roundId;
    }

    /// @dev One slot; proxy is zero for a feed that does not exist.
    struct FeedMeta {
        address proxy;
        uint8 decimals;
        uint32 heartbeat;
        uint16 deviationBps;
    }

    /// @dev One slot.
    struct Office {
        uint32 signerSetVersion;
        uint8 threshold;
        bool paused;
    }

    /// @notice Largest signer set.
    uint256 public constant MAX_SIGNERS = 31;

    /// @notice Rounds kept per feed, the last one included.
    uint80 public constant HISTORY_LENGTH = 128;

    /// @notice Seconds an observation may be ahead of its block, inclusive.
    uint64 public constant MAX_FUTURE_S = FeedRules.MAX_FUTURE_S;

    /// @notice Largest answer that a feed can be configured for.
    int192 public constant MAX_ANSWER = FeedRules.MAX_ANSWER;

    /// @dev Chain id and domain separator at deployment; see domainSeparator().
    uint256 private immutable i_chainId;
    bytes32 private immutable i_domain;

    Office private s_office;
    address[] private s_signers;
    /// @dev 1 << place in s_signers; 0 for strangers.
    mapping(address signer => uint256 bit) private s_bits;

    bytes32[] private s_feedIds;
    mapping(bytes32 feedId => FeedRules.Limits) private s_limits;
    mapping(bytes32 feedId => FeedMeta) private s_meta;
    mapping(bytes32 feedId => string) private s_descriptions;
    mapping(bytes32 feedId => Round) private s_latest;
    mapping(bytes32 feedId => Round[HISTORY_LENGTH]) private s_history;

    /// @inheritdoc IPriceOracle
    address public override admin;
    /// @inheritdoc IPriceOracle
    address public override pendingAdmin;
    /// @inheritdoc IPriceOracle
    address public override configurator;
    /// @inheritdoc IPriceOracle
    address public override pauser;

    modifier onlyAdmin() {
        if (msg.sender != admin) revert Unauthorized(msg.sender);
        _;
    }

    modifier onlyAdminOr(address role) {
        if (msg.sender != admin && msg.sender != role) revert Unauthorized(msg.sender);
        _;
    }

    /// @param admin_ Not the zero address.
    /// @param signers Strictly ascending, 1 to MAX_SIGNERS; becomes version 1.
    /// @param threshold How many must sign, 1 to the number of signers.
    constructor(address admin_, address[] memory signers, uint8 threshold) {
        if (admin_ == address(0)) revert ZeroAdmin();
        i_chainId = block.chainid;
        i_domain = ReportHash.domain(block.chainid, address(this));
        admin = admin_;
        emit AdminTransferred(address(0), admin_);
        _setSigners(signers, threshold);
    }

    // -------------------------------------------------------------------------------------------------- writing

    /// @inheritdoc IPriceOracle
    function submit(Report calldata report, bytes[] calldata signatures) external {
        Office memory office = s_office;
        if (office.paused) revert Paused();
        if (report.answers.length == 0) revert EmptyReport();
        if (report.signerSetVersion != office.signerSetVersion) {
            revert WrongSignerSetVersion(report.signerSetVersion, office.signerSetVersion);
        }
        uint256 signerBitmap = _verify(reportDigest(report), signatures, office.threshold);

        uint256 accepted;
        for (uint256 i; i < report.answers.length; ++i) {
            if (_take(report.answers[i])) ++accepted;
        }
        emit ReportAccepted({
            evidenceHash: report.evidenceHash,
            submitter: msg.sender,
            signerSetVersion: report.signerSetVersion,
            signerBitmap: signerBitmap,
            accepted: accepted,
            skipped: report.answers.length - accepted
        });
    }

    /// @dev Let every signature be valid, of a member, and their signers strictly ascending; then no signer counts twice
    ///      and there are at least `threshold` different ones.
    function _verify(bytes32 digest, bytes[] calldata signatures, uint256 threshold)
        private
        view
        returns (uint256 bitmap)
    {
        if (signatures.length < threshold) revert TooFewSignatures(signatures.length, threshold);
        address previous;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = StrictSignature.recover(digest, signatures[i], i);
            uint256 bit = s_bits[signer];
            if (bit == 0) revert UnknownSigner(i, signer);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            bitmap |= bit;
            previous = signer;
        }
    }

    /// @dev Open the feed's next round, or leave the feed as it is and say why.
    function _take(FeedAnswer calldata answer) private returns (bool) {
        bytes32 feedId = answer.feedId;
        Round memory last = s_latest[feedId];
        SkipReason reason = FeedRules.refusal(answer, s_limits[feedId], last.observedAt, block.timestamp);
        if (reason != SkipReason.None) {
            emit AnswerSkipped(feedId, uint8(reason));
            return false;
        }

        // The casts are safe: 0 < answer <= maxAnswer <= MAX_ANSWER, and 0 < observedAt <= block time + MAX_FUTURE_S.
        Round memory next = Round({
            answer: uint112(uint192(answer.answer)),
            observedAt: uint48(answer.observedAt),
            updatedAt: uint48(block.timestamp),
            roundId: last.roundId + 1
        });
        s_latest[feedId] = next;
        s_history[feedId][next.roundId % HISTORY_LENGTH] = next;
        emit FeedUpdated(feedId, answer.answer, next.roundId, answer.observedAt);
        return true;
    }

    // -------------------------------------------------------------------------------------------------- reading

    /// @inheritdoc IPriceOracle
    function latestRound(bytes32 feedId) external view returns (FeedView memory) {
        if (s_office.paused) revert Paused();
        Round memory last = s_latest[feedId];
        if (last.roundId == 0) {
            _requireFeed(feedId);
            revert NoData(feedId);
        }
        return _view(last);
    }

    /// @inheritdoc IPriceOracle
    function latestAnswers(bytes32[] calldata feedIds_) external view returns (FeedView[] memory views) {
        views = new FeedView[](feedIds_.length);
        for (uint256 i; i < feedIds_.length; ++i) {
            views[i] = _view(s_latest[feedIds_[i]]);
        }
    }

    /// @inheritdoc IPriceOracle
    function roundData(bytes32 feedId, uint80 roundId) external view returns (FeedView memory) {
        Round memory round = s_history[feedId][roundId % HISTORY_LENGTH];
        if (roundId == 0 || round.roundId != roundId) {
            _requireFeed(feedId);
            uint80 latest = s_latest[feedId].roundId;
            revert RoundNotFound(feedId, roundId, _oldest(latest), latest);
        }
        return _view(round);
    }

    /// @inheritdoc IPriceOracle
    function reportDigest(Report calldata report) public view returns (bytes32) {
        return ReportHash.digest(domainSeparator(), report);
    }

    /// @inheritdoc IPriceOracle
    /// @dev Computed anew when a fork gave this copy of the contract another chain id.
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == i_chainId ? i_domain : ReportHash.domain(block.chainid, address(this));
    }

    /// @inheritdoc IPriceOracle
    function feedIds() external view returns (bytes32[] memory) {
        return s_feedIds;
    }

    /// @inheritdoc IPriceOracle
    function proxyOf(bytes32 feedId) external view returns (address) {
        return s_meta[feedId].proxy;
    }

    /// @inheritdoc IPriceOracle
    function feedConfig(bytes32 feedId) external view returns (FeedConfig memory) {
        FeedMeta memory meta = _requireFeed(feedId);
        FeedRules.Limits memory limits = s_limits[feedId];
        return FeedConfig({
            decimals: meta.decimals,
            maxAge: limits.maxAge,
            heartbeat: meta.heartbeat,
            deviationBps: meta.deviationBps,
            minAnswer: int192(uint192(limits.minAnswer)),
            maxAnswer: int192(uint192(limits.maxAnswer)),
            description: s_descriptions[feedId]
        });
    }

    /// @inheritdoc IPriceOracle
    function signerSet() external view returns (address[] memory signers, uint8 threshold, uint32 version) {
        return (s_signers, s_office.threshold, s_office.signerSetVersion);
    }

    /// @inheritdoc IPriceOracle
    function paused() external view returns (bool) {
        return s_office.paused;
    }

    function _view(Round memory round) private pure returns (FeedView memory) {
        return FeedView({
            answer: int192(uint192(round.answer)),
            observedAt: round.observedAt,
            updatedAt: round.updatedAt,
            roundId: round.roundId
        });
    }

    /// @dev First round still kept, 0 before the first.
    function _oldest(uint80 latest) private pure returns (uint80) {
        if (latest > HISTORY_LENGTH) return latest - HISTORY_LENGTH + 1;
        return latest == 0 ? 0 : 1;
    }

    function _requireFeed(bytes32 feedId) private view returns (FeedMeta memory meta) {
        meta = s_meta[feedId];
        if (meta.proxy == address(0)) revert UnknownFeed(feedId);
    }

    // ---------------------------------------------------------------------------------------------------- feeds

    /// @inheritdoc IPriceOracle
    function addFeed(bytes32 feedId, FeedConfig calldata config)
        external
        onlyAdminOr(configurator)
        returns (address proxy)
    {
        if (feedId == 0) revert ZeroFeedId();
        proxy = s_meta[feedId].proxy;
        if (proxy != address(0)) revert FeedExists(feedId, proxy);
        FeedRules.check(config);

        proxy = address(new FeedProxy{salt: feedId}(this, feedId, config.decimals));
        s_feedIds.push(feedId);
        emit FeedAdded(feedId, proxy);
        _configure(feedId, proxy, config);
    }

    /// @inheritdoc IPriceOracle
    function updateFeed(bytes32 feedId, FeedConfig calldata config) external onlyAdminOr(configurator) {
        FeedMeta memory meta = _requireFeed(feedId);
        if (config.decimals != meta.decimals) revert DecimalsFixed(config.decimals, meta.decimals);
        FeedRules.check(config);
        _configure(feedId, meta.proxy, config);
    }

    function _configure(bytes32 feedId, address proxy, FeedConfig calldata config) private {
        s_limits[feedId] = FeedRules.Limits({
            minAnswer: uint112(uint192(config.minAnswer)),
            maxAnswer: uint112(uint192(config.maxAnswer)),
            maxAge: config.maxAge
        });
        s_meta[feedId] = FeedMeta({
            proxy: proxy, decimals: config.decimals, heartbeat: config.heartbeat, deviationBps: config.deviationBps
        });
        s_descriptions[feedId] = config.description;
        emit FeedConfigured(feedId, config);
    }

    // -------------------------------------------------------------------------------------------------- signers

    /// @inheritdoc IPriceOracle
    function setSigners(address[] calldata signers, uint8 threshold) external onlyAdmin {
        _setSigners(signers, threshold);
    }

    function _setSigners(address[] memory signers, uint8 threshold) private {
        if (signers.length == 0 || signers.length > MAX_SIGNERS) revert BadSignerCount(signers.length, MAX_SIGNERS);
        if (threshold == 0 || threshold > signers.length) revert BadThreshold(threshold, signers.length);
        for (uint256 i; i < s_signers.length; ++i) {
            delete s_bits[s_signers[i]];
        }
        // Starting from zero, strictly ascending also rules out the zero address.
        address previous;
        uint256 bit = 1;
        for (uint256 i; i < signers.length; ++i) {
            if (signers[i] <= previous) revert SignersNotAscending(previous, signers[i]);
            s_bits[signers[i]] = bit;
            bit <<= 1;
            previous = signers[i];
        }
        s_signers = signers;
        s_office.threshold = threshold;
        s_office.signerSetVersion += 1;
        emit SignersChanged(s_office.signerSetVersion, threshold, signers);
    }

    // ---------------------------------------------------------------------------------------------------- roles

    /// @inheritdoc IPriceOracle
    function pause() external onlyAdminOr(pauser) {
        if (s_office.paused) return;
        s_office.paused = true;
        emit PauseChanged(msg.sender, true);
    }

    /// @inheritdoc IPriceOracle
    function unpause() external onlyAdmin {
        if (!s_office.paused) revert NotPaused();
        s_office.paused = false;
        emit PauseChanged(msg.sender, false);
    }

    /// @inheritdoc IPriceOracle
    function transferAdmin(address newAdmin) external onlyAdmin {
        pendingAdmin = newAdmin;
        emit AdminTransferStarted(msg.sender, newAdmin);
    }

    /// @inheritdoc IPriceOracle
    function acceptAdmin() external {
        if (msg.sender != pendingAdmin) revert NotPendingAdmin(msg.sender, pendingAdmin);
        emit AdminTransferred(admin, msg.sender);
        admin = msg.sender;
        pendingAdmin = address(0);
    }

    /// @inheritdoc IPriceOracle
    function setConfigurator(address newConfigurator) external onlyAdmin {
        emit ConfiguratorChanged(configurator, newConfigurator);
        configurator = newConfigurator;
    }

    /// @inheritdoc IPriceOracle
    function setPauser(address newPauser) external onlyAdmin {
        emit PauserChanged(pauser, newPauser);
        pauser = newPauser;
    }
}
