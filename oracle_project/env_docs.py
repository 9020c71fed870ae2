"""`.env.example` and the table of docs/configuration.md, made from ``env.VARIABLES``.

Run `python -m oracle_project.env_docs` to write both.

A test compares both files with what is made here, so a variable cannot be added without its documentation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from oracle_project.env import VARIABLES, Variable

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / ".env.example"
PAGE = ROOT / "docs" / "configuration.md"
BEGIN = "<!-- variables: made by `python -m oracle_project.env_docs`, do not edit -->"
END = "<!-- end of variables -->"


def example_text() -> str:
    """Return `.env.example`: every variable with its help, commented out at its default."""
    lines = ["# Every variable the oracle reads; nothing needs to be set for `make run`.", ""]
    for variable in VARIABLES:
        lines += [f"# {variable.help}{_remarks(variable)}", f"#{variable.name}={variable.default or ''}", ""]
    return "\n".join(lines)


def table_text() -> str:
    """Return the Markdown table of every variable."""
    lines = ["| variable | meaning | default | needed in production |", "|---|---|---|---|"]
    for variable in VARIABLES:
        name = f"`{variable.name}`" + (f", `{variable.name}_FILE`" if variable.secret else "")
        default = f"`{variable.default}`" if variable.default else "-"
        needed = "yes" if variable.required_in_production else ""
        lines.append(f"| {name} | {variable.help.replace('|', chr(92) + '|')} | {default} | {needed} |")
    return "\n".join(lines)


def page_text(page: str) -> str:
    """Return the page with the table between its two marks renewed."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table_text()}\n{END}{after}"


def _remarks(variable: Variable) -> str:
    remarks = ["needed in production"] if variable.required_in_production else []
    remarks += [f"or {variable.name}_FILE, a path"] if variable.secret else []
    return f" ({'; '.join(remarks)})" if remarks else ""


def write() -> None:
    """Write both files."""
    EXAMPLE.write_text(example_text(), encoding="utf-8")
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.stdout.write(f"wrote {EXAMPLE.name} and {PAGE.relative_to(ROOT)}\n")
