from datetime import timedelta
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from PIL import Image

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.models import (
    Downloads,
    Gallery,
    Photo,
    ShareLink,
    Stage,
    State,
    StoredFile,
    Verdict,
)
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.proofing.pictures import file_pictures, item_pictures, photo_pictures
from pumbaphoto_wagtail.storage import remove, write_new

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery, width=600, height=400)


def picture(photo, tier="grid"):
    return getattr(photo_pictures(photo), tier).url


def body(response):
    return b"".join(response) if response.streaming else response.content


def test_f2_a_recipient_gets_the_picture(recipient, photo):
    response = recipient.get(picture(photo))
    assert response.status_code == 200
    assert Image.open(BytesIO(body(response))).size == (300, 200)


def test_b56_a_picture_is_kept_by_the_browser_and_by_nobody_else(recipient, photo):
    headers = recipient.get(picture(photo)).headers
    assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Disposition" not in headers


def test_m75_an_unchanged_picture_is_not_sent_again(recipient, photo):
    etag = recipient.get(picture(photo))["ETag"]
    response = recipient.get(picture(photo), headers={"If-None-Match": etag})
    assert response.status_code == 304


def test_m75_a_part_of_a_picture_can_be_asked_for(recipient, photo):
    whole = body(recipient.get(picture(photo)))
    response = recipient.get(picture(photo), headers={"Range": "bytes=10-19"})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert body(response) == whole[10:20]


def test_a_range_beyond_the_end_is_refused(recipient, photo):
    response = recipient.get(picture(photo), headers={"Range": "bytes=99999999-"})
    assert response.status_code == 416


def test_head_answers_without_the_bytes(recipient, photo):
    response = recipient.head(picture(photo))
    assert response.status_code == 200
    assert int(response["Content-Length"]) > 0
    assert response.content == b""


def test_m73_b54_b55_with_a_web_server_the_bytes_are_left_to_it(recipient, photo, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}
    response = recipient.get(picture(photo))
    assert response["X-Accel-Redirect"].startswith("/protected/pumbaphoto_renditions/")
    assert response.content == b""
    assert response["Content-Type"] == "image/jpeg"


def stranger(client, gallery):
    return client


def holder_of_another_link(client, gallery):
    client.get(f"/galleries/s/{links.token(testing.make_link(testing.make_gallery()))}")
    return client


def revoked_holder(client, gallery):
    link = testing.make_link(gallery)
    client.get(f"/galleries/s/{links.token(link)}")
    links.revoke(link, None)
    return client


def expired_holder(client, gallery):
    link = testing.make_link(gallery)
    client.get(f"/galleries/s/{links.token(link)}")
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return client


def photographer_of_another_studio(client, gallery):
    client.force_login(testing.make_user())
    return client


