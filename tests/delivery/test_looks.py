"""What pictures look like is noted while they are rendered, and made up for where it is not."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.looks import ensure_visual_keys
from pumbaphoto_wagtail.intake.visual_keys import read_visual_key
from pumbaphoto_wagtail.models import Rendition, StoredFile
from pumbaphoto_wagtail.storage import publish, remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_storages(settings, tmp_path):
    settings.STORAGES = testing.temporary_storages(tmp_path)
    return tmp_path


@pytest.fixture
def files(own_storages):
    """Three rendered files of before keys were noted."""
    gallery = testing.make_gallery(has_page=False)
    photos = [testing.make_photo(gallery, f"IMG_{number}.jpg") for number in range(3)]
    return [StoredFile.objects.get(pk=photo.picture_id) for photo in photos]


def keys() -> list[bool]:
    stored = StoredFile.objects.order_by("pk").values_list("visual_key", flat=True)
    return [read_visual_key(key) is not None for key in stored]


def test_keys_are_read_from_renditions_where_they_are_missing(files):
    assert ensure_visual_keys(files) == 3
    assert keys() == [True, True, True]
    assert files[0].visual_key == StoredFile.objects.get(pk=files[0].pk).visual_key


def test_nothing_is_read_for_files_that_have_a_key(files):
    ensure_visual_keys(files)
    with CaptureQueriesContext(connection) as queries:
        assert ensure_visual_keys(files) == 0
    assert len(queries) == 0


def test_a_key_of_another_version_is_made_anew(files):
    StoredFile.objects.filter(pk=files[0].pk).update(visual_key="0:old")
    files[0].refresh_from_db()
    assert ensure_visual_keys(files[:1]) == 1
    assert read_visual_key(files[0].visual_key)


def test_renditions_are_looked_up_together_however_many_files_there_are(files):
    with CaptureQueriesContext(connection) as queries:
        ensure_visual_keys(files)
    assert len([query for query in queries if query["sql"].startswith("SELECT")]) == 1


def test_a_file_without_renditions_stays_without_a_key_and_the_others_get_theirs(files):
    files[1].renditions.all().delete()
    assert ensure_visual_keys(files) == 2
    assert keys() == [True, False, True]


def test_the_grid_does_where_the_view_is_lost(files):
    view = files[0].renditions.get(tier="view", format="jpeg", watermark="")
    remove(view.storage, view.name)
    assert ensure_visual_keys(files[:1]) == 1


def test_a_rendition_of_broken_bytes_harms_only_its_own_file(files):
    for rendition in files[0].renditions.all():
        remove(rendition.storage, rendition.name)
        publish(rendition.storage, rendition.name, b"no picture at all")
    assert ensure_visual_keys(files) == 2
    assert keys() == [False, True, True]


def test_a_watermarked_rendition_is_not_looked_at(files):
    Rendition.objects.filter(stored_file=files[0]).update(watermark="studio")
    assert ensure_visual_keys(files[:1]) == 0


def test_a_storage_that_is_offline_leaves_the_keys_for_another_time(files, own_storages):
    renditions = own_storages / "renditions"
    renditions.rename(own_storages / "away")
    assert ensure_visual_keys(files) == 0
    (own_storages / "away").rename(renditions)
    assert ensure_visual_keys(files) == 3
