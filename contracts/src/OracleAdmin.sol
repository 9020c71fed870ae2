// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxyFactory} from "./FeedProxyFactory.sol";
import {OracleState} from "./OracleState.sol";
import {Roles} from "./Roles.sol";
import {IPriceOracle} from "./interfaces/IPriceOracle.sol";
import {AnswerRules} from "./libraries/AnswerRules.sol";
import {Directory} from "./libraries/Directory.sol";
import {Page} from "./libraries/Page.sol";
import {RuleBook} from "./libraries/RuleBook.sol";

/// @title Signers, feeds and pauses of a PriceOracle
/// @dev Every change of signers or limits writes a new book, so a configuration takes effect as a whole or not at all.
abstract contract OracleAdmin is OracleState, Roles {
    using Page for uint256;

    /// @notice Largest signer set.
    uint256 public constant MAX_SIGNERS = 31;

    /// @notice Most pages, wide feeds included: with MAX_SIGNERS they fill the 24,576 bytes of a book (EIP-170).
    uint256 public constant MAX_PAGES = 249;

    /// @notice Seconds an observation may be ahead of its block, inclusive.
    uint256 public constant MAX_FUTURE_S = AnswerRules.MAX_FUTURE_S;

    /// @notice Largest answer that a packed and a wide feed can be configured for.
    int192 public constant MAX_PACKED_ANSWER = AnswerRules.MAX_PACKED_ANSWER;
    int192 public constant MAX_WIDE_ANSWER = AnswerRules.MAX_WIDE_ANSWER;

    /// @dev The proxies' deployer, so their addresses follow from it and the feed ids.
    FeedProxyFactory private immutable i_proxies = new FeedProxyFactory();

    /// @dev Where the Directory is; written and read only if the oracle announces.
    address internal s_directory;

    // -------------------------------------------------------------------------------------------------- signers

    /// @inheritdoc IPriceOracle
    function setSigners(address[] calldata signers, uint8 threshold) external onlyAdmin {
        _setSigners(signers, threshold);
    }

    function _setSigners(address[] memory signers, uint8 threshold) internal {
        if (signers.length == 0 || signers.length > MAX_SIGNERS) revert BadSignerCount(signers.length, MAX_SIGNERS);
        if (threshold == 0 || threshold > signers.length) revert BadThreshold(threshold, signers.length);
        // Starting from zero, strictly ascending also rules out the zero address.
        address previous;
        for (uint256 i; i < signers.length; ++i) {
            if (signers[i] <= previous) revert SignersNotAscending(previous, signers[i]);
            previous = signers[i];
        }
        uint256 start = RuleBook.recordsStart(s_office.signerCount);
        _setBook(RuleBook.joined(RuleBook.ofSigners(signers), _book(), start));
        // forge-lint: disable-next-line(unsafe-typecast)
        s_office.signerCount = uint8(signers.length);
        s_office.threshold = threshold;
        s_office.signerSetVersion += 1;
        emit SignersChanged(s_office.signerSetVersion, threshold, signers);
    }

    // ---------------------------------------------------------------------------------------------------- feeds

    /// @inheritdoc IPriceOracle
    function addFeed(bytes32 feedId, FeedConfig calldata config)
        external
        onlyAdminOr(configurator)
        returns (address proxy)
    {
        if (feedId == 0) revert ZeroFeedId();
        proxy = s_feeds[feedId].proxy;
        if (proxy != address(0)) revert FeedExists(feedId, proxy);
        AnswerRules.check(config, config.form == Form.Wide);

        (uint16 index, uint8 lane) = _freePlace(config.form);
        // forge-lint: disable-next-line(unsafe-typecast)
        uint32 baseRound = uint32(_latestWord(index).round());
        proxy = i_proxies.create(feedId, config.decimals, index, lane, baseRound);
        s_feeds[feedId] = Feed({
            proxy: proxy,
            index: index,
            lane: lane,
            decimals: config.decimals,
            baseRound: baseRound,
            heartbeat: config.heartbeat,
            deviationBps: config.deviationBps
        });
        s_feedIds.push(feedId);
        s_feedAt[_place(index, lane)] = feedId;
        if (announces) {
            bytes memory directory =
                s_directory == address(0) ? bytes(hex"00") : RuleBook.read(s_directory, s_directory.code.length);
            uint256 page = index & ~WIDE_INDEX;
            s_directory = RuleBook.write(Directory.withProxy(directory, page, lane, proxy, baseRound));
        }
        emit FeedAdded(feedId, proxy, index, lane);
        _configure(feedId, config);
    }

    /// @inheritdoc IPriceOracle
    function updateFeed(bytes32 feedId, FeedConfig calldata config) external onlyAdminOr(configurator) {
        Feed memory feed = _requireFeed(feedId);
        if (config.decimals != feed.decimals) revert DecimalsFixed(config.decimals, feed.decimals);
        AnswerRules.check(config, feed.index & WIDE_INDEX != 0);
        _configure(feedId, config);
    }

    /// @dev Find the place of a new feed, opening a page if need be.
    function _freePlace(Form form) private returns (uint16 index, uint8 lane) {
        if (form == Form.Packed && s_lanesUsed != 0 && s_lanesUsed < Page.LANES) {
            lane = s_lanesUsed;
            s_lanesUsed = lane + 1;
            return (s_openPage, lane);
        }
        uint256 number = s_pages.length;
        if (number == MAX_PAGES) revert TooManyPages(MAX_PAGES);
        // forge-lint: disable-next-line(unsafe-typecast)
        index = uint16(form == Form.Wide ? number | WIDE_INDEX : number);
        s_pages.push(index);
        if (s_office.paused) _setAttention(index, true);
        if (form == Form.Packed || form == Form.NewPage) (s_openPage, s_lanesUsed) = (index, 1);
    }

    /// @dev Write a book in which the feed has these limits, and keep what is only published.
    function _configure(bytes32 feedId, FeedConfig calldata config) private {
        Feed storage feed = s_feeds[feedId];
        feed.heartbeat = config.heartbeat;
        feed.deviationBps = config.deviationBps;
        s_descriptions[feedId] = config.description;
        RuleBook.Limits memory limits = RuleBook.Limits({
            // forge-lint: disable-next-line(unsafe-typecast)
            min: uint192(config.minAnswer),
            // forge-lint: disable-next-line(unsafe-typecast)
            max: uint192(config.maxAnswer),
            maxAge: config.maxAge,
            maxMoveBps: config.maxMoveBps,
            relaxBpsPerMinute: config.relaxBpsPerMinute
        });
        uint256 start = RuleBook.recordsStart(s_office.signerCount);
        bool isWide = feed.index & WIDE_INDEX != 0;
        _setBook(RuleBook.withLimits(_book(), start, feed.index & ~WIDE_INDEX, isWide, feed.lane, limits));
        emit FeedConfigured(feedId, config);
    }

    // --------------------------------------------------------------------------------------------------- pauses

    /// @inheritdoc IPriceOracle
    function pause() external onlyAdminOr(pauser) {
        if (s_office.paused) return;
        s_office.paused = true;
        for (uint256 number; number < s_pages.length; ++number) {
            _setAttention(s_pages[number], true);
        }
        emit PauseChanged(msg.sender, true);
    }

    /// @inheritdoc IPriceOracle
    function unpause() external onlyAdmin {
        if (!s_office.paused) revert NotPaused();
        s_office.paused = false;
        for (uint256 number; number < s_pages.length; ++number) {
            uint256 index = s_pages[number];
            if (s_pausedLanes[index] == 0) _setAttention(index, false);
        }
        emit PauseChanged(msg.sender, false);
    }

    /// @inheritdoc IPriceOracle
    function pauseFeed(bytes32 feedId) external onlyAdminOr(pauser) {
        Feed memory feed = _requireFeed(feedId);
        if (_isPaused(feed.index, feed.lane)) return;
        s_pausedLanes[feed.index] |= 1 << feed.lane;
        _setAttention(feed.index, true);
        emit FeedPauseChanged(feedId, msg.sender, true);
    }

    /// @inheritdoc IPriceOracle
    function unpauseFeed(bytes32 feedId) external onlyAdmin {
        Feed memory feed = _requireFeed(feedId);
        if (!_isPaused(feed.index, feed.lane)) revert NotPaused();
        s_pausedLanes[feed.index] &= ~(1 << feed.lane);
        if (s_pausedLanes[feed.index] == 0 && !s_office.paused) _setAttention(feed.index, false);
        emit FeedPauseChanged(feedId, msg.sender, false);
    }

    /// @dev Tell readers of a page to look at the pause flags first, or that there is nothing to see.
    function _setAttention(uint256 index, bool needed) private {
        uint256 word = _latestWord(index);
        _setLatestWord(index, needed ? word | Page.ATTENTION : word & ~Page.ATTENTION);
    }
}
