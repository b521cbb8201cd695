"""What a database that was restored from a backup lacks, and what can be done about it.

The storages hold what came after the backup, and beside each file what its row was. A plan says for
every file that no row knows, and for every row without its file, what :mod:`repairing` is going to
do; nothing is done here. It names the volumes it was made of, so that it is never carried out on
others.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from django.conf import settings as django_settings
from django.db.models import Max, QuerySet
from django.utils import timezone

from ..conf import settings
from ..exceptions import FileRefused, PumbaphotoError
from ..intake.formats import format_by_content
from ..intake.quarantine import QUARANTINE
from ..models import (
    FileMove,
    Gallery,
    Message,
    Pick,
    Purpose,
    Rendition,
    Stage,
    StoredFile,
    Transition,
    Upload,
    UploadState,
)
from ..storage import (
    EXPORTS,
    INCOMING,
    RENDITIONS,
    open_file,
    sizes,
    storage_for,
    walk,
)
from .findings import CHUNK_ROWS
from .orphans import (
    CHUNK_NAMES,
    SIDECAR_SUFFIX,
    described,
    identity_in,
    is_foreign,
    storages_of_ours,
    unknown,
)
from .sidecar_words import words_beside
from .volumes import why_absent

LAYOUT = 1
# In the order in which they are carried out: first what is known, so that what is new is compared
# with it.
ADOPT, POINT, MISSING, DELETED = "adopt", "point", "missing", "deleted"
END_UPLOAD, RENDER, LEAVE = "end upload", "render", "leave"
ACTS = (POINT, ADOPT, END_UPLOAD, MISSING, DELETED, RENDER, LEAVE)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: ``act`` is one of :data:`ACTS`, ``storage`` and ``name`` the file's place.

    ``file`` is the UUID of its row, or of the row it is to get. ``gallery`` and ``title`` are the
    gallery that a file goes to which is adopted; it is made where it ``is_new``.
    """

    act: str
    words: str
    storage: str = ""
    name: str = ""
    size: int = 0
    file: str = ""
    gallery: str = ""
    title: str = ""
    is_new: bool = False
    upload: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done; ``volumes`` are the UUIDs of the storages by alias, empty for one that
    has none, ``away`` those that could not be looked at, ``said`` what is lost in words.
    """

    uuid: str
    made_at: str
    volumes: dict[str, str]
    away: list[str]
    said: list[str]
    steps: list[Step]
    layout: int = LAYOUT

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def parse(cls, text: str) -> Plan:
        """Raises PumbaphotoError for what is no plan of this release."""
        try:
            fields = json.loads(text)
            if fields["layout"] != LAYOUT:
                raise PumbaphotoError("This plan was made by another release: make a new one.")
            steps = [Step(**step) for step in fields.pop("steps")]
            return cls(**fields, steps=steps)
        except (ValueError, KeyError, TypeError) as error:
            raise PumbaphotoError(f"This is no repair plan: {error}") from error


def make_plan() -> Plan:
    """Look at every storage that is there, and at every row."""
    aliases = sorted(storages_of_ours() | ({EXPORTS} & {*django_settings.STORAGES}))
    away = [alias for alias in aliases if why_absent(alias)]
    present = [alias for alias in aliases if alias not in away]
    planning = _Planning(identity=uuid.uuid4())
    for alias in present:
        planning.look_at_files(alias)
    for alias in present:
        planning.look_at_rows(alias)
    planning.look_at_uploads(INCOMING not in present)
    if RENDITIONS in present:
        planning.look_at_renditions()
    order = {act: number for number, act in enumerate(ACTS)}
    return Plan(
        uuid=str(planning.identity),
        made_at=timezone.now().isoformat(),
        volumes={alias: volume_of(alias) for alias in present},
        away=away,
        said=_said(),
        steps=sorted(planning.steps, key=lambda step: (order[step.act], step.storage, step.name)),
    )


def lines_of(plan: Plan) -> Iterator[str]:
    """The plan as a table to be read, with how many steps there are of each kind."""
    row = "{:<10} {:<60} {}"
    for step in plan.steps:
        goes_to = f" -> {step.title}{' (made anew)' if step.is_new else ''}" if step.title else ""
        place = f"{step.storage}/{step.name}" if step.storage else step.upload
        yield row.format(step.act, f"{step.words}{goes_to}", place)
    amounts = Counter(step.act for step in plan.steps)
    told = ", ".join(f"{amounts[act]} {act}" for act in ACTS if amounts[act])
    yield f"Steps: {told or 'none: every file has its row, and every row its file'}."
    for alias in plan.away:
        yield f"{alias} cannot be read: what lies there is in no step."
    yield from plan.said


def volume_of(alias: str) -> str:
    """The UUID on a storage's sentinel; empty for one that has none."""
    sentinel = getattr(storage_for(alias), "sentinel", None)
    return str(sentinel().uuid) if sentinel is not None else ""


