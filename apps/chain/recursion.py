"""Puts Python's recursion limit back to its default; import this wherever web3 or eth_account is imported.

py_ecc, which both bring along, raises the limit to 100,000. With it a request body of 100 kB of ``[`` overflows the C
stack of the JSON parser and kills the process instead of raising RecursionError.
"""

from __future__ import annotations

import sys

import py_ecc

DEFAULT_LIMIT = 1_000

sys.setrecursionlimit(DEFAULT_LIMIT)
__all__ = ["DEFAULT_LIMIT", "py_ecc"]
