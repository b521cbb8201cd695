import io
import math
import platform
import random
import struct
import subprocess
import sys
import time
import zlib

import pytest
from PIL import Image, ImageChops, ImageCms, ImageColor, ImageDraw, ImageOps, ImageStat, features
from PIL.ExifTags import IFD, Base

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.exceptions import RenderFailed
from pumbaphoto_wagtail.intake.colour import adobe_rgb_profile, needs_conversion, srgb_transform
from pumbaphoto_wagtail.intake.engines import tables, vips
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.picture import average_colour, is_grey, perceptual_hash
from pumbaphoto_wagtail.intake.renditions import render
from tests.memory import forget_peak, peak_bytes
from tests.samples import sample_path, samples

TIERS = DEFAULTS["TIERS"]
SMALL = {
    "fit": {"width": 90, "height": 70, "mode": "fit", "quality": 90},
    "fill": {"width": 40, "height": 60, "mode": "fill", "quality": 90},
}
MAX_PIXELS = DEFAULTS["MAX_PIXELS"]
ENGINES = ["auto", "pillow"]
CORNERS = {"red": (0, 0), "green": (1, 0), "blue": (0, 1), "white": (1, 1)}
# How a camera lays an upright picture down so that this orientation stands it up again.
LAID_DOWN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


needs_quick_engine = pytest.mark.skipif(
    not (vips.load() and vips.load_decoder()), reason="pyvips and simplejpeg are not installed"
)


@pytest.fixture(params=[pytest.param("auto", marks=needs_quick_engine), "pillow"])
def engine(request):
    return request.param


def four_corners(width=300, height=200):
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for colour, (right, down) in CORNERS.items():
        left, top = right * width // 2, down * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), colour)
    return image


def photograph(width=1200, height=900, seed=1):
    """Something with the detail of a photograph, at random but always the same."""
    noise = random.Random(seed)
    small = Image.frombytes("RGB", (24, 18), noise.randbytes(24 * 18 * 3))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def grey_profile():
    """A grey profile with the curve of Adobe RGB."""
    data = adobe_rgb_profile()
    return (data[:16] + b"GRAY" + data[20:]).replace(b"rTRC", b"kTRC", 1)


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer


def oriented(image, format, orientation):
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    if orientation in LAID_DOWN:
        image = image.transpose(LAID_DOWN[orientation])
    return saved(image, format, exif=exif)


def make(source, format="jpeg", tiers=TIERS, engine="auto", max_pixels=MAX_PIXELS):
    return render(source, FORMATS[format], tiers, max_pixels=max_pixels, engine=engine)


def opened(result, tier):
    data = next(made.data for made in result.renditions if made.tier == tier)
    return Image.open(io.BytesIO(data))


def colours_at_corners(image):
    width, height = image.size
    return {
        name: image.getpixel((width * (1 + 2 * right) // 4, height * (1 + 2 * down) // 4))
        for name, (right, down) in CORNERS.items()
    }


def is_near(colour, other, steps=12):
    return all(abs(one - two) <= steps for one, two in zip(colour, other, strict=True))


# --- Upright -------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["jpeg", "png", "tiff"])
def test_m62_every_orientation_stands_upright_in_a_box_that_is_not_square(
    format, orientation, engine
):
    result = make(oriented(four_corners(), format, orientation), format, SMALL, engine)

    assert (result.width, result.height) == (300, 200)
    fit, fill = opened(result, "fit"), opened(result, "fill")
    assert fit.size == (90, 60)
    assert fill.size == (40, 60)
    for image in (fit, fill):
        found = colours_at_corners(image)
        expected = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255)}
        for name, colour in expected.items():
            assert is_near(found[name], colour, 40), (name, found)


def test_m61_b41_sizes_fit_their_boxes_and_nothing_is_enlarged(engine):
    result = make(saved(photograph(1200, 900), "JPEG"), engine=engine)

    sizes = {made.tier: (made.width, made.height) for made in result.renditions}
    assert sizes == {"grid": (300, 225), "view": (800, 600), "display": (1200, 900)}
    assert all(opened(result, tier).size == size for tier, size in sizes.items())


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (5000, 3), (799, 801), (2401, 1603)])
def test_odd_sizes_come_out_exactly(size, engine):
    result = make(saved(photograph(*size), "JPEG"), engine=engine)

    for made in result.renditions:
        expected = photograph(*size)
        box = TIERS[made.tier]
        expected.thumbnail((box["width"], box["height"]))
        assert (made.width, made.height) == expected.size == opened(result, made.tier).size


