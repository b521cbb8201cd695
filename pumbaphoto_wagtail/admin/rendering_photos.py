"""New pictures of photographs: rendered again as they are, or turned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from ..intake import rerendering
from ..intake.deleting import chunks
from ..models import Gallery, Photo, PhotoFile
from ..permissions import galleries_for
from .undoing import Outcome, in_words, sentences

RENDER, TURN = "pumbaphoto.render_photos", "pumbaphoto.turn_photos"
RIGHT, LEFT = 90, 270


def render(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Make the pictures of photographs anew; what there is of them is shown until then."""
    keys = [*photos.order_by().values_list("pk", flat=True)]
    count = _each_chunk(keys, partial(rerendering.render_these, gallery))
    if not count:
        return Outcome(changed=0, message=_("New pictures of these photos are being made already."))
    log(gallery, RENDER, user=actor, data={"count": count})
    words = ngettext(
        "New pictures of %(count)d file are being made.",
        "New pictures of %(count)d files are being made.",
        count,
    )
    return Outcome(changed=count, message=words % {"count": count})


def turn_left(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Turn photographs by a quarter against the clock."""
    return _turn(gallery, photos, actor, LEFT)


def turn_right(
    gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]
) -> Outcome:
    """Turn photographs by a quarter with the clock."""
    return _turn(gallery, photos, actor, RIGHT)


def _turn(gallery: Gallery, photos: QuerySet[Photo], actor, degrees: int) -> Outcome:
    # One file may be shown by several galleries, and it would be turned in all of them.
    theirs = galleries_for(actor, "change").values("pk")
    files = PhotoFile.objects.filter(photo=OuterRef(OuterRef("pk"))).values("stored_file")
    foreign = PhotoFile.objects.filter(stored_file__in=files).exclude(photo__gallery__in=theirs)
    shared = photos.filter(Exists(foreign))
    names = [*shared.in_order().values_list("name", flat=True)]
    ready = photos.exclude(Exists(foreign)).with_picture().order_by()
    keys = [*ready.values_list("pk", flat=True)]
    unready = photos.count() - len(names) - len(keys)
    _each_chunk(keys, lambda chunk: rerendering.turn(gallery, chunk, degrees))
    if keys:
        log(gallery, TURN, user=actor, data={"count": len(keys)})
    told = (_turned_in_words(len(keys)), _shared_in_words(names), _unready_in_words(unready))
    return Outcome(changed=len(keys), message=sentences(*told))


def _each_chunk(photos: list[int], act: Callable[[list[int]], int]) -> int:
    """Do something to the files of photographs, RAW and picture, as they are now."""
    current = PhotoFile.objects.filter(is_current=True).order_by()
    return sum(
        act([*current.filter(photo__in=chunk).values_list("stored_file", flat=True)])
        for chunk in chunks(photos)
    )


def _turned_in_words(count: int) -> str:
    if not count:
        return _("Nothing was turned.")
    return ngettext(
        "%(count)d photo is being turned. The file itself stays as the camera made it.",
        "%(count)d photos are being turned. The files themselves stay as the camera made them.",
        count,
    ) % {"count": count}


def _shared_in_words(names: list[str]) -> str:
    if not names:
        return ""
    return ngettext(
        "%(names)s stays as it is: a gallery that is not yours shows it as well.",
        "%(names)s stay as they are: galleries that are not yours show them as well.",
        len(names),
    ) % {"names": in_words(names)}


def _unready_in_words(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)d photo has no picture yet that could be turned.",
        "%(count)d photos have no pictures yet that could be turned.",
        count,
    ) % {"count": count}
