"""The mark itself: any script, any picture, in every size, and never nothing."""

import io
import random
import zlib

import pytest
from PIL import Image, ImageChops, ImageStat, features

from pumbaphoto_wagtail.exceptions import MarkNotDrawn
from pumbaphoto_wagtail.intake import lettering, watermark
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.lettering import clean, letters
from pumbaphoto_wagtail.intake.renditions import render
from pumbaphoto_wagtail.intake.watermark import Mark, check_image, draw, mark_key, text_mark
from tests.intake.test_renditions import is_near, oriented, photograph, saved

TIERS = {
    "grid": {"width": 150, "height": 150, "mode": "fit", "quality": 85},
    "view": {"width": 400, "height": 400, "mode": "fit", "quality": 85},
    "display": {"width": 900, "height": 900, "mode": "fit", "quality": 92},
}
MARIA = text_mark("Studio Maria")

SCRIPTS = {
    "Latin": "Studio Mária Ångström ŁÓDŹ © 2026",
    "Vietnamese": "Nguyễn Thị Ánh Tuyết",
    "Cyrillic": "Студія Марії",
    "Greek": "Φωτογραφίες Μαρία",
    "Arabic": "استوديو ماريا",
    "Persian": "عکاسی مریم ۱۲۳",
    "Hebrew": "סטודיו מריה",
    "Devanagari": "स्टूडियो क्षमा",
    "Bengali": "শিল্প স্টুডিও",
    "Tamil": "ஸ்டுடியோ",
    "Thai": "สตูดิโอ น้ำผึ้ง",
    "Khmer": "ស្ទូឌីយោ",
    "Burmese": "စတူဒီယို",
    "Chinese": "玛丽亚摄影工作室",
    "Japanese": "スタジオ マリア 𠮷野 髙橋",
    "Korean": "마리아 사진관",
    "Georgian": "სტუდია მარია",
    "Armenian": "Ստուդիա Մարիա",
    "Amharic": "ማሪያ ስቱዲዮ",
    "Emoji": "Maria ❤️ 📷 👩‍📷 🇩🇪",
    "Combining marks": "Z̃a̋x̌ é̱",
    "Both ways": "Studio استوديو 2026 (ماريا) מריה Maria",
    "Fancy letters": "𝓜𝓪𝓻𝓲𝓪 ✨",
    "Lines": "Studio\nMaria\r\nHamburg",
    "A hundred letters": ("Fotografie Maria Müller-Lüdenscheidt und Partner " * 3)[:100],
    "One long word": "W" * 100,
    "One letter": "i",
    "A full stop": ".",
}


def grey(width=600, height=400, level=127):
    return Image.new("RGB", (width, height), (level, level, level))


def changed(before, after):
    """Share of the pixels that differ."""
    difference = ImageChops.difference(before, after).convert("L").point(lambda value: value > 8)
    return ImageStat.Stat(difference).sum[0] / (before.width * before.height)


def png(image, **options):
    return saved(image, "PNG", **options).getvalue()


