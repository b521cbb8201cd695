"""A gallery with storages and a scanner of its own, and files that arrive in it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from pumbaphoto_wagtail.intake import batches, receiving
from pumbaphoto_wagtail.intake.pipeline import render_file, scan_file
from pumbaphoto_wagtail.models import Gallery, Purpose, StoredFile, Upload
from pumbaphoto_wagtail.testing import make_gallery, temporary_storages


@pytest.fixture
def own_storages(settings, tmp_path):
    settings.STORAGES = temporary_storages(tmp_path)
    return tmp_path


@pytest.fixture
def shoot(db, own_storages) -> Gallery:
    return make_gallery()


@pytest.fixture
def scanned_shoot(shoot, settings, clamd) -> Gallery:
    """A gallery on a site whose scanner is a real clamd."""
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": clamd.address}
    return shoot


class Arrivals:
    """Files that are announced, received and taken to their end in this process."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery

    def announce(self, *names: str, sizes=None, purpose=Purpose.ORIGINAL):
        rows = [
            batches.Announcement(
                name=name.rsplit("/", 1)[-1],
                size=(sizes or {}).get(name, 1),
                relative_path=name,
                last_modified=datetime(2026, 7, 1, tzinfo=UTC),
                client_key=uuid.uuid4(),
            )
            for name in names
        ]
        return batches.announce(
            self.gallery, uploader=self.gallery.owner, purpose=purpose, announcements=rows
        )

    def receive(self, files: dict[str, bytes], purpose=Purpose.ORIGINAL):
        """Announce and receive files, path to bytes, as one batch."""
        sizes = {name: len(content) for name, content in files.items()}
        batch = self.announce(*files, sizes=sizes, purpose=purpose)
        uploads = batch.uploads.order_by("pk")
        for upload, content in zip(uploads, files.values(), strict=True):
            if upload.state == "announced":
                self.send(upload, content)
        return batch

    def send(self, upload: Upload, content: bytes) -> None:
        """All the bytes of one announced file."""
        with receiving.Writer(receiving.start(upload)) as writer:
            writer.append(0, [content])

    def process(self) -> None:
        """What the queue would do, here and now."""
        for key in StoredFile.objects.order_by("pk").values_list("pk", flat=True):
            self.process_one(key)

    def process_one(self, key: int) -> None:
        scan_file(key)
        render_file(key)

    def __call__(self, files: dict[str, bytes], purpose=Purpose.ORIGINAL):
        batch = self.receive(files, purpose)
        self.process()
        return batch


@pytest.fixture
def arrivals(shoot) -> Arrivals:
    return Arrivals(shoot)
