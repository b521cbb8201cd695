"""What goes into which ZIP, for whom; laid out without reading, and named where it is missing."""

import io
import zipfile
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.albums import album_photos
from pumbaphoto_wagtail.delivery import sums, zip_contents, zip_sending
from pumbaphoto_wagtail.delivery.archives import lay_out
from pumbaphoto_wagtail.exceptions import BytesDiffer, StorageOffline, SumsUnknown
from pumbaphoto_wagtail.finished import photos_downloadable_by
from pumbaphoto_wagtail.models import (
    DeliveryItem,
    FileRole,
    Gallery,
    Photo,
    PhotoFile,
    Rendition,
    Selection,
    Stage,
    State,
    StoredFile,
)
from pumbaphoto_wagtail.storage import ORIGINALS, remove, storage_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False, state=State.DELIVERED)


@pytest.fixture
def photos(gallery):
    return [testing.make_photo(gallery, f"IMG_{n}.jpg") for n in range(3)]


@pytest.fixture
def delivery(gallery, photos):
    return testing.make_delivery(gallery, [testing.make_edit(gallery, one) for one in photos])


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, may_download_originals=True)


def viewer(link):
    return access.Viewer(links=(link,))


def items(delivery):
    return DeliveryItem.objects.filter(delivery=delivery)


def bytes_of(shelf, layout=None):
    layout = layout or lay_out(shelf.contents(), studio="Sol")
    return b"".join(zip_sending.send(layout, 0, layout.size, shelf.places))


def opened(shelf) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(bytes_of(shelf)))
    assert archive.testzip() is None
    return archive


def names(shelf) -> list[str]:
    return opened(shelf).namelist()


def read_me(shelf) -> str:
    return opened(shelf).read("READ ME.txt").decode("utf-8-sig")


def stored(file) -> bytes:
    return storage_for(file.storage).open(file.name).read()


# --- Names, folders, times -----------------------------------------------------------------------


def test_files_lie_in_the_folders_they_were_delivered_in(delivery):
    for number, item in enumerate(items(delivery)):
        DeliveryItem.objects.filter(pk=item.pk).update(
            folder=("", "Ceremony", "Ceremony/Social")[number], member_name="IMG.jpg"
        )
    assert names(zip_contents.of_items(items(delivery))) == [
        "IMG.jpg",
        "Ceremony/IMG.jpg",
        "Ceremony/Social/IMG.jpg",
    ]


def test_files_carry_the_time_they_were_taken_at_by_the_studios_clock(delivery, settings):
    settings.TIME_ZONE = "Europe/Stockholm"
    taken = datetime(2026, 6, 13, 13, 4, 6, tzinfo=UTC)
    items(delivery).update(file_time=taken)
    for info in opened(zip_contents.of_items(items(delivery))).infolist():
        assert info.date_time == (2026, 6, 13, 15, 4, 6)
        assert info.extra[-4:] == int(taken.timestamp()).to_bytes(4, "little")


def test_a_print_release_goes_along_with_its_delivery(gallery, delivery):
    delivery.print_release = b"%PDF-1.7 release"
    delivery.save()
    archive = opened(zip_contents.of_items(items(delivery)))
    assert archive.namelist()[0] == "print-release.pdf"
    assert archive.read("print-release.pdf") == b"%PDF-1.7 release"
    later = testing.make_delivery(gallery, [testing.make_edit(gallery)])
    assert "print-release.pdf" not in names(zip_contents.of_items(items(later)))


def test_the_same_contents_are_the_same_zip_and_others_another(delivery):
    shelf = zip_contents.of_items(items(delivery))
    tags = [lay_out(shelf.contents()).etag for _ in range(2)]
    assert tags[0] == tags[1]
    items(delivery).first().delete()
    assert lay_out(shelf.contents()).etag != tags[0]


# --- What is missing is named --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["gone", "known to be gone", "cut short"])
def test_a_file_that_is_not_there_is_named_and_the_others_come(delivery, how):
    lost = items(delivery).last()
    path = storage_for(ORIGINALS).location + "/" + lost.stored_file.name
    if how == "gone":
        remove(ORIGINALS, lost.stored_file.name)
    elif how == "cut short":
        with open(path, "r+b") as file:
            file.truncate(5)
    else:
        StoredFile.objects.filter(pk=lost.stored_file_id).update(stage=Stage.MISSING)
    shelf = zip_contents.of_items(items(delivery))
    assert names(shelf) == ["READ ME.txt", "IMG_0_edit.jpg", "IMG_1_edit.jpg"]
    words = read_me(shelf)
    assert f"{lost.member_name}: " in words
    assert "Please ask Sol" in words
    assert "IMG_1_edit.jpg" not in words


