"""Carrying out a repair plan: a database restored from a backup knows every photograph again.

Each step is one transaction, looks anew at what it finds, and does nothing where it was done
before: a repair that was killed is simply run again. Files are read and compared before a row names
them, and nothing is deleted. What is adopted goes the way of every upload, from the virus scan on,
whatever its sidecar says of a verdict.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Collection, Site

from .. import tasks
from ..exceptions import PumbaphotoError
from ..intake.claims import free
from ..intake.formats import format_by_extension
from ..intake.known import USELESS_STAGES
from ..intake.lost_files import AT_REST
from ..intake.names import display_folder, display_name
from ..intake.receiving import abandon
from ..intake.remembering import Remembered, sidecar_of_upload
from ..intake.rerendering import render_missing
from ..missing_files import keeper_of
from ..models import (
    Edit,
    FileMove,
    Gallery,
    Kind,
    PhotoFile,
    Purpose,
    SameName,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from ..storage import FileDigest, digest, storage_for, write_sidecar
from ..workflow import lock_gallery
from . import repair_plan
from .repair_plan import Plan, Step
from .sidecar_words import words_beside
from .volumes import why_absent

logger = logging.getLogger(__name__)

RECOVER = "pumbaphoto.recover_files"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a step: ``is_done`` now, or why not; a step that was done before is not."""

    step: Step
    is_done: bool
    words: str = ""


class _NotDone(Exception):
    """Why a step does nothing."""


def repair(plan: Plan, *, owner: AbstractBaseUser | None = None) -> Iterator[Outcome]:
    """Carry out a plan, step by step.

    ``owner`` gets the galleries that are made anew and whose photographer nobody knows; without it
    the keeper of their site does, or the first superuser. Raises PumbaphotoError, before anything
    is done, if a volume is not the one that the plan was made of.
    """
    require_same_volumes(plan)
    for step in plan.steps:
        act = _ACTS.get(step.act)
        if act is None:
            continue
        try:
            act(_Work(plan=plan, step=step, owner=owner))
        except (_NotDone, PumbaphotoError, OSError) as reason:
            words = str(reason) or type(reason).__name__
            yield Outcome(step=step, is_done=False, words=words)
        else:
            logger.info("repaired: %s %s/%s", step.act, step.storage, step.name)
            yield Outcome(step=step, is_done=True)


def require_same_volumes(plan: Plan) -> None:
    """Raises PumbaphotoError if a volume is away, or not the one that the plan was made of."""
    for alias, wanted in plan.volumes.items():
        if reason := why_absent(alias):
            raise PumbaphotoError(f"{alias} cannot be read: {reason}")
        found = repair_plan.volume_of(alias)
        if found != wanted:
            raise PumbaphotoError(f"{alias} is volume {found}; the plan was made of {wanted}.")


@dataclass(kw_only=True)
class _Work:
    """One step, and ``words`` that stand beside its file."""

    plan: Plan
    step: Step
    owner: AbstractBaseUser | None

    @cached_property
    def words(self) -> dict[str, Any]:
        return words_beside(self.step.storage, self.step.name)


# --- A row whose file is somewhere else ----------------------------------------------------------


def _point(work: _Work) -> None:
    step = work.step
    file = StoredFile.objects.filter(uuid=step.file).first()
    if file is None:
        raise _NotDone("its row is gone")
    if (file.storage, file.name) == (step.storage, step.name):
        raise _NotDone("done before")
    if _is_there(file):
        raise _NotDone(f"its file is at {file.storage}/{file.name}")
    if digest(step.storage, step.name) != _digest_of(file):
        raise _NotDone("its bytes are not those of the row")
    with transaction.atomic():
        here = StoredFile.objects.filter(free(), pk=file.pk, storage=file.storage, name=file.name)
        is_shown = file.is_trusted and file.renditions.exists()
        back = Stage.READY if is_shown else Stage.CLEAN if file.is_trusted else Stage.RECEIVED
        stage = back if file.stage == Stage.MISSING else file.stage
        changed = here.update(
            storage=step.storage,
            name=step.name,
            stage=stage,
            proved_at=timezone.now(),
            retry_at=None,
        )
        if not changed:
            raise _NotDone("somebody is working on it")
        FileMove.objects.filter(
            stored_file=file, to_storage=step.storage, to_name=step.name
        ).delete()
        if stage not in AT_REST:
            tasks.wake("render_file" if file.is_trusted else "scan_file", file.pk)


