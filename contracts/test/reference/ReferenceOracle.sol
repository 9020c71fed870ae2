// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ReferenceSetup} from "./ReferenceSetup.sol";

/// @title What a PriceOracle should do, written to be read and for nothing else
/// @dev Every answer ever taken is kept in an array, every rule is a line, every search is a loop. It shares the interface
///      with src and no code. The differential test calls both and compares every return value, revert and event.
contract ReferenceOracle is ReferenceSetup {
    constructor(
        address admin_,
        address configurator_,
        address pauser_,
        address[] memory signers,
        uint8 threshold,
        uint256 history,
        bool isAnnouncing
    ) {
        (admin, configurator, pauser) = (admin_, configurator_, pauser_);
        (historyLength, announces) = (history, isAnnouncing);
        _setSigners(signers, threshold);
    }

    // -------------------------------------------------------------------------------------------------- the report

    function submit(bytes calldata report, bytes calldata signatures) external {
        if (paused) revert Paused();
        uint256 bitmap = verifySignatures(report, signatures);
        delete s_stored;
        bytes memory pages;
        for (uint256 start = 36; start < report.length; start += 30) {
            pages = bytes.concat(pages, _takeEntry(report[start:start + 30]));
        }
        emit ReportAccepted(bytes32(report[4:36]), msg.sender, signerSetVersion, uint32(bitmap), pages);
        if (!announces) return;
        for (uint256 i; i < s_stored.length; ++i) {
            Stored memory one = s_stored[i];
            s_feeds[one.feedId].voice.say(one.answer, one.roundId, one.observedAt, msg.sender);
        }
    }

    function verifySignatures(bytes calldata report, bytes calldata signatures) public view returns (uint256 bitmap) {
        if (report.length < 66 || (report.length - 36) % 30 != 0) revert BadReportLength(report.length, 36, 30);
        uint32 version = uint32(bytes4(report[:4]));
        if (version != signerSetVersion) revert WrongSignerSetVersion(version, signerSetVersion);
        if (signatures.length % 64 != 0) revert BadSignaturesLength(signatures.length, 64);
        if (signatures.length / 64 < s_threshold) revert TooFewSignatures(signatures.length / 64, s_threshold);
        address previous;
        for (uint256 i; i < signatures.length / 64; ++i) {
            address signer = _recover(reportDigest(report), signatures[64 * i:64 * i + 64], i);
            uint256 place = _memberAt(signer);
            if (place == s_signers.length || signer <= previous) revert UnexpectedSigner(i, signer);
            bitmap |= 1 << place;
            previous = signer;
        }
    }

    function _recover(bytes32 digest, bytes calldata signature, uint256 i) private pure returns (address signer) {
        bytes32 r = bytes32(signature[:32]);
        uint256 vs = uint256(bytes32(signature[32:]));
        bytes32 s = bytes32(vs % 2 ** 255);
        if (uint256(s) > 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0) revert HighS(i, s);
        signer = ecrecover(digest, vs >= 2 ** 255 ? 28 : 27, r, s);
        if (signer == address(0)) revert UnrecoverableSignature(i);
    }

    function _memberAt(address signer) private view returns (uint256 place) {
        while (place < s_signers.length && s_signers[place] != signer) ++place;
    }

    // -------------------------------------------------------------------------------------------------- one entry

    /// @dev Return what the event says of the page: nothing if no answer was taken.
    function _takeEntry(bytes calldata entry) private returns (bytes memory) {
        uint16 index = uint16(bytes2(entry[:2]));
        uint32 observedAt = uint32(bytes4(entry[2:6]));
        bool isTaken;
        bytes memory lanes;
        for (uint8 lane; lane < (index >= 0x8000 ? 1 : 4); ++lane) {
            bytes calldata given = index >= 0x8000 ? entry[6:] : entry[24 - 6 * lane:30 - 6 * lane];
            (bool isLaneTaken, bytes memory stored) = _takeLane(index, lane, _number(given), observedAt, given.length);
            if (isLaneTaken) isTaken = true;
            lanes = bytes.concat(stored, lanes);
        }
        if (!isTaken) return "";
        s_rounds[index] += 1;
        return abi.encodePacked(index, uint32(s_rounds[index]), observedAt, lanes);
    }

    /// @dev Return whether the answer was taken, and what stands in the lane from now on: the answer, or the last one
    ///      with the mark of a carried lane, or nothing.
    function _takeLane(uint16 index, uint8 lane, uint256 answer, uint256 observedAt, uint256 size)
        private
        returns (bool, bytes memory)
    {
        Feed storage feed = s_feeds[s_feedAt[index][lane]];
        bool isInReport = answer != 0 || index >= 0x8000;
        if (isInReport) {
            SkipReason reason = _refusal(feed, answer, observedAt);
            if (reason == SkipReason.None) {
                uint256 round = s_rounds[index] + 1;
                feed.taken.push(Taken(answer, observedAt, round));
                s_stored.push(Stored(s_feedAt[index][lane], answer, observedAt, round - feed.baseRound));
                return (true, _bytes(answer, size));
            }
            emit AnswerSkipped(s_feedAt[index][lane], index, lane, reason, answer, observedAt);
        }
        if (feed.taken.length == 0) return (false, new bytes(size));
        return (false, _bytes(2 ** 47 + feed.taken[feed.taken.length - 1].answer, size));
    }

    function _refusal(Feed storage feed, uint256 answer, uint256 observedAt) private view returns (SkipReason) {
        if (!feed.exists) return SkipReason.UnknownFeed;
        FeedConfig storage config = feed.config;
        uint256 lastAt = feed.taken.length == 0 ? 0 : feed.taken[feed.taken.length - 1].observedAt;
        if (observedAt <= lastAt) return SkipReason.NotNewer;
        if (observedAt > block.timestamp + 60) return SkipReason.FromFuture;
        if (observedAt < block.timestamp && block.timestamp - observedAt > config.maxAge) return SkipReason.TooOld;
        if (answer < uint192(config.minAnswer) || answer > uint192(config.maxAnswer)) return SkipReason.OutOfBounds;
        if (config.maxMoveBps != 0 && feed.taken.length != 0) {
            uint256 last = feed.taken[feed.taken.length - 1].answer;
            uint256 moved = answer > last ? answer - last : last - answer;
            uint256 allowedBps = config.maxMoveBps + uint256(config.relaxBpsPerMinute) * (observedAt - lastAt) / 60;
            if (moved * 10_000 > last * allowedBps) return SkipReason.MovedTooFar;
        }
        return feed.paused ? SkipReason.FeedPaused : SkipReason.None;
    }

    function _number(bytes calldata digits) private pure returns (uint256 number) {
        for (uint256 i; i < digits.length; ++i) {
            number = number * 256 + uint8(digits[i]);
        }
    }

    function _bytes(uint256 number, uint256 size) private pure returns (bytes memory digits) {
        digits = new bytes(size);
        for (uint256 i = size; i > 0; --i) {
            digits[i - 1] = bytes1(uint8(number % 256));
            number /= 256;
        }
    }

    // ------------------------------------------------------------------------------------------------------- latest

    function latestAt(uint256 index, uint256 lane) public view returns (uint256, uint256, uint256) {
        if (index > 65_535 || lane > 3) revert NoData(0);
        bytes32 feedId = s_feedAt[index][lane];
        Feed storage feed = s_feeds[feedId];
        if (paused && s_isPage[index]) revert Paused();
        if (feed.paused) revert PausedFeed(feedId);
        if (feed.taken.length == 0) revert NoData(feedId);
        Taken memory last = feed.taken[feed.taken.length - 1];
        return (last.answer, last.observedAt, last.round);
    }

    function read(bytes32 feedId) public view returns (int192, uint256) {
        _requireFeed(feedId);
        (uint256 answer, uint256 observedAt,) = latestAt(s_feeds[feedId].index, s_feeds[feedId].lane);
        return (int192(uint192(answer)), observedAt);
    }

    function tryRead(bytes32 feedId) external view returns (bool, int192, uint256) {
        try this.read(feedId) returns (int192 answer, uint256 observedAt) {
            return (true, answer, observedAt < block.timestamp ? block.timestamp - observedAt : 0);
        } catch {
            return (false, 0, 0);
        }
    }

    function getPriceNoOlderThan(bytes32 feedId, uint256 maxAge) external view returns (int192, uint256) {
        (int192 answer, uint256 observedAt) = read(feedId);
        uint256 age = observedAt < block.timestamp ? block.timestamp - observedAt : 0;
        if (age > maxAge) revert StaleAnswer(feedId, age, maxAge);
        return (answer, observedAt);
    }

    function latestRound(bytes32 feedId) external view returns (FeedView memory) {
        read(feedId);
        return _view(s_feeds[feedId]);
    }

    function latestAnswers(bytes32[] calldata ids) external view returns (FeedView[] memory views) {
        views = new FeedView[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            if (s_feeds[ids[i]].taken.length != 0) views[i] = _view(s_feeds[ids[i]]);
        }
    }

    // ------------------------------------------------------------------------------------------------------ history

    function roundData(bytes32 feedId, uint80 roundId) external view returns (FeedView memory, uint80) {
        _requireFeed(feedId);
        Feed storage feed = s_feeds[feedId];
        uint256 latest = feed.taken.length == 0 ? 0 : feed.taken[feed.taken.length - 1].round - feed.baseRound;
        uint256 oldest = latest == 0 ? 0 : 1;
        while (oldest < latest && feed.baseRound + oldest + historyLength <= s_rounds[feed.index]) ++oldest;
        if (roundId != 0 && roundId >= oldest && roundId <= latest) {
            for (uint256 i = feed.taken.length; i > 0; --i) {
                Taken memory taken = feed.taken[i - 1];
                if (taken.round > roundId + feed.baseRound) continue;
                return (_viewOf(taken, roundId), uint80(taken.round - feed.baseRound));
            }
        }
        revert RoundNotFound(feedId, roundId, uint80(oldest), uint80(latest));
    }

    function _view(Feed storage feed) private view returns (FeedView memory) {
        Taken memory last = feed.taken[feed.taken.length - 1];
        return _viewOf(last, last.round - feed.baseRound);
    }

    function _viewOf(Taken memory taken, uint256 roundId) private view returns (FeedView memory) {
        uint256 updatedAt = taken.observedAt < block.timestamp ? taken.observedAt : block.timestamp;
        return FeedView(int192(uint192(taken.answer)), uint64(taken.observedAt), uint64(updatedAt), uint80(roundId));
    }
}
