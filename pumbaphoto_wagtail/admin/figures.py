"""What the photographer's rooms count, in a fixed number of queries however large the shoot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ..delivery.selected import STANDING_STATUSES, counting_picks, selected_photos
from ..models import (
    UNDECIDED_STATUSES,
    Edit,
    EditStatus,
    Gallery,
    Photo,
    Pick,
    Selection,
    SelectionList,
    ShareLink,
    Stage,
    Upload,
    UploadState,
)
from ..proofing.submission import links_waited_for
from .thumbnails import with_covers

# Files that did not become a photo, and that somebody should look at.
TROUBLED_STAGES = (
    Stage.BLOCKED,
    Stage.INFECTED,
    Stage.FAILED,
    Stage.MISSING,
    Stage.DELETED,
)


def troubled_uploads(gallery: Gallery) -> QuerySet[Upload]:
    """Files that were refused, or that were stored and cannot be shown."""
    return Upload.objects.filter(
        Q(state=UploadState.REFUSED) | Q(stored_file__stage__in=TROUBLED_STAGES),
        batch__gallery=gallery,
    )


def counted(queryset: QuerySet, key: str, what: str = "pk") -> Coalesce:
    """A subquery that counts ``what`` for each row of the query around it, to which ``key`` leads
    from the counted rows. Subqueries, since joins would multiply each other.
    """
    rows = (
        queryset.filter(**{key: OuterRef("pk")})
        .order_by()
        .values(key)
        .annotate(amount=Count(what, distinct=what != "pk"))
        .values("amount")
    )
    return Coalesce(Subquery(rows, output_field=IntegerField()), 0)


def with_counts(galleries: QuerySet[Gallery]) -> QuerySet[Gallery]:
    """Galleries with ``photo_count``, ``selected_count``, ``edit_count`` and ``cover_photo``, the
    primary key of the photo that stands for the gallery in a list.
    """
    linked = Edit.objects.filter(status__in=STANDING_STATUSES)
    return with_covers(galleries).annotate(
        photo_count=counted(Photo.objects.kept(), "gallery"),
        selected_count=counted(_counting_hearts(), "selection__share_link__gallery", "photo"),
        edit_count=counted(linked, "gallery", "photo"),
    )


def _counting_hearts() -> QuerySet[Pick]:
    """The hearts of all galleries that say what is to be edited: for many galleries at once what
    ``delivery.selected.counting_picks`` is for one.
    """
    deciding = Selection.objects.filter(
        share_link__gallery=OuterRef("selection__share_link__gallery"),
        share_link__decides=True,
        list=SelectionList.TO_EDIT,
    )
    last_round = deciding.order_by("-round").values("round")[:1]
    sent = deciding.filter(round=OuterRef("selection__round"), submitted_at__isnull=False)
    return Pick.objects.filter(
        Q(selection__submitted_at__isnull=False) | ~Exists(sent),
        is_favourite=True,
        photo__deleted_at__isnull=True,
        selection__share_link__decides=True,
        selection__list=SelectionList.TO_EDIT,
        selection__round=Subquery(last_round),
    )


@dataclass(frozen=True)
class Figures:
    """One gallery in numbers. Each group is asked once, when it is first needed."""

    gallery: Gallery

    @cached_property
    def photos(self) -> dict[str, int]:
        """``all``, ``hidden`` and ``waiting`` (not shown yet)."""
        return self.gallery.photos.kept().aggregate(
            all=Count("pk"),
            hidden=Count("pk", filter=Q(is_hidden=True)),
            waiting=Count("pk", filter=Q(is_shown=False, is_hidden=False)),
        )

    @cached_property
    def picks(self) -> dict[str, int]:
        """``selected`` and ``noted``: photos, each once however many recipients picked them."""
        return counting_picks(self.gallery).aggregate(
            selected=Count("photo", filter=Q(is_favourite=True), distinct=True),
            noted=Count("photo", filter=~Q(note=""), distinct=True),
        )

    @cached_property
    def links(self) -> dict[str, int]:
        """``open``: links not revoked; ``deciding``: those of them whose selection counts."""
        return ShareLink.objects.filter(gallery=self.gallery, revoked_at__isnull=True).aggregate(
            open=Count("pk"), deciding=Count("pk", filter=Q(decides=True, may_choose=True))
        )

    @cached_property
    def _this_round(self) -> list[tuple[str, bool, bool]]:
        """Recipient, whether it decides and whether it was sent, of each selection."""
        selections = Selection.objects.filter(
            share_link__gallery=self.gallery,
            list=SelectionList.TO_EDIT,
            round=self.gallery.round,
        )
        rows = selections.order_by("submitted_at", "pk").values_list(
            "share_link__recipient", "share_link__decides", "submitted_at"
        )
        return [(recipient, decides, bool(sent)) for recipient, decides, sent in rows]

    @property
    def has_begun(self) -> bool:
        """Whether anybody has chosen anything in this round."""
        return bool(self._this_round)

    @property
    def submitted(self) -> int:
        """How many selections of this round were sent."""
        return sum(sent for _recipient, _decides, sent in self._this_round)

    @property
    def sent_by(self) -> list[str]:
        """Who of those whose selection counts has sent it in this round."""
        return [recipient for recipient, decides, sent in self._this_round if decides and sent]

    @cached_property
    def waited_for(self) -> list[str]:
        """Who could still send a selection that counts."""
        return [*links_waited_for(self.gallery).order_by("pk").values_list("recipient", flat=True)]

    @cached_property
    def edits(self) -> dict[str, int]:
        """``all``, ``matched`` (photos that have one), ``undecided`` and ``unselected``."""
        return self.gallery.edits.aggregate(
            all=Count("pk"),
            matched=Count("photo", filter=Q(status__in=STANDING_STATUSES), distinct=True),
            undecided=Count("pk", filter=Q(status__in=UNDECIDED_STATUSES)),
            unselected=Count("pk", filter=Q(status=EditStatus.UNSELECTED)),
        )

    @cached_property
    def edits_by_status(self) -> dict[str, int]:
        """How many edits have each status."""
        rows = self.gallery.edits.order_by().values_list("status").annotate(Count("pk"))
        return dict(rows)

    @cached_property
    def missing_edits(self) -> int:
        """Selected photos that no edit was found for."""
        return self.photos_without_edit().count()

    def photos_without_edit(self) -> QuerySet[Photo]:
        """Selected photos that no edit was found for, in the gallery's order."""
        edited = Edit.objects.filter(photo=OuterRef("pk"), status__in=STANDING_STATUSES)
        return selected_photos(self.gallery).filter(~Exists(edited)).in_order()

    @cached_property
    def troubles(self) -> int:
        """Files that were refused or cannot be shown."""
        return troubled_uploads(self.gallery).count()

    @cached_property
    def deliveries(self) -> int:
        return self.gallery.deliveries.count()
