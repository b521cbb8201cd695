"""Photographs in Wagtail's image tags, at the addresses that look at who asks."""

import pytest
from django.template import Context, Template
from django.urls import reverse

from pumbaphoto_wagtail import testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(storages):
    gallery = testing.make_gallery("Anna & Tom", has_page=False)
    return testing.make_photo(gallery, "IMG_1.jpg")


def drawn(photo, tag: str) -> str:
    template = Template("{% load wagtailimages_tags %}" + tag)
    return template.render(Context({"photo": photo}))


def address_of(photo, tier: str) -> str:
    row = photo.picture.renditions.get(tier=tier, watermark="")
    parts = [photo.uuid, tier, row.digest[:16], "jpg"]
    return reverse("pumbaphoto_wagtail:photo_picture", args=parts)


@pytest.mark.parametrize(
    ("specification", "tier"),
    [
        ("max-300x300", "grid"),
        ("fill-200x150", "grid"),
        ("width-301", "view"),
        ("height-800", "view"),
        ("max-1000x1000", "display"),
        ("width-5000", "display"),
        ("original", "display"),
    ],
)
def test_the_smallest_tier_that_is_large_enough_is_shown(photo, specification, tier):
    assert photo.get_rendition(specification).url == address_of(photo, tier)


def test_the_image_tag_draws_a_picture_with_its_size_and_a_title_that_is_no_file_name(photo):
    row = photo.picture.renditions.get(tier="view", watermark="")

    picture = drawn(photo, '{% image photo max-800x800 class="cover" %}')

    assert f'src="{address_of(photo, "view")}"' in picture
    assert f'width="{row.width}"' in picture
    assert f'height="{row.height}"' in picture
    assert 'alt="Anna &amp; Tom"' in picture
    assert 'class="cover"' in picture
    assert "IMG_1" not in picture


def test_a_tag_may_name_it_and_a_set_of_sizes_names_each(photo):
    named = drawn(photo, "{% image photo width-300 as shown %}{{ shown.url }} {{ shown.width }}")
    assert named.startswith(address_of(photo, "grid"))

    sizes = drawn(photo, "{% srcset_image photo width-{300,800} %}")
    assert all(address_of(photo, tier) in sizes for tier in ("grid", "view"))


def test_proofs_with_a_watermark_are_never_shown_clean(photo):
    photo.gallery.watermark_key = "maria"
    photo.gallery.save()
    clean = address_of(photo, "view")
    assert photo.get_rendition("max-800x800").url != clean

    marked = testing.make_marked(photo)
    view = next(row for row in marked if row.tier == "view")
    photo.picture.refresh_from_db()
    assert view.digest[:16] in photo.get_rendition("max-800x800").url


def test_another_format_is_taken_where_there_is_one(photo):
    assert photo.get_rendition("max-300x300|format-avif").url == address_of(photo, "grid")

    avif = testing.make_rendition(photo.picture, "grid", width=300, height=200, format="avif")

    shown = photo.get_rendition("max-300x300|format-avif")
    assert shown.url.endswith(f"{avif.digest[:16]}.avif")


def test_what_is_not_made_yet_has_an_address_and_its_proportions(photo):
    photo.picture.renditions.all().delete()
    photo.width, photo.height = 6000, 4000

    shown = photo.get_rendition("max-300x300")

    assert (shown.width, shown.height) == (300, 200)
    assert shown.url.endswith(f"/grid/{'0' * 16}.jpg")


def test_its_address_opens_nothing_for_who_may_not_look(photo, client):
    assert client.get(photo.get_rendition("max-300x300").url).status_code == 404
