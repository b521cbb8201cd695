"""The sizes a photograph is shown in, and how a picture fits them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

from pumbaphoto_wagtail.conf import UNMARKED_TIER

# Part of every recipe: raised when the same settings begin to give other pixels, so that renditions
# made before are told from those made after.
RECIPE_VERSION = 1

# Always made, since every browser shows it; the quality of an entry is that of its JPEG.
JPEG = "jpeg"
# Made beside it where the entry asks for them: a quarter smaller, for several times the work.
OTHER_FORMATS = ("avif", "webp")


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One size: a box in pixels, "fit" (inside it) or "fill" (cropped to it), JPEG quality.

    ``formats`` are those made beside the JPEG, each with its own quality.
    """

    name: str
    width: int
    height: int
    mode: str
    quality: int
    formats: Mapping[str, int] = field(default_factory=dict)

    def whole_size(self, width: int, height: int) -> tuple[int, int]:
        """The size the whole upright picture is brought to, before a crop; never enlarged."""
        if self.mode == "fit":
            return _size_inside(width, height, self.width, self.height)
        scale = min(1.0, max(self.width / width, self.height / height))
        if scale == 1.0:
            return width, height
        return max(self.width, round(width * scale)), max(self.height, round(height * scale))

    def crop_box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of what is kept of the whole picture in this tier's size.

        A picture too small to fill the box is cropped to the box's proportions and stays small.
        """
        if self.mode == "fit":
            return 0, 0, width, height
        kept_width = min(width, self.width, max(1, height * self.width // self.height))
        kept_height = min(height, self.height, max(1, width * self.height // self.width))
        left, top = (width - kept_width) // 2, (height - kept_height) // 2
        return left, top, left + kept_width, top + kept_height


def read_tiers(settings: Mapping[str, Mapping[str, Any]]) -> tuple[Tier, ...]:
    """The tiers of the ``TIERS`` setting."""
    return tuple(Tier(name=name, **entry) for name, entry in settings.items())


def recipe_digest(
    tier: Mapping[str, Any], format: str = JPEG, watermark: str = "", turned: int = 0
) -> str:
    """A short name for the way an entry of ``TIERS`` is made, whichever engine makes it.

    What is made beside the JPEG is no part of the JPEG's recipe. ``watermark`` is the key of the
    mark drawn in, ``turned`` how many degrees the picture was turned by hand.
    """
    recipe = {key: value for key, value in tier.items() if key != "formats"}
    if format != JPEG:
        recipe |= {"format": format, "quality": tier["formats"][format]}
    if watermark:
        recipe |= {"watermark": watermark}
    if turned:
        recipe |= {"turned": turned}
    text = json.dumps({"version": RECIPE_VERSION, **recipe}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def recipes(
    tiers: Mapping[str, Mapping[str, Any]], watermarks: Iterable[str] = (), turned: int = 0
) -> set[tuple[str, str, str, str]]:
    """Tier, format, watermark and recipe of every picture that is asked for: those of the
    ``TIERS`` setting, clean and with each of ``watermarks``, which are keys of marks, all of them
    ``turned`` by so many degrees.
    """
    return {
        (name, format, watermark, recipe_digest(entry, format, watermark, turned))
        for name, entry in tiers.items()
        for format in (JPEG, *entry.get("formats", ()))
        for watermark in ("", *(watermarks if name != UNMARKED_TIER else ()))
    }


def _size_inside(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """The size of a picture fitted into a box: as Pillow's ``thumbnail`` rounds it."""
    if width <= box_width and height <= box_height:
        return width, height
    aspect = width / height
    if box_width / box_height >= aspect:
        fitted = _nearest(box_height * aspect, lambda n: abs(aspect - n / box_height))
        return fitted, box_height
    return box_width, _nearest(
        box_width / aspect, lambda n: 0 if n == 0 else abs(aspect - box_width / n)
    )


def _nearest(number: float, key: Any) -> int:
    return max(min(floor(number), ceil(number), key=key), 1)
