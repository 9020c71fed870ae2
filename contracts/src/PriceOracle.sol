// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "./FeedProxy.sol";
import {OracleAdmin} from "./OracleAdmin.sol";
import {OracleReader} from "./OracleReader.sol";
import {OracleState} from "./OracleState.sol";
import {Roles} from "./Roles.sol";
import {IPriceOracle} from "./interfaces/IPriceOracle.sol";
import {AnswerRules} from "./libraries/AnswerRules.sol";
import {CompactSignature} from "./libraries/CompactSignature.sol";
import {Directory} from "./libraries/Directory.sol";
import {Office} from "./libraries/Office.sol";
import {Page} from "./libraries/Page.sol";
import {Quorum} from "./libraries/Quorum.sol";
import {Reports} from "./libraries/Reports.sol";
import {RuleBook} from "./libraries/RuleBook.sol";
import {TakenPages} from "./libraries/TakenPages.sol";

/// @title Prices of many feeds, written by signed reports
/// @dev Not upgradeable, holds no funds, calls nothing but the proxies it deployed. Writing is here; OracleAdmin
///      configures, OracleReader reads, OracleState lays out the storage.
contract PriceOracle is OracleAdmin, OracleReader {
    using Office for uint256;
    using Page for uint256;
    using TakenPages for bytes;

    /// @param configurator May be zero, as may pauser: the office is empty then.
    /// @param signers Strictly ascending, 1 to MAX_SIGNERS; becomes version 1.
    /// @param threshold How many must sign, 1 to the number of signers.
    /// @param historyLength Rounds kept per page, MIN_HISTORY to MAX_HISTORY.
    /// @param announces Whether proxies emit AnswerUpdated and NewRound for every answer taken.
    struct Setup {
        address admin;
        address configurator;
        address pauser;
        address[] signers;
        uint8 threshold;
        uint16 historyLength;
        bool announces;
    }

    /// @dev An entry of a report with observedAt and body in their places, and the word that stands at its index.
    struct Update {
        uint256 index;
        uint256 next;
        uint256 old;
        uint256 pausedLanes;
    }

    /// @dev Chain id and domain separator at deployment; see domainSeparator().
    uint256 private immutable i_chainId;
    bytes32 private immutable i_domain;

    constructor(Setup memory setup)
        OracleState(setup.historyLength, setup.announces)
        Roles(setup.admin, setup.configurator, setup.pauser)
    {
        i_chainId = block.chainid;
        i_domain = Reports.domain(block.chainid, address(this));
        _setSigners(setup.signers, setup.threshold);
    }

    // -------------------------------------------------------------------------------------------------- the report

    /// @inheritdoc IPriceOracle
    function submit(bytes calldata report, bytes calldata signatures) external {
        uint256 office = _officeWord();
        if (office.isPaused()) revert Paused();
        bytes memory book = RuleBook.read(office.book(), office.bookSize());
        uint256 count = Reports.count(report);
        uint256 signerBitmap = _verify(office, book, report, signatures);
        bytes memory pages = _takeAll(book, RuleBook.recordsStart(office.signerCount()), report, count);
        pages.emitAccepted(Reports.evidenceHash(report), office.signerSetVersion(), signerBitmap);
        if (announces) _announce(pages);
    }

    /// @inheritdoc IPriceOracle
    function verifySignatures(bytes calldata report, bytes calldata signatures) external view returns (uint256) {
        Reports.count(report);
        uint256 office = _officeWord();
        return _verify(office, RuleBook.read(office.book(), office.bookSize()), report, signatures);
    }

    /// @inheritdoc IPriceOracle
    function reportDigest(bytes calldata report) external view returns (bytes32) {
        if (report.length < Reports.HEAD_BYTES) {
            revert BadReportLength(report.length, Reports.HEAD_BYTES, Reports.ENTRY_BYTES);
        }
        return Reports.digest(domainSeparator(), report);
    }

    /// @inheritdoc IPriceOracle
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == i_chainId ? i_domain : Reports.domain(block.chainid, address(this));
    }

    /// @dev Return who signed, as a bitmap: at least `threshold` members, every one once.
    /// @param report Of a length that Reports.count accepts.
    function _verify(uint256 office, bytes memory book, bytes calldata report, bytes calldata signatures)
        private
        view
        returns (uint256)
    {
        uint32 version = Reports.signerSetVersion(report);
        if (version != office.signerSetVersion()) revert WrongSignerSetVersion(version, office.signerSetVersion());
        CompactSignature.requireCount(signatures, office.threshold());
        return Quorum.signersOf(book, office.signerCount(), Reports.digest(domainSeparator(), report), signatures);
    }

    // -------------------------------------------------------------------------------------------------- one entry

    /// @dev Store what the feeds take of a report, entry by entry; return the pages that changed, as in ReportAccepted.
    /// @param start Where the records begin in the book.
    /// @param count Of the report's entries.
    function _takeAll(bytes memory book, uint256 start, bytes calldata report, uint256 count)
        private
        returns (bytes memory pages)
    {
        pages = TakenPages.withRoomFor(count);
        unchecked {
            for (uint256 offset = Reports.HEAD_BYTES; offset < report.length; offset += Reports.ENTRY_BYTES) {
                (uint256 index, uint256 next) = Reports.entryAt(report, offset);
                uint256 old = _latestWord(index);
                // at most 2^31: no answer is taken where MAX_ROUND stands
                uint256 round = old.round() + 1;
                uint256 word = Page.make(round, next);
                if (_takesWhole(book, start, index, old, next)) {
                    _setLatestWord(index, word);
                } else {
                    word = _takeEach(book, start, Update(index, next, old, 0));
                    if (word == 0) continue;
                }
                _keepWord(_ringPlace(index, round), word);
                pages.push(index, word);
            }
        }
    }

    /// @dev The quick check. A wide feed's index is beyond every page of a book, so it is never taken this way.
    function _takesWhole(bytes memory book, uint256 start, uint256 index, uint256 old, uint256 next)
        private
        view
        returns (bool)
    {
        (uint256 mins, uint256 maxs) = RuleBook.boundsAt(book, start, index);
        return AnswerRules.takesWhole(old, next, mins, maxs, block.timestamp);
    }

    /// @dev Ask every feed of an entry. Store the page and return its word, 0 if every answer is refused.
    function _takeEach(bytes memory book, uint256 start, Update memory update) private returns (uint256 word) {
        bool isWide = update.index & WIDE_INDEX != 0;
        RuleBook.Record memory rules = RuleBook.recordAt(book, start, update.index & ~WIDE_INDEX);
        // A page of the other form is no page: no feed is there.
        if ((rules.mins & RuleBook.WIDE != 0) != isWide) rules = RuleBook.Record(0, 0, 0);
        if (update.old.needsAttention()) update.pausedLanes = s_pausedLanes[update.index];
        (uint256 stamped, uint256 carry) = isWide ? _takeWide(update, rules) : _takeLanes(update, rules);
        if (stamped == 0) return 0;
        uint256 round = update.old.round() + 1;
        word = Page.make(round, stamped);
        _setLatestWord(update.index, word | (update.old & Page.ATTENTION));
        if (carry != 0) _keepCarry(_ringPlace(update.index, round), carry);
    }

    /// @dev Return observedAt and body to store in their places, 0 if the answer is refused. Nothing is ever carried.
    function _takeWide(Update memory update, RuleBook.Record memory rules) private returns (uint256, uint256) {
        SkipReason reason = AnswerRules.refusal(
            update.next.body(),
            update.next.observedAt(),
            rules.mins.body(),
            rules.maxs,
            rules.limits,
            update.old.body(),
            update.old.observedAt(),
            block.timestamp
        );
        return (_isTaken(update, 0, update.next.body(), reason) ? update.next : 0, 0);
    }

    /// @dev Return observedAt and body to store in their places, 0 if every answer is refused; and the own rounds and
    ///      times of the lanes that stay as they are.
    function _takeLanes(Update memory update, RuleBook.Record memory rules)
        private
        returns (uint256 stored, uint256 carry)
    {
        bool anyTaken;
        stored = update.next & ~Page.BODY_MASK;
        for (uint256 lane; lane < Page.LANES; ++lane) {
            uint256 old = update.old.laneOf(lane);
            uint256 own = old & Page.CARRIED == 0 ? update.old.own() : _carriedOwn(update.index, update.old, lane);
            uint256 answer = update.next.laneOf(lane);
            if (answer != 0 && _isTaken(update, lane, answer, _laneRefusal(update, rules, lane, old, own))) {
                anyTaken = true;
                stored |= answer << (lane * Page.LANE_BITS);
            } else if (old != 0) {
                stored |= (old | Page.CARRIED) << (lane * Page.LANE_BITS);
                carry |= own << (lane * Page.OWN_BITS);
            }
        }
        if (!anyTaken) return (0, 0);
    }

    /// @param old The lane as it stands, 0 if its feed has no answer.
    /// @param own Page round and time of the feed's last answer, as in a carry word; means nothing without one.
    function _laneRefusal(Update memory update, RuleBook.Record memory rules, uint256 lane, uint256 old, uint256 own)
        private
        view
        returns (SkipReason)
    {
        return AnswerRules.refusal(
            update.next.laneOf(lane),
            update.next.observedAt(),
            rules.mins.laneOf(lane),
            rules.maxs.laneOf(lane),
            rules.limits >> (lane * RuleBook.LIMITS_BITS),
            old & Page.VALUE_MASK,
            old == 0 ? 0 : own & Page.TIME_MASK,
            block.timestamp
        );
    }

    /// @dev Return whether an answer that the rules refuse for `reason`, or not at all, is taken; if not, say why.
    function _isTaken(Update memory update, uint256 lane, uint256 answer, SkipReason reason) private returns (bool) {
        if (reason == SkipReason.None) {
            if ((update.pausedLanes >> lane) & 1 != 0) reason = SkipReason.FeedPaused;
            else if (update.old.round() == Page.MAX_ROUND) reason = SkipReason.RoundsExhausted;
            else return true;
        }
        bytes32 feedId = s_feedAt[_place(update.index, lane)];
        // forge-lint: disable-next-line(unsafe-typecast)
        emit AnswerSkipped(feedId, uint16(update.index), uint8(lane), reason, answer, update.next.observedAt());
        return false;
    }

    /// @dev Let the proxies of the feeds that were answered emit Chainlink's events. `pages`: of ReportAccepted.
    function _announce(bytes memory pages) private {
        bytes memory directory = RuleBook.read(s_directory, s_directory.code.length);
        uint256 count = pages.count();
        for (uint256 i; i < count; ++i) {
            (uint256 index, uint256 word) = pages.pageAt(i);
            uint256 lanes = index & WIDE_INDEX != 0 ? 1 : Page.LANES;
            for (uint256 lane; lane < lanes; ++lane) {
                uint256 answer = lanes == 1 ? word.body() : word.laneOf(lane);
                if (answer == 0 || (lanes != 1 && answer & Page.CARRIED != 0)) continue;
                (address proxy, uint256 baseRound) = Directory.find(directory, index & ~WIDE_INDEX, lane);
                FeedProxy(proxy).announce(answer, word.round() - baseRound, word.observedAt(), msg.sender);
            }
        }
    }
}
