"""The documentation as text: its pages, headings, links, pictures and blocks of code."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.settings import BASE_DIR

ROOT = Path(BASE_DIR)
DOCS = ROOT / "docs"
BESIDE = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
BLOCK = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)
TARGET = re.compile(r"^\((.+)\)=$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
INCLUDE = re.compile(r"^```\{include\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code: the page it stands on, its language, its name if it has one, its text."""

    page: str
    language: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.page} {self.name or self.text.splitlines()[0][:40]}"


def paths() -> list[Path]:
    """Every page of the documentation, and those beside the package."""
    below = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts]
    return [*below, *(ROOT / name for name in BESIDE)]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_of(path: Path) -> str:
    """A page with the parts in it that are read out of the package."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from docs.from_code import fill

    return fill(path.read_text())


@cache
def blocks() -> list[Block]:
    """All blocks of code; those read out of the package are left aside."""
    found = []
    for path in paths():
        for _fence, words, text in BLOCK.findall(path.read_text()):
            language, _, name = words.partition(" ")
            found.append(Block(name_of(path), language, name.removeprefix("name="), text))
    return found


def without_blocks(text: str) -> str:
    return BLOCK.sub("", text)


@cache
def anchors_of(path: Path) -> set[str]:
    """What a link may name behind the ``#``: headings of three levels, as MyST writes them."""
    text = text_of(path)
    for included in INCLUDE.findall(text):
        text += text_of((path.parent / included).resolve())
    prose = without_blocks(text)
    return {slug(heading) for heading in HEADING.findall(prose)} | set(TARGET.findall(prose))


def slug(heading: str) -> str:
    """As GitHub does it: small letters, no marks, a hyphen for each blank."""
    words = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading)
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
