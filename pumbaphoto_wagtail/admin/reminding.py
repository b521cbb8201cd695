"""Writing to those who are waited for: a message to copy, or an e-mail by one click."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.log_actions import log

from .. import notifications
from ..access import valid_links
from ..exceptions import TransitionNotAllowed
from ..models import Message, MessageKind, ShareLink
from ..workflow import lock_gallery
from .ready_messages import EXTRAS, ready_message, subject_of
from .rooms import GalleryView

# What is also an e-mail; the rest can only be copied.
MAILED_KINDS = (MessageKind.DUE_SOON, MessageKind.LINK_EXPIRING, MessageKind.DELIVERED)
KINDS = (*MAILED_KINDS, MessageKind.LINK, EXTRAS)
REMINDER = "reminder"


def reminded_at(links: Iterable[ShareLink]) -> dict[tuple[int, str], datetime]:
    """When the holders of links were last reminded by e-mail, by link and kind of message.

    That their photos were delivered they hear in any case; only what was sent by hand counts there.
    """
    rows = Message.objects.filter(
        is_reminder(), share_link__in=[link.pk for link in links], failed_at__isnull=True
    )
    found = rows.order_by().values_list("share_link", "kind").annotate(last=Max("created_at"))
    return {(link, kind): last for link, kind, last in found}


@transaction.atomic
def remind(link: ShareLink, kind: str, *, actor) -> bool:
    """Owe the holder of an open link one more e-mail of this kind, at most one a day.

    False if it was owed today already. Raises TransitionNotAllowed, with the reason, where there is
    nobody to write to or nothing to write about.
    """
    gallery = lock_gallery(link.gallery)
    if not valid_links().filter(pk=link.pk).exists():
        raise TransitionNotAllowed(_("This link is closed."))
    if not link.email:
        raise TransitionNotAllowed(
            _("No e-mail address of %(name)s is known. Copy the message instead.")
            % {"name": link.recipient}
        )
    # Raises where there is nothing to say any more.
    ready_message(kind, link)
    about = subject_of(kind, link)
    key = f"{REMINDER}-{kind}-{link.uuid}-{timezone.localdate().isoformat()}"
    if Message.objects.filter(key=key).exists():
        return False
    notifications.owe(MessageKind(kind), key=key, gallery=gallery, share_link=link, **about)
    data = {"link": link.pk, "recipient": link.recipient, "kind": str(kind)}
    log(gallery, "pumbaphoto.remind", user=actor, data=data)
    return True


def is_reminder() -> Q:
    """Messages by which somebody was reminded, by hand or because a day came near."""
    by_themselves = (MessageKind.DUE_SOON, MessageKind.LINK_EXPIRING)
    return Q(kind__in=by_themselves) | Q(kind=MessageKind.DELIVERED, key__startswith=f"{REMINDER}-")


class ReadyMessageView(GalleryView):
    """What could be written to somebody, to be copied; ``?plain`` is the text alone. ``POST`` sends
    it as an e-mail.
    """

    tab = "sharing"
    permission_required = "share"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/ready_message.html"

    @cached_property
    def link(self) -> ShareLink:
        links = valid_links().select_related("gallery__site", "gallery__owner", "client")
        return get_object_or_404(links, gallery=self.gallery, uuid=self.kwargs["link_uuid"])

    @property
    def kind(self) -> str:
        if self.kwargs["message_kind"] not in KINDS:
            raise Http404
        return self.kwargs["message_kind"]

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        text = ready_message(self.kind, self.link)
        if "plain" in request.GET:
            return HttpResponse(text, content_type="text/plain; charset=utf-8")
        return self.render_to_response(self.get_context_data(text=text))

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.kind not in MAILED_KINDS:
            raise Http404
        name = {"name": self.link.recipient}
        if remind(self.link, self.kind, actor=request.user):
            messages.success(request, _("An e-mail is on its way to %(name)s.") % name)
        else:
            messages.info(request, _("%(name)s was written to today already.") % name)
        default = reverse("pumbaphoto_dashboard:index")
        return redirect(get_valid_next_url_from_request(request) or default)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            link=self.link,
            kind=self.kind,
            can_be_mailed=bool(self.link.email) and self.kind in MAILED_KINDS,
            back=get_valid_next_url_from_request(self.request),
            **kwargs,
        )
