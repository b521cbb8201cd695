"""What was found about an edit and one photograph: how strongly it speaks for it or against it.

Pure; the sentences for people are in :mod:`.evidence`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

CONTRADICTION = "contradiction"
MAX_TEXT = 120

# How strongly each finding speaks, 0 to 1, where it concerns one photograph alone.
SCORES = {
    "folder_same": 0.8,
    "name_earlier": 0.95,
    "raw_name": 0.95,
    "document": 0.95,
    "shutter": 0.98,
    "time_exact": 0.95,
    "time_second": 0.8,
    "time_zone": 0.3,
    "picture_same": 0.9,
    "picture_unsure": 0.1,
}
# Of what several photographs share, none is told by it alone.
SHARED = 0.5
AGAINST_HARD, AGAINST_SOFT = 0.9, 0.25


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding about one photograph (None: about the search as a whole).

    ``kind`` is "name", "folder", "identity", "time", "picture" or "contradiction". ``is_hard``
    marks a contradiction that no look of a picture can outweigh.
    """

    photo: Hashable | None
    kind: str
    words_key: str
    data: dict[str, Any] = field(default_factory=dict)
    score: float = 0.0
    is_hard: bool = False

    def as_row(self) -> dict[str, Any]:
        """As it is stored with the edit; every text is short."""
        data = {
            key: value[:MAX_TEXT] if isinstance(value, str) else value
            for key, value in self.data.items()
        }
        return {
            "photo": self.photo,
            "kind": self.kind,
            "words_key": self.words_key,
            "data": data,
            "score": round(self.score, 3),
        }

    @classmethod
    def speaking(
        cls, photo: Hashable, kind: str, words_key: str, *, is_shared: bool = False, **data: Any
    ) -> Finding:
        """A finding for a photograph, with the strength of its kind."""
        score = SCORES[words_key] * (SHARED if is_shared else 1)
        return cls(photo=photo, kind=kind, words_key=words_key, data=data, score=score)

    @classmethod
    def against(
        cls, photo: Hashable, words_key: str, *, is_hard: bool = False, **data: Any
    ) -> Finding:
        """A finding that contradicts a photograph."""
        score = AGAINST_HARD if is_hard else AGAINST_SOFT
        return cls(
            photo=photo,
            kind=CONTRADICTION,
            words_key=words_key,
            data=data,
            score=score,
            is_hard=is_hard,
        )

    @classmethod
    def of_picture(cls, photo: Hashable, name: str, likeness: Any) -> Finding:
        """What the looks say, by a ``delivery.visual.Likeness``."""
        data = {"original": name, "percent": round(100 * likeness.score)}
        if likeness.verdict == "different":
            return cls.against(photo, "picture_different", is_hard=True, **data)
        return cls.speaking(photo, "picture", f"picture_{likeness.verdict}", **data)

    @classmethod
    def of_twins(cls, photo: Hashable, name: str, other: str) -> Finding:
        """That two photographs cannot be told apart by their looks."""
        return cls(
            photo=photo,
            kind="picture",
            words_key="picture_twins",
            data={"original": name, "other": other},
        )


def confidence(findings: Iterable[Finding]) -> float:
    """How sure these findings about one photograph make us together, 0 to 1."""
    return combined((finding.kind, finding.score) for finding in findings)


def combined(scores: Iterable[tuple[str, float]]) -> float:
    """The same of (kind, score) pairs.

    What speaks for it adds up as independent evidence does; each contradiction takes its share off.
    """
    pairs = [*scores]
    doubt = prod(1 - score for kind, score in pairs if kind != CONTRADICTION)
    return round((1 - doubt) * prod(1 - score for kind, score in pairs if kind == CONTRADICTION), 3)
