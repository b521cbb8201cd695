"""What of galleries shows elsewhere in the admin: page explorer, home page, everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import swapper
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets.button import ListingButton

from ..conf import settings
from ..delivery import keeping, restoring
from ..models import UNDECIDED_STATUSES, Gallery, State, StoredFile, Verdict
from ..permissions import galleries_for, gallery_policy, may
from .addresses import NAMESPACE, gallery_url
from .steps import presentable_state

GALLERIES_WAITING_SHOWN = 8
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
    page = get_object_or_404(swapper.load_model("wagtailcore", "Page"), pk=page_pk).specific
    gallery = getattr(page, "gallery", None)
    if gallery is None or not may(request.user, "view", gallery):
        raise Http404
    return redirect(gallery_url(gallery))


class GalleriesWaitingPanel(Component):
    """On the home page: the galleries in which something waits for the photographer."""

    name = "pumbaphoto_galleries_waiting"
    template_name = "pumbaphoto_wagtail/admin/home_panel.html"
    order = 90

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: dict) -> dict:
        mine = galleries_for(self.request.user, "change")
        waiting = mine.annotate(
            undecided=Count("edits", filter=Q(edits__status__in=UNDECIDED_STATUSES)),
            is_asked_for=Exists(restoring.galleries_asked_for().filter(pk=OuterRef("pk"))),
            is_suggested=Exists(keeping.suggested().filter(pk=OuterRef("pk"))),
        ).filter(
            Q(state__in=[State.SUBMITTED, State.EDITING])
            | Q(undecided__gt=0) & ~Q(state=State.ARCHIVED)
            | Q(is_asked_for=True)
            | Q(is_suggested=True)
        )
        found = [*waiting.order_by("-pk")[: GALLERIES_WAITING_SHOWN + 1]]
        return {
            "rows": [_waiting_row(gallery) for gallery in found[:GALLERIES_WAITING_SHOWN]],
            "has_more": len(found) > GALLERIES_WAITING_SHOWN,
            "has_galleries": bool(found) or mine.exists(),
            "may_add": gallery_policy.user_has_permission(self.request.user, "add"),
        }


def _waiting_row(gallery: Gallery) -> dict:
    if gallery.is_asked_for:
        return _row(gallery, _("The photos are asked for"), "keeping")
    if gallery.is_suggested and not gallery.undecided:
        return _row(gallery, _("It may go to the archive"), "keeping")
    if gallery.undecided:
        words = ngettext(
            "%(count)d edit to decide", "%(count)d edits to decide", gallery.undecided
        ) % {"count": gallery.undecided}
        return _row(gallery, words, "edits")
    if gallery.state == State.SUBMITTED:
        return _row(gallery, _("The selection is in"), "selections")
    return _row(gallery, _("Being edited"), "edits")


def _row(gallery: Gallery, words: str, tab: str) -> dict:
    return {
        "gallery": gallery,
        "words": words,
        "url": gallery_url(gallery, tab),
        "state": presentable_state(gallery),
    }


def add_waiting_panel(request: HttpRequest, panels: list) -> None:
    """Put our panel on the home page of those who have to do with galleries."""
    if gallery_policy.user_has_any_permission(request.user, ["add", "change"]):
        panels.append(GalleriesWaitingPanel(request))


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