def _is_there(file: StoredFile) -> bool:
    try:
        return storage_for(file.storage).size(file.name) == file.size
    except FileNotFoundError:
        return False


def _digest_of(file: StoredFile) -> FileDigest:
    return FileDigest(size=file.size, sha256=file.sha256, crc32=file.crc32)


# --- A file without a row ------------------------------------------------------------------------


def _adopt(work: _Work) -> None:
    step = work.step
    if _is_known(step):
        _write_lacking_sidecar(step)
        raise _NotDone("done before")
    words, found = work.words, digest(step.storage, step.name)
    if words and words["purpose"] not in (Purpose.ORIGINAL, Purpose.EDIT):
        raise _NotDone("what stands beside it has changed")
    if words and (words["sha256"], words["size"]) != (found.sha256, found.size):
        raise _NotDone("its bytes are not those that were written beside it")
    with transaction.atomic():
        gallery = lock_gallery(_gallery_of(work))
        if _is_known(step):
            raise _NotDone("done before")
        purpose = Purpose(words.get("purpose", Purpose.ORIGINAL))
        if _has_bytes(gallery, purpose, found):
            raise _NotDone("its gallery has these bytes already")
        upload = _upload_of(work, gallery, purpose, found)
        file = _row_of(work, gallery, upload, found)
        upload.stored_file, upload.state = file, UploadState.RECEIVED
        upload.durable_offset = upload.length = found.size
        upload.finished_at, upload.reason = timezone.now(), ""
        upload.claimed_sha256 = ""
        upload.save()
        UploadBatch.objects.filter(pk=upload.batch_id).update(settled_at=None)
        tasks.wake("scan_file", file.pk)
    _write_lacking_sidecar(step)


def _write_lacking_sidecar(step: Step) -> None:
    """Let a file that had no words beside it have some, so that it is no stray another time."""
    file = StoredFile.objects.filter(storage=step.storage, name=step.name).first()
    upload = file and file.uploads.select_related("batch__gallery", "batch__uploader").first()
    if upload is None or words_beside(step.storage, step.name):
        return
    write_sidecar(file.storage, file.name, sidecar_of_upload(upload, file.uuid, _digest_of(file)))


def _is_known(step: Step) -> bool:
    same_place = StoredFile.objects.filter(storage=step.storage, name=step.name)
    return same_place.exists() or StoredFile.objects.filter(uuid=step.file).exists()


def _has_bytes(gallery: Gallery, purpose: Purpose, found: FileDigest) -> bool:
    uses = (
        Edit.objects.filter(gallery=gallery)
        if purpose == Purpose.EDIT
        else PhotoFile.objects.filter(photo__gallery=gallery)
    )
    same = uses.filter(stored_file__sha256=found.sha256, stored_file__size=found.size)
    return same.exclude(stored_file__stage__in=USELESS_STAGES).exists()


def _row_of(work: _Work, gallery: Gallery, upload: Upload, found: FileDigest) -> StoredFile:
    step = work.step
    kind = format_by_extension(upload.file_name)
    return StoredFile.objects.create(
        uuid=step.file,
        collection_id=gallery.collection_id,
        storage=step.storage,
        name=step.name,
        original_name=upload.file_name,
        relative_path=upload.relative_path,
        format=kind.name if kind else "",
        size=found.size,
        sha256=found.sha256,
        crc32=found.crc32,
    )


def _upload_of(work: _Work, gallery: Gallery, purpose: Purpose, found: FileDigest) -> Upload:
    """The file's own upload where the database still knows it, else one in a batch of the repair's,
    so that what is recovered is seen as any other upload is.
    """
    step, words = work.step, work.words
    memory = Remembered(
        photo=words.get("photo", ""),
        version=words.get("version", 1),
        section=words.get("section", ""),
    )
    own = Upload.objects.filter(uuid=step.upload, batch__gallery=gallery) if step.upload else None
    upload = own.filter(stored_file=None).first() if own is not None else None
    if upload is None:
        is_free = step.upload and not Upload.objects.filter(uuid=step.upload).exists()
        upload = Upload(
            uuid=step.upload if is_free else uuid.uuid4(),
            batch=_batch_of(work, gallery, purpose, memory),
            file_name=display_name(words.get("original_name") or step.name),
            # With a last component, as dropped files have.
            relative_path=display_folder(f"{words.get('relative_path', '')}/file"),
            length=found.size,
        )
    upload.metadata = memory.as_metadata()
    return upload


