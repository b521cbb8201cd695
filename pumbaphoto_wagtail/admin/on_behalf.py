"""Choosing and sending for a client: by ticking photos, or by the names they wrote down."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator

from ..access import valid_links
from ..models import Photo, ShareLink
from ..proofing import lists, on_behalf
from ..proofing.on_behalf import Changes
from ..proofing.pasted_names import Named, Reading, read_names
from ..proofing.sheet import Picked, Sheet, offered_photos, sheet_of
from ..proofing.submission import links_waited_for
from .addresses import gallery_url
from .rooms import GalleryView
from .thumbnails import give_pictures

PHOTOS_PER_PAGE = 100
# More than 4,000 names with their folders; a form field needs some end.
MOST_PASTED = 200_000
NOTE, NOTE_BEFORE = "note-", "was-"

SHOWN = (
    ("all", gettext_lazy("All")),
    ("chosen", gettext_lazy("Chosen")),
    ("noted", gettext_lazy("With notes")),
)


class ChooseWhomView(GalleryView):
    """For whom to choose: everybody with a link, the clients without one, and anybody else."""

    tab = "selections"
    permission_required = "change"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/choose_whom.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        key = request.POST.get("client", "")
        client = None
        if key:
            wanted = key if key.isdecimal() else 0
            client = get_object_or_404(self.gallery.clients, pk=wanted)
        name = client.name if client else request.POST.get("recipient", "").strip()[:255]
        if not name:
            messages.error(request, _("Write a name first."))
            return self.back_to("choose_whom")
        link = on_behalf.link_for(self.gallery, actor=request.user, recipient=name, client=client)
        return self.back_to("choose_for", link_uuid=link.uuid)

    def get_context_data(self, **kwargs) -> dict:
        choosing = valid_links().filter(gallery=self.gallery, may_choose=True)
        people = [*choosing.order_by("-decides", "pk")]
        clients = self.gallery.clients.exclude(pk__in=[link.client_id for link in people])
        return super().get_context_data(people=people, clients=clients, **kwargs)


class ForSomebodyView(GalleryView):
    """What the views of one person's selection share."""

    tab = "selections"
    permission_required = "change"

    @cached_property
    def link(self) -> ShareLink:
        link = get_object_or_404(self.gallery.share_links, uuid=self.kwargs["link_uuid"])
        link.gallery = self.gallery
        return link

    @cached_property
    def list_name(self) -> str:
        return lists.wanted_list(self.link, self.gallery, self.request.GET.get("list", ""))

    @cached_property
    def sheet(self) -> Sheet:
        return sheet_of(self.link, self.gallery, self.list_name)

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.link  # noqa: B018  (404 before the page is made)
        return super().get(request, *args, **kwargs)

    def change(self, **wishes) -> None:
        """Change the picks, and say what became of it."""
        changes = on_behalf.change_picks(
            self.link, actor=self.request.user, list_name=self.list_name, **wishes
        )
        if sentence := _words_for(changes, self.link):
            messages.success(self.request, sentence)
        if changes.left_out:
            words = ngettext(
                "%(count)d photo is not shown to %(name)s and was left out.",
                "%(count)d photos are not shown to %(name)s and were left out.",
                changes.left_out,
            )
            messages.warning(
                self.request, words % {"count": changes.left_out, "name": self.link.recipient}
            )

    def address(self, name: str, **query) -> str:
        """One of the addresses for this person and list."""
        url = gallery_url(self.gallery, name, link_uuid=self.link.uuid)
        return f"{url}?{urlencode({'list': self.list_name, **query})}"

    def why_not(self) -> str:
        """Why nothing can be chosen for them now; empty if it can."""
        name = {"name": self.link.recipient}
        if not valid_links().filter(pk=self.link.pk, may_choose=True).exists():
            return _("The link of %(name)s is closed, or only looks.") % name
        if self.list_name not in lists.lists_of(self.link, self.gallery):
            return _("Nothing is chosen in a gallery of finished photos.")
        if self.sheet.is_sent:
            return _("The selection of %(name)s was sent already. Reopen it to change it.") % name
        return lists.refusal(self.gallery, self.list_name)

    def get_context_data(self, **kwargs) -> dict:
        opened = lists.lists_of(self.link, self.gallery)
        return super().get_context_data(
            link=self.link,
            tally=self.sheet.tally,
            why_not=self.why_not(),
            list_choices=[
                {
                    "label": lists.LABELS[name],
                    "url": self.address("choose_for", list=name),
                    "is_current": name == self.list_name,
                }
                for name in opened
            ],
            list_label=lists.LABELS[self.list_name],
            choose_url=self.address("choose_for"),
            paste_url=self.address("paste_for"),
            send_url=self.address("send_for"),
            **kwargs,
        )


