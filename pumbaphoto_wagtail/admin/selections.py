"""The Selections tab: what each recipient picked, all of it together, and the ways it leaves the
house.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Page
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator

from ..delivery import handoff
from ..models import Gallery, Kind, Photo, Pick, Selection, SelectionList, State
from ..proofing import lists
from ..proofing.rounds import Difference
from ..proofing.submission import links_waited_for
from .addresses import gallery_url
from .comparing import PERSON, Comparison, Filter, compare, last_of
from .rooms import GalleryView
from .thumbnails import give_pictures

PHOTOS_PER_PAGE = 100
# Programs whose search field takes the names; the text of each is offered to be copied.
PROGRAMS = (("lightroom", "Lightroom"), ("capture_one", "Capture One"))


def selections_of(gallery: Gallery) -> QuerySet[Selection]:
    """All selections of a gallery with their counts, this round's first, those sent first."""
    return (
        Selection.objects.filter(share_link__gallery=gallery)
        .select_related("share_link", "submitted_by")
        .annotate(
            heart_count=Count("picks", filter=Q(picks__is_favourite=True)),
            note_count=Count("picks", filter=~Q(picks__note="")),
        )
        .order_by("-round", "-share_link__decides", "submitted_at", "pk")
    )


class ComparingView(GalleryView):
    """What views of the selections share: which list, which round, whose, read from the address."""

    tab = "selections"

    @cached_property
    def selections(self) -> list[Selection]:
        return [*selections_of(self.gallery)]

    @cached_property
    def asked(self) -> Selection | None:
        """The one selection that the address names, if it names one."""
        key = self.request.GET.get("selection", "")
        return next((one for one in self.selections if str(one.pk) == key), None)

    @cached_property
    def list_names(self) -> list[str]:
        """The lists that are open or that something was chosen for."""
        used = {*self.gallery.lists, *(selection.list for selection in self.selections)}
        return [name for name in SelectionList.values if name in used | {SelectionList.TO_EDIT}]

    @cached_property
    def list_name(self) -> str:
        wanted = self.asked.list if self.asked else self.request.GET.get("list", "")
        return wanted if wanted in self.list_names else SelectionList.TO_EDIT

    @cached_property
    def rounds(self) -> list[int]:
        """The rounds in which something was chosen for this list, the last first."""
        found = {
            selection.round for selection in self.selections if selection.list == self.list_name
        }
        return sorted(found, reverse=True)

    @cached_property
    def round_number(self) -> int:
        wanted = self.asked.round if self.asked else self.request.GET.get("round", "")
        known = {str(number): number for number in self.rounds}
        return known.get(str(wanted), next(iter(self.rounds), self.gallery.round))

    @cached_property
    def comparison(self) -> Comparison:
        return compare(self.selections, list_name=self.list_name, round_number=self.round_number)

    @cached_property
    def filter(self) -> Filter:
        name = f"{PERSON}{self.asked.share_link_id}" if self.asked else ""
        return self.comparison.find_filter(name or self.request.GET.get("show", ""))

    @cached_property
    def chosen(self) -> Selection | None:
        """The selection of the one person whose picks are looked at alone, if it is one."""
        names = {f"{PERSON}{one.share_link_id}": one for one in self.comparison.selections}
        return names.get(self.filter.name)

    def address(self, name: str = "selections", *, kind: str = "", **changes) -> str:
        """The address of this look, or of another one; ``kind`` for those that name one."""
        look = {
            "list": self.list_name,
            "round": self.round_number,
            "show": self.filter.name,
            **changes,
        }
        keys = {"kind": kind} if kind else {}
        return f"{gallery_url(self.gallery, name, **keys)}?{urlencode(look)}"


