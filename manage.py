#!/usr/bin/env python
"""Django's command line for the oracle; beside a `make run` it speaks to that one."""

import sys

from oracle_project.running import join_running_oracle


def main() -> None:
    """Run the command that the arguments name."""
    join_running_oracle()
    # Both read the environment when they are imported; commands publish through the Celery app.
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from oracle_project import celery  # noqa: F401, PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
