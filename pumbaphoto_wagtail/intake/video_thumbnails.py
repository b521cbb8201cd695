"""The pictures of films: fetched files that go the way of all files, to no photograph.

Nothing of theirs is decoded before the scanner has passed it. A film's row names its picture from
the first moment, so that no file lies about that nobody knows.
"""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

from django.db import connection, transaction

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.exceptions import FileInHands, FileRefused, NotFetched
from pumbaphoto_wagtail.models import Stage, StoredFile, Video
from pumbaphoto_wagtail.storage import (
    INCOMING,
    ORIGINALS,
    FileDigest,
    digest_of,
    link_or_copy,
    open_file,
    remove,
    write_new,
    write_sidecar,
)

from . import dropping
from .claims import Claim
from .formats import Format, format_by_content
from .marking import Wanted
from .publishing import make_renditions, publish_renditions
from .remembering import sidecar_of_film

MAX_BYTES = 8 * 1024 * 1024
# What providers have, and every browser shows.
TAKEN = ("jpeg", "png")
WITHOUT_MARK = Wanted(marks=(), undrawn={})


def keep(video: Video, content: bytes) -> StoredFile:
    """Store what was fetched as a film's picture, in the place of an earlier one, and have it
    scanned. Raises NotFetched for what is no picture by its first bytes.
    """
    kind, digest, before = _kind_of(content), digest_of([content]), video.thumbnail
    if before is not None and before.stage == Stage.READY and before.sha256 == digest.sha256:
        return before
    file = StoredFile(
        uuid=(identity := uuid4()),
        storage=INCOMING,
        name=f"{identity}.part",
        original_name=f"film.{kind.extensions[0]}",
        format=kind.name,
        size=digest.size,
        sha256=digest.sha256,
        crc32=digest.crc32,
    )
    write_new(INCOMING, file.name, content)
    try:
        gone = _hang(video, file)
    except (Video.DoesNotExist, FileInHands) as error:
        remove(INCOMING, file.name)
        raise NotFetched from error
    dropping.forget(gone)
    return file


@transaction.atomic
def _hang(video: Video, file: StoredFile) -> list[StoredFile]:
    """Make a stored file the film's picture; the one before, to be forgotten."""
    of_self = ("self",) if connection.features.has_select_for_update_of else ()
    videos = Video.objects.select_related("gallery").select_for_update(of=of_self)
    locked = videos.get(pk=video.pk, gallery__deleted_at__isnull=True)
    file.collection_id = locked.gallery.collection_id
    file.save()
    Video.objects.filter(pk=video.pk).update(thumbnail=file)
    tasks.wake("scan_file", file.pk)
    return dropping.condemn([locked.thumbnail_id]) if locked.thumbnail_id else []


def _kind_of(content: bytes) -> Format:
    try:
        return format_by_content(BytesIO(content), TAKEN)
    except FileRefused as refusal:
        raise NotFetched(str(refusal)) from refusal


def let_go(video: Video) -> list[StoredFile]:
    """Say of a film's picture that it is deleted, its film's row being gone; for
    :func:`dropping.forget` once that is committed. Raises FileInHands while a worker has it.
    """
    return dropping.condemn([video.thumbnail_id]) if video.thumbnail_id else []


def finish(work: Claim) -> None:
    """Take a scanned picture of a film to its end: promoted, rendered, ready.

    Raises as rendering does, and FileRefused for what is no picture after all.
    """
    file = work.file
    with open_file(file.storage, file.name) as source:
        kind = format_by_content(source, TAKEN)
    _promote(work)
    with open_file(file.storage, file.name) as source:
        result = make_renditions(source, kind, WITHOUT_MARK, turned=file.turned)
    publish_renditions(file, result)
    work.release(
        stage=Stage.READY,
        is_damaged=result.is_damaged,
        render_seconds=result.seconds,
        reason=result.trouble,
        retry_at=None,
    )


def _promote(work: Claim) -> None:
    """Move it to the originals, where the files of galleries are; as in ``pipeline.promote``."""
    file = work.file
    if file.storage != INCOMING:
        return
    video = file.videos.select_related("gallery").first()
    if video is None:
        raise FileInHands
    name = f"{video.gallery.uuid}/{file.uuid}.{file.original_name.rpartition('.')[2]}"
    expected = FileDigest(size=file.size, sha256=file.sha256, crc32=file.crc32)
    link_or_copy(INCOMING, file.name, ORIGINALS, name, expected)
    write_sidecar(ORIGINALS, name, sidecar_of_film(file, video))
    part = file.name
    if work.update(storage=ORIGINALS, name=name):
        remove(INCOMING, part)
