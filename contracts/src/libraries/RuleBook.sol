// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Signers and limits of an oracle, kept as the code of a contract that cannot be run
/// @dev One cold code read (2,600 gas) brings all signers and limits; as storage, five signers alone cost 10,500. A book
///      never changes: every change of the configuration writes a new one. Here a book is its code in memory:
///
///          1 byte    20 bytes each         96 bytes each
///      | 00 STOP | signers, ascending | records by page number |
///
///      A record is three words: `mins` and `maxs` are bodies as in a Page, `limits` has 64 bits per lane: maxAge (24),
///      maxMoveBps (16), relaxBpsPerMinute (16), 8 unused. A lane whose max is 0 does not exist. Above the body, `mins`
///      has what holds for every lane of a packed page: the least maxAge (24), and the shift (8) for which a step of
///      1/2**shift is within every bound; its bit 255 says that the page is wide.
library RuleBook {
    uint256 internal constant SIGNER_BYTES = 20;
    uint256 internal constant RECORD_BYTES = 96;
    uint256 internal constant WIDE = 1 << 255;
    uint256 internal constant LANES = 4;
    uint256 internal constant LANE_BITS = 48;
    uint256 internal constant LANE_MASK = (1 << 48) - 1;
    uint256 internal constant BODY_MASK = (1 << 192) - 1;
    uint256 internal constant MAX_AGE_SHIFT = 192;
    uint256 internal constant MAX_AGE_MASK = 0xFFFFFF;
    uint256 internal constant STEP_SHIFT = 216;
    uint256 internal constant LIMITS_BITS = 64;
    uint256 internal constant LIMITS_MASK = (1 << 64) - 1;
    uint256 internal constant BPS = 10_000;

    struct Record {
        uint256 mins;
        uint256 maxs;
        uint256 limits;
    }

    /// @notice What the answers of one feed are checked against. min and max must fit the form of its page.
    struct Limits {
        uint192 min;
        uint192 max;
        uint24 maxAge;
        uint16 maxMoveBps;
        uint16 relaxBpsPerMinute;
    }

    error BookNotWritten();

    // -------------------------------------------------------------------------------------------------- signers

    /// @notice Return the beginning of a book: these signers, no records.
    function ofSigners(address[] memory signers) internal pure returns (bytes memory book) {
        book = hex"00";
        for (uint256 i; i < signers.length; ++i) {
            book = abi.encodePacked(book, signers[i]);
        }
    }

    /// @notice Return signer i. i < the number of signers.
    function signerAt(bytes memory book, uint256 i) internal pure returns (address signer) {
        assembly ("memory-safe") {
            signer := shr(96, mload(add(add(book, 33), mul(i, SIGNER_BYTES))))
        }
    }

    /// @notice Return the place of a signer at `from` or after it, `count` if it is not there.
    function find(bytes memory book, uint256 count, uint256 from, address signer)
        internal
        pure
        returns (uint256 place)
    {
        assembly ("memory-safe") {
            place := from
            let cursor := add(add(book, 33), mul(from, SIGNER_BYTES))
            for {} lt(place, count) { place := add(place, 1) } {
                if eq(shr(96, mload(cursor)), signer) { break }
                cursor := add(cursor, SIGNER_BYTES)
            }
        }
    }

    // -------------------------------------------------------------------------------------------------- records

    /// @notice Return where the records begin.
    function recordsStart(uint256 signerCount) internal pure returns (uint256) {
        unchecked {
            return 1 + signerCount * SIGNER_BYTES; // a count is at most 31
        }
    }

    /// @notice Return a record, within the book and not a copy; zeros for a page that is not in it.
    /// @param start Where the records begin.
    function recordAt(bytes memory book, uint256 start, uint256 page) internal pure returns (Record memory) {
        uint256 from;
        unchecked {
            from = start + page * RECORD_BYTES; // a page index has 16 bits
        }
        if (from >= book.length) return Record(0, 0, 0);
        return _at(book, from);
    }

    /// @notice Return mins and maxs of recordAt, without the costs of a struct: what the quick check needs.
    function boundsAt(bytes memory book, uint256 start, uint256 page)
        internal
        pure
        returns (uint256 mins, uint256 maxs)
    {
        assembly ("memory-safe") {
            let from := add(start, mul(page, RECORD_BYTES))
            if lt(from, mload(book)) {
                mins := mload(add(add(book, 32), from))
                maxs := mload(add(add(book, 64), from))
            }
        }
    }

    /// @notice Return a book with the signers of one and the records of another.
    function joined(bytes memory signersFrom, bytes memory recordsFrom, uint256 start)
        internal
        pure
        returns (bytes memory book)
    {
        // All records at once: one after the other would cost memory by the square of their number, 20 M gas for 249.
        bytes memory records = new bytes(recordsFrom.length > start ? recordsFrom.length - start : 0);
        assembly ("memory-safe") {
            mcopy(add(records, 32), add(add(recordsFrom, 32), start), mload(records))
        }
        return abi.encodePacked(signersFrom, records);
    }

    /// @notice Return a book in which a feed has these limits, longer by one record if its page was not there yet.
    /// @param page Its number; at most the number of records there are.
    /// @param lane 0 for a wide page.
    function withLimits(bytes memory book, uint256 start, uint256 page, bool isWide, uint256 lane, Limits memory limits)
        internal
        pure
        returns (bytes memory)
    {
        uint256 from = start + page * RECORD_BYTES;
        if (from == book.length) book = abi.encodePacked(book, new bytes(RECORD_BYTES));
        Record memory record = _at(book, from);
        uint256 shift = lane * LANE_BITS;
        uint256 mask = (isWide ? BODY_MASK : LANE_MASK) << shift;
        record.mins = (record.mins & ~mask) | (uint256(limits.min) << shift);
        record.maxs = (record.maxs & ~mask) | (uint256(limits.max) << shift);
        uint256 rules = limits.maxAge | (uint256(limits.maxMoveBps) << 24) | (uint256(limits.relaxBpsPerMinute) << 40);
        record.limits = (record.limits & ~(LIMITS_MASK << (lane * LIMITS_BITS))) | (rules << (lane * LIMITS_BITS));
        record.mins = (record.mins & BODY_MASK) | (isWide ? WIDE : _common(record));
        return book;
    }

    /// @notice Return the limits of a feed in a record.
    function limitsOf(Record memory record, bool isWide, uint256 lane) internal pure returns (Limits memory) {
        uint256 mask = isWide ? BODY_MASK : LANE_MASK;
        uint256 rules = record.limits >> (lane * LIMITS_BITS);
        // forge-lint: disable-next-item(unsafe-typecast)
        return Limits({
            min: uint192((record.mins >> (lane * LANE_BITS)) & mask),
            max: uint192((record.maxs >> (lane * LANE_BITS)) & mask),
            maxAge: uint24(rules),
            maxMoveBps: uint16(rules >> 24),
            relaxBpsPerMinute: uint16(rules >> 40)
        });
    }

    /// @dev What holds for every lane of a packed page, in the place it has in `mins`.
    function _common(Record memory record) private pure returns (uint256) {
        uint256 maxAge = MAX_AGE_MASK;
        uint256 shift;
        for (uint256 lane; lane < LANES; ++lane) {
            if ((record.maxs >> (lane * LANE_BITS)) & LANE_MASK == 0) continue;
            uint256 rules = record.limits >> (lane * LIMITS_BITS);
            if (rules & MAX_AGE_MASK < maxAge) maxAge = rules & MAX_AGE_MASK;
            uint256 maxMoveBps = (rules >> 24) & 0xFFFF;
            while (maxMoveBps != 0 && maxMoveBps << shift < BPS) ++shift;
        }
        return (maxAge << MAX_AGE_SHIFT) | (shift << STEP_SHIFT);
    }

    /// @dev from + RECORD_BYTES <= book.length.
    function _at(bytes memory book, uint256 from) private pure returns (Record memory record) {
        assembly ("memory-safe") {
            record := add(add(book, 32), from)
        }
    }

    // -------------------------------------------------------------------------------------------------- the code

    /// @notice Return the book at an address.
    /// @param size Of its code.
    function read(address written, uint256 size) internal view returns (bytes memory book) {
        assembly ("memory-safe") {
            book := mload(0x40)
            mstore(book, size)
            extcodecopy(written, add(book, 32), 0, size)
            mstore(0x40, add(book, add(size, 32)))
        }
    }

    /// @notice Write a book and return its address, whose code it is.
    function write(bytes memory book) internal returns (address written) {
        // init code: PUSH2 length DUP1 PUSH1 12 PUSH1 0 CODECOPY PUSH1 0 RETURN, which returns what follows it
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes memory creation = abi.encodePacked(hex"61", uint16(book.length), hex"80600C6000396000F3", book);
        assembly ("memory-safe") {
            written := create(0, add(creation, 32), mload(creation))
        }
        if (written == address(0)) revert BookNotWritten();
    }
}
