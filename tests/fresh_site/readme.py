"""What README and docs tell a developer to write and to run, read out of themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SECTION = "## Installing it into your own site"
INSTALLATION = ROOT / "docs" / "installation.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Steps:
    """``settings`` and ``urls`` are appended to those modules; ``commands`` are run once, in order,
    and ``programs`` beside the web server: arguments of manage.py, with the queue's name or none.
    """

    settings: str
    urls: str
    commands: list[list[str]]
    programs: list[tuple[str, list[str]]]


@dataclass(frozen=True)
class OwnPages:
    """What a site with page types of its own adds to its settings and its models."""

    settings: str
    models: str
    settings_with_base: str


def read_steps() -> Steps:
    """The steps of :data:`SECTION`, block by block."""
    section = README.read_text().split(SECTION, 1)[1].split("\n## ", 1)[0]
    blocks = BLOCK.findall(section)
    snippets = _python(blocks)
    lines = [line for kind, text in blocks if kind == "sh" for line in text.splitlines()]
    once = [line.split()[2:] for line in lines if line.startswith("python manage.py")]
    return Steps(
        settings=snippets["# settings"],
        urls=snippets["# urls"],
        commands=[words for words in once if "--watch" not in words],
        programs=[_program(line) for line in lines if line.startswith("Q_") or "--watch" in line],
    )


def read_own_pages() -> OwnPages:
    """What docs/installation.md says of page types, and of base pages, of a site's own."""
    snippets = _python(BLOCK.findall(INSTALLATION.read_text()))
    return OwnPages(
        settings=snippets["# settings, after those of the README"],
        models=snippets["# models"],
        settings_with_base=snippets["# settings of a site with a base page of its own"],
    )


def _python(blocks: list[tuple[str, str]]) -> dict[str, str]:
    return {text.splitlines()[0]: text for kind, text in blocks if kind == "python"}


def _program(line: str) -> tuple[str, list[str]]:
    before, after = line.split("python manage.py ")
    return before.strip().removeprefix("Q_CLUSTER_NAME="), after.split()
