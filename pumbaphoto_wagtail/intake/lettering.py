"""Which font writes what, and which way: every script from the fonts that come with the package.

A machine that serves photographs often has no fonts at all, so a wide choice of them lies in
``fonts/``. A line is brought into the order of its directions (Unicode Annex 9), each character is
given to the first font that has it, and HarfBuzz (through Pillow's Raqm) shapes what one font
draws in one direction. In a watermark a character that no font has is refused rather than drawn as
a box.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from bidi import algorithm as directions
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont, features

from pumbaphoto_wagtail.exceptions import MarkNotDrawn

FONTS = Path(__file__).resolve().parent.parent / "fonts"
# Letters are asked for in this order; all others follow by name.
FIRST_FONTS = ("NotoSans-Regular", "NotoSansArabic-Regular", "NotoSansDevanagari-Regular")
LAST_FONTS = (
    "NotoEmoji-Regular",
    "NotoSansSymbols-Regular",
    "NotoSansSymbols2-Regular",
    "NotoSansMath-Regular",
    "NotoSansCJK-Regular",
)
# Their letters stand beside each other as they are, so that these need no shaping.
PLAIN_FONTS = {
    *("NotoSans-Regular", "NotoSansArmenian-Regular", "NotoSansCanadianAboriginal-Regular"),
    *("NotoSansCherokee-Regular", "NotoSansEthiopic-Regular", "NotoSansGeorgian-Regular"),
    *("NotoSansTifinagh-Regular", "NotoSansOlChiki-Regular", *LAST_FONTS),
}
LINE_HEIGHT = 1.4
JOINERS = "\u200c\u200d"
# What stands for a character that no font has, where a text may not be refused.
SUBSTITUTE = "\ufffd"
# How long a line may become, in characters, for each line there would be.
LINE_PROPORTION = 6
SHORTEST_WRAP = 24


@dataclass(frozen=True, kw_only=True)
class Run:
    """Characters that one font draws in one direction."""

    text: str
    font: str
    is_leftwards: bool

    def loaded(self, size: int) -> ImageFont.FreeTypeFont:
        return _loaded(self.font, size)

    @property
    def way(self) -> dict[str, str]:
        """How Pillow is told the direction; only Raqm may be told."""
        if not has_shaping():
            return {}
        return {"direction": "rtl" if self.is_leftwards else "ltr"}


def has_shaping() -> bool:
    """Whether this machine can shape scripts whose letters join, combine or run leftwards."""
    return features.check("raqm")


def clean(text: str) -> str:
    """A text as it is drawn: composed, without control characters, lines without outer spaces."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(letter for letter in text if letter == "\n" or not _is_control(letter))
    lines = (" ".join(line.split()) for line in kept.split("\n"))
    return "\n".join(line for line in lines if line.strip(JOINERS))


def font_path(font: str) -> Path:
    """The file of a font by its name."""
    return _fonts()[font]


def runs_leftwards(text: str) -> bool:
    """Whether a paragraph is read from right to left: its first letter with a direction decides."""
    return directions.get_base_level(text) == 1


def runs(line: str, *, is_leftwards: bool | None = None) -> Iterator[Run]:
    """A cleaned line from left to right, as one sees it.

    ``is_leftwards`` tells the direction of the paragraph that it is a line of, which is the line's
    own by default. Raises MarkNotDrawn for a character that no font has.
    """
    clusters, fonts = [*_clusters(line)], [""]
    for cluster in clusters:
        fonts.append(_font_for(cluster, fonts[-1]))
    levels, place = _levels(line, is_leftwards), 0
    pieces = []
    for cluster, font in zip(clusters, fonts[1:], strict=True):
        pieces.append((font, levels[place], cluster))
        place += len(cluster)
    together = [
        (level, Run(text="".join(piece[2] for piece in some), font=font, is_leftwards=level % 2))
        for (font, level), some in groupby(pieces, key=lambda piece: piece[:2])
    ]
    yield from _from_left(together)


def known_letters(line: str) -> str:
    """A cleaned line with ``SUBSTITUTE`` for whatever no font has."""
    return "".join(cluster if _found_font(cluster) else SUBSTITUTE for cluster in _clusters(line))


def clusters(text: str) -> Iterator[str]:
    """Characters with all that is drawn onto or into them: no line may end within one."""
    yield from _clusters(text)


def letters(text: str, size: int) -> Image.Image:
    """A text as a mask (mode L), written with letters ``size`` pixels high, cut to what is drawn.

    Long texts are broken into several lines. Raises MarkNotDrawn if there is nothing to draw, or
    a character that cannot be drawn here.
    """
    lines = [[*_shapeable_runs(line)] for line in wrapped(clean(text))]
    if not lines:
        raise MarkNotDrawn(_("There is nothing in this text that can be drawn."))
    widths = [sum(_length(run, size) for run in line) for line in lines]
    margin, height = size, round(size * LINE_HEIGHT)
    mask = Image.new("L", (round(max(widths)) + 2 * margin, height * len(lines) + 2 * margin))
    pen = ImageDraw.Draw(mask)
    for number, (line, width) in enumerate(zip(lines, widths, strict=True)):
        left = margin + (max(widths) - width) / 2
        baseline = margin + height * number + size
        for run in line:
            font = run.loaded(size)
            pen.text((left, baseline), run.text, fill=255, font=font, anchor="ls", **run.way)
            left += _length(run, size)
    box = mask.getbbox()
    if box is None:
        raise MarkNotDrawn(_("There is nothing in this text that can be drawn."))
    return mask.crop(box)


