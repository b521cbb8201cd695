"""Deleting a gallery: at once for everybody, and then piece by piece, nothing of others touched."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone
from django_q.models import OrmQ
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import access, notifications, testing
from pumbaphoto_wagtail.delivery import erasing
from pumbaphoto_wagtail.delivery.erasing import delete_gallery, erase_gallery
from pumbaphoto_wagtail.delivery.losses import what_goes
from pumbaphoto_wagtail.intake import dropping
from pumbaphoto_wagtail.models import (
    Gallery,
    Message,
    MessageKind,
    Photo,
    PhotoFile,
    Purpose,
    Rendition,
    ShareLink,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    Visibility,
)
from pumbaphoto_wagtail.permissions import galleries_for, may
from pumbaphoto_wagtail.proofing import links, picks
from pumbaphoto_wagtail.storage import ORIGINALS, RENDITIONS, walk
from pumbaphoto_wagtail.verification import Inspection, verify
from pumbaphoto_wagtail.viewers import Viewer

from ..intake.conftest import Arrivals
from ..intake.test_pipeline import photograph


@pytest.fixture
def gallery(db, settings, tmp_path):
    """A gallery with all that a gallery can have."""
    settings.STORAGES = testing.temporary_storages(tmp_path)
    settings.DEBUG = True
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DEMO_WITHOUT_SCANNER": True}
    gallery = testing.make_gallery()
    arrivals = Arrivals(gallery)
    arrivals({"IMG_1.jpg": photograph(), "IMG_2.jpg": photograph(taken="2026:07:01 12:00:01")})
    arrivals({"IMG_1 edit.jpg": photograph(800, 500)}, purpose=Purpose.EDIT)
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    for photo in gallery.photos.all():
        picks.set_favourite(link, photo, True)
    testing.make_delivery(gallery, [*gallery.edits.all()])
    testing.make_section(gallery)
    OrmQ.objects.all().delete()
    return gallery


@pytest.fixture
def other(gallery):
    """Another gallery, which shows the first one's first file."""
    other = testing.make_gallery("Portfolio")
    file = StoredFile.objects.get(original_name="IMG_1.jpg")
    shown = Photo.objects.create(
        gallery=other, picture=file, name="IMG_1.jpg", name_key="1", frame_key="1"
    )
    PhotoFile.objects.create(photo=shown, stored_file=file, role="jpeg")
    return other


def errors():
    return [finding.what for finding in verify(Inspection()) if finding.severity == "error"]


def on_disk():
    return len([*walk(ORIGINALS)]), len([*walk(RENDITIONS)])


def rows_of(gallery):
    """How many rows of each model still lead to a gallery."""
    found = {}
    for model in apps.get_app_config("pumbaphoto_wagtail").get_models():
        for field in model._meta.fields:
            if field.related_model is Gallery:
                count = model._base_manager.filter(**{field.name: gallery.pk}).count()
                found |= {model.__name__: count} if count else {}
    return found


# --- At once -------------------------------------------------------------------------------------


def test_at_once_nobody_meets_it(gallery):
    link = ShareLink.objects.get()
    address = links.token(link)
    testing.make_policy(gallery=gallery, visibility=Visibility.PUBLIC)
    testing.make_page(gallery)
    photo = gallery.photos.first()
    chief = testing.make_user("chief", is_superuser=True)

    assert delete_gallery(gallery, actor=None)

    link.refresh_from_db()
    photo = Photo.objects.get(pk=photo.pk)
    assert links.find(address) is None
    for viewer in (Viewer(), Viewer(links=(link,)), Viewer(user=chief)):
        assert not access.may_see_photo(viewer, photo, "grid")
        assert not access.may_see_gallery(viewer, photo.gallery)
        assert not access.galleries_visible_to(viewer).exists()
        assert photo not in access.photos_visible_to(viewer, "grid")
    assert not may(chief, "view", photo.gallery)
    assert not galleries_for(chief).exists()


