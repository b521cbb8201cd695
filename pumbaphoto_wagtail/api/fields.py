"""How galleries, photographs and films are said in JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from rest_framework import serializers
from rest_framework.fields import Field, SkipField
from wagtail.api.utils import get_full_url
from wagtail.api.v2.utils import get_object_detail_url

from ..models import Gallery, Photo, Video
from ..proofing.pictures import TIERS, Picture, Pictures

JPEG_TYPE = "image/jpeg"


class Whole(Field):
    """A field that is said of the whole object: ``of`` says what."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, **kwargs})

    def get_attribute(self, instance: Any) -> Any:
        return self.of(instance)

    def to_representation(self, value: Any) -> Any:
        return value

    def of(self, instance: Any) -> Any:
        raise NotImplementedError

    @property
    def request(self):  # noqa: ANN201
        return self.context["request"]

    def absolute(self, address: str) -> str:
        return get_full_url(self.request, address)


class Identity(serializers.UUIDField):
    def __init__(self) -> None:
        super().__init__(source="uuid", read_only=True)


class DetailURL(Whole):
    def of(self, instance: Any) -> str:
        address = get_object_detail_url(
            self.context["router"], self.request, type(instance), instance.uuid
        )
        if address is None:
            raise SkipField
        return address


class ListURL(Whole):
    """Where what belongs to a gallery is listed."""

    def __init__(self, *, model: type) -> None:
        super().__init__()
        self.model = model

    def of(self, gallery: Gallery) -> str:
        listing = self.context["router"].get_model_listing_urlpath(self.model)
        if listing is None:
            raise SkipField
        return self.absolute(f"{listing}?{urlencode({'gallery': str(gallery.uuid)})}")


class GalleryPageURL(Whole):
    """The page where a gallery is looked at; None while it has none that is live."""

    def of(self, gallery: Gallery) -> str | None:
        return page_address(gallery, self.request)


class OnPageURL(Whole):
    """The address of one photograph within its gallery's page."""

    def of(self, photo: Photo) -> str | None:
        page = page_address(photo.gallery, self.request)
        return f"{page}photo/{photo.uuid}/" if page else None


def page_address(gallery: Gallery, request) -> str | None:
    """The whole address of a gallery's main page."""
    page = gallery.main_page
    return page.get_full_url(request) if page is not None and page.live else None


class OfStaff(Whole):
    """What only those read who keep the gallery; to others there is no such field."""

    def of(self, gallery: Gallery) -> Any:
        if not gallery.is_kept_by_viewer:
            raise SkipField
        return getattr(gallery, self.field_name)


class Count(Whole):
    """How many photographs this viewer sees of a gallery."""

    def of(self, gallery: Gallery) -> int:
        return gallery.shown_count


class SectionField(Whole):
    def of(self, instance: Any) -> dict | None:
        section = instance.section
        return {"id": str(section.uuid), "title": section.title} if section else None


class Renditions(Whole):
    """The pictures of a photograph or film, the smallest first, each JPEG before other formats."""

    def of(self, shown: Photo | Video) -> list[dict]:
        return said(shown.shown_pictures, self)


class Cover(Whole):
    """A gallery's cover: the photograph, and its pictures."""

    def of(self, gallery: Gallery) -> dict | None:
        photo = gallery.shown_cover
        if photo is None:
            return None
        return {**named(photo, self), "renditions": said(photo.shown_pictures, self)}


def named(photo: Photo, field: Whole) -> dict:
    """A photograph in short, within another thing."""
    router = field.context["router"]
    address = get_object_detail_url(router, field.request, Photo, photo.uuid)
    meta = {"type": "pumbaphoto_wagtail.Photo", "detail_url": address}
    return {"id": str(photo.uuid), "meta": meta}


def said(pictures: Pictures | None, field: Whole) -> list[dict]:
    """Pictures as a list, with whole addresses; none while there are none."""
    if pictures is None:
        return []
    return [each for tier in TIERS for each in _said_of_tier(tier, getattr(pictures, tier), field)]


def _said_of_tier(tier: str, picture: Picture, field: Whole) -> list[dict]:
    size = {"width": picture.width, "height": picture.height}
    formats = [(JPEG_TYPE, picture.url), *((other.type, other.url) for other in picture.sources)]
    return [
        {"tier": tier, "type": type, **size, "url": field.absolute(url)} for type, url in formats
    ]
