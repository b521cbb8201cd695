"""Libraries on storages that are not ours: listed, and asked for each file's size and time."""

from __future__ import annotations

import os

import pytest
from django.core.files.base import ContentFile

from pumbaphoto_wagtail.intake.library.browsing import list_folder
from pumbaphoto_wagtail.models import LibraryFile, Photo
from pumbaphoto_wagtail.storage import storage_for
from tests.intake.library.conftest import ALIAS, picture


@pytest.fixture
def elsewhere(trusting, settings):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, ALIAS: memory}
    storage = storage_for(ALIAS)
    for name in ("ski/1.jpg", "ski/2.jpg", "ski/.hidden.jpg", "sea/_thumbs/1.jpg"):
        storage.save(name, ContentFile(picture(name)))
    return trusting


def test_B33_are_scanned_and_picked_from_like_any_other(elsewhere):
    elsewhere.take_in()

    assert {*LibraryFile.objects.values_list("path", flat=True)} == {"ski/1.jpg", "ski/2.jpg"}
    assert Photo.objects.with_picture().count() == 2
    assert elsewhere.scan().counts == {"unchanged": 2}
    assert [file.name for file in list_folder(elsewhere.library, "ski").files] == ["1.jpg", "2.jpg"]


def test_tell_no_links_where_they_are_a_plain_directory(trusting, settings, nas, tmp_path):
    plain = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(nas)},
    }
    settings.STORAGES = {**settings.STORAGES, ALIAS: plain}
    (tmp_path / "secret.jpg").write_bytes(picture("secret"))
    trusting.put("ski/1.jpg")
    os.symlink(tmp_path / "secret.jpg", nas / "ski/link.jpg")
    trusting.scan()

    assert [*LibraryFile.objects.values_list("path", flat=True)] == ["ski/1.jpg"]


def test_F1_only_a_folder_of_the_storage_is_a_library(trusting):
    trusting.set(folder="work/2013")
    trusting.put("work/2013/ski/1.jpg", "private/1.jpg")
    trusting.take_in()

    assert trusting.galleries() == {"ski": "ski"}
    assert trusting.file("ski/1.jpg").name == "work/2013/ski/1.jpg"
