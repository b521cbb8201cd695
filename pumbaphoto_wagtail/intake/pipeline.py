"""A scanned file's way: checked, promoted, read, made into a photograph or an edit, rendered.

Every step may be repeated: the claim counts attempts before the bytes are touched, files are
linked to names that follow from their identity, and rows are written once the bytes are there.
"""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import (
    AlreadyThere,
    DecisionNeeded,
    FileRefused,
    MarkNotDrawn,
    RenderFailed,
    Skipped,
    StorageFull,
    StorageOffline,
)
from pumbaphoto_wagtail.models import (
    Edit,
    Gallery,
    Photo,
    Purpose,
    Stage,
    StoredFile,
    UploadState,
)
from pumbaphoto_wagtail.storage import (
    INCOMING,
    ORIGINALS,
    FileDigest,
    link_or_copy,
    open_file,
    remove,
    sidecar_name,
    write_sidecar,
)
from pumbaphoto_wagtail.workflow import lock_gallery

from . import same_name, video_thumbnails
from .arrival import Arrival, arrivals_of, end_upload, upload_of
from .claims import Claim, claim, in_seconds, may_still_appear
from .deleting import bring_back_sent_again, words_of_bringing_back
from .dropping import drop
from .formats import Format, check_content, format_by_content
from .healing import heal, lost_file
from .identity import read_identity
from .library.arriving import take_in_each
from .marking import read_image, use_image, wanted_marks
from .metadata import PhotoMetadata, read_metadata
from .names import split_extension
from .photographs import choose_current, show_picture
from .publishing import make_renditions, publish_renditions
from .remembering import sidecar_of_file
from .renditions import RenderResult
from .rerendering import FAILURE_REST_SECONDS, render_anew
from .sandbox import is_out_of_memory, limit_this_worker, too_little_memory
from .scanning import quarantine, scan_file
from .watermark import check_image

__all__ = ["render_file", "scan_file"]

logger = logging.getLogger(__name__)

RENDERABLE = (Stage.CLEAN, Stage.RENDERING)
STORAGE_RETRY_SECONDS = 60


def render_file(stored_file_id: int) -> Stage | None:
    """Take one scanned file to its end; None if there was nothing to do.

    A file that is ready already gets the new renditions that were asked for. One that killed its
    worker ``MAX_RENDER_ATTEMPTS`` times is given up without being touched.
    """
    work = claim(
        stored_file_id,
        from_stages=RENDERABLE,
        to_stage=Stage.RENDERING,
        counter="render_attempts",
    )
    if work is None:
        return render_anew(stored_file_id)
    if work.file.render_attempts > settings.MAX_RENDER_ATTEMPTS:
        _fail(work, work.file.reason or _("This file could not be processed."))
        return work.file.stage
    limit_this_worker()
    try:
        _process(work)
    except FileRefused as refusal:
        _refuse(work, str(refusal))
    except RenderFailed as failure:
        _fail(work, str(failure))
    except AlreadyThere:
        drop(work, _words_of_twin(work.file), is_skipped=False)
    except Skipped:
        drop(work, same_name.words_of_skipping(), is_skipped=True)
    except DecisionNeeded:
        same_name.hold(work)
    except FileNotFoundError:
        if may_still_appear(work.file):
            _put_back(work, is_counted=False)
        else:
            _end(work, Stage.MISSING, _("The file is missing from the storage."))
    except (StorageOffline, StorageFull, OSError, MemoryError) as error:
        if is_out_of_memory(error):
            work.update(reason=too_little_memory())
            _put_back(work, is_counted=True)
        else:
            logger.warning("file %s waits for the storage: %r", stored_file_id, error)
            _put_back(work, is_counted=False)
    return work.file.stage


def _process(work: Claim) -> None:
    file = work.file
    arrivals = arrivals_of(file)
    if not arrivals and file.videos.exists():
        video_thumbnails.finish(work)
        return
    if not arrivals:
        raise RenderFailed(_("Nobody knows which gallery this file belongs to."))
    first, photos, metadata = arrivals[0], [], None
    with open_file(file.storage, file.name) as source:
        kind = _check(work, source)
        if lost := lost_file(file, first):
            its_photos = [*Photo.objects.filter(files__stored_file=lost)[:1]]
            promote(work, first, its_photos, as_file=lost)
            if not heal(work, lost):
                _put_back(work, is_counted=False)
            return
        if first.purpose == Purpose.WATERMARK and kind.name != "png":
            raise FileRefused(_("A watermark is a PNG."))
        if first.purpose != Purpose.WATERMARK:
            # Stored with its new place.
            file.identity = read_identity(source, kind)
        if first.purpose == Purpose.ORIGINAL:
            metadata = read_metadata(source, kind, default_timezone=timezone.get_default_timezone())
            # Before it is promoted: what turns out not to be wanted has never been an original.
            photos = take_in_each(file, arrivals, metadata)
    if not any(arrival.is_referenced for arrival in arrivals):
        promote(work, first, photos)
    if first.purpose == Purpose.WATERMARK:
        _require_drawable(file)
    wanted = wanted_marks(file)
    with open_file(file.storage, file.name) as source:
        result = make_renditions(source, kind, wanted, turned=file.turned)
    publish_renditions(file, result)
    if first.library_file is None:
        _make_ready(work, first, photos, result)
    else:
        _make_ready_for_all(work, arrivals, metadata, result)


