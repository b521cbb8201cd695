"""The review board: one edit and its possible original side by side, and what is decided about it.

Everything is plain pages and forms. With JavaScript (``static_src/board.js``) the same pages are
fetched and put in place without loading the whole, and the keyboard does all of it.
"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.http import urlencode

from ..delivery.decisions import Decision, Standing, decide, take_back
from ..delivery.review import Progress, Walk, news_mark, progress_of
from ..delivery.selected import counting_picks
from ..exceptions import PumbaphotoError
from ..models import Edit, Photo, Pick, State
from ..proofing.pictures import Pictures
from .addresses import gallery_url
from .edit_filters import DECIDE, find_filter
from .past_decisions import PastDecisions
from .proposals import Proposal, proposals_for, remarks_on
from .rooms import GalleryView
from .thumbnails import give_edit_pictures, give_pictures

EDITS_IN_STRIP = 24


class EditView(GalleryView):
    """What all rooms of one edit share: the edit, how far the review is, which edits are walked
    through (``show`` in the address, a filter of the Edits tab).
    """

    tab = "edits"
    permission_required = "change"

    @cached_property
    def edit(self) -> Edit | None:
        edits = self.gallery.edits.select_related("stored_file", "photo__picture")
        return get_object_or_404(edits, pk=self.kwargs["edit_pk"])

    @cached_property
    def show(self) -> str:
        return find_filter(self.request.GET.get("show", DECIDE)).name

    @cached_property
    def walk(self) -> Walk:
        return Walk(gallery=self.gallery, statuses=find_filter(self.show).statuses)

    @cached_property
    def progress(self) -> Progress:
        return progress_of(self.gallery)

    def url_of(self, edit: Edit | None, name: str = "decide_edit", **query: object) -> str:
        """The address of one of an edit's rooms within this walk; of the board without an edit."""
        if self.show != DECIDE:
            query["show"] = self.show
        address = gallery_url(self.gallery, name, edit_pk=edit.pk) if edit else self.board_url
        return f"{address}?{urlencode(query)}" if query else address

    @property
    def board_url(self) -> str:
        return gallery_url(self.gallery, "board")

    def may_decide(self, edit: Edit) -> bool:
        """Whether a decision is possible at all; the acts themselves know best and refuse."""
        return self.gallery.state != State.ARCHIVED and not edit.delivery_items.exists()

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            edit=self.edit,
            progress=self.progress,
            show=self.show,
            walk_query="" if self.show == DECIDE else f"?{urlencode({'show': self.show})}",
            board_url=self.board_url,
            news=gallery_url(self.gallery, "board_news"),
            news_mark=news_mark(self.gallery),
            **kwargs,
        )


