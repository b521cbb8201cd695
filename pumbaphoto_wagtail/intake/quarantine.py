"""What was found infected or was no photo: kept where nothing reads it, until somebody decides.

A file in quarantine can be scanned again, with newer signatures, and goes on if it is found clean;
or it can be deleted: the bytes go, its record stays and says what it was.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from wagtail.log_actions import log

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import (
    Gallery,
    Stage,
    StoredFile,
    UploadBatch,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.storage import (
    INCOMING,
    FileDigest,
    NASStorage,
    link_or_copy,
    remove,
    sidecar_name,
    storage_for,
)

from .claims import free

logger = logging.getLogger(__name__)

QUARANTINE = "quarantine"


def condemned() -> Q:
    """Files that belong into quarantine: infected ones, and those refused after their scan."""
    return Q(stage=Stage.INFECTED) | Q(stage=Stage.FAILED, uploads__state=UploadState.REFUSED)


def in_quarantine() -> Q:
    """Files whose place is the quarantine."""
    return Q(storage=INCOMING, name__startswith=f"{QUARANTINE}/")


def held_back() -> Q:
    """Files about which somebody can decide: condemned, or blocked without a verdict."""
    return Q(stage__in=(Stage.INFECTED, Stage.BLOCKED)) | Q(stage=Stage.FAILED) & in_quarantine()


def quarantine(file: StoredFile) -> None:
    """Put a file where nothing reads; its row says why. Done twice, it changes nothing.

    A file of the photographer's own library is left alone: it is not ours to move.
    """
    name = f"{QUARANTINE}/{file.uuid}"
    if not file.is_owned or (file.storage == INCOMING and file.name == name):
        return
    source_storage, source_name = file.storage, file.name
    expected = FileDigest(size=file.size, sha256=file.sha256, crc32=file.crc32)
    try:
        link_or_copy(source_storage, source_name, INCOMING, name, expected)
        _lock()
    except (PumbaphotoError, OSError) as error:
        # The row condemns it already; the reconciler will try the move again.
        logger.warning("file %s could not be quarantined yet: %r", file.pk, error)
        return
    StoredFile.objects.filter(pk=file.pk).update(storage=INCOMING, name=name)
    file.storage, file.name = INCOMING, name
    # What a storage does not give up now is a second copy: swept later, or told by verifying.
    _remove_bytes(file, source_storage, source_name)


def _lock() -> None:
    """Let nobody but us enter, whatever the storage allows others (a web server, for instance)."""
    storage = storage_for(INCOMING)
    if isinstance(storage, NASStorage):
        storage.close_directory(QUARANTINE)


@transaction.atomic
def scan_again(file: StoredFile, *, actor=None) -> bool:
    """Ask for another scan of a file without a trusted verdict, for instance with new signatures.

    False if the file is not waiting for one, or its bytes are gone. A file that comes out clean
    goes on from there: its upload is open again until then, and so is its batch.
    """
    changed = StoredFile.objects.filter(
        held_back() | Q(stage=Stage.WAITING), free(), pk=file.pk
    ).update(
        stage=Stage.RECEIVED,
        verdict=Verdict.NONE,
        virus_name="",
        reason="",
        scan_attempts=0,
        render_attempts=0,
        retry_at=None,
        stage_changed_at=timezone.now(),
    )
    if not changed:
        return False
    _reopen_uploads(file)
    _log(file, "pumbaphoto.scan_again", actor)
    tasks.wake("scan_file", file.pk)
    return True


def _reopen_uploads(file: StoredFile) -> None:
    ended = file.uploads.filter(state__in=(UploadState.ACCEPTED, UploadState.REFUSED))
    batches = list(ended.values_list("batch", flat=True))
    ended.update(state=UploadState.RECEIVED, reason="")
    UploadBatch.objects.filter(pk__in=batches).update(settled_at=None)


def delete_held_back(file: StoredFile, *, actor=None) -> bool:
    """Delete the bytes of a file that is held back; its record, verdict and reason stay.

    False if the file is not held back any more, or not ours. The row goes first: whatever happens
    in between, nobody finds a file that is not there.
    """
    with transaction.atomic():
        deleted = StoredFile.objects.filter(held_back(), free(), pk=file.pk, is_owned=True).update(
            stage=Stage.DELETED, stage_changed_at=timezone.now(), retry_at=None
        )
        if not deleted:
            return False
        file.refresh_from_db()
        _log(file, "pumbaphoto.delete_quarantined", actor)
    _remove_bytes(file, file.storage, file.name)
    return True


def _remove_bytes(file: StoredFile, storage: str, name: str) -> None:
    try:
        remove(storage, name)
        remove(storage, sidecar_name(name))
    except (PumbaphotoError, OSError) as error:
        logger.warning("file %s could not be deleted yet: %r", file.pk, error)


def _log(file: StoredFile, action: str, actor) -> None:
    """One entry for each gallery that the file came to."""
    came_by = Q(upload_batches__uploads__stored_file=file) | Q(library_files__stored_file=file)
    for gallery in Gallery.objects.filter(came_by).distinct():
        data = {"file": file.original_name, "virus": file.virus_name}
        log(instance=gallery, action=action, user=actor, data=data)


def log_condemned(file: StoredFile) -> None:
    """Write into the galleries' history that a virus was found."""
    _log(file, "pumbaphoto.virus_found", None)


# --- Putting right and purging, for the reconciler -----------------------------------------------


def quarantine_the_condemned() -> int:
    """Move what was condemned by somebody who could not move it; returns how many there were."""
    loose = StoredFile.objects.filter(condemned(), free(), is_owned=True).exclude(in_quarantine())
    files = list(loose.distinct())
    for file in files:
        quarantine(file)
    return len(files)


def purge() -> int:
    """Delete what has been in quarantine for ``QUARANTINE_SECONDS``; returns how many files."""
    return sum(delete_held_back(file) for file in due_for_deletion().iterator())


def due_for_deletion() -> QuerySet[StoredFile]:
    """Files that have been in quarantine for as long as they are kept."""
    if not settings.QUARANTINE_SECONDS:
        return StoredFile.objects.none()
    before = timezone.now() - timedelta(seconds=settings.QUARANTINE_SECONDS)
    stages = (Stage.INFECTED, Stage.FAILED)
    return StoredFile.objects.filter(in_quarantine(), stage__in=stages, stage_changed_at__lt=before)


def finish_deletions() -> int:
    """Remove bytes whose row says they are deleted, left by a crash or an absent storage."""
    storage = storage_for(INCOMING)
    if not isinstance(storage, NASStorage):
        return 0
    try:
        names = [f"{QUARANTINE}/{name}" for name in storage.listdir(QUARANTINE)[1]]
    except FileNotFoundError:
        return 0
    except (PumbaphotoError, OSError) as error:
        logger.warning("the quarantine could not be listed: %r", error)
        return 0
    known = StoredFile.objects.filter(storage=INCOMING, stage=Stage.DELETED)
    left = list(known.filter(name__in=names)) if names else []
    for file in left:
        _remove_bytes(file, file.storage, file.name)
    return len(left)
