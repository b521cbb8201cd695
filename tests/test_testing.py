import pytest
from PIL import Image

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.storage import open_file

pytestmark = pytest.mark.django_db


def test_a_photo_has_a_stored_original_and_a_picture_in_every_tier():
    photo = testing.make_photo(testing.make_gallery(), width=600, height=400)
    tiers = {rendition.tier: rendition for rendition in photo.picture.renditions.all()}
    assert set(tiers) == {"grid", "view", "display"}
    with open_file(tiers["grid"].storage, tiers["grid"].name) as stored:
        assert Image.open(stored).size == (300, 200)


def test_a_gallery_is_presented_by_a_live_page():
    gallery = testing.make_gallery()
    assert gallery.main_page.live
    assert gallery.main_page.specific.gallery == gallery


def test_a_delivery_freezes_what_a_zip_needs():
    gallery = testing.make_gallery()
    edit = testing.make_edit(gallery, testing.make_photo(gallery))
    item = testing.make_delivery(gallery, [edit]).items.get()
    assert (item.size, item.crc32) == (edit.stored_file.size, edit.stored_file.crc32)
