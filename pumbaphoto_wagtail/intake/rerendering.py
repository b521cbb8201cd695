"""Renditions that were cleared, lost or are not yet made: finding whose they are, and asking again.

Renditions can always be made anew, so whatever is wrong with one is mended by rendering. A file
that is ready stays ready meanwhile: its photograph is shown all the time, by what is there of it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import HOUR, MINUTE, settings
from pumbaphoto_wagtail.exceptions import RenderFailed, StorageFull, StorageOffline
from pumbaphoto_wagtail.models import (
    Edit,
    Gallery,
    Photo,
    PhotoFile,
    Rendition,
    Stage,
    StoredFile,
)
from pumbaphoto_wagtail.storage import INCOMING, open_file, storage_for

from .claims import Claim, claim, free, in_seconds
from .formats import FORMATS
from .marking import wanted_keys, wanted_marks
from .publishing import make_renditions, publish_renditions, remove_unnamed
from .renditions import RenderResult
from .sandbox import is_out_of_memory, limit_this_worker, too_little_memory
from .tiers import recipes

logger = logging.getLogger(__name__)

CHUNK_ROWS = 500
STORAGE_RETRY_SECONDS = MINUTE
# A picture that could not be made is not asked for by every visitor anew.
FAILURE_REST_SECONDS = HOUR


@dataclass(kw_only=True)
class Rerendered:
    """How many files were looked at, and how many of them will be rendered again."""

    files: int = 0
    queued: int = 0


def render_again(file: StoredFile) -> bool:
    """Ask for new renditions of a scanned file, also of one that failed before.

    False if that was asked already, or nothing can be rendered.
    """
    known = StoredFile.objects.trusted().filter(pk=file.pk).exclude(storage=INCOMING)
    ready = known.filter(stage=Stage.READY, render_requested_at=None)
    changed = _ask(ready) or known.filter(stage=Stage.FAILED).update(
        stage=Stage.CLEAN,
        stage_changed_at=timezone.now(),
        render_attempts=0,
        retry_at=None,
    )
    if changed:
        tasks.wake("render_file", file.pk)
    return bool(changed)


def render_on_demand(file: StoredFile) -> bool:
    """Ask for the renditions of a ready file that somebody wants to see, as often as wanted.

    One request is made of a thousand; a file that could not be rendered is left alone for an hour.
    """
    if file.render_requested_at or file.stage != Stage.READY:
        return False
    rested = Q(retry_at=None) | Q(retry_at__lte=timezone.now())
    ready = StoredFile.objects.ready().filter(rested, pk=file.pk, render_requested_at=None)
    if not _ask(ready.exclude(storage=INCOMING)):
        return False
    tasks.wake("render_file", file.pk)
    return True


def _ask(files: QuerySet[StoredFile], **changes: object) -> int:
    return files.update(
        render_requested_at=timezone.now(), render_attempts=0, retry_at=None, **changes
    )


@transaction.atomic
def render_these(gallery: Gallery, keys: Iterable[int]) -> int:
    """Ask for new renditions of many of a gallery's files at once, as :func:`render_again` does for
    one; returns how many were not asked for before.
    """
    known = StoredFile.objects.trusted().filter(pk__in=[*keys]).exclude(storage=INCOMING)
    count = sum(render_again(file) for file in known.filter(stage=Stage.FAILED))
    count += _ask(known.filter(stage=Stage.READY, render_requested_at=None))
    tasks.wake("render_asked", gallery.pk)
    return count


@transaction.atomic
def turn(gallery: Gallery, keys: Iterable[int], degrees: int) -> int:
    """Turn the pictures of a gallery's ready files by 90, 180 or 270 degrees clockwise, and ask for
    new renditions; returns how many there were.

    The present ones are shown until then. The files themselves are never touched.
    """
    ready = StoredFile.objects.ready().filter(pk__in=[*keys]).exclude(storage=INCOMING)
    count = _ask(ready, turned=(F("turned") + degrees) % 360)
    tasks.wake("render_asked", gallery.pk)
    return count


def render_asked(gallery_id: int) -> int:
    """Wake the workers for a gallery's pictures that were asked for; returns how many there are.

    To wake them for thousands takes longer than a photographer's click should.
    """
    asked = _files(Gallery.objects.filter(pk=gallery_id), (Stage.READY,)).filter(free())
    wanted = asked.filter(render_requested_at__isnull=False).order_by("pk")
    keys = [*wanted.values_list("pk", flat=True)]
    for key in keys:
        tasks.wake("render_file", key)
    return len(keys)


def render_anew(stored_file_id: int) -> Stage | None:
    """Make the renditions that were asked for of a ready file; None if there was nothing to do.

    Whatever happens, the file stays ready and its present renditions are shown.
    """
    asked = StoredFile.objects.filter(render_requested_at__isnull=False, pk=stored_file_id)
    if not asked.filter(stage=Stage.READY).exists():
        return None
    ready = Stage.READY
    work = claim(stored_file_id, from_stages=(ready,), to_stage=ready, counter="render_attempts")
    if work is None:
        return None
    file = work.file
    if file.render_attempts > settings.MAX_RENDER_ATTEMPTS:
        _give_up(work, _("this file could not be processed."))
        return file.stage
    limit_this_worker()
    try:
        wanted = wanted_marks(file)
        with open_file(file.storage, file.name) as source:
            result = make_renditions(source, FORMATS[file.format], wanted, turned=file.turned)
        publish_renditions(file, result)
        remove_unnamed(file)
    except RenderFailed as failure:
        _give_up(work, str(failure))
    except (StorageOffline, StorageFull, OSError, MemoryError) as error:
        _try_later(work, error)
    else:
        _finish(work, result)
    return file.stage


@transaction.atomic
def _finish(work: Claim, result: RenderResult) -> None:
    file = work.file
    # Asked for once more meanwhile, perhaps with another watermark: that has still to be done.
    is_answered = When(render_requested_at=file.render_requested_at, then=None)
    still_asked = Case(is_answered, default=F("render_requested_at"))
    if not work.release(
        render_requested_at=still_asked,
        is_damaged=result.is_damaged,
        visual_key=result.visual_key,
        render_seconds=result.seconds,
        reason=result.trouble,
        retry_at=in_seconds(FAILURE_REST_SECONDS) if result.undrawn else None,
    ):
        return
    Photo.objects.filter(picture=file).update(**result.facts)
    if StoredFile.objects.filter(pk=file.pk, render_requested_at__isnull=False).update(
        retry_at=None
    ):
        tasks.wake("render_file", file.pk)


def _give_up(work: Claim, reason: str) -> None:
    work.release(
        render_requested_at=None,
        retry_at=in_seconds(FAILURE_REST_SECONDS),
        reason=_("New pictures could not be made: %(reason)s") % {"reason": reason},
    )


def _try_later(work: Claim, error: Exception) -> None:
    """Once more in a minute; what is the file's own fault only as often as any other attempt."""
    attempts = work.file.render_attempts
    if is_out_of_memory(error):
        if attempts >= settings.MAX_RENDER_ATTEMPTS:
            _give_up(work, too_little_memory())
            return
    elif isinstance(error, FileNotFoundError):
        if attempts >= settings.MAX_RENDER_ATTEMPTS:
            _give_up(work, _("The file is missing from the storage."))
            return
    else:
        attempts -= 1
    logger.warning("file %s is rendered anew later: %r", work.file.pk, error)
    work.release(render_attempts=attempts, retry_at=in_seconds(STORAGE_RETRY_SECONDS))


