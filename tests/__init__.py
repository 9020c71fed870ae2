"""Tests of the oracle; the tree mirrors the code."""