def _said() -> list[str]:
    newest = (
        Transition.objects.aggregate(last=Max("at"))["last"],
        Message.objects.aggregate(last=Max("created_at"))["last"],
        Upload.objects.aggregate(last=Max("created_at"))["last"],
        Pick.objects.aggregate(last=Max("picked_at"))["last"],
        StoredFile.objects.aggregate(last=Max("created_at"))["last"],
    )
    known = [moment for moment in newest if moment]
    until = f"after {max(known):%Y-%m-%d %H:%M} UTC" if known else "ever"
    return [
        f"What was chosen, written, shared, sent and delivered {until} is in no file, and cannot "
        "be made again: hearts, notes, links, deliveries, and what was renamed, hidden or moved.",
        "Links that were made since then open nothing: send new ones. Galleries stand in the state "
        "they had then.",
    ]


class _Planning:
    """The steps as they are found; a file that a step puts in its place is not missing any more."""

    def __init__(self, identity: uuid.UUID) -> None:
        self.identity = identity
        self.steps: list[Step] = []
        self.found: set[str] = set()
        self.uploads: set[str] = set()
        self.galleries = {
            str(one.uuid): one for one in Gallery.with_deleted.only("uuid", "title", "deleted_at")
        }

    # --- Files that no row knows

    def look_at_files(self, alias: str) -> None:
        names = walk(alias)
        while chunk := list(islice(names, CHUNK_NAMES)):
            # Asked twice: what is being linked or moved the first time is settled by then.
            for name in unknown(alias, unknown(alias, chunk)):
                is_beside = name.endswith(SIDECAR_SUFFIX) and _has(alias, described(name))
                if not is_beside:
                    self.steps.append(self._step_for(alias, name))
            if alias == INCOMING:
                self._look_at_parts(chunk)

    def _look_at_parts(self, names: list[str]) -> None:
        """A part that an upload's row takes for unfinished, and the words beside it for whole."""
        beside = {described(name) for name in names if name.endswith(SIDECAR_SUFFIX)}
        parts = {part: identity for part in beside if (identity := identity_in(part))}
        unfinished = (UploadState.ANNOUNCED, UploadState.UPLOADING)
        growing = Upload.objects.filter(uuid__in=parts.values(), state__in=unfinished)
        for identity in growing.values_list("uuid", flat=True):
            self.steps.append(self._step_for(INCOMING, f"{identity}.part"))

    def _step_for(self, alias: str, name: str) -> Step:
        place = {"storage": alias, "name": name}
        if is_foreign(name):
            return Step(act=LEAVE, words="not a file of ours", **place)
        if alias in (RENDITIONS, EXPORTS):
            return Step(act=LEAVE, words="can be made again, and may be deleted", **place)
        if name.endswith(SIDECAR_SUFFIX):
            return Step(act=LEAVE, words="was written beside a file that is gone", **place)
        try:
            place["size"] = storage_for(alias).size(name)
            words = words_beside(alias, name)
        except (PumbaphotoError, OSError) as error:
            return Step(act=LEAVE, words=f"cannot be read: {error}", **place)
        identity = words.get("file") or str(identity_in(name) or "")
        known = StoredFile.objects.filter(uuid=identity).first() if identity else None
        if known is not None:
            return self._step_for_known(known, place)
        if alias == INCOMING and name.startswith(f"{QUARANTINE}/"):
            return Step(act=LEAVE, words="quarantined, and its record is lost", **place)
        if words:
            return self._adopt_with_words(place, words)
        if name.endswith(".part"):
            return Step(act=LEAVE, words="part of an upload that did not come to its end", **place)
        return self._adopt_stray(place)

    def _step_for_known(self, file: StoredFile, place: dict[str, Any]) -> Step:
        if file.stage == Stage.DELETED:
            return Step(act=LEAVE, words="of a file that was deleted", file=str(file.uuid), **place)
        if place["size"] != file.size:
            return Step(act=LEAVE, words="of another size than its row", **place)
        if _is_there(file) or str(file.uuid) in self.found:
            words = f"second copy, of a file whose place is {file.storage}/{file.name}"
            return Step(act=LEAVE, words=words, file=str(file.uuid), **place)
        self.found.add(str(file.uuid))
        words = f"is the file whose row names {file.storage}/{file.name}"
        return Step(act=POINT, words=words, file=str(file.uuid), **place)

    def _adopt_with_words(self, place: dict[str, Any], words: dict[str, Any]) -> Step:
        purpose = words["purpose"]
        if purpose not in (Purpose.ORIGINAL, Purpose.EDIT):
            again = (
                "the picture of a film is fetched again" if purpose == "film" else "set it again"
            )
            return Step(act=LEAVE, words=f"{purpose}: {again}", **place)
        if words["size"] != place["size"]:
            return Step(act=LEAVE, words="of another size than is written beside it", **place)
        gallery = self.galleries.get(words["gallery"])
        if gallery is not None and gallery.deleted_at is not None:
            return Step(act=LEAVE, words="its gallery was deleted", **place)
        self.uploads.add(words["upload"])
        title = gallery.title if gallery else words["gallery_title"] or self.recovered
        return Step(
            act=ADOPT,
            words="edit" if purpose == Purpose.EDIT else "photo",
            file=words["file"],
            gallery=words["gallery"],
            title=title,
            is_new=gallery is None,
            upload=words["upload"],
            **place,
        )

    def _adopt_stray(self, place: dict[str, Any]) -> Step:
        """A file without words beside it: by its folder, where that is a gallery's."""
        try:
            with open_file(place["storage"], place["name"]) as source:
                kind = format_by_content(source, settings.ALLOWED_FORMATS)
        except FileRefused as refusal:
            return Step(act=LEAVE, words=f"no photograph: {refusal}", **place)
        folder = place["name"].partition("/")[0]
        gallery = self.galleries.get(folder)
        if gallery is not None and gallery.deleted_at is not None:
            return Step(act=LEAVE, words="its gallery was deleted", **place)
        return Step(
            act=ADOPT,
            words=f"photo without words beside it ({kind.name})",
            file=str(identity_in(place["name"]) or uuid.uuid4()),
            gallery=str(gallery.uuid if gallery else uuid.uuid5(self.identity, "recovered")),
            title=gallery.title if gallery else self.recovered,
            is_new=gallery is None,
            **place,
        )

    @property
    def recovered(self) -> str:
        return f"Recovered {timezone.localdate():%Y-%m-%d}"

    # --- Rows without their files

    def look_at_rows(self, alias: str) -> None:
        rows = StoredFile.objects.filter(storage=alias).exclude(
            stage__in=(Stage.DELETED, Stage.MISSING)
        )
        for file in _absent(alias, rows):
            if str(file.uuid) in self.found:
                continue
            self.steps.append(self._step_for_row(file))

    def _step_for_row(self, file: StoredFile) -> Step:
        place = {"storage": file.storage, "name": file.name, "file": str(file.uuid)}
        # The one place where a second copy may be: it is no second one now.
        move = FileMove.objects.filter(stored_file=file).first()
        if move is not None and _has(move.to_storage, move.to_name, file.size):
            there = {"storage": move.to_storage, "name": move.to_name, "file": str(file.uuid)}
            return Step(act=POINT, words="was moved there", size=file.size, **there)
        if file.stage == Stage.INFECTED:
            return Step(act=DELETED, words="infected, and deleted since", **place)
        words = (
            "its file is gone: restore it from a backup of the files, or send the same photo again "
            f"(SHA-256 {file.sha256})"
        )
        return Step(act=MISSING, words=words, size=file.size, **place)

    def look_at_uploads(self, is_incoming_away: bool) -> None:
        """Uploads that a row takes for unfinished, and whose part has gone on its way."""
        if is_incoming_away:
            return
        growing = Upload.objects.filter(state=UploadState.UPLOADING, durable_offset__gt=0)
        for upload in growing.order_by("pk").iterator():
            is_adopted = str(upload.uuid) in self.uploads
            if not is_adopted and not _has(INCOMING, f"{upload.uuid}.part"):
                words = "its part is gone: it came to its end, or was given up, since"
                self.steps.append(Step(act=END_UPLOAD, words=words, upload=str(upload.uuid)))

    def look_at_renditions(self) -> None:
        rows = Rendition.objects.filter(storage=RENDITIONS, cleared_at=None)
        rows = rows.exclude(stored_file__stage__in=(Stage.DELETED, Stage.MISSING))
        if count := sum(1 for _row in _absent(RENDITIONS, rows)):
            self.steps.append(Step(act=RENDER, words=f"{count} pictures to be made again"))


def _is_there(file: StoredFile) -> bool:
    return _has(file.storage, file.name, file.size)


def _has(alias: str, name: str, size: int | None = None) -> bool:
    try:
        found = storage_for(alias).size(name)
    except (PumbaphotoError, OSError):
        return False
    return size is None or found == size


def _absent(alias: str, rows: QuerySet) -> Iterator[Any]:
    """Rows whose file is not there; asked about a thousand at a time, or by one list of all names
    where each would be a request over the network.
    """
    last, listed = 0, None
    while chunk := [*rows.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]]:
        last = chunk[-1].pk
        found = sizes(alias, [row.name for row in chunk])
        if found is None:
            listed = {*walk(alias)} if listed is None else listed
            found = {row.name: 0 if row.name in listed else None for row in chunk}
        yield from (row for row in chunk if found[row.name] is None)
