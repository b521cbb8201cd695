"""A large shoot for a soak: thousands of small different files, and what each must come to."""

from __future__ import annotations

import io
import random
from datetime import datetime, timedelta

from PIL import Image

from pumbaphoto_wagtail.intake.clamd_client import eicar
from tests.intake.whole_files import made_files

BEGIN = datetime(2026, 7, 1, 12)
MOMENT = "%Y:%m:%d %H:%M:%S"
SIZES = ((640, 427), (427, 640), (720, 480), (560, 560))
# Of every hundred files so many are no plain photographs.
ODD = {
    "raw": 3,
    "damaged": 2,
    "foreign": 1,
    "infected": 1,
    "noise": 1,
    "twin": 1,
    "video": 1,
}
RAW_FORMATS = ("cr2", "cr3", "nef", "arw", "dng", "orf", "rw2", "pef", "srw", "raf")


def shoot(amount: int, seed: int = 1) -> dict[str, tuple[str, bytes]]:
    """Path -> (kind, bytes): a "photo", each of its own second, or one of :data:`ODD`."""
    dice = random.Random(seed)
    kinds = [kind for kind, share in ODD.items() for _ in range(max(1, amount * share // 100))]
    kinds += ["photo"] * (amount - len(kinds))
    dice.shuffle(kinds)
    # A twin has one to be the twin of.
    kinds[0], kinds[kinds.index("photo")] = "photo", kinds[0]
    bases = [_base(*size, seed=number) for number in range(5) for size in SIZES]
    raws = [whole for whole in made_files() if whole.format in RAW_FORMATS]
    files: dict[str, tuple[str, bytes]] = {}
    first = _taken(bases[0], 0)
    for number, kind in enumerate(kinds):
        photo = _taken(bases[number % len(bases)], number)
        name = f"Card {number % 3}/IMG_{number:05d}"
        if kind == "raw":
            raw = raws[number % len(raws)]
            # Bytes behind the end make it another file, and leave it whole.
            files[f"{name}.{raw.format}"] = kind, raw.content + number.to_bytes(4, "big")
            continue
        content = {
            "photo": photo,
            "damaged": photo[: len(photo) * 2 // 3],
            "foreign": b"<!DOCTYPE html><p>%d" % number + b"no photo " * 500,
            "infected": photo[:-2] + eicar(),
            "noise": dice.randbytes(5000),
            "twin": first,
            "video": dice.randbytes(500),
        }[kind]
        files[f"{name}.{'mp4' if kind == 'video' else 'jpg'}"] = kind, content
    return files


def _base(width: int, height: int, seed: int) -> bytes:
    """A photograph of 20 to 60 KB that nobody has taken yet."""
    noise = Image.effect_noise((width // 4, height // 4), 60 + 5 * seed).resize((width, height))
    light = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (noise, light, Image.blend(noise, light, 0.5)))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = BEGIN.strftime(MOMENT)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", exif=exif, quality=82)
    return stream.getvalue()


def _taken(base: bytes, number: int) -> bytes:
    moment = (BEGIN + timedelta(seconds=number)).strftime(MOMENT)
    return base.replace(BEGIN.strftime(MOMENT).encode(), moment.encode(), 1)
