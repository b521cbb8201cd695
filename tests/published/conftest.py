from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from pumbaphoto_wagtail import published, testing
from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.storage import storage_for

ALIAS = "pumbaphoto_published"


@pytest.fixture
def root(settings) -> Iterator[Path]:
    """The tree of a site that publishes pictures, on a volume of the test's own, in memory."""
    volume = tempfile.mkdtemp(dir=settings.DATA_DIR)
    settings.STORAGES = testing.temporary_storages(volume)
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "PUBLISHED_STORAGE": ALIAS}
    yield Path(storage_for(ALIAS).location)
    shutil.rmtree(volume)


@pytest.fixture
def gallery(root, db) -> Gallery:
    """A public gallery with two photos, published."""
    gallery = testing.make_gallery()
    testing.make_policy(gallery=gallery)
    for _ in range(2):
        testing.make_photo(gallery)
    assert published.settle(gallery.pk)
    gallery.refresh_from_db()
    return gallery


@pytest.fixture
def act(django_capture_on_commit_callbacks):
    """Do something, and what comes with its commit."""

    def act():
        # What was done before is of another transaction, which is over.
        connection.run_on_commit.clear()
        return django_capture_on_commit_callbacks(execute=True)

    return act


def names(root: Path, gallery: Gallery) -> set[str]:
    """What nginx could send of a gallery."""
    folder = root / str(gallery.uuid)
    return {path.name for path in folder.iterdir()} if folder.exists() else set()
