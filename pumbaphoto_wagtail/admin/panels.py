"""What of galleries shows elsewhere in the admin: page explorer, home page, everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings as django_settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import ListingButton

from ..conf import settings
from ..models import Gallery, StoredFile, Verdict, base_page_model
from ..permissions import may
from .addresses import NAMESPACE, gallery_url

# How long the answer to "is there an unscanned file?" is kept: it is asked on every admin page.
BANNER_CACHE_SECONDS = 60
BANNER_CACHE_KEY = "pumbaphoto-not-scanned"


def page_listing_buttons(page, user) -> Iterator[ListingButton]:
    """In the page explorer: from a gallery's page to its photos.

    Called for every row, so the gallery is not looked up here but behind the button's address.
    """
    if presents_a_gallery(page.specific_class) and page.permissions_for_user(user).can_edit():
        url = reverse(f"{NAMESPACE}:of_page", args=[page.pk])
        yield ListingButton(_("Photos"), url=url, icon_name="pumbaphoto-gallery", priority=20)


def presents_a_gallery(page_type: type | None) -> bool:
    """Whether pages of this type have a gallery to present."""
    fields = page_type._meta.get_fields() if page_type else ()
    return any(field.name == "gallery" and field.related_model is Gallery for field in fields)


def gallery_of_page(request: HttpRequest, page_pk: int) -> HttpResponse:
    """From a page to the workspace of the gallery that it presents."""
    page = get_object_or_404(base_page_model(), pk=page_pk).specific
    gallery = getattr(page, "gallery", None)
    if gallery is None or not may(request.user, "view", gallery):
        raise Http404
    return redirect(gallery_url(gallery))


def files_were_not_scanned() -> bool:
    """Whether this site accepts files without a virus scan, or has some that were."""
    if django_settings.DEBUG and settings.DEMO_WITHOUT_SCANNER:
        return True
    return cache.get_or_set(BANNER_CACHE_KEY, _has_unscanned_files, BANNER_CACHE_SECONDS)


def _has_unscanned_files() -> bool:
    return StoredFile.objects.filter(verdict=Verdict.NOT_SCANNED_DEMO).exists()


def demo_banner() -> str:
    """The banner of every admin page while files are not scanned, empty otherwise.

    Wagtail has no place for a banner; a template with its own ``w-teleport`` controller in the
    output of the global script hook is moved above the page's messages, without any script of ours.
    """
    if not files_were_not_scanned():
        return ""
    return render_to_string("pumbaphoto_wagtail/admin/demo_banner.html")
