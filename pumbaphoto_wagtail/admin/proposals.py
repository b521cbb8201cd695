"""The originals that come into question for an edit, with the evidence in words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..delivery import evidence
from ..delivery.selected import selected_photos
from ..models import Edit, Photo

PROPOSALS_SHOWN = 5
# From here on the words for how sure we are; the last stands for everything below.
SURENESS = (
    (0.9, _("almost certain")),
    (0.7, _("likely")),
    (0.4, _("possible")),
    (0.0, _("doubtful")),
)
KINDS = {
    "name": _("Name"),
    "folder": _("Folder"),
    "identity": _("Capture data"),
    "time": _("Time"),
    "picture": _("Picture"),
    evidence.CONTRADICTION: _("Against it"),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One piece of evidence, for or against."""

    label: str | Promise
    words: str
    is_against: bool


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A possible original. ``confidence`` is None for one that only the photographer chose."""

    photo: Photo
    findings: tuple[Finding, ...] = ()
    confidence: float | None = None
    is_shown: bool = False
    is_selected: bool = False
    is_present: bool = False

    @property
    def sureness(self) -> str | Promise:
        if self.confidence is None:
            return ""
        return next(words for least, words in SURENESS if self.confidence >= least)


def proposals_for(edit: Edit, asked: str | None) -> list[Proposal]:
    """What the board offers, the best first; one of them is shown beside the edit.

    That is the one whose UUID is ``asked``, the one the edit belongs to, or else the best.
    """
    candidates = {one.photo: one for one in evidence.candidates(edit)}
    wanted = [*candidates][:PROPOSALS_SHOWN]
    photos = _photos(edit).in_bulk({*wanted, edit.photo_id} - {None})
    asked_photo = _asked(edit, asked)
    shown = asked_photo or photos.get(edit.photo_id)
    ordered = [photos[pk] for pk in wanted if pk in photos]
    if shown is None:
        shown = next(iter(ordered), None)
    elif shown not in ordered:
        ordered.insert(0, shown)
    selected = _selected(edit, ordered)
    return [
        _proposal(edit, photo, candidates.get(photo.pk), is_shown=photo == shown, selected=selected)
        for photo in ordered
    ]


def remarks_on(edit: Edit) -> list[str]:
    """What was looked at without being about one photograph."""
    return [evidence.words(one) for one in edit.evidence if one.get("photo") is None]


def _photos(edit: Edit) -> QuerySet[Photo]:
    return edit.gallery.photos.kept().select_related("picture", "section")


def _asked(edit: Edit, text: str | None) -> Photo | None:
    try:
        return _photos(edit).filter(uuid=UUID(text or "")).first()
    except ValueError:
        return None


def _selected(edit: Edit, photos: list[Photo]) -> set[int]:
    chosen = selected_photos(edit.gallery).filter(pk__in=[photo.pk for photo in photos])
    return {*chosen.values_list("pk", flat=True)}


def _proposal(
    edit: Edit,
    photo: Photo,
    candidate: evidence.Candidate | None,
    *,
    is_shown: bool,
    selected: set[int],
) -> Proposal:
    findings = candidate.findings if candidate else ()
    return Proposal(
        photo=photo,
        findings=tuple(_finding(one) for one in findings),
        confidence=candidate.confidence if candidate else None,
        is_shown=is_shown,
        is_selected=photo.pk in selected,
        is_present=photo.pk == edit.photo_id,
    )


def _finding(finding: dict) -> Finding:
    return Finding(
        label=KINDS.get(finding["kind"], ""),
        words=evidence.words(finding),
        is_against=finding["kind"] == evidence.CONTRADICTION,
    )