class SelectionsView(ComparingView):
    """Who picked what. Looking at a sent selection marks it as opened."""

    template_name = "pumbaphoto_wagtail/admin/selections.html"

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self._mark_as_opened()
        return super().get(request, *args, **kwargs)

    def _mark_as_opened(self) -> None:
        """From now on the clients cannot take them back: the photographer has begun."""
        if not self.may("change"):
            return
        looked_at = [self.chosen] if self.chosen else self.comparison.selections
        new = [one for one in looked_at if one.is_submitted and one.opened_at is None]
        if not new:
            return
        now = timezone.now()
        Selection.objects.filter(
            pk__in=[selection.pk for selection in new],
            opened_at__isnull=True,
            submitted_at__isnull=False,
        ).update(opened_at=now)

    def get_context_data(self, **kwargs) -> dict:
        page = self._page()
        names = self._names()
        return super().get_context_data(
            selections=self.selections,
            chosen=self.chosen,
            rows=self._rows(),
            waiting=self._waiting(),
            lists=self._list_choices(),
            rounds=self._round_choices(),
            list_label=lists.LABELS[self.list_name],
            round=self.round_number,
            filters=self._filters(),
            filter=self.filter,
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            search_texts=_search_texts(names) if self._is_about_hearts else [],
            workbook_url=self.address("workbook"),
            exports_url=self.address("exports"),
            may_choose_for=self.may("change") and self._is_anything_open(),
            **kwargs,
        )

    def _is_anything_open(self) -> bool:
        """Whether something could be chosen at present, for editing or for a further list."""
        if self.gallery.state == State.ARCHIVED:
            return False
        is_chosen_from = self.gallery.kind == Kind.CHOOSE and self.gallery.state == State.ACTIVE
        return is_chosen_from or bool(self.gallery.lists)

    def _page(self) -> Page:
        """A page of photos in the gallery's order, each with its ``voices``."""
        keys = [key for key, _name in self._photos if key in self.filter.photos]
        page = WagtailPaginator(keys, PHOTOS_PER_PAGE).get_page(self.request.GET.get("p"))
        found = Photo.objects.select_related("picture").in_bulk([*page.object_list])
        page.object_list = [found[key] for key in page.object_list]
        give_pictures(page.object_list)
        for photo in page.object_list:
            photo.voices = self.comparison.voices(photo.pk, of=self.chosen)
            photo.is_chosen = photo.pk in self.comparison.chosen
        return page

    @cached_property
    def _photos(self) -> list[tuple[int, str]]:
        """Key and file name of all that was picked in this round or the one before, in order."""
        read = [*self.comparison.selections, *self.comparison.earlier.values()]
        picks = Pick.objects.filter(selection__in=[selection.pk for selection in read])
        photos = self.gallery.photos.kept().filter(pk__in=picks.values("photo"))
        return [*photos.in_order().values_list("pk", "name")]

    @property
    def _is_about_hearts(self) -> bool:
        return self.filter.name != "removed"

    def _names(self) -> list[str]:
        """The file names of what is shown; notes without a heart only where notes are asked for."""
        photos = self.filter.photos
        if self.filter.name not in ("noted", "renoted"):
            mine = [self.chosen] if self.chosen else self.comparison.selections
            photos &= frozenset().union(*(self.comparison.hearts_of(one) for one in mine))
        return [name for key, name in self._photos if key in photos]

    def _rows(self) -> list[dict]:
        return [
            {
                "selection": selection,
                "url": self.address(show=f"{PERSON}{selection.share_link_id}"),
                "is_current": selection == self.chosen,
                "changes": _changes_in_words(self.comparison.differences.get(selection.pk)),
                "can_reopen": self.may("share") and self._can_reopen(selection),
            }
            for selection in self.comparison.selections
        ]

    def _can_reopen(self, selection: Selection) -> bool:
        """Further lists are reopened one by one; the photos to edit with their gallery."""
        return (
            selection.is_submitted
            and not lists.is_for_editing(selection.list)
            and selection == last_of(self.selections, selection)
            and not lists.refusal(self.gallery, selection.list)
        )

    def _waiting(self) -> list[str]:
        """Who could still send this round's selection and has not even begun."""
        if not lists.is_for_editing(self.list_name) or self.gallery.state != State.ACTIVE:
            return []
        if self.round_number != self.gallery.round:
            return []
        begun = [selection.share_link_id for selection in self.comparison.selections]
        return [link.recipient for link in links_waited_for(self.gallery).exclude(pk__in=begun)]

    def _filters(self) -> list[dict]:
        return [
            {
                "label": one.label,
                "count": len(one.photos),
                "url": self.address(show=one.name),
                "is_current": one.name == self.filter.name,
            }
            for one in self.comparison.filters
        ]

    def _list_choices(self) -> list[dict]:
        return [
            {
                "label": lists.LABELS[name],
                "url": self.address(list=name, round="", show=""),
                "is_current": name == self.list_name,
            }
            for name in self.list_names
        ]

    def _round_choices(self) -> list[dict]:
        return [
            {
                "number": number,
                "url": self.address(round=number, show=""),
                "is_current": number == self.round_number,
            }
            for number in self.rounds
        ]


def _changes_in_words(difference: Difference | None) -> list[str]:
    """How much of each kind changed since the last round; nothing of what did not."""
    if not difference:
        return []
    added, removed, noted = (
        len(photos) for photos in (difference.added, difference.removed, difference.noted)
    )
    sentences = (
        (added, ngettext("%d new", "%d new", added)),
        (removed, ngettext("%d not any more", "%d not any more", removed)),
        (noted, ngettext("%d with another note", "%d with other notes", noted)),
    )
    return [words % count for count, words in sentences if count]


def _search_texts(names: list[str]) -> list[dict[str, str]]:
    return [
        {"program": label, "name": name, "text": handoff.search_text(names, name)}
        for name, label in PROGRAMS
        if names
    ]


class ReopenListView(GalleryView):
    """``POST`` lets somebody choose again for a further list."""

    http_method_names = ["post"]
    post_permission_required = "share"
    tab = "selections"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        found = Selection.objects.filter(share_link__gallery=self.gallery)
        selection = get_object_or_404(
            found.select_related("share_link__gallery"), pk=kwargs["selection_pk"]
        )
        lists.reopen_list(selection, actor=request.user)
        words = _("%(name)s can choose again for this list.")
        messages.success(request, words % {"name": selection.share_link.recipient})
        return redirect(f"{gallery_url(self.gallery, 'selections')}?list={selection.list}")
