"""Giving uploads that stand still another chance, when somebody asks for it.

Whatever stands still is woken by itself within minutes; this is for who does not want to wait, and
for uploads whose time would be over before the laptop is opened again.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.models import Stage, StoredFile, Upload, UploadState

from .claims import free
from .receiving import UNFINISHED_STATES
from .scanning import SCANNABLE

TASKS = {
    **dict.fromkeys(SCANNABLE, "scan_file"),
    **dict.fromkeys((Stage.CLEAN, Stage.RENDERING), "render_file"),
}


@transaction.atomic
def resume(upload: Upload) -> bool:
    """Wait for an unfinished upload as long as for a new one, or wake who works on one that has
    arrived. False if it has ended, or somebody is at work on it.
    """
    until = timezone.now() + timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS)
    unfinished = Upload.objects.filter(pk=upload.pk, state__in=UNFINISHED_STATES)
    if unfinished.update(expires_at=until):
        return True
    arrived = Upload.objects.filter(pk=upload.pk, state=UploadState.RECEIVED)
    file = StoredFile.objects.filter(pk__in=arrived.values("stored_file"), stage__in=TASKS).first()
    if file is None:
        return False
    if not StoredFile.objects.filter(free(), pk=file.pk, stage=file.stage).update(retry_at=None):
        return False
    tasks.wake(TASKS[file.stage], file.pk)
    return True
