"""Many files as one ZIP, computed from what is known of them, never built."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from ..exceptions import StorageOffline, SumsUnknown
from ..storage import ORIGINALS, RENDITIONS, sizes
from . import zip_contents
from .zip_contents import Absent, Contents, Entry, Text
from .zip_layout import ZipLayout, ZipMember
from .zip_names import safe_member_paths

READ_ME = "READ ME.txt"


def lay_out(contents: Contents, *, studio: str = "") -> ZipLayout:
    """Size, ETag and every byte's place of the ZIP with these contents.

    Opens no file, but looks which of them are there, where a storage can tell that at once: those
    that are not are named in a text beside the others, with the words that ``studio`` may be asked.
    The same contents give the same ZIP, byte for byte. Raises SumsUnknown if sums have to be
    computed first, and StorageOffline while a storage that belongs to us is away.
    """
    present, lost = _divided(contents.entries)
    if any(entry.crc32 is None for entry in present):
        raise SumsUnknown
    texts = [*contents.texts]
    if absent := [*contents.absent, *lost]:
        latest = max((entry.time for entry in present if entry.time), default=_EARLIEST)
        texts.insert(0, Text(READ_ME, _read_me(absent, studio), latest))
    return ZipLayout(_members(present, texts))


def _members(entries: list[Entry], texts: list[Text]) -> list[ZipMember]:
    places = [("", text.name) for text in texts]
    paths = safe_member_paths([*places, *((entry.folder, entry.name) for entry in entries)])
    written = [
        ZipMember(
            name=path,
            size=len(text.content),
            crc32=text.crc32,
            modified=_own_clock(text.time),
            source=text.content,
        )
        for path, text in zip(paths, texts, strict=False)
    ]
    stored = [
        ZipMember(
            name=path,
            size=entry.size,
            crc32=entry.crc32,
            modified=_own_clock(entry.time),
            source=entry.source,
        )
        for path, entry in zip(paths[len(texts) :], entries, strict=True)
    ]
    return written + stored


_EARLIEST = datetime(1980, 1, 1, tzinfo=timezone.get_default_timezone())


def _own_clock(moment: datetime | None) -> datetime:
    """With the studio's clock, whoever asks and wherever they are."""
    return timezone.localtime(moment or _EARLIEST, timezone.get_default_timezone())


# --- What is missing -----------------------------------------------------------------------------


def _divided(entries: list[Entry]) -> tuple[list[Entry], list[Absent]]:
    """Those whose bytes can be had, and of the others why not."""
    reasons = _reasons(entries)
    present = [entry for entry in entries if entry.source not in reasons]
    lost = [
        Absent(entry.name, reasons[entry.source]) for entry in entries if entry.source in reasons
    ]
    return present, lost


def _reasons(entries: list[Entry]) -> dict[zip_contents.Source, str]:
    by_alias: dict[str, list[Entry]] = {}
    for entry in entries:
        by_alias.setdefault(entry.alias, []).append(entry)
    reasons = {}
    for alias, theirs in by_alias.items():
        reasons |= _reasons_of(alias, theirs)
    return reasons | {entry.source: _missing() for entry in entries if entry.is_gone}


def _reasons_of(alias: str, entries: list[Entry]) -> dict[zip_contents.Source, str]:
    try:
        found = sizes(alias, [entry.stored_name for entry in entries])
    except StorageOffline:
        if alias in (ORIGINALS, RENDITIONS):
            raise
        return {entry.source: _("It is in cold storage.") for entry in entries}
    if found is None:
        return {}
    reasons = {}
    for entry in entries:
        size = found[entry.stored_name]
        if size is None:
            reasons[entry.source] = _missing()
        elif size != entry.size:
            reasons[entry.source] = _("The stored file is damaged.")
    return reasons


def _missing() -> str:
    return _("It is missing from the storage.")


def _read_me(absent: Iterable[Absent], studio: str) -> bytes:
    lines = [f"{each.name}: {each.reason}" for each in absent]
    lead = _("These files are not in this ZIP:")
    end = _("Everything else is here and whole.")
    if studio:
        end += " " + _("Please ask %(studio)s for what is missing.") % {"studio": studio}
    # For Windows' Notepad: its line ends, and the mark that says which encoding this is.
    text = "\r\n".join([lead, "", *lines, "", end, ""])
    return text.encode("utf-8-sig", errors="replace")
