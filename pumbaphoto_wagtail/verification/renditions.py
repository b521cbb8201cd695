"""I4 for derived pictures: each is there and whole, and every ready file has some."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from ..conf import settings
from ..models import Rendition, Stage
from .contents import MISSING, trouble_with
from .findings import Finding, Inspection, Severity, one_by_one, place_of, still
from .volumes import look_at

HINT = "pumbaphoto_render --missing makes it again."
# Which looks at sizes alone.
HINT_OF_SAME_SIZE = "pumbaphoto_render --all --gallery UUID makes the gallery's pictures again."


def hint_for(trouble: str) -> str:
    """What an operator can do about the trouble with a rendition."""
    return HINT_OF_SAME_SIZE if trouble.endswith("SHA-256") else HINT


def check(inspection: Inspection) -> Iterator[Finding]:
    # What was made of a deleted file goes with it: ``contents`` tells where that is not done.
    rows = Rendition.objects.exclude(stored_file__stage=Stage.DELETED)
    # Those were given up to save space, and are made again when somebody asks.
    rows = rows.filter(cleared_at=None)
    if inspection.gallery is not None:
        rows = rows.filter(stored_file__in=inspection.files())
    for rendition in inspection.counted("renditions", rows):
        yield from _check_rendition(inspection, rendition)
    yield from _check_tiers(inspection)


def _check_rendition(inspection: Inspection, rendition: Rendition) -> Iterator[Finding]:
    if rendition.storage in inspection.absent:
        return

    def look(row: Rendition) -> str:
        return trouble_with(
            row.storage, row.name, row.size, row.digest, None, is_hashing=inspection.is_hashing
        )

    present, trouble = still(rendition, look)
    if present is None or not trouble:
        return
    absent = list(look_at(inspection, present.storage)) if trouble != MISSING else []
    if absent:
        yield from absent
        return
    yield Finding(
        invariant="I4",
        severity=Severity.ERROR,
        what=f"rendition {trouble}",
        where=f"{present.storage}/{present.name}",
        hint=hint_for(trouble),
    )


def _check_tiers(inspection: Inspection) -> Iterator[Finding]:
    for tier in settings.TIERS:
        made = Rendition.objects.filter(stored_file=OuterRef("pk"), tier=tier)
        bare = inspection.files().filter(~Exists(made), stage=Stage.READY)
        for file in one_by_one(bare):
            yield Finding(
                invariant="I4",
                severity=Severity.WARNING,
                what=f"ready, but without a picture in the tier {tier!r}",
                where=place_of(file),
                hint=HINT,
            )
