"""The Archive tab: where the files lie, what is on its way, and when the gallery goes there."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from ..access import valid_links
from ..conf import settings
from ..delivery import cold, cold_disks, keeping, restoring
from ..delivery.places import files_of_photo, is_cold
from ..models import FileRole, Photo, State, StoredFile
from ..storage import ORIGINALS
from .addresses import gallery_url
from .rooms import GalleryView
from .thumbnails import give_pictures

PHOTOS_SHOWN = 24
LONGEST_NAME = 255


class AnnounceForm(forms.Form):
    day = forms.DateField(
        label=gettext_lazy("Archived on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Nothing happens by itself: on that day you are asked again."),
    )


class KeepingView(GalleryView):
    """``POST`` does one of ``acts``, which the button names."""

    tab = "keeping"
    template_name = "pumbaphoto_wagtail/admin/keeping.html"

    @cached_property
    def form(self) -> AnnounceForm:
        is_bound = self.request.POST.get("act") == "announce"
        return AnnounceForm(
            self.request.POST if is_bound else None, initial={"day": self.gallery.archive_on}
        )

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        # All but fetching reach the clients.
        acts = {
            "announce": (self.announce, "share"),
            "withdraw": (self.withdraw, "share"),
            "fetch": (self.fetch, "change"),
            "keep-online": (self.keep_online, "share"),
            "take-offline": (self.take_offline, "share"),
        }
        act, needed = acts.get(request.POST.get("act", ""), (self.back, "change"))
        if not self.may(needed):
            raise PermissionDenied
        return act()

    def back(self, **query: str) -> HttpResponseRedirect:
        address = gallery_url(self.gallery, "keeping")
        return HttpResponseRedirect(f"{address}?{urlencode(query)}" if query else address)

    # --- Acts ------------------------------------------------------------------------------------

    def announce(self) -> HttpResponse:
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=400)
        try:
            count = keeping.announce(
                self.gallery, self.form.cleaned_data["day"], actor=self.request.user
            )
        except ValidationError as error:
            self.form.add_error("day", error)
            return self.render_to_response(self.get_context_data(), status=400)
        words = ngettext(
            "Announced: an e-mail goes to %(count)d recipient.",
            "Announced: an e-mail goes to %(count)d recipients.",
            count,
        )
        messages.success(self.request, words % {"count": count})
        return self.back()

    def withdraw(self) -> HttpResponse:
        keeping.withdraw(self.gallery, actor=self.request.user)
        messages.success(self.request, _("The day is taken back. Nobody is told of that."))
        return self.back()

    def fetch(self) -> HttpResponse:
        wanted = self.request.POST.get("photo", "")
        photos = self.gallery.photos.kept().select_related("gallery")
        try:
            photo = get_object_or_404(photos, uuid=wanted)
        except ValidationError:
            return self.back()
        count = cold.fetch_photo(photo, actor=self.request.user)
        if count:
            words = _("%(name)s is being fetched. It stays at hand for %(days)d days.")
            about = {"name": photo.name, "days": settings.FETCHED_DAYS}
            messages.success(self.request, words % about)
        else:
            messages.success(self.request, _("%(name)s is at hand.") % {"name": photo.name})
        return self.back(name=photo.name)

    def keep_online(self) -> HttpResponse:
        cold.keep_online(self.gallery, True, actor=self.request.user)
        messages.success(self.request, _("Your clients see what was delivered, as before."))
        return self.back()

    def take_offline(self) -> HttpResponse:
        cold.keep_online(self.gallery, False, actor=self.request.user)
        messages.success(self.request, _("Your clients see the closed page, and no photos."))
        return self.back()

    # --- What is shown ---------------------------------------------------------------------------

    def get_context_data(self, **kwargs) -> dict:
        progress = cold.cold_progress(self.gallery)
        is_archived = self.gallery.state == State.ARCHIVED
        return super().get_context_data(
            form=self.form,
            progress=progress,
            is_moving=progress.moved + progress.stuck < progress.total,
            paused=cold.why_paused(self.gallery),
            disks=cold_disks.disks_of(self.gallery),
            is_archived=is_archived,
            is_delivered=self.gallery.state == State.DELIVERED,
            is_suggested=keeping.is_suggested(self.gallery),
            asked=restoring.wishes_of(self.gallery) if is_archived else [],
            restore_days=settings.LINK_DAYS_AFTER_RESTORE,
            recipients=self._recipients(),
            name=self._wanted_name(),
            **(self._photos() if is_archived else {}),
            **kwargs,
        )

    def _wanted_name(self) -> str:
        return self.request.GET.get("name", "").replace("\0", "").strip()[:LONGEST_NAME]

    def _recipients(self) -> list[str]:
        """Who would get the e-mail about an announced day, by name."""
        links = valid_links().filter(gallery=self.gallery).exclude(email="")
        return [link.recipient for link in links]

    def _photos(self) -> dict:
        """The photos to fetch by themselves, those that were fetched first."""
        found = self.gallery.photos.kept().in_order()
        name = self._wanted_name()
        found = found.filter(Q(name__icontains=name) if name else Q(pk__in=self._fetched()))
        photos = [*found.select_related("picture")[:PHOTOS_SHOWN]]
        give_pictures(photos)
        for photo in photos:
            photo.gallery = self.gallery
            photo.lies = Lies(photo)
        return {"photos": photos, "more": max(0, found.count() - len(photos))}

    def _fetched(self) -> QuerySet:
        fetched = StoredFile.objects.filter(hot_until__isnull=False)
        return self.gallery.photos.filter(files__stored_file__in=fetched).values("pk")


class Lies:
    """Where the files of one photo lie, for its tile."""

    def __init__(self, photo: Photo) -> None:
        files = files_of_photo(photo)
        self.cold = [*files.filter(is_cold()).values_list("storage", flat=True).distinct()]
        self.is_coming = files.filter(is_cold(), hot_until__isnull=False).exists()
        self.until = files.order_by("-hot_until").values_list("hot_until", flat=True).first()
        hot = photo.files.filter(is_current=True, stored_file__storage=ORIGINALS)
        roles = {file.role for file in hot}
        self.has_raw = FileRole.RAW in roles
        self.has_picture = FileRole.PICTURE in roles
