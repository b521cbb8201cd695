"""The few forms in which parts are written."""

from __future__ import annotations

from collections.abc import Iterable


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; a line within a cell becomes a blank, and a bar is escaped."""
    lines = [list(heads)]
    lines += [["---"] * len(lines[0])]
    lines += [[cell(text) for text in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def code(text: object) -> str:
    """In the type of code; an empty text gives nothing."""
    return f"`{text}`" if str(text) else ""