def test_renditions_come_in_the_order_of_the_settings(engine):
    result = make(saved(photograph(40, 30), "JPEG"), engine=engine)

    assert [made.tier for made in result.renditions] == list(TIERS)


# --- What is in a rendition ----------------------------------------------------------------------


def markers(data):
    """The markers of a JPEG up to its first scan."""
    found, position = [], 2
    while data[position + 1] != 0xDA:
        found.append(data[position + 1])
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return found


def test_a_rendition_is_a_baseline_jpeg_without_any_metadata(engine):
    exif = Image.Exif()
    exif[Base.Artist] = "<script>"
    exif.get_ifd(IFD.GPSInfo).update({1: "N", 2: (52.0, 30.0, 0.0)})
    source = saved(
        photograph(),
        "JPEG",
        exif=exif,
        xmp=b"<x:xmpmeta/>",
        comment=b"<?php",
        icc_profile=adobe_rgb_profile(),
        progressive=True,
        dpi=(300, 300),
    )

    for made in make(source, engine=engine).renditions:
        kinds = set(markers(made.data))
        # JFIF, tables, one baseline frame: no application data, no comment.
        assert kinds <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDD}
        assert b"script" not in made.data
        assert b"php" not in made.data
        frame = made.data.index(b"\xff\xc0")
        assert made.data[frame + 11] == 0x22, "colour at half the resolution (4:2:0)"


def test_m63_quality_is_the_tiers_own(engine):
    source = saved(photograph(), "JPEG")
    low, high = ({"one": SMALL["fit"] | {"quality": quality}} for quality in (40, 95))

    sizes = [len(make(source, tiers=t, engine=engine).renditions[0].data) for t in (low, high)]
    assert sizes[0] < sizes[1]


def test_the_source_is_left_as_it_was(engine):
    source = saved(photograph(), "JPEG")
    before = source.getvalue()
    make(source, engine=engine)

    assert source.getvalue() == before


def test_a_real_file_is_read_from_its_beginning_wherever_it_stands(tmp_path, engine):
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved(photograph(), "JPEG").getvalue())
    with path.open("rb") as file:
        file.read(1000)
        assert make(file, engine=engine).width == 1200


# --- Other formats -------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["avif", "webp"])
@pytest.mark.parametrize("kind", ["fit", "fill"])
def test_another_format_shows_the_same_picture_beside_the_jpeg(format, kind, engine):
    if not features.check(format):
        pytest.skip(f"Pillow cannot write {format}")
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.Artist] = "secret"
    source = saved(
        photograph(1200, 900), "JPEG", quality=95, exif=exif, icc_profile=adobe_rgb_profile()
    )
    jpeg, other = make(
        source, tiers={kind: SMALL[kind] | {"formats": {format: 90}}}, engine=engine
    ).renditions

    assert (jpeg.format, other.format) == ("jpeg", format)
    images = [Image.open(io.BytesIO(made.data)) for made in (jpeg, other)]
    assert [image.format.lower() for image in images] == ["jpeg", format]
    sizes = {image.size for image in images} | {(made.width, made.height) for made in (jpeg, other)}
    assert len(sizes) == 1
    assert decibels(*(image.convert("RGB") for image in images)) > 30
    assert not images[1].getexif()
    assert not {"icc_profile", "xmp"} & set(images[1].info)


def test_formats_are_made_where_they_are_wanted_and_nowhere_else(engine):
    tiers = TIERS | {"grid": TIERS["grid"] | {"formats": {"webp": 80}}}
    result = make(saved(photograph(), "JPEG"), tiers=tiers, engine=engine)

    made = [(rendition.tier, rendition.format) for rendition in result.renditions]
    assert made == [("grid", "jpeg"), ("grid", "webp"), ("view", "jpeg"), ("display", "jpeg")]


# --- Two engines, one picture --------------------------------------------------------------------


def decibels(one, two):
    """How alike two pictures are: 30 is what a good JPEG leaves of its original, 99 the same."""
    error = sum(value**2 for value in ImageStat.Stat(ImageChops.difference(one, two)).rms) / 3
    return 10 * math.log10(255**2 / error) if error else 99


