// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {deployOracle} from "./Deployed.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title Which signatures carry a report
contract SignaturesTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    // ------------------------------------------------------------------------------------------------- accepted

    function test_submit_NamesTheSignersInTheBitmap() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes32 digest = oracle.reportDigest(report);
        bytes memory signatures = abi.encodePacked(_signOne(keys[0], digest), _signOne(keys[2], digest));

        vm.assertEq(oracle.verifySignatures(report, signatures), 5, "bitmap");
        _expectAccepted(1, 5);
        oracle.submit(report, signatures);
    }

    function testFuzz_submit_TakesAnySubsetOfAtLeastThreshold(uint8 size, uint8 threshold, uint256 subset) public {
        uint256 n = _bound(size, 1, 31);
        _makeSigners(n);
        subset = _bound(subset, 1, (1 << n) - 1);
        uint256 count = _ones(subset);
        vm.prank(ADMIN);
        // forge-lint: disable-next-line(unsafe-typecast)
        oracle.setSigners(signers, uint8(_bound(threshold, 1, count)));
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _signSubset(report, subset);

        _expectAccepted(2, uint32(subset));
        oracle.submit(report, signatures);
    }

    // -------------------------------------------------------------------------------------------------- refused

    function test_submit_FailsIf_SignatureIsMissing() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        _submitFails(report, _sign(report, 1), abi.encodeWithSelector(IPriceOracle.TooFewSignatures.selector, 1, 2));
        _submitFails(report, _sign(report, 0), abi.encodeWithSelector(IPriceOracle.TooFewSignatures.selector, 0, 2));
    }

    function testFuzz_submit_FailsIf_BelowThreshold(uint8 threshold, uint8 given) public {
        _makeSigners(31);
        threshold = uint8(_bound(threshold, 1, 31));
        uint256 count = _bound(given, 0, threshold - 1);
        vm.prank(ADMIN);
        oracle.setSigners(signers, threshold);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        _submitFails(
            report,
            _sign(report, count),
            abi.encodeWithSelector(IPriceOracle.TooFewSignatures.selector, count, threshold)
        );
    }

    function test_submit_FailsIf_SignerCountsTwice() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory one = _signOne(keys[0], oracle.reportDigest(report));
        _submitFails(report, abi.encodePacked(one, one), _unexpected(1, signers[0]));
    }

    function test_submit_FailsIf_SignersDescend() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes32 digest = oracle.reportDigest(report);
        bytes memory signatures = abi.encodePacked(_signOne(keys[1], digest), _signOne(keys[0], digest));
        _submitFails(report, signatures, _unexpected(1, signers[0]));
    }

    function testFuzz_submit_FailsIf_SignerIsUnknown(uint256 key, uint256 place) public {
        key = _bound(key, 1, ORDER - 1);
        place = _bound(place, 0, 2);
        vm.assume(key != keys[0] && key != keys[1] && key != keys[2]);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _withSignature(_sign(report, 3), place, _signOne(key, oracle.reportDigest(report)));
        _submitFails(report, signatures, _unexpected(place, vm.addr(key)));
    }

    function testFuzz_submit_FailsIf_SignaturesAreNotWhole(uint8 length) public {
        vm.assume(length % 64 != 0);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        _submitFails(
            report,
            new bytes(length),
            abi.encodeWithSelector(IPriceOracle.BadSignaturesLength.selector, uint256(length), 64)
        );
    }

    /// @dev Most mirrored s have 256 bits, which the compact form cannot say at all; the rest lies in this range.
    function testFuzz_submit_FailsIf_SIsHigh(bytes32 r, uint256 s, bool parity) public {
        s = _bound(s, HALF_ORDER + 1, (1 << 255) - 1);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory one = abi.encodePacked(r, s | (uint256(parity ? 1 : 0) << 255));
        _submitFails(
            report,
            _withSignature(_sign(report, 2), 0, one),
            abi.encodeWithSelector(IPriceOracle.HighS.selector, 0, bytes32(s))
        );
    }

    function test_submit_FailsIf_SIsJustAboveHalf() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes32 s = bytes32(HALF_ORDER + 1);
        bytes memory signatures = _withSignature(_sign(report, 2), 0, abi.encodePacked(bytes32(uint256(1)), s));
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.HighS.selector, 0, s));
    }

    function test_submit_TakesSOfExactlyHalf() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory one = abi.encodePacked(bytes32(uint256(1)), bytes32(HALF_ORDER));
        address signer = ecrecover(oracle.reportDigest(report), 27, bytes32(uint256(1)), bytes32(HALF_ORDER));
        _submitFails(report, _withSignature(_sign(report, 2), 0, one), _unexpected(0, signer));
    }

    function test_submit_FailsIf_NothingIsRecovered() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory one = abi.encodePacked(bytes32(0), bytes32(uint256(1)));
        _submitFails(
            report,
            _withSignature(_sign(report, 2), 0, one),
            abi.encodeWithSelector(IPriceOracle.UnrecoverableSignature.selector, 0)
        );
    }

    function testFuzz_submit_FailsIf_AnyBitOfTheReportIsChanged(uint256 bit) public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);
        bit = _bound(bit, 32, report.length * 8 - 1); // the first 32 bits are the version, which has its own error
        report[bit / 8] = bytes1(uint8(report[bit / 8]) ^ uint8(1 << (bit % 8)));
        _assertNotCarried(report, signatures);
    }

    /// @notice Bytes behind a report, where the ABI has padding, are signed by nobody and no part of it.
    function testFuzz_submit_TakesNothingFromBehindTheReport(uint48 price, uint8 place) public {
        price = uint48(_bound(price, uint192(MIN_ANSWER), uint192(MAX_ANSWER)));
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory data = abi.encodeWithSelector(IPriceOracle.submit.selector, report, _sign(report, 2));
        bytes memory forged =
            place % 2 == 0 ? _entry(0, START, [0, price, 0, 0]) : _entry(0, START + 1, [price, price, 0, 0]);
        uint256 end = 4 + 3 * 32 + report.length; // 66 bytes, and 30 of padding
        for (uint256 i; i < forged.length; ++i) {
            data[end + i] = forged[i];
        }
        (bool done,) = address(oracle).call(data);
        vm.assertTrue(done, "what was signed is carried");
        _assertLatest(BTC, PRICE, START, 1);
        vm.assertEq(uint256(_latest(ETH).roundId), 0, "and nothing else");
    }

    function test_submit_FailsIf_MeantForAnotherContract() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);
        oracle = deployOracle(vm, _setup());
        _assertNotCarried(report, signatures);
    }

    function test_submit_FailsIf_MeantForAnotherChain() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);
        bytes32 separator = oracle.domainSeparator();

        vm.chainId(777);

        vm.assertTrue(oracle.domainSeparator() != separator, "separator follows the chain");
        _assertNotCarried(report, signatures);
        _submit(report);
        _assertLatest(BTC, PRICE, START, 1);
    }

    function testFuzz_submit_FailsIf_VersionIsWrong(uint32 version) public {
        vm.assume(version != 1);
        Report memory draft = _report(BTC, PRICE, START);
        draft.signerSetVersion = version;
        bytes memory report = _encode(draft);
        _submitFails(
            report,
            _sign(report, 2),
            abi.encodeWithSelector(IPriceOracle.WrongSignerSetVersion.selector, version, uint32(1))
        );
    }

    function test_submit_FailsIf_SignedBeforeRotation() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);
        vm.prank(ADMIN);
        oracle.setSigners(signers, 2);
        _submitFails(
            report,
            signatures,
            abi.encodeWithSelector(IPriceOracle.WrongSignerSetVersion.selector, uint32(1), uint32(2))
        );
    }

    function test_submit_FailsIf_SignerWasRemoved() public {
        address[] memory kept = new address[](2);
        (kept[0], kept[1]) = (signers[1], signers[2]);
        vm.prank(ADMIN);
        oracle.setSigners(kept, 2);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        _submitFails(report, _sign(report, 2), _unexpected(0, signers[0]));
    }

    function test_verifySignatures_FailsAsSubmitWould() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.TooFewSignatures.selector, 1, 2));
        oracle.verifySignatures(report, signatures);
    }

    // ------------------------------------------------------------------------------------------------------- twins

    function testFuzz_submit_FailsIf_SignersDoNotAscend(uint256 seed, uint256 size) public {
        size = _bound(size, 2, 31);
        _makeSigners(size);
        vm.prank(ADMIN);
        oracle.setSigners(signers, 2);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes32 digest = oracle.reportDigest(report);
        uint256 first = _bound(seed, 0, size - 1);
        uint256 second = _bound(seed >> 128, 0, first); // the same, or one before
        bytes memory signatures = abi.encodePacked(_signOne(keys[first], digest), _signOne(keys[second], digest));
        _submitFails(report, signatures, _unexpected(1, signers[second]));
    }

    function testFuzz_submit_FailsIf_NothingIsRecovered(uint256 s, bool parity, uint256 place) public {
        place = _bound(place, 0, 1);
        s = _bound(s, 1, HALF_ORDER);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory one = abi.encodePacked(bytes32(0), s | (uint256(parity ? 1 : 0) << 255)); // r = 0 is no point
        _submitFails(
            report,
            _withSignature(_sign(report, 2), place, one),
            abi.encodeWithSelector(IPriceOracle.UnrecoverableSignature.selector, place)
        );
    }

    function testFuzz_submit_FailsIf_MeantForAnotherChain(uint64 chain) public {
        vm.assume(chain != block.chainid && chain != 0);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);
        vm.chainId(chain);
        _assertNotCarried(report, signatures);
    }

    function testFuzz_submit_FailsIf_SignedBeforeRotation(uint256 rotations, uint256 size) public {
        rotations = _bound(rotations, 1, 5);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);
        _makeSigners(_bound(size, 2, 31));
        for (uint256 i; i < rotations; ++i) {
            vm.prank(ADMIN);
            oracle.setSigners(signers, 2);
        }
        // forge-lint: disable-next-item(unsafe-typecast)
        bytes memory reason =
            abi.encodeWithSelector(IPriceOracle.WrongSignerSetVersion.selector, uint32(1), uint32(1 + rotations));
        _submitFails(report, signatures, reason);
        vm.expectRevert(reason);
        oracle.verifySignatures(report, signatures);
    }

    function testFuzz_verifySignatures_FailsIf_ReportIsNotWhole(uint16 length) public {
        length = uint16(_bound(length, 0, 400));
        vm.assume(length < 66 || (length - 36) % 30 != 0);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.BadReportLength.selector, uint256(length), 36, 30));
        oracle.verifySignatures(new bytes(length), "");
    }

    // -------------------------------------------------------------------------------------------------- private

    function _unexpected(uint256 place, address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPriceOracle.UnexpectedSigner.selector, place, signer);
    }

    /// @dev BTC's first answer, alone in the report.
    function _expectAccepted(uint32 version, uint32 bitmap) private {
        bytes memory pages = abi.encodePacked(uint16(0), uint32(1), uint32(START), uint192(int192(PRICE)));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), version, bitmap, pages);
    }

    /// @dev The first signature now recovers to someone who is no signer.
    function _assertNotCarried(bytes memory report, bytes memory signatures) private {
        bytes32 r;
        uint256 vs;
        assembly {
            r := mload(add(signatures, 32))
            vs := mload(add(signatures, 64))
        }
        bytes32 s = bytes32(vs & (type(uint256).max >> 1));
        address recovered = ecrecover(oracle.reportDigest(report), uint8(27 + (vs >> 255)), r, s);
        _submitFails(report, signatures, _unexpected(0, recovered));
    }

    function _withSignature(bytes memory signatures, uint256 place, bytes memory one)
        private
        pure
        returns (bytes memory)
    {
        for (uint256 i; i < 64; ++i) {
            signatures[64 * place + i] = one[i];
        }
        return signatures;
    }

    function _ones(uint256 bitmap) private pure returns (uint256 count) {
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            ++count;
        }
    }

    function _signSubset(bytes memory report, uint256 subset) private view returns (bytes memory signatures) {
        bytes32 digest = oracle.reportDigest(report);
        for (uint256 i; i < keys.length; ++i) {
            if ((subset >> i) & 1 == 1) signatures = abi.encodePacked(signatures, _signOne(keys[i], digest));
        }
    }
}
