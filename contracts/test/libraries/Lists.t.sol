// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OracleState} from "../../src/OracleState.sol";
import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {Directory} from "../../src/libraries/Directory.sol";
import {Office} from "../../src/libraries/Office.sol";
import {RuleBook} from "../../src/libraries/RuleBook.sol";
import {TakenPages} from "../../src/libraries/TakenPages.sol";
import {Vm} from "../Vm.sol";

/// @title What the oracle writes by hand - the event's list, the directory, the office's word - against the compiler's own
contract ListsTest {
    using Directory for bytes;
    using Office for uint256;
    using TakenPages for bytes;

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    OracleState.OfficeSlot private s_office;

    /// @notice The list is abi.encodePacked of its pages, and hands each of them back.
    function testFuzz_takenPages_ArePackedPages(uint256[] calldata words, uint256 seed, uint256 room) public pure {
        bytes memory pages = TakenPages.withRoomFor(words.length + room % 4);
        bytes memory behind = abi.encodePacked(seed, seed);
        bytes memory plain;
        for (uint256 i; i < words.length; ++i) {
            uint256 index = (seed >> (i % 200)) & 0xFFFF;
            pages.push(index, words[i]);
            plain = abi.encodePacked(plain, uint16(index), words[i]);
        }
        vm.assertEq(keccak256(pages), keccak256(plain), "pages");
        vm.assertEq(pages.count(), words.length, "count");
        for (uint256 i; i < words.length; ++i) {
            (uint256 index, uint256 word) = pages.pageAt(i);
            vm.assertTrue(index == (seed >> (i % 200)) & 0xFFFF && word == words[i], "page");
        }
        vm.assertEq(keccak256(behind), keccak256(abi.encodePacked(seed, seed)), "what was allocated later");
    }

    /// @notice The event is the one that the compiler emits, also where the room was dirty before.
    function testFuzz_emitAccepted_IsTheCompilersEvent(uint256[] calldata words, bytes32 evidence, uint32 version)
        public
    {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for { let i := 0 } lt(i, 4096) { i := add(i, 32) } { mstore(add(free, i), not(0)) }
        }
        bytes memory pages = TakenPages.withRoomFor(words.length);
        for (uint256 i; i < words.length; ++i) {
            pages.push(i, words[i]);
        }
        vm.expectEmit(address(this));
        emit IPriceOracle.ReportAccepted(evidence, msg.sender, version, 0x15, pages);
        pages.emitAccepted(evidence, version, 0x15);
    }

    /// @notice The office's word is the struct as Solidity packs it.
    function testFuzz_office_IsTheStructsSlot(OracleState.OfficeSlot calldata office) public {
        s_office = office;
        uint256 word;
        assembly ("memory-safe") {
            word := sload(s_office.slot)
        }
        vm.assertEq(word.book(), office.book, "book");
        vm.assertEq(uint256(word.signerSetVersion()), office.signerSetVersion, "signerSetVersion");
        vm.assertEq(word.threshold(), office.threshold, "threshold");
        vm.assertEq(word.signerCount(), office.signerCount, "signerCount");
        vm.assertEq(word.isPaused(), office.paused, "paused");
        vm.assertEq(word.bookSize(), office.bookSize, "bookSize");
    }

    /// @notice Every proxy of a directory is found where it was put, in whatever order; nothing is found elsewhere.
    function testFuzz_directory_KeepsEveryProxy(uint256 seed) public {
        address[12] memory proxies;
        bytes memory directory = hex"00";
        for (uint256 i; i < 8; ++i) {
            uint256 place = (seed >> (8 * i)) % 12;
            proxies[place] = address(uint160(uint256(keccak256(abi.encode(seed, i)))));
            directory = directory.withProxy(place / 4, place % 4, proxies[place], uint32(place + 7));
        }
        address written = RuleBook.write(directory);
        directory = RuleBook.read(written, written.code.length);
        for (uint256 place; place < 16; ++place) {
            (address proxy, uint256 baseRound) = directory.find(place / 4, place % 4);
            address expected = place < 12 ? proxies[place] : address(0);
            vm.assertEq(proxy, expected, "proxy");
            vm.assertEq(baseRound, expected == address(0) ? 0 : place + 7, "baseRound");
        }
    }

    /// @notice A book that is read is the book that was written, and reading it leaves other memory alone.
    function testFuzz_book_IsReadAsItWasWritten(bytes calldata text) public {
        vm.assume(text.length < 20_000);
        bytes memory book = abi.encodePacked(hex"00", text);
        address written = RuleBook.write(book);
        bytes memory back = RuleBook.read(written, book.length);
        bytes memory behind = new bytes(33);
        vm.assertEq(keccak256(back), keccak256(book), "book");
        vm.assertEq(keccak256(behind), keccak256(new bytes(33)), "what was allocated later");
    }

    /// @notice The bounds alone are those of the whole record, for every page of a book.
    function testFuzz_book_HasTheBoundsOfItsRecords(uint256 signers, uint256 records, uint256 seed) public pure {
        (signers, records) = (signers % 32, records % 9);
        bytes memory book = abi.encodePacked(hex"00", new bytes(20 * signers));
        for (uint256 i; i < 3 * records; ++i) {
            book = abi.encodePacked(book, keccak256(abi.encode(seed, i)));
        }
        for (uint256 page; page < records; ++page) {
            RuleBook.Record memory record = RuleBook.recordAt(book, 1 + 20 * signers, page);
            (uint256 mins, uint256 maxs) = RuleBook.boundsAt(book, 1 + 20 * signers, page);
            vm.assertTrue(mins == record.mins && maxs == record.maxs, "boundsAt");
            vm.assertEq(bytes32(mins), keccak256(abi.encode(seed, 3 * page)), "mins");
        }
    }

    /// @notice A book with another's records is the new signers, then the old records byte by byte, in memory of its own.
    function testFuzz_book_KeepsItsRecordsWhenSignersChange(uint8 before, uint8 next, uint8 records, bytes32 seed)
        public
        pure
    {
        bytes memory signers = new bytes(1 + 20 * (uint256(next) % 32));
        bytes memory old = new bytes(1 + 20 * (uint256(before) % 32));
        bytes memory plain = signers;
        for (uint256 i; i < 3 * (uint256(records) % 8); ++i) {
            old = abi.encodePacked(old, keccak256(abi.encode(seed, i)));
            plain = abi.encodePacked(plain, keccak256(abi.encode(seed, i)));
        }
        bytes32 untouched = keccak256(old);
        bytes memory joined = RuleBook.joined(signers, old, 1 + 20 * (uint256(before) % 32));
        bytes memory behind = new bytes(33);
        vm.assertEq(keccak256(joined), keccak256(plain), "joined");
        vm.assertEq(keccak256(old), untouched, "the old book");
        vm.assertEq(keccak256(behind), keccak256(new bytes(33)), "what was allocated later");
        vm.assertEq(keccak256(RuleBook.joined(signers, "", 1)), keccak256(signers), "the first book has no records");
    }

    /// @notice What stands behind a book in memory is no record of it.
    function testFuzz_book_EndsWithItsLastRecord(uint256 records, uint256 beyond) public pure {
        records %= 4;
        bytes memory book = abi.encodePacked(hex"00", new bytes(20 + 96 * records));
        bytes memory behind = new bytes(1024);
        for (uint256 i; i < behind.length; ++i) {
            behind[i] = 0xFF;
        }
        uint256 page = records + beyond % 8;
        RuleBook.Record memory record = RuleBook.recordAt(book, 21, page);
        vm.assertTrue(record.mins == 0 && record.maxs == 0 && record.limits == 0, "recordAt");
        (uint256 mins, uint256 maxs) = RuleBook.boundsAt(book, 21, page);
        vm.assertTrue(mins == 0 && maxs == 0, "boundsAt");
    }

    function test_book_FailsIf_ItsCodeIsNotPaidFor() public {
        vm.expectRevert(abi.encodeWithSelector(RuleBook.BookNotWritten.selector));
        this.writeBook{gas: 1_000_000}(20_000); // 200 gas a byte
        vm.assertEq(this.writeBook(24_525).code.length, 24_525, "31 signers and 249 pages");
    }

    function writeBook(uint256 length) external returns (address) {
        return RuleBook.write(new bytes(length));
    }
}
