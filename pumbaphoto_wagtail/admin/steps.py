"""Where a gallery stands and what can be done next, in the photographer's words.

:data:`workflow.WAYS` says which steps exist; here stands how each is offered: with which words,
after which question, and why it is not possible just now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import workflow
from ..conf import settings
from ..delivery import cold, keeping
from ..models import Gallery, Kind, State
from ..permissions import may
from ..proofing import submission
from .addresses import gallery_url
from .figures import Figures


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A box to tick with a question; ``name`` is the argument of ``act`` that it gives."""

    name: str
    label: Promise
    is_ticked: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Act:
    """A step the photographer takes by a button of its own.

    ``act`` does it. With a ``question`` it is asked for first, and ``consequences`` tell what
    will happen and how to undo it.
    """

    name: str
    act: Callable
    icon: str
    done: Promise
    question: Promise | None = None
    consequences: tuple[Promise, ...] = ()
    is_serious: bool = False
    choice: Choice | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A button at the top of the workspace. ``reason`` says why it cannot be pressed now."""

    label: str
    url: str
    icon: str
    is_primary: bool = False
    is_post: bool = False
    is_serious: bool = False
    reason: str = ""


ACTS: dict[str, Act] = {
    "pumbaphoto.submit": Act(
        name="close-round",
        act=submission.close_round,
        icon="lock",
        done=gettext_lazy("The round is closed. What was chosen so far is the selection."),
        question=gettext_lazy("Close the round for everybody?"),
        consequences=(
            gettext_lazy("What has been chosen so far becomes the selection, sent or not."),
            gettext_lazy("Nobody can choose any more until you reopen the selection."),
        ),
    ),
    "pumbaphoto.reopen": Act(
        name="reopen",
        act=workflow.reopen,
        icon="lock-open",
        done=gettext_lazy("Your clients can choose again."),
        question=gettext_lazy("Let your clients choose again?"),
        consequences=(
            gettext_lazy("A new round begins with a copy of what was chosen."),
            gettext_lazy("What was sent stays in the history."),
        ),
    ),
    "pumbaphoto.start_editing": Act(
        name="start-editing",
        act=workflow.start_editing,
        icon="edit",
        done=gettext_lazy("Happy editing. Upload the edits here when they are done."),
    ),
    "pumbaphoto.revise": Act(
        name="revise",
        act=workflow.revise,
        icon="resubmit",
        done=gettext_lazy("You can upload new versions now. What was delivered stays online."),
    ),
    "pumbaphoto.archive": Act(
        name="archive",
        act=cold.archive,
        icon="folder-inverse",
        done=gettext_lazy("The gallery is archived. Its files are moving to the archive."),
        question=gettext_lazy("Archive this gallery?"),
        consequences=(
            gettext_lazy("Files move to the archive, each checked on the way. Nothing is deleted."),
            gettext_lazy("Share links lead to a friendly page where one can ask for the photos."),
            gettext_lazy("You can restore the gallery whenever you like."),
        ),
        is_serious=True,
        choice=Choice(
            name="keeps_online",
            label=gettext_lazy("Keep what was delivered online, with its downloads"),
            is_ticked=lambda: settings.KEEP_DELIVERED_ONLINE,
        ),
    ),
    "pumbaphoto.restore": Act(
        name="restore",
        act=cold.restore,
        icon="folder-open-inverse",
        done=gettext_lazy("The gallery is restored. Its files are on their way back."),
        question=gettext_lazy("Restore this gallery from the archive?"),
        consequences=(
            gettext_lazy("Its files move back, each checked on the way."),
            gettext_lazy("What was delivered can be downloaded again, until the links close."),
            gettext_lazy("Who has asked for the photos gets an e-mail once they are back."),
        ),
    ),
}
ACTS_BY_NAME: dict[str, tuple[str, Act]] = {act.name: (key, act) for key, act in ACTS.items()}

NAMES_SAID = 3
NOT_THEIRS = {
    "change": gettext_lazy("Only who may edit this gallery can do this."),
    "share": gettext_lazy("Only who may share this gallery can do this."),
    "deliver": gettext_lazy("Only who may deliver this gallery can do this."),
}
# The step that leads on, where there are several.
FORWARD = {"pumbaphoto.submit", "pumbaphoto.start_editing", "pumbaphoto.deliver"}

STATE_TONES = {
    State.ACTIVE: "open",
    State.SUBMITTED: "attention",
    State.EDITING: "working",
    State.DELIVERED: "done",
    State.ARCHIVED: "stored",
}


def consequences_of(act: Act, figures: Figures) -> list[str]:
    """What taking a step does, with the names of those it takes the word from."""
    sentences = [str(sentence) for sentence in act.consequences]
    if act is ACTS["pumbaphoto.submit"] and figures.waited_for:
        names = {"names": _some_names(figures.waited_for)}
        return [_("Not sent yet: %(names)s.") % names, *sentences]
    return sentences


def presentable_state(gallery: Gallery) -> dict[str, str]:
    """The state's words and the tone of its tag."""
    return {"label": gallery.get_state_display(), "tone": STATE_TONES[State(gallery.state)]}


