"""The photographs of a gallery as the rules of matching take them."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import QuerySet

from ..models import Photo, PhotoFile
from .matching_rules import OriginalName


def names_of(photos: QuerySet[Photo]) -> list[OriginalName]:
    """Photographs under all names they have: a RAW and its JPEG are one."""
    names: dict[int, list[str]] = defaultdict(list)
    current = PhotoFile.objects.filter(photo__in=photos, is_current=True).order_by("pk")
    for photo, name in current.values_list("photo", "stored_file__original_name"):
        names[photo].append(name)
    return [
        OriginalName(key=photo, names=(name, *names[photo]), folder=folder)
        for photo, name, folder in photos.order_by("pk").values_list("pk", "name", "folder")
    ]
