"""A studio to measure in: database, storages and gallery under one temporary folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings as django_settings
from django.db.models import Max
from django.test import override_settings

from pumbaphoto_wagtail.intake import batches, receiving
from pumbaphoto_wagtail.models import Gallery, Purpose, Stage, StoredFile
from pumbaphoto_wagtail.testing import make_gallery, make_photographer

READY_SECONDS = 300


def new_gallery(title: str) -> Gallery:
    return make_gallery(title, owner=make_photographer(), has_page=False)


def receive(gallery: Gallery, paths: list[Path], *, cluster: str | None = None) -> list[int]:
    """Let files arrive in a gallery, up to their last byte; the keys of their rows.

    The queue begins at once, unless another ``cluster`` is woken than the one that runs.
    """
    configured = django_settings.PUMBAPHOTO
    changes = {"QUEUE_CLUSTER": cluster} if cluster else {}
    with override_settings(PUMBAPHOTO={**configured, **changes}):
        return _receive(gallery, paths)


def _receive(gallery: Gallery, paths: list[Path]) -> list[int]:
    batch = batches.announce(
        gallery,
        uploader=gallery.owner,
        purpose=Purpose.ORIGINAL,
        announcements=[
            batches.Announcement(name=path.name, size=path.stat().st_size, client_key=uuid.uuid4())
            for path in paths
        ],
    )
    for upload, path in zip(batch.uploads.order_by("pk"), paths, strict=True):
        with receiving.Writer(receiving.start(upload)) as writer:
            writer.append(0, [path.read_bytes()])
    keys = StoredFile.objects.filter(uploads__batch=batch).order_by("pk")
    return list(keys.values_list("pk", flat=True))


def ready_count(keys: list[int]) -> int:
    """How many of these files are ready; RuntimeError if one has ended in another way."""
    files = StoredFile.objects.filter(pk__in=keys)
    failed = files.filter(stage__in=(Stage.FAILED, Stage.BLOCKED, Stage.INFECTED, Stage.WAITING))
    if failed.exists():
        raise RuntimeError(f"a photo is {failed[0].stage}: {failed[0].reason}")
    return files.filter(stage=Stage.READY).count()


def await_ready(keys: list[int]) -> datetime:
    """Wait until these files are ready; the moment at which the last one became so.

    Asked twice a second, since asking takes the workers' cores; the rows know the moment.
    """
    deadline = time.monotonic() + READY_SECONDS
    while ready_count(keys) < len(keys):
        if time.monotonic() > deadline:
            raise RuntimeError("the queue does not get on")
        time.sleep(0.5)
    files = StoredFile.objects.filter(pk__in=keys)
    return files.aggregate(last=Max("stage_changed_at"))["last"]


@contextmanager
def running_queue(log: Path) -> Iterator[None]:
    """A real cluster of two workers, as an operator starts it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "qcluster"],
            env=os.environ | {"Q_CLUSTER_NAME": "pumbaphoto"},
            stdout=output,
            stderr=output,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()