class DecideEditView(EditView):
    """One edit beside its possible original. ``POST`` decides about it and leads to the next."""

    template_name = "pumbaphoto_wagtail/admin/board.html"
    notice = ""

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        edit, decision = self.edit, self.asked_decision
        photo = self._asked_photo(request.POST.get("photo")) if decision == Decision.LINK else None
        before = Standing.of(edit)
        seen = Standing.read(request.POST.get("seen", ""))
        decide(edit, decision, photo=photo, seen=seen, actor=request.user)
        if Standing.of(edit) != before:
            PastDecisions(request.session, self.gallery).add(edit, before)
        return redirect(self._after(edit))

    @property
    def asked_decision(self) -> Decision:
        asked = self.request.POST.get("decision", Decision.LINK)
        if asked not in {*Decision}:
            raise Http404
        return Decision(asked)

    def _asked_photo(self, text: str | None) -> Photo:
        try:
            return get_object_or_404(self.gallery.photos.kept(), uuid=UUID(text or ""))
        except ValueError:
            raise Http404 from None

    def _after(self, edit: Edit) -> str:
        """Where the photographer goes on."""
        if self.show == DECIDE:
            return self.url_of(self.walk.next_to_decide(edit))
        following = self.walk.after(edit)
        if following:
            return self.url_of(following)
        query = urlencode({"show": self.show, "decided": 1})
        return f"{gallery_url(self.gallery, 'edits')}?{query}"

    def refuse(self, error: PumbaphotoError) -> HttpResponse:
        """Say why it was not done, beside the edit as it stands now."""
        for known in ("progress", "figures"):
            self.__dict__.pop(known, None)
        self.edit.refresh_from_db()
        self.notice = str(error)
        return self.render_to_response(self.get_context_data(), status=409)

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(
            notice=self.notice,
            last_decision=PastDecisions(self.request.session, self.gallery).last,
            **kwargs,
        )
        if self.edit is None:
            return context
        return {**context, **self._about(self.edit), **self._around(self.edit)}

    def _about(self, edit: Edit) -> dict:
        """The edit, what it may belong to, and why."""
        proposals = proposals_for(edit, self.request.GET.get("photo"))
        shown = next((one for one in proposals if one.is_shown), None)
        give_edit_pictures([edit])
        give_pictures(one.photo for one in proposals)
        return {
            "address": self.url_of(edit),
            "seen": Standing.of(edit),
            "is_decided": Standing.of(edit) != Standing(),
            "may_decide": self.may_decide(edit),
            "proposals": [(one, self.url_of(edit, photo=one.photo.uuid)) for one in proposals],
            "shown": shown,
            "is_tall": _is_tall(edit.pictures) or bool(shown and _is_tall(shown.photo.pictures)),
            "remarks": remarks_on(edit),
            "notes": self._notes(shown),
            "others_of_photo": self._others(edit, shown),
            "choose_url": self.url_of(edit, "choose_original"),
        }

    def _others(self, edit: Edit, shown: Proposal | None) -> int:
        """How many other edits the original that is shown has."""
        if shown is None:
            return 0
        return shown.photo.edits.exclude(pk=edit.pk).count()

    def _notes(self, shown: Proposal | None) -> list[Pick]:
        """What the clients have written about the original that is shown."""
        if shown is None:
            return []
        picks = counting_picks(self.gallery).filter(photo=shown.photo).exclude(note="")
        return [*picks.select_related("selection__share_link")]

    def _around(self, edit: Edit) -> dict:
        """Where the edit stands in the walk, and its neighbours there."""
        place, before, after = self.walk.place(edit), self.walk.before(edit), self.walk.after(edit)
        statuses = self.walk.statuses
        return {
            "place": place + 1 if statuses is None or edit.status in statuses else 0,
            "walk_length": self.walk.edits.count(),
            "previous_url": self.url_of(before) if before else "",
            "next_url": self.url_of(after) if after else "",
            "strip": self._strip(place),
        }

    def _strip(self, place: int) -> list[tuple[Edit, str]]:
        """The edits of this walk around a place, with their addresses."""
        start = place - place % EDITS_IN_STRIP
        edits = self.walk.edits.select_related("stored_file", "photo")
        found = [*edits[start : start + EDITS_IN_STRIP]]
        give_edit_pictures(found)
        return [(one, self.url_of(one)) for one in found]


class BoardView(DecideEditView):
    """The board at the first edit that waits for a decision, or with nothing left to decide."""

    http_method_names = ("get", "head")

    @cached_property
    def edit(self) -> Edit | None:
        edits = self.walk.edits.select_related("stored_file", "photo__picture")
        return edits.first()


class BoardNewsView(GalleryView):
    """A mark that is another one as soon as the board would show something else."""

    tab = "edits"
    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = JsonResponse({"mark": news_mark(self.gallery)})
        response["Cache-Control"] = "no-store"
        return response


class UndoDecisionView(DecideEditView):
    """``POST`` takes the last decision of this photographer back and leads to its edit."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        last = PastDecisions(request.session, self.gallery).take_last()
        if last is None:
            return redirect(self.board_url)
        self.edit = last.edit
        take_back(last.edit, before=last.before, after=last.after, actor=request.user)
        return redirect(self.url_of(last.edit))


def _is_tall(pictures: Pictures | None) -> bool:
    return pictures is not None and pictures.view.height > pictures.view.width
