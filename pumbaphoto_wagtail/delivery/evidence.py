"""Why an edit belongs, or may belong, to a photograph: findings on record, and in words.

``Edit.evidence`` is a list of findings, each ``{"photo": pk, "kind": ..., "words_key": ...,
"data": {...}, "score": 0..1}``. The score says how strongly a finding speaks for its photograph;
of a contradiction, how strongly against. A finding about no photograph at all (``photo`` is None)
says what was looked at.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from ..models import Edit
from .findings import CONTRADICTION, combined

__all__ = ["CONTRADICTION", "SENTENCES", "Candidate", "candidates", "words"]

# Each with the words of its finding's data.
SENTENCES = {
    "looked": ngettext_lazy(
        "Compared with one original.", "Compared with %(count)s originals.", "count"
    ),
    "name_exact": gettext_lazy("It has the name of %(original)s."),
    "name_stripped": gettext_lazy("Without “%(marks)s” it has the name of %(original)s."),
    "name_shared": gettext_lazy("It has the name of %(original)s, and so have other originals."),
    "name_shared_stripped": gettext_lazy(
        "Without “%(marks)s” it has the name of %(original)s, and so have other originals."
    ),
    "folder_same": gettext_lazy("It lies in the same folder as %(original)s."),
    "name_earlier": gettext_lazy("%(original)s had this name before it was renamed."),
    "raw_name": gettext_lazy("The editing program began with “%(told)s”, which is %(original)s."),
    "raw_name_elsewhere": gettext_lazy(
        "The editing program began with “%(told)s”, which is %(other)s and not %(original)s."
    ),
    "document": gettext_lazy("The editing program made it from the same document as %(original)s."),
    "document_elsewhere": gettext_lazy(
        "The editing program made it from the document of %(other)s and not of %(original)s."
    ),
    "shutter": gettext_lazy("The camera counted it as the same frame as %(original)s."),
    "shutter_elsewhere": gettext_lazy(
        "The camera counted it as the frame of %(other)s and not of %(original)s."
    ),
    "time_exact": gettext_lazy(
        "It was taken at the same fraction of a second as %(original)s: %(taken)s."
    ),
    "time_second": gettext_lazy("It was taken in the same second as %(original)s: %(taken)s."),
    "time_zone": gettext_lazy(
        "It was taken at the same time as %(original)s, but for the time zone: %(taken)s."
    ),
    "time_elsewhere": gettext_lazy(
        "It was taken at %(taken)s, like %(other)s and not like %(original)s."
    ),
    "time_different": gettext_lazy("It was taken at %(taken)s, and %(original)s at another time."),
    "camera_different": gettext_lazy("It was taken with another camera than %(original)s."),
    "picture_same": gettext_lazy("It shows the picture of %(original)s (%(percent)s%% alike)."),
    "picture_unsure": gettext_lazy(
        "It may show the picture of %(original)s (%(percent)s%% alike)."
    ),
    "picture_different": gettext_lazy("It does not look like %(original)s (%(percent)s%% alike)."),
    "picture_twins": gettext_lazy("%(original)s and %(other)s look too much alike to tell apart."),
}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A photograph that an edit may belong to, with what speaks for and against it."""

    photo: int
    confidence: float
    findings: tuple[dict, ...]


def candidates(edit: Edit) -> list[Candidate]:
    """What came into question for an edit, the best first; a photograph may be gone by now."""
    findings: dict[int, list[dict]] = defaultdict(list)
    for finding in edit.evidence:
        if finding.get("photo") is not None:
            findings[finding["photo"]].append(finding)
    found = [
        Candidate(photo=photo, confidence=_confidence(about), findings=tuple(about))
        for photo, about in findings.items()
    ]
    return sorted(found, key=lambda candidate: (-candidate.confidence, candidate.photo))


def _confidence(findings: list[dict]) -> float:
    return combined((finding["kind"], finding["score"]) for finding in findings)


def words(finding: dict) -> str:
    """One finding as a sentence in the reader's language."""
    sentence = SENTENCES.get(finding.get("words_key", ""))
    if sentence is None:
        return _("Something was found that this version has no words for.")
    return sentence % defaultdict(str, {"count": 0, **finding.get("data", {})})
