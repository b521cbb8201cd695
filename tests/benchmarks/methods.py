"""The ways to three renditions that are measured: a path in, the JPEGs of all tiers out.

Each is a class: made once per process, ``prepare`` does for a photograph what is not to be
measured, a call makes its renditions. :data:`METHODS` names them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import clamd
from PIL import Image, ImageOps

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.clamd_client import ClamdClient
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.renditions import render

TIERS = DEFAULTS["TIERS"]
HERE = Path(__file__).resolve().parent

Made = dict[str, bytes]


class Method:
    def prepare(self, path: Path) -> None:
        """Nothing, for most."""

    def __call__(self, path: Path) -> Made:
        raise NotImplementedError


class Naive(Method):
    """What tutorials show: open, turn, thumbnail, save, once for each size."""

    def __call__(self, path: Path) -> Made:
        made = {}
        for name, tier in TIERS.items():
            image = ImageOps.exif_transpose(Image.open(path))
            image.thumbnail((tier["width"], tier["height"]))
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=tier["quality"])
            made[name] = buffer.getvalue()
        return made


class Ours(Method):
    """The product's own ``render``, with one of its engines."""

    engine = "auto"

    def __call__(self, path: Path) -> Made:
        with path.open("rb") as source:
            result = render(
                source,
                FORMATS["jpeg"],
                TIERS,
                max_pixels=DEFAULTS["MAX_PIXELS"],
                engine=self.engine,
            )
        return {made.tier: made.data for made in result.renditions}


class OursWithPillow(Ours):
    engine = "pillow"


class Bare(Ours):
    """A photo's way through intake without database, queue and safe storage.

    Hashed while it is scanned, rendered, and its renditions written to files, none synchronised.
    """

    def __init__(self) -> None:
        self.scanner = ClamdClient(os.environ["BENCH_CLAMD"])
        # On the volume that the product's renditions go to.
        self.folder = Path(tempfile.mkdtemp(prefix="bare-", dir=os.environ["PUMBAPHOTO_TEST_DATA"]))

    def __call__(self, path: Path) -> Made:
        with path.open("rb") as file:
            # It hashes what it scans, as the product needs it.
            answer = self.scanner.scan_descriptor(file.fileno(), path.stat().st_size)
        if answer.outcome != "clean":
            raise RuntimeError(f"clamd said {answer.raw_answer}")
        made = super().__call__(path)
        for name, content in made.items():
            (self.folder / f"{path.stem}-{name}.jpg").write_bytes(content)
        return made


class WholeIntake(Bare):
    """As above, with the hash and the checksum that are taken when the last byte arrives."""

    def __call__(self, path: Path) -> Made:
        digest, checksum = hashlib.sha256(), 0
        with path.open("rb") as file:
            while block := file.read(1024 * 1024):
                digest.update(block)
                checksum = zlib.crc32(block, checksum)
        return super().__call__(path)


class PublishedIntake(Naive):
    """The tutorials: ``instream`` of the clamd package, clamd as it comes, naive renditions."""

    def __init__(self) -> None:
        socket = os.environ["BENCH_PUBLISHED_CLAMD"].removeprefix("unix:")
        self.scanner = clamd.ClamdUnixSocket(socket)

    def __call__(self, path: Path) -> Made:
        with path.open("rb") as file:
            answer = self.scanner.instream(file)
        if answer["stream"][0] != "OK":
            raise RuntimeError(f"clamd said {answer}")
        return super().__call__(path)


class Wagtail(Method):
    """Wagtail's ``get_renditions`` of an image in its library, with its database and storage."""

    def __init__(self) -> None:
        import django

        django.setup()
        self.images = {}

    def prepare(self, path: Path) -> None:
        from django.core.files.images import ImageFile
        from wagtail.images.models import Image as WagtailImage

        if path not in self.images:
            with path.open("rb") as file:
                self.images[path] = WagtailImage.objects.create(
                    title=path.name, file=ImageFile(file, name=path.name)
                )
        for rendition in self.images[path].renditions.all():
            rendition.delete()
        self.images[path] = WagtailImage.objects.get(pk=self.images[path].pk)

    def __call__(self, path: Path) -> Made:
        filters = {
            name: f"max-{tier['width']}x{tier['height']}|jpegquality-{tier['quality']}"
            for name, tier in TIERS.items()
        }
        renditions = self.images[path].get_renditions(*filters.values())
        return {name: renditions[spec].file.read() for name, spec in filters.items()}


