"""The pages share the API's fake chain."""

from tests.api.conftest import _fresh_cache, chain

__all__ = ["_fresh_cache", "chain"]
