"""Moving photographs to another gallery, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..delivery.moving import Moved, move_photos
from ..models import Gallery, Photo, State
from ..permissions import galleries_for, may
from .undoing import Outcome, in_words, sentences


class MoveForm(forms.Form):
    """Another gallery that the photographer may change."""

    gallery = forms.ModelChoiceField(Gallery.objects.none(), label=gettext_lazy("Gallery"))

    def __init__(self, data=None, *, gallery: Gallery, user) -> None:
        super().__init__(data)
        theirs = galleries_for(user, "change").exclude(pk=gallery.pk)
        self.fields["gallery"].queryset = theirs.exclude(state=State.ARCHIVED)


def move(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Move photographs into ``gallery`` of the data. Raises PermissionDenied where they may not
    change that one.
    """
    target = data["gallery"]
    if not may(actor, "change", target):
        raise PermissionDenied
    moved = move_photos(gallery, photos, target, actor=actor)
    stayed = _stayed_in_words(moved)
    if not moved.count:
        return Outcome(changed=0, message=sentences(*stayed) or _("There was nothing to move."))
    words = ngettext(
        "%(count)d photo is in “%(gallery)s” now.",
        "%(count)d photos are in “%(gallery)s” now.",
        moved.count,
    ) % {"count": moved.count, "gallery": target.title}
    return Outcome(changed=moved.count, message=sentences(words, *stayed))


def _stayed_in_words(moved: Moved) -> list[str]:
    return [
        words % {"names": in_words(names)}
        for names, words in (
            (
                moved.delivered,
                ngettext(
                    "%(names)s stays here: it was delivered.",
                    "%(names)s stay here: they were delivered.",
                    len(moved.delivered),
                ),
            ),
            (
                moved.edited,
                ngettext(
                    "%(names)s stays here: it has an edit.",
                    "%(names)s stay here: they have edits.",
                    len(moved.edited),
                ),
            ),
            (
                moved.picked,
                ngettext(
                    "%(names)s stays here: somebody has given it a heart or a note.",
                    "%(names)s stay here: somebody has given them hearts or notes.",
                    len(moved.picked),
                ),
            ),
            (
                moved.published,
                ngettext(
                    "%(names)s stays here: it is published, or its client agreed that it may be.",
                    "%(names)s stay here: they are published, or their client agreed that they may"
                    " be.",
                    len(moved.published),
                ),
            ),
            (
                moved.already_there,
                ngettext(
                    "%(names)s stays here: the other gallery has the same photo.",
                    "%(names)s stay here: the other gallery has the same photos.",
                    len(moved.already_there),
                ),
            ),
        )
        if names
    ]
