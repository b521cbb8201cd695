"""Showing photos that came after the first share, with or without telling the clients."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from ..models import Gallery
from ..proofing import showing
from .rooms import GalleryView

NAMES_SHOWN = 3


class ShowPhotosView(GalleryView):
    """``POST`` shows what waits; with ``tell`` the holders of links get a message."""

    http_method_names = ("post",)
    post_permission_required = "share"
    tab = "photos"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        amount = showing.show_waiting(
            self.gallery, actor=request.user, tells_clients="tell" in request.POST
        )
        if amount:
            words = ngettext(
                "%(count)d photo is shown now.", "%(count)d photos are shown now.", amount
            )
            messages.success(request, words % {"count": amount})
        return self.back_to("photos")


def waiting_to_be_shown(gallery: Gallery, count: int) -> dict:
    """What the Photos tab says about ``count`` photos not shown yet: who could be told of them."""
    waiting = showing.waiting_photos(gallery)
    names = [link.recipient for link in showing.links_to_tell(gallery, waiting)]
    shown, others = names[:NAMES_SHOWN], names[NAMES_SHOWN:]
    if others:
        shown.append(
            ngettext("%(count)d other", "%(count)d others", len(others)) % {"count": len(others)}
        )
    return {"count": count, "names": get_text_list(shown, _("and"))}
