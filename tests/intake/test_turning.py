"""Pictures turned by hand: on from however the camera held it, in every format and engine."""

import pytest
from django_q.models import OrmQ
from PIL import Image

from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.marking import set_watermark
from pumbaphoto_wagtail.intake.picture import turned_on
from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.intake.renditions import render
from pumbaphoto_wagtail.intake.rerendering import render_missing, render_these, turn
from pumbaphoto_wagtail.models import Gallery, Photo, StoredFile
from pumbaphoto_wagtail.storage import digest
from pumbaphoto_wagtail.tasks import render_asked
from pumbaphoto_wagtail.verification import Inspection, verify
from tests.samples import sample_path

from .test_pipeline import photograph
from .test_renditions import (
    ENGINES,
    MAX_PIXELS,
    SMALL,
    colours_at_corners,
    four_corners,
    is_near,
    opened,
    oriented,
)
from .test_rerendering import render_what_waits

CLOCKWISE = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180}
CLOCKWISE[270] = Image.Transpose.ROTATE_90


def turned(image, degrees):
    return image.transpose(CLOCKWISE[degrees]) if degrees else image


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_on_from_where_it_stands(orientation, degrees, engine):
    source = oriented(four_corners(60, 40), "jpeg", orientation)

    made = render(
        source, FORMATS["jpeg"], SMALL, max_pixels=MAX_PIXELS, engine=engine, turned=degrees
    )

    upright = turned(four_corners(60, 40), degrees)
    assert (made.width, made.height) == upright.size
    wanted = colours_at_corners(upright)
    for tier in SMALL:
        found = colours_at_corners(opened(made, tier))
        assert all(is_near(found[name], wanted[name], 60) for name in wanted), (found, wanted)


@pytest.mark.parametrize("format", ["png", "tiff"])
def test_other_formats_are_turned_as_well(format):
    source = oriented(four_corners(60, 40), format, 6)

    made = render(source, FORMATS[format], SMALL, max_pixels=MAX_PIXELS, turned=90)

    wanted = colours_at_corners(turned(four_corners(60, 40), 90))
    found = colours_at_corners(opened(made, "fit"))
    assert all(is_near(found[name], wanted[name], 60) for name in wanted)


def test_a_raw_is_turned_by_its_preview():
    format = FORMATS["raf"]
    with sample_path("good/raw-stubs/fuji_s5pro_stub.raf").open("rb") as source:
        before = render(source, format, SMALL, max_pixels=MAX_PIXELS)
        after = render(source, format, SMALL, max_pixels=MAX_PIXELS, turned=90)

    assert (after.width, after.height) == (before.height, before.width)
    small, big = opened(before, "fit"), opened(after, "fit")
    assert (small.width > small.height) == (big.height > big.width)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_four_quarters_are_a_whole_turn(orientation):
    assert turned_on(orientation, 0) == orientation
    place = orientation
    for _quarter in range(4):
        place = turned_on(place, 90)
    assert place == orientation
    assert turned_on(turned_on(orientation, 90), 270) == orientation


# --- In a gallery --------------------------------------------------------------------------------


@pytest.fixture
def photographed(shoot, arrivals, settings):
    """A photograph with its renditions."""
    settings.DEBUG = True
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DEMO_WITHOUT_SCANNER": True}
    arrivals({"IMG_1.jpg": photograph()})
    OrmQ.objects.all().delete()
    return shoot


def sizes(photo):
    return {row.tier: (row.width, row.height) for row in photo.picture.renditions.all()}


def errors():
    return [finding.what for finding in verify(Inspection()) if finding.severity == "error"]


def test_a_turned_photo_keeps_its_pictures_until_the_new_ones_are_there(photographed):
    photo = Photo.objects.first()
    before, original = sizes(photo), digest(photo.picture.storage, photo.picture.name)

    assert turn(photographed, [photo.picture_id], 90) == 1

    assert sizes(photo) == before
    render_asked(photographed.pk)
    assert OrmQ.objects.count() == 2
    assert render_what_waits() == [photo.name]
    turned_photo = Photo.objects.get(pk=photo.pk)
    assert sizes(turned_photo) == {tier: size[::-1] for tier, size in before.items()}
    assert (turned_photo.width, turned_photo.height) == (photo.height, photo.width)
    assert turned_photo.perceptual_hash != photo.perceptual_hash
    assert turned_photo.picture.visual_key != photo.picture.visual_key
    assert digest(photo.picture.storage, photo.picture.name) == original
    assert errors() == []


def test_nothing_is_missing_of_a_turned_photo(photographed):
    photo = Photo.objects.first()
    turn(photographed, [photo.picture_id], 270)
    render_what_waits()

    assert render_missing(galleries=Gallery.objects.filter(pk=photographed.pk)).queued == 0


def test_turning_goes_on_from_the_last_time(photographed):
    photo = Photo.objects.first()
    for _quarter in range(3):
        turn(photographed, [photo.picture_id], 90)
    assert StoredFile.objects.get(pk=photo.picture_id).turned == 270

    turn(photographed, [photo.picture_id], 90)

    assert StoredFile.objects.get(pk=photo.picture_id).turned == 0


def test_a_watermark_is_drawn_upright_into_a_turned_photo(photographed):
    photo = Photo.objects.first()
    set_watermark(photographed, actor=None, text="Studio")
    turn(photographed, [photo.picture_id], 90)

    render_what_waits()

    marked = photo.picture.renditions.exclude(watermark="")
    assert {row.tier for row in marked} == {"view", "display"}
    assert all(row.height > row.width for row in marked)


def test_turned_while_it_is_rendered_it_is_rendered_once_more(photographed, monkeypatch):
    from pumbaphoto_wagtail.intake import rerendering

    photo = Photo.objects.first()
    publish = rerendering.publish_renditions

    def turned_meanwhile(file, result):
        publish(file, result)
        turn(photographed, [photo.picture_id], 90)

    with monkeypatch.context() as patched:
        patched.setattr(rerendering, "publish_renditions", turned_meanwhile)
        render_these(photographed, [photo.picture_id])
        render_file(photo.picture_id)
    before = sizes(photo)

    assert render_what_waits() == [photo.name]
    assert sizes(Photo.objects.get(pk=photo.pk)) == {
        tier: size[::-1] for tier, size in before.items()
    }


def test_a_file_that_failed_is_tried_again(photographed):
    photo = Photo.objects.first()
    StoredFile.objects.filter(pk=photo.picture_id).update(stage="failed", render_attempts=3)

    assert render_these(photographed, [photo.picture_id]) == 1
    assert render_what_waits() == [photo.name]
