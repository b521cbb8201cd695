"""A file that was lost or damaged on the storage comes back when the same bytes are sent again.

Everything that points to it, photos, edits and what was delivered, is whole again with it: its row
stays, and gets the bytes that have just been received and scanned.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.models import Edit, FileMove, PhotoFile, Purpose, Stage, StoredFile
from pumbaphoto_wagtail.storage import digest, remove, sidecar_name

from .arrival import Arrival
from .claims import Claim

logger = logging.getLogger(__name__)


def lost_file(file: StoredFile, arrival: Arrival) -> StoredFile | None:
    """The file of these bytes that the gallery uses and that is not whole on its storage.

    None for a file that stays in its library: its bytes are not ours to give to another row.
    """
    gallery = arrival.gallery
    if not file.is_owned:
        return None
    if arrival.purpose == Purpose.ORIGINAL:
        uses = PhotoFile.objects.filter(photo__gallery=gallery)
    else:
        uses = Edit.objects.filter(gallery=gallery)
    if uses.filter(stored_file=file).exists():
        return None
    same = StoredFile.objects.filter(
        pk__in=uses.filter(stored_file__sha256=file.sha256).order_by().values("stored_file"),
        size=file.size,
        is_owned=True,
    )
    return next((one for one in same.order_by("pk") if not _is_whole(one)), None)


def _is_whole(file: StoredFile) -> bool:
    if file.stage == Stage.MISSING:
        return False
    try:
        return digest(file.storage, file.name).sha256 == file.sha256
    except FileNotFoundError:
        return False


def heal(work: Claim, lost: StoredFile) -> bool:
    """Give a lost file the promoted bytes of the one that was received; it is rendered then.

    What is left of the lost one goes: its bytes are damaged, or these very ones. False if that one
    is on its way to another storage, or has come back meanwhile: then this is asked again.
    """
    file = work.file
    before = (lost.storage, lost.name)
    with transaction.atomic():
        present = StoredFile.objects.select_for_update().get(pk=lost.pk)
        is_moving = FileMove.objects.filter(stored_file=lost).exists()
        if is_moving or (present.storage, present.name) != before or not work.update(reason=""):
            return False
        file.uploads.update(stored_file=lost)
        file.library_files.update(stored_file=lost)
        StoredFile.objects.filter(pk=file.pk).delete()
        StoredFile.objects.filter(pk=lost.pk).update(
            storage=file.storage,
            name=file.name,
            stage=Stage.CLEAN,
            stage_changed_at=timezone.now(),
            verdict=file.verdict,
            virus_name="",
            scanner_version=file.scanner_version,
            scanned_at=file.scanned_at,
            render_attempts=0,
            retry_at=None,
            lease_holder=None,
            lease_until=None,
            reason="",
            proved_at=None,
        )
        tasks.wake("render_file", lost.pk)
    logger.warning("file %s is whole again: its bytes were sent once more", lost.pk)
    remove(*before)
    remove(before[0], sidecar_name(before[1]))
    return True
