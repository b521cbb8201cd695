"""The command finds in the tree what everybody would see and may not."""

import os
import time

import pytest

from pumbaphoto_wagtail import published
from pumbaphoto_wagtail.models import AccessPolicy, Photo
from pumbaphoto_wagtail.verification import Inspection, Severity
from pumbaphoto_wagtail.verification.published import check
from tests.published.conftest import names

pytestmark = pytest.mark.django_db


def found(**options) -> list[tuple[str, str, str]]:
    findings = [*check(Inspection(**options))]
    return [(each.invariant, each.severity, each.what) for each in findings]


def test_a_tree_that_is_right_is_counted(root, gallery):
    inspection = Inspection()
    assert [*check(inspection)] == []
    assert inspection.looked_at["published pictures"] == 6


def test_without_a_tree_nothing_is_looked_at(root, gallery, settings):
    AccessPolicy.objects.all().delete()
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "PUBLISHED_STORAGE": ""}
    assert found() == []


def test_a_gallery_that_not_everybody_may_see_is_an_error(root, gallery):
    AccessPolicy.objects.update(visibility="members")
    assert found() == [("I5", Severity.ERROR, "published, and not everybody may see this gallery")]
    assert len(found(gallery=gallery)) == 1
    published.reconcile()
    assert found() == []


def test_pictures_that_not_everybody_may_see_are_errors(root, gallery):
    Photo.objects.filter(pk=gallery.photos.first().pk).update(is_couple_only=True)
    assert found() == [("I5", Severity.ERROR, "published, and not everybody may see it")] * 3


def test_what_nobody_knows_is_told(root, gallery):
    (root / "readme.txt").write_text("hello")
    (root / str(gallery.uuid) / "x.jpg").write_text("hello")
    assert {what for _, _, what in found()} == {
        "not a file of ours",
        "published, and not everybody may see it",
    }


def test_other_bytes_than_the_name_says_are_found_by_hashing_alone(root, gallery):
    name = sorted(names(root, gallery))[0]
    path = root / str(gallery.uuid) / name
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1])
    what = "published picture with other bytes than its name says"
    assert found() == [("I4", Severity.ERROR, what)]
    assert found(is_hashing=False) == []


def test_what_a_crash_has_left_is_told_after_a_day(root, gallery):
    left = root / ".gone-00"
    left.mkdir()
    assert found() == []
    os.utime(left, (time.time() - 3 * 86400,) * 2)
    assert found() == [("I5", Severity.WARNING, "left by a crash, and never cleared up")]
