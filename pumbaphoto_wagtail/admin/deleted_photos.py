"""Recently deleted: what can still be brought back, and until when."""

from __future__ import annotations

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator

from ..intake import deleting, purging
from ..models import Photo
from .rooms import GalleryView
from .thumbnails import give_pictures

PHOTOS_PER_PAGE = 60


class DeletedPhotosView(GalleryView):
    """``POST`` with ``photo`` (primary keys, or none for all of them) brings photos back, and with
    ``purge`` lets them go for good at once.
    """

    tab = "photos"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/deleted_photos.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if "purge" in request.POST:
            self._purge()
        else:
            self._bring_back()
        return self.back_to("deleted" if self._deleted().exists() else "photos")

    def _bring_back(self) -> None:
        count = deleting.bring_back(self.gallery, self._chosen(), actor=self.request.user)
        words = ngettext("%(count)d photo is back.", "%(count)d photos are back.", count)
        messages.success(self.request, words % {"count": count})

    def _purge(self) -> None:
        chosen = self._chosen()
        count = purging.purge_photos(self.gallery, chosen, actor=self.request.user)
        words = ngettext(
            "%(count)d photo is gone for good.", "%(count)d photos are gone for good.", count
        )
        messages.success(self.request, words % {"count": count})
        if chosen.exists():
            words = _("Some are still being worked on: they go for good later.")
            messages.warning(self.request, words)

    def _deleted(self) -> QuerySet[Photo]:
        return deleting.deleted_photos(self.gallery)

    def _chosen(self) -> QuerySet[Photo]:
        keys = [key for key in self.request.POST.getlist("photo") if key.isdecimal()]
        if "all" in self.request.POST:
            return self._deleted()
        return self._deleted().filter(pk__in=keys)

    def get_page(self) -> Page:
        photos = self._deleted().order_by("-deleted_at", "name_key", "pk")
        photos = photos.select_related("picture")
        page = WagtailPaginator(photos, PHOTOS_PER_PAGE).get_page(self.request.GET.get("p"))
        page.object_list = [*page.object_list]
        give_pictures(page.object_list)
        for photo in page.object_list:
            photo.days_left = max(0, (deleting.gone_at(photo.deleted_at) - timezone.now()).days)
        return page

    def get_context_data(self, **kwargs) -> dict:
        page = self.get_page()
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            **kwargs,
        )
