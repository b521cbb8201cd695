"""Many files as one ZIP, computed from what is known of them, never built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..exceptions import BytesDiffer
from ..models import DeliveryItem, Photo, StoredFile
from ..storage import read_range, storage_for
from .zip_layout import ZipLayout, ZipMember
from .zip_names import safe_member_names


def layout_for(items: Iterable[DeliveryItem]) -> ZipLayout:
    """The ZIP of these items, in this order: size, ETag and every byte's place.

    Items of several deliveries may share a name; the later ones get a number. Reads no file, and
    needs ``delivery`` and ``stored_file`` of each item (select_related).
    """
    items = [*items]
    names = safe_member_names(item.member_name for item in items)
    return ZipLayout(
        ZipMember(
            name=name,
            size=item.size,
            crc32=item.crc32,
            modified=item.delivery.sent_at,
            source=item.stored_file,
        )
        for name, item in zip(names, items, strict=True)
    )


def layout_for_photos(photos: Iterable[Photo]) -> ZipLayout:
    """The ZIP of the pictures of these photographs, in this order; needs ``picture`` of each."""
    photos = [*photos]
    names = safe_member_names(photo.picture.original_name for photo in photos)
    return ZipLayout(
        ZipMember(
            name=name,
            size=photo.picture.size,
            crc32=photo.picture.crc32,
            modified=photo.taken_at or photo.created_at,
            source=photo.picture,
        )
        for name, photo in zip(names, photos, strict=True)
    )


def read_member(file: StoredFile, offset: int, length: int) -> Iterator[bytes]:
    """The bytes of one member, for ``zip_layout.iterate``.

    A file that has moved to another storage since the layout was made is read there. Raises
    BytesDiffer for a file of another size than was promised, before any of it is sent.
    """
    try:
        _check_size(file)
    except FileNotFoundError:
        file.refresh_from_db(fields=["storage", "name"])
        _check_size(file)
    yield from read_range(file.storage, file.name, offset, length)


def _check_size(file: StoredFile) -> None:
    if storage_for(file.storage).size(file.name) != file.size:
        raise BytesDiffer
