"""Which photos of a gallery are looked at: a filter, a section, words of the name, and an order.

All of it stands in the address, so that a figure on another page can lead to the photos behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ..access import DECIDING
from ..delivery.selected import counting_picks
from ..models import AccessPolicy, Gallery, Photo, Section
from .figures import Figures
from .photo_orders import BY_GALLERY, ORDERS, in_order

ALL, REFUSED, DELETED = "all", "refused", "deleted"
# The filters of the grid by their name in the address. Those of `ALWAYS` are offered also where
# nothing is like that.
FILTERS = {
    ALL: _("All"),
    "selected": _("Selected"),
    "noted": _("With notes"),
    "missing": _("Without an edit"),
    "waiting": _("Not shown yet"),
    "hidden": _("Hidden"),
    "couple": _("For the couple only"),
    "ruled": _("Own access rule"),
    REFUSED: _("Refused"),
    DELETED: _("Recently deleted"),
}
ALWAYS = frozenset({ALL, "selected", "noted"})
NO_SECTION = "none"
LONGEST_QUERY = 200


def has_own_rule() -> Exists:
    """Whether a photo has an access policy of its own that decides."""
    return Exists(AccessPolicy.objects.filter(photo=OuterRef("pk"), visibility__in=DECIDING))


# What a filter means, where the photo's own row says it.
OF_A_ROW: dict[str, Callable[[], Q | Exists]] = {
    "waiting": lambda: Q(is_shown=False, is_hidden=False),
    "hidden": lambda: Q(is_hidden=True),
    "couple": lambda: Q(is_couple_only=True),
    "ruled": has_own_rule,
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked for; whatever nobody could have asked for is what is shown at first.

    ``section`` is the primary key of one as text, ``NO_SECTION``, or empty for all.
    """

    show: str = ALL
    section: str = ""
    query: str = ""
    sort: str = BY_GALLERY

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Wanted:
        """From an address, or from what a form says of one."""
        show, sort, section = (data.get(name, "") for name in ("show", "sort", "section"))
        is_section = section == NO_SECTION or (section.isascii() and section.isdecimal())
        return cls(
            show=show if show in FILTERS else ALL,
            sort=sort if sort in ORDERS else BY_GALLERY,
            section=section[:18] if is_section else "",
            query=data.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY],
        )

    @property
    def values(self) -> dict[str, str]:
        """By their names in the address, without what need not be said."""
        default = Wanted()
        said = {"show": self.show, "section": self.section, "q": self.query, "sort": self.sort}
        first = {"show": default.show, "section": "", "q": "", "sort": default.sort}
        return {name: value for name, value in said.items() if value != first[name]}

    @property
    def address(self) -> str:
        """As the query of an address: empty, or with its question mark."""
        return f"?{urlencode(self.values)}" if self.values else ""

    @property
    def narrows(self) -> bool:
        """Whether some photos are left out beside the filter."""
        return bool(self.section or self.query)

    def but(self, **changes: str) -> Wanted:
        return replace(self, **changes)


@dataclass(frozen=True)
class PhotoList:
    """The photos of a gallery that somebody asked for."""

    gallery: Gallery
    wanted: Wanted

    def photos(self) -> QuerySet[Photo]:
        """In the order that was asked for; none where refused files are asked for."""
        return in_order(self.among(self._filtered()), self.wanted.sort)

    def keys(self) -> list[int]:
        """The primary keys of all of them. One query."""
        return [*self.photos().values_list("pk", flat=True)]

    def among(self, photos: QuerySet[Photo]) -> QuerySet[Photo]:
        """Of these the ones of the section and with the words that were asked for."""
        wanted = self.wanted
        if wanted.section == NO_SECTION:
            photos = photos.filter(section=None)
        elif wanted.section:
            photos = photos.filter(section=wanted.section)
        for word in wanted.query.split():
            photos = photos.filter(name__icontains=word)
        return photos

    def _filtered(self) -> QuerySet[Photo]:
        show, kept = self.wanted.show, self.gallery.photos.kept()
        if show == DELETED:
            return self.gallery.photos.filter(deleted_at__isnull=False)
        if show == REFUSED:
            return kept.none()
        if show in OF_A_ROW:
            return kept.filter(OF_A_ROW[show]())
        if show == "missing":
            return Figures(self.gallery).photos_without_edit()
        if show in ("selected", "noted"):
            is_like = Q(is_favourite=True) if show == "selected" else ~Q(note="")
            picks = counting_picks(self.gallery).filter(is_like)
            return kept.filter(pk__in=picks.values("photo"))
        return kept

    @cached_property
    def sections(self) -> list[Section]:
        return [*self.gallery.sections.order_by("position", "pk")]


def count_each(photo_list: PhotoList, figures: Figures) -> dict[str, int]:
    """How many there are under each filter, within the section and the words asked for.

    A fixed number of queries. Refused files belong to no section and are counted as they are.
    """
    everything = photo_list.among(photo_list.gallery.photos.all())
    kept = Q(deleted_at__isnull=True)
    counts = everything.aggregate(
        all=Count("pk", filter=kept),
        deleted=Count("pk", filter=~kept),
        **{name: Count("pk", filter=kept & Q(meaning())) for name, meaning in OF_A_ROW.items()},
    )
    picks, missing = counting_picks(photo_list.gallery), figures.photos_without_edit()
    if photo_list.wanted.narrows:
        picks = picks.filter(photo__in=everything.values("pk"))
        missing = photo_list.among(missing)
    counts |= picks.aggregate(
        selected=Count("photo", filter=Q(is_favourite=True), distinct=True),
        noted=Count("photo", filter=~Q(note=""), distinct=True),
    )
    # Before the first edit each of them is without one, which tells nobody anything.
    counts["missing"] = missing.order_by().count() if figures.edits["all"] else 0
    return {**counts, REFUSED: figures.troubles}


def filters(wanted: Wanted, counts: Mapping[str, int]) -> Iterable[dict]:
    """What the row of filters offers: name, words, amount, address, and which one holds now."""
    for name, label in FILTERS.items():
        is_current = name == wanted.show
        if counts[name] or is_current or name in ALWAYS:
            yield {
                "name": name,
                "label": label,
                "count": counts[name],
                "address": wanted.but(show=name).address or "?",
                "is_current": is_current,
            }
