"""Uploads under way: whose, into which gallery, how far, how fast, how long still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..conf import MINUTE, settings
from ..models import Stage, StoredFile, Upload, UploadBatch, UploadState
from ..permissions import galleries_for

SHOWN_AT_ONCE = 8
# Nothing has come for so long: the line, or the browser, has gone.
SILENT = timedelta(seconds=2 * MINUTE)
# Speed is that of about the last minute, seen at each look.
SAMPLES_SECONDS = 90
LEAST_SECONDS = 3
TO_COME = (UploadState.ANNOUNCED, UploadState.UPLOADING)
BEING_PREPARED = (
    Stage.RECEIVED,
    Stage.SCANNING,
    Stage.WAITING,
    Stage.CLEAN,
    Stage.RENDERING,
)


@dataclass(frozen=True, kw_only=True)
class RunningUpload:
    """One batch under way. Sizes are bytes; ``bytes_a_second`` is None while it is not known."""

    batch: UploadBatch
    files: int
    files_here: int
    refused: int
    received: int
    announced: int
    last_at: datetime
    bytes_a_second: float | None

    @property
    def key(self) -> str:
        return f"upload-{self.batch.pk}"

    @property
    def percent(self) -> int:
        return 100 * self.received // self.announced if self.announced else 100

    @property
    def is_stopped(self) -> bool:
        return timezone.now() - self.last_at > SILENT

    @property
    def time_left_words(self) -> str:
        """ "about 40 minutes"; empty while nobody can know."""
        if self.is_stopped or not self.bytes_a_second:
            return ""
        return duration_in_words((self.announced - self.received) / self.bytes_a_second)

    @property
    def uploader_name(self) -> str:
        user = self.batch.uploader
        return (user.get_full_name() or user.get_username()) if user else _("somebody")


def duration_in_words(seconds: float) -> str:
    """A time as one would say it, never more exact than it is known."""
    minutes = max(1, round(seconds / MINUTE))
    if minutes < 60:
        return ngettext("about %(count)d minute", "about %(count)d minutes", minutes) % {
            "count": minutes
        }
    hours = round(minutes / 60)
    return ngettext("about %(count)d hour", "about %(count)d hours", hours) % {"count": hours}


def running_uploads(user) -> list[RunningUpload]:
    """The batches of which files are still to come, of galleries this user may see; those that
    moved last come first.
    """
    of_mine = Upload.objects.filter(
        batch__settled_at__isnull=True,
        batch__gallery__in=galleries_for(user).order_by().values("pk"),
    )
    wanted = ~Q(state__in=(UploadState.REFUSED, UploadState.DUPLICATE))
    rows = (
        of_mine.order_by()
        .values("batch")
        .annotate(
            files=Count("pk", filter=wanted),
            to_come=Count("pk", filter=Q(state__in=TO_COME)),
            refused=Count("pk", filter=Q(state=UploadState.REFUSED)),
            received=Sum("durable_offset", filter=wanted, default=0),
            announced=Sum("length", filter=wanted, default=0),
            expires_at=Max("expires_at"),
            finished_at=Max("finished_at"),
        )
        .filter(to_come__gt=0)
    )
    by_batch = {row["batch"]: row for row in rows}
    batches = UploadBatch.objects.filter(pk__in=by_batch).select_related("gallery", "uploader")
    found = [_running(batch, by_batch[batch.pk]) for batch in batches]
    return sorted(found, key=lambda one: one.last_at, reverse=True)[:SHOWN_AT_ONCE]


def _running(batch: UploadBatch, row: dict) -> RunningUpload:
    last_at = _last_sign_of_life(batch, row)
    return RunningUpload(
        batch=batch,
        files=row["files"],
        files_here=row["files"] - row["to_come"],
        refused=row["refused"],
        received=row["received"],
        announced=row["announced"],
        last_at=last_at,
        bytes_a_second=_speed(batch, row["received"]),
    )


def _last_sign_of_life(batch: UploadBatch, row: dict) -> datetime:
    """When the last piece came: each moves the time at which its upload is given up."""
    signs = [batch.created_at, row["finished_at"]]
    if row["expires_at"] is not None:
        signs.append(row["expires_at"] - timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS))
    return max(sign for sign in signs if sign is not None)


def _speed(batch: UploadBatch, received: int) -> float | None:
    """Bytes a second since an earlier look; None at the first."""
    key, now = f"pumbaphoto.speed.{batch.pk}", timezone.now().timestamp()
    samples = [one for one in cache.get(key, []) if now - one[0] <= SAMPLES_SECONDS]
    earlier = next((one for one in samples if now - one[0] >= LEAST_SECONDS), None)
    if not samples or now - samples[-1][0] >= LEAST_SECONDS:
        cache.set(key, [*samples, (now, received)], SAMPLES_SECONDS)
    if earlier is None:
        return None
    return max(0.0, (received - earlier[1]) / (now - earlier[0]))


def being_prepared(user) -> int:
    """How many files that came are still to be scanned or to get their pictures."""
    files = StoredFile.objects.filter(
        stage__in=BEING_PREPARED,
        uploads__batch__gallery__in=galleries_for(user).order_by().values("pk"),
    )
    return files.distinct().count()
