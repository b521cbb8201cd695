"""Showing a client's photographs to everybody, for as long as the client allows it.

A delivered photograph that somebody of the client's allows, and nobody of them has taken their word
back about, can be put into a portfolio gallery (the same file, no copy of its bytes) and into the
site's image library (one picture of it). Taken back, both go in the same act. Both happen under the
lock of the client's gallery, so that of a consent withdrawn and a photograph published at the same
time nothing stays up.
"""

from __future__ import annotations

from collections.abc import Collection as Keys
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.deletion import ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Collection

from .. import access, published
from ..exceptions import TransitionNotAllowed
from ..intake.photographs import natural_key
from ..intake.rerendering import render_again
from ..models import (
    TRUSTED_VERDICTS,
    Consent,
    DeliveryItem,
    FileRole,
    Gallery,
    Photo,
    PhotoFile,
    Pick,
    Publication,
    Stage,
    State,
)
from ..workflow import lock_gallery
from . import library

PUBLISH, TAKE_DOWN = "pumbaphoto.publish", "pumbaphoto.take_down"
MOST_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Published:
    """How many photographs were put into the portfolio and into the image library; ``left_out``
    are those that were asked for and are not allowed, or not any more.
    """

    shown: int = 0
    images: int = 0
    left_out: int = 0


# --- What is allowed -----------------------------------------------------------------------------


def allowed_photos(gallery: Gallery) -> QuerySet[Photo]:
    """The photographs of a gallery that its clients allow to be shown to everybody.

    Somebody allows each, and nobody who did has taken their word back since.
    """
    given = Consent.objects.filter(photo=OuterRef("pk"), withdrawn_at__isnull=True)
    again = Consent.objects.filter(
        photo=OuterRef("photo"), share_link=OuterRef("share_link"), withdrawn_at__isnull=True
    )
    taken_back = Consent.objects.filter(photo=OuterRef("pk"), withdrawn_at__isnull=False)
    photos = Photo.objects.kept().filter(gallery=gallery, is_hidden=False, is_couple_only=False)
    return photos.filter(Exists(given), ~Exists(taken_back.filter(~Exists(again))))


def publishable(gallery: Gallery) -> dict[int, DeliveryItem]:
    """What can be published now, by the photographs' keys: of each the file that was delivered
    last, the edit itself before its variants.
    """
    items = (
        access.newest_items(gallery)
        .filter(
            photo__in=allowed_photos(gallery),
            stored_file__verdict__in=TRUSTED_VERDICTS,
            stored_file__stage=Stage.READY,
        )
        .select_related("photo", "edit", "stored_file", "stored_file__collection")
        .order_by("-delivery__number", "position")
    )
    found: dict[int, DeliveryItem] = {}
    for item in items:
        known = found.get(item.photo_id)
        if known is None or (_is_main(item) and not _is_main(known)):
            found[item.photo_id] = item
    return found


def standing(gallery: Gallery) -> QuerySet[Publication]:
    """What is shown of a gallery's photographs at present."""
    return Publication.objects.filter(photo__gallery=gallery, withdrawn_at__isnull=True)


def _is_main(item: DeliveryItem) -> bool:
    return item.edit is None or item.edit.variant == "main"


# --- Publishing ----------------------------------------------------------------------------------


def publish(
    gallery: Gallery,
    keys: Keys[int],
    *,
    actor,
    into: Gallery | None = None,
    collection: Collection | None = None,
    description: str = "",
) -> Published:
    """Put delivered photographs of a client's gallery into the gallery ``into``, and into the image
    library's ``collection``; each only once.

    ``keys`` are the photographs'; whatever of them is not allowed at this moment is left out.
    ``description`` is what the pictures show, for those who do not see them. Raises
    TransitionNotAllowed without a place, for too many at once, for a gallery that is archived, and
    where the site's image model asks for more than is known here.
    """
    if into is None and collection is None:
        raise TransitionNotAllowed(_("Say where they are to be shown."))
    if len(keys) > MOST_AT_ONCE:
        words = _("At most %(count)d photos can be published at once.")
        raise TransitionNotAllowed(words % {"count": MOST_AT_ONCE})
    if into is not None and (into.pk == gallery.pk or into.state == State.ARCHIVED):
        raise TransitionNotAllowed(_("They cannot be shown in this gallery."))
    wanted = {key: item for key, item in publishable(gallery).items() if key in keys}
    # Written before the lock is taken: nobody waits for a disk.
    drafts = library.draft_images(wanted, collection, actor, description) if collection else {}
    try:
        return _publish(gallery, keys, actor=actor, into=into, drafts=drafts)
    finally:
        library.forget_unused(drafts.values())