class ChooseForView(ForSomebodyView):
    """Photos to tick, and the notes to each."""

    template_name = "pumbaphoto_wagtail/admin/choose_for.html"

    @cached_property
    def shown(self) -> str:
        asked = self.request.GET.get("show", "all")
        return asked if asked in dict(SHOWN) else "all"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        ticked = _uuids(request.POST.getlist("photo"))
        act = request.POST.get("act")
        try:
            self.change(
                take=ticked if act == "take" else (),
                remove=ticked if act == "remove" else (),
                notes=_changed_notes(request.POST),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self.render_to_response(self.get_context_data(), status=422)
        return redirect(request.get_full_path())

    def get_context_data(self, **kwargs) -> dict:
        page = self._page()
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            filters=self._filters(),
            query=self.request.GET.get("q", ""),
            shown=self.shown,
            list_name=self.list_name,
            **kwargs,
        )

    def _photos(self) -> QuerySet[Photo]:
        photos = offered_photos(self.link)
        if self.shown != "all":
            photos = photos.filter(uuid__in=self._uuids_of(self.shown))
        if query := self.request.GET.get("q", "").strip():
            photos = photos.filter(name__icontains=query)
        return photos.in_order().select_related("picture")

    def _uuids_of(self, shown: str) -> list[UUID]:
        return self.sheet.favourites if shown == "chosen" else [*self.sheet.notes]

    def _page(self) -> Page:
        page = WagtailPaginator(self._photos(), PHOTOS_PER_PAGE).get_page(self.request.GET.get("p"))
        page.object_list = [*page.object_list]
        give_pictures(page.object_list)
        nothing = Picked(photo_id=0)
        for photo in page.object_list:
            photo.picked = self.sheet.rows.get(photo.uuid, nothing)
            # What was typed stays, also where it could not be stored.
            typed = self.request.POST.get(f"{NOTE}{photo.uuid}")
            photo.note = photo.picked.note if typed is None else typed
        return page

    def _filters(self) -> list[dict]:
        counts = {
            "all": offered_photos(self.link).count(),
            "chosen": len(self.sheet.favourites),
            "noted": len(self.sheet.notes),
        }
        return [
            {
                "label": label,
                "count": counts[name],
                "url": self.address("choose_for", show=name),
                "is_current": name == self.shown,
            }
            for name, label in SHOWN
        ]


class PasteForm(forms.Form):
    names = forms.CharField(
        label=gettext_lazy("File names"),
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "As they were written to you: one to a line, or with commas or blanks between them,"
            " with or without “.jpg”. The name of a RAW means its JPEG, too."
        ),
    )


class PasteForView(ForSomebodyView):
    """Names that somebody wrote, held against the photos; what is not clear is not taken."""

    template_name = "pumbaphoto_wagtail/admin/paste_for.html"

    @cached_property
    def form(self) -> PasteForm:
        return PasteForm(self.request.POST or None)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        if request.POST.get("act") != "take":
            return self.render_to_response(self.get_context_data(reading=self._reading()))
        shown, _hidden = self._shown_and_hidden(self._reading())
        self.change(take=[photo.uuid for photo in shown])
        return redirect(self.address("choose_for", show="chosen"))

    def get_context_data(self, reading: Reading | None = None, **kwargs) -> dict:
        context = super().get_context_data(form=self.form, reading=reading, **kwargs)
        if reading is None:
            return context
        shown, hidden = self._shown_and_hidden(reading)
        chosen = {*self.sheet.favourites}
        new = [photo for photo in shown if photo.uuid not in chosen]
        give_pictures(new)
        return {**context, "new": new, "known": len(shown) - len(new), "hidden": hidden}

    def _reading(self) -> Reading:
        rows = self.gallery.photos.kept().in_order().values_list("uuid", "name", "folder")
        named = (Named(key=uuid, name=name, folder=folder) for uuid, name, folder in rows)
        return read_names(self.form.cleaned_data["names"], named)

    def _shown_and_hidden(self, reading: Reading) -> tuple[list[Photo], list[str]]:
        """The photos that were named and can be taken, and the names of the others."""
        uuids = {named.key for named in reading.found}
        # Asked without the names: there may be thousands of them.
        offered = offered_photos(self.link).in_order().select_related("picture")
        shown = [photo for photo in offered if photo.uuid in uuids]
        there = {photo.uuid for photo in shown}
        return shown, [named.name for named in reading.found if named.key not in there]


class SendForView(ForSomebodyView):
    """Whether to send in the client's name, and sending it."""

    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/send_for.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        on_behalf.submit_for(
            self.link,
            actor=request.user,
            list_name=self.list_name,
            is_receipt_mailed="receipt" in request.POST,
        )
        messages.success(
            request,
            _("The selection of %(name)s is sent, in their name.") % {"name": self.link.recipient},
        )
        return self.back_to("selections")

    def get_context_data(self, **kwargs) -> dict:
        others = links_waited_for(self.gallery).exclude(pk=self.link.pk)
        return super().get_context_data(
            moves_on=self.link.decides
            and lists.is_for_editing(self.list_name)
            and not others.exists(),
            others=[link.recipient for link in others] if self.link.decides else [],
            **kwargs,
        )


def _words_for(changes: Changes, link: ShareLink) -> str:
    name = link.recipient
    sentences = []
    if changes.added:
        words = ngettext(
            "%(count)d photo was taken into the selection of %(name)s.",
            "%(count)d photos were taken into the selection of %(name)s.",
            changes.added,
        )
        sentences.append(words % {"count": changes.added, "name": name})
    if changes.removed:
        words = ngettext(
            "%(count)d photo was taken out of the selection of %(name)s.",
            "%(count)d photos were taken out of the selection of %(name)s.",
            changes.removed,
        )
        sentences.append(words % {"count": changes.removed, "name": name})
    if changes.noted:
        words = ngettext(
            "%(count)d note was written.", "%(count)d notes were written.", changes.noted
        )
        sentences.append(words % {"count": changes.noted})
    return " ".join(sentences)


def _uuids(texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError as error:
        raise Http404 from error


def _changed_notes(data) -> dict[UUID, str]:
    """The notes that were edited on the page; what somebody else wrote meanwhile stays."""
    edited = {
        name.removeprefix(NOTE): words
        for name, words in data.items()
        if name.startswith(NOTE)
        and _plain(words) != _plain(data.get(NOTE_BEFORE + name.removeprefix(NOTE), ""))
    }
    return dict(zip(_uuids([*edited]), edited.values(), strict=True))


def _plain(words: str) -> str:
    # Browsers send line breaks as CRLF whatever they were.
    return words.replace("\r\n", "\n").strip()
