"""What an index page shows to one visitor: albums, galleries by year, and the ways among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.core.paginator import Page as ListingPage
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail.models import Page

from .. import access
from ..models import Gallery, Photo, base_page_model
from . import links, portfolio
from .pictures import with_renditions
from .portfolio_albums import Album, album_cards
from .portfolio_cards import Listed, Shown, gallery_cards, show, with_covers
from .portfolio_search import found, found_pages, words_of
from .portfolio_ways import Way, ways_above
from .shared_with_me import PARAMETER, Narrowed, Scope, narrow


@dataclass(frozen=True, kw_only=True)
class Group:
    """Galleries of one year, one below the other; ``year`` is None for those without a date."""

    year: int | None
    has_heading: bool
    galleries: list[Listed]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of several that exclude each other."""

    label: object
    url: str
    is_present: bool


class PortfolioPage:
    """An index page for one request; each fact is asked for once, and when it is needed.

    ``year`` limits it to the galleries of one, from the whole tree below the page, as a search
    does. Without either it has the galleries that are on the page itself, beside its albums.
    """

    def __init__(self, page: Page, request: HttpRequest, year: int | None = None) -> None:
        self.page = page
        self.request = request
        self.year = year
        self.words = words_of(request) if year is None else ""
        self.url = page.get_url(request)
        self.viewer = links.viewer(request)

    # --- What there is ---------------------------------------------------------------------------

    @cached_property
    def all_galleries(self) -> QuerySet[Gallery]:
        """Whatever may be listed below, of any year and shared with whom ever."""
        return portfolio.galleries_below([self.page], self.viewer)

    @cached_property
    def _narrowed(self) -> Narrowed:
        return narrow(self.all_galleries, self.request)

    @cached_property
    def _galleries(self) -> QuerySet[Gallery]:
        galleries = self._narrowed.galleries
        if self.year is not None:
            return galleries.filter(shoot_date__year=self.year)
        if self.words:
            return found(galleries, self.page, self.words)
        return portfolio.directly_on(self.page, galleries, self.viewer)

    @cached_property
    def listing(self) -> ListingPage:
        """A page of :class:`Listed`."""
        galleries = portfolio.ordered(with_covers(self._galleries), self.page.order)
        page = Paginator(galleries, portfolio.PAGE_SIZE).get_page(self.request.GET.get("page", 1))
        page.object_list = gallery_cards(
            page.object_list,
            self.viewer,
            self.request,
            sample_size=self.page.sample_size,
            on=self.page,
        )
        return page

    @cached_property
    def groups(self) -> list[Group]:
        """The galleries of this page, by year where they follow each other by date."""
        galleries = self.listing.object_list
        if not galleries:
            return []
        if self.year is not None or self.words or self.page.order not in portfolio.BY_DATE:
            return [Group(year=None, has_heading=False, galleries=galleries)]
        by_year = groupby(galleries, key=lambda listed: listed.date and listed.date.year)
        groups = [(year, [*listed]) for year, listed in by_year]
        has_heading = any(year for year, _listed in groups)
        return [
            Group(year=year, has_heading=has_heading, galleries=listed) for year, listed in groups
        ]

    @cached_property
    def albums(self) -> list[Album]:
        """The albums on this page; of a search, those whose title has the words."""
        if self.year is not None or self.listing.number > 1:
            return []
        albums = portfolio.albums_below(self.page, self.viewer)
        albums = self._found_albums(albums) if self.words else portfolio.nearest(albums)
        cards = album_cards(
            albums, self._narrowed.galleries, self.request, sample_size=self.page.sample_size
        )
        if self.page.order == portfolio.Order.TITLE:
            return sorted(cards, key=lambda card: card.title.casefold())
        return cards

    def _found_albums(self, albums: Iterable[Page]) -> list[Page]:
        albums = {album.pk: album for album in albums}
        if not albums:
            return []
        pages = base_page_model().objects.filter(found_pages(self.page, self.words), pk__in=albums)
        return [albums[pk] for pk in pages.order_by("path").values_list("pk", flat=True)]

    @property
    def first_card(self) -> Listed | Album | None:
        """What is looked at first, and so is not to be loaded late."""
        if self.albums:
            return self.albums[0]
        return self.groups[0].galleries[0] if self.groups else None

    @property
    def is_empty(self) -> bool:
        return not (self.groups or self.albums)

    @cached_property
    def cover(self) -> Shown | None:
        """The page's own cover, at the head of it, if this viewer may see it."""
        key = self.page.cover_id
        if not key or self.year is not None or self.words or self.listing.number > 1:
            return None
        photos = Photo.objects.select_related("gallery", "picture")
        photo = photos.prefetch_related(with_renditions("picture")).filter(pk=key).first()
        if photo is None or not access.may_see_photo(self.viewer, photo, "display"):
            return None
        return show(photo, self.viewer)

    # --- Ways ------------------------------------------------------------------------------------

    @cached_property
    def above(self) -> tuple[Way, ...]:
        return ways_above(self.page, self.request)

    @cached_property
    def _years(self) -> dict[int, int]:
        return portfolio.years_of(self._narrowed.galleries)

    @cached_property
    def years(self) -> list[Choice]:
        """The years there are galleries of, the latest first; none where there is but one."""
        years = {*self._years, *([self.year] if self.year else [])}
        if len(years) < 2 and self.year is None:
            return []
        return [
            Choice(label=year, url=self.year_url(year), is_present=year == self.year)
            for year in sorted(years, reverse=True)
        ]

    @property
    def later_year(self) -> Way | None:
        later = [year for year in self._years if year > (self.year or 0)]
        return self._year_way(min(later)) if later else None

    @property
    def earlier_year(self) -> Way | None:
        earlier = [year for year in self._years if year < (self.year or 0)]
        return self._year_way(max(earlier)) if earlier else None

    def _year_way(self, year: int) -> Way:
        return Way(title=str(year), url=self.year_url(year))

    def year_url(self, year: int) -> str:
        return self.url + self.page.reverse_subpage("year", kwargs={"year": year})

    @property
    def scope(self) -> Scope | None:
        return self._narrowed.scope

    @property
    def is_shared_alone(self) -> bool:
        return self.scope == Scope.SHARED

    @property
    def scopes(self) -> list[Choice]:
        """What signed-in visitors may look at: what was shared with them, or everything."""
        if self.scope is None:
            return []
        return [
            Choice(label=one.label, url=self._scope_url(one), is_present=one == self.scope)
            for one in Scope
        ]

    @property
    def everything_url(self) -> str:
        return self._scope_url(Scope.EVERYTHING)

    def _scope_url(self, scope: Scope) -> str:
        query = self.request.GET.copy()
        query.pop("page", None)
        query[PARAMETER] = scope
        return f"{self.request.path}?{query.urlencode()}"

    @property
    def can_be_searched(self) -> bool:
        return bool(self.words or not self.is_empty)
