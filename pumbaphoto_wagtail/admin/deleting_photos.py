"""Deleting photographs in words: what is told before and after, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..intake import deleting, purging
from ..models import Gallery, Photo
from .undoing import Outcome, in_words, make_token, sentences, taken_back


def delete(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Delete photographs; those that were delivered or have an edit stay."""
    done = deleting.delete_photos(gallery, photos, actor=actor)
    stayed = (_delivered_in_words(done.delivered), _edited_in_words(done.edited))
    if not done.keys:
        message = sentences(*stayed) or _("These photos are deleted already.")
        return Outcome(changed=0, message=message)
    words = ngettext(
        "%(count)d photo is deleted. Until %(day)s it can be brought back.",
        "%(count)d photos are deleted. Until %(day)s they can be brought back.",
        len(done.keys),
    ) % {"count": len(done.keys), "day": last_day(done.at)}
    return Outcome(
        changed=len(done.keys),
        message=sentences(words, *stayed),
        # All photos of one act have its moment, so the token is short whatever their number.
        undo=make_token(gallery, "delete", done.at.isoformat()),
    )


def bring_back(
    gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]
) -> Outcome:
    """Bring deleted photographs back as they were."""
    count = deleting.bring_back(gallery, photos, actor=actor)
    words = ngettext("%(count)d photo is back.", "%(count)d photos are back.", count)
    return Outcome(changed=count, message=words % {"count": count})


def undo(gallery: Gallery, moment: str, actor) -> Outcome:
    photos = Photo.objects.filter(gallery=gallery, deleted_at=datetime.fromisoformat(moment))
    return taken_back(deleting.bring_back(gallery, photos, actor=actor))


def warn(gallery: Gallery, photos: QuerySet[Photo]) -> list[str]:
    """What to know before photographs are deleted: who has chosen them, and which will stay."""
    delivered = photos.filter(deleting.is_delivered()).in_order()
    edited = photos.filter(deleting.has_edit()).exclude(deleting.is_delivered()).in_order()
    keys = [*photos.order_by().values_list("pk", flat=True)]
    told = (
        _picked_in_words(deleting.count_picked(keys)),
        _delivered_in_words([*delivered.values_list("name", flat=True)]),
        _edited_in_words([*edited.values_list("name", flat=True)]),
        _("Nobody sees them from now on. Until %(day)s they can be brought back as they were.")
        % {"day": last_day(timezone.now())},
    )
    return [*filter(None, told)]


def purge(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Let deleted photographs go for good before their time."""
    wanted = photos.count()
    count = purging.purge_photos(gallery, photos, actor=actor)
    words = ngettext(
        "%(count)d photo is gone for good.", "%(count)d photos are gone for good.", count
    )
    later = _("Some are still being worked on, and go later.") if count < wanted else ""
    return Outcome(changed=count, message=sentences(words % {"count": count}, later))


def warn_of_purge(gallery: Gallery, photos: QuerySet[Photo]) -> list[str]:
    return [_("They cannot be brought back then: their files are taken from the storage.")]


def last_day(deleted_at: datetime) -> str:
    """The day until which what was deleted then can be brought back, in words."""
    return date_format(timezone.localtime(deleting.gone_at(deleted_at)), "DATE_FORMAT")


def _picked_in_words(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)d of them has a heart or a note, which goes with it.",
        "%(count)d of them have hearts or notes, which go with them.",
        count,
    ) % {"count": count}


def _delivered_in_words(names: list[str]) -> str:
    if not names:
        return ""
    return ngettext(
        "%(names)s stays: it was delivered, and clients can download it.",
        "%(names)s stay: they were delivered, and clients can download them.",
        len(names),
    ) % {"names": in_words(names)}


def _edited_in_words(names: list[str]) -> str:
    if not names:
        return ""
    return ngettext(
        "%(names)s stays: it has an edit. Take the edit from it first.",
        "%(names)s stay: they have edits. Take the edits from them first.",
        len(names),
    ) % {"names": in_words(names)}
