"""A library of real folders, a site that scans it, and what a queue would do, done here and now."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pumbaphoto_wagtail.intake.library import ask_scan, run_scan
from pumbaphoto_wagtail.intake.pipeline import render_file, scan_file
from pumbaphoto_wagtail.models import Library, LibraryFile, LibraryScan, Photo, StoredFile
from pumbaphoto_wagtail.testing import make_photographer, make_site, temporary_storages
from tests.intake.test_pipeline import photograph

ALIAS = "nas"


class Shelf:
    """The photographer's folders below ``root``, and the library that is made of them."""

    def __init__(self, root: Path, library: Library) -> None:
        self.root = root
        self.library = library

    def put(self, *paths: str, content: bytes | None = None) -> None:
        """Files with a picture each that no other has."""
        for path in paths:
            place = self.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content or picture(path))

    def set(self, **fields: object) -> None:
        Library.objects.filter(pk=self.library.pk).update(**fields)
        self.library.refresh_from_db()

    def scan(self, **options: object) -> LibraryScan:
        scan = ask_scan(self.library, self.library.owner, **options)
        run_scan(scan.pk, seconds=None)
        scan.refresh_from_db()
        return scan

    def process(self) -> None:
        """What the queue would do with every file."""
        for key in StoredFile.objects.order_by("pk").values_list("pk", flat=True):
            scan_file(key)
            render_file(key)

    def take_in(self, **options: object) -> LibraryScan:
        scan = self.scan(**options)
        self.process()
        return scan

    def photo(self, path: str) -> Photo:
        return Photo.objects.get(library_files__path=path)

    def file(self, path: str) -> StoredFile:
        return LibraryFile.objects.select_related("stored_file").get(path=path).stored_file

    def galleries(self) -> dict[str, str]:
        """The titles of galleries by the folders they stand for."""
        return dict(self.library.folders.values_list("path", "gallery__title"))

    def snapshot(self) -> dict[str, object]:
        """Everything about the files and folders that anybody could have changed."""
        found: dict[str, object] = {}
        for place in sorted([self.root, *self.root.rglob("*")]):
            status = place.lstat()
            content = place.read_bytes() if place.is_file() else None
            name = str(place.relative_to(self.root))
            found[name] = (status.st_ino, status.st_mode, status.st_mtime_ns, content)
        return found


_made: dict[str, bytes] = {}


def picture(name: str) -> bytes:
    """A photograph of its own for each name: bytes behind the picture's end are no part of it."""
    if not _made:
        _made[""] = photograph(width=80, height=60)
    return _made[""] + name.encode(errors="surrogateescape")


@pytest.fixture
def nas(tmp_path) -> Path:
    root = tmp_path / "nas"
    root.mkdir()
    return root


@pytest.fixture
def shelf(db, settings, tmp_path, nas) -> Shelf:
    settings.STORAGES = {
        **temporary_storages(tmp_path),
        ALIAS: {
            "BACKEND": "pumbaphoto_wagtail.storage.LibraryStorage",
            "OPTIONS": {"location": str(nas)},
        },
    }
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LIBRARY_STORAGES": (ALIAS,)}
    library = Library.objects.create(
        title="Archive", storage=ALIAS, owner=make_photographer(), site=make_site()
    )
    return Shelf(nas, library)


@pytest.fixture
def scanned_shelf(shelf, settings, clamd) -> Shelf:
    """With a real clamd."""
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": clamd.address}
    return shelf


@pytest.fixture
def trusting(shelf, settings) -> Shelf:
    """Where nothing is scanned for viruses, as in a demonstration: for what comes behind that."""
    settings.DEBUG = True
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DEMO_WITHOUT_SCANNER": True}
    return shelf


@pytest.fixture
def rename(nas) -> Callable[[str, str], None]:
    def act(before: str, after: str) -> None:
        (nas / after).parent.mkdir(parents=True, exist_ok=True)
        os.rename(nas / before, nas / after)

    return act
