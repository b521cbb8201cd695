"""Which photos an act is about: those that were ticked, or all of a filter but a few."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..exceptions import PumbaphotoError
from ..models import Gallery, Photo
from .photo_filters import PhotoList, Wanted


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Photos of one gallery, by their primary keys, as they were chosen on one screen.

    ``wanted`` is what that screen showed. ``data`` is what a form has to send to choose the same
    once more.
    """

    gallery: Gallery
    wanted: Wanted
    keys: tuple[int, ...]
    data: dict[str, str]

    def photos(self) -> QuerySet[Photo]:
        """The photos by their keys: what an act changes does not change what it is about."""
        return self.gallery.photos.filter(pk__in=self.keys)


def read_choice(gallery: Gallery, data: QueryDict) -> Choice:
    """The choice that was posted.

    ``of`` is the query of the screen's address. ``photo`` (one each) and ``ids`` (with commas, as
    many as a gallery has) name photos; with ``all`` it is every photo of the screen but those of
    ``except``, and ``amount`` is how many these were. Raises PumbaphotoError where it names
    nothing, or anything else than what was looked at.
    """
    wanted = Wanted.read(QueryDict(data.get("of", "").removeprefix("?")).dict())
    if data.get("all"):
        return _all_but(gallery, wanted, data)
    keys = _numbers([*data.getlist("photo"), *data.get("ids", "").split(",")])
    _require_some(keys)
    known = gallery.photos.in_bulk(keys)
    if gone := len(keys) - len(known):
        words = ngettext(
            "%(count)d of these photos is not in the gallery any more. Nothing was changed.",
            "%(count)d of these photos are not in the gallery any more. Nothing was changed.",
            gone,
        )
        raise PumbaphotoError(words % {"count": gone})
    ids = ",".join(map(str, keys))
    return Choice(
        gallery=gallery, wanted=wanted, keys=tuple(keys), data={"ids": ids, "of": wanted.address}
    )


def _all_but(gallery: Gallery, wanted: Wanted, data: QueryDict) -> Choice:
    left_out = _numbers(data.get("except", "").split(","))
    everything = PhotoList(gallery, wanted).keys()
    keys = tuple(key for key in everything if key not in {*left_out})
    amount = data.get("amount", "")
    if amount and amount != str(len(keys)):
        raise PumbaphotoError(
            _("Photos have come or gone since you chose. Nothing was changed: look once more.")
        )
    _require_some(keys)
    return Choice(
        gallery=gallery,
        wanted=wanted,
        keys=keys,
        data={
            "all": "1",
            "except": ",".join(map(str, left_out)),
            "amount": str(len(keys)),
            "of": wanted.address,
        },
    )


def _require_some(keys: Iterable[int]) -> None:
    if not keys:
        raise PumbaphotoError(_("Choose photos first. Nothing was changed."))


def _numbers(texts: Iterable[str]) -> list[int]:
    """Primary keys, each once. What is none names a photo that is not there: 0."""
    said = filter(None, (text.strip() for text in texts))
    good = (
        text if text.isascii() and text.isdecimal() and len(text) < 19 else "0" for text in said
    )
    return [*dict.fromkeys(map(int, good))]
