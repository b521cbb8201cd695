"""Wide-gamut pictures against colour science of our own: dE2000, from the published formulas."""

import io
import struct

import pytest
from PIL import Image, ImageCms

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.colour import adobe_rgb_profile
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.renditions import render
from tests.samples import sample_path

numpy = pytest.importorskip("numpy")

# Columns: where red, green and blue lie in XYZ under D50, as ICC profiles store them.
PRIMARIES = {
    "Adobe RGB": (
        (0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457),
    ),
    "Display P3": (
        (0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407),
    ),
    "ProPhoto RGB": (
        (0.79767, 0.13519, 0.03135), (0.28804, 0.71188, 0.00009), (0.0, 0.0, 0.82491),
    ),
}  # fmt: skip
SRGB = ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))
WHITE = (0.9642, 1.0, 0.8249)
GAMMA = {"Adobe RGB": 563 / 256, "ProPhoto RGB": 461 / 256}
PATCH = 60

# Skin, sky, leaves, lipstick, greys: what photographs are made of, as saturated as the space allows
# without leaving sRGB's reach by much.
PATCHES = [
    (194, 150, 130), (115, 82, 68), (98, 122, 157), (87, 108, 67), (133, 128, 177),
    (103, 189, 170), (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108),
    (157, 188, 64), (224, 163, 46), (120, 148, 73), (175, 54, 60), (231, 199, 31),
    (243, 243, 242), (200, 200, 200), (122, 122, 121), (52, 52, 52), (20, 20, 20),
]  # fmt: skip


def s15(value):
    return struct.pack(">i", round(value * 65536))


