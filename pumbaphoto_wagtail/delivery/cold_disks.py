"""Cold storages as a photographer knows them: disks with a name, bought yearly, that may lie on a
shelf. What lies on which, and which has to be plugged in.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.files.storage import Storage
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from ..exceptions import StorageOffline, StorageUnknown
from ..models import Gallery, StoredFile
from ..storage import ORIGINALS, NASStorage, storage_for
from .places import is_cold, movable_files

# Asked of storages other than ours, to hear whether they answer at all.
ANY_NAME = ".pumbaphoto-volume"


@dataclass(frozen=True, kw_only=True)
class Disk:
    """What lies on one storage. ``trouble`` says in words what has to be done before it can be
    read; empty if nothing.
    """

    alias: str
    is_cold: bool
    files: int
    size: int
    trouble: str


def require_storage(alias: str, *, holds_files: bool = False) -> None:
    """Raises StorageOffline if a storage does not answer.

    One without a sentinel that ``holds_files`` and is empty is taken for a disk that is not there:
    nothing that lies on it may be called missing.
    """
    storage = storage_for(alias)
    try:
        if isinstance(storage, NASStorage):
            storage.sentinel()
        elif holds_files and _is_bare(storage):
            raise StorageOffline(f"{alias!r} is empty.")
        else:
            storage.exists(ANY_NAME)
    except StorageOffline:
        raise
    except Exception as error:  # storages other than ours have errors of their own
        raise StorageOffline(f"{alias!r} does not answer: {error!r}") from error


def _is_bare(storage: Storage) -> bool:
    try:
        return not any(storage.listdir(""))
    except FileNotFoundError:
        return True
    except NotImplementedError:
        return False


def trouble_reaching(alias: str, *, holds_files: bool = True) -> str:
    """Why a storage cannot be read now, and what to do, in words; empty if it can."""
    try:
        require_storage(alias, holds_files=holds_files)
    except StorageUnknown:
        return _(
            "Plug in %(name)s: its files are kept there, but this site's settings (STORAGES) do "
            "not name it any more."
        ) % {"name": alias}
    except StorageOffline:
        if alias == ORIGINALS:
            return _("The photo storage is offline.")
        return _("Plug in %(name)s: this cold storage is offline.") % {"name": alias}
    return ""


def disks_of(gallery: Gallery) -> list[Disk]:
    """Where the files of a gallery lie, the photo storage first."""
    rows = (
        movable_files(gallery)
        .order_by()
        .values("storage")
        .annotate(files=Count("pk"), size=Sum("size"))
    )
    cold = set(cold_aliases())
    found = [
        Disk(
            alias=row["storage"],
            is_cold=row["storage"] in cold,
            files=row["files"],
            size=row["size"],
            trouble=trouble_reaching(row["storage"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda disk: (disk.is_cold, disk.alias))


def cold_aliases() -> list[str]:
    """The cold storages that hold a file, in the order of their names."""
    rows = (
        StoredFile.objects.filter(is_cold()).order_by("storage").values_list("storage", flat=True)
    )
    return [*rows.distinct()]