def assert_alike(quick, reference):
    sizes = [
        [(made.tier, made.format, made.width, made.height) for made in result.renditions]
        for result in (quick, reference)
    ]
    assert sizes[0] == sizes[1]
    for made in quick.renditions:
        one, two = opened(quick, made.tier), opened(reference, made.tier)
        assert (one.size, one.mode) == (two.size, two.mode) == ((made.width, made.height), "RGB")
        assert decibels(one, two) > 30, made.tier
    distance = int(quick.perceptual_hash, 16) ^ int(reference.perceptual_hash, 16)
    assert distance.bit_count() <= 4
    assert is_near(*(ImageColor.getrgb(made.average_colour) for made in (quick, reference)), 4)


@needs_quick_engine
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_both_engines_make_the_same_picture_whichever_way_it_lies(mode, orientation):
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    source = saved(photograph(3100, 2050).convert(mode), "JPEG", quality=95, exif=exif)

    assert_alike(*(make(source, engine=engine) for engine in ENGINES))


@needs_quick_engine
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_both_engines_see_the_same_colours_in_a_profile(mode, orientation):
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    profile = adobe_rgb_profile() if mode == "RGB" else grey_profile()
    image = photograph(1600, 1200).convert(mode)
    source = saved(image, "JPEG", quality=95, exif=exif, icc_profile=profile)
    quick, reference = (make(source, engine=engine) for engine in ENGINES)

    assert needs_conversion(profile, mode)
    assert_alike(quick, reference)
    for tier in TIERS:
        difference = ImageChops.difference(opened(quick, tier), opened(reference, tier))
        assert max(ImageStat.Stat(difference).mean) < 2, tier


@needs_quick_engine
@pytest.mark.parametrize("size", [(4096, 1030), (1030, 4096), (4097, 330), (2048, 2048)])
@pytest.mark.parametrize("orientation", [5, 8])
def test_a_width_that_processors_dislike_changes_nothing(size, orientation):
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    source = saved(photograph(*size), "JPEG", exif=exif)

    assert_alike(*(make(source, engine=engine) for engine in ENGINES))


@needs_quick_engine
@pytest.mark.samples
def test_both_engines_make_the_same_of_every_sample_that_both_take():
    compared = 0
    for sample in samples("good"):
        if sample.path.suffix.lower() not in {".jpg", ".jpeg"}:
            continue
        with sample.path.open("rb") as source:
            try:
                reference = make(source, engine="pillow")
            except RenderFailed:
                continue
            quick = make(source)
        assert_alike(quick, reference)
        assert quick.is_damaged == reference.is_damaged
        compared += 1
    assert compared > 30


def steps_between_table_and_lcms(profile, mode="RGB"):
    """How far each channel of many colours is off, in steps of 255, in order."""
    numpy = pytest.importorskip("numpy")
    image = Image.frombytes(mode, (512, 512), random.Random(3).randbytes(512 * 512 * len(mode)))
    wanted = ImageCms.applyTransform(image, srgb_transform(profile, mode))
    packed = image.convert("RGB").tobytes("raw", "RGBX")
    pixels = numpy.frombuffer(packed, "<u4").reshape(512, 512).copy()
    tables.convert(pixels, profile, mode)
    found = Image.frombytes("RGB", image.size, pixels.tobytes(), "raw", "RGBX")
    return sorted(ImageChops.difference(found, wanted).tobytes())


@needs_quick_engine
def test_colours_by_table_are_those_of_lcms_to_a_step_and_mostly_exactly():
    steps = steps_between_table_and_lcms(adobe_rgb_profile())

    assert steps[int(0.99 * len(steps))] <= 1
    assert sum(steps) / len(steps) < 0.25


@needs_quick_engine
def test_greys_by_table_are_exactly_those_of_lcms():
    assert steps_between_table_and_lcms(grey_profile(), "L")[-1] == 0


@needs_quick_engine
def test_black_white_and_grey_stay_without_colour_in_a_table():
    numpy = pytest.importorskip("numpy")
    greys = numpy.arange(256, dtype="<u4") * 0x010101
    tables.convert(greys, adobe_rgb_profile(), "RGB")
    channels = greys.view("u1").reshape(-1, 4)[:, :3].astype(int)

    assert list(channels[0]) == [0, 0, 0]
    assert list(channels[-1]) == [255, 255, 255]
    assert (channels.max(axis=1) - channels.min(axis=1)).max() <= 1


