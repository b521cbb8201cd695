"""Hiding photographs from clients, and putting them into sections; and taking either back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.log_actions import log

from .. import published
from ..exceptions import StaleState
from ..intake.deleting import chunks, count_picked
from ..models import Gallery, Photo, Section
from ..workflow import lock_gallery
from . import arranging
from .undoing import Outcome, make_token, sentences, taken_back

HIDE, UNHIDE = "pumbaphoto.hide_photos", "pumbaphoto.unhide_photos"
INTO_SECTION = "pumbaphoto.put_into_section"


# --- Hiding --------------------------------------------------------------------------------------


def hide(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Let no client see these photographs; their hearts and notes stay."""
    keys = _set_hidden(gallery, photos, is_hidden=True, actor=actor)
    if not keys:
        return Outcome(changed=0, message=_("These photos are hidden already."))
    words = ngettext(
        "%(count)d photo is hidden from clients.",
        "%(count)d photos are hidden from clients.",
        len(keys),
    ) % {"count": len(keys)}
    return Outcome(
        changed=len(keys),
        message=sentences(words, _picked_in_words(count_picked(keys))),
        undo=make_token(gallery, "hide", keys),
    )


def unhide(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Let clients see photographs again that were hidden from them."""
    keys = _set_hidden(gallery, photos, is_hidden=False, actor=actor)
    if not keys:
        return Outcome(changed=0, message=_("None of these photos is hidden."))
    words = ngettext(
        "%(count)d photo is not hidden any more.",
        "%(count)d photos are not hidden any more.",
        len(keys),
    ) % {"count": len(keys)}
    waiting = sum(
        Photo.objects.filter(pk__in=chunk, is_shown=False).count() for chunk in chunks(keys)
    )
    return Outcome(
        changed=len(keys),
        message=sentences(words, _waiting_in_words(waiting)),
        undo=make_token(gallery, "unhide", keys),
    )


def undo_hide(gallery: Gallery, keys: list[int], actor) -> Outcome:
    return taken_back(len(_set_hidden(gallery, _of(gallery, keys), is_hidden=False, actor=actor)))


def undo_unhide(gallery: Gallery, keys: list[int], actor) -> Outcome:
    return taken_back(len(_set_hidden(gallery, _of(gallery, keys), is_hidden=True, actor=actor)))


def warn_of_picked(gallery: Gallery, photos: QuerySet[Photo]) -> list[str]:
    """That clients have chosen some of these photographs; empty if they have not."""
    picked = _picked_in_words(count_picked([*photos.order_by().values_list("pk", flat=True)]))
    return [picked] if picked else []


@transaction.atomic
def _set_hidden(gallery: Gallery, photos: QuerySet[Photo], *, is_hidden: bool, actor) -> list[int]:
    lock_gallery(gallery)
    others = photos.kept().filter(is_hidden=not is_hidden).order_by()
    keys = [*others.values_list("pk", flat=True)]
    for chunk in chunks(keys):
        Photo.objects.filter(pk__in=chunk).update(is_hidden=is_hidden)
    if keys:
        action = HIDE if is_hidden else UNHIDE
        log(gallery, action, user=actor, data={"count": len(keys)})
        published.changed(gallery.pk)
    return keys


def _picked_in_words(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)d of them has a heart or a note: it stays in the selection, and whoever chose it"
        " does not see it any more.",
        "%(count)d of them have hearts or notes: they stay in the selection, and whoever chose them"
        " does not see them any more.",
        count,
    ) % {"count": count}


def _waiting_in_words(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)d of them still waits to be shown for the first time.",
        "%(count)d of them still wait to be shown for the first time.",
        count,
    ) % {"count": count}


# --- Sections ------------------------------------------------------------------------------------


class SectionForm(forms.Form):
    """A section of the gallery, none, or a new one."""

    section = forms.ModelChoiceField(
        Section.objects.none(),
        label=gettext_lazy("Section"),
        required=False,
        empty_label=gettext_lazy("Without a section"),
    )
    new_section = forms.CharField(
        label=gettext_lazy("Or a new one"),
        required=False,
        max_length=arranging.LONGEST_TITLE,
        help_text=gettext_lazy("Its name. It comes behind the others."),
    )

    def __init__(self, data=None, *, gallery: Gallery, user=None) -> None:
        super().__init__(data)
        self.gallery = gallery
        self.fields["section"].queryset = gallery.sections.order_by("position", "pk")

    def clean(self) -> dict:
        data = super().clean()
        if data.get("section") and data.get("new_section"):
            self.add_error("new_section", _("Choose a section, or name a new one."))
        return data


@transaction.atomic
def put_into_section(
    gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]
) -> Outcome:
    """Put photographs into ``section`` (None: into none), or into one called ``new_section``.

    Raises StaleState for a section that is gone, or of another gallery.
    """
    gallery = lock_gallery(gallery)
    section = _section(gallery, data, actor)
    rows = [*photos.order_by().values_list("pk", "section")]
    before = defaultdict(list)
    for key, present in rows:
        if present != (section.pk if section else None):
            before[present].append(key)
    keys = [key for each in before.values() for key in each]
    _place(keys, section.pk if section else None)
    title = section.title if section else ""
    if not keys:
        return Outcome(changed=0, message=_("These photos are there already."))
    log(gallery, INTO_SECTION, user=actor, data={"count": len(keys), "section": title})
    what = [section.pk if section else None, [*before.items()]]
    return Outcome(
        changed=len(keys),
        message=_moved_in_words(len(keys), title),
        undo=make_token(gallery, "section", what),
    )


@transaction.atomic
def undo_section(gallery: Gallery, what: list, actor) -> Outcome:
    gallery = lock_gallery(gallery)
    put_into, before = what
    sections = {None, *gallery.sections.values_list("pk", flat=True)}
    count = 0
    for section, keys in before:
        still_there = _of(gallery, keys).kept().filter(section=put_into)
        found = [*still_there.order_by().values_list("pk", flat=True)]
        # A section that was removed meanwhile is as none.
        _place(found, section if section in sections else None)
        count += len(found)
    if count:
        log(gallery, INTO_SECTION, user=actor, data={"count": count, "section": ""})
    return taken_back(count)


def _section(gallery: Gallery, data: Mapping[str, Any], actor) -> Section | None:
    if title := data.get("new_section"):
        present = gallery.sections.filter(title=" ".join(title.split())).first()
        return present or arranging.add_section(gallery, actor=actor, title=title)
    section = data.get("section")
    if section is not None and not gallery.sections.filter(pk=section.pk).exists():
        raise StaleState(_("This section is not there any more."))
    return section


def _place(keys: Iterable[int], section: int | None) -> None:
    for chunk in chunks([*keys]):
        Photo.objects.filter(pk__in=chunk).update(section=section)


def _moved_in_words(count: int, title: str) -> str:
    if not title:
        words = ngettext(
            "%(count)d photo is without a section now.",
            "%(count)d photos are without a section now.",
            count,
        )
    else:
        words = ngettext(
            "%(count)d photo is in “%(title)s” now.",
            "%(count)d photos are in “%(title)s” now.",
            count,
        )
    return words % {"count": count, "title": title}


def _of(gallery: Gallery, keys: Iterable[int]) -> QuerySet[Photo]:
    return gallery.photos.filter(pk__in=[*keys])
