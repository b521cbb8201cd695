"""Picking from storage: folder by folder, what is there already, and one request that adds."""

import json
import time

import pytest
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin import picking
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.intake.library.galleries import path_key
from pumbaphoto_wagtail.models import LibraryFile, State

from .conftest import in_state, words_of

pytestmark = pytest.mark.django_db
SMITH = "2024-06-01 Smith wedding"


def look(browser, gallery, library, folder=None):
    query = {"library": library.uuid} | ({} if folder is None else {"folder": folder})
    return browser.get(gallery_url(gallery, "pick"), query)


def take(browser, gallery, library, names, folder=SMITH, **more):
    data = {"library": library.uuid, "folder": folder, "names": json.dumps(names)} | more
    return browser.post(gallery_url(gallery, "pick"), data)


def picked(library, gallery, path, photo=None):
    file = photo.picture if photo else testing.make_stored_file(b"x", original_name="x.jpg")
    return LibraryFile.objects.create(
        library=library,
        gallery=gallery,
        path=path,
        path_key=path_key(path),
        stored_file=file,
        photo=photo,
        size=1,
    )


def names(page) -> list[str]:
    return [one.file.name for one in page.context["page_obj"]]


# --- Looking --------------------------------------------------------------------------------------


def test_b34_folders_come_first_and_files_in_natural_order(maria, gallery, library):
    page = look(maria, gallery, library, SMITH)

    assert [one["name"] for one in page.context["folders"]] == ["Party", "rejected"]
    assert names(page) == ["IMG_2.jpg", "IMG_10.jpg"]
    assert [crumb["name"] for crumb in page.context["crumbs"]] == ["Archive", SMITH]


def test_b34_what_the_gallery_has_is_ticked_and_cannot_be_ticked_off(
    maria, gallery, library, photos
):
    picked(library, gallery, f"{SMITH}/IMG_2.jpg", photos[0])

    page = look(maria, gallery, library, SMITH)

    taken, free = page.context["page_obj"]
    assert (taken.is_taken, free.is_taken) == (True, False)
    assert 'value="IMG_2.jpg" checked disabled' in page.content.decode()
    assert taken.picture, "of what was scanned there is a picture"
    assert not free.picture, "and none of what was not"


def test_b34_it_opens_where_most_of_the_gallerys_picks_lie(maria, gallery, library):
    for name in ("IMG_2.jpg", "IMG_10.jpg"):
        picked(library, gallery, f"{SMITH}/{name}")
    picked(library, gallery, "top.jpg")

    assert maria.get(gallery_url(gallery, "pick")).context["folder"] == SMITH


def test_it_opens_where_one_was_looking_last(maria, gallery, library):
    look(maria, gallery, library, SMITH)

    assert maria.get(gallery_url(gallery, "pick")).context["folder"] == SMITH
    assert look(maria, gallery, library, "").context["folder"] == ""


def test_nothing_is_opened_of_what_was_not_scanned(maria, gallery, library, shelf):
    """A file that cannot even be read is listed by its name and size."""
    (shelf / SMITH / "IMG_2.jpg").chmod(0)

    assert "IMG_2.jpg" in names(look(maria, gallery, library, SMITH))


def test_b35_outside_of_the_library_nothing_exists(maria, gallery, library, shelf):
    (shelf / ".hidden").mkdir()

    for folder in ("..", "../nas", "/", "a/../..", ".hidden", "nowhere", "a\0b"):
        page = look(maria, gallery, library, folder)
        assert page.status_code == 200, folder
        assert "This folder cannot be shown." in page.content.decode(), folder
        assert "page_obj" not in page.context, folder