@needs_quick_engine
def test_the_quick_engine_is_the_one_that_runs(monkeypatch):
    called = []
    real = vips.render
    monkeypatch.setattr(vips, "render", lambda *args: called.append(1) or real(*args))
    source = saved(photograph(), "JPEG")

    make(source)
    assert called == [1]
    make(source, engine="pillow")
    assert called == [1]


def test_a_file_too_large_for_memory_is_left_to_the_engine_that_reads_as_it_goes(monkeypatch):
    source = saved(photograph(), "JPEG")
    monkeypatch.setattr(vips, "MAX_BYTES_IN_MEMORY", len(source.getvalue()) - 1)
    monkeypatch.setattr(vips, "_render", None)

    assert make(source).width == 1200


@pytest.mark.parametrize("part", ["load", "load_decoder"])
def test_m67_without_the_extra_the_reference_engine_does_all(part, monkeypatch):
    monkeypatch.setattr(vips, part, lambda: None)
    monkeypatch.setattr(vips, "_render", None)

    assert make(saved(photograph(), "JPEG")).width == 1200


# --- Colour --------------------------------------------------------------------------------------


def test_adobe_rgb_becomes_srgb(engine):
    # This green of Adobe RGB is (0, 203, 80) and not (90, 200, 90) in sRGB; the values are lcms's.
    source = saved(
        Image.new("RGB", (400, 300), (120, 200, 90)), "JPEG", quality=95,
        icc_profile=adobe_rgb_profile(),
    )  # fmt: skip
    found = opened(make(source, engine=engine), "grid").getpixel((100, 100))

    srgb = ImageCms.createProfile("sRGB")
    profile = ImageCms.ImageCmsProfile(io.BytesIO(adobe_rgb_profile()))
    expected = ImageCms.profileToProfile(
        Image.new("RGB", (1, 1), (120, 200, 90)), profile, srgb, outputMode="RGB"
    ).getpixel((0, 0))
    assert not is_near(expected, (120, 200, 90), 20)
    assert is_near(found, expected, 4)


def test_adobe_rgb_that_is_only_declared_becomes_srgb(engine):
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.ColorSpace] = 65535
    exif.get_ifd(IFD.Exif)[IFD.Interop] = {1: "R03"}
    image = Image.new("RGB", (400, 300), (120, 200, 90))
    declared = make(saved(image, "JPEG", quality=95, exif=exif), engine=engine)
    embedded = make(
        saved(image, "JPEG", quality=95, icc_profile=adobe_rgb_profile()), engine=engine
    )

    assert declared.average_colour == embedded.average_colour
    assert declared.average_colour != make(saved(image, "JPEG"), engine=engine).average_colour


def test_our_adobe_rgb_has_the_published_white_and_green():
    profile = ImageCms.ImageCmsProfile(io.BytesIO(adobe_rgb_profile())).profile

    assert profile.xcolor_space == "RGB "
    # xy of the primaries, from "Adobe RGB (1998) Color Image Encoding", as seen under D50.
    _xyz, (x, y, _) = profile.green_colorant
    assert (round(x, 2), round(y, 2)) == (0.23, 0.7)


def test_srgb_by_any_name_is_not_converted():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert not needs_conversion(profile, "RGB")
    assert needs_conversion(adobe_rgb_profile(), "RGB")


@pytest.mark.parametrize(
    "profile", [b"garbage" * 100, adobe_rgb_profile()[:200], bytes(5 * 1024 * 1024)]
)
def test_a_broken_or_giant_profile_is_dropped(profile, engine):
    image = Image.new("RGB", (100, 100), (120, 200, 90))
    result = make(saved(image, "JPEG", quality=95, icc_profile=profile), engine=engine)

    assert is_near(opened(result, "grid").getpixel((50, 50)), (120, 200, 90), 3)


def test_a_profile_for_another_kind_of_picture_is_dropped(engine):
    source = saved(Image.new("L", (100, 100), 90), "JPEG", icc_profile=adobe_rgb_profile())

    assert is_near(opened(make(source, engine=engine), "grid").getpixel((50, 50)), (90, 90, 90), 3)


