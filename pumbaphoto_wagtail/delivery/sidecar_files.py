"""Sidecars as a ZIP: new ones for what was chosen, or the photographer's own with it merged in.

A ZIP from outside is read by its rules and never unpacked to a disk: names are looked at and not
followed, sizes are counted while reading and not believed.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from ..exceptions import SidecarRefused
from .names import folder_key, last_component, stem_key
from .sidecars import MAX_SIDECAR_BYTES, Marks, merged_sidecar, new_sidecar
from .spreadsheets import SelectionRow
from .zip_names import safe_member_paths

CONTENT_TYPE = "application/zip"
EXTENSION = ".xmp"
READ_ME = "READ ME.txt"
MAX_FILES = 10_000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
ZIP_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
# What macOS and Windows leave in folders and archives.
LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True, kw_only=True)
class KnownPhoto:
    """A photograph as the photographer's program knows it."""

    key: int
    name: str
    folder: str = ""


@dataclass(kw_only=True)
class Merging:
    """What came of merging: ``archive`` holds the sidecars that were changed.

    The others are named by what was the matter with them: no sidecars (``refused``), of photographs
    that nobody chose or that this gallery does not have (``unchosen``), of one of several with that
    name (``unclear``).
    """

    archive: bytes = b""
    merged: int = 0
    refused: list[str] = field(default_factory=list)
    unchosen: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


def marks_of(rows: Iterable[SelectionRow], *, rating: int, label: str) -> dict[int, Marks]:
    """What to write of each photograph, by its primary key.

    A heart gives it ``rating``, ``label`` and keywords for its list and who chose it; a note
    without a heart is only told.
    """
    by_photo: dict[int, list[SelectionRow]] = defaultdict(list)
    for row in rows:
        by_photo[row.photo].append(row)
    return {key: _marks(some, rating, label) for key, some in by_photo.items()}


def sidecar_archive(
    photos: Sequence[KnownPhoto], marks: Mapping[int, Marks], *, now: datetime
) -> bytes:
    """A ZIP of a new sidecar for each photograph that has marks.

    Photographs of one name get theirs in the folders that they were uploaded from.
    """
    chosen = [photo for photo in photos if photo.key in marks]
    counts: dict[str, int] = defaultdict(int)
    for photo in photos:
        counts[stem_key(photo.name)] += 1
    places = [
        (photo.folder if counts[stem_key(photo.name)] > 1 else "", _sidecar_name(photo.name))
        for photo in chosen
    ]
    files = (new_sidecar(marks[photo.key], now=now) for photo in chosen)
    paths = safe_member_paths([*places, ("", READ_ME)])
    return _packed([*zip(paths, files, strict=False), (paths[-1], _advice().encode())], now)


def merge(
    uploads: Iterable[tuple[str, bytes]],
    photos: Sequence[KnownPhoto],
    marks: Mapping[int, Marks],
    *,
    now: datetime,
) -> Merging:
    """Merge the marks into sidecars that were uploaded, one by one or as ZIPs."""
    known: dict[str, list[KnownPhoto]] = defaultdict(list)
    for photo in photos:
        known[stem_key(photo.name)].append(photo)
    result, done = Merging(), []
    for path, data in _sidecars(uploads, result):
        found = _belonging(path, known)
        if len(found) > 1:
            result.unclear.append(path)
        elif not found or found[0].key not in marks:
            result.unchosen.append(path)
        else:
            try:
                done.append((path, merged_sidecar(data, marks[found[0].key], now=now)))
            except SidecarRefused:
                result.refused.append(path)
    result.merged = len(done)
    places = [_place(path) for path, _data in done]
    paths = safe_member_paths([*places, ("", READ_ME)])
    members = [(path, data) for path, (_old, data) in zip(paths, done, strict=False)]
    about = "\n\n".join([_advice(), *_left_out(result)])
    result.archive = _packed([*members, (paths[-1], about.encode())], now)
    return result


# --- What to write -------------------------------------------------------------------------------