def test_nothing_is_said_where_nothing_is_missing(delivery):
    assert "READ ME.txt" not in names(zip_contents.of_items(items(delivery)))


def test_a_photograph_may_be_called_read_me(delivery):
    items(delivery).filter(position=0).update(member_name="Read me.txt")
    remove(ORIGINALS, items(delivery).last().stored_file.name)
    shelf = zip_contents.of_items(items(delivery))
    assert names(shelf) == ["READ ME.txt", "Read me (2).txt", "IMG_1_edit.jpg"]


def test_a_cold_storage_that_is_away_is_said_and_the_hot_one_waited_for(delivery, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "pumbaphoto_cold_2024": {
            "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
            "OPTIONS": {"location": "/nowhere/cold-2024"},
        },
    }
    cold = items(delivery).first().stored_file
    StoredFile.objects.filter(pk=cold.pk).update(storage="pumbaphoto_cold_2024")
    assert "IMG_0_edit.jpg: It is in cold storage." in read_me(
        zip_contents.of_items(items(delivery))
    )
    settings.STORAGES = {
        **settings.STORAGES,
        ORIGINALS: settings.STORAGES["pumbaphoto_cold_2024"],
    }
    with pytest.raises(StorageOffline):
        lay_out(zip_contents.of_items(items(delivery)).contents())


# --- Storages of others --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["FileSystemStorage", "InMemoryStorage"])
def test_originals_may_lie_in_any_django_storage(settings, tmp_path, backend):
    options = {"location": str(tmp_path)} if backend == "FileSystemStorage" else {}
    settings.STORAGES = {
        **settings.STORAGES,
        ORIGINALS: {"BACKEND": f"django.core.files.storage.{backend}", "OPTIONS": options},
    }
    gallery = testing.make_gallery(has_page=False, state=State.DELIVERED)
    photo = testing.make_photo(gallery, "IMG_1.jpg", is_rendered=False)
    delivery = testing.make_delivery(gallery, [testing.make_edit(gallery, photo)])
    shelf = zip_contents.of_items(items(delivery))
    assert opened(shelf).read("IMG_1_edit.jpg") == stored(items(delivery).get().stored_file)
    layout, whole = lay_out(shelf.contents()), bytes_of(shelf)
    assert b"".join(zip_sending.send(layout, 100, 200, shelf.places)) == whole[100:200]
    storage_for(ORIGINALS).delete(items(delivery).get().stored_file.name)
    assert names(shelf) == ["READ ME.txt"]


# --- Web sizes -----------------------------------------------------------------------------------


def display(file) -> Rendition:
    return file.renditions.get(tier="display", watermark="")


def test_web_sizes_are_the_clean_pictures_for_screens(delivery):
    shelf = zip_contents.web_sizes_of_items(items(delivery))
    archive = opened(shelf)
    for item in items(delivery):
        assert archive.read(item.member_name) == stored(display(item.stored_file))


def test_a_web_size_is_a_jpeg_whatever_was_delivered(delivery):
    items(delivery).filter(position=1).update(member_name="IMG_1.tif", folder="Party")
    assert names(zip_contents.web_sizes_of_items(items(delivery)))[1] == "Party/IMG_1.jpg"


def test_a_picture_that_is_still_to_be_made_is_named(delivery):
    display(items(delivery).first().stored_file).delete()
    shelf = zip_contents.web_sizes_of_items(items(delivery))
    assert "IMG_0_edit.jpg: It is being made" in read_me(shelf)


def test_sums_of_old_pictures_are_computed_beside_and_once(gallery, delivery):
    shelf = zip_contents.web_sizes_of_items(items(delivery))
    expected = bytes_of(shelf)
    Rendition.objects.update(crc32=None)
    with pytest.raises(SumsUnknown):
        lay_out(shelf.contents())
    assert sums.sum_renditions(gallery.pk) == 6
    assert sums.sum_renditions(gallery.pk) == 0
    assert bytes_of(shelf) == expected


# --- Originals, finished sections, albums, lists --------------------------------------------------


