"""Watermarks that a studio keeps: written, taken from a gallery, given to others; each studio its
own.
"""

import pytest
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import galleries_url, gallery_url
from pumbaphoto_wagtail.intake.marking import set_watermark
from pumbaphoto_wagtail.models import Gallery, WatermarkPreset

PRESETS = "wagtailsnippets_pumbaphoto_wagtail_watermarkpreset"
LIST = reverse(f"{PRESETS}:list")


@pytest.fixture
def ours(studios):
    return WatermarkPreset.objects.create(
        title="Maria’s", words="© Maria", collection=studios.collection
    )


@pytest.fixture
def theirs(studios):
    return WatermarkPreset.objects.create(
        title="Bert’s", words="© Bert", collection=studios.other_collection
    )


def test_the_list_holds_ones_own_and_counts_galleries(maria, gallery, ours, theirs, studios):
    set_watermark(gallery, actor=studios.maria, text="© Maria")

    page = maria.get(LIST)

    assert "Maria’s" in page.content.decode()
    assert "Bert’s" not in page.content.decode()
    assert page.context["object_list"][0].use_count == 1


@pytest.mark.parametrize("name", ["edit", "delete", "history", "usage", "inspect", "preview"])
def test_another_studios_is_not_found(name, maria, theirs):
    assert maria.get(reverse(f"{PRESETS}:{name}", args=[theirs.pk])).status_code == 404


def test_one_is_written_with_words_that_can_be_drawn(maria, studios):
    for words in ("", "© Maria"):
        maria.post(reverse(f"{PRESETS}:add"), {"title": "Mine", "words": words})

    assert [(one.words, one.collection) for one in WatermarkPreset.objects.all()] == [
        ("© Maria", studios.collection)
    ]


def test_it_is_looked_at_as_it_is_drawn(maria, ours, studios):
    response = maria.get(reverse(f"{PRESETS}:preview", args=[ours.pk]))
    assert response.headers["Content-Type"] == "image/jpeg"

    image = testing.make_stored_file(
        b"png", original_name="logo.png", stage="waiting", verdict="", collection=studios.collection
    )
    unchecked = WatermarkPreset.objects.create(
        title="Logo", image=image, collection=studios.collection
    )
    response = maria.get(reverse(f"{PRESETS}:preview", args=[unchecked.pk]))
    assert (response.status_code, response.headers["Content-Type"][:10]) == (409, "text/plain")


def test_its_page_names_the_galleries_that_carry_it(maria, gallery, ours, studios):
    set_watermark(gallery, actor=studios.maria, text="© Maria")
    other = testing.make_gallery("Berg", owner=studios.bert, collection=studios.other_collection)
    set_watermark(other, actor=studios.bert, text="© Maria")

    page = maria.get(reverse(f"{PRESETS}:inspect", args=[ours.pk])).content.decode()

    assert "Smith wedding" in page
    assert "Berg" not in page


def test_a_gallery_takes_one(maria, gallery, ours):
    maria.post(gallery_url(gallery, "watermark"), {"act": "preset", "preset": ours.pk})

    gallery.refresh_from_db()
    assert gallery.watermark == "© Maria"


@pytest.mark.parametrize("sent", ["theirs", "nonsense", ""])
def test_a_gallery_takes_no_other_studios(sent, maria, gallery, theirs):
    key = theirs.pk if sent == "theirs" else sent

    response = maria.post(gallery_url(gallery, "watermark"), {"act": "preset", "preset": key})

    assert response.status_code == 404
    gallery.refresh_from_db()
    assert gallery.watermark_key == ""


@pytest.mark.parametrize("is_picture", [False, True], ids=["words", "picture"])
def test_a_gallerys_is_kept_for_others(is_picture, maria, gallery, studios):
    image = None
    if is_picture:
        image = testing.make_stored_file(b"png", collection=studios.collection)
        Gallery.objects.filter(pk=gallery.pk).update(watermark_image=image, watermark_key="a")
    else:
        set_watermark(gallery, actor=studios.maria, text="© Maria")

    maria.post(gallery_url(gallery, "watermark"), {"act": "keep", "title": "Ours"})

    kept = WatermarkPreset.objects.get()
    assert (kept.title, kept.image, kept.collection) == ("Ours", image, studios.collection)
    assert kept.words == ("" if is_picture else "© Maria")


def test_nothing_is_kept_of_a_gallery_without_one(maria, gallery):
    maria.post(gallery_url(gallery, "watermark"), {"act": "keep", "title": "Ours"})

    assert not WatermarkPreset.objects.exists()


def test_a_new_gallery_starts_with_one(maria, ours, theirs):
    data = {"title": "Baby", "preset": "wedding"}

    maria.post(galleries_url("add"), {**data, "watermark": theirs.pk})
    assert not Gallery.objects.exists()

    maria.post(galleries_url("add"), {**data, "watermark": ours.pk})
    assert Gallery.objects.get().watermark == "© Maria"


def test_several_are_deleted_among_ones_own(maria, ours, theirs):
    address = reverse(
        "wagtail_bulk_action", args=["pumbaphoto_wagtail", "watermarkpreset", "delete"]
    )

    maria.post(f"{address}?id=all")

    assert [*WatermarkPreset.objects.all()] == [theirs]
