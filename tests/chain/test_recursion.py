"""Importing the chain's libraries must not make deep JSON deadly."""

from __future__ import annotations

import subprocess
import sys


def test_deep_json_is_an_error_not_a_crash() -> None:
    """With web3 and eth_account imported, a hostile body still raises RecursionError."""
    script = (
        "import json, apps.chain.signers, apps.chain.web3_gateway\n"
        "try:\n    json.loads('[' * 100_000)\n"
        "except RecursionError:\n    print('refused')\n"
    )

    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "refused\n"
    )
