"""What is written beside a file, so that its row and its photograph can be made again without the
database: at reception, before anybody is told that it arrived, and anew when it is promoted.

It lies on the private volume with the file, goes where the file goes and is removed with it. It
names the gallery and who took and sent the photograph, and nothing of any client. A verdict in it
is for people to read: whatever is taken in again is scanned again, since anybody who can write to
the volume could have written "clean".
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from pumbaphoto_wagtail.models import (
    Gallery,
    Photo,
    PhotoFile,
    StoredFile,
    Upload,
    Video,
)
from pumbaphoto_wagtail.storage import FileDigest

if TYPE_CHECKING:
    from .arrival import Arrival

# What no tus metadata begins with: keys are words, and values Base64 (tus 1.0, "Creation").
_MARK = "remembered {"


# Stands for what a site's users are known by, which is settled once all models are there.
USERNAME = "USERNAME"
# The keys of a sidecar, and where their values are.
_OF_GALLERY = {
    "gallery": "uuid",
    "gallery_title": "title",
    "gallery_kind": "kind",
    "site": "site__hostname",
    "owner": f"owner__{USERNAME}",
    "collection": "collection__name",
}
_OF_UPLOAD = {
    "upload": "uuid",
    "batch": "batch__uuid",
    "uploader": f"batch__uploader__{USERNAME}",
    "last_modified": "last_modified",
}
_OF_PHOTO = {
    "photo": "photo__uuid",
    "role": "role",
    "version": "version",
    "section": "photo__section__title",
    "taken_at": "photo__taken_at",
}


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """What a file was before its row was lost: of which photograph (its UUID, empty for an edit),
    in which version, and in which section.
    """

    photo: str = ""
    version: int = 1
    section: str = ""

    def as_metadata(self) -> str:
        """As an upload that was made for a recovered file holds it."""
        return f"remembered {json.dumps(asdict(self))}"

    @property
    def photo_uuid(self) -> UUID | None:
        return UUID(self.photo) if self.photo else None


def remembered(upload: Upload) -> Remembered | None:
    """What an upload that was made for a recovered file holds; None for any other."""
    if not upload.metadata.startswith(_MARK):
        return None
    return Remembered(**json.loads(upload.metadata.partition(" ")[2]))


def sidecar_of_upload(upload: Upload, identity: UUID, found: FileDigest) -> dict[str, object]:
    """What is known of a file that has just come in; ``identity`` is to be its row's."""
    return {
        "file": str(identity),
        "original_name": upload.file_name,
        "relative_path": upload.relative_path,
        "size": found.size,
        "sha256": found.sha256,
        "crc32": found.crc32,
        "verdict": "",
        "purpose": upload.batch.purpose,
        "received_at": timezone.now().isoformat(),
        **_of_upload(upload),
    }


def sidecar_of_file(file: StoredFile, arrival: Arrival, photos: list[Photo]) -> dict[str, object]:
    """What is known of a file that is promoted, ``photos`` being what it was made into."""
    in_library = arrival.library_file
    return {
        **_of_file(file),
        **(_of_upload(arrival.upload) if arrival.upload else _of_gallery(arrival.gallery)),
        **(_of_photo(photos[0], file) if photos else {}),
        "library": f"{in_library.library.uuid}/{in_library.path}" if in_library else "",
        "purpose": arrival.purpose,
    }


def sidecar_of_film(file: StoredFile, video: Video) -> dict[str, object]:
    """What is known of the picture of a film."""
    return {
        **_of_file(file),
        **_of_gallery(video.gallery),
        "purpose": "film",
        "film": video.url,
        "video": str(video.uuid),
    }


def _of_file(file: StoredFile) -> dict[str, object]:
    return {
        "file": str(file.uuid),
        "original_name": file.original_name,
        "relative_path": file.relative_path,
        "format": file.format,
        "size": file.size,
        "sha256": file.sha256,
        "crc32": file.crc32,
        "verdict": file.verdict,
        "scanner": file.scanner_version,
        "scanned_at": file.scanned_at.isoformat() if file.scanned_at else None,
        "received_at": file.created_at.isoformat(),
    }


def _of_gallery(gallery: Gallery) -> dict[str, object]:
    return _asked(Gallery.with_deleted.filter(pk=gallery.pk), _OF_GALLERY)


def _of_upload(upload: Upload) -> dict[str, object]:
    asked = _OF_UPLOAD | {key: f"batch__gallery__{path}" for key, path in _OF_GALLERY.items()}
    return _asked(Upload.objects.filter(pk=upload.pk), asked)


def _asked(rows: QuerySet, paths: dict[str, str]) -> dict[str, object]:
    """What one row says of itself and its kin, in one query: this is done for each file."""
    known_by = get_user_model().USERNAME_FIELD
    paths = {key: path.replace(USERNAME, known_by) for key, path in paths.items()}
    found = rows.values_list(*paths.values()).get()
    return {key: _as_text(value) for key, value in zip(paths, found, strict=True)}


def _as_text(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _of_photo(photo: Photo, file: StoredFile) -> dict[str, object]:
    found = _asked(PhotoFile.objects.filter(photo=photo, stored_file=file), _OF_PHOTO)
    return found | {"section": found["section"] or ""}
