"""Photographs for the demo: real ones that ship inside scikit-image and scikit-learn, varied.

Each becomes many frames, as of a camera: other crops, tones and sides, scaled to camera size, with
grain, EXIF, and names that count up. They stand for nobody's wedding; their makers are named in
:data:`SOURCES`, and `CREDITS.txt` is written beside them.

Run as a program it fills a folder::

    python -m studio.photographs FOLDER --count 48
"""

from __future__ import annotations

import argparse
import importlib.util
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PIL import ExifTags, Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

FIRST_NUMBER = 4501
FIRST_MOMENT = datetime(2026, 6, 20, 10, 42, 17)
# Most frames are smaller than a camera's, so that the demo is ready in a minute.
USUAL_SIZE = (3000, 2000)
FULL_SIZE = (6000, 4000)
FULL_SIZE_EVERY = 12
GPS_EVERY = 5
GRAIN_TILE = 512
# Orientation as a camera held upright writes it -> how the sensor saw the picture.
SENSOR_VIEW = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
VICKLEBY = (56.5786, 16.4567)


class PhotographsMissing(Exception):
    """Install the demo extra (scikit-image, scikit-learn), or use photographs of your own."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One photograph inside a Python package, how it may be used, and what is worth looking at.

    ``subjects`` are points (from the left and top edge, 0 to 1) that a frame is built around.
    """

    package: str
    path: str
    credit: str
    subjects: tuple[tuple[float, float], ...]