class VipsThumbnail(Method):
    """The command of libvips' tools, once for each size, with colours managed where there is need.

    Asked to convert what has no profile, it decodes in full and takes three times as long.
    """

    program = shutil.which("vipsthumbnail")

    def prepare(self, path: Path) -> None:
        with Image.open(path) as image:
            has_profile = "icc_profile" in image.info
        self.colours = ["--eprofile", "srgb"] if has_profile else []

    def __call__(self, path: Path) -> Made:
        made = {}
        with tempfile.TemporaryDirectory() as directory:
            for name, tier in TIERS.items():
                target = Path(directory) / f"{name}.jpg"
                size = f"{tier['width']}x{tier['height']}>"
                options = f"{target}[Q={tier['quality']},strip]"
                subprocess.run(
                    [self.program, path, "--size", size, *self.colours, "-o", options],
                    check=True,
                )
                made[name] = target.read_bytes()
        return made


class Floor(Method):
    """What no method can do without: a decode at the largest scale that covers, three encodes.

    Sizes between are for nothing here: what is encoded has been made ready before. libjpeg-turbo
    through simplejpeg where it is installed, through Pillow otherwise.
    """

    def __init__(self) -> None:
        self.ready = {}
        self.shrinks = {}

    def prepare(self, path: Path) -> None:
        if path not in self.ready:
            whole = Image.open(path)
            whole.load()
            self.ready[path] = [self._ready(whole, tier) for tier in TIERS.values()]
            self.shrinks[path] = _largest_shrink(whole)

    def _ready(self, whole: Image.Image, tier: dict) -> tuple[Image.Image, int]:
        image = whole.copy()
        image.thumbnail((tier["width"], tier["height"]))
        return image, tier["quality"]


def _largest_shrink(image: Image.Image) -> int:
    """By how much a JPEG's decoder may shrink the picture for the largest tier."""
    wanted = max(
        min(tier["width"] / image.width, tier["height"] / image.height) for tier in TIERS.values()
    )
    return next(shrink for shrink in (8, 4, 2, 1) if shrink == 1 or 1 / shrink >= wanted)


class FloorWithPillow(Floor):
    def __call__(self, path: Path) -> Made:
        image = Image.open(path)
        shrink = self.shrinks[path]
        image.draft(image.mode, (image.width // shrink, image.height // shrink))
        image.load()
        for ready, quality in self.ready[path]:
            ready.save(io.BytesIO(), "JPEG", quality=quality)
        return {}


class FloorWithSimplejpeg(Floor):
    def _ready(self, whole: Image.Image, tier: dict) -> tuple[object, int]:
        import numpy

        image, quality = super()._ready(whole, tier)
        return numpy.array(image), quality

    def __call__(self, path: Path) -> Made:
        import simplejpeg

        content = path.read_bytes()
        height, width, *_rest = simplejpeg.decode_jpeg_header(content)
        shrink = self.shrinks[path]
        simplejpeg.decode_jpeg(
            content, min_height=-(-height // shrink), min_width=-(-width // shrink)
        )
        for pixels, quality in self.ready[path]:
            simplejpeg.encode_jpeg(pixels, quality, colorsubsampling="420")
        return {}


METHODS: dict[str, Callable[[], Method]] = {
    "naive": Naive,
    "Wagtail": Wagtail,
    "ours, Pillow": OursWithPillow,
    "ours, fast": Ours,
    "vipsthumbnail": VipsThumbnail,
    "bare": Bare,
    "whole intake": WholeIntake,
    "published intake": PublishedIntake,
    "floor (Pillow)": FloorWithPillow,
    "floor (simplejpeg)": FloorWithSimplejpeg,
}


def find_sharp() -> str | None:
    """The version of sharp that Node finds from here; None without it, or without Node."""
    if shutil.which("node") is None:
        return None
    script = "process.stdout.write(require('sharp').versions.sharp)"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, cwd=HERE)
    return done.stdout if done.returncode == 0 else None


def tiers_as_json() -> str:
    return json.dumps(TIERS)
