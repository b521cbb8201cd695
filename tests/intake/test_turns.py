"""A worker's turn with a received file: from its last byte to its renditions."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.intake import turns
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.intake.scanning import scan_file
from pumbaphoto_wagtail.models import Stage, StoredFile
from pumbaphoto_wagtail.testing import jpeg_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def received(arrivals, scanned_shoot) -> StoredFile:
    arrivals.receive({"IMG_1.jpg": jpeg_bytes()})
    OrmQ.objects.all().delete()
    return StoredFile.objects.get()


def stage_of(file: StoredFile) -> str:
    file.refresh_from_db()
    return file.stage


def queued() -> list[str]:
    """What waits for the workers of photographs; mail has others."""
    return [entry.func() for entry in OrmQ.objects.filter(key=settings.QUEUE_CLUSTER)]


def test_one_task_takes_a_file_from_its_scan_to_its_renditions(received):
    tasks.scan_file(received.pk)
    assert stage_of(received) == Stage.READY
    assert received.renditions.count() == 3
    assert queued() == []


def test_after_a_long_scan_a_file_is_rendered_within_another_time_limit(received, monkeypatch):
    monkeypatch.setattr(turns, "LONG_SCAN_SECONDS", 0)
    tasks.scan_file(received.pk)
    assert stage_of(received) == Stage.CLEAN
    assert queued() == ["pumbaphoto_wagtail.tasks.render_file"]


def test_a_worker_that_died_after_the_scan_leaves_the_rendering_to_the_second_delivery(received):
    scan_file(received.pk, wakes_rendering=False)
    assert stage_of(received) == Stage.CLEAN
    tasks.scan_file(received.pk)
    assert stage_of(received) == Stage.READY


def test_what_is_infected_is_not_rendered(arrivals, scanned_shoot):
    arrivals.receive({"IMG_1.jpg": eicar()})
    file = StoredFile.objects.get()
    tasks.scan_file(file.pk)
    assert stage_of(file) == Stage.INFECTED
    assert file.renditions.count() == 0
