// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "./interfaces/IPriceOracle.sol";
import {Page} from "./libraries/Page.sol";
import {RuleBook} from "./libraries/RuleBook.sol";

/// @title Storage of a PriceOracle, and what can be said from it about one place
/// @dev Laid out in contracts/docs/design.md. A place is a page's index and a lane; a wide feed has lane 0.
abstract contract OracleState is IPriceOracle {
    using Page for uint256;

    /// @dev One slot: all that submit reads of the configuration, besides the book. As a word: see Office.
    struct OfficeSlot {
        address book;
        uint32 signerSetVersion;
        uint8 threshold;
        uint8 signerCount;
        bool paused;
        uint16 bookSize;
    }

    /// @dev Two slots; proxy is zero for a feed that does not exist.
    struct Feed {
        address proxy;
        uint16 index;
        uint8 lane;
        uint8 decimals;
        uint32 baseRound;
        uint32 heartbeat;
        uint16 deviationBps;
    }

    /// @dev Bounds of historyLength.
    uint256 private constant MIN_HISTORY = 2;
    uint256 private constant MAX_HISTORY = 65_535;

    /// @dev Indexes of wide feeds have this bit, those of packed pages do not; the rest is the number in the book.
    uint256 internal constant WIDE_INDEX = 0x8000;

    /// @dev Indexes have 16 bits.
    uint256 internal constant PLACES = 1 << 16;

    /// @inheritdoc IPriceOracle
    uint256 public immutable override historyLength;

    /// @inheritdoc IPriceOracle
    bool public immutable override announces;

    OfficeSlot internal s_office;
    bytes32[] internal s_feedIds;
    mapping(bytes32 feedId => Feed) internal s_feeds;
    mapping(bytes32 feedId => string) internal s_descriptions;
    mapping(uint256 place => bytes32 feedId) internal s_feedAt;

    /// @dev Indexes of all pages by number, and the page that takes the next packed feed while lanes are left in it.
    uint16[] internal s_pages;
    uint16 internal s_openPage;
    uint8 internal s_lanesUsed;

    /// @dev Bit per lane; read only if the page's attention bit is set.
    mapping(uint256 index => uint256 lanes) internal s_pausedLanes;

    /// @dev Words of Page by index; the last N of each page by _ringPlace; their carry words likewise.
    uint256[PLACES] private s_latest;
    uint256[PLACES * MAX_HISTORY] private s_ring;
    uint256[PLACES * MAX_HISTORY] private s_carry;

    constructor(uint256 historyLength_, bool announces_) {
        if (historyLength_ < MIN_HISTORY || historyLength_ > MAX_HISTORY) {
            revert BadHistoryLength(historyLength_, MIN_HISTORY, MAX_HISTORY);
        }
        historyLength = historyLength_;
        announces = announces_;
    }

    /// @dev s_office as a word.
    function _officeWord() internal view returns (uint256 office) {
        assembly ("memory-safe") {
            office := sload(s_office.slot)
        }
    }

    /// @dev The book that is in force.
    function _book() internal view returns (bytes memory) {
        return RuleBook.read(s_office.book, s_office.bookSize);
    }

    /// @dev Write a book and let it be in force.
    function _setBook(bytes memory book) internal {
        s_office.book = RuleBook.write(book);
        // forge-lint: disable-next-line(unsafe-typecast)
        s_office.bookSize = uint16(book.length); // a code has at most 24,576 bytes
    }

    /// @dev The last word of a page. Plain access would check once more that an index has 16 bits, three times a page.
    function _latestWord(uint256 index) internal view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(add(s_latest.slot, and(index, 0xFFFF)))
        }
    }

    function _setLatestWord(uint256 index, uint256 word) internal {
        assembly ("memory-safe") {
            sstore(add(s_latest.slot, and(index, 0xFFFF)), word)
        }
    }

    /// @dev The word of a kept round. place: of _ringPlace.
    function _keptWord(uint256 place) internal view returns (uint256) {
        return s_ring[place];
    }

    function _keepWord(uint256 place, uint256 word) internal {
        assembly ("memory-safe") {
            sstore(add(s_ring.slot, and(place, 0xFFFFFFFF)), word)
        }
    }

    function _keepCarry(uint256 place, uint256 carry) internal {
        s_carry[place] = carry;
    }

    /// @dev Where a round of a page stands in s_ring and s_carry.
    function _ringPlace(uint256 index, uint256 round) internal view returns (uint256 place) {
        uint256 length = historyLength;
        assembly ("memory-safe") {
            // neither overflows: an index has 16 bits, as has the length, which is not 0
            place := add(mul(index, length), mod(round, length))
        }
    }

    /// @dev Answer, own time and own page round of a place in the word of a round; answer 0 if there is none.
    function _ownIn(uint256 word, uint256 index, uint256 lane)
        internal
        view
        returns (uint256 answer, uint256 observedAt, uint256 round)
    {
        if (index & WIDE_INDEX != 0) return (lane == 0 ? word.body() : 0, word.observedAt(), word.round());
        if (lane >= Page.LANES) return (0, 0, 0);
        uint256 content = word.laneOf(lane);
        uint256 own = content & Page.CARRIED == 0 ? word.own() : _carriedOwn(index, word, lane);
        return (content & Page.VALUE_MASK, own & Page.TIME_MASK, own >> 32);
    }

    /// @dev Own round and time of a carried lane of a round's word.
    function _carriedOwn(uint256 index, uint256 word, uint256 lane) internal view returns (uint256) {
        return s_carry[_ringPlace(index, word.round())].ownOf(lane);
    }

    /// @dev Revert if the oracle or the feed is paused. To be asked if the page's attention bit is set.
    function _requireRunning(uint256 index, uint256 lane) internal view {
        if (s_office.paused) revert Paused();
        if (_isPaused(index, lane)) revert PausedFeed(s_feedAt[_place(index, lane)]);
    }

    function _isPaused(uint256 index, uint256 lane) internal view returns (bool) {
        return (s_pausedLanes[index] >> lane) & 1 != 0;
    }

    function _place(uint256 index, uint256 lane) internal pure returns (uint256) {
        return index * Page.LANES + lane;
    }

    function _requireFeed(bytes32 feedId) internal view returns (Feed memory feed) {
        feed = s_feeds[feedId];
        if (feed.proxy == address(0)) revert UnknownFeed(feedId);
    }
}