def steps_for(gallery: Gallery, user, figures: Figures) -> list[Step]:
    """The steps from where the gallery is, the one that leads on first.

    Who works on the gallery sees those, too, that are somebody else's to take, with the reason.
    """
    if not may(user, "change", gallery) and not may(user, "deliver", gallery):
        return []
    ways = workflow.ways_from(gallery.state, gallery.kind)
    ways.sort(key=lambda way: way.action not in FORWARD)
    steps = [
        _not_theirs(way, missing) if missing else _as_step(way, gallery, figures)
        for way, missing in [(way, lacks_for(user, way, gallery)) for way in ways]
    ]
    if gallery.state == State.ACTIVE:
        return [*_first_steps(gallery, user, figures), *steps]
    return steps


def _as_step(way: workflow.Way, gallery: Gallery, figures: Figures) -> Step:
    is_primary = way.action in FORWARD and gallery.state != State.ACTIVE
    if way.action == "pumbaphoto.deliver":
        return Step(
            label=_("Deliver…"),
            url=gallery_url(gallery, "delivery"),
            icon="mail",
            is_primary=is_primary or gallery.kind == Kind.FINISHED,
            reason=_why_not_deliver(gallery, figures),
        )
    act = ACTS[way.action]
    return Step(
        label=f"{way.label}…" if act.question else str(way.label),
        url=gallery_url(gallery, "step", step_name=act.name),
        icon=act.icon,
        is_primary=is_primary,
        is_post=act.question is None,
        is_serious=act.is_serious,
        reason=_why_not_close(figures) if way.action == "pumbaphoto.submit" else "",
    )


def lacks_for(user, way: workflow.Way, gallery: Gallery) -> str:
    """The permission that this user would need and lacks to take a step; empty if none."""
    needed = (way.permission,) if way.action == "pumbaphoto.deliver" else ("change", way.permission)
    return next((action for action in needed if not may(user, action, gallery)), "")


def _not_theirs(way: workflow.Way, missing: str) -> Step:
    """A step for which others have to be asked."""
    act = ACTS.get(way.action)
    return Step(
        label=str(way.label),
        url="",
        icon=act.icon if act else "mail",
        reason=str(NOT_THEIRS[missing]),
    )


def _first_steps(gallery: Gallery, user, figures: Figures) -> list[Step]:
    """Before anything is chosen: upload, then share."""
    if figures.links["open"] or not may(user, "share", gallery):
        return []
    url = gallery_url(gallery, "sharing")
    reason = "" if figures.photos["all"] else _("There are no photos yet.")
    return [Step(label=_("Share…"), url=url, icon="link", is_primary=True, reason=reason)]


def _why_not_close(figures: Figures) -> str:
    return "" if figures.picks["selected"] else _("Nobody has chosen anything yet.")


