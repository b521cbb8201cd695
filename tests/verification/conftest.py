"""A small studio in which everything is as it should be, with real files on storages of its own."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from pumbaphoto_wagtail.models import (
    DeliveryItem,
    Gallery,
    MessageKind,
    State,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.notifications import owe
from pumbaphoto_wagtail.storage import storage_for, write_sidecar
from pumbaphoto_wagtail.testing import (
    make_delivery,
    make_edit,
    make_gallery,
    make_link,
    make_photo,
    temporary_storages,
)
from pumbaphoto_wagtail.verification import Finding, Inspection, verify
from pumbaphoto_wagtail.workflow import take_step


class Studio:
    """Two galleries: one delivered, with an edit and its message, and one being chosen from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.gallery = make_gallery(has_page=False)
        self.photos = [make_photo(self.gallery) for _ in range(3)]
        self.edit = make_edit(self.gallery, self.photos[0])
        for state in (State.SUBMITTED, State.EDITING, State.DELIVERED):
            step = take_step(self.gallery, state, actor=self.gallery.owner)
        self.delivery = make_delivery(self.gallery, [self.edit])
        self.item = DeliveryItem.objects.get()
        self.link = make_link(self.gallery, email="anna@example.com")
        self.message = owe(
            MessageKind.DELIVERED,
            key="delivered",
            gallery=self.gallery,
            share_link=self.link,
            delivery=self.delivery,
            transition=step,
        )
        type(self.message).objects.update(sent_at=timezone.now())
        self.other = make_gallery("Jones family", has_page=False)
        make_photo(self.other)
        for file in StoredFile.objects.all():
            remember(file)
        self.batch = UploadBatch.objects.create(
            gallery=self.gallery, uploader=self.gallery.owner, settled_at=timezone.now()
        )
        self.upload = self.add_upload(self.file)

    @property
    def file(self) -> StoredFile:
        """The first photograph's file, as it is now."""
        return StoredFile.objects.get(pk=self.photos[0].picture_id)

    @property
    def rendition(self):
        return self.file.renditions.order_by("pk").first()

    def add_upload(self, file: StoredFile | None = None, **fields) -> Upload:
        size = file.size if file else 1000
        fields.setdefault("state", UploadState.ACCEPTED)
        fields.setdefault("durable_offset", size)
        return Upload.objects.create(
            batch=self.batch,
            file_name="IMG_1.jpg",
            length=size,
            stored_file=file,
            **fields,
        )

    def path(self, row) -> Path:
        """Where the bytes of a stored file or rendition are on the disk."""
        return Path(storage_for(row.storage).location) / row.name

    def put(self, place: str, content: bytes = b"stray", *, hours_old: float = 48) -> Path:
        """A file that nobody has told the database of; ``place`` is a path below the volume."""
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        then = time.time() - hours_old * 3600
        os.utime(path, (then, then))
        return path

    def find(self, gallery: Gallery | None = None, *, is_hashing: bool = True) -> list[Finding]:
        return list(verify(Inspection(gallery=gallery, is_hashing=is_hashing)))

    def only_finding(self, **scope) -> Finding:
        findings = self.find(**scope)
        assert len(findings) == 1, findings
        return findings[0]


def remember(file: StoredFile) -> None:
    """The scanner's name and the sidecar, which intake writes."""
    StoredFile.objects.filter(pk=file.pk).update(
        scanner_version="ClamAV 1.4.3", scanned_at=timezone.now()
    )
    write_sidecar(
        file.storage,
        file.name,
        {
            "file": str(file.uuid),
            "size": file.size,
            "sha256": file.sha256,
            "crc32": file.crc32,
        },
    )


def days_ago(days: float):
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def studio(db, settings, tmp_path) -> Studio:
    settings.STORAGES = temporary_storages(tmp_path)
    return Studio(tmp_path)
