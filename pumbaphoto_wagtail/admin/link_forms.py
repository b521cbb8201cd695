"""The form of a share link: for a new one, and for one that is to open something else."""

from __future__ import annotations

from datetime import date, datetime, time

from django import forms
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import (
    Client,
    Downloads,
    Gallery,
    LinkPurpose,
    Section,
    SelectionList,
    ShareLink,
)
from ..proofing import links
from ..proofing.link_changes import Terms, change_link
from ..proofing.lists import LABELS
from .gallery_forms import BrowserDateInput

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
    "designs": (
        gettext_lazy("Design the album: look, and download one list"),
        (LinkPurpose.ALBUM_DESIGNER, False, False),
    ),
    "party": (
        gettext_lazy(
            "Slideshow for a party: fills a screen, goes on for ever and takes in new photos"
        ),
        (LinkPurpose.PARTY, False, False),
    ),
}
# What is downloaded where nothing else is said: a screen that anybody can walk up to gives nothing.
USUAL_DOWNLOADS = {"party": Downloads.NONE}


def role_of(link: ShareLink) -> str:
    """Which of the roles a link has."""
    if link.purpose == LinkPurpose.ALBUM_DESIGNER:
        return "designs"
    if link.purpose == LinkPurpose.PARTY:
        return "party"
    if not link.may_choose:
        return "looks"
    return "decides" if link.decides else "suggests"


