"""The five states of a gallery and the ways between them.

:data:`WAYS` is the whole graph. :func:`take_step` is the only code that changes a state: it
compares and sets, so that of two that ask at once one wins, and writes the history row, the log
entry and the signal in the same transaction. The acts that make a step happen (submit, deliver,
archive) live in the rooms above and add their own guard, message and queued work to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.log_actions import log

from . import published
from .exceptions import StaleState, TransitionNotAllowed
from .models import Gallery, Kind, ShareLink, State, Transition
from .signals import gallery_transitioned


@dataclass(frozen=True, kw_only=True)
class Way:
    """One legal step: ``action`` is its stable name in the log, ``label`` the button's words.

    ``permission`` is what those need who take it by its button: whoever opens or closes something
    to clients may share, whoever touches what was delivered may deliver.
    """

    from_state: State
    to_state: State
    action: str
    label: Promise
    kinds: tuple[Kind, ...] = (Kind.CHOOSE,)
    permission: str = "change"


WAYS: tuple[Way, ...] = (
    Way(
        from_state=State.ACTIVE,
        to_state=State.SUBMITTED,
        action="pumbaphoto.submit",
        label=_("Close the round"),
        permission="share",
    ),
    Way(
        from_state=State.SUBMITTED,
        to_state=State.ACTIVE,
        action="pumbaphoto.reopen",
        label=_("Reopen the selection"),
        permission="share",
    ),
    Way(
        from_state=State.SUBMITTED,
        to_state=State.EDITING,
        action="pumbaphoto.start_editing",
        label=_("Start editing"),
    ),
    Way(
        from_state=State.EDITING,
        to_state=State.ACTIVE,
        action="pumbaphoto.reopen",
        label=_("Reopen the selection"),
        permission="share",
    ),
    Way(
        from_state=State.EDITING,
        to_state=State.DELIVERED,
        action="pumbaphoto.deliver",
        label=_("Deliver"),
        permission="deliver",
    ),
    Way(
        from_state=State.ACTIVE,
        to_state=State.DELIVERED,
        action="pumbaphoto.deliver",
        label=_("Deliver"),
        kinds=(Kind.FINISHED,),
        permission="deliver",
    ),
    Way(
        from_state=State.DELIVERED,
        to_state=State.EDITING,
        action="pumbaphoto.revise",
        label=_("Revise"),
        permission="deliver",
    ),
    Way(
        from_state=State.DELIVERED,
        to_state=State.ARCHIVED,
        action="pumbaphoto.archive",
        label=pgettext_lazy("act", "Archive"),
        kinds=(Kind.CHOOSE, Kind.FINISHED),
        permission="share",
    ),
    Way(
        from_state=State.ARCHIVED,
        to_state=State.DELIVERED,
        action="pumbaphoto.restore",
        label=_("Restore"),
        kinds=(Kind.CHOOSE, Kind.FINISHED),
        permission="share",
    ),
)

# What a refused step says, by the state the gallery is in: the present state, in words.
REFUSALS: dict[State, Promise] = {
    State.ACTIVE: _("The client has not sent a selection yet."),
    State.SUBMITTED: _("The selection has been sent already."),
    State.EDITING: _("The photos are being edited."),
    State.DELIVERED: _("The edits have been delivered already."),
    State.ARCHIVED: _("This gallery is archived."),
}


def ways_from(state: str, kind: str) -> list[Way]:
    """The steps that lead on from a state."""
    return [way for way in WAYS if way.from_state == state and kind in way.kinds]


def find_way(from_state: str, to_state: str, kind: str) -> Way:
    """The step between two states. Raises TransitionNotAllowed, saying where the gallery is."""
    for way in ways_from(from_state, kind):
        if way.to_state == to_state:
            return way
    raise TransitionNotAllowed(str(REFUSALS[State(from_state)]))


def lock_gallery(gallery: Gallery) -> Gallery:
    """The gallery's present row, locked until the transaction ends.

    Locks are always taken in the order gallery, selection, stored file, so that two transactions
    cannot wait for each other.
    """
    # One that is being deleted as well: who works on its files comes to an end, and is not stopped.
    return Gallery.with_deleted.select_for_update().get(pk=gallery.pk)


@transaction.atomic
def take_step(
    gallery: Gallery,
    to_state: State,
    *,
    actor=None,
    share_link: ShareLink | None = None,
    data: dict | None = None,
) -> Transition:
    """Move ``gallery`` from the state it carries to ``to_state``.

    ``gallery.state`` is what the caller believes: if the row has moved on meanwhile nothing
    happens and StaleState is raised. A step that is not in the graph raises TransitionNotAllowed.
    ``data`` goes into the log entry. On success ``gallery.state`` is the new state.
    """
    from_state = State(gallery.state)
    way = find_way(from_state, to_state, gallery.kind)
    unmoved = Gallery.objects.filter(pk=gallery.pk, state=from_state, kind=gallery.kind)
    if not unmoved.update(state=to_state):
        raise StaleState(_present_state_in_words(gallery))
    # The row is ours from here on; the round the caller read may be an older one.
    gallery.refresh_from_db(fields=["state", "round"])
    step = Transition.objects.create(
        gallery=gallery,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        share_link=share_link,
        round=gallery.round,
    )
    log(gallery, way.action, user=actor, data={"step": step.pk, **(data or {})})
    published.changed()
    transaction.on_commit(
        partial(gallery_transitioned.send_robust, sender=Gallery, gallery=gallery, transition=step)
    )
    return step


def _present_state_in_words(gallery: Gallery) -> str | None:
    present = Gallery.objects.filter(pk=gallery.pk).values_list("state", flat=True).first()
    return str(REFUSALS[State(present)]) if present else None


def start_editing(gallery: Gallery, *, actor=None) -> Transition:
    """The photographer begins, by the button or with the first edit uploaded."""
    return take_step(gallery, State.EDITING, actor=actor)


@transaction.atomic
def reopen(gallery: Gallery, *, actor) -> Transition:
    """Let the client choose again: a new round begins, what was submitted stays."""
    step = take_step(gallery, State.ACTIVE, actor=actor)
    gallery.round += 1
    gallery.save(update_fields=["round"])
    return step


def revise(gallery: Gallery, *, actor) -> Transition:
    """Work on delivered photos again; what was delivered stays downloadable."""
    return take_step(gallery, State.EDITING, actor=actor)
