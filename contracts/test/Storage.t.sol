// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {Setup, deployOracle} from "./Deployed.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title Storage, book and directory are laid out as docs/design.md draws them: proofs of storage and tools read them so
contract StorageTest is OracleTest {
    uint256 private constant OFFICE = 0;
    uint256 private constant PAUSED_LANES = 7;
    uint256 private constant LATEST = 8;
    uint256 private constant RING = 65_544;
    uint256 private constant CARRY = 4_294_967_304;
    uint256 private constant DIRECTORY = 8_589_869_068; // behind admin, pendingAdmin, configurator, pauser
    uint48 private constant PRICE = 65_000e8;

    /// @notice A whole page has no carry word; a partial one has the own round and time of every lane that stayed.
    function test_pages_AreLaidOutAsDrawn() public {
        _addFeed("C", "C");
        _addFeed("D", "D");
        _submitEntries(_entry(0, START, [PRICE, PRICE + 1, PRICE + 2, PRICE + 3]));
        uint256 whole = _word(1, START, [PRICE, PRICE + 1, PRICE + 2, PRICE + 3]);
        _assertSlot(LATEST, whole, "latest");
        _assertSlot(RING + 1, whole, "ring");
        _assertSlot(CARRY + 1, 0, "nothing carried");

        vm.warp(START + 7);
        _submitEntries(_entry(0, START + 7, [0, PRICE + 9, 0, 0]));
        uint48 carried = 1 << 47;
        uint256 partly = _word(2, START + 7, [PRICE | carried, PRICE + 9, PRICE + 2 | carried, PRICE + 3 | carried]);
        uint256 own = (1 << 32) | START;
        _assertSlot(LATEST, partly, "latest");
        _assertSlot(RING + 2, partly, "ring");
        _assertSlot(CARRY + 2, own | (own << 128) | (own << 192), "lanes 0, 2 and 3");
    }

    function testFuzz_pages_AreLaidOutAsDrawn(uint256 price) public {
        uint48 answer = uint48(uint192(_boundAnswer(price, MIN_ANSWER + 1, MAX_ANSWER)));
        _submitEntries(_entry(0, START, [answer, answer - 1, 0, 0]));
        uint256 word = _word(1, START, [answer, answer - 1, 0, 0]);
        _assertSlot(LATEST, word, "latest");
        _assertSlot(RING + 1, word, "ring");
    }

    /// @notice A wide feed is alone in its slot, with the whole body for its answer; its ring is apart from the pages'.
    function test_wideFeed_IsLaidOutAsDrawn() public {
        IPriceOracle.FeedConfig memory config = _config("W");
        (config.form, config.maxAnswer) = (IPriceOracle.Form.Wide, type(int192).max);
        vm.prank(CONFIGURATOR);
        oracle.addFeed("W", config);
        _submit("W", type(int192).max - 5, START);
        uint256 word = (1 << 224) | (START << 192) | uint192(type(int192).max - 5);
        _assertSlot(LATEST + 0x8001, word, "latest");
        _assertSlot(RING + 0x8001 * HISTORY + 1, word, "ring");
    }

    /// @notice The attention bit stands on a page exactly while the oracle or one of its lanes is paused.
    function test_attention_StandsWhileThereIsAPause() public {
        uint256 attention = 1 << 255;
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.prank(PAUSER);
        oracle.pauseFeed(ETH);
        _assertSlot(LATEST, attention, "both");
        bytes32 lanes = keccak256(abi.encode(uint256(0), PAUSED_LANES));
        _assertSlot(uint256(lanes), 3, "a bit for each lane");
        vm.prank(ADMIN);
        oracle.unpauseFeed(ETH);
        _assertSlot(LATEST, attention, "lane 0 is paused still");
        _assertSlot(uint256(lanes), 1, "lane 0");
        vm.prank(ADMIN);
        oracle.pause();
        vm.prank(ADMIN);
        oracle.unpauseFeed(BTC);
        _assertSlot(LATEST, attention, "the oracle is paused still");
        vm.prank(ADMIN);
        oracle.unpause();
        _assertSlot(LATEST, 0, "nothing is paused");
        vm.prank(PAUSER);
        oracle.pauseFeed(ETH);
        vm.prank(ADMIN);
        oracle.unpauseFeed(ETH);
        _assertSlot(LATEST, 0, "nor is a feed");
    }

    /// @notice The office's slot names the book, whose code is a STOP, the signers and a record for each page.
    function test_book_IsLaidOutAsDrawn() public {
        IPriceOracle.FeedConfig memory config = _config("ETH / USD");
        (config.minAnswer, config.maxAnswer) = (3, 4);
        (config.maxMoveBps, config.relaxBpsPerMinute) = (700, 11);
        for (uint24 maxAge = 93; maxAge >= 90; --maxAge) {
            config.maxAge = maxAge; // nothing of what the book said before is left
            vm.prank(CONFIGURATOR);
            oracle.updateFeed(ETH, config);
        }

        // least maxAge 90; 700/10000 is at least 1/2**4
        uint256 mins = (4 << 216) | (90 << 192) | (3 << 48) | uint192(MIN_ANSWER);
        uint256 maxs = (4 << 48) | uint192(MAX_ANSWER);
        uint256 limits = (((11 << 40) | (700 << 24) | 90) << 64) | MAX_AGE;
        _assertBook(mins, maxs, limits);
        vm.prank(ADMIN);
        oracle.setSigners(signers, 2);
        _assertBook(mins, maxs, limits);
        uint256 office = uint256(vm.load(address(oracle), bytes32(OFFICE)));
        // version 2, threshold 2, three signers, not paused, size of the book
        uint256 rest = 2 | (2 << 32) | (3 << 40) | (0 << 48) | ((1 + 3 * 20 + 96) << 56);
        vm.assertEq(office >> 160, rest, "office");
    }

    function test_directory_IsWrittenOnlyIfTheOracleAnnounces() public view {
        _assertSlot(DIRECTORY, 0, "directory");
    }

    /// @notice The directory has a proxy and its base round at every place, zeros where no feed is.
    function test_directory_IsLaidOutAsDrawn() public {
        Setup memory setup = _setup();
        setup.announces = true;
        oracle = deployOracle(vm, setup);
        bytes memory first = abi.encodePacked(_addFeed(BTC, "BTC / USD"), uint32(0));
        _submit(BTC, MIN_ANSWER, START);
        bytes memory second = abi.encodePacked(_addFeed(ETH, "ETH / USD"), uint32(1));
        IPriceOracle.FeedConfig memory config = _config("N");
        config.form = IPriceOracle.Form.NewPage;
        vm.prank(CONFIGURATOR);
        bytes memory third = abi.encodePacked(oracle.addFeed("N", config), uint32(0));
        address directory = address(uint160(uint256(vm.load(address(oracle), bytes32(DIRECTORY)))));
        bytes memory expected = abi.encodePacked(hex"00", first, second, new bytes(48), third);
        vm.assertEq(keccak256(directory.code), keccak256(expected), "directory");
    }

    /// @notice Limits that are for life of the contract.
    function test_constants_AreAsDocumented() public view {
        vm.assertEq(oracle.MAX_SIGNERS(), 31, "signers");
        vm.assertEq(oracle.MAX_PAGES(), 249, "pages: with 31 signers a book of 24,525 bytes");
        vm.assertEq(oracle.MAX_FUTURE_S(), 60, "seconds ahead");
        vm.assertEq(oracle.MAX_PACKED_ANSWER(), (1 << 47) - 1, "packed");
        vm.assertEq(oracle.MAX_WIDE_ANSWER(), type(int192).max, "wide");
    }

    // -------------------------------------------------------------------------------------------------- private

    function _word(uint256 round, uint256 observedAt, uint48[4] memory lanes) private pure returns (uint256) {
        return
            uint256(
                bytes32(abi.encodePacked(uint32(round), uint32(observedAt), lanes[3], lanes[2], lanes[1], lanes[0]))
            );
    }

    function _assertBook(uint256 mins, uint256 maxs, uint256 limits) private view {
        bytes memory book = address(uint160(uint256(vm.load(address(oracle), bytes32(OFFICE))))).code;
        bytes memory drawn = abi.encodePacked(hex"00", signers[0], signers[1], signers[2], mins, maxs, limits);
        vm.assertEq(keccak256(book), keccak256(drawn), "book");
    }

    function _assertSlot(uint256 slot, uint256 word, string memory what) private view {
        vm.assertEq(uint256(vm.load(address(oracle), bytes32(slot))), word, what);
    }
}
