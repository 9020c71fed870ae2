"""`python -m local run|stop|status`."""

from __future__ import annotations

import argparse
import sys

from local.parts import REPOSITORY
from local.state import Home
from oracle_project import env


def main() -> int:
    """Run the command named on the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=("run", "stop", "status"))
    command = parser.parse_args().command
    home = Home((REPOSITORY / env.text("ORACLE_HOME")).resolve())
    if command == "run":
        from local.run import run  # noqa: PLC0415 - stop and status need none of the servers' clients

        return run(home)
    from local.control import status, stop  # noqa: PLC0415

    return stop(home) if command == "stop" else status(home)


if __name__ == "__main__":
    sys.exit(main())
