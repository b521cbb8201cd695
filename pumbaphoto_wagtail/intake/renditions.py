"""From one photograph to all its renditions, with one decode.

Strict first: a file that ends early is no whole picture. Then leniently, so that a client sees
what is left of it, and the photographer is told that the file is damaged. Sizes are checked from
the header before anything is decoded, for the previews inside RAW files as well.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import RenderFailed
from pumbaphoto_wagtail.intake.colour import adobe_rgb_profile
from pumbaphoto_wagtail.intake.containers import count_scans, pixel_size
from pumbaphoto_wagtail.intake.engines import pillow, vips
from pumbaphoto_wagtail.intake.formats import Format
from pumbaphoto_wagtail.intake.metadata import read_metadata
from pumbaphoto_wagtail.intake.picture import (
    Picture,
    Rendered,
    RenderedTier,
    average_colour,
    is_grey,
    perceptual_hash,
    turned_on,
)
from pumbaphoto_wagtail.intake.raw import open_raw, too_many_pixels
from pumbaphoto_wagtail.intake.sandbox import has_room_for, keep_memory, too_little_memory
from pumbaphoto_wagtail.intake.tiers import Tier, read_tiers
from pumbaphoto_wagtail.intake.visual_keys import visual_key
from pumbaphoto_wagtail.intake.watermark import Mark

__all__ = ["RenderResult", "RenderedTier", "render"]

# A progressive JPEG has about ten scans; thousands of them keep a decoder busy for minutes.
MAX_SCANS = 100
# What decoding takes beside the layers themselves: the file, and the picture at the size wanted.
BESIDE_LAYERS = 128 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class RenderResult:
    """All renditions of one photograph, and what was learnt while making them.

    ``width`` and ``height`` are pixels of the upright original, ``average_colour`` is ``#rrggbb``,
    ``perceptual_hash`` 16 hexadecimal digits, ``visual_key`` what edits are known by, ``is_grey``
    whether it is black-and-white. A damaged photograph has renditions of what is left. ``seconds``
    is how long it took, where somebody has looked at the clock.
    """

    renditions: tuple[RenderedTier, ...]
    average_colour: str
    perceptual_hash: str
    visual_key: str
    is_grey: bool
    is_damaged: bool
    width: int
    height: int
    undrawn: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None

    @property
    def facts(self) -> dict[str, object]:
        """The fields of a Photo that were learnt from its picture."""
        return {
            "width": self.width,
            "height": self.height,
            "average_colour": self.average_colour,
            "perceptual_hash": self.perceptual_hash,
        }

    @property
    def trouble(self) -> str:
        """What to tell about a photograph that is damaged or lacks a mark; empty for others."""
        told = []
        if self.is_damaged:
            told.append(_("The file is damaged; what is left of it is shown."))
        for reason in self.undrawn.values():
            told.append(_("Not shown, for want of its watermark: %s") % reason)
        return " ".join(told)


def render(
    source: BinaryIO,
    format: Format,
    tiers: Mapping[str, Mapping[str, Any]],
    *,
    max_pixels: int,
    engine: str = "auto",
    marks: tuple[Mark, ...] = (),
    turned: int = 0,
) -> RenderResult:
    """Make the renditions of a photograph whose content has been checked to be of ``format``.

    ``source`` is seekable, ``tiers`` is as in the ``TIERS`` setting, ``engine`` as in
    ``RENDITION_ENGINE``. Each of ``marks`` is drawn into copies of all tiers but the smallest; why
    one cannot be drawn stands in ``undrawn``, by its key. The upright picture is ``turned`` on
    clockwise by so many degrees (0, 90, 180, 270). Raises RenderFailed with the reason in
    the photographer's words; an OSError means that the storage, not the file, failed.
    """
    keep_memory()
    wanted = read_tiers(tiers)
    is_raw_damaged, size = False, None
    if format.is_raw:
        longest = max(max(tier.width, tier.height) for tier in wanted)
        opened = open_raw(source, wanted_edge=longest, max_pixels=max_pixels)
        picture, size = opened.picture, (opened.width, opened.height)
        is_raw_damaged = opened.is_damaged
    else:
        picture = _open_picture(source, format, max_pixels)
    picture = _with_declared_profile(picture, source, format)
    picture = replace(picture, orientation=turned_on(picture.orientation, turned))
    rendered, is_damaged = _render(picture, wanted, engine, marks)
    width, height = picture.upright_size
    if size is not None:
        width, height = size[::-1] if turned in (90, 270) else size
    order = [tier.name for tier in wanted]
    return RenderResult(
        # Within a tier they stay as they are, the JPEG first.
        renditions=tuple(sorted(rendered.tiers, key=lambda made: order.index(made.tier))),
        average_colour=average_colour(rendered.smallest),
        perceptual_hash=perceptual_hash(rendered.smallest),
        visual_key=visual_key(rendered.smallest),
        is_grey=is_grey(rendered.smallest),
        is_damaged=is_damaged or is_raw_damaged,
        width=width,
        height=height,
        undrawn=rendered.undrawn,
    )


def _open_picture(source: BinaryIO, format: Format, max_pixels: int) -> Picture:
    size = pixel_size(source, format)
    if size is not None:
        _check_pixels(*size, max_pixels)
    orientation = read_metadata(source, format).orientation
    try:
        picture = pillow.open_picture(source, format.name, orientation)
    except Exception as error:
        _raise_storage_failure(error)
        picture = _open_odd_tiff(source, format, max_pixels)
        if picture is None:
            raise RenderFailed(
                _("This file is damaged, or a kind of %(format)s that cannot be shown.")
                % {"format": format.label}
            ) from error
    _check_pixels(picture.width, picture.height, max_pixels)
    return picture


def _open_odd_tiff(source: BinaryIO, format: Format, max_pixels: int) -> Picture | None:
    if format.name != "tiff":
        return None
    decoded = vips.decode_tiff(source, max_pixels)
    if decoded is None:
        return None
    return Picture(
        format="tiff", width=decoded.width, height=decoded.height, mode="RGB", decoded=decoded
    )


def _with_declared_profile(picture: Picture, source: BinaryIO, format: Format) -> Picture:
    """Cameras set to Adobe RGB say so in Exif, and embed no profile, least of all in previews."""
    has_camera_colours = picture.decoded is None and picture.mode == "RGB"
    if picture.profile or not has_camera_colours:
        return picture
    if not read_metadata(source, format).is_adobe_rgb:
        return picture
    return replace(picture, profile=adobe_rgb_profile())


def _render(
    picture: Picture, tiers: tuple[Tier, ...], engine: str, marks: tuple[Mark, ...]
) -> tuple[Rendered, bool]:
    """The renditions, and whether the picture was damaged."""
    if picture.format == "jpeg" and picture.source is not None:
        _check_layers(picture)
    if engine != "pillow" and vips.takes(picture):
        try:
            return vips.render(picture, tiers, marks), False
        except vips.EngineFailed:
            pass
    try:
        return _render_with_pillow(picture, tiers, marks, is_lenient=False), False
    except RenderFailed:
        return _render_with_pillow(picture, tiers, marks, is_lenient=True), True


def _check_layers(picture: Picture) -> None:
    scans = count_scans(picture.source, MAX_SCANS + 1)
    if scans > MAX_SCANS:
        raise RenderFailed(_("This JPEG is made of so many layers that it cannot be shown."))
    # Want of memory looks like damage to the decoders, and a grey area would be shown.
    if scans > 1 and not has_room_for(picture.layered_bytes + BESIDE_LAYERS):
        raise RenderFailed(too_little_memory())


def _render_with_pillow(
    picture: Picture, tiers: tuple[Tier, ...], marks: tuple[Mark, ...], *, is_lenient: bool
) -> Rendered:
    try:
        return pillow.render(picture, tiers, marks=marks, is_lenient=is_lenient)
    except MemoryError as error:
        raise RenderFailed(too_little_memory()) from error
    except Exception as error:
        # Decoders answer broken bytes with nearly every exception there is.
        _raise_storage_failure(error)
        raise RenderFailed(_("This file is damaged: no picture is left in it.")) from error


def _raise_storage_failure(error: Exception) -> None:
    """Pillow's own OSErrors carry no number; one that does comes from the system.

    All but one: what a broken file calls a place may be one that no file has (lseek(2), EINVAL).
    """
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        raise error


def _check_pixels(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise RenderFailed(too_many_pixels(width, height))
