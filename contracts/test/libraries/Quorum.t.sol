// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {Quorum} from "../../src/libraries/Quorum.sol";
import {RuleBook} from "../../src/libraries/RuleBook.sol";
import {Vm} from "../Vm.sol";

/// @title The quick way through a report's signatures against the slow one, and the slow one against plain recovery
contract QuorumTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant DIGEST = keccak256("digest");
    uint256 private constant MOST = 5;

    uint256[] private s_keys;
    address[] private s_members;

    function setUp() public {
        for (uint256 i; i < MOST; ++i) {
            s_keys.push(uint256(keccak256(abi.encode("member", i))));
            s_members.push(vm.addr(s_keys[i]));
            for (uint256 j = i; j > 0 && s_members[j] < s_members[j - 1]; --j) {
                (s_keys[j], s_keys[j - 1]) = (s_keys[j - 1], s_keys[j]);
                (s_members[j], s_members[j - 1]) = (s_members[j - 1], s_members[j]);
            }
        }
    }

    /// @notice Every subset of five members, all 31 of them, is recognised by its own bitmap, by both ways.
    function test_signersOf_NamesEverySubset() public view {
        for (uint256 subset = 1; subset < 1 << MOST; ++subset) {
            bytes memory signatures;
            for (uint256 i; i < MOST; ++i) {
                if ((subset >> i) & 1 == 1) signatures = abi.encodePacked(signatures, _signed(s_keys[i], DIGEST));
            }
            vm.assertEq(this.quick(MOST, signatures), subset, "quick");
            vm.assertEq(this.slow(MOST, signatures), subset, "slow");
            vm.assertEq(this.both(MOST, signatures), subset, "both");
        }
    }

    /// @notice Whatever is done to the signatures, the quick way says what the slow one says, and 0 where that reverts.
    function testFuzz_quickSignersOf_AgreesWithTheSlow(uint256 seed, uint256 size) public view {
        size %= MOST + 1;
        bytes memory signatures;
        uint256 count = 1 + seed % 4;
        uint256 member;
        for (uint256 i; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            // mostly ascending, at times the same again, or a step back
            member = random % 8 == 0 ? random % MOST : (member + random % 3) % MOST;
            bytes memory one = _signed(random % 11 == 0 ? 1 + random % 1e9 : s_keys[member], DIGEST);
            if (random % 13 == 0) one = _signed(s_keys[member], keccak256("another digest"));
            if (random % 17 == 0) one = _mirrored(one);
            if (random % 19 == 0) one = abi.encodePacked(random, random >> 1);
            if (random % 23 == 0) one = new bytes(64);
            signatures = abi.encodePacked(signatures, one);
        }
        uint256 slowly;
        try this.slow(size, signatures) returns (uint256 bitmap) {
            slowly = bitmap;
        } catch {}
        vm.assertEq(this.quick(size, signatures), slowly, "quick");
    }

    /// @notice Only who stands in the set counts: what stands behind it in the book does not, though it be the signer.
    function testFuzz_signersOf_FailsIf_TheSignerStandsBehindTheSet(uint256 size) public {
        size %= MOST;
        bytes memory signature = _signed(s_keys[size], DIGEST);
        vm.assertEq(this.quick(size, signature), 0, "not one of the first");
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnexpectedSigner.selector, 0, s_members[size]));
        this.both(size, signature);
    }

    /// @notice The slow way is what ecrecover says, signature by signature.
    function testFuzz_slowSignersOf_IsPlainRecovery(uint256 key, bytes32 digest) public {
        key = 1 + key % (ORDER - 1);
        address signer = vm.addr(key);
        address[] memory members = new address[](1);
        members[0] = signer;
        vm.assertEq(this.slowFor(members, digest, _signed(key, digest)), 1, "the only member");
        members[0] = address(uint160(signer) ^ 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnexpectedSigner.selector, 0, signer));
        this.slowFor(members, digest, _signed(key, digest));
    }

    /// @notice What nobody can have signed is nobody's, also in a set whose first member is the address that the quick walk
    ///         or a precompile could leave behind: 1, or whoever signed before.
    function test_signersOf_FailsIf_NothingIsRecoveredBesideALowMember() public {
        address[] memory members = new address[](2);
        (members[0], members[1]) = (address(1), s_members[0]);
        bytes memory nobodys = abi.encodePacked(bytes32(0), uint256(1));
        bytes memory good = _signed(s_keys[0], DIGEST);
        vm.assertEq(this.quickFor(members, nobodys), 0, "nobody's");
        vm.assertEq(this.quickFor(members, good), 2, "the second member");
        vm.assertEq(this.quickFor(members, bytes.concat(nobodys, good)), 0, "nobody's before");
        vm.assertEq(this.quickFor(members, bytes.concat(good, nobodys)), 0, "nobody's behind");
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnrecoverableSignature.selector, 0));
        this.slowFor(members, DIGEST, nobodys);
    }

    /// @notice What was left in memory by whoever came before is nobody's signature, though it be a member's address.
    function test_quickSignersOf_FailsIf_AMembersAddressLiesInMemory() public view {
        bytes memory nobodys = abi.encodePacked(bytes32(0), uint256(1));
        vm.assertEq(this.quickAfter(s_members[0], nobodys), 0, "nobody's");
        vm.assertEq(this.quickAfter(s_members[0], _signed(s_keys[0], DIGEST)), 1, "the member's own");
    }

    // -------------------------------------------------------------------------------------------------- external

    /// @dev `left` lies where ecrecover is to write.
    function quickAfter(address left, bytes calldata signatures) external view returns (uint256) {
        bytes memory book = RuleBook.ofSigners(s_members);
        assembly ("memory-safe") {
            mstore(0, left)
        }
        return Quorum.quickSignersOf(book, MOST, DIGEST, signatures);
    }

    function quickFor(address[] calldata members, bytes calldata signatures) external view returns (uint256) {
        return Quorum.quickSignersOf(RuleBook.ofSigners(members), members.length, DIGEST, signatures);
    }

    function quick(uint256 size, bytes calldata signatures) external view returns (uint256) {
        return Quorum.quickSignersOf(RuleBook.ofSigners(s_members), size, DIGEST, signatures);
    }

    function slow(uint256 size, bytes calldata signatures) external view returns (uint256) {
        return Quorum.slowSignersOf(RuleBook.ofSigners(s_members), size, DIGEST, signatures);
    }

    function both(uint256 size, bytes calldata signatures) external view returns (uint256) {
        return Quorum.signersOf(RuleBook.ofSigners(s_members), size, DIGEST, signatures);
    }

    function slowFor(address[] calldata members, bytes32 digest, bytes calldata signatures)
        external
        view
        returns (uint256)
    {
        return Quorum.slowSignersOf(RuleBook.ofSigners(members), members.length, digest, signatures);
    }

    // --------------------------------------------------------------------------------------------------- private

    function _signed(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255));
    }

    /// @dev The other signature of the same key over the same digest, with the high s.
    function _mirrored(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, uint256 vs) = abi.decode(signature, (bytes32, uint256));
        uint256 s = ORDER - (vs & (type(uint256).max >> 1));
        // the compact form has no room for the top bit of such an s; what is left of it is high enough to be refused
        return abi.encodePacked(r, s | (1 - (vs >> 255)) << 255);
    }
}
