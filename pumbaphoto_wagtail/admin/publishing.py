"""Showing delivered photos to everybody: what clients allow, where it goes, and taking it down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.images import get_image_model
from wagtail.models import Collection
from wagtail.permissions import policy_registry

from .. import access
from ..delivery import publishing
from ..models import Consent, DeliveryItem, Gallery, State
from ..permissions import galleries_for
from ..proofing import consent
from ..proofing.pictures import Pictures, file_pictures, with_renditions
from .gallery_forms import CollectionField
from .rooms import GalleryView

PHOTOS_SHOWN = 200
# For how long the Delivery tab speaks of consents that were withdrawn.
TOLD_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """A photo that clients allow to be shown: who does, since when, and where it is shown."""

    item: DeliveryItem
    pictures: Pictures | None
    names: str
    places: list[str]

    @property
    def key(self) -> int:
        return self.item.photo_id

    @property
    def name(self) -> str:
        return self.item.photo.name


def portfolio_galleries(user, gallery: Gallery) -> QuerySet[Gallery]:
    """The galleries that everybody can see, and into which this user may put photos."""
    everybodys = access.galleries_visible_to(access.Viewer())
    return (
        everybodys.filter(
            pk__in=galleries_for(user, "change") & galleries_for(user, "share"),
        )
        .exclude(pk=gallery.pk)
        .exclude(state=State.ARCHIVED)
        .order_by("title", "pk")
    )


def library_collections(user) -> QuerySet[Collection]:
    """The collections of the image library into which this user may put images."""
    policy = policy_registry.get_by_type(get_image_model())
    return policy.collections_user_has_permission_for(user, "add")


class PublishForm(forms.Form):
    """Where ticked photos are shown."""

    into = forms.ModelChoiceField(
        Gallery.objects.none(),
        label=gettext_lazy("In a gallery that everybody can see"),
        required=False,
        empty_label=gettext_lazy("In none"),
    )
    collection = CollectionField(
        Collection.objects.none(),
        label=gettext_lazy("In the image library, for pages of the site"),
        required=False,
        empty_label=gettext_lazy("Not there"),
    )
    description = forms.CharField(
        label=gettext_lazy("What they show"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "For people who cannot see them, and the title in the library. No names of clients."
        ),
    )

    def __init__(self, *args, user, gallery: Gallery, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = portfolio_galleries(user, gallery)
        self.fields["collection"].queryset = library_collections(user)
        for name in ("into", "collection"):
            if not self.fields[name].queryset.exists():
                del self.fields[name]

    @property
    def has_places(self) -> bool:
        return "into" in self.fields or "collection" in self.fields

    def clean(self) -> dict:
        data = super().clean()
        if not self.errors and not (data.get("into") or data.get("collection")):
            raise forms.ValidationError(_("Say where they are to be shown."))
        if data.get("collection") and not data.get("description", "").strip():
            self.add_error("description", _("Say what they show, for those who cannot see them."))
        return data


class PublishView(GalleryView):
    """``POST`` with ``act``: publish, take_down, or withdraw (the client said so by telephone)."""

    tab = "delivery"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/publish.html"

    @cached_property
    def form(self) -> PublishForm:
        is_sent = self.request.POST.get("act") == "publish"
        return PublishForm(
            self.request.POST if is_sent else None, user=self.request.user, gallery=self.gallery
        )

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        acts = {"publish": self.publish, "take_down": self.take_down, "withdraw": self.withdraw}
        act = acts.get(request.POST.get("act", ""))
        if act is None:
            return self.back_to("publish")
        keys = {int(text) for text in request.POST.getlist("photo") if is_key(text)}
        if not keys:
            messages.warning(request, _("Tick some photos first."))
            return self.back_to("publish")
        return act(keys)

    def publish(self, keys: set[int]) -> HttpResponse:
        if not self.form.has_places:
            raise PermissionDenied
        if not self.form.is_valid():
            messages.validation_error(self.request, _("Nothing was published."), self.form)
            return self.render_to_response(self.get_context_data(ticked=keys), status=422)
        done = publishing.publish(
            self.gallery, keys, actor=self.request.user, **self.form.cleaned_data
        )
        for words in _done_words(done):
            messages.success(self.request, words)
        if done.left_out:
            words = ngettext(
                "%(count)d photo was left out: it is not allowed to be shown, or not any more.",
                "%(count)d photos were left out: they are not allowed to be shown, or not any"
                " more.",
                done.left_out,
            )
            messages.warning(self.request, words % {"count": done.left_out})
        return self.back_to("publish")

    def take_down(self, keys: set[int]) -> HttpResponse:
        count = publishing.take_down(self.gallery, keys, actor=self.request.user)
        words = ngettext(
            "%(count)d photo is not shown any more.",
            "%(count)d photos are not shown any more.",
            count,
        )
        messages.success(self.request, words % {"count": count})
        return self.back_to("publish")

    def withdraw(self, keys: set[int]) -> HttpResponse:
        count = consent.withdraw_for(self.gallery, keys, actor=self.request.user)
        words = ngettext(
            "The consent for %(count)d photo is withdrawn, and it is shown nowhere.",
            "The consent for %(count)d photos is withdrawn, and they are shown nowhere.",
            count,
        )
        messages.success(self.request, words % {"count": count})
        return self.back_to("publish")

    def get_context_data(self, **kwargs) -> dict:
        rows = allowed_rows(self.gallery)
        kwargs.setdefault("ticked", set())
        return super().get_context_data(
            form=self.form,
            rows=rows[:PHOTOS_SHOWN],
            rows_left_out=max(0, len(rows) - PHOTOS_SHOWN),
            most=publishing.MOST_AT_ONCE,
            **kwargs,
        )


def is_key(text: str) -> bool:
    """Whether a text can be a primary key."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def allowed_rows(gallery: Gallery) -> list[Allowed]:
    """What can be published of a gallery, in its order."""
    items = publishing.publishable(gallery)
    names = _who_allows(gallery)
    places = _where_shown(gallery)
    prefetch_related_objects([*items.values()], with_renditions("stored_file"))
    order = gallery.photos.filter(pk__in=items).in_order().values_list("pk", flat=True)
    return [
        Allowed(
            item=items[key],
            pictures=file_pictures(items[key].stored_file),
            names=get_text_list(names.get(key, []), _("and")),
            places=places.get(key, []),
        )
        for key in order
    ]


