"""What can be done to photographs from the grid: each act once, for one or for thousands.

An act is done to all the photographs it can be done to, in one transaction; what it leaves alone it
names, with the reason. Whether the photographer may do it is asked before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Gallery, Photo
from ..permissions import may
from . import (
    deleting_photos,
    moving_photos,
    photo_policies,
    placing_photos,
    rendering_photos,
    showing,
    times_of_photos,
)
from .undoing import Outcome, read_token

__all__ = ["ACTS", "Outcome", "PhotoAct", "undo"]

Run = Callable[[Gallery, QuerySet[Photo], Any, Mapping[str, Any]], Outcome]


def _nothing_to_say(gallery: Gallery, photos: QuerySet[Photo]) -> list[str]:
    return []


@dataclass(frozen=True, kw_only=True)
class PhotoAct:
    """One act.

    ``needs`` is what one must be allowed to do with the gallery. ``form_class``, if there is one,
    is made with ``gallery`` and ``user`` beside its data, and its cleaned data is what ``run``
    takes. ``warn`` says, before it is done, what the photographer should know of these photographs;
    acts that are dangerous are only done once that was read. ``is_for_deleted``: it is about
    deleted photographs, and about no others.
    """

    name: str
    label: str | Promise
    icon: str
    do: Run
    needs: str = "change"
    form_class: type[forms.Form] | None = None
    is_dangerous: bool = False
    is_for_deleted: bool = False
    warn: Callable[[Gallery, QuerySet[Photo]], list[str]] = _nothing_to_say

    def run(
        self, gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]
    ) -> Outcome:
        """Do it to the gallery's own among ``photos``: to deleted ones only if it is for those,
        and to no others then.

        Raises PermissionDenied before anything is changed, and a PumbaphotoError with the reason
        where it cannot be done at all.
        """
        if not may(actor, self.needs, gallery):
            raise PermissionDenied
        ours = photos.filter(gallery=gallery, deleted_at__isnull=not self.is_for_deleted)
        return self.do(gallery, ours, actor, data)


_ALL = (
    PhotoAct(
        name="hide",
        label=_("Hide"),
        icon="no-view",
        do=placing_photos.hide,
        warn=placing_photos.warn_of_picked,
    ),
    PhotoAct(
        name="unhide",
        label=_("Stop hiding"),
        icon="view",
        do=placing_photos.unhide,
        needs="share",
    ),
    PhotoAct(
        name="section",
        label=_("Put into a section"),
        icon="folder-open-inverse",
        do=placing_photos.put_into_section,
        form_class=placing_photos.SectionForm,
    ),
    PhotoAct(
        name="policy",
        label=_("Set who can see them"),
        icon="lock",
        do=photo_policies.set_rules,
        needs="share",
        form_class=photo_policies.PhotoRuleForm,
    ),
    PhotoAct(
        name="unset_policy",
        label=_("Let them be seen as the gallery"),
        icon="lock-open",
        do=photo_policies.unset_rules,
        needs="share",
    ),
    PhotoAct(
        name="show",
        label=_("Show to clients"),
        icon="mail",
        do=showing.show,
        needs="share",
        form_class=showing.ShowForm,
    ),
    PhotoAct(
        name="turn_left",
        label=_("Turn left"),
        icon="pumbaphoto-turn-left",
        do=rendering_photos.turn_left,
    ),
    PhotoAct(
        name="turn_right",
        label=_("Turn right"),
        icon="pumbaphoto-turn-right",
        do=rendering_photos.turn_right,
    ),
    PhotoAct(
        name="render",
        label=_("Make the pictures again"),
        icon="rotate",
        do=rendering_photos.render,
    ),
    PhotoAct(
        name="shift_times",
        label=_("Shift time"),
        icon="history",
        do=times_of_photos.shift,
        form_class=times_of_photos.ShiftTimesForm,
    ),
    PhotoAct(
        name="times_from_camera",
        label=_("Time from the camera again"),
        icon="date",
        do=times_of_photos.from_camera,
    ),
    PhotoAct(
        name="move",
        label=_("Move to another gallery"),
        icon="redirect",
        do=moving_photos.move,
        needs="share",
        form_class=moving_photos.MoveForm,
    ),
    PhotoAct(
        name="delete",
        label=_("Delete"),
        icon="bin",
        do=deleting_photos.delete,
        needs="delete",
        is_dangerous=True,
        warn=deleting_photos.warn,
    ),
    PhotoAct(
        name="bring_back",
        label=_("Bring back"),
        icon="resubmit",
        do=deleting_photos.bring_back,
        needs="delete",
        is_for_deleted=True,
    ),
    PhotoAct(
        name="purge",
        label=_("Delete for good now"),
        icon="bin",
        do=deleting_photos.purge,
        needs="delete",
        is_dangerous=True,
        is_for_deleted=True,
        warn=deleting_photos.warn_of_purge,
    ),
)
ACTS: dict[str, PhotoAct] = {act.name: act for act in _ALL}

_UNDO: dict[str, Callable[[Gallery, Any, Any], Outcome]] = {
    "hide": placing_photos.undo_hide,
    "unhide": placing_photos.undo_unhide,
    "section": placing_photos.undo_section,
    "shift_times": times_of_photos.take_back,
    "times_from_camera": times_of_photos.take_back,
    "delete": deleting_photos.undo,
}


def undo(gallery: Gallery, token: str, actor) -> Outcome:
    """Take back what ``Outcome.undo`` was given out for.

    What others have changed meanwhile stays as they left it. Raises StaleState for a token that is
    not of this gallery, or too old.
    """
    name, what = read_token(gallery, token)
    if not may(actor, ACTS[name].needs, gallery):
        raise PermissionDenied
    return _UNDO[name](gallery, what, actor)
