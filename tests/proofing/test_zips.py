"""ZIPs as Django answers for them: who gets which piece, under which name, at what cost."""

import io
import zipfile
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery import zip_memory
from pumbaphoto_wagtail.exceptions import BytesDiffer
from pumbaphoto_wagtail.models import (
    Delivery,
    DeliveryItem,
    Edit,
    EditStatus,
    Gallery,
    Photo,
    Rendition,
    State,
)
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.storage import ORIGINALS, storage_for

pytestmark = pytest.mark.django_db
KEY = "X-Pumbaphoto-Zip"


@pytest.fixture
def gallery(db):
    return testing.make_gallery("Ebba / Johan: “ja”", state=State.DELIVERED)


@pytest.fixture
def delivery(gallery):
    photos = [testing.make_photo(gallery, f"IMG_{n}.jpg") for n in range(3)]
    return testing.make_delivery(gallery, [testing.make_edit(gallery, one) for one in photos])


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery)


def browser_of(link) -> Client:
    browser = Client()
    browser.get(f"/galleries/s/{links.token(link)}")
    return browser


@pytest.fixture
def eva(link) -> Client:
    return browser_of(link)


def address(name: str, gallery: Gallery) -> str:
    return reverse(f"pumbaphoto_wagtail:{name}", args=[gallery.uuid])


@pytest.fixture
def everything(gallery, delivery) -> str:
    return address("download_all", gallery)


@pytest.fixture
def behind_nginx(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}


def key_of(response) -> str:
    """The key that nginx is told to fetch the pieces by."""
    place, zip_, key, path = response.headers["X-Accel-Redirect"].removeprefix("/").split("/", 3)
    assert (place, zip_) == ("protected", "zip")
    assert f"/{path}" == response.wsgi_request.path
    return key


def whole(response) -> bytes:
    return b"".join(response)


def test_it_is_called_after_the_day_and_the_gallery(eva, gallery, everything):
    Gallery.objects.filter(pk=gallery.pk).update(shoot_date=date(2026, 6, 13))
    said = eva.head(everything).headers["Content-Disposition"]
    assert said == (
        "attachment; filename*=utf-8''2026-06-13%20-%20Ebba%20-%20Johan_%20%E2%80%9Cja%E2%80%9D.zip"
    )


@pytest.mark.parametrize(
    ("name", "words"), [("web_zip", "web%20size"), ("originals_zip", "originals")]
)
def test_each_kind_says_in_its_name_what_it_is(delivery, gallery, name, words):
    link = testing.make_link(gallery, may_download_originals=True)
    said = browser_of(link).head(address(name, gallery)).headers["Content-Disposition"]
    assert f"%20%28{words}%29.zip" in said


def test_a_delivery_is_had_by_itself(eva, gallery, delivery):
    later = testing.make_delivery(gallery, [testing.make_edit(gallery, name="gift.jpg")])
    path = reverse("pumbaphoto_wagtail:delivery_zip", args=[later.uuid])
    response = eva.get(path)
    assert zipfile.ZipFile(io.BytesIO(whole(response))).namelist() == ["gift.jpg"]
    assert "%28delivery%202%29" in response.headers["Content-Disposition"]


def test_a_hosts_compression_leaves_it_alone(eva, everything, settings):
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE]
    plain = whole(eva.get(everything))
    part = eva.get(everything, headers={"Accept-Encoding": "gzip", "Range": "bytes=10-999"})
    assert "Content-Encoding" not in part.headers
    assert part.headers["Content-Length"] == "990"
    assert whole(part) == plain[10:1000]


# --- Pieces --------------------------------------------------------------------------------------


def test_nginx_is_told_where_to_fetch_the_pieces(eva, everything, behind_nginx):
    key = key_of(eva.get(everything))
    piece = eva.get(everything, headers={KEY: key, "Range": "bytes=0-99"})
    assert (piece.status_code, len(whole(piece))) == (206, 100)
    assert "X-Accel-Redirect" not in piece.headers