def test_f10_b35_links_do_not_exist(maria, gallery, library, shelf, tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (shelf / "way out").symlink_to(tmp_path)
    (shelf / "link.jpg").symlink_to(tmp_path / "secret.jpg")

    page = look(maria, gallery, library, "")

    assert [one["name"] for one in page.context["folders"]] == [SMITH]
    assert names(page) == ["top.jpg"]
    trouble = look(maria, gallery, library, "way out")
    assert "page_obj" not in trouble.context


def test_a_storage_that_hangs_holds_no_request(maria, gallery, library, monkeypatch):
    monkeypatch.setattr(picking, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(picking, "list_folder", lambda *_asked: time.sleep(1))

    assert b"The storage does not answer." in look(maria, gallery, library, "").content


def test_a_storage_that_was_taken_out_of_the_settings_is_said_to_be_away(
    maria, gallery, library, settings
):
    library.storage = "gone"
    library.save()

    assert b"The storage does not answer." in look(maria, gallery, library, "").content
    assert take(maria, gallery, library, ["IMG_2.jpg"]).status_code == 409


def test_a_storage_that_hangs_is_said_to_who_adds(maria, gallery, library, monkeypatch):
    monkeypatch.setattr(picking, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(picking, "list_folder", lambda *_asked: time.sleep(1))

    answer = take(maria, gallery, library, ["IMG_2.jpg"])

    assert answer.status_code == 409
    assert not LibraryFile.objects.exists()


def test_thousands_of_files_cost_as_many_queries_as_few(
    maria, gallery, library, shelf, photos, django_assert_max_num_queries
):
    (shelf / "Many").mkdir()
    for number in range(600):
        (shelf / "Many" / f"{number}.jpg").write_bytes(b"x")
    picked(library, gallery, "Many/7.jpg", photos[0])
    look(maria, gallery, library, "Many")

    with django_assert_max_num_queries(30):
        page = look(maria, gallery, library, "Many")

    assert len(page.context["page_obj"]) == picking.FILES_PER_PAGE
    assert len(page.context["pick"]["files"]) == 600


def test_file_names_are_text(maria, gallery, library, shelf):
    (shelf / "a&<img src=x>.jpg").write_bytes(b"x")

    assert b"<img src=x>" not in look(maria, gallery, library, "").content


# --- Who ------------------------------------------------------------------------------------------


def test_a_library_of_another_studio_is_not_there(studios, maria, gallery, library):
    other = testing.make_library("B", owner=studios.bert, collection=studios.other_collection)

    page = look(maria, gallery, other, "")
    assert "This library is not there, or not for you." in page.content.decode()

    answer = take(maria, gallery, other, ["top.jpg"], folder="")
    assert answer.status_code == 409
    assert not LibraryFile.objects.exists()


def test_who_may_only_look_at_the_gallery_picks_nothing(studios, gallery, library, log_in):
    user = testing.make_photographer("colleague", collection=studios.collection)
    permissions = user.groups.get().collection_permissions
    permissions.exclude(permission__codename="share_gallery").delete()
    browser = log_in(user)

    assert look(browser, gallery, library, "").url == "/admin/"
    assert take(browser, gallery, library, ["top.jpg"], folder="").url == "/admin/"


def test_the_photos_tab_offers_it_to_those_who_have_a_library(studios, maria, gallery, shelf):
    address = gallery_url(gallery, "pick")
    assert address not in maria.get(gallery_url(gallery)).content.decode()

    testing.make_library(owner=studios.maria, collection=studios.collection)
    assert address in maria.get(gallery_url(gallery)).content.decode()


def test_an_archived_gallery_takes_nothing(maria, gallery, library):
    in_state(gallery, State.ARCHIVED)

    assert "This gallery is archived." in look(maria, gallery, library).content.decode()
    assert take(maria, gallery, library, ["IMG_2.jpg"]).status_code == 409
    assert not LibraryFile.objects.exists()


# --- Adding ---------------------------------------------------------------------------------------


def test_one_request_adds_says_what_came_and_leads_to_the_photos(maria, gallery, library, photos):
    picked(library, gallery, f"{SMITH}/IMG_10.jpg", photos[0])

    answer = take(maria, gallery, library, ["IMG_2.jpg", "IMG_10.jpg", "gone.jpg"])

    assert answer.url == gallery_url(gallery)
    [words] = words_of(maria.get(answer.url))
    assert words.startswith("1 is being scanned, 1 was there already, 1 was refused: ")
    assert f"{SMITH}/gone.jpg" in words
    assert LibraryFile.objects.filter(path=f"{SMITH}/IMG_2.jpg", gallery=gallery).exists()


def test_without_a_script_ticked_boxes_are_added(maria, gallery, library):
    data = {"library": library.uuid, "folder": SMITH, "file": ["IMG_2.jpg", "IMG_10.jpg"]}

    maria.post(gallery_url(gallery, "pick"), data)

    assert gallery.library_files.count() == 2


def test_without_a_script_a_whole_folder_is_added(maria, gallery, library):
    data = {"library": library.uuid, "folder": SMITH, "all": "1"}

    maria.post(gallery_url(gallery, "pick"), data)

    assert {*gallery.library_files.values_list("path", flat=True)} == {
        f"{SMITH}/IMG_2.jpg",
        f"{SMITH}/IMG_10.jpg",
    }


def test_nothing_picked_is_said(maria, gallery, library):
    for sent in ("", "[]", "{}", "[1]", "no json", '[""]'):
        data = {"library": library.uuid, "folder": SMITH, "names": sent}
        page = maria.post(gallery_url(gallery, "pick"), data)
        assert page.status_code == 422, sent
        assert words_of(page) == ["Nothing was picked."], sent


def test_f9_b35_names_that_lead_elsewhere_are_refused(maria, gallery, library, shelf):
    (shelf / SMITH / ".x.jpg").write_bytes(b"x")
    names = ["../top.jpg", "Party/../IMG_2.jpg", "/etc/passwd", ".x.jpg"]

    answer = take(maria, gallery, library, names)

    assert words_of(maria.get(answer.url))[0].startswith("4 were refused: ")
    assert not LibraryFile.objects.exists()


# --- Where a photo lies ---------------------------------------------------------------------------


def test_a_photo_says_in_which_library_it_lies(studios, maria, gallery, library, photos):
    row = picked(library, gallery, f"{SMITH}/IMG_2.jpg", photos[0])
    row.missing_since = row.created_at
    row.save()
    address = gallery_url(gallery, "photo", photo_uuid=photos[0].uuid)

    page = maria.get(address).content.decode()
    assert f"{SMITH}/IMG_2.jpg" in page
    assert "missing since" in page
    inspect = "wagtailsnippets_pumbaphoto_wagtail_library:inspect"
    assert reverse(inspect, args=[library.pk]) in page

    library.collection = studios.other_collection
    library.save()
    assert SMITH not in maria.get(address).content.decode()
