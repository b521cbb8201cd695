"""The nightly look: what is gone is marked and told once, and what is back is shown again."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from pumbaphoto_wagtail.intake import lost_files
from pumbaphoto_wagtail.intake.lost_files import look_for_lost_files
from pumbaphoto_wagtail.models import Message, MessageKind, Rendition, Stage, StoredFile
from pumbaphoto_wagtail.storage import storage_for

from .test_rerendering import photographed  # noqa: F401


@pytest.fixture
def original(photographed):  # noqa: F811
    """Where one of two originals lies, and its row."""
    file = photographed.photos.order_by("pk").first().picture
    return file, storage_for(file.storage)


def take_away(file: StoredFile) -> bytes:
    storage = storage_for(file.storage)
    with storage.open(file.name) as stored:
        content = stored.read()
    storage.delete(file.name)
    return content


def put_back(file: StoredFile, content: bytes) -> None:
    with storage_for(file.storage).new_file(file.name) as write:
        write(content)


def stage(file: StoredFile) -> str:
    return StoredFile.objects.get(pk=file.pk).stage


def test_where_all_is_there_nothing_changes(photographed, django_assert_max_num_queries):  # noqa: F811
    looked = look_for_lost_files()
    assert (looked.files, looked.lost, looked.back) == (2, 0, 0)
    assert not Message.objects.filter(kind=MessageKind.FILES_MISSING).exists()


def test_b49_what_is_gone_is_marked_and_its_owner_is_owed_one_mail(photographed, original):  # noqa: F811
    file, _storage = original
    take_away(file)
    assert look_for_lost_files().lost == 1
    assert stage(file) == Stage.MISSING
    assert look_for_lost_files().lost == 0
    mail = Message.objects.get(kind=MessageKind.FILES_MISSING)
    assert (mail.recipient, mail.site) == (photographed.owner, photographed.site)


def test_what_is_back_is_shown_again(photographed, original):  # noqa: F811
    file, _storage = original
    content = take_away(file)
    look_for_lost_files()
    put_back(file, content)
    assert look_for_lost_files().back == 1
    assert stage(file) == Stage.READY


def test_without_its_renditions_it_is_rendered_anew(photographed, original):  # noqa: F811
    file, _storage = original
    content = take_away(file)
    look_for_lost_files()
    Rendition.objects.filter(stored_file=file).delete()
    put_back(file, content)
    look_for_lost_files()
    assert stage(file) == Stage.CLEAN


def test_other_bytes_in_its_place_are_not_the_file(photographed, original):  # noqa: F811
    file, _storage = original
    take_away(file)
    look_for_lost_files()
    put_back(file, b"something else")
    assert look_for_lost_files().back == 0
    assert stage(file) == Stage.MISSING


def test_x42_where_too_much_is_gone_nothing_is_believed(photographed, monkeypatch, caplog):  # noqa: F811
    monkeypatch.setattr(lost_files, "FEW", 0)
    for file in StoredFile.objects.all():
        take_away(file)
    assert look_for_lost_files().lost == 0
    assert not StoredFile.objects.filter(stage=Stage.MISSING).exists()
    assert "2 of 2 files are gone" in caplog.text


def test_a_storage_that_is_away_has_lost_nothing(photographed, original, caplog):  # noqa: F811
    _file, storage = original
    root = storage.location

    os.rename(root, f"{root}-away")
    try:
        assert look_for_lost_files().lost == 0
    finally:
        os.rename(f"{root}-away", root)
    assert not StoredFile.objects.filter(stage=Stage.MISSING).exists()
    assert "nothing was looked for" in caplog.text


def test_files_of_a_library_are_left_to_its_scans(photographed, original):  # noqa: F811
    file, _storage = original
    StoredFile.objects.filter(pk=file.pk).update(is_owned=False)
    take_away(file)
    assert look_for_lost_files().lost == 0


def test_what_a_scan_found_missing_is_told_the_same_night_and_not_the_next(photographed, original):  # noqa: F811
    file, _storage = original
    gone = StoredFile.objects.filter(pk=file.pk)
    long_ago = timezone.now() - timedelta(days=2)
    gone.update(is_owned=False, stage=Stage.MISSING, stage_changed_at=long_ago)
    look_for_lost_files()
    assert not Message.objects.filter(kind=MessageKind.FILES_MISSING).exists()
    gone.update(stage_changed_at=timezone.now())
    look_for_lost_files()
    assert Message.objects.filter(kind=MessageKind.FILES_MISSING).count() == 1
