"""What clients ask for once they have their photos: changes, and the photos of a closed gallery."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from wagtail.admin import messages

from ..delivery import restoring
from ..models import ChangeRequest, Gallery, State
from ..proofing import changes
from .rooms import GalleryView
from .thumbnails import give_edit_pictures, give_pictures

WISHES_SHOWN = 100


class AnswerWishView(GalleryView):
    """``POST`` marks a wish as answered; the gallery stays in its state."""

    http_method_names = ("post",)
    tab = "delivery"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        changes.answer(self.gallery, kwargs["wish_pk"], actor=request.user)
        messages.success(request, _("Marked as answered."))
        return self.back_to("delivery")


def asked_of_the_photographer(gallery: Gallery) -> dict:
    """What the Delivery tab says about wishes, those without an answer first."""
    is_archived = gallery.state == State.ARCHIVED
    wishes = changes.requests_for(gallery)
    unanswered = wishes.filter(answered_at__isnull=True)
    shown = [*unanswered[:WISHES_SHOWN]]
    shown += wishes.filter(answered_at__isnull=False)[: WISHES_SHOWN - len(shown)]
    _give_pictures(shown)
    return {
        "wishes": shown,
        "wishes_left_out": wishes.count() - len(shown),
        "unanswered": unanswered.count(),
        "photos_asked": restoring.wishes_of(gallery) if is_archived else [],
    }


def _give_pictures(wishes: list[ChangeRequest]) -> None:
    """Set ``pictures`` on each wish, and ``stage``, which stands where there are none yet."""
    give_pictures([wish.photo for wish in wishes if wish.photo])
    give_edit_pictures([wish.edit for wish in wishes if wish.edit])
    for wish in wishes:
        about = wish.photo or wish.edit
        file = wish.photo.picture if wish.photo else wish.edit.stored_file
        wish.pictures, wish.stage = about.pictures, file.get_stage_display() if file else ""