def _why_not_deliver(gallery: Gallery, figures: Figures) -> str:
    if gallery.kind == Kind.FINISHED:
        return "" if figures.photos["all"] else _("There are no photos yet.")
    return "" if figures.edits["all"] else _("There are no edits yet.")


def what_next(gallery: Gallery, figures: Figures) -> str:
    """One sentence: where the gallery stands, and what would move it on."""
    return _SENTENCES[State(gallery.state)](gallery, figures)


def _when_active(gallery: Gallery, figures: Figures) -> str:
    if not figures.photos["all"]:
        return _("Drop the photos of this shoot below to begin.")
    if gallery.kind == Kind.FINISHED:
        return _("Deliver when all photos are here.")
    if not figures.links["open"]:
        return _("The photos are here. Share the gallery so that your client can choose.")
    if not figures.picks["selected"]:
        return _("Shared. Nobody has chosen anything yet.")
    if gallery.round > 1 and not figures.has_begun:
        words = _("Reopened for round %(number)d. Nobody has changed anything yet.")
        return words % {"number": gallery.round}
    if not figures.submitted:
        return ngettext(
            "Your client is choosing: %(count)d photo so far.",
            "Your client is choosing: %(count)d photos so far.",
            figures.picks["selected"],
        ) % {"count": figures.picks["selected"]}
    return _when_some_have_sent(figures)


def _when_some_have_sent(figures: Figures) -> str:
    sent, waiting = figures.sent_by, figures.waited_for
    if not sent:
        return _("A suggestion was sent. The selection that counts is still open.")
    if not waiting:
        return _("Everybody has sent. Close the round to begin.")
    names = {"sent": _some_names(sent), "waiting": _some_names(waiting)}
    return _("Sent by %(sent)s, not yet by %(waiting)s: close the round or wait.") % names


def _some_names(names: list[str]) -> str:
    """The names as one would say them, a few of many."""
    shown, others = names[:NAMES_SAID], len(names) - NAMES_SAID
    if others > 0:
        shown = [
            *shown,
            ngettext("%(count)d other", "%(count)d others", others) % {"count": others},
        ]
    return get_text_list(shown, _("and"))


def _when_submitted(gallery: Gallery, figures: Figures) -> str:
    return ngettext(
        "%(count)d photo is selected. Start editing when you are ready.",
        "%(count)d photos are selected. Start editing when you are ready.",
        figures.picks["selected"],
    ) % {"count": figures.picks["selected"]}


def _when_editing(gallery: Gallery, figures: Figures) -> str:
    if figures.edits["undecided"]:
        return ngettext(
            "%(count)d edit waits for you to say which photo it belongs to.",
            "%(count)d edits wait for you to say which photos they belong to.",
            figures.edits["undecided"],
        ) % {"count": figures.edits["undecided"]}
    if figures.missing_edits:
        return ngettext(
            "%(count)d selected photo has no edit yet.",
            "%(count)d selected photos have no edit yet.",
            figures.missing_edits,
        ) % {"count": figures.missing_edits}
    return _("Every selected photo has an edit. Deliver when you are happy with them.")


def _when_delivered(gallery: Gallery, figures: Figures) -> str:
    if keeping.is_suggested(gallery):
        return _("Delivered. It may go to the archive now: see the tab “Archive”.")
    if gallery.archive_on:
        words = _("Delivered. Its archiving is announced for %(day)s.")
        return words % {"day": date_format(gallery.archive_on)}
    return _("Delivered. Archive the gallery when your client has everything.")


def _when_archived(gallery: Gallery, figures: Figures) -> str:
    return _("Safely stored. Restore the gallery to work with it again.")


_SENTENCES: dict[State, Callable[[Gallery, Figures], str]] = {
    State.ACTIVE: _when_active,
    State.SUBMITTED: _when_submitted,
    State.EDITING: _when_editing,
    State.DELIVERED: _when_delivered,
    State.ARCHIVED: _when_archived,
}
