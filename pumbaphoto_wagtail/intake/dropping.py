"""Files that arrived and are not kept: the gallery has their bytes, or nobody wants them.

First the row says that its file is deleted, then the bytes go, and the row last: a worker that dies
in between leaves a row that :func:`finish` knows, never a file that no row knows.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import FileMove, Stage, StoredFile
from pumbaphoto_wagtail.storage import digest, read_sidecar, remove, sidecar_name, write_sidecar

from .arrival import end_as_duplicate
from .claims import Claim, free

logger = logging.getLogger(__name__)


def drop(work: Claim, reason: str, *, is_skipped: bool) -> None:
    """Let a file go, and tell its upload why."""
    with transaction.atomic():
        if not work.release(stage=Stage.DELETED, reason=reason):
            return
        end_as_duplicate(work.file, reason, is_skipped=is_skipped)
    _forget(work.file)


def finish() -> int:
    """Let go what was dropped by somebody who could not finish it; returns how many there were."""
    # What was deleted on purpose keeps its record, and is known to the upload that brought it.
    dropped = StoredFile.objects.filter(
        free(),
        stage=Stage.DELETED,
        is_owned=True,
        uploads=None,
        photo_files=None,
        edits=None,
    )
    files = list(dropped)
    for file in files:
        _forget(file)
    return len(files)


def _forget(file: StoredFile) -> None:
    try:
        remove(file.storage, file.name)
        remove(file.storage, sidecar_name(file.name))
    except (PumbaphotoError, OSError) as error:
        logger.warning("file %s could not be dropped yet: %r", file.pk, error)
        return
    StoredFile.objects.filter(pk=file.pk, stage=Stage.DELETED).delete()


# --- The same bytes are in the gallery -----------------------------------------------------------


def drop_or_heal(work: Claim) -> bool:
    """Drop a file whose bytes the gallery has, or give them to the row that has lost them.

    The later copy goes only when the earlier one was read and is whole. False if that one is on its
    way to another storage: then both stay, and this is asked again.
    """
    galleries = work.file.uploads.values("batch__gallery")
    twins = StoredFile.objects.filter(
        photo_files__photo__gallery__in=galleries, sha256=work.file.sha256
    ).exclude(pk=work.file.pk)
    broken = None
    for twin in twins.distinct():
        if _is_whole(twin):
            drop(work, _("This file is in the gallery already."), is_skipped=False)
            return True
        broken = broken or twin
    return broken is not None and _heal(work, broken)


def _is_whole(file: StoredFile) -> bool:
    try:
        return digest(file.storage, file.name).sha256 == file.sha256
    except FileNotFoundError:
        return False


def _heal(work: Claim, broken: StoredFile) -> bool:
    """Let the row that lost its bytes name the ones that have arrived; photo and hearts stay."""
    file = work.file
    words = read_sidecar(file.storage, file.name) | {"file": str(broken.uuid)}
    write_sidecar(file.storage, file.name, words)
    with transaction.atomic():
        if FileMove.objects.filter(stored_file=broken).exists() or not work.release():
            return False
        end_as_duplicate(file, _("This file has replaced a copy that was lost."), is_skipped=False)
        StoredFile.objects.filter(pk=file.pk).delete()
        StoredFile.objects.filter(pk=broken.pk).update(
            storage=file.storage,
            name=file.name,
            stage=Stage.CLEAN,
            verdict=file.verdict,
            scanner_version=file.scanner_version,
            scanned_at=file.scanned_at,
            render_attempts=0,
            retry_at=None,
            reason="",
        )
        tasks.wake("render_file", broken.pk)
    logger.warning("file %s was lost or damaged, and has been sent again", broken.pk)
    remove(broken.storage, broken.name)
    remove(broken.storage, sidecar_name(broken.name))
    return True
