"""One photo: a larger picture, its files and versions, what the camera said, who picked it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..access import DECIDING
from ..delivery.selected import counting_picks
from ..models import AccessPolicy, LibraryFile, Photo, PhotoFile, Pick, Visibility
from ..permissions import library_policy
from .addresses import gallery_url
from .photo_filters import PhotoList, Wanted, has_own_rule
from .photo_tiles import marks_of
from .rooms import GalleryView
from .thumbnails import give_pictures
from .who_sees import names_in_words, names_nobody

# What the camera said: words and the field of the photo.
CAMERA_FACTS = (
    (gettext_lazy("Camera"), "camera"),
    (gettext_lazy("Serial number"), "serial"),
    (gettext_lazy("Lens"), "lens"),
    (gettext_lazy("Exposure"), "exposure"),
    (gettext_lazy("Folder"), "folder"),
)


class PhotoView(GalleryView):
    """A photo and, by the same filter and order as the grid, its neighbours."""

    tab = "photos"
    template_name = "pumbaphoto_wagtail/admin/photo.html"
    http_method_names = ("get", "head")

    @cached_property
    def photo(self) -> Photo:
        photos = self.gallery.photos.select_related("picture", "section")
        photos = photos.annotate(has_own_rule=has_own_rule())
        photo = get_object_or_404(photos, uuid=self.kwargs["photo_uuid"])
        photo.gallery = self.gallery
        return photo

    @cached_property
    def wanted(self) -> Wanted:
        return Wanted.read(self.request.GET.dict())

    def get_page_title(self) -> str:
        return self.photo.name

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.photo.name}]

    def get_header_title(self) -> str:
        return self.photo.name

    def get_files(self) -> QuerySet[PhotoFile]:
        files = self.photo.files.select_related("stored_file")
        return files.order_by("role", "-version")

    def get_library_files(self) -> QuerySet[LibraryFile]:
        """Where it lies in libraries that this user may know of."""
        mine = library_policy.instances_user_has_permission_for(self.request.user, "view")
        files = self.photo.library_files.filter(library__in=mine.order_by().values("pk"))
        return files.select_related("library").order_by("path")

    def get_picks(self) -> list[Pick]:
        """All that anybody has said about it, the newest round first; what counts is marked."""
        counting = {
            *counting_picks(self.gallery).filter(photo=self.photo).values_list("pk", flat=True)
        }
        picks = [
            *self.photo.picks.select_related("selection__share_link").order_by(
                "-selection__round", "selection__list", "pk"
            )
        ]
        for pick in picks:
            pick.is_counting = pick.pk in counting
        return picks

    def get_neighbours(self) -> dict:
        """Where the photo stands among those of the filter, and the addresses beside it."""
        keys = PhotoList(self.gallery, self.wanted).keys()
        if self.photo.pk not in keys:
            return {"number": 0, "amount": len(keys), "previous": "", "next": ""}
        place = keys.index(self.photo.pk)
        beside = {"previous": keys[place - 1 : place], "next": keys[place + 1 : place + 2]}
        if place == 0:
            beside["previous"] = []
        wanted = [key for found in beside.values() for key in found]
        uuids = dict(self.gallery.photos.filter(pk__in=wanted).values_list("pk", "uuid"))
        addresses = {
            name: self._address_of(uuids[found[0]]) if found else ""
            for name, found in beside.items()
        }
        return {"number": place + 1, "amount": len(keys), **addresses}

    def _address_of(self, uuid) -> str:
        return gallery_url(self.gallery, "photo", photo_uuid=uuid) + self.wanted.address

    def get_context_data(self, **kwargs) -> dict:
        give_pictures([self.photo])
        address = gallery_url(self.gallery) + self.wanted.address
        return super().get_context_data(
            photo=self.photo,
            marks=marks_of(self.photo),
            files=self.get_files(),
            library_files=self.get_library_files(),
            facts=self.get_facts(),
            picks=self.get_picks(),
            edit_count=self.photo.edits.count(),
            who_sees=who_sees_photo(self.photo),
            beside=self.get_neighbours(),
            back=f"{address}#photo-{self.photo.pk}",
            **kwargs,
        )

    def get_facts(self) -> list[tuple[str, str]]:
        said = [(label, getattr(self.photo, name)) for label, name in CAMERA_FACTS]
        return [(label, value) for label, value in said if value]


def who_sees_photo(photo: Photo) -> list[str]:
    """Who may look at a photo, in sentences."""
    if photo.deleted_at:
        return [_("Nobody: it is deleted.")]
    if photo.is_hidden:
        return [_("Nobody but you: it is hidden.")]
    if not photo.is_shown:
        return [_("Nobody but you yet: it came after you shared the gallery.")]
    policy = AccessPolicy.objects.filter(photo=photo, visibility__in=DECIDING).first()
    links = _("Whoever has a link to it can look.")
    if photo.is_couple_only:
        return [_("Only who has a link for the couple.")]
    if policy is None:
        return [_("As the gallery says.")]
    if policy.visibility == Visibility.PUBLIC:
        return [links, _("By a rule of its own: everyone who comes to the page.")]
    if policy.visibility == Visibility.UNLISTED:
        return [links, _("By a rule of its own: everyone who knows its address.")]
    if names_nobody(policy):
        return [links, _("By a rule of its own: nobody else.")]
    names = {"names": names_in_words(policy)}
    return [links, _("By a rule of its own: %(names)s, when signed in.") % names]
