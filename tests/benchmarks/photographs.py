"""Photographs of camera size: real pictures with the grain, tags and profiles of a camera's file.

The pictures are those of the demo, which are small. Each is mirrored side by side before it is
scaled up, so that there is detail in every tier, and gets grain as a sensor leaves it, so that the
file has a camera's weight and a decoder a camera file's work.
"""

from __future__ import annotations

import importlib.util
import io
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy
import pyvips
from PIL import ExifTags, Image, ImageCms

from example_site.studio.photographs import SOURCES, VICKLEBY
from pumbaphoto_wagtail.intake.colour import adobe_rgb_profile, needs_conversion

MIRRORED = 3
JPEG_QUALITY = 94
COLOUR_GRAIN_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a camera was set.

    ``source`` is the place of the picture among the demo's, ``grain`` the noise of the sensitivity
    in steps of 255.
    """

    name: str
    source: int
    orientation: int
    grain: float
    profile: str = ""
    subsampling: str = "4:2:0"
    has_position: bool = False


UNTAGGED = Kind(name="untagged", source=0, orientation=1, grain=4.5, subsampling="4:2:2")
SRGB = Kind(name="srgb", source=1, orientation=8, grain=3, profile="srgb", has_position=True)
ADOBE_RGB = Kind(
    name="adobe-rgb", source=2, orientation=6, grain=3.5, profile="adobe-rgb", subsampling="4:2:2"
)
DISPLAY_P3 = Kind(
    name="display-p3", source=3, orientation=6, grain=2.5, profile="p3", has_position=True
)
NIGHT = Kind(name="night", source=2, orientation=1, grain=7, subsampling="4:2:2")
STUDIO = Kind(name="studio", source=3, orientation=1, grain=1.5, profile="srgb")
KINDS = {
    24: (UNTAGGED, SRGB, ADOBE_RGB, DISPLAY_P3, NIGHT, STUDIO),
    45: (UNTAGGED, SRGB, ADOBE_RGB, DISPLAY_P3),
}
SIZES = {24: (6000, 4000), 45: (8192, 5464)}


# What is nearer to 24 MP than to 45 is measured against the goals for 24.
BETWEEN_SIZES = 34


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """A JPEG on disk, the goal's size that is nearest to its millions of pixels, and its colours.

    ``has_profile``: says what its colours mean. ``is_wide``: looks wrong where that is dropped.
    ``is_turned``: lies on its side.
    """

    path: Path
    name: str
    megapixels: int
    has_profile: bool
    is_wide: bool
    is_turned: bool

    @classmethod
    def read(cls, path: Path, name: str) -> Photograph:
        with Image.open(path) as image:
            profile = image.info.get("icc_profile", b"")
            return cls(
                path=path,
                name=name,
                megapixels=24 if image.width * image.height / 1e6 < BETWEEN_SIZES else 45,
                has_profile=bool(profile),
                is_wide=bool(profile) and needs_conversion(profile, image.mode),
                is_turned=image.getexif().get(ExifTags.Base.Orientation, 1) >= 5,
            )


def photographs_in(folder: Path) -> list[Photograph]:
    """The JPEGs in somebody's own folder, by their names; ValueError where there are none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg"})
    if not paths:
        raise ValueError(f"no JPEGs in {folder}")
    return [Photograph.read(path, path.stem) for path in paths]


def photographs(directory: Path) -> list[Photograph]:
    """Six photographs of 24 MP and four of 45 MP, made where they are not there yet."""
    directory.mkdir(parents=True, exist_ok=True)
    made = []
    for megapixels, size in SIZES.items():
        for kind in KINDS[megapixels]:
            path = directory / f"{megapixels}-{kind.name}.jpg"
            if not path.exists():
                _write(path, kind, size)
            made.append(Photograph.read(path, kind.name))
    return made


def of_24_megapixels(photographs: list[Photograph]) -> list[Photograph]:
    """Those, or all where there are none."""
    return [p for p in photographs if p.megapixels == 24] or photographs