def render_missing(
    *,
    galleries: QuerySet[Gallery] | None = None,
    tiers: Collection[str] | None = None,
    with_cleared: bool = False,
) -> Rerendered:
    """Ask for new renditions of every ready file that lacks some, by default of all galleries.

    ``tiers`` are names of the ``TIERS`` setting, by default all of them. A rendition lacks its row
    in the present recipe, clean or with a mark that a gallery wants, or its file; one that was
    cleared to save space is asked for only ``with_cleared``. Raises StorageOffline when the
    renditions cannot be seen: what cannot be seen is not missing.
    """
    asked = {name: settings.TIERS[name] for name in tiers or settings.TIERS}
    files = _files(galleries, (Stage.READY,)).prefetch_related("renditions")
    done = Rerendered()
    for chunk in _chunks(files):
        keys = wanted_keys(chunk)
        for file in chunk:
            done.files += 1
            wanted = recipes(asked, keys[file.pk], file.turned)
            if _lacks_some(file, wanted, with_cleared=with_cleared):
                done.queued += render_again(file)
    return done


def render_all(*, galleries: QuerySet[Gallery] | None = None) -> Rerendered:
    """Ask for new renditions of every scanned file, those that could not be rendered as well."""
    done = Rerendered()
    for chunk in _chunks(_files(galleries, (Stage.READY, Stage.FAILED))):
        done.files += len(chunk)
        done.queued += sum(render_again(file) for file in chunk)
    return done


def _files(galleries: QuerySet[Gallery] | None, stages: tuple[Stage, ...]) -> QuerySet[StoredFile]:
    files = StoredFile.objects.all() if galleries is None else files_of(galleries)
    return files.trusted().filter(stage__in=stages).exclude(storage=INCOMING)


def files_of(galleries: QuerySet[Gallery]) -> QuerySet[StoredFile]:
    """The files of galleries that renditions are made of: of their photographs and their edits."""
    keys = galleries.order_by().values("pk")
    of_photos = PhotoFile.objects.filter(stored_file=OuterRef("pk"), photo__gallery__in=keys)
    edits = Edit.objects.filter(stored_file=OuterRef("pk"), gallery__in=keys)
    return StoredFile.objects.filter(Q(Exists(of_photos)) | Q(Exists(edits)))


def _chunks(files: QuerySet[StoredFile]) -> Iterator[list[StoredFile]]:
    last = 0
    while chunk := list(files.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]):
        yield chunk
        last = chunk[-1].pk


def _lacks_some(
    file: StoredFile, wanted: set[tuple[str, str, str, str]], *, with_cleared: bool
) -> bool:
    made = {(row.tier, row.format, row.watermark, row.recipe): row for row in file.renditions.all()}
    return any(kind not in made or _is_lost(made[kind], with_cleared) for kind in wanted)


def _is_lost(rendition: Rendition, with_cleared: bool) -> bool:
    if rendition.cleared_at is not None:
        # Given up on purpose, until somebody looks.
        return with_cleared
    try:
        return storage_for(rendition.storage).size(rendition.name) != rendition.size
    except FileNotFoundError:
        return True
