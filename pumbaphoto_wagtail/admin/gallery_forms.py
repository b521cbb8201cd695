"""The forms of a gallery: a new one, and its settings.

Dates are the browser's own date inputs: Wagtail's date widget needs an inline script, which our
pages do not allow.
"""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.forms.widgets import DateInput
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import AbstractPage, Collection, Site

from ..conf import settings
from ..models import Client, Gallery, SelectionList, WatermarkPreset
from ..permissions import gallery_policy, may, watermark_preset_policy
from ..proofing.lists import LABELS
from ..proofing.portfolio import IndexKind
from .client_fields import (
    ClientNameInput,
    KnownClientField,
    NewClientForm,
    TickedClientsField,
    choosable_clients,
)
from .creation import (
    LIKE_THE_LAST_ONE,
    create_gallery,
    index_pages_for,
    last_gallery_of,
    may_make_first_index,
)
from .watermark_presets import take_preset

NEW_INDEX = "new"
# Pages of other kinds, which hold galleries as well, come between them.
INDEX_RANKS = {IndexKind.CLIENT_AREA: 0, IndexKind.PORTFOLIO: 2}
# The photos to edit are always chosen for.
# What clients are asked for, see and may do, and which colleagues work on it.
FIELDS_OF_WHO_SHARES = (
    *("clients", "due_date", "minimum", "included", "maximum", "extras_words", "lists"),
    *("shows_before_after", "asks_for_consent", "collection", "client_name", "client_email"),
)
FURTHER_LISTS = [name for name in SelectionList.values if name != SelectionList.TO_EDIT]


class BrowserDateInput(DateInput):
    input_type = "date"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class CollectionField(forms.ModelChoiceField):
    def label_from_instance(self, collection: Collection) -> str:
        return collection.get_indented_name(html=False)


class IndexPageField(forms.ChoiceField):
    """The index pages a user may add to, by their title and where they are.

    The first is what is taken by whoever does not look: of this site, and where nothing is listed.
    """

    @staticmethod
    def choices_for(user, site: Site) -> list[tuple[str, str]]:
        def rank(page: AbstractPage) -> tuple[bool, int]:
            kind = getattr(page, "kind", None)
            return not page.path.startswith(site.root_page.path), INDEX_RANKS.get(kind, 1)

        choices = [
            (str(page.pk), f"{page.title} ({page.url_path.split('/', 2)[-1] or '/'})")
            for page in sorted(index_pages_for(user).specific(), key=rank)
        ]
        if not choices and may_make_first_index(user, site):
            home = site.root_page.title
            choices = [(NEW_INDEX, _("A new page “Clients” below “%(home)s”") % {"home": home})]
        return choices


