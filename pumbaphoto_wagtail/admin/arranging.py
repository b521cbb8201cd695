"""Arranging a gallery's sections: names, order, which may be downloaded now, and removing one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from ..models import Gallery, LinkSection, Section
from ..workflow import lock_gallery

LONGEST_TITLE = 255
ARRANGED = "pumbaphoto.arrange_sections"


@transaction.atomic
def add_section(gallery: Gallery, *, actor, title: str) -> Section:
    """A new, empty section behind the others. Raises ValidationError for its title."""
    gallery = lock_gallery(gallery)
    title = _clean_title(title)
    _require_different([*gallery.sections.values_list("title", flat=True), title])
    last = gallery.sections.aggregate(last=Max("position"))["last"]
    section = Section.objects.create(
        gallery=gallery, title=title, position=0 if last is None else last + 1
    )
    log(gallery, ARRANGED, user=actor, data={"section": title})
    return section


@transaction.atomic
def name_sections(gallery: Gallery, titles: Mapping[int, str], *, actor) -> int:
    """Give sections other titles, by their primary keys; how many changed.

    Raises ValidationError where two would have the same one, or one would have none.
    """
    gallery = lock_gallery(gallery)
    sections = {section.pk: section for section in gallery.sections.all()}
    wanted = {key: _clean_title(title) for key, title in titles.items() if key in sections}
    changed = {key: title for key, title in wanted.items() if title != sections[key].title}
    _require_different([changed.get(key, section.title) for key, section in sections.items()])
    # Two that exchange their names would meet on the way, so each first gets one nobody has.
    for key in changed:
        Section.objects.filter(pk=key).update(title=str(uuid4()))
    for key, title in changed.items():
        Section.objects.filter(pk=key).update(title=title)
        log(gallery, ARRANGED, user=actor, data={"section": title, "before": sections[key].title})
    return len(changed)


@transaction.atomic
def move_section(section: Section, *, actor, by: int) -> bool:
    """Put a section one place forward (-1) or back (1); False at the end of the row."""
    gallery = lock_gallery(section.gallery)
    sections = [*gallery.sections.order_by("position", "pk")]
    place = sections.index(section)
    if not 0 <= place + by < len(sections):
        return False
    sections.insert(place + by, sections.pop(place))
    for position, each in enumerate(sections):
        each.position = position
    Section.objects.bulk_update(sections, ["position"])
    log(gallery, ARRANGED, user=actor, data={"section": section.title})
    return True


@transaction.atomic
def finish_sections(gallery: Gallery, finished: set[int], *, actor) -> int:
    """Say which sections may be downloaded now, by their primary keys; how many changed."""
    gallery = lock_gallery(gallery)
    changed = [
        section
        for section in gallery.sections.all()
        if section.is_finished != (section.pk in finished)
    ]
    for section in changed:
        section.is_finished = not section.is_finished
        section.save(update_fields=["is_finished"])
        action = "finish_section" if section.is_finished else "unfinish_section"
        log(gallery, f"pumbaphoto.{action}", user=actor, data={"section": section.title})
    return len(changed)


@transaction.atomic
def remove_section(section: Section, *, actor, into: Section | None) -> int:
    """Remove a section; its photos and films go ``into`` another one, or stand without one.

    How many photos were moved. Raises ValidationError where a link shows nothing but this section,
    and for a section of another gallery.
    """
    gallery = lock_gallery(section.gallery)
    if into is not None and (into.gallery_id != gallery.pk or into.pk == section.pk):
        raise ValidationError(_("Choose another section of this gallery."))
    if reason := why_it_stays(section):
        raise ValidationError(reason)
    count = gallery.photos.filter(section=section).update(section=into)
    gallery.videos.filter(section=section).update(section=into)
    section.delete()
    log(
        gallery,
        "pumbaphoto.remove_section",
        user=actor,
        data={"section": section.title, "count": count},
    )
    return count


def why_it_stays(section: Section) -> str:
    """Why a section cannot be removed: whose links are limited to it; empty if it can."""
    rows = LinkSection.objects.filter(section=section).select_related("share_link")
    names = [row.share_link.recipient for row in rows.order_by("share_link__pk")]
    if not names:
        return ""
    return _(
        "The link of %(names)s is limited to this section. Change what that link shows first,"
        " under Sharing."
    ) % {"names": get_text_list(names, _("and"))}


def _clean_title(title: str) -> str:
    title = " ".join(title.replace("\0", "").split())
    if not title:
        raise ValidationError(_("A section needs a name."))
    if len(title) > LONGEST_TITLE:
        raise ValidationError(_("This name is too long."))
    return title


def _require_different(titles: list[str]) -> None:
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if twice:
        raise ValidationError(_("Two sections would be called “%(title)s”.") % {"title": twice[0]})
