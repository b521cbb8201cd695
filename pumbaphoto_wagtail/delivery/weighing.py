"""Which photograph an edit belongs to, when all that is known of it is weighed: pure rules.

In order of proof: its name; what the file says of the frame it comes from; what it looks like.
Nothing is guessed. Two photographs between which nothing decides, evidence that contradicts itself,
and a picture that does not look like the original of its name are left to the photographer, with
every finding on record. The words for findings are in :mod:`.evidence`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from .edit_markers import MAIN
from .findings import CONTRADICTION, Finding, confidence
from .known import Arrived, Known, Pointers
from .matching_rules import AMBIGUOUS, MATCHED, UNMATCHED, NameMatch

DOUBTFUL = "doubtful"
IDENTITY = "identity"
VISUAL = "visual"

# A name that is less sure than this is believed only together with something else.
SURE_NAME = 0.8
# Where neither a name nor a picture agrees, what a file says must be this sure.
SURE_WITHOUT_LOOKS = 0.9
# Looks find a photograph by themselves only where they set it this far apart from the next one.
CLEAR_LEAD = 0.1
# Of originals that were found by their looks alone, so many are shown to choose from.
SHOWN = 3
# What is put on record of one edit, so that a row stays small.
MOST_ON_RECORD = 8


class Likeness(Protocol):
    """How alike two pictures are (``delivery.visual``)."""

    score: float
    verdict: Literal["same", "unsure", "different"]


class Pictures(Protocol):
    """The looks of the edits and originals at hand, by their keys."""

    def compare(self, edit: Hashable, original: Hashable) -> Likeness | None:
        """None where either picture is not known."""

    def are_alike(self, one: Hashable, other: Hashable) -> bool:
        """Whether two originals could be taken for each other, as frames of a burst can."""

    def nearest(self, edit: Hashable) -> list[tuple[Hashable, Likeness]]:
        """The originals that look most like an edit, of all there are."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of an edit. ``original`` and ``method`` only where it is matched."""

    edit: Hashable
    status: Literal["matched", "ambiguous", "unmatched", "doubtful"]
    original: Hashable | None = None
    method: str = ""
    confidence: float = 0.0
    variant: str = MAIN
    findings: tuple[Finding, ...] = ()


@dataclass
class _Case:
    """One edit on trial: its candidates, and what was found about each."""

    edit: Arrived
    name: NameMatch
    pointers: Pointers
    known: Known
    pictures: Pictures
    findings: dict[Hashable, list[Finding]] = field(default_factory=dict)
    looks: dict[Hashable, Likeness | None] = field(default_factory=dict)

    def look(self, original: Hashable) -> str:
        """What the picture says: "same", "unsure", "different", or "" where it is not known."""
        if original not in self.looks:
            self.looks[original] = self.pictures.compare(self.edit.key, original)
        found = self.looks[original]
        return found.verdict if found else ""

    def score(self, original: Hashable) -> float:
        found = self.looks.get(original)
        return found.score if found else 0.0

    def is_against(self, original: Hashable, *, hard: bool = False) -> bool:
        """Whether what the file says contradicts this original."""
        against = (f for f in self.findings.get(original, ()) if f.kind == CONTRADICTION)
        return any(f.is_hard or not hard for f in against if f.words_key != "picture_different")

    def says(self, original: Hashable) -> float:
        """How sure what the file itself says makes us of this original."""
        kinds = ("identity", "time")
        return confidence(f for f in self.findings.get(original, ()) if f.kind in kinds)

    def look_at(self, originals: Iterable[Hashable]) -> None:
        """Put on record what the picture says of these."""
        for original in originals:
            verdict = self.look(original)
            about = self.findings.setdefault(original, [])
            if verdict and not any(f.words_key.startswith("picture_") for f in about):
                name = self.known.name(original)
                about.append(Finding.of_picture(original, name, self.looks[original]))


def decide(edit: Arrived, known: Known, pictures: Pictures) -> Decision:
    """The decision on one edit, with all findings about every photograph in question."""
    name = known.match_name(edit)
    pointers = known.pointers(edit)
    candidates = known.candidates(name, pointers)
    case = _Case(edit, name, pointers, known, pictures)
    case.findings = {one: known.findings(edit, one, name, pointers) for one in candidates}
    case.look_at(candidates)
    if name.status == MATCHED:
        return _by_its_name(case)
    if candidates:
        return _among(case, candidates)
    return _by_its_looks(case)


def _by_its_name(case: _Case) -> Decision:
    original = case.name.original
    look = case.look(original)
    if look != "same" and _looks_like_another(case, original):
        return _left(case, DOUBTFUL)
    if case.is_against(original, hard=True) or look == "different":
        return _left(case, DOUBTFUL)
    if case.is_against(original) and not _is_told_apart(case, original):
        return _left(case, DOUBTFUL)
    confirmed = look == "same" or case.says(original) >= SURE_NAME
    if case.name.confidence < SURE_NAME and not confirmed:
        return _left(case, DOUBTFUL)
    return _found(case, original, case.name.method)


