"""What the next delivery holds, to be looked at before it goes, and to be sent in parts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext as _

from ..delivery.folders import folders_of
from ..delivery.in_words import kinds_in_words
from ..delivery.plan import DeliveryPlan, PlannedFile
from ..models import Gallery, Rendition
from ..proofing.pictures import TIERS, Pictures, file_pictures

# Ticked at once: as many as a form may have boxes, by Django's DATA_UPLOAD_MAX_NUMBER_FIELDS, and
# as many pictures as a page can show without being slow.
SHOWN_AT_ONCE = 400
# The filter's name for all folders; no folder's path ends in a slash.
ALL = "/"


@dataclass(frozen=True, kw_only=True)
class GoingFile:
    """One file to look at and to tick."""

    key: int
    name: str
    pictures: Pictures | None
    folder: str
    is_unselected: bool
    is_ticked: bool


@dataclass(frozen=True, kw_only=True)
class Going:
    """The files of a plan, those of one folder or all, as many as are shown at once."""

    files: list[GoingFile]
    left_out: int
    folders: list[tuple[str, int]]
    folder: str | None
    kinds: str
    ticked_elsewhere: list[int]

    @property
    def is_divided(self) -> bool:
        """Whether there are several folders to choose among."""
        return len(self.folders) > 1


def what_goes(
    gallery: Gallery, plan: DeliveryPlan, folder: str | None, ticked: set[int] = frozenset()
) -> Going:
    """The files of a plan, unselected ones among them, by the folders of their ZIP.

    ``folder`` chooses one of these; None, or one that is not there, is all of them. ``ticked`` are
    the keys of those that were ticked before, wherever they lie.
    """
    planned = [*plan.items, *plan.unselected]
    named = [*zip(planned, folders_of(gallery, planned), strict=True)]
    counts: dict[str, int] = {}
    for _one, name in named:
        counts[name] = counts.get(name, 0) + 1
    chosen = folder if folder in counts else None
    wanted = [pair for pair in named if chosen is None or pair[1] == chosen]
    shown = wanted[:SHOWN_AT_ONCE]
    here = {one.key for one, _name in shown}
    return Going(
        files=_with_pictures(shown, {one.key for one in plan.unselected}, ticked),
        ticked_elsewhere=sorted(ticked & {one.key for one in planned} - here),
        left_out=len(wanted) - len(shown),
        folders=[*counts.items()],
        folder=chosen,
        kinds=kinds_in_words(one.variant for one in plan.items),
    )


def _with_pictures(
    named: list[tuple[PlannedFile, str]], unselected: set[int], ticked: set[int]
) -> list[GoingFile]:
    renditions = Prefetch("renditions", Rendition.objects.filter(tier__in=TIERS))
    prefetch_related_objects([one.file for one, _folder in named], renditions)
    return [
        GoingFile(
            key=one.key,
            name=one.file.original_name,
            pictures=file_pictures(one.file),
            folder=folder,
            is_unselected=one.key in unselected,
            is_ticked=one.key in ticked,
        )
        for one, folder in named
    ]


def why_held_back(one: PlannedFile) -> str:
    """Why a client could not open a file that would go."""
    if one.photo is not None and one.photo.is_hidden:
        return _("its photo is hidden")
    return one.file.get_stage_display()