SOURCES = (
    Source(
        package="sklearn",
        path="datasets/images/flower.jpg",
        credit="vultilion, CC BY 2.0",
        subjects=((0.48, 0.5), (0.42, 0.42)),
    ),
    Source(
        package="skimage",
        path="data/coffee.png",
        credit="Rachel Michetti, CC0",
        subjects=((0.5, 0.42), (0.62, 0.62)),
    ),
    Source(
        package="sklearn",
        path="datasets/images/china.jpg",
        credit="danielbuechele, CC BY 2.0",
        subjects=((0.37, 0.45), (0.4, 0.25), (0.7, 0.6)),
    ),
    Source(
        package="skimage",
        path="data/chelsea.png",
        credit="Stefan van der Walt, CC0",
        subjects=((0.5, 0.45), (0.4, 0.4)),
    ),
    Source(
        package="skimage",
        path="data/astronaut.png",
        credit="NASA, public domain",
        subjects=((0.43, 0.2), (0.45, 0.22), (0.6, 0.7)),
    ),
    Source(
        package="skimage",
        path="data/rocket.jpg",
        credit="SpaceX, public domain",
        subjects=((0.5, 0.6), (0.45, 0.85)),
    ),
    Source(
        package="skimage",
        path="data/motorcycle_left.png",
        credit="D. Scharstein et al., CC0",
        subjects=((0.5, 0.5), (0.7, 0.55), (0.3, 0.5)),
    ),
    Source(
        package="skimage",
        path="data/hubble_deep_field.jpg",
        credit="NASA, public domain",
        subjects=((0.5, 0.5), (0.3, 0.7)),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Camera:
    make: str
    model: str
    serial: str
    lens: str


CAMERAS = (
    Camera(make="Canon", model="Canon EOS R6", serial="043021004417", lens="RF50mm F1.2 L USM"),
    Camera(make="Canon", model="Canon EOS R5", serial="012021003951", lens="RF85mm F1.2 L USM"),
)


def write_photographs(directory: Path, count: int, *, seed: int = 1) -> list[Path]:
    """Write ``count`` JPEGs ``IMG_4501.JPG`` ... in order of capture; the same for the same seed.

    Files that are there already are kept. Raises PhotographsMissing without the demo extra.
    """
    directory.mkdir(parents=True, exist_ok=True)
    originals = [_open(source) for source in SOURCES]
    order = _order(count, seed)
    grain = _grain(seed)
    moment = FIRST_MOMENT
    paths = []
    for index in range(count):
        dice = random.Random(f"{seed} {index}")
        moment += timedelta(seconds=dice.uniform(0.4, 240))
        path = directory / f"IMG_{FIRST_NUMBER + index:04d}.JPG"
        if not path.exists():
            frame = _Frame(index=index, moment=moment, dice=dice, grain=grain)
            frame.write(originals[order[index]], SOURCES[order[index]].subjects, path)
        paths.append(path)
    credits_text = "\n".join(f"{s.package}/{s.path}: {s.credit}" for s in SOURCES)
    (directory / "CREDITS.txt").write_text(credits_text + "\n")
    return paths


def edited_versions(paths: list[Path], directory: Path) -> list[Path]:
    """Retouched copies of ``paths`` under the names that editing programs give them.

    The names take turns; each sixth photograph comes twice, in colour and in black and white.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for index, path in enumerate(paths):
        suffix, retouch = EDITS[index % len(EDITS)]
        written.append(_write_edit(path, directory / f"{path.stem}{suffix}.jpg", retouch))
        if index % 6 == 5:
            written.append(_write_edit(path, directory / f"{path.stem}_bw.jpg", _black_and_white))
    return written


# --- One frame -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """What is particular to one press of the shutter."""

    index: int
    moment: datetime
    dice: random.Random
    grain: Image.Image

    def write(
        self, original: Image.Image, subjects: tuple[tuple[float, float], ...], path: Path
    ) -> None:
        picture = self._composed(original, self.dice.choice(subjects))
        orientation = 1
        if picture.height > picture.width:
            orientation = self.dice.choice((6, 8))
            picture = picture.transpose(SENSOR_VIEW[orientation])
        picture.save(path, "JPEG", quality=88, exif=self._exif(orientation, picture.size))

    def _composed(self, original: Image.Image, subject: tuple[float, float]) -> Image.Image:
        size = FULL_SIZE if self.index % FULL_SIZE_EVERY == 0 else USUAL_SIZE
        if self.dice.random() < 0.3:
            size = size[::-1]
        cut = self._cropped(original, size[0] / size[1], subject)
        if self.dice.random() < 0.4:
            cut = ImageOps.mirror(cut)
        tone = self.dice.choice(TONES)
        return _with_grain(_enlarged(tone(cut), size), self.grain)

    def _cropped(
        self, original: Image.Image, proportion: float, subject: tuple[float, float]
    ) -> Image.Image:
        """A part of the given width : height that has the subject near a third or the middle."""
        share = self.dice.uniform(0.72, 1)
        width = min(original.width, original.height * proportion) * share
        height = width / proportion
        across, down = self.dice.uniform(0.36, 0.64), self.dice.uniform(0.36, 0.52)
        left = min(max(0, subject[0] * original.width - across * width), original.width - width)
        top = min(max(0, subject[1] * original.height - down * height), original.height - height)
        return original.crop(tuple(round(edge) for edge in (left, top, left + width, top + height)))

    def _exif(self, orientation: int, size: tuple[int, int]) -> Image.Exif:
        camera = CAMERAS[self.index % 7 == 6]
        moment = self.moment.strftime("%Y:%m:%d %H:%M:%S")
        hundredths = f"{self.moment.microsecond // 10_000:02d}"
        base, photo = ExifTags.Base, ExifTags.IFD
        exif = Image.Exif()
        exif[base.Make] = camera.make
        exif[base.Model] = camera.model
        exif[base.Orientation] = orientation
        exif[base.DateTime] = moment
        exif[base.Artist] = "Maria Lindqvist"
        exif[base.Copyright] = "Demo photographs; see CREDITS.txt"
        exif[photo.Exif] = {
            base.DateTimeOriginal: moment,
            base.DateTimeDigitized: moment,
            base.SubsecTimeOriginal: hundredths,
            base.SubsecTimeDigitized: hundredths,
            base.OffsetTimeOriginal: "+02:00",
            base.ExifImageWidth: size[0],
            base.ExifImageHeight: size[1],
            base.ExposureTime: 1 / self.dice.choice((125, 250, 500, 1000)),
            base.FNumber: self.dice.choice((1.8, 2.2, 2.8, 4.0)),
            base.ISOSpeedRatings: self.dice.choice((100, 200, 400, 1600)),
            base.FocalLength: 50.0 if camera is CAMERAS[0] else 85.0,
            base.BodySerialNumber: camera.serial,
            base.LensModel: camera.lens,
        }
        if self.index % GPS_EVERY == 0:
            exif[photo.GPSInfo] = _position(*VICKLEBY)
        return exif


def _order(count: int, seed: int) -> list[int]:
    """Which source each frame shows: every one in turn, each round in another order."""
    dice = random.Random(seed)
    rounds = [dice.sample(range(len(SOURCES)), len(SOURCES)) for _ in range(0, count, len(SOURCES))]
    return [index for one in rounds for index in one][:count]


def _position(latitude: float, longitude: float) -> dict[int, object]:
    gps = ExifTags.GPS
    return {
        gps.GPSVersionID: b"\x02\x03\x00\x00",
        gps.GPSLatitudeRef: "N",
        gps.GPSLatitude: _degrees(latitude),
        gps.GPSLongitudeRef: "E",
        gps.GPSLongitude: _degrees(longitude),
    }


def _degrees(value: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(value * 3600, 60)
    degrees, minutes = divmod(minutes, 60)
    return degrees, minutes, round(seconds, 2)


def _open(source: Source) -> Image.Image:
    # Found without importing the package, which would take longer than making a photograph.
    spec = importlib.util.find_spec(source.package)
    if spec is None or not spec.submodule_search_locations:
        raise PhotographsMissing(PhotographsMissing.__doc__)
    with Image.open(Path(spec.submodule_search_locations[0]) / source.path) as picture:
        return picture.convert("RGB")


# --- Tone and grain ------------------------------------------------------------------------------


def _curve(*channels: Callable[[float], float]) -> Callable[[Image.Image], Image.Image]:
    """A tone made of one curve per channel; values run from 0 to 1."""
    table = [
        round(255 * min(1, max(0, channel(value / 255))))
        for channel in channels
        for value in range(256)
    ]
    return lambda picture: picture.point(table)


def _black_and_white(picture: Image.Image) -> Image.Image:
    return ImageOps.autocontrast(ImageOps.grayscale(picture), cutoff=1).convert("RGB")


def _finished(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(1.15)).enhance(1.08)


as_taken = _curve(lambda v: v, lambda v: v, lambda v: v)
bright = _curve(*[lambda v: v**0.8] * 3)
dusk = _curve(lambda v: v**1.25 * 0.95, lambda v: v**1.3 * 0.93, lambda v: v**1.15)
warm = _curve(lambda v: v**0.88, lambda v: v**0.96, lambda v: v**1.12)
cool = _curve(lambda v: v**1.08, lambda v: v, lambda v: v**0.92)
faded = _curve(*[lambda v: 0.07 + 0.88 * v**0.95] * 3)
TONES = (as_taken, as_taken, bright, dusk, warm, warm, cool, faded)
EDITS = (
    ("_edit", _finished),
    ("-Edited", warm),
    ("_v2", bright),
    ("_final", _finished),
    ("-Edit-2", faded),
    ("_edited", cool),
)


def _write_edit(path: Path, target: Path, retouch: Callable[[Image.Image], Image.Image]) -> Path:
    if not target.exists():
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture.convert("RGB"))
            retouch(upright).save(target, "JPEG", quality=92, exif=upright.getexif())
    return target


def _grain(seed: int) -> Image.Image:
    """A square of noise round middle grey."""
    noise = random.Random(seed).randbytes(GRAIN_TILE**2)
    tile = Image.frombytes("L", (GRAIN_TILE, GRAIN_TILE), noise)
    return tile.point([round(128 + (value - 128) * 0.16) for value in range(256)])


def _enlarged(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled up by way of half the size, where sharpening costs a quarter."""
    half = picture.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS)
    sharp = half.filter(ImageFilter.UnsharpMask(radius=2.5, percent=90, threshold=2))
    return sharp.resize(size, Image.Resampling.BICUBIC)


def _with_grain(picture: Image.Image, tile: Image.Image) -> Image.Image:
    """Film grain: hides that the picture was enlarged and gives the file a camera's weight."""
    layer = Image.new("L", picture.size)
    for left in range(0, picture.width, GRAIN_TILE):
        for top in range(0, picture.height, GRAIN_TILE):
            layer.paste(tile, (left, top))
    return ImageChops.overlay(picture, Image.merge("RGB", (layer, layer, layer)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write photographs for the demo into a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    write_photographs(arguments.folder, arguments.count, seed=arguments.seed)


if __name__ == "__main__":
    main()
