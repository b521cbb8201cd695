"""The lists a client chooses for, and the round that each of them is in.

Every gallery that is chosen from has the photos to edit; the photographer may open others for the
album or for prints. Limits, due date and the gallery's states belong to the photos to edit alone.
The others can be chosen until the gallery is archived, and count their rounds by themselves.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from ..exceptions import TransitionNotAllowed
from ..models import Gallery, Kind, Pick, Selection, SelectionList, ShareLink, State
from ..workflow import REFUSALS, lock_gallery

# What the switch says: what the photos are chosen for.
LABELS = {
    SelectionList.TO_EDIT: _("For editing"),
    SelectionList.ALBUM: _("Album"),
    SelectionList.PRINTS: _("Prints"),
}


def lists_of(link: ShareLink, gallery: Gallery) -> list[SelectionList]:
    """What the holder of a link chooses for, in order. With one list they never see the word."""
    opened = [
        each
        for each in SelectionList
        if (gallery.kind == Kind.CHOOSE if each == SelectionList.TO_EDIT else each in gallery.lists)
    ]
    return [each for each in opened if link.list in ("", each)]


def own_list(link: ShareLink) -> str:
    """The list that a link is for when nothing else is said."""
    return link.list or SelectionList.TO_EDIT


def wanted_list(link: ShareLink, gallery: Gallery, wanted: str) -> str:
    """The list an address asks for, if the link has it; otherwise the first it has."""
    lists = lists_of(link, gallery)
    if wanted in lists:
        return wanted
    return next(iter(lists), own_list(link))


def read_list(wanted: object, link: ShareLink) -> str:
    """The list that a request names, or the link's own. Raises ValidationError for no list."""
    if wanted in (None, ""):
        return own_list(link)
    if wanted not in SelectionList.values:
        raise ValidationError(_("This request could not be understood."))
    return str(wanted)


def is_for_editing(list_name: str) -> bool:
    """Whether a list is the one that moves the gallery and has its limits."""
    return list_name == SelectionList.TO_EDIT


def refusal(gallery: Gallery, list_name: str) -> str:
    """Why nothing can be chosen for a list in the gallery's present state; empty if it can."""
    is_closed = (
        gallery.state != State.ACTIVE
        if is_for_editing(list_name)
        else gallery.state == State.ARCHIVED
    )
    return str(REFUSALS[State(gallery.state)]) if is_closed else ""


def selection_of(link: ShareLink, gallery: Gallery, list_name: str = "") -> Selection | None:
    """The link's selection of the present round of a list, if it has begun one."""
    list_name = list_name or own_list(link)
    found = link.selections.filter(list=list_name)
    if is_for_editing(list_name):
        found = found.filter(round=gallery.round)
    return found.order_by("-round").first()


def selection_before(link: ShareLink, list_name: str, round_number: int) -> Selection | None:
    """The link's last selection of an earlier round, which a further round starts from."""
    earlier = link.selections.filter(list=list_name, round__lt=round_number)
    return earlier.order_by("-round").first()


def round_of(gallery: Gallery, selection: Selection | None, list_name: str) -> int:
    """The round a list is in; ``selection`` is the present one, if there is one."""
    if is_for_editing(list_name):
        return gallery.round
    return selection.round if selection else 1


def begin_round(link: ShareLink, list_name: str, round_number: int) -> Selection:
    """A new selection, as a copy of the round before. The caller holds the gallery's lock."""
    before = selection_before(link, list_name, round_number)
    selection = Selection.objects.create(share_link=link, list=list_name, round=round_number)
    if before is not None:
        Pick.objects.bulk_create(
            Pick(
                selection=selection,
                photo_id=pick.photo_id,
                is_favourite=pick.is_favourite,
                note=pick.note,
                picked_at=pick.picked_at,
            )
            for pick in before.picks.order_by("pk")
        )
    return selection


@transaction.atomic
def reopen_list(selection: Selection, *, actor) -> Selection:
    """Let a client choose again for a further list: the next round, as a copy.

    What was sent stays. Raises TransitionNotAllowed for the photos to edit, which the gallery's
    own reopening is for, for what was not sent, and for what has been reopened already.
    """
    gallery = lock_gallery(selection.share_link.gallery)
    selection = Selection.objects.select_related("share_link").get(pk=selection.pk)
    link = selection.share_link
    if is_for_editing(selection.list):
        raise TransitionNotAllowed(_("The photos to edit are reopened with their gallery."))
    if not selection.is_submitted or selection_of(link, gallery, selection.list) != selection:
        raise TransitionNotAllowed(_("This list is open already."))
    opened = begin_round(link, selection.list, selection.round + 1)
    log(
        gallery,
        "pumbaphoto.reopen_list",
        user=actor,
        data={"recipient": link.recipient, "list": selection.list, "round": opened.round},
    )
    return opened
