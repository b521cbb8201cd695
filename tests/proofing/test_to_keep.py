"""Finished sections, before and after, and how delivered files hang."""

import io
import re
import zipfile

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    Downloads,
    FileRole,
    Gallery,
    Kind,
    PhotoFile,
    Rendition,
    State,
)

pytestmark = pytest.mark.django_db


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def wall(browser, gallery, **query) -> str:
    text = browser.get(gallery.main_page.url, query).content.decode()
    return re.sub(r"<template.*?</template>", "", text, flags=re.S)


# --- Finished sections ---------------------------------------------------------------------------


@pytest.fixture
def finished(gallery):
    section = testing.make_section(gallery, "Ceremony", is_finished=True)
    for width, height in ((60, 40), (40, 60)):
        testing.make_photo(gallery, section=section, width=width, height=height)
    return section


def test_a_finished_section_is_downloaded_while_the_rest_is_chosen(recipient, gallery, finished):
    other = testing.make_photo(gallery)
    text = wall(recipient, gallery)
    assert 'name="give-heart"' in text
    head = text.split(f'id="section-{finished.uuid}"')[1].split("<ul")[0]
    assert f'href="/galleries/download/section/{finished.uuid}"' in head
    assert "2 photos" in head
    photo = finished.photos.first()
    assert f'href="/galleries/download/photo/{photo.uuid}"' in text
    assert f'href="/galleries/download/photo/{other.uuid}"' not in text
    response = recipient.get(f"/galleries/download/photo/{photo.uuid}")
    assert body(response) == body(
        recipient.get(f"/galleries/download/photo/{photo.uuid}", headers={"Range": "bytes=0-"})
    )
    assert response["Content-Disposition"] == f'attachment; filename="{photo.name}"'
    assert response["Cache-Control"] == "private, no-store"
    web = recipient.get(f"/galleries/download/photo/{photo.uuid}/web")
    assert web.status_code == 200
    assert "-web.jpg" in web["Content-Disposition"]


def test_what_is_drawn_later_offers_a_finished_section_at_its_head_as_well(
    recipient, gallery, finished
):
    testing.make_photo(gallery, section=testing.make_section(gallery, "Party", position=9))
    query = {"page": "1", "skeleton": ""}
    answer = recipient.get(f"{gallery.main_page.url}photos/", query).json()
    ceremony, party = answer["skeleton"]["sections"]
    assert ceremony["download"]["url"] == f"/galleries/download/section/{finished.uuid}"
    assert ceremony["download"]["label"] == "Download “Ceremony”"
    assert ceremony["download"]["words"].startswith("2 photos, ")
    assert "download" not in party


def test_a_link_for_web_sizes_has_them_and_no_zip(client, enter, gallery, finished):
    enter(testing.make_link(gallery, downloads=Downloads.WEB))
    text = wall(client, gallery)
    photo = finished.photos.first()
    assert f'href="/galleries/download/photo/{photo.uuid}/web"' in text
    assert f"/galleries/download/section/{finished.uuid}" not in text


