// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/IPriceOracle.sol";
import {PriceOracle} from "../src/PriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title Which signatures carry a report
contract SignaturesTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    // ------------------------------------------------------------------------------------------------- accepted

    function test_submit_NamesTheSignersInTheBitmap() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = _signOne(keys[0], oracle.reportDigest(report));
        signatures[1] = _signOne(keys[2], oracle.reportDigest(report));

        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), 1, 5, 1, 0);
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
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _signSubset(report, subset);

        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), 2, subset, 1, 0);
        oracle.submit(report, signatures);
    }

    // -------------------------------------------------------------------------------------------------- refused

    function test_submit_FailsIf_SignatureIsMissing() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        _submitFails(report, _sign(report, 1), abi.encodeWithSelector(IPriceOracle.TooFewSignatures.selector, 1, 2));
        _submitFails(report, _sign(report, 0), abi.encodeWithSelector(IPriceOracle.TooFewSignatures.selector, 0, 2));
    }

    function testFuzz_submit_FailsIf_BelowThreshold(uint8 threshold, uint8 given) public {
        _makeSigners(31);
        threshold = uint8(_bound(threshold, 1, 31));
        uint256 count = _bound(given, 0, threshold - 1);
        vm.prank(ADMIN);
        oracle.setSigners(signers, threshold);
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        _submitFails(
            report,
            _sign(report, count),
            abi.encodeWithSelector(IPriceOracle.TooFewSignatures.selector, count, threshold)
        );
    }

    function test_submit_FailsIf_SignerCountsTwice() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        signatures[1] = signatures[0];
        _submitFails(
            report,
            signatures,
            abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, signers[0], signers[0])
        );
    }

    function test_submit_FailsIf_SignersDescend() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        _submitFails(
            report,
            signatures,
            abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, signers[1], signers[0])
        );
    }

    function testFuzz_submit_FailsIf_SignerIsUnknown(uint256 key, uint256 place) public {
        key = _bound(key, 1, ORDER - 1);
        place = _bound(place, 0, 2);
        vm.assume(key != keys[0] && key != keys[1] && key != keys[2]);
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 3);
        signatures[place] = _signOne(key, oracle.reportDigest(report));
        _submitFails(
            report, signatures, abi.encodeWithSelector(IPriceOracle.UnknownSigner.selector, place, vm.addr(key))
        );
    }

    function testFuzz_submit_FailsIf_LengthIsWrong(uint8 length) public {
        vm.assume(length != 65);
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        signatures[1] = new bytes(length);
        _submitFails(
            report, signatures, abi.encodeWithSelector(IPriceOracle.BadSignatureLength.selector, 1, uint256(length))
        );
    }

    function testFuzz_submit_FailsIf_SIsHigh(int192 answer, uint64 observedAt) public {
        IPriceOracle.Report memory report = _report(BTC, answer, observedAt);
        bytes[] memory signatures = _sign(report, 2);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], oracle.reportDigest(report));
        bytes32 mirrored = bytes32(ORDER - uint256(s));
        signatures[0] = abi.encodePacked(r, mirrored, v == 27 ? uint8(28) : uint8(27));
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.HighS.selector, 0, mirrored));
    }

    function test_submit_FailsIf_SIsJustAboveHalf() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        bytes32 s = bytes32(HALF_ORDER + 1);
        signatures[0] = abi.encodePacked(bytes32(uint256(1)), s, uint8(27));
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.HighS.selector, 0, s));
    }

    function testFuzz_submit_FailsIf_VIsWrong(uint8 v) public {
        vm.assume(v != 27 && v != 28);
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        signatures[1][64] = bytes1(v);
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.BadV.selector, 1, v));
    }

    function test_submit_FailsIf_NothingIsRecovered() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        signatures[0] = abi.encodePacked(bytes32(0), bytes32(uint256(1)), uint8(27));
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.UnrecoverableSignature.selector, 0));
    }

    function test_submit_FailsIf_ReportIsChanged() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);

        report.answers[0].answer += 1;
        _assertNotCarried(report, signatures);
        report.answers[0].answer -= 1;
        report.answers[0].observedAt -= 1;
        _assertNotCarried(report, signatures);
        report.answers[0].observedAt += 1;
        report.answers[0].feedId = ETH;
        _assertNotCarried(report, signatures);
        report.answers[0].feedId = BTC;
        report.evidenceHash = keccak256("other");
        _assertNotCarried(report, signatures);
        report.evidenceHash = EVIDENCE;
        oracle.submit(report, signatures);
    }

    function test_submit_FailsIf_MeantForAnotherContract() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        oracle = new PriceOracle(ADMIN, signers, 2);
        _assertNotCarried(report, signatures);
    }

    function test_submit_FailsIf_MeantForAnotherChain() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        bytes32 separator = oracle.domainSeparator();

        vm.chainId(777);

        vm.assertTrue(oracle.domainSeparator() != separator, "separator follows the chain");
        _assertNotCarried(report, signatures);
        _submit(report);
        _assertLatest(BTC, PRICE, START, START, 1);
    }

    function testFuzz_submit_FailsIf_VersionIsWrong(uint32 version) public {
        vm.assume(version != 1);
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        report.signerSetVersion = version;
        _submitFails(
            report,
            _sign(report, 2),
            abi.encodeWithSelector(IPriceOracle.WrongSignerSetVersion.selector, version, uint32(1))
        );
    }

    function test_submit_FailsIf_SignedBeforeRotation() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
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
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        _submitFails(
            report, _sign(report, 2), abi.encodeWithSelector(IPriceOracle.UnknownSigner.selector, 0, signers[0])
        );
    }

    // -------------------------------------------------------------------------------------------------- private

    /// @dev The first signature now recovers to someone who is no signer.
    function _assertNotCarried(IPriceOracle.Report memory report, bytes[] memory signatures) private {
        (bytes32 r, bytes32 s, uint8 v) = _split(signatures[0]);
        address recovered = ecrecover(oracle.reportDigest(report), v, r, s);
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.UnknownSigner.selector, 0, recovered));
    }

    function _split(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
    }

    function _ones(uint256 bitmap) private pure returns (uint256 count) {
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            ++count;
        }
    }

    function _signSubset(IPriceOracle.Report memory report, uint256 subset)
        private
        view
        returns (bytes[] memory signatures)
    {
        bytes32 digest = oracle.reportDigest(report);
        signatures = new bytes[](_ones(subset));
        uint256 next;
        for (uint256 i; i < keys.length; ++i) {
            if ((subset >> i) & 1 == 1) signatures[next++] = _signOne(keys[i], digest);
        }
    }
}