def _batch_of(work: _Work, gallery: Gallery, purpose: Purpose, memory: Remembered) -> UploadBatch:
    # What had replaced a proof does so again; of anything else both are kept.
    decision = SameName.REPLACE if memory.version > 1 else SameName.KEEP_BOTH
    identity = uuid.uuid5(uuid.UUID(work.plan.uuid), f"{gallery.uuid} {purpose} {decision}")
    batch, is_new = UploadBatch.objects.get_or_create(
        uuid=identity, defaults={"gallery": gallery, "purpose": purpose, "same_name": decision}
    )
    if is_new:
        log(gallery, RECOVER, data={"batch": str(batch.uuid)})
    return batch


def _gallery_of(work: _Work) -> Gallery:
    """The gallery that a file goes to, made anew where its row is gone; its place in the site is
    what is written beside the file, as far as that still exists.
    """
    step, words = work.step, work.words
    gallery = Gallery.with_deleted.filter(uuid=step.gallery).first()
    if gallery is not None:
        if gallery.deleted_at is not None:
            raise _NotDone("its gallery was deleted")
        return gallery
    sites = Site.objects.filter(hostname=words.get("site", ""))
    site = sites.first() or Site.objects.filter(is_default_site=True).first()
    if site is None:
        raise _NotDone("there is no site: run manage.py pumbaphoto_setup_site first")
    # Of two with one name it might be another studio's.
    named = Collection.objects.filter(name=words.get("collection", ""))
    collection = named.get() if named.count() == 1 else Collection.get_first_root_node()
    kind = words.get("gallery_kind")
    gallery = Gallery.objects.create(
        uuid=step.gallery,
        title=step.title,
        site=site,
        owner=_owner_of(work, site),
        collection=collection,
        kind=kind if kind in Kind.values else Kind.CHOOSE,
    )
    log(gallery, RECOVER, data={"title": gallery.title})
    return gallery


def _owner_of(work: _Work, site: Site) -> AbstractBaseUser:
    users = get_user_model().objects.filter(is_active=True)
    by_name = {get_user_model().USERNAME_FIELD: work.words.get("owner", "")}
    known = users.filter(**by_name).first() or work.owner or keeper_of(site)
    owner = known or users.filter(is_superuser=True).order_by("pk").first()
    if owner is None:
        raise _NotDone("nobody is there to own its gallery: make a superuser, or say --owner")
    return owner


# --- The rest ------------------------------------------------------------------------------------


def _end_upload(work: _Work) -> None:
    upload = Upload.objects.filter(uuid=work.step.upload).select_related("batch__gallery").first()
    if upload is None or not abandon(upload):
        raise _NotDone("done before")


def _mark_missing(work: _Work) -> None:
    """As the nightly look for lost files does; the file comes back with its bytes."""
    _mark(work, AT_REST, Stage.MISSING)


def _mark_deleted(work: _Work) -> None:
    _mark(work, (Stage.INFECTED,), Stage.DELETED)


def _mark(work: _Work, stages: tuple[Stage, ...], stage: Stage) -> None:
    step = work.step
    here = StoredFile.objects.filter(
        free(), uuid=step.file, storage=step.storage, name=step.name, stage__in=stages
    )
    file = here.first()
    if file is None:
        raise _NotDone("done before, or somebody is working on it")
    if _is_there(file):
        raise _NotDone("its file is there")
    here.update(stage=stage, stage_changed_at=timezone.now(), reason=step.words[:200])


def _render(work: _Work) -> None:
    render_missing()


_ACTS: dict[str, Callable[[_Work], None]] = {
    repair_plan.POINT: _point,
    repair_plan.ADOPT: _adopt,
    repair_plan.END_UPLOAD: _end_upload,
    repair_plan.MISSING: _mark_missing,
    repair_plan.DELETED: _mark_deleted,
    repair_plan.RENDER: _render,
}
