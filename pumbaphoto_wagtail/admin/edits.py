"""The Edits tab: uploading them, how they were matched, and deciding where matching could not."""

from __future__ import annotations

import re
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator

from ..delivery import edits as matching
from ..delivery.selected import selected_photos
from ..models import UNDECIDED_STATUSES, Edit, EditStatus, Photo, Purpose, State
from .rooms import GalleryView
from .thumbnails import give_edit_pictures, give_pictures
from .uploading import uploader_context

EDITS_PER_PAGE = 100
CANDIDATES_SHOWN = 24
MISSING_SHOWN = 12

# The filters of the table: name in the address, words, statuses.
FILTERS = (
    ("all", gettext_lazy("All"), None),
    ("decide", gettext_lazy("To decide"), UNDECIDED_STATUSES),
    ("matched", gettext_lazy("Matched"), (EditStatus.MATCHED,)),
    ("as_it_is", gettext_lazy("As they are"), (EditStatus.AS_IT_IS,)),
    ("unselected", gettext_lazy("Not selected"), (EditStatus.UNSELECTED,)),
    ("ignored", gettext_lazy("Ignored"), (EditStatus.IGNORED,)),
)


class EditsView(GalleryView):
    """Upload edits, and see which photo each belongs to."""

    tab = "edits"
    template_name = "pumbaphoto_wagtail/admin/edits.html"

    @cached_property
    def filter_name(self) -> str:
        asked = self.request.GET.get("show", "all")
        return asked if asked in {name for name, _label, _statuses in FILTERS} else "all"

    def get_edits(self) -> QuerySet[Edit]:
        """The edits of the chosen filter, those to decide first, then the newest."""
        edits = self.gallery.edits.select_related("stored_file", "photo__picture")
        statuses = {name: statuses for name, _label, statuses in FILTERS}[self.filter_name]
        if statuses is not None:
            edits = edits.filter(status__in=statuses)
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
        missing = [*self.figures.photos_without_edit().select_related("picture")[:MISSING_SHOWN]]
        give_pictures(missing)
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            filters=self.get_filters(),
            is_filtering=self.filter_name != "all",
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
                "name": name,
                "label": label,
                "count": sum(
                    amount for status, amount in counts.items() if not wanted or status in wanted
                ),
                "is_current": name == self.filter_name,
            }
            for name, label, wanted in FILTERS
        ]


class DecideEditView(GalleryView):
    """One edit: which photo it belongs to, or that it is to be left out."""

    tab = "edits"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/decide_edit.html"

    @cached_property
    def edit(self) -> Edit:
        return get_object_or_404(
            self.gallery.edits.select_related("stored_file", "photo__picture"),
            pk=self.kwargs["edit_pk"],
        )

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        messages.success(request, self._decide(request.POST))
        return self.back_to("edits")

    def _decide(self, data: QueryDict) -> str:
        """Do what was asked for; what to tell the photographer."""
        actor = self.request.user
        words = {"edit": self.edit}
        decision = data.get("decision")
        if decision == "ignore":
            matching.ignore(self.edit, actor=actor)
            return _("“%(edit)s” is left out.") % words
        if decision == "as_it_is":
            matching.deliver_as_it_is(self.edit, actor=actor)
            return _("“%(edit)s” will be delivered as it is.") % words
        if decision == "unlink":
            matching.unlink(self.edit, actor=actor)
            return _("“%(edit)s” waits for your decision again.") % words
        photo = get_object_or_404(self.gallery.photos, uuid=_uuid(data.get("photo")))
        matching.link_by_hand(self.edit, photo, actor=actor)
        return _("“%(edit)s” belongs to “%(photo)s” now.") % {**words, "photo": photo}

    def get_candidates(self, query: str) -> QuerySet[Photo]:
        """Originals to choose from: those whose name contains the words, selected ones first."""
        photos = self.gallery.photos.select_related("picture")
        for word in query.split():
            photos = photos.filter(name__icontains=word)
        picked = selected_photos(self.gallery).values("pk")
        first = Case(
            When(pk__in=picked, then=Value(0)), default=Value(1), output_field=IntegerField()
        )
        return photos.annotate(rank=first).order_by("rank", "name_key", "pk")

    def get_context_data(self, **kwargs) -> dict:
        query = self.request.GET.get("q")
        if query is None:
            query = self._first_query()
        candidates = self.get_candidates(query)
        shown = [*candidates[:CANDIDATES_SHOWN]]
        give_pictures(shown)
        give_edit_pictures([self.edit])
        return super().get_context_data(
            edit=self.edit,
            query=query,
            candidates=shown,
            candidates_left_out=max(0, candidates.count() - CANDIDATES_SHOWN),
            **kwargs,
        )

    def _first_query(self) -> str:
        """The longest number of the edit's name, which is what cameras count with."""
        numbers = re.findall(r"\d+", self.edit.stored_file.original_name)
        longest = max(numbers, key=len, default="")
        return longest if self.get_candidates(longest).exists() else ""


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404 from None
