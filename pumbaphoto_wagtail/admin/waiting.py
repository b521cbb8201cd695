"""What waits for a photographer: each thing with its gallery, in words, and the way to it.

``waiting_work`` finds what the photographer has to do, ``waiting_clients`` whom they wait for. Each
kind costs one query or two, however many galleries there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Gallery
from ..permissions import galleries_for
from . import access_requests, waiting_clients, waiting_consents, waiting_work
from .addresses import gallery_url
from .reminding import MAILED_KINDS, reminded_at
from .steps import presentable_state
from .thumbnails import cover_pictures, with_covers
from .waiting_scope import Found, Scope


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way of waiting. ``act`` is what the button says that leads to ``tab``."""

    title: Promise
    icon: str
    act: Promise
    tab: str
    find: Callable[[Scope], list[Found]]
    query: str = ""
    is_trouble: bool = False


# In the order in which they are told: who waits for the photographer, what went wrong, whom the
# photographer waits for, and what has time.
KINDS: dict[str, Kind] = {
    "access": Kind(
        title=gettext_lazy("Access asked for"),
        icon="user",
        act=gettext_lazy("Let them in, or not"),
        tab="sharing",
        find=access_requests.who_asks_for_access,
    ),
    "photos_asked": Kind(
        title=gettext_lazy("Photos asked for"),
        icon="folder-open-inverse",
        act=gettext_lazy("See the archive"),
        tab="keeping",
        find=waiting_work.photos_asked_for,
    ),
    "changes": Kind(
        title=gettext_lazy("Changes asked for"),
        icon="comment",
        act=gettext_lazy("Read them"),
        tab="delivery",
        find=waiting_work.changes_asked_for,
    ),
    "consents": Kind(
        title=gettext_lazy("Consents taken back"),
        icon="no-view",
        act=gettext_lazy("See the history"),
        tab="history",
        find=waiting_consents.consents_taken_back,
    ),
    "selections": Kind(
        title=gettext_lazy("Selections are in"),
        icon="pumbaphoto-heart",
        act=gettext_lazy("See the selection"),
        tab="selections",
        find=waiting_work.selections_in,
    ),
    "edits": Kind(
        title=gettext_lazy("Edits to match"),
        icon="edit",
        act=gettext_lazy("Decide"),
        tab="edits",
        find=waiting_work.edits_to_decide,
    ),
    "same_name": Kind(
        title=gettext_lazy("Replace or keep both?"),
        icon="copy",
        act=gettext_lazy("Decide"),
        tab="photos",
        find=waiting_work.files_to_decide,
    ),
    "files": Kind(
        title=gettext_lazy("Files to look at"),
        icon="warning",
        act=gettext_lazy("See the files"),
        tab="photos",
        query="?show=refused",
        find=waiting_work.troubled_files,
        is_trouble=True,
    ),
    "mails": Kind(
        title=gettext_lazy("E-mails that could not be sent"),
        icon="mail",
        act=gettext_lazy("See the links"),
        tab="sharing",
        find=waiting_work.failed_mails,
        is_trouble=True,
    ),
    "extras": Kind(
        title=gettext_lazy("Extra photos chosen"),
        icon="plus",
        act=gettext_lazy("See the selection"),
        tab="selections",
        find=waiting_clients.who_chose_extras,
    ),
    "late": Kind(
        title=gettext_lazy("Late"),
        icon="time",
        act=gettext_lazy("See the selection"),
        tab="selections",
        find=waiting_clients.who_is_late,
    ),
    "link_ends": Kind(
        title=gettext_lazy("Links about to close"),
        icon="link",
        act=gettext_lazy("Extend"),
        tab="change_link",
        find=waiting_clients.links_about_to_close,
    ),
    "not_downloaded": Kind(
        title=gettext_lazy("Delivered, not downloaded"),
        icon="download",
        act=gettext_lazy("See the delivery"),
        tab="delivery",
        find=waiting_clients.who_has_not_downloaded,
    ),
    "not_shown": Kind(
        title=gettext_lazy("Photos not shown yet"),
        icon="no-view",
        act=gettext_lazy("See the photos"),
        tab="photos",
        find=waiting_work.photos_not_shown,
    ),
    "archive": Kind(
        title=gettext_lazy("May go to the archive"),
        icon="folder-inverse",
        act=gettext_lazy("See the archive"),
        tab="keeping",
        find=waiting_work.archiving_suggested,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One thing that waits.

    ``words`` say what, ``url`` is where it is answered. ``message_url`` shows what could be written
    to the one who is waited for, and sends it; empty where there is nothing to write or for those
    who may not share. ``reminded_at`` is when they were written to last.
    """

    kind: str
    gallery: Gallery
    words: str
    url: str
    recipient: str = ""
    link_id: int = 0
    message_url: str = ""
    can_be_mailed: bool = False
    reminded_at: datetime | None = None

    @property
    def key(self) -> str:
        """Names this thing for as long as it waits."""
        return f"{self.kind}-{self.gallery.pk}-{self.link_id}"

    @property
    def act(self) -> str:
        """What the button says that leads to ``url``; empty where writing is what is to be done."""
        kind = KINDS[self.kind]
        return "" if self.message_url and kind.tab != "change_link" else str(kind.act)

    @property
    def state(self) -> dict[str, str]:
        return presentable_state(self.gallery)

    @property
    def reminded_words(self) -> str:
        if self.reminded_at is None:
            return ""
        return _("Reminded on %(day)s") % {"day": date_format(self.reminded_at, "MONTH_DAY_FORMAT")}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of one kind. ``more`` are those that are not among ``rows``."""

    name: str
    rows: list[Waiting]
    count: int
    is_complete: bool

    @property
    def title(self) -> str:
        return str(KINDS[self.name].title)

    @property
    def icon(self) -> str:
        return KINDS[self.name].icon

    @property
    def is_trouble(self) -> bool:
        return KINDS[self.name].is_trouble

    @property
    def more(self) -> int:
        return self.count - len(self.rows)

    @property
    def count_words(self) -> str:
        """The number of things; "100+" where nobody has counted any further."""
        return str(self.count) if self.is_complete else f"{self.count}+"


def things_waiting(user) -> list[Waiting]:
    """Everything that waits for this member of staff, by kind and the oldest of each first."""
    return [row for group in groups_waiting(user, at_most=None) for row in group.rows]


def groups_waiting(user, *, at_most: int | None, only: str = "") -> list[Group]:
    """What waits, ``at_most`` of each kind; ``only`` names one kind of :data:`KINDS`."""
    scope = Scope(user)
    kinds = {only: KINDS[only]} if only in KINDS else KINDS
    found = {name: kind.find(scope) for name, kind in kinds.items()}
    shown = {name: rows[:at_most] for name, rows in found.items()}
    dress = _Dresser(user, [row for rows in shown.values() for row in rows])
    return [
        Group(
            name=name,
            rows=[dress(name, row) for row in rows if row.gallery_id in dress.galleries],
            count=len(found[name]),
            is_complete=len(found[name]) < scope.at_most,
        )
        for name, rows in shown.items()
        if rows
    ]


def _is_of_today(moment: datetime | None) -> bool:
    return moment is not None and timezone.localdate(moment) == timezone.localdate()


class _Dresser:
    """Gives what was found its gallery, its way and its words, all rows at once."""

    def __init__(self, user, rows: Iterable[Found]) -> None:
        self.user = user
        self.rows = [*rows]

    @cached_property
    def galleries(self) -> dict[int, Gallery]:
        keys = {row.gallery_id for row in self.rows}
        found = with_covers(Gallery.objects.filter(pk__in=keys)).prefetch_related("clients")
        pictures = cover_pictures(found)
        for gallery in found:
            gallery.cover = pictures.get(gallery.cover_photo)
        return {gallery.pk: gallery for gallery in found}

    @cached_property
    def shareable(self) -> set[int]:
        """The galleries whose links this user may hand out."""
        keys = {row.gallery_id for row in self.rows if row.link is not None}
        mine = galleries_for(self.user, "share").filter(pk__in=keys)
        return {*mine.values_list("pk", flat=True)}

    @cached_property
    def reminded(self) -> dict[tuple[int, str], datetime]:
        return reminded_at(row.link for row in self.rows if row.link is not None)

    def __call__(self, name: str, row: Found) -> Waiting:
        kind, gallery = KINDS[name], self.galleries[row.gallery_id]
        may_write = bool(row.message) and row.gallery_id in self.shareable
        when = self.reminded.get((row.link.pk, row.message)) if may_write else None
        is_mail = may_write and row.message in MAILED_KINDS and bool(row.link.email)
        return Waiting(
            kind=name,
            gallery=gallery,
            words=row.words,
            url=self._url(kind, row),
            recipient=row.link.recipient if row.link else "",
            link_id=row.link.pk if row.link else 0,
            message_url=self._message_url(row) if may_write else "",
            can_be_mailed=is_mail and not _is_of_today(when),
            reminded_at=when,
        )

    def _url(self, kind: Kind, row: Found) -> str:
        gallery = self.galleries[row.gallery_id]
        if kind.tab != "change_link":
            return gallery_url(gallery, kind.tab) + kind.query
        if row.gallery_id in self.shareable:
            return gallery_url(gallery, "change_link", link_uuid=row.link.uuid)
        return gallery_url(gallery, "sharing")

    def _message_url(self, row: Found) -> str:
        keys = {
            "uuid": self.galleries[row.gallery_id].uuid,
            "link_uuid": row.link.uuid,
            "message_kind": str(row.message),
        }
        return reverse("pumbaphoto_dashboard:ready_message", kwargs=keys)
