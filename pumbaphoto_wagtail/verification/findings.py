"""What an inspection looks at, and what it finds.

The words of findings are English: operators search for them, and monitoring compares them. They
name files by their place in the storage and galleries by their UUID, never by a client's words,
since the output of a nightly run ends in logs and mails.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from ..conf import DAY
from ..delivery.places import files_of
from ..models import Gallery, StoredFile

CHUNK_ROWS = 1000
# What is half done may stay so for this long: files without rows, second copies, idle work.
GRACE = timedelta(seconds=DAY)

Row = TypeVar("Row", bound=Model)


INVARIANTS = {
    "I1": "What was acknowledged as received is stored.",
    "I2": "Nothing is opened, shown or sent that was not found clean.",
    "I4": "Each file is at the one place its row names, whole.",
    "I5": "No file on a storage without a row.",
    "I6": "Each storage is there, and the one it should be.",
    "I7": "Originals stay as they were received.",
    "I8": "Each step of a gallery sends each message once.",
    "I9": "Galleries go legal ways only.",
    "I15": "Every announced file comes to an end that somebody is told.",
    "I17": "Proofs carry their gallery's watermark, and what was delivered carries none.",
}


class Severity(enum.StrEnum):
    """An error is a broken invariant; a warning one that cannot be proved, or may break soon."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    ``invariant`` is a key of :data:`INVARIANTS`, ``what`` says in a few words what is wrong,
    ``where`` names the file, row or volume, and ``hint`` what an operator can do about it. ``file``
    is the UUID of the stored file that it is about, empty where it is about none or many.
    """

    invariant: str
    severity: Severity
    what: str
    where: str
    hint: str = ""
    file: str = ""


@dataclass(kw_only=True)
class Inspection:
    """How far to look, and what has been looked at so far.

    ``gallery`` limits everything to what belongs to one gallery, and leaves out what belongs to
    nobody. Without ``is_hashing`` the sizes of files are compared, but not their bytes.
    ``absent`` are storages that cannot be read.
    """

    gallery: Gallery | None = None
    is_hashing: bool = True
    looked_at: Counter[str] = field(default_factory=Counter)
    absent: set[str] = field(default_factory=set)

    def of_gallery(self, rows: QuerySet[Row], path: str) -> QuerySet[Row]:
        """Rows whose ``path`` leads to the inspected gallery; all of them without one."""
        return rows if self.gallery is None else rows.filter(**{path: self.gallery})

    def files(self) -> QuerySet[StoredFile]:
        """The stored files to look at."""
        if self.gallery is None:
            return StoredFile.objects.all()
        used = files_of(Gallery.with_deleted.filter(pk=self.gallery.pk)).values("pk")
        uploaded = self.gallery.upload_batches.order_by().values("uploads__stored_file")
        return StoredFile.objects.filter(
            Q(pk__in=used) | Q(pk__in=uploaded.exclude(uploads__stored_file=None))
        )

    def counted(self, name: str, rows: QuerySet[Row]) -> Iterator[Row]:
        """Every row, counted under ``name``."""
        for row in one_by_one(rows):
            self.looked_at[name] += 1
            yield row


def one_by_one(rows: QuerySet[Row]) -> Iterator[Row]:
    """Every row, read a thousand at a time.

    By primary key and not by a cursor: reading the files between two chunks may take hours, for
    which no transaction may stay open.
    """
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]):
        yield from chunk
        last = chunk[-1].pk


def still(row: Row, look: Callable[[Row], str]) -> tuple[Row | None, str]:
    """What ``look`` says is wrong with a row, said twice: the row as it is now, and the words.

    Between the two looks the row is read again: a file may have been moved, or deleted, while it
    was being read at its former place.
    """
    if not look(row):
        return row, ""
    present = type(row).objects.filter(pk=row.pk).first()
    return present, look(present) if present is not None else ""


def long_ago() -> datetime:
    """What happened before this moment is no longer on its way."""
    return timezone.now() - GRACE


def place_of(file: StoredFile, place: str = "") -> str:
    """Where a file, or what was made of it at ``place``, is, and whose it is, for an operator."""
    # A question for each, since one about any of them would read whole tables.
    uses = (
        file.photo_files.values_list("photo__gallery__uuid"),
        file.edits.values_list("gallery__uuid"),
        file.uploads.values_list("batch__gallery__uuid"),
        file.library_files.values_list("gallery__uuid"),
    )
    names = sorted({str(identity) for rows in uses for (identity,) in rows.order_by()})
    suffix = f" (gallery {', '.join(names)})" if names else ""
    return f"{place or f'{file.storage}/{file.name}'}{suffix}"