def _among(case: _Case, candidates: tuple[Hashable, ...]) -> Decision:
    """Several of the name, or none: what the file says decides, then what it looks like."""
    told = [one for one in candidates if case.says(one) >= SURE_NAME and not case.is_against(one)]
    if len(told) == 1:
        return _by_what_it_says(case, told[0], candidates)
    if len(candidates) == 1:
        return _left(case, DOUBTFUL)
    alike = [one for one in candidates if case.look(one) == "same"]
    if len(alike) == 1 and len(case.name.candidates) <= len(candidates):
        is_possible = not case.is_against(alike[0])
        if is_possible and _stands_out(case, alike[0], candidates):
            return _found(case, alike[0], VISUAL)
    _looks_like_another(case, None)
    return _left(case, AMBIGUOUS)


def _by_what_it_says(case: _Case, original: Hashable, candidates: tuple[Hashable, ...]) -> Decision:
    look = case.look(original)
    if look == "same":
        return _found(case, original, IDENTITY)
    rivals = [one for one in candidates if one != original]
    is_another = _looks_like_another(case, original) or any(
        case.look(one) == "same" for one in rivals
    )
    # A collage carries what its first picture said, and where no name agrees it may be one.
    is_named = original in case.name.candidates
    is_believed = is_named or (not look and case.says(original) >= SURE_WITHOUT_LOOKS)
    if look == "different" or is_another or not is_believed:
        return _left(case, DOUBTFUL)
    return _found(case, original, IDENTITY)


def _by_its_looks(case: _Case) -> Decision:
    """No name, nothing told: a photograph is found only if none other could be meant."""
    nearest = case.pictures.nearest(case.edit.key)
    case.looks |= dict(nearest)
    same = [one for one, likeness in nearest if likeness.verdict == "same"]
    shown = same or [one for one, likeness in nearest[:SHOWN] if likeness.verdict == "unsure"]
    for one in shown:
        case.findings[one] = case.known.findings(case.edit, one, case.name, case.pointers)
    case.look_at(shown)
    if not same:
        return _left(case, UNMATCHED)
    best, *others = (one for one, _likeness in nearest)
    if case.is_against(best):
        return _left(case, DOUBTFUL)
    if same == [best] and _stands_out(case, best, others):
        return _found(case, best, VISUAL)
    _note_twins(case, best, others)
    return _left(case, AMBIGUOUS)


def _stands_out(case: _Case, best: Hashable, others: Iterable[Hashable]) -> bool:
    """Whether a picture sets its original apart: no other comes near, none is its twin."""
    rivals = [one for one in others if one != best]
    return not any(
        case.look(one) == "same"
        or (case.look(one) != "different" and case.score(best) - case.score(one) < CLEAR_LEAD)
        or case.pictures.are_alike(best, one)
        for one in rivals
    )


def _is_told_apart(case: _Case, original: Hashable) -> bool:
    """Whether the picture outweighs a doubt: it is this one, and none that the doubt speaks for."""
    rivals = [one for one in case.findings if one != original and case.says(one)]
    return case.look(original) == "same" and _stands_out(case, original, rivals)


def _looks_like_another(case: _Case, original: Hashable | None) -> bool:
    """Whether the picture is clearly one of another original, which is put on record then."""
    if original is not None and not case.look(original):
        return False
    nearest = case.pictures.nearest(case.edit.key)
    others = [
        (one, likeness)
        for one, likeness in nearest
        if one not in case.findings and likeness.verdict == "same"
    ][:SHOWN]
    case.looks |= dict(others)
    for one, _likeness in others:
        case.findings[one] = case.known.findings(case.edit, one, case.name, case.pointers)
    case.look_at(one for one, _likeness in others)
    return any(case.look(one) == "same" for one in case.findings if one != original)


def _note_twins(case: _Case, best: Hashable, others: Iterable[Hashable]) -> None:
    """Say of those that can be taken for the best one that they can."""
    for one in others:
        if case.look(one) != "same" and not case.pictures.are_alike(best, one):
            continue
        case.look_at([one])
        twin = Finding.of_twins(one, case.known.name(one), case.known.name(best))
        case.findings[one].append(twin)


def _found(case: _Case, original: Hashable, method: str) -> Decision:
    return Decision(
        edit=case.edit.key,
        status=MATCHED,
        original=original,
        method=method,
        confidence=confidence(case.findings[original]),
        variant=case.known.variant(case.edit, original, case.name),
        findings=_ordered(case),
    )


def _left(case: _Case, status: str) -> Decision:
    return Decision(edit=case.edit.key, status=status, findings=_ordered(case))


def _ordered(case: _Case) -> tuple[Finding, ...]:
    best_first = sorted(case.findings, key=lambda one: -confidence(case.findings[one]))
    on_record = best_first[:MOST_ON_RECORD]
    return tuple(finding for one in on_record for finding in case.findings[one])
