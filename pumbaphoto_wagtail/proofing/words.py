"""What a client reads: sentences a person would say, never the name of a state."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Site

from ..models import Gallery, Kind, LinkPurpose, Selection, ShareLink, State
from ..studio import studio_for


@dataclass(frozen=True, kw_only=True)
class Greeting:
    """What stands at the head of the page: one line, and a sentence or two that explain it."""

    headline: str = ""
    sentences: tuple[str, ...] = ()


def photographer_name(gallery: Gallery) -> str:
    """How a client speaks of the photographer: "Maria"."""
    owner = gallery.owner
    return owner.first_name or owner.get_full_name() or owner.get_username()


def studio_name(site: Site | None) -> str:
    """The name on the door."""
    return studio_for(site).name


@dataclass(frozen=True, kw_only=True)
class Onlooker:
    """Whom the words are for: who came how, what they chose, and what they can see delivered.

    ``link`` is None for the photographer's own preview and for visitors without a link.
    """

    link: ShareLink | None = None
    is_staff: bool = False
    selection: Selection | None = None
    chosen: int = 0
    has_delivered: bool = False

    @property
    def chooses(self) -> bool:
        """Whether they may choose; the preview shows the words of somebody who may."""
        return self.link.may_choose if self.link else self.is_staff

    @property
    def is_client(self) -> bool:
        """Whether the photos are their own."""
        return self.link is None or self.link.purpose == LinkPurpose.CLIENT

    @property
    def has_sent(self) -> bool:
        return self.selection is not None and self.selection.is_submitted


def greeting(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    """The words at the head of a gallery's page; none for visitors without a link.

    A client's own selection goes before the gallery's state: who has sent reads thanks while
    others still choose.
    """
    if onlooker.link is None and not onlooker.is_staff:
        return Greeting()
    if gallery.state == State.ARCHIVED:
        return archived_greeting(gallery, has_delivered=onlooker.has_delivered)
    if gallery.state == State.DELIVERED:
        return _ready(gallery, onlooker)
    if gallery.kind == Kind.FINISHED:
        return _almost_ready(gallery, onlooker)
    if gallery.state == State.EDITING:
        return _editing(gallery, onlooker)
    if onlooker.has_sent:
        return _thanks(gallery, onlooker)
    if gallery.state == State.SUBMITTED:
        return _chosen_already(gallery, onlooker)
    return _choose(gallery, onlooker) if onlooker.chooses else _look(gallery, onlooker)


def _choose(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    name = photographer_name(gallery)
    sentences = []
    if gallery.round > 1:
        sentences.append(_("%(name)s opened it again for you.") % {"name": name})
    sentences.append(_("Tap the heart on every photo you love."))
    if onlooker.link is not None and not onlooker.link.decides:
        sentences.append(_("Your hearts are suggestions: %(name)s sees them.") % {"name": name})
    elif gallery.included:
        sentences.append(
            ngettext(
                "%(count)d photo is included.", "%(count)d photos are included.", gallery.included
            )
            % {"count": gallery.included}
        )
    if gallery.due_date:
        sentences.append(due_words(gallery))
    return Greeting(headline=_("Choose your favourites"), sentences=tuple(sentences))


def due_words(gallery: Gallery) -> str:
    """Until when the choice is wished for; being late is said and locks nothing."""
    name, day = photographer_name(gallery), date_format(gallery.due_date, "j F")
    if gallery.due_date < timezone.localdate():
        return _("%(name)s hoped to have your choice by %(day)s. You can still send it.") % {
            "name": name,
            "day": day,
        }
    return _("%(name)s would like to have your choice by %(day)s.") % {"name": name, "day": day}


def _look(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    """For those who only look while others choose."""
    if onlooker.link is not None and onlooker.link.purpose == LinkPurpose.ALBUM_DESIGNER:
        return Greeting(
            headline=_("The photos for the album"),
            sentences=(_("They are still being chosen. Look in again soon."),),
        )
    return Greeting()


def _thanks(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    name = photographer_name(gallery)
    return Greeting(
        headline=ngettext(
            "Thank you, %(name)s has your %(count)d",
            "Thank you, %(name)s has your %(count)d",
            onlooker.chosen,
        )
        % {"name": name, "count": onlooker.chosen},
        sentences=(_when_sent(onlooker.selection, name), _what_now(gallery, onlooker)),
    )


def _when_sent(selection: Selection, name: str) -> str:
    moment = date_format(timezone.localtime(selection.submitted_at), "j F, H:i")
    if selection.submitted_by_id:
        words = _("%(name)s took what you had chosen on %(moment)s.")
        return words % {"name": name, "moment": moment}
    return _("You sent them on %(moment)s.") % {"moment": moment}


def _what_now(gallery: Gallery, onlooker: Onlooker) -> str:
    name = {"name": photographer_name(gallery)}
    if not onlooker.link.decides:
        return _("They are suggestions: the others decide, and %(name)s sees both.") % name
    if gallery.state == State.ACTIVE:
        return _("Others are still choosing. %(name)s begins when all have sent theirs.") % name
    if onlooker.link.email:
        return _("%(name)s edits them now, and you will hear when they are ready.") % name
    return _("%(name)s edits them now. Look in here again: they will hang here.") % name


def _chosen_already(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    if not onlooker.chooses:
        return _look(gallery, onlooker)
    return Greeting(
        headline=_("%(name)s has the selection") % {"name": photographer_name(gallery)},
        sentences=(_("The choice has been made. You can still look at every photo."),),
    )


def _editing(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    return Greeting(headline=_is_editing(gallery), sentences=_meanwhile(onlooker))


def _is_editing(gallery: Gallery) -> str:
    name, day = photographer_name(gallery), gallery.edits_expected_on
    if day is None:
        return _("%(name)s is editing") % {"name": name}
    if day < timezone.localdate():
        # A date that has passed promises nothing any more.
        return _("%(name)s is still editing") % {"name": name}
    return _("%(name)s is editing, about %(day)s") % {"name": name, "day": date_format(day, "j F")}


def _meanwhile(onlooker: Onlooker) -> tuple[str, ...]:
    if onlooker.has_delivered:
        return (_("What was ready before stays here, until there is something newer."),)
    if onlooker.link is not None and onlooker.link.email:
        return (_("You will hear when your photos are ready."),)
    return (_("The finished photos will hang here."),)


def _ready(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    if not onlooker.has_delivered:
        return Greeting(
            headline=_("%(name)s has finished") % {"name": photographer_name(gallery)},
            sentences=(_("None of the photos you can see here was among them."),),
        )
    if onlooker.link is not None and onlooker.link.purpose == LinkPurpose.ALBUM_DESIGNER:
        # Of a list it is said beside the download what is finished.
        finished = () if onlooker.link.list else (_("These are the finished ones."),)
        return Greeting(headline=_("The photos for the album"), sentences=finished)
    headline = _("Your photos are ready") if onlooker.is_client else _("The photos are ready")
    return Greeting(headline=headline, sentences=_until_when(gallery))


def _until_when(gallery: Gallery) -> tuple[str, ...]:
    """The day that was announced for archiving, as long as it is to come."""
    day = gallery.archive_on
    if day is None or day < timezone.localdate():
        return ()
    words = _("%(name)s moves them to the archive on %(day)s. Please download them before.")
    return (words % {"name": photographer_name(gallery), "day": date_format(day, "j F")},)


def _almost_ready(gallery: Gallery, onlooker: Onlooker) -> Greeting:
    """A gallery of finished photos, which nobody chooses from."""
    headline = (
        _("Your photos are almost ready")
        if onlooker.is_client
        else _("The photos are almost ready")
    )
    return Greeting(
        headline=headline,
        sentences=(
            _("%(name)s is putting the last ones in.") % {"name": photographer_name(gallery)},
        ),
    )


def archived_greeting(gallery: Gallery, *, has_delivered: bool = False) -> Greeting:
    """What stands on the page of a gallery that is closed, delivered photos still there or not."""
    name = {"name": photographer_name(gallery)}
    if gallery.keeps_delivered_online and has_delivered:
        return Greeting(
            headline=_("Safely stored"),
            sentences=(
                _("This gallery is closed, and the finished photos stay here for you."),
                _("Ask %(name)s if you would like to have the others again.") % name,
            ),
        )
    return Greeting(
        headline=_("Safely stored"),
        sentences=(
            _("This gallery is closed, and every photo of it is kept."),
            _("Ask %(name)s if you would like to have your photos again.") % name,
        ),
    )
