"""Originals in an S3-compatible storage, from their arrival to the last: the same as on a NAS."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery import cold
from pumbaphoto_wagtail.intake.dropping import condemn, forget
from pumbaphoto_wagtail.intake.lost_files import look_for_lost_files
from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.intake.reconciling import reconcile
from pumbaphoto_wagtail.models import Gallery, Photo, Rendition, Stage, State, StoredFile
from pumbaphoto_wagtail.storage import ORIGINALS, digest, elsewhere, read_sidecar, storage_for, walk
from tests.intake.conftest import Arrivals
from tests.machines.buckets import new_bucket

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("machines")]

COLD = "pumbaphoto_cold"
BACKEND = "storages.backends.s3.S3Storage"


@pytest.fixture
def originals(bucket, settings, tmp_path, clamd):
    """Originals and the cold storage in a bucket each, the rest on a NAS."""
    places = testing.temporary_storages(tmp_path)
    places[ORIGINALS] = {"BACKEND": BACKEND, "OPTIONS": bucket.options}
    archive = new_bucket(bucket.options["endpoint_url"])
    places[COLD] = {"BACKEND": BACKEND, "OPTIONS": archive.options}
    settings.STORAGES = places
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": clamd.address}
    for alias in (ORIGINALS, COLD):
        storage_for(alias).declare(alias, None)
    return bucket


@pytest.fixture
def arrivals(originals):
    return Arrivals(testing.make_gallery(owner=testing.make_photographer("maria")))


def archived(gallery):
    """The gallery, delivered and archived; none of its files has moved yet."""
    Gallery.objects.filter(pk=gallery.pk).update(state=State.DELIVERED)
    gallery.refresh_from_db()
    cold.archive(gallery, actor=gallery.owner)
    return gallery


def check_every_file(alias):
    """I4: every row names a whole file there, and nothing else lies there."""
    for file in StoredFile.objects.all():
        assert (file.storage, digest(alias, file.name).sha256) == (alias, file.sha256)
    names = StoredFile.objects.values_list("name", flat=True)
    assert {*walk(alias)} == {each for name in names for each in (name, f"{name}.json")}


def photograph() -> bytes:
    return testing.jpeg_bytes(1200, 800)


def take_away(settings, **options):
    places = {**settings.STORAGES}
    places[ORIGINALS] = {"BACKEND": BACKEND, "OPTIONS": places[ORIGINALS]["OPTIONS"] | options}
    settings.STORAGES = places


@pytest.fixture(params=["server away", "no such bucket", "wrong bucket"])
def away(request, originals, settings):
    """What takes the originals away in one way, once it is called; and what brings them back."""
    here = settings.STORAGES
    options = {
        "server away": {"endpoint_url": "http://127.0.0.1:1"},
        "no such bucket": {"bucket_name": "no-such-bucket"},
        "wrong bucket": {"bucket_name": new_bucket(originals.options["endpoint_url"]).name},
    }[request.param]

    def go():
        take_away(settings, **options)

    def come():
        settings.STORAGES = here

    return go, come


def test_a_photo_arrives_is_promoted_rendered_and_sent(arrivals, originals):
    content = photograph()
    arrivals({"a.jpg": content})

    file = StoredFile.objects.get()
    assert (file.stage, file.storage) == (Stage.READY, ORIGINALS)
    assert originals.get(file.name) == content
    assert Rendition.objects.filter(stored_file=file).count() == 3
    assert read_sidecar(ORIGINALS, file.name)["sha256"] == file.sha256
    assert [*walk("pumbaphoto_incoming")] == []
    call_command("pumbaphoto_verify", "--strict", verbosity=0)


def staff(gallery):
    client = Client()
    client.force_login(gallery.owner)
    return client


def test_a_part_of_an_original_is_sent_by_the_site(arrivals, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}
    content = photograph()
    arrivals({"a.jpg": content})
    address = reverse("pumbaphoto_wagtail:original", args=[Photo.objects.get().uuid])

    whole = staff(arrivals.gallery).get(address)
    part = staff(arrivals.gallery).get(address, headers={"Range": "bytes=100-199"})

    assert b"".join(whole) == content
    assert whole["Content-Length"] == str(len(content))
    assert (part.status_code, b"".join(part)) == (206, content[100:200])
    assert part["Content-Range"] == f"bytes 100-199/{len(content)}"


def test_while_the_originals_are_away_nothing_is_missing_and_all_goes_on_after(arrivals, away):
    go, come = away
    arrivals({"a.jpg": photograph()})
    photo = Photo.objects.get()
    address = reverse("pumbaphoto_wagtail:original", args=[photo.uuid])
    go()

    assert staff(arrivals.gallery).get(address).status_code == 503
    arrivals({"b.jpg": photograph()})
    late = StoredFile.objects.order_by("pk").last()
    assert (late.stage, late.storage, late.render_attempts) == (
        Stage.CLEAN,
        "pumbaphoto_incoming",
        0,
    )
    assert look_for_lost_files().lost == 0
    reconcile()
    assert not StoredFile.objects.filter(stage__in=(Stage.MISSING, Stage.FAILED)).exists()

    come()
    StoredFile.objects.update(retry_at=None)
    render_file(late.pk)
    assert set(StoredFile.objects.values_list("stage", flat=True)) == {Stage.READY}
    assert b"".join(staff(arrivals.gallery).get(address))


def test_a_galleries_files_go_to_a_cold_bucket_and_back(arrivals):
    arrivals({f"{number}.jpg": photograph() for number in range(3)})
    gallery = archived(arrivals.gallery)
    assert cold.archive_files(gallery.pk) == 3
    check_every_file(COLD)
    assert [*walk(ORIGINALS)] == []

    cold.restore(gallery, actor=gallery.owner)
    assert cold.restore_files(gallery.pk) == 3
    check_every_file(ORIGINALS)
    assert [*walk(COLD)] == []


def test_moving_waits_for_a_bucket_that_is_away(arrivals, settings):
    here = settings.STORAGES
    arrivals({"a.jpg": photograph()})
    gallery = archived(arrivals.gallery)
    take_away(settings, endpoint_url="http://127.0.0.1:1")

    assert cold.archive_files(gallery.pk) == 0
    assert cold.why_paused(gallery)
    assert StoredFile.objects.get().stage == Stage.READY
    settings.STORAGES = here
    assert cold.archive_files(gallery.pk) == 1


def test_one_object_that_is_gone_is_missing_and_healed_by_sending_it_again(arrivals, originals):
    content = photograph()
    arrivals({"a.jpg": content, "b.jpg": photograph()})
    file = StoredFile.objects.get(original_name="a.jpg")
    originals.delete(file.name)

    assert look_for_lost_files().lost == 1
    file.refresh_from_db()
    assert file.stage == Stage.MISSING

    arrivals({"a.jpg": content})
    render_file(file.pk)
    file.refresh_from_db()
    assert (file.stage, originals.get(file.name)) == (Stage.READY, content)


def test_what_nobody_needs_any_more_leaves_the_bucket(arrivals, originals):
    arrivals({"a.jpg": photograph()})
    file = StoredFile.objects.get()
    Photo.objects.all().delete()
    file.uploads.all().delete()

    forget(condemn([file.pk]))

    assert [*walk(ORIGINALS)] == []
    assert originals.names() == [elsewhere.SENTINEL_NAME]