class SectionsField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, section: Section) -> str:
        return section.title


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
    role = forms.ChoiceField(label=gettext_lazy("What they may do"), widget=forms.RadioSelect)
    downloads = forms.ChoiceField(
        label=gettext_lazy("Downloads once you have delivered"),
        choices=[
            ("", gettext_lazy("as usual: full and web size, nothing at a party")),
            *Downloads.choices,
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Open until"), required=False, widget=BrowserDateInput
    )
    is_mailed = forms.BooleanField(label=gettext_lazy("Send it by e-mail now"), required=False)
    may_download_originals = forms.BooleanField(
        label=gettext_lazy("May download originals, too"), required=False
    )
    sections = SectionsField(
        Section.objects.none(),
        label=gettext_lazy("Sections"),
        required=False,
        help_text=gettext_lazy("None ticked: all of them."),
    )
    list = forms.ChoiceField(
        label=gettext_lazy("List"),
        required=False,
        help_text=gettext_lazy("One list only, for instance for the album designer."),
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
        self._offer_sections()
        self._offer_lists()
        self.initial = {**self._first_wish(), **self.initial}

    def _offer_sections(self) -> None:
        sections = self.gallery.sections.order_by("position", "pk")
        self.fields["sections"].queryset = sections
        if not sections.exists():
            del self.fields["sections"]

    def _offer_lists(self) -> None:
        """Lists are spoken of only where there are several."""
        roles = dict(ROLES)
        named = [*self.gallery.lists, self.initial.get("list", "")]
        offered = [name for name in SelectionList.values if name in named]
        if offered:
            names = {*offered, SelectionList.TO_EDIT}
            choices = [(name, LABELS[name]) for name in SelectionList.values if name in names]
            self.fields["list"].choices = [("", _("All that are open")), *choices]
        else:
            del self.fields["list"]
            if self.initial.get("role") != "designs":
                del roles["designs"]
        self.fields["role"].choices = [(name, words) for name, (words, _values) in roles.items()]

    def _first_wish(self) -> dict:
        """The client who has no link yet, if there is one, and the usual permissions."""
        wish = {"role": "decides", "downloads": ""}
        shared = self.gallery.share_links.values_list("client", flat=True)
        client = self.gallery.clients.exclude(pk__in=[pk for pk in shared if pk]).first()
        if client:
            wish |= {"recipient": client.name, "email": client.email}
        return wish

    def clean_recipient(self) -> str:
        return " ".join(self.cleaned_data["recipient"].replace("\0", "").split())

    def clean_expires_on(self) -> date | None:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return day

    def clean(self) -> dict:
        data = super().clean()
        if data.get("is_mailed") and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _("Without an address it cannot be sent."))
        if data.get("role") == "designs" and "list" in self.fields and not data.get("list"):
            self.add_error("list", _("Which list is the album made of?"))
        return data

    def terms(self) -> dict:
        """The purpose, permissions and limits of the link as the form says."""
        data = self.cleaned_data
        _words, (purpose, decides, may_choose) = ROLES[data["role"]]
        return {
            "recipient": data["recipient"],
            "email": data["email"],
            "purpose": purpose,
            "decides": decides,
            "may_choose": may_choose,
            "downloads": data["downloads"] or USUAL_DOWNLOADS.get(data["role"], Downloads.FULL),
            "may_download_originals": data["may_download_originals"],
            "list": data.get("list", ""),
            "expires_at": _end_of(data["expires_on"]),
        }

    @transaction.atomic
    def save(self, actor) -> ShareLink:
        link = links.create_link(
            self.gallery,
            actor=actor,
            client=self._client(),
            sections=self.cleaned_data.get("sections", ()),
            pin=self.cleaned_data["pin"],
            **self.terms(),
        )
        if self.cleaned_data["is_mailed"]:
            links.send(link, actor)
        return link

    def _client(self) -> Client | None:
        """The gallery's client that is meant, recognised by name or address."""
        data = self.cleaned_data
        meant = Q(name__iexact=data["recipient"])
        if data["email"]:
            meant |= Q(email__iexact=data["email"])
        return self.gallery.clients.filter(meant).first()


class ChangeLinkForm(ShareLinkForm):
    """The same of a link that is there. Its PIN is not known, so it is kept, changed or removed."""

    removes_pin = forms.BooleanField(label=gettext_lazy("Without a PIN"), required=False)

    field_order = ["recipient", "email", "role"]

    def __init__(self, *args, link: ShareLink, **kwargs) -> None:
        self.link = link
        super().__init__(*args, gallery=link.gallery, initial=_initial(link), **kwargs)
        del self.fields["is_mailed"]
        self.fields["downloads"].choices = Downloads.choices
        self.fields["downloads"].required = True
        self.fields["expires_on"].help_text = _("Empty: no last day.")
        if link.pin_hash:
            self.fields["pin"].help_text = _(
                "There is one. Leave this empty to keep it, or write another."
            )
        else:
            del self.fields["removes_pin"]

    def clean_expires_on(self) -> date | None:
        day = self.cleaned_data["expires_on"]
        # A link that has expired may be changed otherwise without being opened again.
        return day if day == self.initial["expires_on"] else super().clean_expires_on()

    def clean(self) -> dict:
        data = super().clean()
        if data.get("pin") and data.get("removes_pin"):
            self.add_error("removes_pin", _("Write a PIN or remove it, not both."))
        return data

    def save(self, actor) -> bool:
        """Change the link; whether anything was other than before."""
        terms = self.terms()
        kept = [] if "list" in self.fields else ["list"]
        if "role" not in self.changed_data:
            kept += ["purpose", "decides", "may_choose"]
        terms |= {name: getattr(self.link, name) for name in kept}
        if "expires_on" not in self.changed_data:
            terms["expires_at"] = self.link.expires_at
        sections = self.cleaned_data.get("sections", ())
        return change_link(
            self.link, Terms(**terms, pin=self._pin()), actor=actor, sections=sections
        )

    def _pin(self) -> str | None:
        if self.cleaned_data.get("removes_pin"):
            return ""
        return self.cleaned_data["pin"] or None


def _initial(link: ShareLink) -> dict:
    return {
        "recipient": link.recipient,
        "email": link.email,
        "role": role_of(link),
        "downloads": link.downloads,
        "may_download_originals": link.may_download_originals,
        "list": link.list,
        "expires_on": timezone.localdate(link.expires_at) if link.expires_at else None,
        "sections": [*link.sections.all()],
    }


def _end_of(day: date | None) -> datetime | None:
    """The last moment of a day here; None where no day is given."""
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None
