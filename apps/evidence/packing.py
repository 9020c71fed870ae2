"""Packing a body against an earlier one. Pure."""

from __future__ import annotations

import zstandard

LEVEL = 6
MAX_SIZE = 8_000_000
# A delta this close to a body packed alone is no delta: the page changed, and the next ones will resemble the new one.
WORTH_IT = 0.6


def pack(body: bytes, *, base: bytes | None = None) -> bytes:
    """Return the body compressed, with ``base`` as dictionary where one is given."""
    if base is None:
        return zstandard.ZstdCompressor(level=LEVEL).compress(body)
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=_dictionary(base)).compress(body)


def unpack(packed: bytes, *, base: bytes | None = None) -> bytes:
    """Return the body. Raises zstandard.ZstdError for bytes that are damaged or belong to another base."""
    decompressor = (
        zstandard.ZstdDecompressor() if base is None else zstandard.ZstdDecompressor(dict_data=_dictionary(base))
    )
    return decompressor.decompress(packed, max_output_size=MAX_SIZE)


def _dictionary(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
