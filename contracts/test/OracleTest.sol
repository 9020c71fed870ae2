// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../src/FeedProxy.sol";
import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {DeployedOracle, Setup, deployOracle} from "./Deployed.sol";
import {Vm} from "./Vm.sol";

/// @title Base of all tests: an oracle with three signers, two of whom must sign, and two feeds
abstract contract OracleTest {
    /// @dev A report as a person would write it; _encode turns it into the wire format.
    struct FeedAnswer {
        bytes32 feedId;
        int192 answer;
        uint64 observedAt;
    }

    struct Report {
        uint32 signerSetVersion;
        bytes32 evidenceHash;
        FeedAnswer[] answers;
    }

    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev n / 2 of secp256k1, and n: what a signature's s is measured against.
    uint256 internal constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint256 internal constant START = 1_790_000_000;
    uint24 internal constant MAX_AGE = 120;
    uint256 internal constant HISTORY = 8;
    int192 internal constant MIN_ANSWER = 1_000e8;
    int192 internal constant MAX_ANSWER = 1_000_000e8;
    uint192 internal constant MAX_LANE = (1 << 48) - 1;
    uint16 internal constant NO_PAGE = 200;
    bytes32 internal constant BTC = "BTC/USD";
    bytes32 internal constant ETH = "ETH/USD";
    bytes32 internal constant EVIDENCE = keccak256("evidence");
    address internal constant ADMIN = address(0xAD);
    address internal constant CONFIGURATOR = address(0xC0);
    address internal constant PAUSER = address(0x9A);
    address internal constant STRANGER = address(0x57);

    DeployedOracle internal oracle;
    FeedProxy internal btc;

    /// @dev Private keys by ascending address, and these addresses.
    uint256[] internal keys;
    address[] internal signers;

    function setUp() public virtual {
        vm.warp(START);
        _makeSigners(3);
        oracle = deployOracle(vm, _setup());
        btc = FeedProxy(_addFeed(BTC, "BTC / USD"));
        _addFeed(ETH, "ETH / USD");
    }

    // -------------------------------------------------------------------------------------------------- arrange

    /// @dev What the oracle of a test is deployed with. Eight rounds of history, so that tests go round the ring.
    function _setup() internal view virtual returns (Setup memory) {
        return Setup({
            admin: ADMIN,
            configurator: CONFIGURATOR,
            pauser: PAUSER,
            signers: signers,
            threshold: 2,
            historyLength: uint16(HISTORY),
            announces: false
        });
    }

    /// @dev Fills keys and signers with `count` pairs by ascending address (insertion sort).
    function _makeSigners(uint256 count) internal {
        delete keys;
        delete signers;
        for (uint256 i; i < count; ++i) {
            uint256 key = uint256(keccak256(abi.encode("signer", i))) % ORDER;
            keys.push(key);
            signers.push(vm.addr(key));
            for (uint256 j = i; j > 0 && signers[j] < signers[j - 1]; --j) {
                (keys[j], keys[j - 1]) = (keys[j - 1], keys[j]);
                (signers[j], signers[j - 1]) = (signers[j - 1], signers[j]);
            }
        }
    }

    function _config(string memory description) internal pure returns (IPriceOracle.FeedConfig memory) {
        return IPriceOracle.FeedConfig({
            decimals: 8,
            form: IPriceOracle.Form.Packed,
            maxAge: MAX_AGE,
            heartbeat: 3600,
            deviationBps: 50,
            maxMoveBps: 0,
            relaxBpsPerMinute: 0,
            minAnswer: MIN_ANSWER,
            maxAnswer: MAX_ANSWER,
            description: description
        });
    }

    function _addFeed(bytes32 feedId, string memory description) internal returns (address) {
        vm.prank(CONFIGURATOR);
        return oracle.addFeed(feedId, _config(description));
    }

    function _answer(bytes32 feedId, int192 answer, uint256 observedAt) internal pure returns (FeedAnswer memory) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return FeedAnswer({feedId: feedId, answer: answer, observedAt: uint64(observedAt)});
    }

    /// @dev A report of one answer for the current signer set.
    function _report(bytes32 feedId, int192 answer, uint256 observedAt) internal view returns (Report memory report) {
        report = _emptyReport(1);
        report.answers[0] = _answer(feedId, answer, observedAt);
    }

    function _emptyReport(uint256 answers) internal view returns (Report memory report) {
        (,, report.signerSetVersion) = oracle.signerSet();
        report.evidenceHash = EVIDENCE;
        report.answers = new FeedAnswer[](answers);
    }

    /// @dev One entry per answer. An unknown feed gets a page that no feed has; a packed answer that 6 bytes cannot hold
    ///      becomes the largest that they can.
    function _encode(Report memory report) internal view returns (bytes memory encoded) {
        encoded = abi.encodePacked(report.signerSetVersion, report.evidenceHash);
        for (uint256 i; i < report.answers.length; ++i) {
            FeedAnswer memory answer = report.answers[i];
            (uint16 index, uint8 lane) = _placeOf(answer.feedId);
            uint192 body = uint192(answer.answer);
            if (index < 0x8000) body = (body > MAX_LANE ? MAX_LANE : body) << (48 * lane);
            encoded = abi.encodePacked(encoded, index, uint32(answer.observedAt), body);
        }
    }

    /// @dev An entry of up to four lanes; 0 leaves a lane out.
    function _entry(uint16 index, uint256 observedAt, uint48[4] memory lanes) internal pure returns (bytes memory) {
        return abi.encodePacked(index, uint32(observedAt), lanes[3], lanes[2], lanes[1], lanes[0]);
    }

    function _placeOf(bytes32 feedId) internal view returns (uint16 index, uint8 lane) {
        bytes32[] memory ids = oracle.feedIds();
        IPriceOracle.Placement[] memory places = oracle.placements();
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] == feedId) return (places[i].index, places[i].lane);
        }
        return (NO_PAGE, 0);
    }

    /// @dev r || s with the parity of v in the top bit of s.
    function _signOne(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255));
    }

    /// @dev Signatures of the first `count` signers.
    function _sign(bytes memory report, uint256 count) internal view returns (bytes memory signatures) {
        bytes32 digest = oracle.reportDigest(report);
        for (uint256 i; i < count; ++i) {
            signatures = abi.encodePacked(signatures, _signOne(keys[i], digest));
        }
    }

    // ------------------------------------------------------------------------------------------------------ act

    function _submit(bytes memory report) internal {
        oracle.submit(report, _sign(report, 2));
    }

    function _submit(Report memory report) internal {
        _submit(_encode(report));
    }

    function _submit(bytes32 feedId, int192 answer, uint256 observedAt) internal {
        _submit(_report(feedId, answer, observedAt));
    }

    /// @dev A report of these entries, signed by two.
    function _submitEntries(bytes memory entries) internal {
        (,, uint32 version) = oracle.signerSet();
        _submit(abi.encodePacked(version, EVIDENCE, entries));
    }

    /// @dev Submits and expects the revert; the signatures are made before, so the next call is submit.
    function _submitFails(bytes memory report, bytes memory signatures, bytes memory reason) internal {
        vm.expectRevert(reason);
        oracle.submit(report, signatures);
    }

    // --------------------------------------------------------------------------------------------------- assert

    function _latest(bytes32 feedId) internal view returns (IPriceOracle.FeedView memory) {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = feedId;
        return oracle.latestAnswers(ids)[0];
    }

    function _assertView(IPriceOracle.FeedView memory actual, IPriceOracle.FeedView memory expected) internal pure {
        vm.assertEq(int256(actual.answer), int256(expected.answer), "answer");
        vm.assertEq(uint256(actual.observedAt), uint256(expected.observedAt), "observedAt");
        vm.assertEq(uint256(actual.updatedAt), uint256(expected.updatedAt), "updatedAt");
        vm.assertEq(uint256(actual.roundId), uint256(expected.roundId), "roundId");
    }

    function _assertLatest(bytes32 feedId, int192 answer, uint256 observedAt, uint80 roundId) internal view {
        _assertView(_latest(feedId), _feedView(answer, observedAt, roundId));
    }

    /// @dev What a round looks like now.
    function _feedView(int192 answer, uint256 observedAt, uint256 roundId)
        internal
        view
        returns (IPriceOracle.FeedView memory)
    {
        uint256 updatedAt = observedAt < block.timestamp ? observedAt : block.timestamp;
        // forge-lint: disable-next-item(unsafe-typecast)
        return IPriceOracle.FeedView(answer, uint64(observedAt), uint64(updatedAt), uint80(roundId));
    }

    // ----------------------------------------------------------------------------------------------------- fuzz

    /// @dev Folds x into [low, high].
    function _bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        if (x >= low && x <= high) return x;
        unchecked {
            uint256 size = high - low + 1;
            return size == 0 ? x : low + x % size;
        }
    }

    /// @dev Folds x into [low, high], both of them >= 0.
    function _boundAnswer(uint256 x, int192 low, int192 high) internal pure returns (int192) {
        // forge-lint: disable-next-item(unsafe-typecast)
        return int192(uint192(_bound(x, uint192(low), uint192(high))));
    }
}
