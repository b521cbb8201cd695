"""What ``make`` can do, as ``make help`` tells of it."""

from __future__ import annotations

import re
from pathlib import Path

from .markdown import code, table

MAKEFILE = Path(__file__).resolve().parents[2] / "Makefile"
HELP = re.compile(r'^\t@echo "(make .+)"$', re.MULTILINE)
ONE = re.compile(r"make ([\w-]+)\s+(.+)")


def read_targets() -> dict[str, str]:
    """Each target with its words, in the order of the help; two may stand on one line."""
    lines = [part for line in HELP.findall(MAKEFILE.read_text()) for part in line.split(";  ")]
    return dict(ONE.fullmatch(line).groups() for line in lines)


def as_markdown() -> str:
    rows = [
        (code(f"make {name}"), words.replace("$(PORT)", "8000"))
        for name, words in read_targets().items()
    ]
    return table(("command", "what it does"), rows)
