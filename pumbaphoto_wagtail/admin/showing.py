"""Showing photos that came after the first share, with or without telling the clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from ..models import Gallery, Photo
from ..proofing import showing
from .rooms import GalleryView
from .undoing import Outcome

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
            messages.success(request, _shown_in_words(amount))
        return self.back_to("photos")


class ShowForm(forms.Form):
    """Whether those who hold a link get a message about it."""

    tells_clients = forms.BooleanField(
        label=gettext_lazy("Tell them by e-mail"), required=False, initial=True
    )

    def __init__(self, data=None, *, gallery: Gallery, user=None) -> None:
        super().__init__(data)
        names = names_to_tell(gallery)
        if names:
            words = _("Tell %(names)s by e-mail") % {"names": names}
            self.fields["tells_clients"].label = words
        else:
            del self.fields["tells_clients"]


def show(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Show those of ``photos`` to clients that were never shown; hidden ones stay hidden."""
    amount = showing.show_waiting(
        gallery, actor=actor, tells_clients=bool(data.get("tells_clients")), photos=photos
    )
    if not amount:
        return Outcome(changed=0, message=_("None of these photos waits to be shown."))
    return Outcome(changed=amount, message=_shown_in_words(amount))


def names_to_tell(gallery: Gallery) -> str:
    """Who could be told of the photos that wait, in words; empty for nobody."""
    waiting = showing.waiting_photos(gallery)
    names = [link.recipient for link in showing.links_to_tell(gallery, waiting)]
    shown, others = names[:NAMES_SHOWN], names[NAMES_SHOWN:]
    if others:
        shown.append(
            ngettext("%(count)d other", "%(count)d others", len(others)) % {"count": len(others)}
        )
    return get_text_list(shown, _("and"))


def waiting_to_be_shown(gallery: Gallery, count: int) -> dict:
    """What the Photos tab says about ``count`` photos not shown yet: who could be told of them."""
    return {"count": count, "names": names_to_tell(gallery)}


def _shown_in_words(amount: int) -> str:
    words = ngettext("%(count)d photo is shown now.", "%(count)d photos are shown now.", amount)
    return words % {"count": amount}