def logo(colour=(200, 20, 60, 255), size=(120, 80)):
    image = Image.new("RGBA", size)
    image.paste(colour, (size[0] // 4, 0, size[0] * 3 // 4, size[1]))
    return image


def image_mark(data):
    return Mark(key=mark_key(image_sha256=str(zlib.crc32(data))), image=data)


# --- Letters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_every_script_is_drawn_without_a_single_box(text):
    for line in clean(text).split("\n"):
        for cluster in lettering.clusters(line):
            font = lettering._font_for(cluster, "")
            missing = {
                letter
                for letter in cluster
                if not lettering._is_unseen(letter)
                and ord(letter) not in lettering._characters(font)
            }
            assert not missing, (cluster, font)
    assert changed(grey(), draw(grey(), text_mark(text))) > 0.002


@pytest.mark.skipif(not features.check("raqm"), reason="this Pillow has no Raqm")
def test_letters_that_join_are_shaped():
    assert letters("ببب", 60).width < 2 * letters("ب", 60).width
    assert letters("क्ष", 60).width < 0.8 * letters("कष", 60).width


def test_what_runs_leftwards_stands_to_the_left_of_what_comes_before_it():
    runs = [*lettering.runs("Studio ماريا 12 end")]
    assert "".join(run.text for run in runs if not run.is_leftwards).split() == [
        "Studio",
        "12",
        "end",
    ]
    texts = [run.text.strip() for run in runs]
    assert texts.index("12") < texts.index("ماريا")


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\u2060", "\u200d", "\x00\x07", "\ud800"])
def test_a_text_of_nothing_is_refused_in_words(text):
    with pytest.raises(MarkNotDrawn, match="nothing in this text"):
        letters(text, 40)
    assert mark_key(text=text) == ""


@pytest.mark.parametrize("character", ["\ue000", "𓀀", "\U0010fffd", "\u0378"], ids=ascii)
def test_a_character_that_no_font_has_is_named_and_not_drawn_as_a_box(character):
    with pytest.raises(MarkNotDrawn, match=rf"U\+{ord(character):04X}"):
        draw(grey(), text_mark(f"Maria {character}"))


def test_marks_of_direction_and_control_characters_are_left_out():
    assert clean("\u202eMaria\u202c\x00\ufeff  Studio ") == "Maria Studio"
    assert mark_key(text="Maria\u200e") == mark_key(text="Maria")


def test_composed_and_decomposed_letters_are_the_same_mark():
    assert mark_key(text="Ma\u0301ria") == mark_key(text="Mária")


@pytest.mark.parametrize("text", ["استوديو", "स्टूडियो", "x̌"], ids=ascii)
def test_without_shaping_what_needs_it_is_refused_with_what_is_missing(text, monkeypatch):
    monkeypatch.setattr(lettering, "has_shaping", lambda: False)

    with pytest.raises(MarkNotDrawn, match="libfribidi0"):
        letters(text, 40)


@pytest.mark.parametrize("text", ["Studio Mária", "Студия", "写真 사진관", "📷"], ids=ascii)
def test_without_shaping_plain_scripts_are_drawn(text, monkeypatch):
    monkeypatch.setattr(lettering, "has_shaping", lambda: False)

    assert letters(text, 40).getbbox()


# --- On every ground and in every size -----------------------------------------------------------


@pytest.mark.parametrize("level", [0, 255, 127, 40, 215])
def test_a_text_is_seen_on_every_ground(level):
    ground = grey(level=level)
    difference = ImageChops.difference(ground, draw(ground, MARIA)).convert("L")

    assert difference.getextrema()[1] >= 35
    assert 0.01 < changed(ground, draw(ground, MARIA)) < 0.5


@pytest.mark.parametrize(
    "size",
    [
        *((2400, 1600), (1600, 2400), (300, 200), (200, 300), (2400, 120), (120, 2400)),
        *((60, 40), (16, 16), (2400, 10), (1, 1), (3, 900)),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["text", "long text", "image", "wide image", "tall image"])
def test_every_size_of_picture_is_marked(size, kind):
    mark = {
        "text": MARIA,
        "long text": text_mark(SCRIPTS["A hundred letters"]),
        "image": image_mark(png(logo())),
        "wide image": image_mark(png(logo(size=(2000, 8)))),
        "tall image": image_mark(png(logo(size=(8, 2000)))),
    }[kind]
    try:
        marked = draw(grey(*size), mark)
    except MarkNotDrawn:
        assert min(size) < 10, "so small that nothing of it can be seen"
    else:
        assert ImageChops.difference(marked, grey(*size)).getbbox()


@pytest.mark.parametrize("size", [(1200, 800), (800, 1200)], ids=str)
def test_a_crop_of_a_quarter_carries_the_mark_wherever_it_is(size):
    marked = draw(grey(*size), MARIA)
    width, height = size[0] // 2, size[1] // 2
    for left in range(0, size[0] - width + 1, width // 4):
        for top in range(0, size[1] - height + 1, height // 4):
            box = (left, top, left + width, top + height)
            assert changed(grey(width, height), marked.crop(box)) > 0.01, box


def test_the_picture_that_was_given_stays_clean():
    before = grey()
    draw(before, MARIA)

    assert not ImageChops.difference(before, grey()).getbbox()


def test_another_text_or_picture_has_another_key():
    keys = {
        mark_key(text="Maria"),
        mark_key(text="maria"),
        mark_key(image_sha256="ab"),
        mark_key(image_sha256="cd"),
    }

    assert len(keys) == 4
    assert all(len(key) == 64 for key in keys)


# --- Pictures as marks ---------------------------------------------------------------------------


def test_what_is_transparent_in_a_picture_leaves_the_photograph_as_it_is():
    marked = draw(grey(), image_mark(png(logo(size=(400, 400)))))

    assert 0.05 < changed(grey(), marked) < 0.5
    red = marked.getpixel((300, 200))
    assert red[0] > red[1] + 20, "the mark's own colour"


@pytest.mark.parametrize(
    "image",
    [
        logo().convert("P"),
        logo().convert("LA"),
        logo().convert("RGB"),
        Image.new("1", (40, 20), 1),
        Image.new("L", (40, 20), 200),
        Image.new("I;16", (40, 20), 50000),
        Image.new("RGBA", (1, 1), (255, 0, 0, 255)),
        logo(size=(3000, 2000)),
    ],
    ids=["palette", "grey with alpha", "opaque", "two colours", "grey", "16 bits", "tiny", "huge"],
)
def test_every_kind_of_png_is_drawn(image):
    data = png(image)
    check_image(data)

    assert changed(grey(), draw(grey(), image_mark(data))) > 0.005


def test_transparency_by_colour_and_by_palette_is_respected():
    colour_key = Image.new("RGB", (40, 40), (255, 0, 255))
    colour_key.paste((0, 0, 0), (10, 10, 30, 30))
    marked = draw(grey(), image_mark(png(colour_key, transparency=(255, 0, 255))))
    pixels = marked.resize((60, 40)).convert("RGB").tobytes()

    assert not any(
        red > green + 30 for red, green in zip(pixels[::3], pixels[1::3], strict=True)
    ), "nothing of the transparent colour"


def test_of_a_moving_picture_the_first_is_drawn():
    frames = [logo(), logo(colour=(0, 0, 255, 255))]
    data = png(frames[0], save_all=True, append_images=frames[1:])
    still = draw(grey(), image_mark(png(frames[0])))

    assert not ImageChops.difference(draw(grey(), image_mark(data)), still).getbbox()


def broken(data):
    """The same PNG with its pixels exchanged for noise, the sums made right again."""
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    noise = random.Random(1).randbytes(length)
    body = b"IDAT" + noise
    return data[:at] + body + zlib.crc32(body).to_bytes(4, "big") + data[at + 8 + length :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b"not a picture", "damaged"),
        (png(logo())[:-40], "damaged"),
        (broken(png(logo())), "damaged"),
        (saved(logo().convert("RGB"), "JPEG").getvalue(), "not a PNG"),
        (png(Image.new("RGBA", (50, 50))), "transparent everywhere"),
        (png(Image.new("RGBA", (50, 50), (0, 0, 0, 5))), "transparent everywhere"),
        (png(Image.new("1", (6000, 6000))), "6000 × 6000 pixels is too large"),
    ],
    ids=["empty", "text", "cut off", "noise", "JPEG", "transparent", "hardly there", "bomb"],
)
def test_a_picture_that_cannot_be_a_mark_is_refused_in_words(data, words):
    with pytest.raises(MarkNotDrawn, match=words):
        check_image(data)


# --- In renditions -------------------------------------------------------------------------------


@pytest.fixture(params=["pillow", "auto"])
def engine(request):
    return request.param


def make(source, marks, engine, tiers=TIERS):
    result = render(source, FORMATS["jpeg"], tiers, max_pixels=10**8, engine=engine, marks=marks)
    return result, {
        (made.tier, made.watermark): Image.open(io.BytesIO(made.data)).convert("RGB")
        for made in result.renditions
        if made.format == "jpeg"
    }


def test_clean_pictures_are_the_same_with_and_without_marks(engine):
    source = saved(photograph(), "JPEG")
    with_marks, _ = make(source, (MARIA,), engine)
    without, _ = make(source, (), engine)

    assert [made for made in with_marks.renditions if not made.watermark] == [*without.renditions]
    marked = [(made.tier, made.watermark) for made in with_marks.renditions if made.watermark]
    assert marked == [("view", MARIA.key), ("display", MARIA.key)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_marks_stand_upright_in_every_orientation(orientation, engine):
    upright = Image.new("RGB", (900, 600), (120, 120, 120))
    _result, found = make(oriented(upright, "JPEG", orientation), (MARIA,), engine)
    expected = draw(Image.new("RGB", (900, 600), (120, 120, 120)), MARIA)
    marked = found["display", MARIA.key]

    assert marked.size == (900, 600)
    difference = ImageChops.difference(marked, expected).convert("L")
    assert ImageStat.Stat(difference).mean[0] < 2
    assert changed(found["display", ""], marked) > 0.02


def test_only_the_mark_differs(engine):
    _result, found = make(saved(photograph(), "JPEG"), (MARIA,), engine)
    clean_one, marked = found["display", ""], found["display", MARIA.key]
    shape = changed(grey(*clean_one.size), draw(grey(*clean_one.size), MARIA))

    assert shape / 2 < changed(clean_one, marked) < shape + 0.05
    assert is_near(
        marked.resize((1, 1)).getpixel((0, 0)), clean_one.resize((1, 1)).getpixel((0, 0))
    )


def test_several_marks_are_drawn_beside_each_other_and_never_upon_each_other(engine):
    other = image_mark(png(logo()))
    both, _ = make(saved(photograph(), "JPEG"), (MARIA, other), engine)
    alone, _ = make(saved(photograph(), "JPEG"), (other,), engine)

    assert [made for made in both.renditions if made.watermark == other.key] == [
        made for made in alone.renditions if made.watermark == other.key
    ]


def test_a_mark_that_cannot_be_drawn_harms_nobody_else_and_is_told(engine):
    bad = image_mark(b"broken")
    result, found = make(saved(photograph(), "JPEG"), (bad, MARIA), engine)

    assert set(result.undrawn) == {bad.key}
    assert "damaged" in result.undrawn[bad.key]
    assert "Not shown, for want of its watermark" in result.trouble
    assert {key for _tier, key in found} == {"", MARIA.key}


def test_whatever_goes_wrong_while_drawing_nothing_is_made_with_that_mark(engine, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("no font today")

    watermark._tile.cache_clear()
    monkeypatch.setattr(watermark, "letters", fail)
    result, found = make(saved(photograph(), "JPEG"), (MARIA,), engine)

    assert result.undrawn == {MARIA.key: "The watermark could not be drawn: no font today"}
    assert {key for _tier, key in found} == {""}


def test_the_other_formats_carry_the_mark_as_well(engine):
    tiers = {name: {**tier, "formats": {"webp": 80}} for name, tier in TIERS.items()}
    result, _ = make(saved(photograph(), "JPEG"), (MARIA,), engine, tiers)
    webp = {
        (made.tier, made.watermark): Image.open(io.BytesIO(made.data)).convert("RGB")
        for made in result.renditions
        if made.format == "webp"
    }

    assert ("grid", MARIA.key) not in webp
    assert changed(webp["display", ""], webp["display", MARIA.key]) > 0.02