def copies(originals: list[Path], directory: Path, count: int) -> list[Path]:
    """``count`` files that show ``originals`` in turn, no two with the same bytes.

    Equal files would be told for duplicates, and clamd remembers what it has scanned.
    """
    directory.mkdir(parents=True)
    contents = [path.read_bytes() for path in originals]
    paths = []
    for number in range(count):
        content = contents[number % len(contents)]
        comment = uuid.uuid4().hex.encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        path = directory / f"IMG_{number:04d}.jpg"
        path.write_bytes(content[:2] + segment + content[2:])
        paths.append(path)
    return paths


def profile_bytes(name: str) -> bytes:
    """An ICC profile by its name in :class:`Kind`."""
    if name == "adobe-rgb":
        return adobe_rgb_profile()
    return bytes(pyvips.Image.profile_load(name))


def _write(path: Path, kind: Kind, size: tuple[int, int]) -> None:
    picture = _mirrored(_open(kind.source))
    options = {}
    if kind.profile:
        options["icc_profile"] = profile_bytes(kind.profile)
        picture = _in_profile(picture, options["icc_profile"])
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    picture = _with_grain(picture, kind)
    picture.save(
        path,
        "JPEG",
        quality=JPEG_QUALITY,
        subsampling=kind.subsampling,
        exif=_exif(kind),
        **options,
    )


def _open(number: int) -> Image.Image:
    source = SOURCES[number]
    package = importlib.util.find_spec(source.package).submodule_search_locations[0]
    with Image.open(Path(package) / source.path) as picture:
        return picture.convert("RGB")


def _mirrored(picture: Image.Image) -> Image.Image:
    """The picture three by three times, every second one mirrored, cut to 3 : 2."""
    whole = Image.new("RGB", (picture.width * MIRRORED, picture.height * MIRRORED))
    for column in range(MIRRORED):
        for row in range(MIRRORED):
            tile = picture
            if column % 2:
                tile = tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            if row % 2:
                tile = tile.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
            whole.paste(tile, (column * picture.width, row * picture.height))
    height = min(whole.height, whole.width * 2 // 3)
    return whole.crop((0, 0, height * 3 // 2, height))


def _in_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    return ImageCms.profileToProfile(
        picture, ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile))
    )


def _with_grain(picture: Image.Image, kind: Kind) -> Image.Image:
    """Noise that is stronger in luminance than in colour, and spread over neighbouring pixels."""
    dice = numpy.random.default_rng(kind.source)
    pixels = numpy.asarray(picture)
    grainy = numpy.empty_like(pixels)
    rows = 256
    for top in range(0, picture.height, rows):
        band = pixels[top : top + rows]
        noise = kind.grain * COLOUR_GRAIN_SHARE * _spread(dice, band.shape)
        noise += kind.grain * _spread(dice, (*band.shape[:2], 1))
        grainy[top : top + rows] = numpy.clip(band + noise + 0.5, 0, 255)
    return Image.fromarray(grainy)


def _spread(dice: numpy.random.Generator, shape: tuple[int, ...]) -> numpy.ndarray:
    noise = dice.standard_normal(shape, dtype=numpy.float32)
    for axis in (0, 1):
        noise = noise + 0.5 * numpy.roll(noise, 1, axis)
    return noise / 1.25


def _exif(kind: Kind) -> Image.Exif:
    base, directory, gps = ExifTags.Base, ExifTags.IFD, ExifTags.GPS
    exif = Image.Exif()
    exif[base.Make] = "Canon"
    exif[base.Model] = "Canon EOS R5"
    exif[base.Orientation] = kind.orientation
    exif[directory.Exif] = {
        base.DateTimeOriginal: "2026:06:20 10:42:17",
        base.SubsecTimeOriginal: "25",
        base.BodySerialNumber: "012021003951",
    }
    if kind.has_position:
        exif[directory.GPSInfo] = {
            gps.GPSLatitudeRef: "N",
            gps.GPSLatitude: (VICKLEBY[0], 0.0, 0.0),
            gps.GPSLongitudeRef: "E",
            gps.GPSLongitude: (VICKLEBY[1], 0.0, 0.0),
        }
    return exif
