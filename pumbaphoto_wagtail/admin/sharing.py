"""The Sharing tab: who can see the gallery, who has a link, and what it lets them do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin import messages

from ..access import is_valid
from ..exceptions import TransitionNotAllowed
from ..models import MessageKind, RequestState, ShareLink, State
from ..proofing import preview_as
from ..studio import studio_for
from .access_requests import request_url
from .link_forms import ShareLinkForm
from .link_words import link_address, link_limits, link_role, link_status
from .reminding import reminded_at
from .rooms import GalleryView
from .visibility import VisibilityForm
from .who_sees import meaning


@dataclass(frozen=True)
class ReadyMessage:
    """What could be written to a link's holder; its text is made when it is asked for."""

    label: str
    url: str


@dataclass(frozen=True)
class LinkRow:
    """A link as the table shows it. ``address`` is empty when it opens nothing."""

    link: ShareLink
    address: str
    status: str
    tone: str
    role: str
    limits: tuple[str, ...] = ()
    messages: tuple[ReadyMessage, ...] = ()
    reminded_at: datetime | None = None

    @property
    def is_own(self) -> bool:
        """Whether the photographer made it, rather than a client for their family."""
        return self.link.shared_by_id is None


class SharingView(GalleryView):
    """The links of a gallery, a form for another, and who can see the gallery without one."""

    tab = "sharing"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/sharing.html"

    @cached_property
    def form(self) -> ShareLinkForm:
        return ShareLinkForm(self.request.POST or None, gallery=self.gallery)

    @cached_property
    def visibility_form(self) -> VisibilityForm:
        return VisibilityForm(gallery=self.gallery)

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        # Who is back here has seen what they wanted to see as somebody else.
        preview_as.end(request)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.gallery.state == State.ARCHIVED:
            raise TransitionNotAllowed(_("This gallery is archived. Restore it to share it."))
        if not self.form.is_valid():
            messages.validation_error(request, _("The link could not be made."), self.form)
            return self.render_to_response(self.get_context_data())
        link = self.form.save(request.user)
        words = (
            _("The link is on its way to %(recipient)s.")
            if self.form.cleaned_data["is_mailed"]
            else _("The link for %(recipient)s is ready to be copied.")
        )
        messages.success(request, words % {"recipient": link})
        return self.back_to("sharing")

    def get_context_data(self, **kwargs) -> dict:
        rows = self._rows()
        return super().get_context_data(
            rows=rows,
            has_several_open=sum(row.link.revoked_at is None for row in rows) > 1,
            access_requests=self._access_requests(),
            form=self.form,
            visibility_form=self.visibility_form,
            meaning=meaning(self.gallery),
            default_days=studio_for(self.gallery.site).link_days,
            page_is_missing=self.gallery.main_page is None or not self.gallery.main_page.live,
            **kwargs,
        )

    def _access_requests(self) -> list[dict[str, str]]:
        """Who asks to see the gallery, for those who may let them in."""
        if not self.may("share"):
            return []
        asked = self.gallery.access_requests.filter(state=RequestState.OPEN).order_by("pk")
        return [{"name": one.name, "url": request_url(one)} for one in asked]

    def _rows(self) -> list[LinkRow]:
        """The open links first, and below each what its holder shared on."""
        this_round = Q(selections__round=self.gallery.round, selections__picks__is_favourite=True)
        found = (
            self.gallery.share_links.select_related("gallery__site", "shared_by")
            .prefetch_related("sections")
            .annotate(heart_count=Count("selections__picks", filter=this_round))
        )
        now = timezone.now()
        shared_on = defaultdict(list)
        links = [*found.order_by("revoked_at", "pk")]
        reminded = _last_reminders(links)
        for link in links:
            row = replace(self._row(link, now), reminded_at=reminded.get(link.pk))
            shared_on[link.shared_by_id].append(row)
        return [row for own in shared_on[None] for row in (own, *shared_on.get(own.link.pk, ()))]

    def _row(self, link: ShareLink, now: datetime) -> LinkRow:
        opens = is_valid(link, now)
        # The address is a key to the gallery: only those who may hand it out see it.
        address = link_address(link) if opens and self.may("share") else ""
        return LinkRow(
            link=link,
            address=address,
            messages=self._messages(link) if address else (),
            status=link_status(link, opens),
            tone="open" if opens else "stored",
            role=link_role(link),
            limits=link_limits(link),
        )

    def _messages(self, link: ShareLink) -> tuple[ReadyMessage, ...]:
        kinds = {MessageKind.LINK: _("Copy message")}
        is_waited_for = link.may_choose and link.decides and self.gallery.due_date
        if self.gallery.state == State.ACTIVE and is_waited_for:
            kinds[MessageKind.DUE_SOON] = _("Copy reminder")
        if self.gallery.state == State.DELIVERED and self.figures.deliveries:
            kinds[MessageKind.DELIVERED] = _("Copy “your photos are ready”")
        return tuple(
            ReadyMessage(
                label=label,
                url=reverse(
                    "pumbaphoto_dashboard:ready_message",
                    args=[self.gallery.uuid, link.uuid, kind],
                ),
            )
            for kind, label in kinds.items()
        )


def _last_reminders(links: Iterable[ShareLink]) -> dict[int, datetime]:
    last: dict[int, datetime] = {}
    for (link, _kind), at in reminded_at(links).items():
        last[link] = max(at, last.get(link, at))
    return last


class VisibilityView(SharingView):
    """``POST`` answers "Who can see this?"."""

    http_method_names = ["post"]

    @cached_property
    def form(self) -> ShareLinkForm:
        return ShareLinkForm(gallery=self.gallery)

    @cached_property
    def visibility_form(self) -> VisibilityForm:
        return VisibilityForm(self.request.POST, gallery=self.gallery)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        form = self.visibility_form
        if not form.is_valid():
            messages.validation_error(request, _("This could not be saved."), form)
            self.gallery.refresh_from_db()
            return self.render_to_response(self.get_context_data(), status=422)
        changed = form.save(request.user)
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return self.back_to("sharing")