def _words_of_twin(file: StoredFile) -> str:
    """What is told of a file whose bytes the gallery has; a photo that was deleted comes back."""
    upload = upload_of(file)
    if upload is None:
        return _("This file is in the gallery already.")
    twins = Photo.objects.filter(files__stored_file__sha256=file.sha256)
    if bring_back_sent_again(upload.batch.gallery, twins, upload.created_at):
        return words_of_bringing_back()
    return _("This file is in the gallery already.")


def _require_drawable(file: StoredFile) -> None:
    try:
        check_image(read_image(file))
    except MarkNotDrawn as failure:
        raise RenderFailed(str(failure)) from failure


def _check(work: Claim, source: BinaryIO) -> Format:
    """What a file is; one that came without a name gets its ending by that."""
    file = work.file
    if split_extension(file.original_name)[1]:
        return check_content(source, file.original_name, settings.ALLOWED_FORMATS)
    kind = format_by_content(source, settings.ALLOWED_FORMATS)
    name = f"{file.original_name}.{kind.extensions[0]}"
    work.update(original_name=name, format=kind.name)
    file.uploads.update(file_name=name)
    return kind


def promote(
    work: Claim, arrival: Arrival, photos: list[Photo], *, as_file: StoredFile | None = None
) -> None:
    """Move a clean file from incoming to the originals, by a link on the same device; of a library
    that is taken in the file is copied, and nothing is taken away there.

    At no instant is there no copy: the new name is there, and synchronised, before the row names
    it, and the old one goes last. A sidecar beside it tells what a lost database knew, of
    the file itself or of the one ``as_file`` that its bytes are to be.
    """
    file = work.file
    if file.storage != INCOMING and file.is_owned:
        return
    extension = PurePosixPath(file.original_name).suffix.lower()
    name = f"{arrival.gallery.uuid}/{file.uuid}{extension}"
    expected = FileDigest(size=file.size, sha256=file.sha256, crc32=file.crc32)
    link_or_copy(file.storage, file.name, ORIGINALS, name, expected)
    write_sidecar(ORIGINALS, name, sidecar_of_file(as_file or file, arrival, photos))
    part, is_part = file.name, file.is_owned
    moved = work.update(storage=ORIGINALS, name=name, identity=file.identity, is_owned=True)
    if moved and is_part:
        remove(INCOMING, part)
        remove(INCOMING, sidecar_name(part))


@transaction.atomic
def _make_ready_for_all(
    work: Claim, arrivals: list[Arrival], metadata: PhotoMetadata, result: RenderResult
) -> None:
    """As :func:`_make_ready`, for a library's file: it may have come to another gallery since."""
    for key in sorted({arrival.gallery.pk for arrival in arrivals}):
        # Galleries are locked before files.
        lock_gallery(Gallery(pk=key))
    _make_ready(work, arrivals[0], [], result)
    if work.file.stage == Stage.READY:
        for photo in take_in_each(work.file, arrivals_of(work.file), metadata):
            show_picture(photo, work.file, **result.facts)


@transaction.atomic
def _make_ready(work: Claim, arrival: Arrival, photos: list[Photo], result: RenderResult) -> None:
    file, gallery = work.file, arrival.gallery
    reason = result.trouble
    retry_at = in_seconds(FAILURE_REST_SECONDS) if result.undrawn else None
    if not work.release(
        stage=Stage.READY,
        is_damaged=result.is_damaged,
        visual_key=result.visual_key,
        render_seconds=result.seconds,
        identity={**file.identity, "is_grey": result.is_grey},
        reason=reason,
        retry_at=retry_at,
    ):
        return
    for photo in photos:
        show_picture(photo, file, **result.facts)
    if arrival.purpose == Purpose.WATERMARK:
        use_image(file)
    elif arrival.purpose == Purpose.EDIT:
        Edit.objects.get_or_create(gallery=gallery, stored_file=file)
        tasks.wake("match_edits", gallery.pk)
    end_upload(file, UploadState.ACCEPTED, reason)


def _refuse(work: Claim, reason: str) -> None:
    with transaction.atomic():
        refused = work.release(stage=Stage.FAILED, reason=reason)
        if refused:
            end_upload(work.file, UploadState.REFUSED, reason)
    if refused:
        quarantine(work.file)


def _fail(work: Claim, reason: str) -> None:
    _end(work, Stage.FAILED, reason)


@transaction.atomic
def _end(work: Claim, stage: Stage, reason: str) -> None:
    if work.release(stage=stage, reason=reason):
        choose_current(work.file)
        end_upload(work.file, UploadState.ACCEPTED, reason)


@transaction.atomic
def _put_back(work: Claim, *, is_counted: bool) -> None:
    attempts = work.file.render_attempts
    work.release(
        stage=Stage.CLEAN,
        render_attempts=attempts if is_counted else attempts - 1,
        retry_at=None if is_counted else in_seconds(STORAGE_RETRY_SECONDS),
    )
    if is_counted:
        tasks.wake("render_file", work.file.pk)
