// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OracleState} from "./OracleState.sol";
import {IPriceOracle} from "./interfaces/IPriceOracle.sol";
import {Page} from "./libraries/Page.sol";
import {RuleBook} from "./libraries/RuleBook.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title Readings of a PriceOracle
abstract contract OracleReader is OracleState, IERC165 {
    using Page for uint256;

    // --------------------------------------------------------------------------------------------------- latest

    /// @inheritdoc IPriceOracle
    function latestAt(uint256 index, uint256 lane)
        public
        view
        returns (uint256 answer, uint256 observedAt, uint256 pageRound)
    {
        if (index >= PLACES) revert NoData(0);
        uint256 word = _latestWord(index);
        if (word.needsAttention()) _requireRunning(index, lane);
        (answer, observedAt, pageRound) = _ownIn(word, index, lane);
        if (answer == 0) revert NoData(feedAt(index, lane));
    }

    /// @inheritdoc IPriceOracle
    function read(bytes32 feedId) public view returns (int192 answer, uint256 observedAt) {
        Feed memory feed = _requireFeed(feedId);
        uint256 value;
        (value, observedAt,) = latestAt(feed.index, feed.lane);
        return (_signed(value), observedAt);
    }

    /// @inheritdoc IPriceOracle
    function tryRead(bytes32 feedId) external view returns (bool ok, int192 answer, uint256 age) {
        Feed memory feed = s_feeds[feedId];
        if (feed.proxy == address(0) || s_office.paused || _isPaused(feed.index, feed.lane)) return (false, 0, 0);
        (uint256 value, uint256 observedAt,) = _ownIn(_latestWord(feed.index), feed.index, feed.lane);
        if (value == 0) return (false, 0, 0);
        return (true, _signed(value), _age(observedAt));
    }

    /// @inheritdoc IPriceOracle
    function getPriceNoOlderThan(bytes32 feedId, uint256 maxAge)
        external
        view
        returns (int192 answer, uint256 observedAt)
    {
        (answer, observedAt) = read(feedId);
        uint256 age = _age(observedAt);
        if (age > maxAge) revert StaleAnswer(feedId, age, maxAge);
    }

    /// @inheritdoc IPriceOracle
    function latestRound(bytes32 feedId) external view returns (FeedView memory) {
        Feed memory feed = _requireFeed(feedId);
        (uint256 answer, uint256 observedAt, uint256 round) = latestAt(feed.index, feed.lane);
        return _view(answer, observedAt, round - feed.baseRound);
    }

    /// @inheritdoc IPriceOracle
    function latestAnswers(bytes32[] calldata ids) external view returns (FeedView[] memory views) {
        views = new FeedView[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            Feed memory feed = s_feeds[ids[i]];
            if (feed.proxy == address(0)) continue;
            (uint256 answer, uint256 observedAt, uint256 round) = _ownIn(_latestWord(feed.index), feed.index, feed.lane);
            if (answer != 0) views[i] = _view(answer, observedAt, round - feed.baseRound);
        }
    }

    // -------------------------------------------------------------------------------------------------- history

    /// @inheritdoc IPriceOracle
    function roundData(bytes32 feedId, uint80 roundId)
        external
        view
        returns (FeedView memory round, uint80 answeredInRound)
    {
        Feed memory feed = _requireFeed(feedId);
        uint256 word = _latestWord(feed.index);
        (uint256 answer, uint256 observedAt, uint256 own) = _ownIn(word, feed.index, feed.lane);
        uint256 latest = answer == 0 ? 0 : own - feed.baseRound;
        uint256 oldest = _oldest(word.round(), feed.baseRound, latest);
        if (roundId < oldest || roundId > latest || roundId == 0) {
            // forge-lint: disable-next-line(unsafe-typecast)
            revert RoundNotFound(feedId, roundId, uint80(oldest), uint80(latest));
        }
        if (roundId != latest) {
            uint256 kept = _keptWord(_ringPlace(feed.index, roundId + feed.baseRound));
            (answer, observedAt, own) = _ownIn(kept, feed.index, feed.lane);
            // forge-lint: disable-next-line(unsafe-typecast)
            if (answer == 0) revert RoundNotFound(feedId, roundId, uint80(oldest), uint80(latest));
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        return (_view(answer, observedAt, roundId), uint80(own - feed.baseRound));
    }

    /// @dev First round id that may still be read: of the ring, or the feed's latest if its page left that behind.
    function _oldest(uint256 pageRound, uint256 baseRound, uint256 latest) private view returns (uint256) {
        if (pageRound <= baseRound + historyLength) return latest == 0 ? 0 : 1;
        uint256 first = pageRound - historyLength + 1 - baseRound;
        return first < latest ? first : latest;
    }

    // ----------------------------------------------------------------------------------------------------- feeds

    /// @inheritdoc IPriceOracle
    function feedIds() external view returns (bytes32[] memory) {
        return s_feedIds;
    }

    /// @inheritdoc IPriceOracle
    function placements() external view returns (Placement[] memory places) {
        places = new Placement[](s_feedIds.length);
        for (uint256 i; i < places.length; ++i) {
            Feed memory feed = s_feeds[s_feedIds[i]];
            places[i] = Placement(feed.proxy, feed.index, feed.lane, feed.baseRound);
        }
    }

    /// @inheritdoc IPriceOracle
    function proxyOf(bytes32 feedId) external view returns (address) {
        return s_feeds[feedId].proxy;
    }

    /// @inheritdoc IPriceOracle
    function feedAt(uint256 index, uint256 lane) public view returns (bytes32) {
        return index < PLACES && lane < Page.LANES ? s_feedAt[_place(index, lane)] : bytes32(0);
    }

    /// @inheritdoc IPriceOracle
    function feedConfig(bytes32 feedId) external view returns (FeedConfig memory) {
        Feed memory feed = _requireFeed(feedId);
        bool isWide = feed.index & WIDE_INDEX != 0;
        uint256 start = RuleBook.recordsStart(s_office.signerCount);
        RuleBook.Record memory record = RuleBook.recordAt(_book(), start, feed.index & ~WIDE_INDEX);
        RuleBook.Limits memory limits = RuleBook.limitsOf(record, isWide, feed.lane);
        return FeedConfig({
            decimals: feed.decimals,
            form: isWide ? Form.Wide : Form.Packed,
            maxAge: limits.maxAge,
            heartbeat: feed.heartbeat,
            deviationBps: feed.deviationBps,
            maxMoveBps: limits.maxMoveBps,
            relaxBpsPerMinute: limits.relaxBpsPerMinute,
            minAnswer: _signed(limits.min),
            maxAnswer: _signed(limits.max),
            description: s_descriptions[feedId]
        });
    }

    /// @inheritdoc IPriceOracle
    function feedPaused(bytes32 feedId) external view returns (bool) {
        Feed memory feed = _requireFeed(feedId);
        return _isPaused(feed.index, feed.lane);
    }

    /// @inheritdoc IPriceOracle
    function paused() external view returns (bool) {
        return s_office.paused;
    }

    /// @inheritdoc IPriceOracle
    function signerSet() external view returns (address[] memory signers, uint8 threshold, uint32 version) {
        bytes memory book = _book();
        signers = new address[](s_office.signerCount);
        for (uint256 i; i < signers.length; ++i) {
            signers[i] = RuleBook.signerAt(book, i);
        }
        return (signers, s_office.threshold, s_office.signerSetVersion);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IPriceOracle).interfaceId;
    }

    // --------------------------------------------------------------------------------------------------- private

    function _view(uint256 answer, uint256 observedAt, uint256 roundId) private view returns (FeedView memory) {
        uint256 updatedAt = observedAt < block.timestamp ? observedAt : block.timestamp;
        // forge-lint: disable-next-item(unsafe-typecast)
        return FeedView(_signed(answer), uint64(observedAt), uint64(updatedAt), uint80(roundId));
    }

    function _age(uint256 observedAt) private view returns (uint256) {
        return observedAt < block.timestamp ? block.timestamp - observedAt : 0;
    }

    /// @dev Safe: stored answers are at most MAX_WIDE_ANSWER.
    function _signed(uint256 answer) private pure returns (int192) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return int192(uint192(answer));
    }
}
