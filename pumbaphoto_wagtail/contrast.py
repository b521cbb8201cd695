"""A studio's colour, made so that everybody can read what is written in it and on it.

Contrast and luminance as WCAG 2.2 defines them; text and the controls that carry it keep level AA.
"""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass

# Grounds of our pages and e-mails, light and dark, and the accent of a studio that has chosen none.
LIGHT = "#fbfaf8"
DARK = "#131211"
DEFAULT_ACCENT = "#a8412c"
# WCAG 2.2, 1.4.3: the least contrast of text.
TEXT = 4.5
WHITE = "#ffffff"
INK = "#131211"
BLACK = "#000000"
STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Palette:
    """An accent for a light and for a dark ground, each with a colour for words upon it."""

    light: str
    on_light: str
    dark: str
    on_dark: str


def palette(accent: str) -> Palette:
    """The accent as near to ``accent`` ("#rrggbb") as it can be read on both grounds."""
    light, dark = standing_out(accent, LIGHT), standing_out(accent, DARK)
    return Palette(light=light, on_light=words_on(light), dark=dark, on_dark=words_on(dark))


def standing_out(colour: str, ground: str, least: float = TEXT) -> str:
    """``colour``, or the next lighter or darker one of its hue with enough contrast."""
    if contrast(colour, ground) >= least:
        return colour
    hue, lightness, saturation = rgb_to_hls(*_channels(colour))
    end = 0.0 if luminance(ground) > 0.5 else 1.0
    for step in range(1, STEPS):
        moved = lightness + (end - lightness) * step / STEPS
        candidate = _colour(*hls_to_rgb(hue, moved, saturation))
        if contrast(candidate, ground) >= least:
            return candidate
    return BLACK if end == 0.0 else WHITE


def words_on(colour: str) -> str:
    """White or nearly black, whatever is read better on ``colour``; at least 4.5 to 1."""
    best = max((WHITE, INK), key=lambda words: contrast(words, colour))
    return best if contrast(best, colour) >= TEXT else BLACK


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """From 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))


def _colour(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in (red, green, blue))
