"""The Edits tab: uploading them, and how they were matched."""

from __future__ import annotations

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator

from ..delivery.review import news_mark, progress_of
from ..models import UNDECIDED_STATUSES, Edit, Purpose, State
from .addresses import gallery_url
from .edit_filters import ALL, FILTERS, EditFilter, find_filter
from .past_decisions import PastDecisions
from .photo_edits import variant_words
from .rooms import GalleryView
from .thumbnails import give_edit_pictures, give_pictures
from .uploading import uploader_context

EDITS_PER_PAGE = 100
MISSING_SHOWN = 12


class EditsView(GalleryView):
    """Upload edits, and see which photo each belongs to."""

    tab = "edits"
    template_name = "pumbaphoto_wagtail/admin/edits.html"

    @cached_property
    def filter(self) -> EditFilter:
        return find_filter(self.request.GET.get("show", ALL))

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        last = PastDecisions(request.session, self.gallery).last
        # From the board, which shows this by itself; asked for by the address, so that a page that
        # was only looked at by a script does not use it up.
        if "decided" in request.GET and last is not None:
            messages.success(request, last.words)
        return super().get(request, *args, **kwargs)

    def get_edits(self) -> QuerySet[Edit]:
        """The edits of the chosen filter, those to decide first, then the newest."""
        edits = self.gallery.edits.select_related("stored_file", "photo__picture")
        if self.filter.statuses is not None:
            edits = edits.filter(status__in=self.filter.statuses)
        waits = Case(
            When(status__in=UNDECIDED_STATUSES, then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        )
        return edits.order_by(waits, "-pk")

    def get_context_data(self, **kwargs) -> dict:
        page = WagtailPaginator(self.get_edits(), EDITS_PER_PAGE).get_page(
            self.request.GET.get("p")
        )
        page.object_list = [*page.object_list]
        give_edit_pictures(page.object_list)
        for edit in page.object_list:
            edit.variant_words = variant_words(edit.variant)
            edit.is_decided = edit.status not in UNDECIDED_STATUSES
        missing = [*self.figures.photos_without_edit().select_related("picture")[:MISSING_SHOWN]]
        give_pictures(missing)
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            filters=self.get_filters(),
            is_filtering=self.filter.name != ALL,
            show=self.filter.name,
            progress=progress_of(self.gallery),
            board_url=gallery_url(self.gallery, "board"),
            news=gallery_url(self.gallery, "board_news"),
            news_mark=news_mark(self.gallery),
            missing=missing,
            missing_left_out=max(0, self.figures.missing_edits - len(missing)),
            uploader=self.get_uploader(),
            **kwargs,
        )

    def get_uploader(self) -> dict | None:
        """Edits make sense once something was chosen, until the gallery is archived."""
        takes_edits = self.gallery.state not in (State.ACTIVE, State.ARCHIVED)
        if not (takes_edits and self.may("change")):
            return None
        return uploader_context(self.gallery, Purpose.EDIT, self.request.user)

    def get_filters(self) -> list[dict]:
        counts = self.figures.edits_by_status
        return [
            {
                "name": one.name,
                "label": one.label,
                "count": sum(
                    amount
                    for status, amount in counts.items()
                    if one.statuses is None or status in one.statuses
                ),
                "is_current": one == self.filter,
            }
            for one in FILTERS
        ]
