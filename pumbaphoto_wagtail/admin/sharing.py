"""The Sharing tab: who has a link, and what it lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django import forms
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from ..access import is_valid
from ..conf import settings
from ..exceptions import TransitionNotAllowed
from ..models import Client, Downloads, Gallery, LinkPurpose, ShareLink, State
from ..proofing import links
from .addresses import gallery_url
from .gallery_forms import BrowserDateInput
from .rooms import GalleryView

# What a recipient may do: (words, purpose, decides, may choose).
ROLES = {
    "decides": (
        gettext_lazy("Choose favourites; their selection counts"),
        (LinkPurpose.CLIENT, True, True),
    ),
    "suggests": (
        gettext_lazy("Choose favourites, as a suggestion only"),
        (LinkPurpose.FAMILY, False, True),
    ),
    "looks": (gettext_lazy("Only look"), (LinkPurpose.FAMILY, False, False)),
}


class ShareLinkForm(forms.Form):
    """One recipient's way in. All but the name has a default."""

    recipient = forms.CharField(
        label=gettext_lazy("Recipient"),
        max_length=255,
        help_text=gettext_lazy("Whom this link is for, as you would address them."),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        help_text=gettext_lazy("Where the receipt and the news of the delivery go."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("What they may do"),
        choices=[(name, words) for name, (words, _values) in ROLES.items()],
        widget=forms.RadioSelect,
    )
    downloads = forms.ChoiceField(
        label=gettext_lazy("Downloads once you have delivered"),
        choices=Downloads.choices,
        widget=forms.RadioSelect,
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Open until"), required=False, widget=BrowserDateInput
    )
    is_mailed = forms.BooleanField(label=gettext_lazy("Send it by e-mail now"), required=False)
    may_download_originals = forms.BooleanField(
        label=gettext_lazy("May download originals, too"), required=False
    )
    pin = forms.CharField(
        label=gettext_lazy("PIN"),
        required=False,
        min_length=4,
        max_length=20,
        help_text=gettext_lazy("Asked once on each device. Tell it by telephone."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args, gallery: Gallery, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.gallery = gallery
        self.initial = {**self._first_wish(), **self.initial}

    def _first_wish(self) -> dict:
        """The client who has no link yet, if there is one, and the usual permissions."""
        wish = {"role": "decides", "downloads": Downloads.FULL}
        shared = self.gallery.share_links.values_list("client", flat=True)
        client = self.gallery.clients.exclude(pk__in=[pk for pk in shared if pk]).first()
        if client:
            wish |= {"recipient": client.name, "email": client.email}
        return wish

    def clean_expires_on(self) -> date | None:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return day

    def clean(self) -> dict:
        data = super().clean()
        if data.get("is_mailed") and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _("Without an address it cannot be sent."))
        return data

    @transaction.atomic
    def save(self, actor) -> ShareLink:
        data = self.cleaned_data
        _words, (purpose, decides, may_choose) = ROLES[data["role"]]
        link = links.create_link(
            self.gallery,
            actor=actor,
            recipient=data["recipient"],
            email=data["email"],
            client=self._client(),
            purpose=purpose,
            decides=decides,
            may_choose=may_choose,
            downloads=data["downloads"],
            may_download_originals=data["may_download_originals"],
            expires_at=_end_of(data["expires_on"]),
            pin=data["pin"],
        )
        if data["is_mailed"]:
            links.send(link, actor)
        return link

    def _client(self) -> Client | None:
        """The gallery's client that is meant, recognised by name or address."""
        data = self.cleaned_data
        meant = Q(name__iexact=data["recipient"])
        if data["email"]:
            meant |= Q(email__iexact=data["email"])
        return self.gallery.clients.filter(meant).first()


def _end_of(day: date | None) -> datetime | None:
    """The last moment of a day here; None lets the default hold."""
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None


@dataclass(frozen=True)
class LinkRow:
    """A link as the table shows it. ``address`` is empty when it opens nothing."""

    link: ShareLink
    address: str
    status: str
    tone: str
    role: str


class SharingView(GalleryView):
    """The links of a gallery, and a form for another."""

    tab = "sharing"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/sharing.html"

    @cached_property
    def form(self) -> ShareLinkForm:
        return ShareLinkForm(self.request.POST or None, gallery=self.gallery)

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
        found = self.gallery.share_links.select_related("gallery__site", "shared_by").annotate(
            heart_count=Count(
                "selections__picks",
                filter=Q(
                    selections__round=self.gallery.round, selections__picks__is_favourite=True
                ),
            )
        )
        now = timezone.now()
        return super().get_context_data(
            rows=[self._row(link, now) for link in found.order_by("revoked_at", "pk")],
            form=self.form,
            default_days=settings.LINK_DAYS,
            page_is_missing=self.gallery.main_page is None or not self.gallery.main_page.live,
            **kwargs,
        )

    def _row(self, link: ShareLink, now: datetime) -> LinkRow:
        opens = is_valid(link, now)
        return LinkRow(
            link=link,
            # The address is a key to the gallery: only those who may hand it out see it.
            address=_address(link) if opens and self.may("share") else "",
            status=_status(link, opens),
            tone="open" if opens else "stored",
            role=_role(link),
        )


def _address(link: ShareLink) -> str:
    """The link's address; empty if the key it was made with is no longer in the settings."""
    try:
        return links.address(link)
    except KeyError:
        return ""


def _status(link: ShareLink, opens: bool) -> str:
    if opens:
        return _("open")
    return _("revoked") if link.revoked_at else _("expired")


def _role(link: ShareLink) -> str:
    if link.shared_by is not None:
        return _("Only look; shared by %(recipient)s") % {"recipient": link.shared_by}
    if not link.may_choose:
        return str(ROLES["looks"][0])
    return str(ROLES["decides" if link.decides else "suggests"][0])


class OneLinkView(GalleryView):
    """An act on one link of the gallery; ``GET`` asks, ``POST`` does it."""

    tab = "sharing"
    permission_required = "share"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/link_act.html"
    question = ""
    consequences: tuple = ()
    button = ""
    act_name = ""

    @cached_property
    def link(self) -> ShareLink:
        return get_object_or_404(self.gallery.share_links, uuid=self.kwargs["link_uuid"])

    def do(self) -> str:
        """Do it; what to tell the photographer."""
        raise Http404

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.link  # noqa: B018  (404 before the page is made)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        messages.success(request, self.do())
        return self.back_to("sharing")

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            link=self.link,
            question=self.question % {"recipient": self.link.recipient},
            consequences=self.consequences,
            button=self.button,
            act_url=gallery_url(self.gallery, self.act_name, link_uuid=self.link.uuid),
            **kwargs,
        )


class RevokeLinkView(OneLinkView):
    act_name = "revoke_link"
    question = gettext_lazy("Revoke the link of %(recipient)s?")
    consequences = (
        gettext_lazy("It opens nothing from now on, on every device."),
        gettext_lazy("What they shared with family closes as well."),
        gettext_lazy("Hearts and notes stay. “Renew” gives the same person a new address."),
    )
    button = gettext_lazy("Yes, revoke it")

    def do(self) -> str:
        links.revoke(self.link, self.request.user)
        return _("The link of %(recipient)s opens nothing any more.") % {
            "recipient": self.link.recipient
        }


class RenewLinkView(OneLinkView):
    act_name = "renew_link"
    question = gettext_lazy("Give %(recipient)s a new address?")
    consequences = (
        gettext_lazy("The old address stops working at once."),
        gettext_lazy("What they shared with family closes as well."),
        gettext_lazy("Hearts and notes stay. Send them the new address."),
    )
    button = gettext_lazy("Yes, renew it")

    @cached_property
    def link(self) -> ShareLink:
        # Whoever shared a link on makes another, rather than the photographer for them.
        mine = self.gallery.share_links.filter(shared_by=None)
        return get_object_or_404(mine, uuid=self.kwargs["link_uuid"])

    def do(self) -> str:
        links.renew(self.link, self.request.user)
        return _("The new link for %(recipient)s is ready to be copied.") % {
            "recipient": self.link.recipient
        }