class CreateGalleryForm(NewClientForm):
    """Title, client, date and preset; everything else has a default."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=255,
        help_text=gettext_lazy("What you call this shoot, for instance “Anna & Tom”."),
    )
    client = KnownClientField(Client.objects.none(), required=False)
    shoot_date = forms.DateField(
        label=gettext_lazy("Shoot date"), required=False, widget=BrowserDateInput
    )
    preset = forms.ChoiceField(label=gettext_lazy("What kind of shoot"), widget=forms.RadioSelect)
    index_page = IndexPageField(
        label=gettext_lazy("Put its page under"),
        help_text=gettext_lazy("Where your clients will find the gallery on your site."),
    )
    collection = CollectionField(
        Collection.objects.none(),
        label=gettext_lazy("Collection"),
        empty_label=None,
        help_text=gettext_lazy("Decides which of your colleagues may work on it."),
    )

    watermark = forms.ModelChoiceField(
        WatermarkPreset.objects.none(),
        label=gettext_lazy("Watermark on the proofs"),
        required=False,
        empty_label=gettext_lazy("As your studio usually does"),
    )

    def __init__(self, *args, user, site: Site, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.site = site
        presets = watermark_preset_policy.instances_user_has_permission_for(user, "choose")
        self.fields["watermark"].queryset = presets
        if not presets.exists():
            del self.fields["watermark"]
        self.fields["client"].queryset = choosable_clients(user)
        self._offer_presets()
        self._offer_places()

    def _offer_presets(self) -> None:
        choices = [(key, preset["label"]) for key, preset in settings.PRESETS.items()]
        last = last_gallery_of(self.user, self.site)
        if last:
            choices.append((LIKE_THE_LAST_ONE, _("Like the last one: %(title)s") % {"title": last}))
        self.fields["preset"].choices = choices
        self.initial.setdefault("preset", choices[0][0] if choices else "")
        self.fields["preset"].required = bool(choices)

    def _offer_places(self) -> None:
        index_pages = IndexPageField.choices_for(self.user, self.site)
        self.fields["index_page"].choices = index_pages
        if not index_pages:
            del self.fields["index_page"]
        collections = gallery_policy.collections_user_has_permission_for(self.user, "add")
        self.fields["collection"].queryset = collections
        self.only_collection = collections[0] if len(collections[:2]) == 1 else None
        if self.only_collection is not None:
            del self.fields["collection"]

    def clean(self) -> dict:
        data = super().clean()
        known, name = data.get("client"), data.get("client_name")
        if "client" in self.errors:
            # The field itself is not seen.
            self.add_error("client_name", self.errors.pop("client").as_data())
        elif known and name and known.name.casefold() != name.casefold():
            self.add_error("client_name", _("Choose a client or name a new one, not both."))
        return data

    def save(self) -> Gallery:
        """Make the gallery, its client and its page."""
        data = self.cleaned_data
        collection = self.only_collection or data.get("collection")
        index_choice = data.get("index_page", "")
        index_page = None
        if index_choice and index_choice != NEW_INDEX:
            index_page = index_pages_for(self.user).get(pk=index_choice).specific
        gallery = create_gallery(
            actor=self.user,
            title=data["title"],
            site=self.site,
            clients=self._clients(collection),
            shoot_date=data["shoot_date"],
            preset=data.get("preset", ""),
            collection=collection,
            index_page=index_page,
            makes_index=index_choice == NEW_INDEX,
        )
        if data.get("watermark"):
            take_preset(gallery, data["watermark"], actor=self.user)
        return gallery

    def _clients(self, collection: Collection | None) -> list[Client]:
        named = self.cleaned_data.get("client") or self.named_client(self.user, collection)
        return [named] if named else []


class GallerySettingsForm(NewClientForm, forms.ModelForm):
    """What may be changed about a gallery at any time; its state is not among it.

    Who may edit it without sharing it changes what no client meets: its title and its dates.
    """

    lists = forms.MultipleChoiceField(
        label=gettext_lazy("Also let clients choose for"),
        required=False,
        choices=[(name, LABELS[name]) for name in FURTHER_LISTS],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Each is a list of its own beside the photos to edit. Closing one keeps what was"
            " chosen."
        ),
    )

    class Meta:
        model = Gallery
        fields = (
            "title",
            "clients",
            "shoot_date",
            "due_date",
            "minimum",
            "included",
            "maximum",
            "extras_words",
            "edits_expected_on",
            "lists",
            "shows_before_after",
            "asks_for_consent",
            "collection",
        )
        help_texts = {
            "shows_before_after": gettext_lazy(
                "After the delivery, clients can slide between an edit and the photo as it was."
            ),
        }
        widgets = {
            "shoot_date": BrowserDateInput,
            "due_date": BrowserDateInput,
            "edits_expected_on": BrowserDateInput,
        }
        field_classes = {"collection": CollectionField, "clients": TickedClientsField}

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self._offer_clients()
        collections = gallery_policy.collections_user_has_permission_for(user, "add")
        offered = collections | Collection.objects.filter(pk=self.instance.collection_id)
        self.fields["collection"].queryset = offered
        if len(offered[:2]) < 2:
            del self.fields["collection"]
        if not may(user, "share", self.instance):
            for name in FIELDS_OF_WHO_SHARES:
                self.fields.pop(name, None)

    def _offer_clients(self) -> None:
        """Clients that a colleague has put here stay, also where this user may not choose them."""
        known = [client.pk for client in self.instance.clients.all()]
        offered = Client.objects.filter(
            Q(pk__in=choosable_clients(self.user).values("pk")) | Q(pk__in=known)
        )
        ticks = self.fields["clients"].widget
        ticked = ticks.value_from_datadict(self.data, self.files, "clients") or []
        keys = {*known, *(int(key) for key in ticked if key.isascii() and key.isdecimal())}
        self.fields["clients"].queryset = offered
        self.fields["clients"].show(offered.filter(pk__in=keys))
        name = self.fields["client_name"]
        name.label = gettext_lazy("Add a client")
        name.widget = ClientNameInput(ticks="clients")

    def clean(self) -> dict:
        data = super().clean()
        maximum = data.get("maximum")
        for name in ("minimum", "included"):
            if maximum is not None and (data.get(name) or 0) > maximum:
                self.add_error(name, _("This is more than “at most”."))
        return data