def matrix_profile(name):
    """An ICC profile of three primaries and a curve (ICC.1:2001-04)."""
    curve = b"para\0\0\0\0\0\x03\0\0" + b"".join(
        s15(value) for value in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    )
    if name in GAMMA:
        curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA[name] * 256)) + b"\0\0"
    columns = zip(*PRIMARIES[name], strict=True)
    xyz = [b"XYZ \0\0\0\0" + b"".join(s15(value) for value in column) for column in columns]
    white = b"XYZ \0\0\0\0" + b"".join(map(s15, WHITE))
    description = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + bytes(8 + 3 + 67)
    tags = [(b"desc", description + bytes(-len(description) % 4)),
            (b"cprt", b"text\0\0\0\0free\0\0\0\0"), (b"wtpt", white)]  # fmt: skip
    tags += zip((b"rXYZ", b"gXYZ", b"bXYZ"), xyz, strict=True)
    tags += [(signature, curve) for signature in (b"rTRC", b"gTRC", b"bTRC")]
    place, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for signature, data in tags:
        table += signature + struct.pack(">II", place + len(body), len(data))
        body += data
    head = struct.pack(">I4xI4s4s4s", place + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    return head.ljust(68, b"\0") + b"".join(map(s15, WHITE)) + bytes(48) + table + body


def to_xyz(values, name):
    encoded = numpy.asarray(values, float) / 255
    return _linear(encoded, name) @ numpy.array(PRIMARIES.get(name, SRGB)).T


def _linear(encoded, name):
    if name in GAMMA:
        return encoded ** GAMMA[name]
    return numpy.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def within_srgb(xyz):
    """The same colours, those outside sRGB at its edge."""
    linear = numpy.clip(xyz @ numpy.linalg.inv(numpy.array(SRGB)).T, 0, 1)
    return linear @ numpy.array(SRGB).T


def to_lab(xyz):
    ratio = xyz / numpy.array(WHITE)
    curved = numpy.where(
        ratio > (6 / 29) ** 3, numpy.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29
    )
    x, y, z = numpy.moveaxis(curved, -1, 0)
    return numpy.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def difference(one, other):
    """CIEDE2000, after Sharma, Wu and Dalal (2005)."""
    l1, a1, b1 = numpy.moveaxis(one, -1, 0)
    l2, a2, b2 = numpy.moveaxis(other, -1, 0)
    mean_c = (numpy.hypot(a1, b1) + numpy.hypot(a2, b2)) / 2
    grow = 1 + 0.5 * (1 - numpy.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    c1, c2 = numpy.hypot(a1 * grow, b1), numpy.hypot(a2 * grow, b2)
    h1 = numpy.degrees(numpy.arctan2(b1, a1 * grow)) % 360
    h2 = numpy.degrees(numpy.arctan2(b2, a2 * grow)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    grey = c1 * c2 == 0
    turn = numpy.where(grey, 0, turn)
    hue = numpy.where(grey, h1 + h2, (h1 + turn / 2) % 360)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    rad = numpy.radians
    weight = (
        1 - 0.17 * numpy.cos(rad(hue - 30)) + 0.24 * numpy.cos(rad(2 * hue))
        + 0.32 * numpy.cos(rad(3 * hue + 6)) - 0.20 * numpy.cos(rad(4 * hue - 63))
    )  # fmt: skip
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / numpy.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * weight
    rotation = -2 * numpy.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    rotation = rotation * numpy.sin(rad(60 * numpy.exp(-(((hue - 275) / 25) ** 2))))
    d_l, d_c = (l2 - l1) / s_l, (c2 - c1) / s_c
    d_h = 2 * numpy.sqrt(c1 * c2) * numpy.sin(rad(turn / 2)) / s_h
    return numpy.sqrt(d_l**2 + d_c**2 + d_h**2 + rotation * d_c * d_h)


def chart(name, format):
    image = Image.new("RGB", (PATCH * 5, PATCH * 4))
    for number, colour in enumerate(PATCHES):
        left, top = number % 5 * PATCH, number // 5 * PATCH
        image.paste(colour, (left, top, left + PATCH, top + PATCH))
    buffer = io.BytesIO()
    options = {"quality": 100, "subsampling": 0} if format == "jpeg" else {}
    image.save(buffer, format.upper(), icc_profile=matrix_profile(name), **options)
    return buffer


def display(source, format, engine="auto"):
    result = render(
        source, FORMATS[format], DEFAULTS["TIERS"],
        max_pixels=DEFAULTS["MAX_PIXELS"], engine=engine,
    )  # fmt: skip
    return Image.open(io.BytesIO(result.renditions[-1].data)).convert("RGB")


def test_the_measure_agrees_with_its_published_examples():
    # Numbers 1, 7, 13 and 25 of the test data of Sharma, Wu and Dalal.
    pairs = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ]
    for one, other, expected in pairs:
        found = difference(numpy.array([one], float), numpy.array([other], float))[0]
        assert found == pytest.approx(expected, abs=0.0002)


@pytest.mark.parametrize("engine", ["auto", "pillow"])
@pytest.mark.parametrize("format", ["jpeg", "png", "tiff"])
@pytest.mark.parametrize("name", PRIMARIES)
def test_a_wide_gamut_becomes_the_same_colours_in_srgb(name, format, engine):
    shown = display(chart(name, format), format, engine)
    middles = [
        shown.getpixel((number % 5 * PATCH + PATCH // 2, number // 5 * PATCH + PATCH // 2))
        for number in range(len(PATCHES))
    ]
    wanted = to_lab(within_srgb(to_xyz(PATCHES, name)))
    errors = difference(to_lab(to_xyz(middles, "sRGB")), wanted)

    assert errors.mean() < 1
    assert numpy.median(errors) < 0.8
    # A profile that was dropped would be far off.
    unconverted = difference(to_lab(to_xyz(PATCHES, "sRGB")), wanted)
    assert unconverted.mean() > 3 * errors.mean()


def test_our_own_adobe_rgb_is_the_one_of_the_specification():
    opened = ImageCms.ImageCmsProfile(io.BytesIO(adobe_rgb_profile()))

    assert opened.profile.red_colorant[0] == pytest.approx((0.60974, 0.31111, 0.01947), abs=1e-4)


@pytest.mark.samples
@pytest.mark.parametrize(
    "name",
    ["adobergb_canon7d.jpg", "adobergb_progressive_elephants.jpg", "displayp3_nikond3s_iptc.jpg",
     "cmyk_swop.jpg", "gray_gamma22.jpg"],
)  # fmt: skip
def test_a_real_photo_has_the_colours_of_a_conversion_at_full_size(name):
    path = sample_path(f"good/jpeg/colour/{name}")
    image = Image.open(path)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    whole = ImageCms.profileToProfile(
        image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip
    with path.open("rb") as file:
        shown = display(file, "jpeg")
    # Compared at a size at which the grain and the compression of neither matters.
    small = [picture.resize((60, 40), Image.Resampling.BOX) for picture in (whole, shown)]
    one, other = (to_lab(to_xyz(numpy.asarray(picture), "sRGB")) for picture in small)

    assert difference(one, other).mean() < 1
