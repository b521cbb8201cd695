"""All edits of one photo beside each other: which variant and version each is, and which goes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from ..delivery import edit_markers, edits
from ..delivery.selected import STANDING_STATUSES
from ..exceptions import DecidedMeanwhile, PumbaphotoError
from ..models import Edit, Photo, State
from .rooms import GalleryView
from .thumbnails import give_edit_pictures, give_pictures

OWN = edit_markers.OWN
VARIANT_LABELS = {
    edit_markers.MAIN: gettext_lazy("The edit itself"),
    edit_markers.BLACK_AND_WHITE: gettext_lazy("Black and white"),
    edit_markers.SOCIAL_CROP: gettext_lazy("Social crop"),
    edit_markers.WEB: gettext_lazy("For the web"),
    OWN: gettext_lazy("Own words"),
}


def variant_words(variant: str) -> str:
    """A variant as people read it: "Black and white", "Social crop 4x5", "print"."""
    kind, _blank, detail = variant.partition(" ")
    if kind == OWN and detail:
        return detail
    return f"{VARIANT_LABELS.get(kind, kind)} {detail}".strip()


@dataclass(frozen=True, kw_only=True)
class VariantColumn:
    """The versions of one variant, the newest first."""

    variant: str
    versions: tuple[Edit, ...]
    going: Edit | None

    @property
    def words(self) -> str:
        return variant_words(self.variant)

    @property
    def is_chosen(self) -> bool:
        """Whether the one that goes was chosen, and does not go as the newest."""
        return self.going is not None and self.going.is_chosen


class PhotoEditsView(GalleryView):
    """The edits of a photo by variant and version; ``POST`` changes one of them."""

    tab = "edits"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/photo_edits.html"
    notice = ""

    @cached_property
    def photo(self) -> Photo:
        photos = self.gallery.photos.kept().select_related("picture", "section")
        return get_object_or_404(photos, uuid=self.kwargs["photo_uuid"])

    def get_edits(self) -> list[Edit]:
        found = self.photo.edits.select_related("stored_file").order_by("-version", "-pk")
        return [*found]

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.POST.get("seen") != mark_of(self.get_edits()):
            raise DecidedMeanwhile(
                _("These edits have changed meanwhile. Nothing was changed now.")
            )
        edit = get_object_or_404(self.photo.edits, pk=_number(request.POST.get("edit")))
        messages.success(request, self._change(edit))
        return self.back_to("photo_edits", photo_uuid=self.photo.uuid)

    def _change(self, edit: Edit) -> str:
        """Do what was asked for; what to tell the photographer."""
        data, actor = self.request.POST, self.request.user
        act = data.get("act")
        try:
            if act == "choose":
                edits.choose_version(edit, actor=actor)
                return _("“%(edit)s” goes to the client.") % {"edit": edit}
            if act == "newest":
                edits.choose_newest(edit, actor=actor)
                return _("The newest version goes to the client again.")
            if act != "variant":
                raise Http404
            edits.set_variant(edit, _asked_variant(data), actor=actor)
        except ValidationError as error:
            raise PumbaphotoError(" ".join(error.messages)) from None
        return _("“%(edit)s” is now: %(variant)s") % {
            "edit": edit,
            "variant": variant_words(edit.variant),
        }

    def refuse(self, error: PumbaphotoError) -> HttpResponse:
        """Say why it was not done, beside the edits as they are now."""
        self.notice = str(error)
        return self.render_to_response(self.get_context_data(), status=409)

    def get_context_data(self, **kwargs) -> dict:
        found = self.get_edits()
        give_edit_pictures(found)
        give_pictures([self.photo])
        for edit in found:
            kind, _blank, edit.own_words = edit.variant.partition(" ")
            edit.kind = kind
        return super().get_context_data(
            photo=self.photo,
            columns=columns_of(found),
            amount=len(found),
            variants=VARIANT_LABELS.items(),
            own=OWN,
            seen=mark_of(found),
            notice=self.notice,
            may_decide=self.gallery.state != State.ARCHIVED,
            **kwargs,
        )


def columns_of(found: list[Edit]) -> list[VariantColumn]:
    """One column for each variant, the main one first; ``found`` are the newest versions first."""
    names = sorted({edit.variant for edit in found}, key=lambda name: (name != "main", name))
    return [
        VariantColumn(variant=name, versions=versions, going=going(versions))
        for name in names
        if (versions := tuple(edit for edit in found if edit.variant == name))
    ]


def going(versions: tuple[Edit, ...]) -> Edit | None:
    """The version that goes to the client: the chosen one, or else the newest that may go."""
    standing = [edit for edit in versions if edit.status in STANDING_STATUSES]
    chosen = (edit for edit in standing if edit.is_chosen)
    return next(chosen, next(iter(standing), None))


def mark_of(found: list[Edit]) -> str:
    """Another text as soon as any of these edits is another variant, version or choice."""
    rows = [(e.pk, e.variant, e.version, e.is_chosen, e.status) for e in found]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def _asked_variant(data) -> str:
    variant, own = data.get("variant", ""), data.get("own", "").strip()
    if variant in (edit_markers.MAIN, edit_markers.BLACK_AND_WHITE):
        return variant
    return f"{variant} {own}".strip() if variant != OWN or own else ""


def _number(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise Http404 from None