def test_originals_are_raw_files_and_pictures_by_section(gallery, photos, link):
    section = testing.make_section(gallery, "Ceremony / church")
    Photo.objects.filter(pk=photos[0].pk).update(section=section)
    raw = testing.make_stored_file(b"raw bytes", original_name="IMG_1.CR2", format="cr2")
    PhotoFile.objects.create(photo=photos[1], stored_file=raw, role=FileRole.RAW)
    unscanned = testing.make_stored_file(
        b"?", original_name="IMG_2.CR2", verdict="", stage="scanning"
    )
    PhotoFile.objects.create(photo=photos[2], stored_file=unscanned, role=FileRole.RAW)
    allowed = access.photos_visible_to(viewer(link), access.ORIGINAL)
    archive = opened(zip_contents.of_originals(allowed))
    assert sorted(archive.namelist()) == [
        "Ceremony - church/IMG_0.jpg",
        "IMG_1.CR2",
        "IMG_1.jpg",
        "IMG_2.jpg",
    ]
    assert archive.read("IMG_1.CR2") == b"raw bytes"


def test_originals_of_what_a_link_does_not_show_are_not_among_them(gallery, photos, link):
    Photo.objects.filter(pk=photos[0].pk).update(is_hidden=True)
    Photo.objects.filter(pk=photos[1].pk).update(is_shown=False)
    allowed = access.photos_visible_to(viewer(link), access.ORIGINAL)
    assert names(zip_contents.of_originals(allowed)) == ["IMG_2.jpg"]


def test_a_finished_section_is_its_pictures(gallery, photos, link):
    section = testing.make_section(gallery, is_finished=True)
    Photo.objects.filter(pk__in=[photo.pk for photo in photos[:2]]).update(section=section)
    shelf = zip_contents.of_photos(photos_downloadable_by(viewer(link), "full"))
    assert names(shelf) == ["IMG_0.jpg", "IMG_1.jpg"]


def test_an_album_carries_the_gallerys_mark(photos):
    gallery = photos[0].gallery
    testing.make_page(gallery)
    testing.make_policy(gallery=gallery)
    Gallery.objects.filter(pk=gallery.pk).update(watermark_key="mark")
    gallery.refresh_from_db()
    photo = Photo.objects.get(pk=photos[0].pk)
    testing.make_marked(photo)
    shelf = zip_contents.of_album(album_photos(access.Viewer(), gallery))
    archive = opened(shelf)
    assert archive.namelist() == ["IMG_0.jpg"]
    marked = photo.picture.renditions.get(tier="display", watermark="mark")
    assert archive.read("IMG_0.jpg") == stored(marked)


def test_a_list_is_what_was_delivered_of_it_and_names_the_rest(gallery, photos, link):
    testing.make_delivery(gallery, [testing.make_edit(gallery, photos[0])])
    selection = Selection.objects.create(share_link=link, list="album", submitted_at=timezone.now())
    for photo in photos[:2]:
        selection.picks.create(photo=photo, is_favourite=True, picked_at=timezone.now())
    designer = testing.make_link(gallery, "Designer", list="album", decides=False)
    shelf = zip_contents.of_list(designer)
    assert names(shelf) == ["READ ME.txt", "IMG_0_edit.jpg"]
    assert "IMG_1.jpg: It has not been delivered yet." in read_me(shelf)
    designer.may_download_originals = True
    designer.save()
    assert names(zip_contents.of_list(designer)) == ["IMG_0_edit.jpg", "IMG_1.jpg"]


# --- What changes on the way ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["items", "web", "originals", "album"])
def test_what_is_hidden_meanwhile_is_not_sent(gallery, photos, delivery, link, kind):
    testing.make_page(gallery)
    testing.make_policy(gallery=gallery)
    gallery.refresh_from_db()
    look = viewer(link)
    shelf = {
        "items": lambda: zip_contents.of_items(access.items_visible_to(look, gallery)),
        "web": lambda: zip_contents.web_sizes_of_items(access.items_visible_to(look, gallery)),
        "originals": lambda: zip_contents.of_originals(
            access.photos_visible_to(look, access.ORIGINAL)
        ),
        "album": lambda: zip_contents.of_album(album_photos(access.Viewer(), gallery)),
    }[kind]()
    layout = lay_out(shelf.contents())
    assert len(layout.members) == 3
    assert len(bytes_of(shelf, layout)) == layout.size
    Photo.objects.filter(pk=photos[1].pk).update(is_hidden=True)
    with pytest.raises(BytesDiffer):
        bytes_of(shelf, layout)


def test_a_slice_asks_once_however_many_files_are_in_it(delivery, django_assert_num_queries):
    shelf = zip_contents.of_items(items(delivery))
    layout = lay_out(shelf.contents())
    with django_assert_num_queries(1):
        list(zip_sending.send(layout, 0, layout.size, shelf.places))
