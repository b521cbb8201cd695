"""A library's files as photographs, in each of the galleries that they have come to."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.exceptions import AlreadyThere
from pumbaphoto_wagtail.models import (
    LibraryFile,
    Photo,
    PhotoFile,
    Rendition,
    Stage,
    StoredFile,
)
from pumbaphoto_wagtail.storage import open_file

from ..arrival import Arrival, arrivals_of
from ..formats import FORMATS
from ..known import USELESS_STAGES
from ..metadata import PhotoMetadata, read_metadata
from ..photographs import show_picture, take_in

# What was learnt from the rendered picture, and is the same wherever it is shown.
FACTS = ("width", "height", "average_colour", "perceptual_hash")


def take_in_each(
    file: StoredFile, arrivals: Iterable[Arrival], metadata: PhotoMetadata
) -> list[Photo]:
    """The photographs that a scanned file becomes, one in each gallery it has come to.

    Raises as ``photographs.take_in`` does, but AlreadyThere only if no gallery wants the file: a
    library may well hold the same bytes twice, and then both paths are of one photograph.
    """
    photos = []
    for arrival in arrivals:
        if arrival.library_file is None:
            photos.append(take_in(file, arrival, metadata))
        elif photo := _take_in(file, arrival, metadata):
            photos.append(photo)
    if not photos:
        raise AlreadyThere
    return photos


@transaction.atomic
def _take_in(file: StoredFile, arrival: Arrival, metadata: PhotoMetadata) -> Photo | None:
    mine = LibraryFile.objects.filter(pk=arrival.library_file.pk)
    try:
        photo = take_in(file, arrival, metadata)
    except AlreadyThere:
        twins = PhotoFile.objects.filter(
            photo__gallery=arrival.gallery, stored_file__sha256=file.sha256
        )
        twin = twins.exclude(stored_file__stage__in=USELESS_STAGES).order_by("pk").first()
        mine.update(stored_file=twin.stored_file_id, photo=twin.photo_id)
        return None
    if arrival.library_file.photo_id != photo.pk:
        mine.update(photo=photo)
    return photo


def wake_arrived(gallery_id: int) -> int:
    """Wake a worker for each file that a gallery was given from a library and nobody has begun
    with; returns how many there are.
    """
    arrived = StoredFile.objects.filter(
        library_files__gallery=gallery_id, stage=Stage.RECEIVED, lease_until=None
    )
    keys = [*arrived.order_by("pk").values_list("pk", flat=True).distinct()]
    for key in keys:
        tasks.wake("scan_file", key)
    return len(keys)


def show_elsewhere(file: StoredFile) -> None:
    """Make photographs of a file that is ready, in galleries that it has come to since.

    Only its header is read, after its verdict.
    """
    waiting = file.library_files.filter(photo=None, size__gt=0)
    if not file.is_trusted or file.stage != Stage.READY or not waiting.exists():
        return
    zone = timezone.get_default_timezone()
    with open_file(file.storage, file.name) as source:
        metadata = read_metadata(source, FORMATS[file.format], default_timezone=zone)
    wanted = {*waiting.values_list("pk", flat=True)}
    arrivals = [
        one for one in arrivals_of(file) if one.library_file and one.library_file.pk in wanted
    ]
    facts = _facts(file)
    with transaction.atomic():
        for arrival in arrivals:
            if photo := _take_in(file, arrival, metadata):
                show_picture(photo, file, **facts)


def _facts(file: StoredFile) -> dict[str, object]:
    known = Photo.objects.filter(picture=file).values(*FACTS).first()
    if known:
        return known
    display = Rendition.objects.filter(stored_file=file, watermark="").order_by("-width").first()
    return {"width": display.width, "height": display.height} if display else {}
