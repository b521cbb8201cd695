"""Pictures of delivered photographs in the site's own image library.

They are made through the image model's own ways: its fields, its validation, its storage, its log.
One comes in only from :mod:`delivery.publishing`, with somebody's consent, and goes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.db import transaction
from django.db.models import Model
from django.db.models.deletion import ProtectedError, RestrictedError
from django.utils.translation import gettext as _
from PIL import Image as Picture
from wagtail.images import get_image_model
from wagtail.log_actions import log
from wagtail.models import Collection

from ..exceptions import RenderFailed, TransitionNotAllowed
from ..models import DeliveryItem
from ..storage import open_file

FILE_NAME = "portfolio.jpg"
TIER = "display"
LONGEST_TITLE = 255


def draft_images(
    items: Mapping[int, DeliveryItem], collection: Collection, actor, description: str
) -> dict[int, Model]:
    """An image for each delivered file, stored and not saved yet, under the same keys.

    Raises TransitionNotAllowed where the site's image model asks for more than a file, a title and
    a description.
    """
    drafts: dict[int, Model] = {}
    try:
        for number, (key, item) in enumerate(items.items(), start=1):
            drafts[key] = _draft(item, collection, actor, _title(description, number, len(items)))
            drafts[key].description = description
            drafts[key].full_clean()
    except ValidationError as error:
        forget_unused(drafts.values())
        words = _(
            "The image library of this site asks for more than can be filled in here: %(why)s"
        )
        raise TransitionNotAllowed(words % {"why": " ".join(error.messages)}) from error
    except (OSError, RenderFailed) as error:
        forget_unused(drafts.values())
        raise TransitionNotAllowed(_("A picture could not be read. Try again later.")) from error
    return drafts


def _title(description: str, number: int, of: int) -> str:
    title = description or _("Portfolio")
    return f"{title[: LONGEST_TITLE - 8]} {number}" if of > 1 else title[:LONGEST_TITLE]


def _draft(item: DeliveryItem, collection: Collection, actor, title: str) -> Model:
    made = item.stored_file.renditions.filter(tier=TIER, format="jpeg", watermark="").first()
    if made is None:
        raise RenderFailed
    with open_file(made.storage, made.name) as stored:
        data = stored.read()
    image = get_image_model()(title=title, collection=collection, uploaded_by_user=actor)
    image.file.save(FILE_NAME, ImageFile(BytesIO(data), name=FILE_NAME), save=False)
    image._set_image_file_metadata()
    return image


def keep(image: Model, actor) -> Model:
    """Save a drafted image, inside the caller's transaction."""
    image.save()
    log(image, "wagtail.create", user=actor)
    return image


def forget_unused(images: Iterable[Model]) -> None:
    """Take the files of drafts away that became no image."""
    model = get_image_model()
    for image in images:
        if not image.pk or not model.objects.filter(pk=image.pk).exists():
            image.file.storage.delete(image.file.name)


def remove(image: Model) -> list[str]:
    """Delete an image although it is used; where it was used, in words.

    Where the site forbids that, a grey picture takes its place, and nothing of it is left.
    """
    places = [str(found) for found, _references in image.get_usage()]
    # Wagtail leaves files to a task, for which a site may have no worker: these are public.
    stored = [(one.file.storage, one.file.name) for one in (image, *image.renditions.all())]
    transaction.on_commit(lambda: [storage.delete(name) for storage, name in stored])
    try:
        with transaction.atomic():
            image.delete()
    except (ProtectedError, RestrictedError):
        _blank(image)
    return places


def _blank(image: Model) -> None:
    buffer = BytesIO()
    Picture.new("RGB", (image.width, image.height), "#d0d0d0").save(buffer, "JPEG")
    for rendition in image.renditions.all():
        rendition.delete()
    buffer.seek(0)
    image.file.save("withdrawn.jpg", ImageFile(buffer, name="withdrawn.jpg"), save=False)
    image._set_image_file_metadata()
    image.title = _("Not shown any more")
    image.description = ""
    image.save()
