"""Picking photos from a library by hand, folder by folder, and adding them with one request.

Nothing that has not been scanned is looked into here: a file is its name, its size and its day, and
only of what a gallery has already there is a picture.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator

from ..conf import settings
from ..exceptions import NotInLibrary, PumbaphotoError, StorageOffline, TransitionNotAllowed
from ..intake.library import picking
from ..intake.library.browsing import ListedFile, Listing, list_folder
from ..intake.tiers import JPEG
from ..models import Gallery, Library, LibraryFile, Rendition, State
from ..permissions import library_policy
from ..proofing.pictures import picture_url
from ..storage import in_time
from .addresses import gallery_url
from .rooms import GalleryView

# Of one page without JavaScript; below what a form may have of fields.
FILES_PER_PAGE = 200
PATIENCE_SECONDS = 8
# The picks by which it is known where one was picking, B34.
PICKS_LOOKED_AT = 200
NAMED_REFUSALS = 3
SESSION_KEY = "pumbaphoto_picked_from"


def libraries_for(user) -> QuerySet[Library]:
    """The libraries from which this user may pick."""
    if not settings.LIBRARY_STORAGES:
        return Library.objects.none()
    return library_policy.instances_user_has_permission_for(user, "choose")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A file of a folder as it is shown. ``state`` says what became of it, where it is taken."""

    file: ListedFile
    state: str = ""
    picture: str = ""

    @property
    def is_taken(self) -> bool:
        return bool(self.state)

    @property
    def kind(self) -> str:
        return self.file.name.rpartition(".")[2].upper()[:5]

    @property
    def facts(self) -> str:
        moment = self.file.modified_at
        day = date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT") if moment else ""
        return " · ".join(filter(None, (filesizeformat(self.file.size), day)))

    def as_json(self) -> list:
        return [self.file.name, self.file.size, self.facts, self.state, self.picture]


class PickView(GalleryView):
    """GET shows a folder of a library, POST adds what was picked of it."""

    tab = "photos"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/pick.html"
    http_method_names = ("get", "head", "post")

    @cached_property
    def libraries(self) -> list[Library]:
        return [*libraries_for(self.request.user)]

    @cached_property
    def library(self) -> Library | None:
        """The one that is asked for; else the one that was picked from last."""
        asked = self._asked("library")
        wanted = [asked] if asked is not None else [*self._own_libraries(), self._remembered[0]]
        by_uuid = {str(library.uuid): library for library in self.libraries}
        found = next((by_uuid[uuid] for uuid in wanted if uuid in by_uuid), None)
        if found is None and asked is None:
            found = next(iter(self.libraries), None)
        return found

    @cached_property
    def folder(self) -> str:
        """The folder that is asked for; else the one where most of the gallery's picks lie."""
        asked = self._asked("folder")
        if asked is not None:
            return asked
        mine = usual_folder(self.gallery, self.library)
        if mine is not None:
            return mine
        uuid, folder = self._remembered
        return folder if self.library and uuid == str(self.library.uuid) else ""

    def _asked(self, name: str) -> str | None:
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        return data.get(name)

    @property
    def _remembered(self) -> tuple[str, str]:
        kept = self.request.session.get(SESSION_KEY)
        return tuple(kept) if isinstance(kept, list) and len(kept) == 2 else ("", "")

    def _remember(self) -> None:
        place = [str(self.library.uuid), self.folder]
        if [*self._remembered] != place:
            self.request.session[SESSION_KEY] = place

    def _own_libraries(self) -> list[str]:
        own = LibraryFile.objects.filter(gallery=self.gallery).order_by("-pk")
        newest = own.values_list("library__uuid", flat=True)[:1]
        return [str(uuid) for uuid in newest]

    @cached_property
    def is_closed(self) -> bool:
        return self.gallery.state == State.ARCHIVED

    def get_page_title(self) -> str:
        return _("Pick from storage")

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.get_page_title()}]

    # --- Looking ----------------------------------------------------------------------------------

    def get_context_data(self, **kwargs) -> dict:
        found: dict = {}
        if self.library is not None and not self.is_closed:
            found = self._look()
        return super().get_context_data(
            libraries=self.libraries,
            library=self.library,
            folder=self.folder if self.library else "",
            is_closed=self.is_closed,
            **found,
            **kwargs,
        )

    def _look(self) -> dict:
        try:
            listing = look_into(self.library, self.folder)
        except (PumbaphotoError, OSError) as failure:
            is_away = isinstance(failure, StorageOffline)
            return {"trouble": str(failure), "is_away": is_away, "crumbs": self._crumbs()}
        self._remember()
        files = shown_files(listing, self.gallery, self.library)
        free = sum(not one.is_taken for one in files)
        return {
            "crumbs": self._crumbs(),
            "folders": [
                {"name": one.name, "url": self._address(one.path)} for one in listing.folders
            ],
            "others": listing.others,
            "file_count": len(files),
            "free_count": free,
            "page_obj": self._page(files),
            "pick": {"files": [one.as_json() for one in files], "words": pick_words()},
        }

    def _page(self, files: list[Shown]) -> Page:
        return WagtailPaginator(files, FILES_PER_PAGE).get_page(self.request.GET.get("p"))

    def _address(self, folder: str) -> str:
        query = urlencode({"library": self.library.uuid, "folder": folder})
        return f"{gallery_url(self.gallery, 'pick')}?{query}"

    def _crumbs(self) -> list[dict]:
        """The library and the folders that lead to this one, the last without an address."""
        parts = [part for part in self.folder.split("/") if part]
        above = [
            {"name": part, "url": self._address("/".join(parts[: place + 1]))}
            for place, part in enumerate(parts)
        ]
        crumbs = [{"name": self.library.title, "url": self._address("")}, *above]
        crumbs[-1]["url"] = ""
        return crumbs

    # --- Adding -----------------------------------------------------------------------------------

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.library is None:
            raise TransitionNotAllowed(_("This library is not there, or not for you."))
        paths = self._picked_paths()
        if not paths:
            messages.warning(request, _("Nothing was picked."))
            return self.render_to_response(self.get_context_data(), status=422)
        self._remember()
        # Whoever picks lists the folder once more, and that must not hang either.
        with suppress(NotInLibrary):
            look_into(self.library, self.folder)
        picked = picking.pick(self.gallery, self.library, paths, request.user)
        say_what_came(request, picked)
        return self.back_to("photos")

    def _picked_paths(self) -> list[str]:
        if "all" in self.request.POST:
            return [file.path for file in look_into(self.library, self.folder).files]
        names = self._names()
        return [f"{self.folder}/{name}" if self.folder else name for name in dict.fromkeys(names)]

    def _names(self) -> list[str]:
        """From one field, as the script sends them, since a form may have no thousands; or from
        ticked boxes.
        """
        try:
            sent = json.loads(self.request.POST.get("names") or "[]")
        except ValueError:
            sent = []
        if not isinstance(sent, list):
            sent = []
        names = [name for name in sent if isinstance(name, str)]
        return [name for name in names or self.request.POST.getlist("file") if name]