def _marks(rows: Sequence[SelectionRow], rating: int, label: str) -> Marks:
    hearts = [row for row in rows if row.picked]
    keywords = [row.list for row in hearts if row.list]
    keywords += [_("Chosen by %s") % row.recipient for row in hearts if row.recipient]
    return Marks(
        rating=rating if hearts else 0,
        label=label if hearts else "",
        keywords=tuple(dict.fromkeys(keywords)),
        instructions="\n".join(
            f"{row.recipient}: {row.note}" if row.recipient else row.note
            for row in rows
            if row.note
        ),
    )


def _sidecar_name(name: str) -> str:
    """The name by which Lightroom, Camera Raw and Capture One look for it: the RAW's stem."""
    base = last_component(name)
    stem, dot, extension = base.rpartition(".")
    is_extension = dot and stem_key(f"{stem}.{extension}") == stem_key(stem)
    return f"{stem if is_extension else base}{EXTENSION}"


def _advice() -> str:
    return _(
        "Put these files beside the photographs of the same names. Then read them in: in Lightroom"
        " Classic choose “Metadata > Read Metadata from Files”, in Capture One “Image > Load"
        " Metadata”.\n\nReading metadata from files overwrites what your catalogue holds of these"
        " photographs, edits included. Save the metadata to files first."
    )


def _left_out(result: Merging) -> Iterator[str]:
    for reason, names in (
        (_("These could not be read as sidecars:"), result.refused),
        (
            _("These belong to no photograph that was chosen, and are as they were:"),
            result.unchosen,
        ),
        (_("Several photographs have these names, so nothing was written:"), result.unclear),
    ):
        if names:
            yield "\n".join([reason, *map(_printable, names)])


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in name)


def _packed(members: Iterable[tuple[str, bytes]], now: datetime) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members:
            entry = zipfile.ZipInfo(path, now.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return stream.getvalue()


# --- What was uploaded ---------------------------------------------------------------------------


def _sidecars(uploads: Iterable[tuple[str, bytes]], result: Merging) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each sidecar; what is none is written down as refused."""
    count, total = 0, 0
    for name, data in uploads:
        found = _unpacked(name, data) if data.startswith(ZIP_BEGINNINGS) else [(name, data)]
        for path, content in found:
            if any(part in LITTER or part.startswith("._") for part in path.split("/")):
                continue
            count, total = count + 1, total + len(content or b"")
            if count > MAX_FILES or total > MAX_UNPACKED_BYTES:
                raise SidecarRefused(_("These are too many files, or too large ones, at once."))
            if content is None or not path.lower().endswith(EXTENSION):
                result.refused.append(path)
            else:
                yield path, content


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes | None]]:
    """The members of a ZIP, None for one that is too large or cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    yield member.filename, _read(archive, member)
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError):
        yield name, None


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return None
    try:
        with archive.open(member) as opened:
            data = opened.read(MAX_SIDECAR_BYTES + 1)
    # An encrypted member is a RuntimeError.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError):
        return None
    return data if len(data) <= MAX_SIDECAR_BYTES else None


def _belonging(path: str, known: Mapping[str, Sequence[KnownPhoto]]) -> Sequence[KnownPhoto]:
    """The photographs that a sidecar may be of: by its name, and by its folder where that tells.

    Some programs call it IMG_1.xmp, others IMG_1.CR2.xmp.
    """
    folder, name = _place(path)
    found = known.get(stem_key(name[: -len(EXTENSION)]), ())
    if len(found) > 1 and folder:
        wanted = folder_key(folder)
        there = [photo for photo in found if _is_within(folder_key(photo.folder), wanted)]
        return there or found
    return found


def _is_within(folder: str, wanted: str) -> bool:
    """Whether both end in the same folders; archives often begin higher up."""
    return bool(folder) and f"/{wanted}".endswith(f"/{folder}")


def _place(path: str) -> tuple[str, str]:
    folder, _slash, name = path.replace("\\", "/").rpartition("/")
    return folder, name
