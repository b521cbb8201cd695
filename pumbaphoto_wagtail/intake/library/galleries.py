"""A folder becomes a gallery: what it starts with, and the page that presents it.

An imported gallery is one of finished photos: nobody is asked to choose among what a photographer
has filed away, and its pictures carry no mark of a proof. It is listed and has no policy of its
own, so that it is as private as the pages above it say, and private where they say nothing.

Folders within folders make no pages of their own: a library's upper folders are years, clients and
disks rather than albums, would have to be published, renamed and taken away with every change on
the disk, and the index groups by year by itself. Their names stand in the title, "A > B".
"""

from __future__ import annotations

import hashlib

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Page

from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import Gallery, Kind, Library, LibraryFile, LibraryFolder
from pumbaphoto_wagtail.permissions import gallery_policy

from ..gallery_pages import gallery_page_model, make_page
from .folder_patterns import Found

MAX_TITLE_LENGTH = 255


def path_key(path: str) -> str:
    """What a path is unique by in every database."""
    return hashlib.sha256(path.encode()).hexdigest()


def require_owner(library: Library) -> None:
    """Raises PumbaphotoError where the library's photographer may not add galleries to it."""
    allowed = gallery_policy.collections_user_has_permission_for(library.owner, "add")
    if not allowed.filter(pk=library.collection_id).exists():
        raise PumbaphotoError(
            _("%(owner)s may not add galleries to the collection “%(collection)s”.")
            % {"owner": library.owner, "collection": library.collection}
        )


def why_without_page(library: Library) -> str:
    """Why new galleries get no page although one was chosen to put them below; empty if they do."""
    if library.index_page_id is None:
        return ""
    parent = _parent(library)
    if not gallery_page_model().can_create_at(parent):
        return _("No gallery's page can be put below “%(page)s”.") % {"page": parent.title}
    if not parent.permissions_for_user(library.owner).can_add_subpage():
        words = _("%(owner)s may not add pages below “%(page)s”.")
        return words % {"owner": library.owner, "page": parent.title}
    return ""


def _parent(library: Library) -> Page:
    # Anew for each: a page counts its children in memory as well.
    return library.index_page.__class__._base_manager.get(pk=library.index_page_id).specific


def mark_folders(library: Library) -> None:
    """A folder without any of its files is missing, until one is there again; its gallery stays.

    Nothing is written where that is known already.
    """
    present = LibraryFile.objects.filter(folder=OuterRef("pk"), missing_since=None)
    folders = LibraryFolder.objects.filter(library=library)
    gone = folders.filter(~Exists(present), missing_since=None)
    back = folders.filter(Exists(present), missing_since__isnull=False)
    for changed, since in ((gone, timezone.now()), (back, None)):
        if keys := [*changed.values_list("pk", flat=True)]:
            LibraryFolder.objects.filter(pk__in=keys).update(missing_since=since)


def make_gallery(library: Library, folder: str, found: Found, *, has_page: bool) -> LibraryFolder:
    """The gallery of a folder that has none in this category, its page, and the row of both."""
    gallery = Gallery.objects.create(
        title=(found.title or library.title)[:MAX_TITLE_LENGTH],
        shoot_date=found.date,
        owner=library.owner,
        site=library.site,
        collection=library.collection,
        kind=Kind.FINISHED,
        is_listed=True,
    )
    data = {"library": library.title, "folder": folder}
    log(gallery, "wagtail.create", user=library.owner, data=data)
    if has_page:
        make_page(gallery, _parent(library), library.owner)
    return LibraryFolder.objects.create(
        library=library,
        category=found.category,
        path=folder,
        path_key=path_key(folder),
        gallery=gallery,
    )
