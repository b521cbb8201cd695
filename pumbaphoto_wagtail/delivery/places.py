"""Where the files of a gallery belong: cold if all that use them are archived, hot otherwise.

What was delivered and other edits stay hot as well, unless ``COLD_FILES`` names them; and so does
what is kept online, or was fetched back by itself for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from ..conf import settings
from ..models import DeliveryItem, Edit, Gallery, Photo, PhotoFile, Stage, State, StoredFile, Video
from ..storage import INCOMING, ORIGINALS

# The word of ``COLD_FILES`` for what clients get; the photos as they were uploaded always go.
EDITS = "edits"
# How a gallery uses a file: the model that points to it, and its way to the gallery.
_USES = (
    (PhotoFile, "photo__gallery"),
    (Edit, "gallery"),
    (DeliveryItem, "delivery__gallery"),
)


def files_of(galleries: QuerySet[Gallery]) -> QuerySet[StoredFile]:
    """Every file of galleries: their photographs' in all versions, edits, what was delivered, and
    the pictures of films.
    """
    films = Video.objects.filter(gallery__in=galleries, thumbnail__isnull=False)
    keys = [*_photographic(galleries), films.order_by().values("thumbnail")]
    return StoredFile.objects.filter(pk__in=keys[0].union(*keys[1:]))


def _photographic(galleries: QuerySet[Gallery]) -> list[QuerySet]:
    return [
        model.objects.filter(**{f"{path}__in": galleries}).order_by().values("stored_file")
        for model, path in _USES
    ]


def movable_files(gallery: Gallery) -> QuerySet[StoredFile]:
    """The files of a gallery that may be moved: not those of the photographer's own library, nor
    the pictures of films, which are small.
    """
    keys = _photographic(Gallery.objects.filter(pk=gallery.pk))
    files = StoredFile.objects.filter(pk__in=keys[0].union(*keys[1:]))
    return files.filter(is_owned=True).exclude(stage=Stage.MISSING)


def files_of_photo(photo: Photo) -> QuerySet[StoredFile]:
    """The files of one photo that may be moved: its own in all versions, its edits, what was
    delivered of it.
    """
    keys = [
        model.objects.filter(photo=photo).order_by().values("stored_file") for model, path in _USES
    ]
    return movable_files(photo.gallery).filter(pk__in=keys[0].union(*keys[1:]))


def misplaced(gallery: Gallery) -> QuerySet[StoredFile]:
    """The files of a gallery that are not where they belong, or still have a second copy."""
    return movable_files(gallery).filter(_belongs_cold() | _belongs_hot() | Q(move__isnull=False))


def is_due() -> Q:
    """Files that are not put off until later."""
    return Q(retry_at__isnull=True) | Q(retry_at__lte=timezone.now())


def _belongs_cold() -> Q:
    """Only what lies with the originals is ever moved away, so that files which the photographer
    left on a cold storage are not fetched back because a setting has changed.
    """
    goes = ~_is_wanted_hot()
    if EDITS not in settings.COLD_FILES:
        goes &= ~is_edited_or_delivered()
    return Q(storage=ORIGINALS) & goes


def _belongs_hot() -> Q:
    return is_cold() & _is_wanted_hot()


def is_cold() -> Q:
    """Files on a cold storage, whichever year's. A library's own are on none of ours."""
    return Q(is_owned=True) & ~Q(storage__in=(ORIGINALS, INCOMING))


def _is_wanted_hot() -> Q:
    return _is_in_use() | is_kept_hot() | _is_kept_online()


def is_kept_hot() -> Q:
    """Files that were fetched back by themselves, for a while."""
    return Q(hot_until__gt=timezone.now())


def _is_in_use() -> Q:
    """Whether a gallery that is not archived uses the file."""
    return _is_used(_USES, lambda path: ~Q(**{f"{path}__state": State.ARCHIVED}))


def is_edited_or_delivered() -> Q:
    """Whether the file is an edit, or was delivered as it is."""
    return _is_used(_USES[1:], lambda path: Q())


def _is_kept_online() -> Q:
    """Whether a gallery shows the file to its clients although it is archived."""
    return _is_used(_USES[2:], lambda path: Q(**{f"{path}__keeps_delivered_online": True}))


def _is_used(uses: Iterable[tuple[type[Model], str]], condition: Callable[[str], Q]) -> Q:
    is_used = Q(pk__in=[])
    for model, path in uses:
        rows = model.objects.filter(condition(path), stored_file=OuterRef("pk"))
        is_used |= Q(Exists(rows))
    return is_used


def wanted_storage(file: StoredFile) -> str:
    """Where a file belongs: cold aliases are as good as each other, so that none is copied from
    one to the next when the setting changes.
    """
    row = StoredFile.objects.filter(pk=file.pk, is_owned=True)
    if row.filter(_belongs_cold()).exists():
        return settings.COLD_STORAGE
    return ORIGINALS if row.filter(_belongs_hot()).exists() else file.storage


def galleries_to_look_at(among: QuerySet[Gallery] | None = None) -> set[int]:
    """Galleries with a file that has to move: of all, or of some."""
    due = StoredFile.objects.filter(is_due(), is_owned=True).exclude(stage=Stage.MISSING)
    everywhere = Gallery.objects.all() if among is None else among
    # Only archived galleries use a file that belongs cold, so that of others nothing is asked.
    archived = everywhere.filter(state=State.ARCHIVED)
    to_move = [(archived, due.filter(_belongs_cold()))]
    to_move.append((among, due.filter(_belongs_hot())))
    to_move.append((None, due.filter(move__isnull=False)))
    found: set[int] = set()
    for galleries, files in to_move:
        for model, path in _USES:
            rows = model.objects.filter(stored_file__in=files.values("pk"))
            if galleries is not None:
                rows = rows.filter(**{f"{path}__in": galleries})
            found.update(rows.order_by().values_list(path, flat=True).distinct())
    return found
