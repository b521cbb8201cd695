"""Putting right what a crash, a lost queue or an absent machine has left half done.

The database is the truth: whatever is not at an end and not in anybody's hands is woken again.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings as django_settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pumbaphoto_wagtail import published, tasks
from pumbaphoto_wagtail.conf import DAY, settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import (
    SETTLED_STAGES,
    SameName,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.storage import (
    EXPORTS,
    INCOMING,
    ORIGINALS,
    RENDITIONS,
    NASStorage,
    remove,
    remove_abandoned,
    sidecar_name,
    storage_for,
)

from . import arrival, batches, dropping, marking, purging, quarantine, receiving, waiting
from .claims import free
from .library import runs
from .scanning import SCANNABLE

logger = logging.getLogger(__name__)

# A part that no row knows is given this long: its row may not be committed yet.
GRACE_SECONDS = DAY


def scannable_ids(at_most: int | None = None) -> list[int]:
    """Files that wait for a scan now, the oldest first."""
    now = timezone.now()
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    files = StoredFile.objects.filter(due, free(), stage__in=SCANNABLE)
    return list(files.order_by("pk").values_list("pk", flat=True)[:at_most])


def reconcile() -> dict[str, int]:
    """Wake, end and sweep; returns what was done, by name."""
    waiting.log_alarm()
    return {
        "scans woken": _wake_scans(),
        "renderings woken": _wake_renderings(),
        "watermarks asked for": marking.ask_for_lacking(),
        "quarantined": quarantine.quarantine_the_condemned(),
        "purged": quarantine.purge(),
        "photos gone for good": purging.purge_due(),
        "deletions finished": quarantine.finish_deletions() + dropping.finish(),
        "uploads ended": _end_uploads(),
        "uploads given up": receiving.abandon_expired(),
        "batches settled": _settle_batches(),
        "parts swept": sweep_parts(),
        "library scans woken": runs.reconcile(),
    }


def _stuck() -> Q:
    """Rows in nobody's hands: their worker has died, their time has come, or nobody was woken."""
    now = timezone.now()
    return (
        Q(lease_until__lte=now)
        | Q(lease_until=None, retry_at__lte=now)
        | Q(lease_until=None, retry_at=None, stage_changed_at__lte=now - _patience())
    )


def _patience() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def _wake_scans() -> int:
    """Wake each file that was not tried yet; one of those that wait is asked with for them all."""
    stuck = StoredFile.objects.filter(_stuck(), stage__in=SCANNABLE)
    woken = _wake("scan_file", stuck.exclude(stage=Stage.WAITING, retry_at__isnull=False))
    if StoredFile.objects.filter(stage=Stage.WAITING).exists():
        tasks.wake("scan_waiting")
    return woken


def _wake_renderings() -> int:
    stuck = StoredFile.objects.filter(_stuck(), stage__in=(Stage.CLEAN, Stage.RENDERING))
    # Until the photographer has decided about a file, it would only be looked at again and again.
    undecided = Upload.objects.filter(
        stored_file=OuterRef("pk"),
        state=UploadState.ASKED,
        batch__same_name=SameName.UNDECIDED,
    )
    asked_anew = StoredFile.objects.filter(
        free(), render_requested_at__lte=timezone.now() - _patience()
    )
    return _wake("render_file", stuck.exclude(Exists(undecided)) | asked_anew)


def _wake(task_name: str, files: QuerySet[StoredFile]) -> int:
    dead = Q(lease_until__lte=timezone.now())
    keys = list(files.filter(dead).values_list("pk", flat=True))
    still = list(files.exclude(dead).values_list("pk", flat=True))
    # Where as many tasks are queued as files stand still, none was lost: they only take their time,
    # and to queue them all once more, every minute, would be work of its own.
    if len(still) > (tasks.queued() or 0):
        keys += still
    for key in sorted(keys):
        tasks.wake(task_name, key)
    return len(keys)


def _end_uploads() -> int:
    """End uploads whose file came to its end while nobody could write that down."""
    pending = Upload.objects.filter(
        state__in=arrival.ARRIVED, stored_file__stage__in=SETTLED_STAGES
    ).select_related("stored_file")
    for upload in pending:
        arrival.end_upload(upload.stored_file, UploadState.ACCEPTED, upload.stored_file.reason)
    return len(pending)


def _settle_batches() -> int:
    return batches.settle_all(
        UploadBatch.objects.filter(settled_at=None).select_related("gallery", "uploader")
    )


def orphaned_parts() -> list[str]:
    """Names of parts of uploads that nobody knows any more, older than a day.

    A part with words beside it is a whole file that was acknowledged, and nobody knows it only
    where the database was restored from a backup: ``pumbaphoto_verify --repair-plan`` is for it.
    One whose file has found its place elsewhere is a second copy that could not be removed then.
    Raises StorageOffline or OSError where the storage cannot be asked.
    """
    storage = storage_for(INCOMING)
    if not isinstance(storage, NASStorage):
        return []
    names = {*storage.listdir("")[1]}
    second = _second_copies(names)
    parts = [name for name in names if name in second or _is_unfinished(name, names)]
    known = set(StoredFile.objects.filter(storage=INCOMING).values_list("name", flat=True))
    unfinished = Upload.objects.filter(state__in=(UploadState.ANNOUNCED, UploadState.UPLOADING))
    known |= {f"{identity}.part" for identity in unfinished.values_list("uuid", flat=True)}
    before = timezone.now() - timedelta(seconds=GRACE_SECONDS)
    return [
        name for name in parts if name not in known and storage.get_modified_time(name) < before
    ]


def _second_copies(names: set[str]) -> set[str]:
    """Parts whose file has found its place elsewhere, be it the quarantine beside them, and the
    words that belong to them.
    """
    identities = [identity for name in names if (identity := _upload_of(name))]
    found = Upload.objects.filter(uuid__in=identities, stored_file__isnull=False)
    places = found.values_list("uuid", "stored_file__storage", "stored_file__name")
    parts = {part for identity, *place in places if place != [INCOMING, part := f"{identity}.part"]}
    return parts | {sidecar_name(part) for part in parts}


def _upload_of(name: str) -> UUID | None:
    identity, _dot, rest = name.partition(".")
    try:
        return UUID(identity) if rest == "part" else None
    except ValueError:
        return None


def sweep_parts() -> int:
    """Remove such parts; returns how many."""
    try:
        orphans = orphaned_parts()
        for name in orphans:
            remove(INCOMING, name)
    except (PumbaphotoError, OSError) as error:
        logger.warning("parts were not swept: %r", error)
        return 0
    return len(orphans)


def _is_unfinished(name: str, names: set[str]) -> bool:
    """Whether a file is a part without words beside it, or such words without their part."""
    if name.endswith(".part"):
        return sidecar_name(name) not in names
    part = name.removesuffix(sidecar_name(""))
    return part.endswith(".part") and part not in names


def sweep_storages() -> int:
    """Remove unfinished files that crashes have left on any storage; returns how many.

    It walks through whole storages, so it is done once a day.
    """
    aliases = {INCOMING, ORIGINALS, RENDITIONS, EXPORTS, settings.COLD_STORAGE}
    aliases |= published.storage_aliases()
    swept = 0
    for alias in sorted(aliases & set(django_settings.STORAGES)):
        try:
            swept += remove_abandoned(alias, GRACE_SECONDS)
        except (PumbaphotoError, OSError) as error:
            logger.warning("%s was not swept: %r", alias, error)
    return swept