@pytest.mark.parametrize(
    "who",
    [
        stranger,
        holder_of_another_link,
        revoked_holder,
        expired_holder,
        photographer_of_another_studio,
    ],
)
def test_who_may_not_see_a_photo_cannot_tell_it_from_none(gallery, photo, who):
    browser = who(Client(), gallery)
    there = browser.get(picture(photo))
    nowhere = browser.get(picture(photo).replace(str(photo.uuid), str(uuid4())))
    assert there.status_code == nowhere.status_code == 404
    assert (there.content, dict(there.headers)) == (nowhere.content, dict(nowhere.headers))
    assert there["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("hiding", [{"is_hidden": True}, {"is_shown": False}])
def test_a_photo_that_is_not_shown_is_not_served(recipient, photo, hiding):
    Photo.objects.update(**hiding)
    assert recipient.get(picture(photo)).status_code == 404


def test_an_unscanned_photo_is_served_to_nobody(recipient, photo, admin_client):
    StoredFile.objects.filter(pk=photo.picture_id).update(stage=Stage.BLOCKED, verdict=Verdict.NONE)
    assert recipient.get(picture(photo)).status_code == 404
    assert admin_client.get(picture(photo)).status_code == 404


def test_an_archived_gallery_serves_nothing_to_its_clients(recipient, gallery, photo):
    Gallery.objects.filter(pk=gallery.pk).update(state=State.ARCHIVED)
    assert recipient.get(picture(photo)).status_code == 404


@pytest.mark.parametrize("name", ["0.jpg", f"{'0' * 17}.jpg", f"{'0' * 16}.exe"])
def test_f26_no_address_of_ours_is_404(recipient, photo, name):
    address = f"/galleries/media/photo/{photo.uuid}/grid/{name}"
    assert recipient.get(address).status_code == 404


@pytest.mark.parametrize("digest", ["0" * 16, "x" * 16])
def test_a_page_of_before_is_led_to_the_present_picture(recipient, photo, digest):
    response = recipient.get(f"/galleries/media/photo/{photo.uuid}/grid/{digest}.jpg")
    assert response.status_code == 302
    assert response["Location"] == picture(photo)
    assert response["Cache-Control"] == "private, no-store"


def test_who_may_not_see_the_photo_is_led_nowhere(gallery, photo):
    address = f"/galleries/media/photo/{photo.uuid}/grid/{'0' * 16}.jpg"
    assert Client().get(address).status_code == 404


# --- Pictures that were cleared or lost ----------------------------------------------------------


def is_placeholder(response) -> bool:
    """Whether a picture of no photo came at once, that nobody keeps."""
    return (
        response.status_code == 202
        and response["Content-Type"] == "image/svg+xml"
        and response["Cache-Control"] == "private, no-store"
        and "Retry-After" in response
        and response.content.startswith(b"<svg")
    )


@pytest.mark.parametrize("loss", ["row", "file", "all rows"])
def test_m66_f6_b57_a_lost_picture_is_asked_for_once_and_a_placeholder_shown(
    recipient, photo, loss
):
    address = picture(photo)
    if loss == "file":
        photo.picture.renditions.filter(tier="grid").update(name="not/there.jpg")
    elif loss == "row":
        photo.picture.renditions.filter(tier="grid").delete()
    else:
        photo.picture.renditions.all().delete()
    for _visitor in range(5):
        assert is_placeholder(recipient.get(address))

    photo.picture.refresh_from_db()
    assert photo.picture.stage == Stage.READY
    assert photo.picture.render_requested_at
    assert OrmQ.objects.count() == 1


def test_b45_a_cleared_picture_is_asked_for_once_by_a_hundred_visitors(recipient, photo):
    tiers = ("view", "display")
    photo.picture.renditions.filter(tier__in=tiers).update(cleared_at=timezone.now())
    address = picture(photo, "display")
    # Its bytes may still be there: what was given up is not sent, even so.
    assert all(is_placeholder(recipient.get(address)) for _visitor in range(100))
    queued = [row.task["func"].rpartition(".")[2] for row in OrmQ.objects.all()]
    assert queued.count("render_file") == 1
    assert str(photo.uuid) in recipient.get(photo.gallery.main_page.url).content.decode()

    for row in photo.picture.renditions.filter(tier__in=tiers):
        remove(row.storage, row.name)
    assert render_file(photo.picture_id) == Stage.READY
    assert not photo.picture.renditions.filter(cleared_at__isnull=False).exists()
    assert recipient.get(picture(Photo.objects.get()), follow=True)["Content-Type"] == "image/jpeg"


def test_a_cleared_picture_is_told_to_whoever_would_save_it(gallery, photo, client, enter):
    delivery = testing.make_delivery(gallery, [testing.make_edit(gallery, photo)])
    item = delivery.items.get()
    item.stored_file.renditions.update(cleared_at=timezone.now())
    enter(testing.make_link(gallery))
    answer = client.get(f"/galleries/download/item/{item.uuid}/web")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    item.stored_file.refresh_from_db()
    assert item.stored_file.render_requested_at


def test_a_proof_whose_marked_pictures_were_cleared_stays_visible(recipient, gallery, photo):
    Gallery.objects.filter(pk=gallery.pk).update(watermark_key="k" * 12)
    gallery.refresh_from_db()
    testing.make_marked(Photo.objects.get(pk=photo.pk))
    photo.picture.renditions.update(cleared_at=timezone.now())
    assert is_placeholder(recipient.get(picture(Photo.objects.get(pk=photo.pk), "view")))


def test_a_lost_picture_comes_back(recipient, photo):
    rendition = photo.picture.renditions.get(tier="grid")
    remove(rendition.storage, rendition.name)
    assert is_placeholder(recipient.get(picture(photo)))
    assert render_file(photo.picture_id) == Stage.READY

    response = recipient.get(picture(photo), follow=True)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"


def test_a_cleared_photo_is_shown_with_a_picture_to_ask_for(recipient, photo):
    proportion = photo_pictures(photo).proportion
    photo.picture.renditions.exclude(tier="view").delete()
    shown = photo_pictures(photo)
    assert (shown.grid.width, shown.grid.height) == (300, 200)
    assert shown.proportion == proportion
    photo.picture.renditions.all().delete()
    for tier in ("grid", "view", "display"):
        assert is_placeholder(recipient.get(picture(photo, tier)))


def test_a_photo_that_was_never_rendered_is_not_shown(gallery):
    photo = testing.make_photo(gallery, is_rendered=False)
    photo.picture.stage = Stage.CLEAN
    assert photo_pictures(photo) is None


def test_a_stranger_asks_for_nothing(photo):
    address = picture(photo)
    photo.picture.renditions.all().delete()
    assert Client().get(address).status_code == 404
    photo.picture.refresh_from_db()
    assert photo.picture.render_requested_at is None


def test_m68_a_tier_that_is_not_configured_is_404(recipient, photo):
    address = f"/galleries/media/photo/{photo.uuid}/huge/{'0' * 16}.jpg"
    assert recipient.get(address).status_code == 404


@pytest.mark.parametrize("is_lost", [True, False])
def test_what_the_web_server_did_not_find_is_looked_for(recipient, photo, settings, is_lost):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}
    if is_lost:
        photo.picture.renditions.update(name="not/there.jpg")
    assert "X-Accel-Redirect" in recipient.get(picture(photo)).headers
    response = recipient.get(picture(photo), headers={"X-Pumbaphoto-Lost": "1"})
    assert is_placeholder(response) is is_lost
    assert ("X-Accel-Redirect" in response.headers) is not is_lost


