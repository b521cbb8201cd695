"""Why an edit belongs, or may belong, to a photograph: findings on record, and in words.

``Edit.evidence`` is a list of findings, each ``{"photo": pk, "kind": ..., "words_key": ...,
"data": {...}, "score": 0..1}``. The score says how strongly a finding speaks for its photograph;
of a contradiction, how strongly against. A finding about no photograph at all (``photo`` is None)
says what was looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Edit

CONTRADICTION = "contradiction"

# Each with the words of its finding's data. Written once, where a finding is made.
SENTENCES = {
    "name_exact": gettext_lazy("It has the name of %(original)s."),
    "name_stripped": gettext_lazy("Without “%(marks)s” it has the name of %(original)s."),
    "name_shared": gettext_lazy("More than one original is called %(original)s."),
    "folder_same": gettext_lazy("It lies in the same folder as %(original)s."),
    "looked": gettext_lazy("Compared with %(count)s originals."),
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
        Candidate(photo=photo, confidence=confidence(about), findings=tuple(about))
        for photo, about in findings.items()
    ]
    return sorted(found, key=lambda candidate: (-candidate.confidence, candidate.photo))


def confidence(findings: Iterable[dict]) -> float:
    """How sure these findings about one photograph make us together, 0 to 1.

    What speaks for it adds up as independent evidence does; each contradiction takes its share off.
    """
    findings = [*findings]
    against = [f["score"] for f in findings if f["kind"] == CONTRADICTION]
    speaking = [f["score"] for f in findings if f["kind"] != CONTRADICTION]
    doubt = prod(1 - score for score in speaking)
    return round((1 - doubt) * prod(1 - score for score in against), 3)


def words(finding: dict) -> str:
    """One finding as a sentence in the reader's language."""
    sentence = SENTENCES.get(finding.get("words_key", ""))
    if sentence is None:
        return _("Something was found that this version has no words for.")
    return str(sentence) % defaultdict(str, finding.get("data", {}))
