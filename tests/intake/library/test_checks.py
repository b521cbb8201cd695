"""Where a library may lie: outside of everything that is ours, or public, and only read."""

from __future__ import annotations

import pytest

from pumbaphoto_wagtail.checks import storages

BACKENDS = {
    "library": "pumbaphoto_wagtail.storage.LibraryStorage",
    "plain": "django.core.files.storage.FileSystemStorage",
    "nas": "pumbaphoto_wagtail.storage.NASStorage",
}
CASES = {
    "as it should be": ("library", "nas", []),
    "links lead anywhere": ("plain", "nas", ["W018"]),
    "one that is written to": ("nas", "nas", ["E019"]),
    "inside the originals": ("library", "originals/archive", ["E019"]),
    "above the originals": ("library", "", ["E019"]),
    "public": ("library", "media/archive", ["E019"]),
}


@pytest.mark.parametrize("case", CASES)
def test_where_a_library_lies(shelf, settings, tmp_path, case):
    backend, place, expected = CASES[case]
    settings.MEDIA_ROOT = tmp_path / "media"
    options = {"location": str(tmp_path / place)}
    library = {"BACKEND": BACKENDS[backend], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "nas": library}
    said = storages.check_libraries(None)

    assert sorted({message.id.removeprefix("pumbaphoto.") for message in said}) == expected
    assert all(message.hint for message in said)


@pytest.mark.parametrize("alias", ["nowhere", "pumbaphoto_originals"])
def test_an_alias_that_is_no_library(shelf, settings, alias):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LIBRARY_STORAGES": (alias,)}

    assert [message.id for message in storages.check_libraries(None)] == ["pumbaphoto.E019"]
