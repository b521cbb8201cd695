"""Whole photographs of every accepted format: real ones where there are any, and small made ones.

The made RAW files have the documented structure of their formats and a few pixels. LibRaw opens
those that are TIFF inside; the others carry what an intake reads without it.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image
from PIL.ExifTags import IFD, Base

from pumbaphoto_wagtail.intake.colour import adobe_rgb_profile
from pumbaphoto_wagtail.intake.formats import FORMATS
from tests.samples import DIRECTORY

# Larger samples take so long to decode that fewer kinds of damage could be tried; but some formats
# have only large ones that are whole.
LARGEST_SAMPLE = 450_000
LARGE_SAMPLES = {
    "good/raw-composite/composite_panasonic_lx3.rw2",
    "good/raw-composite/synthetic_olympus_IIRO.orf",
    "good/raw-composite/synthetic_samsung_ownexif_rot6.srw",
    "good/raw-composite/composite_pentax_k3ii.pef",
    "good/raw-composite/composite_fuji_s5pro.raf",
    "good/raw-composite/composite_canon_r6.cr3",
    "good/raw-composite/derived_sony_a55v_orient8.arw",
    "good/raw/canon_30d_IMG_5952.cr2",
    "good/raw/nikon_d80_DSC_064662.nef",
}


@dataclass(frozen=True)
class Whole:
    """A file before it is damaged."""

    name: str
    format: str
    content: bytes


@cache
def sample_files() -> tuple[Whole, ...]:
    """Real ones from beside the repository; none where there are none."""
    found = []
    for path in sorted((DIRECTORY / "good").rglob("*")):
        name = str(path.relative_to(DIRECTORY))
        extension = path.suffix[1:].lower().replace("jpg", "jpeg")
        format = "tiff" if extension == "tif" else extension
        if format not in FORMATS or not path.is_file():
            continue
        if path.stat().st_size <= LARGEST_SAMPLE or name in LARGE_SAMPLES:
            found.append(Whole(name, format, path.read_bytes()))
    return tuple(found)


@cache
def made_files() -> tuple[Whole, ...]:
    """Small ones of every format, with what cameras and programs put into them."""
    picture = _picture()
    exif = _exif()
    made = [
        ("exif", "jpeg", _saved(picture, "JPEG", exif=exif)),
        ("progressive", "jpeg", _saved(picture, "JPEG", progressive=True, exif=exif)),
        ("restarts", "jpeg", _saved(picture, "JPEG", restart_marker_blocks=4)),
        ("profile", "jpeg", _saved(picture, "JPEG", icc_profile=adobe_rgb_profile())),
        ("cmyk", "jpeg", _saved(picture.convert("CMYK"), "JPEG")),
        ("grey", "jpeg", _saved(picture.convert("L"), "JPEG", subsampling=0)),
        ("mpo", "jpeg", _saved(picture, "MPO", save_all=True, append_images=[picture])),
        ("exif", "png", _saved(picture, "PNG", exif=exif, icc_profile=adobe_rgb_profile())),
        ("palette", "png", _saved(picture.quantize(64), "PNG", transparency=3)),
        ("alpha", "png", _saved(picture.convert("RGBA"), "PNG")),
        ("16 bits", "png", _saved(picture.convert("I;16"), "PNG")),
        ("frames", "png", _saved(picture, "PNG", save_all=True, append_images=[picture])),
    ]
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        made.append((compression, "tiff", _saved(picture, "TIFF", compression=compression)))
    for mode in ("L", "CMYK", "RGBA", "LAB", "I;16", "F", "1", "P"):
        made.append((mode, "tiff", _saved(picture.convert(mode), "TIFF")))
    made.append(("big", "tiff", _saved(picture, "TIFF", big_tiff=True)))
    made += [("made", format, make()) for format, make in _RAW_FILES.items()]
    return tuple(Whole(f"{name} {format}", format, content) for name, format, content in made)


def _picture() -> Image.Image:
    grain = random.Random(1).randbytes(24 * 16 * 3)
    return Image.frombytes("RGB", (24, 16), grain).resize((180, 120), Image.Resampling.BICUBIC)


def _saved(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Canon", "Canon EOS R5"
    exif[Base.Orientation] = 6
    exif[IFD.Exif] = {
        Base.DateTimeOriginal: "2026:06:20 10:42:17",
        Base.ExposureTime: 0.004,
        Base.ColorSpace: 65535,
    }
    exif[IFD.GPSInfo] = {1: "N", 2: (56.0, 34.0, 1.0)}
    return exif


# --- RAW files of the documented structure, with a few pixels -------------------------------------

SIDE = (180, 120)


def tiff(
    first: dict[int, object], inner: list[dict[int, object]], *, header: bytes = b"II*\0\x08\0\0\0"
) -> bytes:
    """A little-endian TIFF: its first directory, SubIFDs, and strips or previews (bytes) behind.

    A value is an int (LONG), a tuple of ints (SHORT), a text, or bytes, whose offset is stored; a
    list of numbers is stored as LONGs, and tag 330 is filled with the inner directories.
    """
    directories = [dict(first), *inner]
    if inner:
        directories[0][330] = [0] * len(inner)
    starts, position = [], len(header)
    for directory in directories:
        starts.append(position)
        position += 2 + 12 * len(directory) + 4
    tables, body = b"", b""
    for directory in directories:
        tables += struct.pack("<H", len(directory))
        for tag in sorted(directory):
            value = starts[1:] if tag == 330 else directory[tag]
            type_, count, data = _tiff_value(value)
            if isinstance(value, bytes) or len(data) > 4:
                place = struct.pack("<I", position + len(body))
                body += data + bytes(len(data) % 2)
            else:
                place = data.ljust(4, b"\0")
            tables += struct.pack("<HHI", tag, type_, count) + place
        tables += bytes(4)
    return header + tables + body


def _tiff_value(value: object) -> tuple[int, int, bytes]:
    if isinstance(value, bytes):
        return 4, 1, value
    if isinstance(value, str):
        return 2, len(value) + 1, value.encode() + b"\0"
    if isinstance(value, tuple):
        return 3, len(value), struct.pack(f"<{len(value)}H", *value)
    numbers = value if isinstance(value, list) else [value]
    return 4, len(numbers), struct.pack(f"<{len(numbers)}I", *numbers)


def preview_tags() -> dict[int, object]:
    preview = _saved(_picture(), "JPEG")
    return {254: 1, 259: (6,), 513: preview, 514: len(preview)}


def strip_tags(image: bytes, photometric: int) -> dict[int, object]:
    return {
        256: SIDE[0],
        257: SIDE[1],
        258: (16,),
        259: (1,),
        262: (photometric,),
        273: image,
        277: (1,),
        278: SIDE[1],
        279: len(image),
    }


def sensor() -> bytes:
    return random.Random(2).randbytes(SIDE[0] * SIDE[1] * 2)


def camera_raw(make: str, **first: object) -> bytes:
    mosaic = strip_tags(sensor(), 32803) | {33421: (2, 2), 33422: 0x02010100}
    tags = {254: 1, 271: make, 272: f"{make} 1", 274: (6,), 306: "2026:06:20 10:42:17"}
    tags |= {int(key[1:]): value for key, value in first.items()}
    return tiff(tags, [preview_tags(), mosaic])


def _dng() -> bytes:
    return camera_raw("Pumba", t50706=0x00000401, t50708="Pumba 1")


def _rw2() -> bytes:
    preview = _saved(_picture(), "JPEG", exif=_exif())
    return tiff({271: "Panasonic", 0x2E: preview}, [], header=b"IIU\0\x08\0\0\0")


def _cr2() -> bytes:
    tags = {271: "Canon", 272: "Canon EOS 30D"} | preview_tags()
    return tiff(tags, [], header=b"II*\0\x10\0\0\0CR\x02\0" + bytes(4))


def _raf() -> bytes:
    preview = _saved(_picture(), "JPEG", exif=_exif())
    head = b"FUJIFILMCCD-RAW 0201FF129502FinePix S5Pro".ljust(84, b"\0")
    return head + struct.pack(">IIIIII", 160, len(preview), 0, 0, 0, 0).ljust(76, b"\0") + preview


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def _cr3() -> bytes:
    uuid = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    tags = tiff({271: "Canon", 272: "Canon EOS R6", 274: (1,)}, [])
    canon = _box(b"uuid", uuid + _box(b"CMT1", tags) + _box(b"CMT2", tags))
    preview = _saved(_picture(), "JPEG")
    return (
        _box(b"ftyp", b"crx \0\0\0\1crx isom")
        + _box(b"moov", canon + _box(b"mvhd", bytes(100)))
        + _box(b"mdat", preview)
    )


_RAW_FILES: dict[str, Callable[[], bytes]] = {
    "dng": _dng,
    "nef": lambda: camera_raw("NIKON CORPORATION"),
    "arw": lambda: camera_raw("SONY"),
    "srw": lambda: camera_raw("SAMSUNG"),
    "pef": lambda: camera_raw("RICOH", t262=(32803,)),
    "orf": lambda: tiff({271: "OLYMPUS"} | preview_tags(), [], header=b"IIRO\x08\0\0\0"),
    "rw2": _rw2,
    "cr2": _cr2,
    "cr3": _cr3,
    "raf": _raf,
}