def test_a_delivered_file_and_an_edit_come_back_as_well(gallery, photo, client):
    edit = testing.make_edit(gallery, photo)
    address = file_pictures(edit.stored_file).grid.url
    client.force_login(testing.make_photographer())
    edit.stored_file.renditions.update(name="not/there.jpg")
    assert is_placeholder(client.get(address))


# --- Other formats -------------------------------------------------------------------------------


def test_another_format_has_its_own_address_and_type(recipient, photo):
    jpeg = photo.picture.renditions.get(tier="grid")
    other = photo.picture.renditions.get(tier="grid")
    other.pk, other.format, other.size = None, "avif", 4
    other.digest, other.name = "a" * 64, jpeg.name.replace(".jpg", ".avif")
    other.save()
    write_new(other.storage, other.name, b"avif")

    shown = photo_pictures(photo)
    (source,) = shown.grid.sources
    assert shown.grid.url.endswith(f"{jpeg.digest[:16]}.jpg")
    assert source.url.endswith(f"{other.digest[:16]}.avif")
    assert source.type == "image/avif"
    assert not shown.view.sources
    response = recipient.get(source.url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/avif")
    assert body(response) == b"avif"
    assert recipient.get(shown.grid.url)["Content-Type"] == "image/jpeg"


def test_pictures_are_only_read(recipient, photo):
    assert recipient.post(picture(photo)).status_code == 405


def test_originals_need_a_link_that_allows_them(recipient, gallery, photo, enter):
    address = f"/galleries/download/photo/{photo.uuid}/original"
    assert recipient.get(address).status_code == 404
    enter(testing.make_link(gallery, may_download_originals=True))
    response = recipient.get(address)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Cache-Control"] == "private, no-store"
    assert len(body(response)) == photo.picture.size


def test_a_photo_without_a_raw_has_none_to_download(gallery, photo, client, enter):
    enter(testing.make_link(gallery, may_download_originals=True))
    assert client.get(f"/galleries/download/photo/{photo.uuid}/raw").status_code == 404


def test_only_its_photographers_see_an_edit_before_it_is_delivered(gallery, photo, client):
    edit = testing.make_edit(gallery, photo)
    address = file_pictures(edit.stored_file).grid.url
    assert client.get(address).status_code == 404
    client.force_login(testing.make_user())
    assert client.get(address).status_code == 404
    client.force_login(testing.make_photographer())
    assert client.get(address).status_code == 200


# --- What was delivered --------------------------------------------------------------------------


@pytest.fixture
def delivery(gallery, photo):
    edits = [
        testing.make_edit(gallery, photo, name='Ebba "&" Johan – ö.jpg'),
        testing.make_edit(gallery, testing.make_photo(gallery), name="IMG_2.jpg"),
    ]
    made = testing.make_delivery(gallery, edits)
    Gallery.objects.filter(pk=gallery.pk).update(state=State.DELIVERED)
    return made


def test_a_delivered_file_is_saved_under_its_own_name(recipient, delivery):
    item = delivery.items.first()
    response = recipient.get(f"/galleries/download/item/{item.uuid}")
    assert body(response)[:3] == b"\xff\xd8\xff"
    assert response["Content-Length"] == str(item.size)
    assert "filename*=utf-8''Ebba%20%22%26%22" in response["Content-Disposition"]


def test_a_delivered_files_picture_can_be_seen(recipient, delivery):
    item = delivery.items.first()
    response = recipient.get(item_pictures(item.uuid, item.stored_file).view.url)
    assert response.status_code == 200


def test_the_size_for_screens_is_a_jpeg_of_its_own_name(recipient, delivery):
    item = delivery.items.last()
    response = recipient.get(f"/galleries/download/item/{item.uuid}/web")
    assert 'filename="IMG_2-web.jpg"' in response["Content-Disposition"]


def test_b60_all_delivered_files_come_as_one_exact_zip(recipient, gallery, delivery):
    response = recipient.get(f"/galleries/download/gallery/{gallery.uuid}")
    content = body(response)
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Type"] == "application/zip"
    with ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2


def test_a_broken_zip_download_goes_on_where_it_stopped(recipient, gallery, delivery):
    address = f"/galleries/download/gallery/{gallery.uuid}"
    first = recipient.get(address)
    whole = body(first)
    rest = recipient.get(address, headers={"Range": "bytes=500-", "If-Range": first["ETag"]})
    assert rest.status_code == 206
    assert whole[:500] + body(rest) == whole


def test_a_zip_that_has_changed_is_sent_anew(recipient, gallery, delivery):
    address = f"/galleries/download/gallery/{gallery.uuid}"
    response = recipient.get(address, headers={"Range": "bytes=500-", "If-Range": '"old"'})
    assert response.status_code == 200


def test_a_revoked_link_cannot_go_on_with_its_download(recipient, gallery, link, delivery):
    links.revoke(link, None)
    address = f"/galleries/download/gallery/{gallery.uuid}"
    assert recipient.get(address, headers={"Range": "bytes=500-"}).status_code == 404


@pytest.mark.parametrize(
    ("downloads", "full", "web"),
    [(Downloads.FULL, 200, 200), (Downloads.WEB, 404, 200), (Downloads.NONE, 404, 404)],
)
def test_b58_a_link_downloads_what_it_allows(
    gallery, delivery, client, enter, downloads, full, web
):
    enter(testing.make_link(gallery, downloads=downloads))
    item = delivery.items.first()
    assert client.get(f"/galleries/download/item/{item.uuid}").status_code == full
    assert client.get(f"/galleries/download/gallery/{gallery.uuid}").status_code == full
    assert client.get(f"/galleries/download/item/{item.uuid}/web").status_code == web


def test_without_a_delivery_there_is_no_zip(recipient, gallery):
    assert recipient.get(f"/galleries/download/gallery/{gallery.uuid}").status_code == 404


@pytest.mark.parametrize("amount", [1, 30])
def test_the_zip_costs_the_same_queries_for_any_number_of_files(
    recipient, gallery, amount, django_assert_max_num_queries
):
    photos = [testing.make_photo(gallery, is_rendered=False) for _ in range(amount)]
    edits = [testing.make_edit(gallery, photo) for photo in photos]
    testing.make_delivery(gallery, edits)
    address = f"/galleries/download/gallery/{gallery.uuid}"
    recipient.head(address)  # the first use of a link is counted
    with django_assert_max_num_queries(10):
        recipient.head(address)


def test_a_picture_costs_few_queries(recipient, photo, django_assert_max_num_queries):
    address = picture(photo)
    recipient.get(address)
    with django_assert_max_num_queries(5):
        recipient.get(address)
