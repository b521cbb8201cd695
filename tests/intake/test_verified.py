"""After whatever the intake did with real files, ``pumbaphoto_verify --strict`` finds nothing."""

from __future__ import annotations

import os
import time

import pytest

from pumbaphoto_wagtail.delivery.cold import archive, archive_files, restore, restore_files
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.intake.pipeline import render_file, scan_file
from pumbaphoto_wagtail.intake.scanning import quarantine
from pumbaphoto_wagtail.models import Photo, PhotoFile, Purpose, Stage, State, StoredFile, Upload
from pumbaphoto_wagtail.storage import ORIGINALS, walk
from pumbaphoto_wagtail.verification import Inspection, verify
from pumbaphoto_wagtail.workflow import take_step

from .test_pipeline import photograph


@pytest.fixture
def findings(own_storages):
    """What is found when everything on the storages is older than the grace time."""

    def find():
        then = time.time() - 3 * 24 * 3600
        for path in own_storages.rglob("*"):
            os.utime(path, (then, then))
        return list(verify(Inspection()))

    return find


def test_good_infected_refused_and_unfinished_files(scanned_shoot, arrivals, findings):
    arrivals(
        {
            "IMG_1.jpg": photograph(),
            "IMG_2.jpg": photograph()[:-2] + eicar(),
            "IMG_3.jpg": b"no picture at all",
            "IMG_4.jpg": photograph(taken="2026:07:01 12:00:04")[:3000],
        }
    )
    arrivals.announce("IMG_5.jpg")
    arrivals({"IMG_1_edit.jpg": photograph(500, 400)}, Purpose.EDIT)
    assert StoredFile.objects.filter(stage=Stage.INFECTED).count() == 1
    assert findings() == []


def test_a_file_that_waits_for_its_scan(shoot, arrivals, findings):
    arrivals.receive({"IMG_1.jpg": photograph()})
    assert findings() == []


def test_the_same_bytes_received_twice_at_once_leave_nothing(scanned_shoot, arrivals, findings):
    content = photograph()
    arrivals.receive({"IMG_1.jpg": content})
    Upload.objects.update(state="uploading")  # so that the second one is not known as the same
    batch = arrivals.receive({"Card 2/IMG_1.jpg": content})
    Upload.objects.exclude(batch=batch).update(state="received")
    for key in StoredFile.objects.order_by("pk").values_list("pk", flat=True):
        scan_file(key)
        render_file(key)
    assert Photo.objects.count() == StoredFile.objects.count() == 1
    assert len(list(walk(ORIGINALS))) == 2
    assert findings() == []


def test_an_original_that_is_quarantined_takes_no_sidecar_along(scanned_shoot, arrivals, findings):
    arrivals({"IMG_1.jpg": photograph()})
    quarantine(StoredFile.objects.get())
    assert list(walk(ORIGINALS)) == []
    assert findings() == []


def test_files_of_an_archived_and_of_a_restored_gallery(scanned_shoot, arrivals, findings):
    arrivals({"IMG_1.jpg": photograph()})
    owner = scanned_shoot.owner
    for state in (State.SUBMITTED, State.EDITING, State.DELIVERED):
        take_step(scanned_shoot, state, actor=owner)
    archive(scanned_shoot, actor=owner)
    archive_files(scanned_shoot.pk)
    assert PhotoFile.objects.get().stored_file.storage == "pumbaphoto_cold"
    assert findings() == []
    restore(scanned_shoot, actor=owner)
    restore_files(scanned_shoot.pk)
    assert findings() == []
