"""How the edits of a gallery stand, for the photographer's review board: in numbers, in the order
in which they are walked through, and as a mark that changes with them.

The number of queries does not depend on the number of edits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet, Sum
from wagtail.models import ModelLogEntry

from ..models import UNDECIDED_STATUSES, Edit, EditStatus, Gallery
from .selected import STANDING_STATUSES, refresh_selected, selected_photos


@dataclass(frozen=True, kw_only=True)
class Progress:
    """``matched`` of ``edits`` have found their photograph or go as they are; ``undecided`` wait.

    ``ignored`` edits are in neither and not in ``edits``. ``missing`` selected photographs have no
    edit that could be delivered.
    """

    edits: int
    matched: int
    undecided: int
    unselected: int
    ignored: int
    missing: int
    newest: int

    @property
    def is_all_decided(self) -> bool:
        return not self.undecided


def progress_of(gallery: Gallery) -> Progress:
    """The figures of a gallery's edits."""
    refresh_selected(gallery)
    standing = Q(edits__status__in=STANDING_STATUSES)
    photos = selected_photos(gallery).aggregate(
        selected=Count("pk", distinct=True), edited=Count("pk", filter=standing, distinct=True)
    )
    edits = Edit.objects.filter(gallery=gallery).aggregate(
        edits=Count("pk", filter=~Q(status=EditStatus.IGNORED)),
        matched=Count("pk", filter=Q(status__in=STANDING_STATUSES)),
        undecided=Count("pk", filter=Q(status__in=UNDECIDED_STATUSES)),
        unselected=Count("pk", filter=Q(status=EditStatus.UNSELECTED)),
        ignored=Count("pk", filter=Q(status=EditStatus.IGNORED)),
        newest=Max("pk", default=0),
    )
    return Progress(missing=photos["selected"] - photos["edited"], **edits)


def news_mark(gallery: Gallery) -> str:
    """A short text that is another one after an edit has come, was decided or is shown otherwise.

    A page that holds it asks whether it still holds, and looks again only where it does not.
    """
    linked = gallery.edits.aggregate(
        photos=Sum("photo", default=0), versions=Sum("version", default=0)
    )
    pictures = gallery.edits.aggregate(made=Count("stored_file__renditions"))
    # What people do to a gallery is in its log.
    acts = ModelLogEntry.objects.for_instance(gallery).aggregate(last=Max("pk", default=0))
    parts = (vars(progress_of(gallery)), linked, pictures, acts)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """The edits that somebody goes through one by one, in the order in which they came."""

    gallery: Gallery
    statuses: Collection[str] | None = None

    @property
    def edits(self) -> QuerySet[Edit]:
        edits = self.gallery.edits.order_by("pk")
        return edits if self.statuses is None else edits.filter(status__in=self.statuses)

    def first(self) -> Edit | None:
        return self.edits.first()

    def after(self, edit: Edit) -> Edit | None:
        return self.edits.filter(pk__gt=edit.pk).first()

    def before(self, edit: Edit) -> Edit | None:
        return self.edits.filter(pk__lt=edit.pk).last()

    def next_to_decide(self, edit: Edit) -> Edit | None:
        """The one after ``edit``, or from the beginning: what was passed over comes again."""
        return self.after(edit) or self.edits.filter(pk__lt=edit.pk).first()

    def place(self, edit: Edit) -> int:
        """How many stand before it."""
        return self.edits.filter(pk__lt=edit.pk).count()
