"""Photographs edited as editors do: every recipe with its own dice, so that a run can be repeated.

What an edit is made of (crop, straightening, tone, colour, frame, file) is drawn anew for each
photograph. Pictures are Pillow images in RGB.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Recipe = Callable[[Image.Image, np.random.Generator], Image.Image]

PAPER = ((255, 255, 255), (8, 8, 8), (244, 238, 228))


def developed(picture: Image.Image, dice: np.random.Generator, stops: float = 1.5) -> Image.Image:
    """Exposure up to so many stops, white balance, contrast and a lifted black, any of them."""
    tones = (np.asarray(picture, np.float32) / 255) ** 2.2 * 2 ** dice.uniform(-stops, stops)
    tones *= [dice.uniform(0.8, 1.2), 1, dice.uniform(0.8, 1.2)]
    tones = np.clip(tones, 0, 1) ** (1 / 2.2)
    tones += dice.uniform(-0.3, 0.5) * (tones - 0.5) * (1 - np.abs(2 * tones - 1))
    lifted = dice.uniform(0, 0.12)
    return _picture(lifted + tones * (1 - lifted))


def preset(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    """A heavy film look: curves of their own for each colour, split toning, grain, a vignette."""
    tones = np.asarray(picture, np.float32) / 255
    tones = tones ** dice.uniform(0.6, 1.6, 3)
    tones = 0.5 - np.sin(np.arcsin(1 - 2 * tones) * dice.uniform(0.4, 1, 3)) / 2
    tones = 0.06 + 0.88 * tones + (0.5 - tones) * dice.uniform(-0.12, 0.12, 3)
    tones += dice.normal(0, 0.04, tones.shape[:2])[..., None]
    return vignetted(_picture(tones), dice)


def vignetted(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    width, height = picture.size
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    darker = 1 - dice.uniform(0.3, 0.75) * (across**2 + down**2) / 2
    return _picture(np.asarray(picture, np.float32) / 255 * darker[..., None])


def black_and_white(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    """As through a filter of any colour."""
    mixed = np.asarray(picture, np.float32) / 255 @ dice.dirichlet([2.5, 3, 1.2])
    return developed(_picture(np.repeat(mixed[..., None], 3, axis=2)), dice, 0.7)


def cropped(
    picture: Image.Image, dice: np.random.Generator, share: float = 0.5, shape: float = 0
) -> Image.Image:
    """A part anywhere in the frame, of ``shape`` (0: its own) and at least ``share`` of its area,
    or the largest part of that shape."""
    width, height = picture.size
    shape = shape or width / height
    across = min(width, height * shape)
    smallest = min(1.0, math.sqrt(share * width * height / (across * across / shape)))
    across *= dice.uniform(smallest, 1)
    down = across / shape
    left, top = dice.uniform(0, width - across), dice.uniform(0, height - down)
    return picture.crop((round(left), round(top), round(left + across), round(top + down)))


def straightened(picture: Image.Image, dice: np.random.Generator, most: float = 5) -> Image.Image:
    """Turned by up to ``most`` degrees, and cropped so that no corner is empty."""
    degrees = dice.uniform(most / 3, most) * dice.choice([-1, 1])
    width, height = picture.size
    sine, cosine = abs(math.sin(math.radians(degrees))), math.cos(math.radians(degrees))
    share = 1 / max(cosine + sine * height / width, cosine + sine * width / height)
    left, top = width * (1 - share) / 2, height * (1 - share) / 2
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC)
    return turned.crop((round(left), round(top), round(width - left), round(height - top)))


def retouched(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    """Some things taken away: places covered by others of the same picture, softly."""
    result = picture.copy()
    width, height = picture.size
    for _ in range(dice.integers(2, 6)):
        across, down = map(int, dice.uniform(0.06, 0.18, 2) * picture.size)
        mask = Image.new("L", (across, down))
        ImageDraw.Draw(mask).ellipse((across / 8, down / 8, across * 7 / 8, down * 7 / 8), 255)
        mask = mask.filter(ImageFilter.GaussianBlur(min(across, down) / 12))
        left, top = dice.integers(0, width - across), dice.integers(0, height - down)
        other, below = dice.integers(0, width - across), dice.integers(0, height - down)
        patch = picture.crop((other, below, other + across, below + down))
        result.paste(patch, (int(left), int(top)), mask)
    return result


def framed(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    border = round(max(picture.size) * dice.uniform(0.015, 0.08))
    return ImageOps.expand(picture, border, PAPER[dice.integers(len(PAPER))])


def small_jpeg(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    small = picture.copy()
    small.thumbnail((int(dice.integers(400, 700)),) * 2)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=int(dice.integers(15, 40)))
    return Image.open(buffer).convert("RGB")


def next_frame(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    """The next frame of a burst: the camera has moved by up to 3 %, and somebody in the picture."""
    width, height = picture.size
    moved = picture.rotate(dice.uniform(-0.7, 0.7), Image.Resampling.BICUBIC)
    across, down = map(int, dice.uniform(0.25, 0.45, 2) * picture.size)
    left, top = int(dice.integers(0, width - across)), int(dice.integers(0, height - down))
    step = map(int, dice.uniform(0.02, 0.05, 2) * dice.choice([-1, 1], 2) * picture.size)
    patch = ImageChops.offset(moved, *step).crop((left, top, left + across, top + down))
    mask = Image.new("L", patch.size)
    ImageDraw.Draw(mask).ellipse((0, 0, across, down), 255)
    moved.paste(patch, (left, top), mask.filter(ImageFilter.GaussianBlur(6)))
    edges = dice.uniform(0.015, 0.03, 4)
    box = (edges[0] * width, edges[1] * height, (1 - edges[2]) * width, (1 - edges[3]) * height)
    return moved.crop(tuple(round(edge) for edge in box))


RECIPES: dict[str, Recipe] = {
    "tone, ±1.5 EV": developed,
    "heavy preset, vignette, grain": preset,
    "black-and-white": black_and_white,
    "cropped, to half the frame": lambda p, dice: cropped(developed(p, dice, 1), dice),
    "1:1": lambda p, dice: cropped(p, dice, 0.5, 1),
    "4:5": lambda p, dice: cropped(developed(p, dice, 1), dice, 0.5, 0.8),
    "9:16": lambda p, dice: cropped(p, dice, 0.35, 9 / 16),
    "16:9": lambda p, dice: cropped(p, dice, 0.5, 16 / 9),
    "straightened, to 5°": lambda p, dice: straightened(developed(p, dice, 1), dice),
    "straightened, cropped, black-and-white": lambda p, dice: black_and_white(
        cropped(straightened(p, dice, 3), dice, 0.6), dice
    ),
    "retouched, sharpened": lambda p, dice: retouched(developed(p, dice, 0.7), dice).filter(
        ImageFilter.UnsharpMask(2, 180, 2)
    ),
    "framed": lambda p, dice: framed(developed(p, dice, 1), dice),
    "cropped and framed": lambda p, dice: framed(cropped(p, dice, 0.65), dice),
    "small JPEG": small_jpeg,
}
# Outside what is promised: more is left to decide here.
BEYOND: dict[str, Recipe] = {
    "mirrored": lambda p, dice: ImageOps.mirror(developed(p, dice, 0.5)),
    "turned by 90°": lambda p, dice: developed(p, dice, 0.5).transpose(Image.Transpose.ROTATE_90),
    "cropped to a quarter of the frame": lambda p, dice: cropped(cropped(p, dice, 0.5), dice, 0.5),
}


def _picture(tones: np.ndarray) -> Image.Image:
    return Image.fromarray((np.clip(tones, 0, 1) * 255).astype(np.uint8))
