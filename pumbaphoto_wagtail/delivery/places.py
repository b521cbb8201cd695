"""Where the files of a gallery belong: cold if all that use them are archived, hot otherwise."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ..conf import settings
from ..models import DeliveryItem, Edit, Gallery, PhotoFile, Stage, State, StoredFile
from ..storage import INCOMING, ORIGINALS

# How a gallery uses a file: the model that points to it, and its way to the gallery.
_USES = (
    (PhotoFile, "photo__gallery"),
    (Edit, "gallery"),
    (DeliveryItem, "delivery__gallery"),
)


def files_of(galleries: QuerySet[Gallery]) -> QuerySet[StoredFile]:
    """Every file of galleries: their photographs' in all versions, edits, what was delivered."""
    keys = [
        model.objects.filter(**{f"{path}__in": galleries}).order_by().values("stored_file")
        for model, path in _USES
    ]
    return StoredFile.objects.filter(pk__in=keys[0].union(*keys[1:]))


def movable_files(gallery: Gallery) -> QuerySet[StoredFile]:
    """The files of a gallery that may be moved: not those of the photographer's own library."""
    files = files_of(Gallery.objects.filter(pk=gallery.pk))
    return files.filter(is_owned=True).exclude(stage=Stage.MISSING)


def misplaced(gallery: Gallery) -> QuerySet[StoredFile]:
    """The files of a gallery that are not where they belong, or still have a second copy."""
    return movable_files(gallery).filter(_belongs_cold() | _belongs_hot() | Q(move__isnull=False))


def is_due() -> Q:
    """Files that are not put off until later."""
    return Q(retry_at__isnull=True) | Q(retry_at__lte=timezone.now())


def _belongs_cold() -> Q:
    return Q(storage=ORIGINALS) & ~_is_in_use()


def _belongs_hot() -> Q:
    return ~Q(storage__in=(ORIGINALS, INCOMING)) & _is_in_use()


def _is_in_use() -> Q:
    """Whether a gallery that is not archived uses the file."""
    in_use = Q(pk__in=[])
    for model, path in _USES:
        rows = model.objects.filter(stored_file=OuterRef("pk"))
        in_use |= Q(Exists(rows.exclude(**{f"{path}__state": State.ARCHIVED})))
    return in_use


def wanted_storage(file: StoredFile) -> str:
    """Where a file belongs: cold aliases are as good as each other, so that none is copied from
    one to the next when the setting changes.
    """
    if StoredFile.objects.filter(_is_in_use(), pk=file.pk).exists():
        return ORIGINALS
    return settings.COLD_STORAGE if file.storage == ORIGINALS else file.storage


def galleries_to_look_at() -> set[int]:
    """Galleries with a file that may have to move; a few too many."""
    found: set[int] = set()
    for model, path in _USES:
        archived = Q(**{f"{path}__state": State.ARCHIVED})
        is_hot = Q(stored_file__storage=ORIGINALS)
        is_cold = ~Q(stored_file__storage__in=(ORIGINALS, INCOMING))
        rows = model.objects.filter(
            (archived & is_hot) | (~archived & is_cold) | Q(stored_file__move__isnull=False)
        )
        found.update(rows.order_by().values_list(path, flat=True).distinct())
    return found