def _who_allows(gallery: Gallery) -> dict[int, list[str]]:
    given = Consent.objects.filter(photo__gallery=gallery, withdrawn_at__isnull=True)
    found: dict[int, list[str]] = {}
    for photo, name in given.order_by("pk").values_list("photo", "share_link__recipient"):
        found.setdefault(photo, []).append(name)
    return found


def _where_shown(gallery: Gallery) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = publishing.standing(gallery).select_related("shown_photo__gallery")
    for row in rows.order_by("pk"):
        if row.shown_photo is not None and row.shown_photo.deleted_at is None:
            found.setdefault(row.photo_id, []).append(row.shown_photo.gallery.title)
        if row.image_id is not None:
            found.setdefault(row.photo_id, []).append(_("image library"))
    return found


def _done_words(done: publishing.Published) -> list[str]:
    sentences = []
    if done.shown:
        words = ngettext("%(count)d photo is shown.", "%(count)d photos are shown.", done.shown)
        sentences.append(words % {"count": done.shown})
    if done.images:
        words = ngettext(
            "%(count)d picture is in the image library.",
            "%(count)d pictures are in the image library.",
            done.images,
        )
        sentences.append(words % {"count": done.images})
    return sentences or ([] if done.left_out else [_("They are shown there already.")])


def about_consent(gallery: Gallery) -> dict:
    """What the Delivery tab says of consent: how many photos clients allow, how many are shown,
    and who has taken their word back lately.
    """
    lately = Consent.objects.filter(
        photo__gallery=gallery, withdrawn_at__gt=timezone.now() - TOLD_FOR
    )
    names = lately.order_by("share_link__recipient").values_list("share_link__recipient", flat=True)
    return {
        "asks": gallery.asks_for_consent,
        "allowed": publishing.allowed_photos(gallery).count(),
        "shown": publishing.standing(gallery).values("photo").distinct().count(),
        "withdrawn_by": get_text_list([*names.distinct()], _("and")),
    }