@transaction.atomic
def _publish(
    gallery: Gallery, keys: Keys[int], *, actor, into: Gallery | None, drafts: dict
) -> Published:
    locked = lock_gallery(gallery)
    if locked.deleted_at is not None:
        raise TransitionNotAllowed(_("This gallery is deleted."))
    allowed = {key: item for key, item in publishable(locked).items() if key in keys}
    shown = images = 0
    number = Photo.objects.filter(gallery=into).count() if into else 0
    for key, item in allowed.items():
        there = standing(locked).filter(photo=key)
        publication = Publication(photo=item.photo, edit=item.edit, actor=actor)
        hangs = there.filter(shown_photo__gallery=into, shown_photo__deleted_at__isnull=True)
        if into is not None and not hangs.exists():
            shown += 1
            publication.shown_photo = _hang(item, into, number + shown)
        if key in drafts and not there.filter(image__isnull=False).exists():
            images += 1
            publication.image = library.keep(drafts[key], actor)
        if publication.shown_photo_id or publication.image_id:
            publication.save()
    _log_publishing(locked, into, actor, shown, images)
    return Published(shown=shown, images=images, left_out=len({*keys} - {*allowed}))


def _hang(item: DeliveryItem, into: Gallery, number: int) -> Photo:
    """The same file as a photograph of another gallery, under a name that tells of no client."""
    file, original = item.stored_file, item.photo
    name = f"{slugify(into.title)[:60] or 'photo'}-{number:03d}.jpg"
    display = file.renditions.filter(tier="display", watermark="").first()
    photo = Photo.objects.create(
        gallery=into,
        picture=file,
        name=name,
        name_key=natural_key(name),
        frame_key=f"published {uuid4()}",
        ordered_at=original.ordered_at,
        width=display.width if display else original.width,
        height=display.height if display else original.height,
        average_colour=original.average_colour,
    )
    PhotoFile.objects.create(photo=photo, stored_file=file, role=FileRole.PICTURE)
    if into.watermark_key:
        render_again(file)
    return photo


def _log_publishing(gallery: Gallery, into: Gallery | None, actor, shown: int, images: int) -> None:
    if not (shown or images):
        return
    data = {"shown": shown, "images": images, "gallery": into.title if into and shown else ""}
    log(gallery, PUBLISH, user=actor, data=data)
    if shown:
        # Who sees the portfolio need not know whose photographs these are.
        log(into, PUBLISH, user=actor, data={"shown": shown, "images": 0, "gallery": ""})


# --- Taking down ---------------------------------------------------------------------------------


@transaction.atomic
def take_down(gallery: Gallery, keys: Keys[int], *, actor) -> int:
    """The photographer shows these photographs no longer; how many were shown."""
    locked = lock_gallery(gallery)
    found = [*standing(locked).filter(photo__in=keys)]
    places = remove(found)
    if found:
        data = {"count": len({row.photo_id for row in found}), "places": places}
        log(locked, TAKE_DOWN, user=actor, data=data)
    return len({row.photo_id for row in found})


def take_down_unallowed(gallery: Gallery) -> int:
    """Take down what is shown of a gallery and is not allowed any more; how many.

    For acts that take consents away with something else: a link, a client. The caller holds the
    gallery's lock and writes the log.
    """
    found = [*standing(gallery).exclude(photo__in=allowed_photos(gallery))]
    remove(found)
    return len(found)


def remove(publications: Iterable[Publication]) -> list[str]:
    """Take the copies of publications away, whoever uses them; where the images stood, in words.

    Inside the caller's transaction.
    """
    places: list[str] = []
    for publication in publications:
        if publication.shown_photo is not None:
            places.append(publication.shown_photo.gallery.title)
            _take_from_wall(publication.shown_photo)
        if publication.image is not None:
            places += library.remove(publication.image)
        Publication.objects.filter(pk=publication.pk).update(
            withdrawn_at=timezone.now(), shown_photo=None, image=None
        )
    return [*dict.fromkeys(places)]


def _take_from_wall(photo: Photo) -> None:
    """A copy for show means nothing to whoever picked or downloaded it there: it goes whole."""
    Pick.objects.filter(photo=photo).delete()
    DeliveryItem.objects.filter(photo=photo).delete()
    try:
        photo.delete()
    except (ProtectedError, RestrictedError):
        # An edit was made of it. Nobody meets it any more, and it cannot be brought back.
        Photo.objects.filter(pk=photo.pk).update(
            is_hidden=True, was_hidden=True, deleted_at=timezone.now(), picture=None
        )
        published.changed(photo.gallery_id)
