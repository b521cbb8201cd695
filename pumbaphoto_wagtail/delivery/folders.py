"""Where delivered files lie in their ZIP, and when they were taken: frozen with the delivery.

A photograph lies in the folder of its section, black and white beside colour. What is no further
view of it but another form of it (crops for social media, sizes for the web) and what belongs to no
photograph lie in folders of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ..models import Gallery
from ..studio import studio_for
from .edit_markers import SOCIAL_CROP, WEB
from .in_words import kind_of
from .plan import PlannedFile
from .zip_names import safe_member_names

GIFTS = "gifts"
OWN_FOLDERS = {SOCIAL_CROP: _("Social media"), WEB: _("Web"), GIFTS: _("Extras")}


def folders_of(gallery: Gallery, planned: Iterable[PlannedFile]) -> list[str]:
    """The folder of each file, in the client's words; empty for the top of the ZIP.

    The names are safe on every system. Sections that are called alike keep folders of their own,
    the same ones in every delivery as long as they are not renamed.
    """
    keys = [_folder_key(one) for one in planned]
    with translation.override(language_of(gallery)):
        sections = gallery.sections.order_by("position", "pk").values_list("pk", "title")
        titles: dict[object, str] = {key: str(words) for key, words in OWN_FOLDERS.items()}
        titles |= dict(sections)
        names = dict(zip(titles, safe_member_names(titles.values()), strict=True))
    return [names.get(key, "") for key in keys]


def _folder_key(one: PlannedFile) -> object:
    kind = kind_of(one.variant)
    if kind in OWN_FOLDERS:
        return kind
    return one.photo.section_id if one.photo else GIFTS


def language_of(gallery: Gallery) -> str:
    """The language a gallery's clients read, as far as it is known."""
    named = gallery.clients.exclude(language="").order_by("pk").values_list("language", flat=True)
    return named.first() or studio_for(gallery.site).language


def member_names(folders: Sequence[str], planned: Iterable[PlannedFile]) -> list[str]:
    """The photographer's own name for each file, safe, and unique within its folder."""
    names = [one.file.original_name for one in planned]
    places = defaultdict(list)
    for place, folder in enumerate(folders):
        places[folder].append(place)
    unique = list(names)
    for within in places.values():
        safe = safe_member_names(names[place] for place in within)
        for place, name in zip(within, safe, strict=True):
            unique[place] = name
    return unique


def file_time(one: PlannedFile) -> datetime | None:
    """When a photograph was taken, by clocks put right; of what has none, what its file says."""
    if one.photo is not None and one.photo.ordered_at is not None:
        return one.photo.ordered_at
    return _own_time(one.file.identity)


def _own_time(identity: object) -> datetime | None:
    text = identity.get("taken_at") if isinstance(identity, dict) else None
    if not isinstance(text, str):
        return None
    try:
        moment = parse_datetime(text)
        return (
            moment if moment is None or timezone.is_aware(moment) else timezone.make_aware(moment)
        )
    except (ValueError, OverflowError):
        return None
