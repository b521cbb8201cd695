"""The names of pictures: parts of their addresses, and of published ones in the tree as well."""

from __future__ import annotations

from uuid import UUID

from ..models.file import DIGEST_LENGTH, EXTENSIONS

__all__ = ["DIGEST_LENGTH", "EXTENSIONS", "TIERS", "picture_name"]

# Those that pages show.
TIERS = ("grid", "view", "display")


def picture_name(photo_uuid: UUID, tier: str, digest: str, format: str) -> str:
    """The name of a photo's picture in the folder of its gallery.

    It has the digest of its bytes in it, so that it never means others.
    """
    return f"{photo_uuid}-{tier}-{digest[:DIGEST_LENGTH]}.{EXTENSIONS[format]}"