def test_the_zip_of_a_section_holds_its_pictures_and_goes_on_where_it_stopped(
    recipient, gallery, finished
):
    testing.make_photo(gallery)
    testing.make_photo(gallery, section=finished, is_hidden=True)
    address = f"/galleries/download/section/{finished.uuid}"
    response = recipient.get(address)
    whole = body(response)
    assert len(whole) == int(response["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        offered = finished.photos.filter(is_hidden=False)
        assert sorted(archive.namelist()) == sorted(offered.values_list("name", flat=True))
    rest = recipient.get(address, headers={"Range": "bytes=100-", "If-Range": response["ETag"]})
    assert rest.status_code == 206
    assert body(rest) == whole[100:]


def test_a_section_that_is_not_finished_is_not_downloaded(recipient, gallery, finished):
    finished.is_finished = False
    finished.save()
    photo = finished.photos.first()
    for path in (f"photo/{photo.uuid}", f"photo/{photo.uuid}/web", f"section/{finished.uuid}"):
        assert recipient.get(f"/galleries/download/{path}").status_code == 404
    assert "/galleries/download/" not in wall(recipient, gallery)


def test_a_link_of_web_size_gets_no_full_one(client, gallery, finished, enter):
    enter(testing.make_link(gallery, downloads="web"))
    photo = finished.photos.first()
    assert client.get(f"/galleries/download/photo/{photo.uuid}/web").status_code == 200
    assert client.get(f"/galleries/download/photo/{photo.uuid}").status_code == 404
    assert client.get(f"/galleries/download/section/{finished.uuid}").status_code == 404
    text = wall(client, gallery)
    assert f"/galleries/download/photo/{photo.uuid}/web" in text
    assert "/galleries/download/section/" not in text


def test_a_watermark_is_never_in_what_is_downloaded(recipient, gallery, finished):
    photo = finished.photos.first()
    Rendition.objects.filter(stored_file=photo.picture).update(watermark="mark")
    Gallery.objects.update(watermark_key="mark")
    assert recipient.get(f"/galleries/download/photo/{photo.uuid}/web").status_code == 404


def test_a_raw_of_a_finished_section_follows_the_right_to_originals(
    recipient, gallery, finished, client, enter
):
    photo = finished.photos.first()
    PhotoFile.objects.filter(photo=photo).update(role=FileRole.RAW)
    assert recipient.get(f"/galleries/download/photo/{photo.uuid}").status_code == 404
    assert recipient.get(f"/galleries/download/photo/{photo.uuid}/raw").status_code == 404
    enter(testing.make_link(gallery, may_download_originals=True))
    assert client.get(f"/galleries/download/photo/{photo.uuid}").status_code == 404
    assert client.get(f"/galleries/download/photo/{photo.uuid}/raw").status_code == 200


def test_a_stranger_downloads_nothing_of_a_finished_section(client, gallery, finished):
    testing.make_policy(gallery=gallery)
    photo = finished.photos.first()
    for path in (f"photo/{photo.uuid}", f"photo/{photo.uuid}/web", f"section/{finished.uuid}"):
        assert client.get(f"/galleries/download/{path}").status_code == 404


# --- Finished photos -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.ACTIVE, State.DELIVERED, State.ARCHIVED])
def test_a_gallery_of_finished_photos_never_speaks_of_choosing(client, enter, state):
    gallery = testing.make_gallery(kind=Kind.FINISHED, state=state)
    testing.make_photo(gallery)
    enter(testing.make_link(gallery))
    text = wall(client, gallery)
    for word in ("heart", "favourite", "choose", "selection", "choice"):
        assert word not in re.sub(r"<(svg|script).*?</\1>", "", text, flags=re.S).lower(), word
    assert client.get(f"{gallery.main_page.url}review/").status_code == 303


# --- Before and after ----------------------------------------------------------------------------


def delivered(gallery, photo, **edit):
    Gallery.objects.update(state=State.DELIVERED, shows_before_after=True)
    delivery = testing.make_delivery(gallery, [testing.make_edit(gallery, photo, **edit)])
    return delivery.items.get()


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery, width=600, height=400)


def comparison(item) -> str:
    return f"/galleries/delivered/{item.uuid}/before/"


def test_an_edit_is_compared_with_its_photo_without_javascript(recipient, gallery, photo):
    item = delivered(gallery, photo)
    assert comparison(item) in wall(recipient, gallery)
    response = recipient.get(comparison(item))
    text = response.content.decode()
    assert f"/galleries/media/photo/{photo.uuid}/display/" in text
    assert f"/galleries/media/item/{item.uuid}/display/" in text
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "style=" not in text


def not_compared(browser, gallery, item) -> bool:
    is_refused = browser.get(comparison(item)).status_code == 404
    return is_refused and comparison(item) not in wall(browser, gallery)


def test_nothing_is_compared_unless_the_photographer_turned_it_on(recipient, gallery, photo):
    item = delivered(gallery, photo)
    Gallery.objects.update(shows_before_after=False)
    assert not_compared(recipient, gallery, item)


@pytest.mark.parametrize(
    ("width", "is_compared"), [(600, True), (604, True), (596, True), (610, False), (400, False)]
)
def test_a_crop_is_not_laid_over_its_original(recipient, gallery, photo, width, is_compared):
    item = delivered(gallery, photo)
    Rendition.objects.filter(stored_file=item.stored_file).update(width=width, height=400)
    assert not_compared(recipient, gallery, item) is not is_compared


def test_a_photo_that_is_not_shown_is_not_compared(recipient, gallery, photo):
    item = delivered(gallery, photo)
    type(photo).objects.filter(pk=photo.pk).update(is_shown=False)
    assert not_compared(recipient, gallery, item)


def test_a_finished_photo_has_no_before(recipient, gallery, photo):
    item = delivered(gallery, photo)
    item.edit = None
    item.save()
    assert not_compared(recipient, gallery, item)


def test_a_stranger_compares_nothing(client, gallery, photo):
    item = delivered(gallery, photo)
    testing.make_policy(gallery=gallery)
    assert client.get(comparison(item)).status_code == 404


def test_the_photographer_turns_it_on_in_the_settings(client, gallery):
    client.force_login(testing.make_photographer())
    address = f"/admin/pumbaphoto/galleries/{gallery.uuid}/settings/"
    assert 'name="shows_before_after"' in client.get(address).content.decode()
    client.post(address, {"title": gallery.title, "shows_before_after": "on"})
    gallery.refresh_from_db()
    assert gallery.shows_before_after


# --- How delivered files hang --------------------------------------------------------------------


def test_black_and_white_hangs_beside_colour_and_crops_and_gifts_at_the_end(recipient, gallery):
    first, second = (testing.make_photo(gallery, name=name) for name in ("1.jpg", "2.jpg"))
    edits = [
        testing.make_edit(gallery, None, name="gift.jpg"),
        testing.make_edit(gallery, second, name="2_edit.jpg"),
        testing.make_edit(gallery, first, name="1_web.jpg", variant="web"),
        testing.make_edit(gallery, first, name="1_story.jpg", variant="social_crop 9x16"),
        testing.make_edit(gallery, first, name="1_edit.jpg"),
    ]
    testing.make_delivery(gallery, edits)
    testing.make_delivery(
        gallery, [testing.make_edit(gallery, first, name="1_bw.jpg", variant="black-and-white")]
    )
    Gallery.objects.update(state=State.DELIVERED)
    found = re.findall(r"Download ([\w.]+\.jpg)", wall(recipient, gallery))
    beside = ["1_edit.jpg", "1_bw.jpg", "2_edit.jpg"]
    assert found == [*beside, "1_story.jpg", "1_web.jpg", "gift.jpg"]


def test_what_was_delivered_stays_while_it_is_revised_until_there_is_a_newer_one(
    recipient, gallery, photo
):
    old = delivered(gallery, photo)
    Gallery.objects.update(state=State.EDITING)
    testing.make_edit(gallery, photo, version=2)
    text = wall(recipient, gallery, show="ready")
    assert f"/galleries/download/item/{old.uuid}" in text
    assert "What was ready before stays here" in text
    assert recipient.get(f"/galleries/download/item/{old.uuid}").status_code == 200