# --- Modes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "format", "expected"),
    [
        (Image.new("RGBA", (60, 40), (255, 0, 0, 0)), "png", (255, 255, 255)),
        (Image.new("RGBA", (60, 40), (255, 0, 0, 128)), "png", (255, 127, 127)),
        (Image.new("LA", (60, 40), (0, 0)), "png", (255, 255, 255)),
        (Image.new("I;16", (60, 40), 65535), "png", (255, 255, 255)),
        (Image.new("I;16", (60, 40), 128 * 257), "tiff", (128, 128, 128)),
        (Image.new("F", (60, 40), 0.5), "tiff", (128, 128, 128)),
        (Image.new("1", (60, 40), 1), "png", (255, 255, 255)),
        (Image.new("P", (60, 40), 0), "png", (0, 0, 0)),
        (Image.new("L", (60, 40), 77), "jpeg", (77, 77, 77)),
        (Image.new("CMYK", (60, 40), (255, 0, 0, 0)), "jpeg", (0, 255, 255)),
        (Image.new("RGB", (60, 40), (9, 99, 199)), "tiff", (9, 99, 199)),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_b43_every_mode_becomes_the_picture_it_means(image, format, expected, engine):
    result = make(saved(image, format), format, engine=engine)

    found = opened(result, "grid")
    assert found.mode == "RGB"
    assert is_near(found.getpixel((30, 20)), expected, 4)


def test_only_the_first_frame_of_an_animation_is_shown():
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    source = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])

    assert make(source, "png").average_colour.startswith("#f")


def test_m64_a_large_progressive_picture_is_rendered(engine):
    source = saved(photograph(4000, 3000), "JPEG", progressive=True, quality=98)

    assert make(source, engine=engine).is_damaged is False


# --- Damage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.3, 0.9, 0.9999])
def test_what_is_left_of_a_cut_picture_is_shown_and_flagged(share, engine):
    whole = saved(photograph(), "JPEG", quality=95).getvalue()
    result = make(io.BytesIO(whole[: int(len(whole) * share)]), engine=engine)

    assert result.is_damaged
    assert [made.tier for made in result.renditions] == list(TIERS)