def test_its_link_is_as_one_that_never_was(gallery, client):
    link = ShareLink.objects.get()
    address = f"/s/{links.token(link)}"
    delete_gallery(gallery, actor=None)

    deleted, unknown = client.get(address), client.get("/s/0b2f6c1e-0000-4000-8000-000000000000")

    assert (deleted.status_code, deleted.content) == (unknown.status_code, unknown.content)


def test_mails_that_were_owed_are_not_sent(gallery):
    Message.objects.create(
        key="owed",
        kind=MessageKind.LINK,
        gallery=gallery,
        share_link=ShareLink.objects.get(),
    )

    delete_gallery(gallery, actor=None)

    assert not notifications.due_messages().exists()


def test_deleted_twice_it_is_deleted_once(gallery):
    assert delete_gallery(gallery, actor=None)
    assert not delete_gallery(gallery, actor=None)
    assert ModelLogEntry.objects.filter(action=erasing.DELETE).count() == 1


# --- Piece by piece ------------------------------------------------------------------------------


def test_everything_goes_and_the_log_stays(gallery):
    delete_gallery(gallery, actor=None)

    assert erase_gallery(gallery.pk)

    assert not Gallery.with_deleted.exists()
    assert rows_of(gallery) == {}
    assert not any(model.objects.exists() for model in (StoredFile, Rendition, Upload, UploadBatch))
    assert on_disk() == (0, 0)
    assert errors() == []
    entry = ModelLogEntry.objects.get(object_id=str(gallery.pk))
    assert (entry.label, entry.data["photos"], entry.data["edits"]) == ("Smith wedding", 2, 1)


def test_what_another_gallery_uses_stays(gallery, other):
    delete_gallery(gallery, actor=None)

    assert erase_gallery(gallery.pk)

    file = StoredFile.objects.get()
    assert (file.original_name, file.stage) == ("IMG_1.jpg", Stage.READY)
    assert other.photos.get().picture == file
    assert on_disk() == (2, 3)
    assert errors() == []


class Killed(BaseException):
    pass


@pytest.mark.parametrize("done", range(6))
def test_one_that_died_is_gone_on_with(gallery, other, done, monkeypatch):
    monkeypatch.setattr(erasing, "CHUNK_ROWS", 1)
    delete_gallery(gallery, actor=None)
    left, forget = [done], dropping.forget

    def forget_until_killed(files):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        forget(files)

    with monkeypatch.context() as patched:
        patched.setattr(dropping, "forget", forget_until_killed)
        with pytest.raises(Killed):
            erase_gallery(gallery.pk)

    assert erase_gallery(gallery.pk)
    dropping.finish()
    assert on_disk() == (2, 3)
    assert StoredFile.objects.count() == 1
    assert errors() == []


def test_a_file_in_a_workers_hands_is_waited_for(gallery):
    delete_gallery(gallery, actor=None)
    Gallery.with_deleted.update(deleted_at=timezone.now() - timedelta(days=1))
    files = StoredFile.objects.filter(original_name="IMG_1.jpg")
    files.update(lease_until=timezone.now() + timedelta(minutes=5))

    assert not erase_gallery(gallery.pk)
    files.update(lease_until=None)

    assert erasing.reconcile() == {"galleries erased": 1}
    assert on_disk() == (0, 0)


def test_a_gallery_that_was_not_deleted_is_never_erased(gallery):
    erase_gallery(gallery.pk)

    assert Gallery.objects.filter(pk=gallery.pk).exists()
    assert gallery.photos.count() == 2


def test_the_slow_cluster_is_asked(gallery):
    delete_gallery(gallery, actor=None)

    assert [task.func() for task in OrmQ.objects.all()] == [
        "pumbaphoto_wagtail.tasks.erase_gallery"
    ]


# --- What it would cost --------------------------------------------------------------------------


def test_what_goes_is_counted(gallery, other):
    losses = what_goes(gallery)

    assert (losses.photos, losses.edits, losses.deliveries, losses.links) == (2, 1, 1, 1)
    assert (losses.files, losses.shared, losses.in_library) == (2, 1, 0)
    assert losses.size > sum(
        StoredFile.objects.exclude(original_name="IMG_1.jpg").values_list("size", flat=True)
    )
    assert losses.absent == []
