"""``python -m bench [--only NAME,…] [--smoke]``: run sections, each in a process of its own; exit 1 when one fails."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import sections
from bench.measure import FULL, SMOKE
from bench.rows import save, table

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).resolve().parent / "results"


def section_names() -> list[str]:
    """Return the sections there are."""
    return sorted(module.name for module in pkgutil.iter_modules(sections.__path__) if not module.name.startswith("_"))


def run_here(name: str, *, smoke: bool, folder: Path) -> None:
    """Measure one section in this process, write its JSON and print its table."""
    section = importlib.import_module(f"bench.sections.{name}")
    rows = section.measure(SMOKE if smoke else FULL)
    save(rows, folder / f"{name}.json")
    sys.stdout.write(f"\n## {name}\n\n{table(rows)}\n")


def run_apart(name: str, *, smoke: bool, folder: Path) -> bool:
    """Measure one section in a process of its own, so that no section inherits another's memory. True when it did."""
    command = [sys.executable, "-m", "bench", "--section", name, "--results", str(folder)]
    command += ["--smoke"] if smoke else []
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default="", help="sections, comma-separated; all without it")
    parser.add_argument("--smoke", action="store_true", help="next to no work: shows that it runs, measures nothing")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the JSON files")
    parser.add_argument("--section", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.section:
        run_here(given.section, smoke=given.smoke, folder=given.results)
        return 0
    known = section_names()
    wanted = [name for name in given.only.split(",") if name] or known
    if unknown := [name for name in wanted if name not in known]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(known)}")
    failed = [name for name in wanted if not run_apart(name, smoke=given.smoke, folder=given.results)]
    if failed:
        sys.stderr.write(f"\nfailed: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
