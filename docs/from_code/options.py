"""The settings: each key of ``DEFAULTS`` with the comment above it, its default and its rule."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pumbaphoto_wagtail import conf
from pumbaphoto_wagtail.checks.options import RULES
from pumbaphoto_wagtail.conf import DAY, GIBIBYTE, HOUR, KIBIBYTE, MEBIBYTE, MINUTE

HEADING = re.compile(r"# --- (.+?) -+$")
SIZES = ((GIBIBYTE, "GiB"), (MEBIBYTE, "MiB"), (KIBIBYTE, "KiB"))
TIMES = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
LONGEST_DEFAULT = 60


@dataclass(frozen=True, kw_only=True)
class Option:
    """One key: under which heading it stands, what it means, and its default as it is written."""

    key: str
    heading: str
    meaning: str
    default: Any
    written: str


def read_options() -> list[Option]:
    """All keys in the order of ``conf.py``."""
    source = Path(conf.__file__).read_text()
    lines = source.splitlines()
    table = _defaults(source)
    found, heading = [], ""
    for key, value in zip(table.keys, table.values, strict=True):
        above = _comments_above(lines, key.lineno - 1)
        for line in above:
            heading = named[1] if (named := HEADING.match(line)) else heading
        meaning = " ".join(line[2:] for line in above if not HEADING.match(line))
        found.append(
            Option(
                key=key.value,
                heading=heading,
                meaning=meaning,
                default=conf.DEFAULTS[key.value],
                written=_written(source, value),
            )
        )
    return found


def _defaults(source: str) -> ast.Dict:
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "DEFAULTS":
            return node.value
    raise LookupError("conf.py has no DEFAULTS")


def _comments_above(lines: list[str], index: int) -> list[str]:
    above: list[str] = []
    while index > 0 and lines[index - 1].strip().startswith("#"):
        index -= 1
        above.insert(0, lines[index].strip())
    return above


def _written(source: str, value: ast.expr) -> str:
    """The default as one would write it: without our own marks for translation."""
    text = ast.get_source_segment(source, value, padded=True)
    text = re.sub(r"\b_\((\"[^\"]*\")\)", r"\1", text)
    lines = text.splitlines()
    return "\n".join([lines[0].strip(), *(line[4:] for line in lines[1:])])


def in_words(option: Option) -> str:
    """A size or a duration as people say it: "512 MiB", "7 days"; nothing where it is clear."""
    if isinstance(option.default, bool) or not isinstance(option.default, int | float):
        return ""
    value = option.default
    if option.key.endswith(("_BYTES",)) and value:
        return next(f"{value // size} {name}" for size, name in SIZES if value >= size)
    if option.key.endswith("_SECONDS") and value:
        size, name = next((size, name) for size, name in TIMES if value >= size)
        return f"{value // size} {name}{'' if value // size == 1 else 's'}"
    if option.key.endswith("DAYS") and value:
        return "days"
    return ""


def as_markdown() -> str:
    """A heading for each group and each key."""
    parts, heading = [], ""
    for option in read_options():
        if option.heading != heading:
            heading = option.heading
            parts.append(f"## {heading}")
        parts.append(f"### {option.key}\n\n{option.meaning}\n\n{_facts(option)}")
    return "\n\n".join(parts)


def _facts(option: Option) -> str:
    rule = f"Must be {RULES[option.key][1]}."
    if "\n" in option.written or len(option.written) > LONGEST_DEFAULT:
        return f"{rule} Default:\n\n```python\n{option.written}\n```"
    shown = option.default if isinstance(option.default, int | float) else option.written
    words = in_words(option)
    return f"Default: `{shown}`{f' ({words})' if words else ''}. {rule}"
