"""The ZIP of a delivery, over stored files."""

import io
import zipfile

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.archives import layout_for, read_member
from pumbaphoto_wagtail.delivery.zip_layout import iterate
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


def items_of(*deliveries):
    items = DeliveryItem.objects.filter(delivery__in=deliveries)
    return items.select_related("delivery", "stored_file").order_by("delivery__number", "position")


def whole(layout):
    return b"".join(iterate(layout, 0, layout.size, read_member))


def content_of(file):
    return storage_for(file.storage).open(file.name).read()


def test_a_zip_holds_every_item_under_its_name(delivery):
    layout = layout_for(items_of(delivery))
    archive = zipfile.ZipFile(io.BytesIO(whole(layout)))
    assert archive.testzip() is None
    assert archive.namelist() == [f"IMG_{n}_edit.jpg" for n in range(3)]
    for item in delivery.items.all():
        assert archive.read(item.member_name) == content_of(item.stored_file)


def test_its_length_is_known_before(delivery):
    layout = layout_for(items_of(delivery))
    assert layout.size == len(whole(layout))


def test_two_deliveries_in_one_zip_share_no_names(gallery, delivery):
    second = testing.make_delivery(gallery, [testing.make_edit(gallery, name="IMG_1_edit.jpg")])
    names = [member.name for member in layout_for(items_of(delivery, second)).members]
    assert names[-1] == "IMG_1_edit (2).jpg"


def test_a_file_that_was_changed_cuts_the_download(delivery):
    layout = layout_for(items_of(delivery))
    file = delivery.items.last().stored_file
    path = storage_for(ORIGINALS).location + "/" + file.name
    with open(path, "r+b") as stored:
        stored.write(b"\0\0")
    with pytest.raises(BytesDiffer):
        whole(layout)


@pytest.mark.parametrize("change", [b"longer", b""])
def test_a_file_of_another_size_sends_none_of_its_bytes(delivery, change):
    file = delivery.items.first().stored_file
    with open(
        storage_for(ORIGINALS).location + "/" + file.name, "ab" if change else "wb"
    ) as stored:
        stored.write(change)
    with pytest.raises(BytesDiffer):
        next(read_member(file, 0, 10))


def test_a_file_that_moved_meanwhile_is_read_where_it_is_now(delivery):
    """F55: archiving does not cut a download that has begun."""
    layout = layout_for(items_of(delivery))
    expected = whole(layout)
    for item in delivery.items.all():
        file = item.stored_file
        old = file.name
        digest = digest_in(ORIGINALS, old)
        link_or_copy(ORIGINALS, old, COLD, f"moved/{file.uuid}", digest)
        file.storage, file.name = COLD, f"moved/{file.uuid}"
        file.save()
        remove(ORIGINALS, old)
    assert whole(layout) == expected


def test_a_file_that_is_gone_cuts_the_download(delivery):
    layout = layout_for(items_of(delivery))
    remove(ORIGINALS, delivery.items.first().stored_file.name)
    with pytest.raises(FileNotFoundError):
        whole(layout)