def look_into(library: Library, folder: str) -> Listing:
    """What lies in a folder, without waiting for a storage that hangs."""
    return in_time(lambda: list_folder(library, folder), PATIENCE_SECONDS)


def usual_folder(gallery: Gallery, library: Library | None) -> str | None:
    """Where most of what was picked last for the gallery lies; None if nothing was."""
    picks = LibraryFile.objects.filter(gallery=gallery, library=library, folder=None)
    paths = picks.order_by("-pk").values_list("path", flat=True)[:PICKS_LOOKED_AT]
    [(folder, _count)] = Counter(path.rpartition("/")[0] for path in paths).most_common(1) or [
        (None, 0)
    ]
    return folder


def shown_files(listing: Listing, gallery: Gallery, library: Library) -> list[Shown]:
    """A folder's files with what became of those that the gallery has, in two queries."""
    rows = taken_in(listing, gallery, library)
    pictures = grid_pictures({row.stored_file_id: row.stored_file.uuid for row in rows.values()})
    shown = []
    for file in listing.files:
        row = rows.get(file.path)
        shown.append(
            Shown(
                file=file,
                state=_state_of(row) if row else "",
                picture=pictures.get(row.stored_file_id, "") if row else "",
            )
        )
    return shown


def taken_in(listing: Listing, gallery: Gallery, library: Library) -> dict[str, LibraryFile]:
    """The rows of a folder's files that the gallery has already, by their paths."""
    below = f"{listing.path}/" if listing.path else ""
    rows = LibraryFile.objects.filter(gallery=gallery, library=library, path__startswith=below)
    # What was deleted from the gallery for good has no size any more, and can come again.
    rows = rows.filter(size__gt=0)
    kept = rows.select_related("stored_file").only(
        *("path", "photo", "stored_file__uuid", "stored_file__stage")
    )
    here = {file.path for file in listing.files}
    return {row.path: row for row in kept if row.path in here}


def _state_of(row: LibraryFile) -> str:
    if row.photo_id:
        return _("in the gallery")
    return _("taken: %(state)s") % {"state": row.stored_file.get_stage_display()}


def grid_pictures(files: dict[int, UUID]) -> dict[int, str]:
    """The addresses of small pictures that are there, by the primary keys of their files."""
    made = Rendition.objects.filter(
        stored_file__in=files, tier="grid", format=JPEG, watermark="", cleared_at=None
    )
    return {
        one.stored_file_id: picture_url("file_picture", files[one.stored_file_id], one)
        for one in made
    }


def pick_words() -> dict[str, str]:
    """What the script says; ``%s`` is a number, ``%b`` a size."""
    return {
        "none": _("No photo selected"),
        "one": _("%s photo selected, %b"),
        "many": _("%s photos selected, %b"),
        "addNone": _("Add"),
        "addOne": _("Add %s photo"),
        "addMany": _("Add %s photos"),
        "units": _("bytes KB MB GB TB"),
    }


def say_what_came(request: HttpRequest, picked: picking.Picked) -> None:
    """ "48 are being scanned, 3 were there already, 1 was refused: reason"."""
    parts = []
    if picked.taken:
        words = ngettext("%(n)d is being scanned", "%(n)d are being scanned", picked.taken)
        parts.append(words % {"n": picked.taken})
    if picked.present:
        words = ngettext("%(n)d was there already", "%(n)d were there already", picked.present)
        parts.append(words % {"n": picked.present})
    if picked.refused:
        count = len(picked.refused)
        words = ngettext("%(n)d was refused: %(why)s", "%(n)d were refused: %(why)s", count)
        parts.append(words % {"n": count, "why": _why(picked.refused.items())})
    sentence = ", ".join(parts) or _("nothing was added")
    say = messages.warning if picked.refused or not picked.taken else messages.success
    say(request, f"{sentence[:1].upper()}{sentence[1:]}")


def _why(refused: Iterable[tuple[str, str]]) -> str:
    named = [f"{path} ({reason})" for path, reason in islice(refused, NAMED_REFUSALS + 1)]
    if len(named) > NAMED_REFUSALS:
        named[NAMED_REFUSALS] = "…"
    return ", ".join(named)