def test_what_is_left_of_a_cut_png_is_shown_and_flagged():
    whole = saved(photograph(), "png").getvalue()

    assert make(io.BytesIO(whole[: len(whole) // 2]), "png").is_damaged


def test_a_tiff_whose_picture_is_broken_is_refused_with_a_reason():
    whole = bytearray(saved(photograph(), "tiff", compression="tiff_lzw").getvalue())
    middle = len(whole) // 2
    whole[middle : middle + 2000] = bytes(2000)

    with pytest.raises(RenderFailed, match="damaged"):
        make(io.BytesIO(bytes(whole)), "tiff")


@pytest.mark.parametrize("format", ["jpeg", "png", "tiff"])
def test_nothing_but_a_header_is_refused_with_a_reason(format):
    header = saved(photograph(), format).getvalue()[:20]

    with pytest.raises(RenderFailed, match="damaged"):
        make(io.BytesIO(header), format)


def test_pillows_switch_for_damage_is_put_back():
    from PIL import ImageFile

    whole = saved(photograph(), "JPEG").getvalue()
    make(io.BytesIO(whole[: len(whole) // 2]), engine="pillow")

    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_a_storage_that_fails_is_not_taken_for_a_damaged_photo(engine):
    class Failing(io.BytesIO):
        def fileno(self):
            raise io.UnsupportedOperation

        def read(self, *arguments):
            data = super().read(*arguments)
            if self.tell() > 5000:
                raise OSError(5, "Input/output error")
            return data

    with pytest.raises(OSError, match="Input/output"):
        make(Failing(saved(photograph(), "JPEG", quality=95).getvalue()), engine=engine)


# --- Bombs ---------------------------------------------------------------------------------------


def png_claiming(width, height):
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))


def jpeg_claiming(width, height):
    data = bytearray(saved(photograph(64, 64), "JPEG").getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff_claiming(width, height):
    data = saved(Image.new("L", (77, 78)), "TIFF").getvalue()
    for tag, real, claimed in ((256, 77, width), (257, 78, height)):
        entry = struct.pack("<HHII", tag, 4, 1, real)
        assert entry in data
        data = data.replace(entry, struct.pack("<HHII", tag, 4, 1, claimed))
    return data


@pytest.mark.parametrize(
    ("format", "bomb"),
    [
        ("png", png_claiming(50000, 50000)),
        ("png", png_claiming(2**31 - 1, 2**31 - 1)),
        ("jpeg", jpeg_claiming(65500, 65500)),
        ("tiff", tiff_claiming(2**32 - 1, 2**32 - 1)),
        ("tiff", tiff_claiming(40000, 40000)),
    ],
)
def test_a_pixel_bomb_is_refused_at_once_and_takes_no_memory(format, bomb, engine):
    forget_peak()
    before = peak_bytes()
    started = time.process_time()
    with pytest.raises(RenderFailed, match="too large"):
        make(io.BytesIO(bomb), format, engine=engine)

    assert time.process_time() - started < 1
    assert peak_bytes() - before < 50 * 1024**2


def test_the_pixel_limit_is_the_sites_own(engine):
    source = saved(photograph(1000, 500), "JPEG")

    assert make(source, max_pixels=500_000, engine=engine).width == 1000
    with pytest.raises(RenderFailed, match="1000 × 500"):
        make(source, max_pixels=499_999, engine=engine)


def test_pillows_own_limit_does_not_refuse_a_panorama(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100_000)

    assert make(saved(photograph(), "JPEG"), engine="pillow").width == 1200
    assert make(saved(photograph(), "PNG"), "png").width == 1200
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate"):
        tiff = saved(photograph(), "TIFF", compression=compression)
        assert make(tiff, "tiff").width == 1200
    assert Image.MAX_IMAGE_PIXELS == 100_000


def test_a_jpeg_of_very_many_scans_is_refused_at_once(engine):
    data = saved(photograph(600, 600), "JPEG", progressive=True).getvalue()
    scan = data.rindex(b"\xff\xda")
    bomb = data[:-2] + data[scan:-2] * 1000 + b"\xff\xd9"
    started = time.process_time()
    with pytest.raises(RenderFailed, match="layers"):
        make(io.BytesIO(bomb), engine=engine)

    assert time.process_time() - started < 1


# --- What is learnt ------------------------------------------------------------------------------


def test_the_average_colour_is_the_mean():
    assert average_colour(Image.new("RGB", (7, 5), "#123456")) == "#123456"


def test_black_and_white_is_known_however_it_is_toned():
    grey = photograph(seed=1).convert("L")
    assert is_grey(grey.convert("RGB"))
    assert is_grey(ImageOps.colorize(grey, "#0a0500", "#fffaf0"))
    assert not is_grey(photograph(seed=1))


def test_faded_colours_are_no_black_and_white():
    with Image.open(sample_path("good/jpeg/orientation/Portrait_1.jpg")) as faded:
        assert not is_grey(faded.convert("RGB"))


def test_the_hash_is_imagehashs_own():
    fft = pytest.importorskip("scipy.fftpack")
    numpy = pytest.importorskip("numpy")
    for seed in range(5):
        image = photograph(seed=seed)
        pixels = numpy.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS))
        low = fft.dct(fft.dct(pixels, axis=0), axis=1)[:8, :8]
        bits = "".join("1" if value else "0" for value in (low > numpy.median(low)).flatten())
        assert perceptual_hash(image) == f"{int(bits, 2):016x}"


def test_the_hash_of_an_edit_is_near_and_of_another_photo_far():
    def distance(one, two):
        return (int(perceptual_hash(one), 16) ^ int(perceptual_hash(two), 16)).bit_count()

    original = photograph()
    assert distance(original, original.convert("L").point(lambda v: v * 0.8).convert("RGB")) <= 6
    assert distance(original, photograph(seed=2)) > 16


# --- Memory --------------------------------------------------------------------------------------

FAULTS = """
import io, resource
from django.conf import settings
from PIL import Image
settings.configure(USE_I18N=False)
from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.renditions import render
source = io.BytesIO()
Image.effect_noise((4800, 3200), 20).convert("RGB").save(source, "JPEG")
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    render(source, FORMATS["jpeg"], DEFAULTS["TIERS"], max_pixels=10**9, engine=%r)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_a_worker_keeps_the_memory_of_one_photo_for_the_next(engine):
    done = subprocess.run(
        [sys.executable, "-c", FAULTS % engine], capture_output=True, text=True, check=True
    )

    first, *_second, last = (int(line) for line in done.stdout.split())
    # Pages of 4 KiB: the picture at half the size has 2,800 of them, or few larger ones.
    assert first > 2500
    assert last < 1000
