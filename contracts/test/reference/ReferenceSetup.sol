// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV2V3Interface} from "../../src/interfaces/AggregatorV2V3Interface.sol";
import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";

/// @title Says Chainlink's events where a real oracle has a proxy
contract Voice {
    function say(uint256 answer, uint256 roundId, uint256 observedAt, address submitter) external {
        uint256 updatedAt = observedAt < block.timestamp ? observedAt : block.timestamp;
        emit AggregatorV2V3Interface.AnswerUpdated(int256(answer), roundId, updatedAt);
        emit AggregatorV2V3Interface.NewRound(roundId, submitter, observedAt);
    }
}

/// @title State, configuration and offices of the ReferenceOracle
abstract contract ReferenceSetup is IPriceOracle {
    struct Taken {
        uint256 answer;
        uint256 observedAt;
        uint256 round; // of the page
    }

    struct Stored {
        bytes32 feedId;
        uint256 answer;
        uint256 observedAt;
        uint256 roundId;
    }

    struct Feed {
        bool exists;
        bool paused;
        FeedConfig config;
        uint256 index;
        uint256 lane;
        uint256 baseRound;
        Voice voice;
        Taken[] taken;
    }

    address public admin;
    address public pendingAdmin;
    address public configurator;
    address public pauser;
    bool public paused;
    bool public announces;
    uint256 public historyLength;
    uint32 public signerSetVersion;

    uint8 internal s_threshold;
    address[] internal s_signers;
    bytes32[] internal s_feedIds;
    mapping(bytes32 feedId => Feed) internal s_feeds;
    mapping(uint256 index => mapping(uint256 lane => bytes32)) internal s_feedAt;
    mapping(uint256 index => uint256) internal s_rounds;
    mapping(uint256 index => bool) internal s_isPage;
    uint256 internal s_pages;

    /// @dev Lanes taken of the last packed page, and its index; what the report at hand has stored so far.
    uint256 internal s_used;
    uint256 internal s_open;
    Stored[] internal s_stored;

    modifier only(address role) {
        if (msg.sender != admin && msg.sender != role) revert Unauthorized(msg.sender);
        _;
    }

    // ------------------------------------------------------------------------------------------------------ signers

    function setSigners(address[] calldata signers, uint8 threshold) external only(admin) {
        _setSigners(signers, threshold);
    }

    function _setSigners(address[] memory signers, uint8 threshold) internal {
        if (signers.length < 1 || signers.length > 31) revert BadSignerCount(signers.length, 31);
        if (threshold < 1 || threshold > signers.length) revert BadThreshold(threshold, signers.length);
        for (uint256 i; i < signers.length; ++i) {
            address previous = i == 0 ? address(0) : signers[i - 1];
            if (signers[i] <= previous) revert SignersNotAscending(previous, signers[i]);
        }
        (s_signers, s_threshold, signerSetVersion) = (signers, threshold, signerSetVersion + 1);
        emit SignersChanged(signerSetVersion, threshold, signers);
    }

    function signerSet() external view returns (address[] memory, uint8, uint32) {
        return (s_signers, s_threshold, signerSetVersion);
    }

    // -------------------------------------------------------------------------------------------------------- feeds

    function addFeed(bytes32 feedId, FeedConfig calldata config) external only(configurator) returns (address) {
        if (feedId == 0) revert ZeroFeedId();
        Feed storage feed = s_feeds[feedId];
        if (feed.exists) revert FeedExists(feedId, address(feed.voice));
        _check(config, config.form);
        if (config.form == Form.Packed && s_used > 0 && s_used < 4) {
            (feed.index, feed.lane) = (s_open, s_used);
            s_used += 1;
        } else {
            feed.index = s_pages + (config.form == Form.Wide ? 0x8000 : 0);
            s_pages += 1;
            s_isPage[feed.index] = true;
            if (config.form == Form.Packed || config.form == Form.NewPage) (s_open, s_used) = (feed.index, 1);
        }
        (feed.exists, feed.baseRound, feed.voice) = (true, s_rounds[feed.index], new Voice());
        feed.config = config;
        if (config.form == Form.NewPage || config.form == Form.Alone) feed.config.form = Form.Packed;
        s_feedIds.push(feedId);
        s_feedAt[feed.index][feed.lane] = feedId;
        emit FeedAdded(feedId, address(feed.voice), uint16(feed.index), uint8(feed.lane));
        emit FeedConfigured(feedId, config);
        return address(feed.voice);
    }

    function updateFeed(bytes32 feedId, FeedConfig calldata config) external only(configurator) {
        _requireFeed(feedId);
        FeedConfig storage own = s_feeds[feedId].config;
        if (config.decimals != own.decimals) revert DecimalsFixed(config.decimals, own.decimals);
        Form form = own.form;
        _check(config, form);
        s_feeds[feedId].config = config;
        s_feeds[feedId].config.form = form;
        emit FeedConfigured(feedId, config);
    }

    function _check(FeedConfig calldata config, Form form) private pure {
        if (config.decimals > 38) revert TooManyDecimals(config.decimals, 38);
        if (config.maxAge == 0) revert ZeroMaxAge();
        if (config.heartbeat == 0) revert ZeroHeartbeat();
        if (config.deviationBps > 10_000) revert DeviationTooLarge(config.deviationBps, 10_000);
        if (config.maxMoveBps > 0 && config.relaxBpsPerMinute == 0) revert MoveNeverRelaxes(config.maxMoveBps);
        if (config.minAnswer < 1 || config.maxAnswer < config.minAnswer) {
            revert BadBounds(config.minAnswer, config.maxAnswer);
        }
        if (form != Form.Wide && config.maxAnswer >= 2 ** 47) {
            revert AnswerOutOfStorageRange(config.maxAnswer, 2 ** 47 - 1);
        }
        if (bytes(config.description).length == 0) revert EmptyDescription();
    }

    function _requireFeed(bytes32 feedId) internal view {
        if (!s_feeds[feedId].exists) revert UnknownFeed(feedId);
    }

    function feedIds() external view returns (bytes32[] memory) {
        return s_feedIds;
    }

    function placements() external view returns (Placement[] memory places) {
        places = new Placement[](s_feedIds.length);
        for (uint256 i; i < places.length; ++i) {
            Feed storage feed = s_feeds[s_feedIds[i]];
            places[i] = Placement(address(feed.voice), uint16(feed.index), uint8(feed.lane), uint32(feed.baseRound));
        }
    }

    function proxyOf(bytes32 feedId) external view returns (address) {
        return address(s_feeds[feedId].voice);
    }

    function feedAt(uint256 index, uint256 lane) external view returns (bytes32) {
        return s_feedAt[index][lane];
    }

    function feedConfig(bytes32 feedId) external view returns (FeedConfig memory) {
        _requireFeed(feedId);
        return s_feeds[feedId].config;
    }

    function feedPaused(bytes32 feedId) external view returns (bool) {
        _requireFeed(feedId);
        return s_feeds[feedId].paused;
    }

    // ------------------------------------------------------------------------------------------------------- pauses

    function pause() external only(pauser) {
        if (paused) return;
        paused = true;
        emit PauseChanged(msg.sender, true);
    }

    function unpause() external only(admin) {
        if (!paused) revert NotPaused();
        paused = false;
        emit PauseChanged(msg.sender, false);
    }

    function pauseFeed(bytes32 feedId) external only(pauser) {
        _requireFeed(feedId);
        if (s_feeds[feedId].paused) return;
        s_feeds[feedId].paused = true;
        emit FeedPauseChanged(feedId, msg.sender, true);
    }

    function unpauseFeed(bytes32 feedId) external only(admin) {
        _requireFeed(feedId);
        if (!s_feeds[feedId].paused) revert NotPaused();
        s_feeds[feedId].paused = false;
        emit FeedPauseChanged(feedId, msg.sender, false);
    }

    // ------------------------------------------------------------------------------------------------------ offices

    function transferAdmin(address newAdmin) external only(admin) {
        pendingAdmin = newAdmin;
        emit AdminTransferStarted(msg.sender, newAdmin);
    }

    function acceptAdmin() external {
        if (msg.sender != pendingAdmin) revert NotPendingAdmin(msg.sender, pendingAdmin);
        emit AdminTransferred(admin, msg.sender);
        (admin, pendingAdmin) = (msg.sender, address(0));
    }

    function setConfigurator(address newConfigurator) external only(admin) {
        emit ConfiguratorChanged(configurator, newConfigurator);
        configurator = newConfigurator;
    }

    function setPauser(address newPauser) external only(admin) {
        emit PauserChanged(pauser, newPauser);
        pauser = newPauser;
    }

    // ------------------------------------------------------------------------------------------------------- digest

    function domainSeparator() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("PriceOracle"),
                keccak256("2"),
                block.chainid,
                this
            )
        );
    }

    function reportDigest(bytes calldata report) public view returns (bytes32) {
        bytes32 message = keccak256(
            abi.encode(
                keccak256("Report(uint32 signerSetVersion,bytes32 evidenceHash,bytes entries)"),
                uint256(uint32(bytes4(report[:4]))),
                bytes32(report[4:36]),
                keccak256(report[36:])
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domainSeparator(), message));
    }
}