def wrapped(text: str) -> list[str]:
    """The lines of a cleaned text, the long ones broken so that none is like a thread."""
    found = []
    for line in filter(None, text.split("\n")):
        limit = max(SHORTEST_WRAP, round((len(line) * LINE_PROPORTION) ** 0.5))
        found += _broken(line, limit)
    return found


def _broken(line: str, limit: int) -> Iterator[str]:
    present = ""
    for word in line.split(" "):
        longer = f"{present} {word}".strip()
        if present and len(longer) > limit:
            yield present
            longer = word
        present = longer
        while len(present) > 2 * limit:
            clusters = [*_clusters(present)]
            yield "".join(clusters[:limit])
            present = "".join(clusters[limit:])
    yield present


def _is_control(letter: str) -> bool:
    """Also marks of direction: whichever way a name runs is told by its letters."""
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs"} and letter not in JOINERS


# --- Which font draws what -----------------------------------------------------------------------


@cache
def _fonts() -> dict[str, Path]:
    """The fonts by name, in the order in which they are asked."""
    found = {path.stem: path for path in sorted(FONTS.glob("*.[ot]tf"))}
    others = (name for name in found if name not in {*FIRST_FONTS, *LAST_FONTS})
    return {name: found[name] for name in (*FIRST_FONTS, *others, *LAST_FONTS)}


@cache
def _characters(font: str) -> frozenset[int]:
    with TTFont(_fonts()[font], lazy=True) as opened:
        return frozenset(opened.getBestCmap())


@lru_cache(maxsize=32)
def _loaded(font: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_fonts()[font]), size)


def _length(run: Run, size: int) -> float:
    return run.loaded(size).getlength(run.text, **run.way)


def _shapeable_runs(line: str) -> Iterator[Run]:
    for run in runs(line):
        _require_shaping(run)
        yield run


def _clusters(line: str) -> Iterator[str]:
    """Characters with all that is drawn onto or into them."""
    cluster = ""
    for letter in line:
        if cluster and not _belongs(letter, cluster):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


def _belongs(letter: str, cluster: str) -> bool:
    code = ord(letter)
    is_flag = _is_regional(letter) and _is_regional(cluster) and len(cluster) == 1
    return (
        unicodedata.category(letter).startswith("M")
        or letter in JOINERS
        or cluster[-1] == "\u200d"
        or 0x1F3FB <= code <= 0x1F3FF
        or is_flag
    )


def _is_regional(text: str) -> bool:
    return 0x1F1E6 <= ord(text[0]) <= 0x1F1FF


def _font_for(cluster: str, before: str) -> str:
    name = _found_font(cluster, before)
    if name:
        return name
    codes = sorted(ord(letter) for letter in cluster if not _is_unseen(letter))
    raise MarkNotDrawn(
        _("No font here has the character “%(character)s” (%(code)s).")
        % {"character": cluster, "code": " ".join(f"U+{code:04X}" for code in codes)}
    )


def _found_font(cluster: str, before: str = "") -> str:
    """The first font that has all of a cluster; what stands between words keeps the one before."""
    needed = {ord(letter) for letter in cluster if not _is_unseen(letter)}
    names = [*_fonts()]
    if before not in {"", *LAST_FONTS} and unicodedata.category(cluster[0])[0] in "ZPM":
        names.insert(0, before)
    return next((name for name in names if needed <= _characters(name)), "")


def _is_unseen(letter: str) -> bool:
    """Joiners, and which variant of a character is meant."""
    code = ord(letter)
    return letter in JOINERS or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


def _require_shaping(run: Run) -> None:
    is_plain = run.font in PLAIN_FONTS and all(len(one) == 1 for one in _clusters(run.text))
    if not has_shaping() and (run.is_leftwards or not is_plain):
        raise MarkNotDrawn(
            _(
                "“%(text)s” cannot be written on this machine: the library FriBidi (in Debian the"
                " package libfribidi0) is not installed."
            )
            % {"text": run.text}
        )


# --- Directions ----------------------------------------------------------------------------------


def _levels(line: str, is_leftwards: bool | None) -> list[int]:
    """The embedding level of each character, odd ones from right to left."""
    # A font may know letters of a later Unicode than Python does.
    line = "".join(letter if unicodedata.bidirectional(letter) else "x" for letter in line)
    storage = directions.get_empty_storage()
    base = directions.get_base_level(line) if is_leftwards is None else int(is_leftwards)
    storage["base_level"] = base
    storage["base_dir"] = ("L", "R")[base]
    directions.get_embedding_levels(line, storage)
    directions.explicit_embed_and_overrides(storage)
    directions.resolve_weak_types(storage)
    directions.resolve_neutral_types(storage, False)
    directions.resolve_implicit_levels(storage, False)
    found = iter(storage["chars"])
    levels, present = [], next(found, None)
    for letter in line:
        # What joins is taken out by the rules, and goes with what stands before it.
        if present is not None and present["ch"] == letter:
            levels.append(present["level"])
            present = next(found, None)
        else:
            levels.append(levels[-1] if levels else base)
    return levels


def _from_left(runs: list[tuple[int, Run]]) -> list[Run]:
    """Runs in the order in which they stand, by rule L2 of Unicode Annex 9."""
    if not runs:
        return []
    order = list(runs)
    for level in range(max(level for level, _run in runs), 0, -1):
        order = [
            entry
            for is_reversed, some in groupby(order, key=lambda entry: entry[0] >= level)
            for entry in (reversed([*some]) if is_reversed else some)
        ]
    return [run for _level, run in order]
