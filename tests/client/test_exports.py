"""M69-M74, B59, X39, X51, X73, X74: a whole gallery as one ZIP, for those who need no link."""

import io
import zipfile
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, Photo, Visibility
from pumbaphoto_wagtail.pages.models import IndexKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def index(db):
    return testing.make_index_page(IndexKind.PORTFOLIO)


@pytest.fixture
def gallery(index):
    made = testing.make_gallery(
        "Sea / sky: “öppet”", has_page=False, is_listed=True, shoot_date=date(2026, 7, 12)
    )
    testing.make_page(made, index_page=index)
    testing.make_policy(gallery=made)
    return made


def address(gallery) -> str:
    return reverse("pumbaphoto_wagtail:album_zip", args=[gallery.uuid])


def taken(gallery, browser=None, **headers):
    response = (browser or Client()).get(address(gallery), headers=headers)
    return response, b"".join(response) if response.streaming else response.content


def unpacked(gallery, browser=None) -> zipfile.ZipFile:
    response, content = taken(gallery, browser)
    assert response.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def signed_in(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def photos_in(archive) -> list[str]:
    return [name for name in archive.namelist() if name.endswith(".jpg")]


def test_m69_m71_it_holds_the_photos_in_their_order_stored_and_streamed(gallery):
    for position, name in enumerate(("b.jpg", "a.jpg", "c.jpg")):
        testing.make_photo(gallery, name, position=position)
    archive = unpacked(gallery)
    assert photos_in(archive) == ["b.jpg", "a.jpg", "c.jpg"]
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    response, content = taken(gallery)
    assert response.streaming
    assert int(response["Content-Length"]) == len(content)


def test_x74_two_of_one_name_are_two_and_sections_are_folders(gallery):
    for title in ("One", "Two"):
        section = testing.make_section(gallery, title)
        testing.make_photo(gallery, "1.jpg", section=section)
    for name in ("1.jpg", "1.JPG", "../1.jpg"):
        testing.make_photo(gallery, name)
    names = photos_in(unpacked(gallery))
    assert len({name.casefold() for name in names}) == len(names) == 5
    assert {"One/1.jpg", "Two/1.jpg"} <= {*names}
    assert not [name for name in names if ".." in name or name.startswith("/")]


def test_m72_nothing_of_it_is_kept_that_could_grow_old(gallery, settings, tmp_path):
    settings.STORAGES = testing.temporary_storages(tmp_path)
    testing.make_photo(gallery)
    before = {*tmp_path.rglob("*")}

    assert photos_in(unpacked(gallery))
    assert {*tmp_path.rglob("*")} == before


def test_m70_x39_who_sees_more_gets_another_one_under_the_same_address(gallery):
    member = testing.make_user()
    testing.make_photo(gallery, "all.jpg")
    testing.make_policy(
        Visibility.MEMBERS, photo=testing.make_photo(gallery, "club.jpg"), users=[member]
    )
    assert photos_in(unpacked(gallery)) == ["all.jpg"]
    assert photos_in(unpacked(gallery, signed_in(member))) == ["all.jpg", "club.jpg"]
    # Even by the name of the other one no piece of it can be had.
    theirs, _content = taken(gallery, signed_in(member))
    begun, content = taken(gallery, range="bytes=100-", if_range=theirs["ETag"])
    assert (begun.status_code, begun["ETag"] == theirs["ETag"]) == (200, False)
    assert b"club.jpg" not in content


def test_m70_what_changes_makes_it_another_one(gallery):
    testing.make_photo(gallery, "1.jpg")
    second = testing.make_photo(gallery, "2.jpg")
    before, _content = taken(gallery)
    assert taken(gallery)[0]["ETag"] == before["ETag"]
    Photo.objects.filter(pk=second.pk).update(is_hidden=True)
    after, _content = taken(gallery)
    assert after["ETag"] != before["ETag"]


def test_x51_what_may_not_be_had_is_as_what_never_was(gallery):
    private = testing.make_gallery()
    testing.make_photo(private)
    never = Gallery(title="Never")
    turned_off = testing.make_gallery()
    testing.make_policy(gallery=turned_off, offers_zip=False)
    testing.make_photo(turned_off)
    testing.make_policy(gallery=testing.make_gallery("Empty"))
    refused = [
        taken(one) for one in (private, never, turned_off, Gallery.objects.get(title="Empty"))
    ]
    assert {response.status_code for response, _content in refused} == {404}
    assert len({(content, *sorted(response.items())) for response, content in refused}) == 1


def test_b59_it_is_turned_off_for_all_below_and_on_again_nearer(gallery, index):
    testing.make_photo(gallery)
    testing.make_policy(Visibility.INHERIT, page=index, offers_zip=False)
    assert taken(gallery)[0].status_code == 404
    AccessPolicy.objects.filter(gallery=gallery).update(offers_zip=True)
    assert taken(gallery)[0].status_code == 200


def test_b59_m74_it_is_called_after_the_day_and_the_title(gallery):
    testing.make_photo(gallery)
    response, _content = taken(gallery)
    name = "2026-07-12%20-%20Sea%20-%20sky_%20%E2%80%9C%C3%B6ppet%E2%80%9D.zip"
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"


def test_x51_it_goes_on_where_it_was_broken_off(gallery):
    testing.make_photo(gallery)
    first, content = taken(gallery)
    response, rest = taken(gallery, range="bytes=100-", if_range=first["ETag"])
    assert response.status_code == 206
    assert rest == content[100:]
