"""The templates that a site may override, and the blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

import pumbaphoto_wagtail

from .markdown import code, table

ROOT = Path(pumbaphoto_wagtail.__file__).parent / "templates" / "pumbaphoto_wagtail"
BLOCK = re.compile(r"{% block (\w+) %}")
# Mails that other mails include or extend, and what is no mail of its own.
MAIL_ENDINGS = ("_subject.txt", "_words.txt", ".txt", ".html")


def blocks_of(name: str) -> list[str]:
    """The blocks that a template (named below ``pumbaphoto_wagtail/``) opens, each once."""
    return list(dict.fromkeys(BLOCK.findall((ROOT / name).read_text())))


def names_in(*folders: str) -> list[str]:
    """The templates of these folders, "" for those beside them."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).glob("*.*"))]
    return [str(path.relative_to(ROOT)) for path in paths if path.is_file()]


def page_blocks() -> str:
    """What can be filled in the templates of pages: of the site's own design, and whole ones."""
    rows = [
        (code(name), ", ".join(map(code, blocks_of(name))))
        for name in names_in("", "pages", "proofing")
        if blocks_of(name)
    ]
    return table(("template", "its blocks"), rows)


def client_templates() -> str:
    """The pieces of pages, and the StreamField blocks."""
    return "\n".join(f"- {code(name)}" for name in names_in("includes", "blocks"))


def mail_templates() -> str:
    """For each kind of mail the four templates of its name."""
    names = names_in("mail")
    kinds = [name.removesuffix("_words.txt") for name in names if name.endswith("_words.txt")]
    rows = [(code(kind), ", ".join(_endings(kind, names))) for kind in kinds]
    return table(("begins with", "endings"), rows)


def _endings(kind: str, names: list[str]) -> list[str]:
    return [code(ending) for ending in MAIL_ENDINGS if f"{kind}{ending}" in names]
