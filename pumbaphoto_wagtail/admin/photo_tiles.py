"""What the grid shows of each photo: its picture, who picked it, and in words how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ..delivery.selected import counting_picks
from ..models import Gallery, Photo, Pick, Stage
from ..models.file import for_matching_only
from ..proofing.pictures import Pictures
from .photo_filters import has_own_rule
from .thumbnails import give_pictures

NOTE_LENGTH = 140


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One photo of the grid. ``marks`` are words; ``words`` stand where there is no picture yet."""

    photo: Photo
    pictures: Pictures | None
    words: str
    hearts: str
    notes: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.photo.name

    @property
    def is_selected(self) -> bool:
        return bool(self.hearts)

    @property
    def label(self) -> str:
        """All that the tile shows, for those who do not see it."""
        heart = _("selected by %(names)s") % {"names": self.hearts} if self.hearts else ""
        said = [self.photo.name, heart, *self.marks, self.words, *self.notes]
        return ", ".join(filter(None, said))

    def as_json(self) -> dict:
        """As the grid's script takes it; what is empty is left out."""
        said = {
            "key": self.photo.pk,
            "uuid": str(self.photo.uuid),
            "name": self.photo.name,
            "label": self.label,
            "colour": self.photo.average_colour,
            "words": self.words,
            "hearts": self.hearts,
            "notes": self.notes,
            "marks": self.marks,
        }
        if self.pictures:
            said |= {"src": self.pictures.grid.url, "srcset": self.pictures.srcset}
        return {name: value for name, value in said.items() if value}


def tiles_of(gallery: Gallery, keys: Sequence[int]) -> list[Tile]:
    """The tiles of some photos of a gallery, in this order. A fixed number of queries."""
    photos = (
        gallery.photos.filter(pk__in=keys)
        .select_related("picture", "section")
        .defer(*for_matching_only("picture"))
        .annotate(has_own_rule=has_own_rule())
        .prefetch_related(_picks(gallery))
    )
    found = {photo.pk: photo for photo in photos}
    in_order = [found[key] for key in keys if key in found]
    give_pictures(in_order)
    return [_tile(photo) for photo in in_order]


def _picks(gallery: Gallery) -> Prefetch:
    picks = counting_picks(gallery).select_related("selection__share_link").order_by("pk")
    return Prefetch("picks", picks, to_attr="current_picks")


def _tile(photo: Photo) -> Tile:
    picks: list[Pick] = photo.current_picks
    hearts = dict.fromkeys(p.selection.share_link.recipient for p in picks if p.is_favourite)
    return Tile(
        photo=photo,
        pictures=photo.pictures,
        words="" if photo.pictures else _words_of_stage(photo),
        hearts=", ".join(hearts),
        notes=tuple(_shortened(pick.note) for pick in picks if pick.note),
        marks=tuple(marks_of(photo)),
    )


def _words_of_stage(photo: Photo) -> str:
    return photo.picture.get_stage_display() if photo.picture else _("no picture")


def _shortened(note: str) -> str:
    return note if len(note) <= NOTE_LENGTH else f"{note[: NOTE_LENGTH - 1]}…"


def marks_of(photo: Photo) -> list[str]:
    """What is special about a photo, in words. It comes with ``has_own_rule`` and its section."""
    if photo.deleted_at:
        day = date_format(localtime(photo.deleted_at), "SHORT_DATE_FORMAT")
        return [_("deleted on %(date)s") % {"date": day}]
    is_unready = photo.picture and photo.pictures and photo.picture.stage != Stage.READY
    said = (
        (photo.is_hidden, _("hidden")),
        (not photo.is_shown and not photo.is_hidden, _("not shown yet")),
        (photo.is_couple_only, _("couple only")),
        (photo.has_own_rule, _("own access rule")),
        (photo.section and photo.section.is_finished, _("finished")),
        (is_unready, photo.picture.get_stage_display() if photo.picture else ""),
    )
    return [words for holds, words in said if holds]
