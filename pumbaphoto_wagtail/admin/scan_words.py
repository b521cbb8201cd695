"""What a scan of a library is said to be and to have done, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..conf import MINUTE
from ..models import Library, LibraryScan, ScanState
from .running import duration_in_words

TONES = {
    ScanState.QUEUED: "open",
    ScanState.RUNNING: "working",
    ScanState.DONE: "done",
    ScanState.STOPPED: "bad",
    ScanState.FAILED: "bad",
}
UNDER_WAY = (ScanState.QUEUED, ScanState.RUNNING)
# A worker takes what is asked for within seconds; nobody is there if it has waited so long.
NOBODY_TAKES_IT = timedelta(seconds=2 * MINUTE)


@dataclass(frozen=True, kw_only=True)
class NoteKind:
    """``tone`` is that of a tag: done, open, attention or bad."""

    label: str
    tone: str


# In the order in which a report tells of them: what somebody should look at comes first.
KINDS = {
    "error": NoteKind(label=gettext_lazy("Did not work"), tone="bad"),
    "refused": NoteKind(label=gettext_lazy("Refused"), tone="bad"),
    "missing": NoteKind(label=gettext_lazy("Missing"), tone="attention"),
    "unknown": NoteKind(label=gettext_lazy("Fits no pattern"), tone="open"),
    "date": NoteKind(label=gettext_lazy("No such date"), tone="open"),
    "gallery": NoteKind(label=gettext_lazy("New gallery"), tone="done"),
    "added": NoteKind(label=gettext_lazy("New photo"), tone="done"),
    "changed": NoteKind(label=gettext_lazy("Changed"), tone="open"),
    "renamed": NoteKind(label=gettext_lazy("Renamed or moved"), tone="open"),
    "back": NoteKind(label=gettext_lazy("Back again"), tone="open"),
    "redated": NoteKind(label=gettext_lazy("Date corrected"), tone="open"),
    "ignored": NoteKind(label=gettext_lazy("Left out"), tone="open"),
    "unchanged": NoteKind(label=gettext_lazy("Unchanged"), tone="open"),
}


def kind_label(kind: str) -> str:
    known = KINDS.get(kind)
    return str(known.label) if known else kind


def kind_tag(kind: str) -> dict[str, str]:
    """A note's kind as a tag."""
    known = KINDS.get(kind)
    return {"label": kind_label(kind), "tone": known.tone if known else "open"}


def counts_of(scan: LibraryScan) -> list[dict]:
    """How much became of what, in the order of KINDS, with what is not known there at the end."""
    places = {kind: place for place, kind in enumerate(KINDS)}
    found = sorted(scan.counts.items(), key=lambda one: places.get(one[0], len(places)))
    return [
        {"kind": kind, "count": count, **kind_tag(kind)}
        for kind, count in found
        if isinstance(count, int) and count
    ]


def presentable_scan(scan: LibraryScan | None) -> dict[str, str]:
    """The state's words and the tone of its tag."""
    if scan is None:
        return {"label": _("never scanned"), "tone": "attention"}
    state = ScanState(scan.state)
    if state == ScanState.DONE and scan.is_dry_run:
        return {"label": _("tried out"), "tone": TONES[state]}
    return {"label": str(state.label), "tone": TONES[state]}


def is_under_way(scan: LibraryScan | None) -> bool:
    return scan is not None and scan.state in UNDER_WAY


def waits_for_worker(scan: LibraryScan) -> bool:
    """Whether it has waited so long that nobody seems to be there who could run it."""
    waited = timezone.now() - scan.created_at
    return scan.state == ScanState.QUEUED and waited > NOBODY_TAKES_IT


def time_left(scan: LibraryScan) -> str:
    """ "about 3 minutes"; empty while nobody can know."""
    if scan.state != ScanState.RUNNING or not (scan.started_at and scan.done and scan.total):
        return ""
    seconds = (timezone.now() - scan.started_at).total_seconds()
    return duration_in_words(seconds * (scan.total - scan.done) / scan.done)


def time_taken(scan: LibraryScan) -> str:
    """How long an ended scan took; empty for one that never began."""
    if not (scan.started_at and scan.finished_at):
        return ""
    seconds = (scan.finished_at - scan.started_at).total_seconds()
    return _("less than a minute") if seconds < MINUTE else duration_in_words(seconds)


def options_of(scan: LibraryScan) -> list[str]:
    """What was asked of a scan beside the usual."""
    found = []
    if scan.is_dry_run:
        found.append(_("only said what would be done"))
    if scan.is_full:
        found.append(_("looked at every date again"))
    if scan.tiers:
        found.append(_("made pictures at once: %(tiers)s") % {"tiers": ", ".join(scan.tiers)})
    return found


def what_it_does(library: Library) -> list[str]:
    """What a scan of this library will do, in sentences."""
    where = {"folder": place_of(library)}
    sentences = [_("Looks through %(folder)s, and changes nothing there.") % where]
    if library.patterns.strip():
        sentences.append(
            _("What fits one of the patterns becomes a photo of the gallery that it names.")
        )
    else:
        sentences.append(_("Each folder with photos becomes a gallery, named as the folder."))
    if library.index_page_id:
        page = {"page": library.index_page.title}
        sentences.append(_("New galleries get a page below “%(page)s”.") % page)
    sentences.append(
        _("Every new file is scanned for viruses and copied to where uploads are kept.")
        if library.takes_in
        else _("Every new file is scanned for viruses and stays where it is.")
    )
    sentences.append(
        _("Titles and dates you have edited stay. What is gone is noted as missing, never deleted.")
    )
    return sentences


def place_of(library: Library) -> str:
    """Where a library lies: its storage, and its folder there."""
    return f"{library.storage}:/{library.folder}"


def what_to_do(scan: LibraryScan) -> str:
    """What somebody can do about a scan that did not come to its end; empty for any other."""
    if scan.state == ScanState.STOPPED:
        return _(
            "Look whether the storage is connected and the folder is still what it was. If so"
            " much is really gone, raise “percent of files that may be missing” in the library,"
            " then scan again. No gallery or photo was changed."
        )
    if scan.state == ScanState.FAILED:
        return _(
            "Galleries that were done before it failed stay as they are. Scan again: it goes on"
            " with what is left. If it fails once more, show this report to whoever runs the"
            " server."
        )
    return ""
