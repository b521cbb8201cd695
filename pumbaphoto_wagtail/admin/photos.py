"""The Photos tab: where photos are dropped, and the grid of those that are there.

What is in the page is what there is without JavaScript: one page of photos with boxes to tick. The
grid's script takes its place and asks :mod:`photo_feed` for the rest.
"""

from __future__ import annotations

from django.core.paginator import Page
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.paginator import WagtailPaginator

from ..intake.clocks import has_several_cameras
from ..models import Purpose, State
from .addresses import gallery_url
from .figures import troubled_uploads
from .photo_bar import acts_offered
from .photo_feed import PAGE_SIZE, Places, news
from .photo_filters import ALL, DELETED, NO_SECTION, REFUSED, PhotoList, Wanted, count_each, filters
from .photo_orders import ORDERS
from .photo_tiles import Tile
from .picking import libraries_for
from .rooms import GalleryView
from .showing import waiting_to_be_shown
from .uploading import uploader_context

# Refused files of one page.
FILES_PER_PAGE = 200


class PhotosView(GalleryView):
    """Upload, look at what is there, and choose what to do with it."""

    tab = "photos"
    template_name = "pumbaphoto_wagtail/admin/photos.html"

    @cached_property
    def wanted(self) -> Wanted:
        return Wanted.read(self.request.GET.dict())

    @cached_property
    def photo_list(self) -> PhotoList:
        return PhotoList(self.gallery, self.wanted)

    @cached_property
    def places(self) -> Places:
        return Places(self.photo_list)

    @cached_property
    def shows_refused(self) -> bool:
        return self.wanted.show == REFUSED

    def get_page(self) -> Page:
        """One page of tiles, or of refused files."""
        number = self.request.GET.get("p")
        if self.shows_refused:
            rows = troubled_uploads(self.gallery).select_related("stored_file").order_by("-pk")
            return WagtailPaginator(rows, FILES_PER_PAGE).get_page(number)
        page = WagtailPaginator(self.places.keys, PAGE_SIZE).get_page(number)
        page.object_list = self.places.tiles(page.number)[1]
        return page

    def get_context_data(self, **kwargs) -> dict:
        page = self.get_page()
        may_upload = self.may("change") and self.gallery.state != State.ARCHIVED
        counts = count_each(self.photo_list, self.figures)
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            wanted=self.wanted,
            filters=[*filters(self.wanted, counts)],
            has_photos=bool(counts[ALL] or counts[DELETED] or self.wanted.narrows),
            shows_refused=self.shows_refused,
            shows_deleted=self.wanted.show == DELETED,
            sections=self.photo_list.sections,
            no_section=NO_SECTION,
            orders=ORDERS.items(),
            empty=empty_words(self.wanted, may_upload=may_upload),
            has_clocks=self.may("change") and has_several_cameras(self.gallery),
            uploader=uploader_context(self.gallery, Purpose.ORIGINAL, self.request.user)
            if may_upload
            else None,
            can_pick=may_upload and libraries_for(self.request.user).exists(),
            acts=acts_offered(self.gallery, self.request.user, self.wanted),
            grid=self.get_grid(page) if not self.shows_refused else None,
            waiting=self.get_waiting(),
            **kwargs,
        )

    def get_grid(self, page: Page) -> dict:
        """What the grid's script begins with, so that it need not ask first."""
        tiles: list[Tile] = page.object_list
        return {
            "feed": gallery_url(self.gallery, "photo_feed"),
            "act": gallery_url(self.gallery, "photo_act"),
            # The browser puts a photo's own identity behind it.
            "base": gallery_url(self.gallery, "photo_feed").removesuffix("feed/"),
            "version": self.places.version,
            "start": max(page.start_index() - 1, 0),
            "tiles": [tile.as_json() for tile in tiles],
            "words": grid_words(),
            **self.places.as_json(),
            **news(self.gallery),
        }

    def get_waiting(self) -> dict | None:
        can_show = self.may("share") and self.gallery.state != State.ARCHIVED
        count = self.figures.photos["waiting"]
        return waiting_to_be_shown(self.gallery, count) if can_show and count else None


def grid_words() -> dict[str, str]:
    """What the grid's script says, in the user's language; ``%s`` is a number."""
    return {
        "none": _("No photo selected"),
        "one": _("%s photo selected"),
        "many": _("%s photos selected"),
        "all": _("All %s photos selected"),
        "selectAll": _("Select all %s"),
        "offline": _("The server did not answer. Nothing was changed, as far as is known."),
        "forbidden": _("You may not do this any more. Nothing was changed."),
        "login": _("You are logged out. Log in again in another tab, then try once more."),
        "trouble": _("The photos could not be fetched. They are asked for again."),
    }


def empty_words(wanted: Wanted, *, may_upload: bool) -> tuple[str, str]:
    """What stands where no photo is like that: what it is, and how one comes there."""
    if wanted.narrows:
        return _("No photo is like that here."), _("Look for another name or in all sections.")
    if wanted.show == ALL:
        how = _("Drop photos or whole folders on this page. Folders become sections.")
        return _("There are no photos in this gallery yet."), how if may_upload else ""
    return EMPTY[wanted.show]()


EMPTY = {
    "selected": lambda: (
        _("Nobody has picked a photo yet."),
        _("Hearts of everyone whose selection counts show up here as they are given."),
    ),
    "noted": lambda: (
        _("There are no notes yet."),
        _("What your clients write about single photos stands here."),
    ),
    "missing": lambda: (
        _("Every selected photo has an edit."),
        _("Photos that are selected and wait for their edit stand here."),
    ),
    "waiting": lambda: (
        _("Everything is shown."),
        _("Photos that come after you shared the gallery wait here until you show them."),
    ),
    "hidden": lambda: (
        _("No photo is hidden."),
        _("Hidden photos stay in the gallery, and nobody but you sees them."),
    ),
    "couple": lambda: (
        _("No photo is for the couple only."),
        _("Such photos are left out of links for family and friends."),
    ),
    "ruled": lambda: (
        _("No photo has a rule of its own."),
        _("Select photos and choose “Who may see them” to make an exception."),
    ),
    DELETED: lambda: (
        _("Nothing was deleted lately."),
        _("Deleted photos stay here for a while, and can be brought back."),
    ),
    REFUSED: lambda: (_("Nothing was refused."), ""),
}
