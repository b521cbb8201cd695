"""The originals that stand first when one is looked for by picture."""

from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image, ImageDraw

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.nearby import originals_for
from pumbaphoto_wagtail.delivery.visual import visual_key
from pumbaphoto_wagtail.models import EditStatus

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 6, 12, tzinfo=UTC)


def looks(number):
    """The looks of a picture that is like no other number's."""
    image = Image.effect_noise((240, 160), 30).convert("L")
    draw = ImageDraw.Draw(image)
    for step in range(6):
        left, top = (step * 61 * number) % 200, (step * 37 * number * number) % 120
        draw.ellipse((left, top, left + 40, top + 40), fill=(step * 53 * number) % 256)
    return visual_key(image)


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False)


@pytest.fixture
def photos(gallery):
    """Six photos, ten minutes between each two, in the gallery's order."""
    return [
        testing.make_photo(
            gallery,
            f"IMG_{number}.jpg",
            is_rendered=False,
            position=number,
            ordered_at=NOON + timedelta(minutes=10 * number),
        )
        for number in range(6)
    ]


def edit_of(gallery, **facts):
    edit = testing.make_edit(gallery, name="x.jpg", status=EditStatus.UNMATCHED)
    for name, value in facts.items():
        setattr(edit.stored_file, name, value)
    return edit


def test_the_likest_stands_first_then_what_was_taken_about_then(gallery, photos):
    for number, photo in enumerate(photos, start=1):
        photo.picture.visual_key = looks(number)
        photo.picture.save()

    nearby = originals_for(edit_of(gallery, visual_key=looks(5)), gallery.photos.all())

    assert nearby.photos[0] == photos[4].pk
    # Its neighbours in time, beyond those that cannot be told apart from it.
    assert {*nearby.photos} == {photo.pk for photo in photos}
    assert nearby.alike >= 1


def test_by_the_time_the_edit_says_of_itself(gallery, photos):
    moment = (NOON + timedelta(minutes=41)).isoformat()

    nearby = originals_for(edit_of(gallery, identity={"taken_at": moment}), gallery.photos.all())

    assert nearby.photos[:3] == [photos[4].pk, photos[5].pk, photos[3].pk]
    assert (nearby.alike, nearby.close) == (0, 6)


@pytest.mark.parametrize("moment", ["", "yesterday", "9999-99-99T00:00:00", "2001-01-01T00:00:00"])
def test_without_a_hint_in_the_gallerys_order(moment, gallery, photos):
    nearby = originals_for(edit_of(gallery, identity={"taken_at": moment}), gallery.photos.all())

    assert nearby.photos == [photo.pk for photo in photos]


def test_asks_once_whatever_the_gallery_holds(gallery, photos, django_assert_num_queries):
    edit = edit_of(gallery)
    with django_assert_num_queries(1):
        originals_for(edit, gallery.photos.all())