def test_nobody_waits_for_nginx_where_there_is_nothing_to_fetch(eva, everything, behind_nginx):
    head = eva.head(everything)
    assert "X-Accel-Redirect" not in head.headers
    size, etag = int(head.headers["Content-Length"]), head.headers["ETag"]
    beyond = eva.get(everything, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert eva.get(everything, headers={"If-None-Match": etag}).status_code == 304


def test_the_key_of_one_is_nothing_to_another(eva, gallery, everything, behind_nginx):
    key = key_of(eva.get(everything))
    tom = browser_of(testing.make_link(gallery, "Tom"))
    assert tom.get(everything, headers={KEY: key}).status_code == 404
    assert Client().get(everything, headers={KEY: key}).status_code == 404
    assert eva.get(everything, headers={KEY: "0" * 64}).status_code == 404
    assert eva.get(address("web_zip", gallery), headers={KEY: key}).status_code == 404


def test_another_process_lays_out_the_same(eva, everything, behind_nginx, monkeypatch):
    key = key_of(eva.get(everything))
    monkeypatch.setattr(zip_memory, "_memory", zip_memory._Memory())
    piece = eva.get(everything, headers={KEY: key, "Range": "bytes=0-99"})
    assert (piece.status_code, len(whole(piece))) == (206, 100)


def test_what_is_hidden_is_in_no_later_zip(eva, everything, delivery, behind_nginx, monkeypatch):
    key = key_of(eva.get(everything))
    Photo.objects.filter(pk=delivery.items.first().photo_id).update(is_hidden=True)
    assert key_of(eva.get(everything)) != key
    # A process that never knew the one before cannot go on with it; nginx cuts the connection then.
    monkeypatch.setattr(zip_memory, "_memory", zip_memory._Memory())
    assert eva.get(everything, headers={KEY: key, "Range": "bytes=0-9"}).status_code == 404


def test_a_closed_link_stops_even_an_answer_that_has_begun(eva, link, everything, monkeypatch):
    monkeypatch.setattr("pumbaphoto_wagtail.delivery.zip_sending.ASKED_FILES", 1)
    blocks = iter(eva.get(everything))
    got = [next(blocks), next(blocks)]
    links.revoke(link, None)
    with pytest.raises(BytesDiffer):
        got.extend(blocks)


def many_delivered(gallery: Gallery, amount: int) -> None:
    photos = testing.make_many_photos(gallery, amount)
    delivery = Delivery.objects.create(gallery=gallery, number=1)
    edits = Edit.objects.bulk_create(
        Edit(gallery=gallery, photo=photo, stored_file=photo.picture, status=EditStatus.MATCHED)
        for photo in photos
    )
    DeliveryItem.objects.bulk_create(
        DeliveryItem(
            delivery=delivery,
            edit=edit,
            photo=edit.photo,
            position=place,
            stored_file=edit.stored_file,
            member_name=edit.photo.name,
            size=1000,
            crc32=0,
            sha256="",
        )
        for place, edit in enumerate(edits)
    )


@pytest.mark.parametrize("amount", [5, 400])
def test_a_piece_costs_as_many_questions_whatever_it_is_a_piece_of(
    gallery, eva, behind_nginx, amount, monkeypatch
):
    many_delivered(gallery, amount)
    # There are rows, but no bytes.
    monkeypatch.setattr("pumbaphoto_wagtail.delivery.archives.sizes", lambda *_: None)
    path = address("download_all", gallery)
    key = key_of(eva.get(path))
    with CaptureQueriesContext(connection) as asked:
        piece = eva.get(path, headers={KEY: key, "Range": "bytes=0-20"})
    assert piece.status_code == 206
    assert len(asked) <= 4, [query["sql"][:100] for query in asked]


# --- What cannot be had just now -----------------------------------------------------------------


def test_web_sizes_without_sums_are_prepared_and_said_to_be(eva, gallery, delivery, monkeypatch):
    woken = []
    monkeypatch.setattr("pumbaphoto_wagtail.tasks.wake", lambda *what: woken.append(what))
    Rendition.objects.update(crc32=None)
    response = eva.get(address("web_zip", gallery))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert b"being prepared" in response.content
    assert woken == [("sum_renditions", gallery.pk)]


def test_while_the_storage_is_away_nothing_is_said_to_be_missing(eva, everything, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        ORIGINALS: {
            "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
            "OPTIONS": {"location": "/nowhere"},
        },
    }
    response = eva.get(everything)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")


# --- One file ------------------------------------------------------------------------------------


@pytest.fixture
def item(delivery) -> DeliveryItem:
    return delivery.items.first()


def item_address(item: DeliveryItem) -> str:
    return reverse("pumbaphoto_wagtail:download_item", args=[item.uuid])


def test_one_file_that_was_changed_is_not_sent(eva, item):
    with open(storage_for(ORIGINALS).location + "/" + item.stored_file.name, "ab") as file:
        file.write(b"more")
    assert eva.get(item_address(item)).status_code == 404


def test_what_nginx_did_not_find_is_sent_by_the_site(eva, item, behind_nginx):
    assert "X-Accel-Redirect" in eva.get(item_address(item)).headers
    sent = eva.get(item_address(item), headers={"X-Pumbaphoto-Lost": "1"})
    assert len(whole(sent)) == item.size


def test_a_file_in_a_storage_that_nginx_cannot_read_is_sent_by_the_site(
    eva, gallery, settings, tmp_path, behind_nginx
):
    settings.STORAGES = {
        **settings.STORAGES,
        ORIGINALS: {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    item = testing.make_delivery(gallery, [testing.make_edit(gallery)]).items.get()
    sent = eva.get(item_address(item), headers={"Range": "bytes=5-9"})
    assert (sent.status_code, len(whole(sent))) == (206, 5)
