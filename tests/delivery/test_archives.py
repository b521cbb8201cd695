"""The ZIP of a delivery, over stored files."""

import io
import zipfile

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery import zip_contents, zip_sending
from pumbaphoto_wagtail.delivery.archives import lay_out
from pumbaphoto_wagtail.exceptions import BytesDiffer
from pumbaphoto_wagtail.models import DeliveryItem, State
from pumbaphoto_wagtail.storage import ORIGINALS, link_or_copy, remove, storage_for
from pumbaphoto_wagtail.storage import digest as digest_in

pytestmark = pytest.mark.django_db
COLD = "pumbaphoto_cold"


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False, state=State.EDITING)


@pytest.fixture
def delivery(gallery):
    photos = [testing.make_photo(gallery, f"IMG_{n}.jpg", is_rendered=False) for n in range(3)]
    return testing.make_delivery(gallery, [testing.make_edit(gallery, one) for one in photos])


def shelf_of(*deliveries):
    return zip_contents.of_items(DeliveryItem.objects.filter(delivery__in=deliveries))


class Archive:
    """A ZIP laid out now, whose bytes are asked for later."""

    def __init__(self, shelf):
        self.shelf = shelf
        self.layout = lay_out(shelf.contents(), studio="Sol")

    def bytes(self, start=0, stop=None):
        stop = self.layout.size if stop is None else stop
        return b"".join(zip_sending.send(self.layout, start, stop, self.shelf.places))

    def opened(self):
        return zipfile.ZipFile(io.BytesIO(self.bytes()))


@pytest.fixture
def archive(delivery):
    return Archive(shelf_of(delivery))


def content_of(file):
    return storage_for(file.storage).open(file.name).read()


def path_of(file):
    return storage_for(file.storage).location + "/" + file.name


def test_a_zip_holds_every_item_under_its_name(archive, delivery):
    opened = archive.opened()
    assert opened.testzip() is None
    assert opened.namelist() == [f"IMG_{n}_edit.jpg" for n in range(3)]
    for item in delivery.items.all():
        assert opened.read(item.member_name) == content_of(item.stored_file)


def test_its_length_is_known_before(archive):
    assert archive.layout.size == len(archive.bytes())


def test_two_deliveries_in_one_zip_share_no_names(gallery, delivery):
    second = testing.make_delivery(gallery, [testing.make_edit(gallery, name="IMG_1_edit.jpg")])
    names = Archive(shelf_of(delivery, second)).opened().namelist()
    assert names[-1] == "IMG_1_edit (2).jpg"


def test_a_file_that_was_changed_cuts_the_download(archive, delivery):
    with open(path_of(delivery.items.last().stored_file), "r+b") as stored:
        stored.write(b"\0\0")
    with pytest.raises(BytesDiffer):
        archive.bytes()


@pytest.mark.parametrize("change", [b"longer", b""])
def test_a_file_of_another_size_cuts_the_download(archive, delivery, change):
    with open(path_of(delivery.items.first().stored_file), "ab" if change else "wb") as stored:
        stored.write(change)
    with pytest.raises(BytesDiffer):
        archive.bytes()


def test_a_file_that_moved_meanwhile_is_read_where_it_is_now(archive, delivery):
    """F55: archiving does not cut a download that has begun."""
    expected = archive.bytes()
    for item in delivery.items.all():
        file = item.stored_file
        old = file.name
        digest = digest_in(ORIGINALS, old)
        link_or_copy(ORIGINALS, old, COLD, f"moved/{file.uuid}", digest)
        file.storage, file.name = COLD, f"moved/{file.uuid}"
        file.save()
        remove(ORIGINALS, old)
    assert archive.bytes() == expected


def test_a_file_that_is_gone_cuts_the_download(archive, delivery):
    remove(ORIGINALS, delivery.items.first().stored_file.name)
    with pytest.raises(FileNotFoundError):
        archive.bytes()
