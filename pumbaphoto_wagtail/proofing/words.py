"""What a client reads: sentences a person would say, never the name of a state."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings as django_settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Site

from ..models import Gallery, Kind, Selection, State


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
    fallback = getattr(django_settings, "WAGTAIL_SITE_NAME", "")
    return (site.site_name if site else "") or fallback


def greeting(
    gallery: Gallery, selection: Selection | None, *, chosen: int, may_choose: bool
) -> Greeting:
    """The words for somebody with a link, from their own selection within the gallery's state."""
    is_sent = selection is not None and selection.is_submitted
    if gallery.state == State.ARCHIVED:
        return _archived(gallery)
    if gallery.state == State.DELIVERED:
        return Greeting(headline=_("Your photos are ready"))
    if gallery.state == State.EDITING:
        return _editing(gallery)
    if is_sent:
        return _thanks(gallery, selection, chosen)
    if gallery.state == State.SUBMITTED:
        return _chosen_already(gallery)
    if gallery.kind == Kind.FINISHED:
        return Greeting(headline=_("Your photos are almost ready"))
    return _choose(gallery) if may_choose else Greeting()


def _choose(gallery: Gallery) -> Greeting:
    sentences = [_("Tap the heart on every photo you love.")]
    if gallery.included:
        sentences.append(
            ngettext(
                "%(count)d photo is included.", "%(count)d photos are included.", gallery.included
            )
            % {"count": gallery.included}
        )
    if gallery.due_date:
        sentences.append(_due(gallery))
    return Greeting(headline=_("Choose your favourites"), sentences=tuple(sentences))


def _due(gallery: Gallery) -> str:
    name, day = photographer_name(gallery), date_format(gallery.due_date, "j F")
    if gallery.due_date < timezone.localdate():
        return _("%(name)s hoped to have your choice by %(day)s.") % {"name": name, "day": day}
    return _("%(name)s would like to have your choice by %(day)s.") % {"name": name, "day": day}


def _thanks(gallery: Gallery, selection: Selection, chosen: int) -> Greeting:
    name = photographer_name(gallery)
    moment = date_format(timezone.localtime(selection.submitted_at), "j F, H:i")
    return Greeting(
        headline=_("Thank you, %(name)s has your %(count)d") % {"name": name, "count": chosen},
        sentences=(
            _("You sent them on %(moment)s.") % {"moment": moment},
            _("%(name)s edits them now, and you will hear when they are ready.") % {"name": name},
        ),
    )


def _chosen_already(gallery: Gallery) -> Greeting:
    return Greeting(
        headline=_("%(name)s has the selection") % {"name": photographer_name(gallery)},
        sentences=(_("The choice has been made. You can still look at every photo."),),
    )


def _editing(gallery: Gallery) -> Greeting:
    name = photographer_name(gallery)
    if not gallery.edits_expected_on:
        return Greeting(headline=_("%(name)s is editing") % {"name": name})
    day = date_format(gallery.edits_expected_on, "j F")
    return Greeting(headline=_("%(name)s is editing, about %(day)s") % {"name": name, "day": day})


def _archived(gallery: Gallery) -> Greeting:
    return Greeting(
        headline=_("Safely stored"),
        sentences=(
            _("This gallery is closed, and every photo of it is kept."),
            _("Ask %(name)s if you would like to have your photos again.")
            % {"name": photographer_name(gallery)},
        ),
    )
