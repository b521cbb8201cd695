"""Photographs in Wagtail's image tags: ``{% image photo max-800x800 %}``.

Nothing is made for a tag: the tier that is large enough stands for what it asks for, and its
address is the one at which each visitor is looked at anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings as django_settings
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..conf import settings
from .file import AWAITED, DIGEST_LENGTH, EXTENSIONS, Rendition

if TYPE_CHECKING:
    from .photo import Photo

JPEG = "jpeg"
_BOX = re.compile(r"(?:max|min|fill)-(\d+)x(\d+)")
_WIDTH = re.compile(r"width-(\d+)")
_HEIGHT = re.compile(r"height-(\d+)")
_FORMAT = re.compile(r"format-([a-z]+)")


@dataclass(frozen=True, kw_only=True)
class PhotoRendition:
    """A photograph in one tier, as templates know renditions of Wagtail's images.

    ``width`` and ``height`` are those of the picture there is, in pixels: a tag that crops gets the
    whole picture all the same.
    """

    url: str
    width: int
    height: int
    alt: str

    @property
    def attrs_dict(self) -> dict[str, str | int]:
        return {"src": self.url, "width": self.width, "height": self.height, "alt": self.alt}

    @property
    def attrs(self) -> SafeString:
        return flatatt(self.attrs_dict)

    @property
    def full_url(self) -> str:
        """The address with the site's own before it, as mails need it."""
        return f"{getattr(django_settings, 'WAGTAILADMIN_BASE_URL', '')}{self.url}"

    def img_tag(self, extra_attributes: Mapping[str, Any] | None = None) -> SafeString:
        usual = apps.get_app_config("wagtailimages").default_attrs
        attributes = flatatt({**self.attrs_dict, **usual, **(extra_attributes or {})})
        return format_html("<img{}>", attributes)

    def __html__(self) -> SafeString:
        return self.img_tag()


def rendition_of(photo: Photo, specification: str) -> PhotoRendition:
    """The smallest tier that is as large as a filter specification of Wagtail's asks for.

    One that is not there yet, or was cleared, has its address all the same: whoever looks at it
    asks for it. ``format-webp`` and ``format-avif`` are heeded where the tier has them.
    """
    tier = _tier_for(specification)
    proofs = sorted(proof_renditions(photo), key=lambda row: row.pk) if photo.picture else ()
    made = {row.format: row for row in proofs if row.tier == tier}
    wanted = _FORMAT.search(specification)
    found = made.get(wanted[1] if wanted else JPEG) or made.get(JPEG)
    parts = (tier, AWAITED, EXTENSIONS[JPEG]) if found is None else _parts(found)
    width, height = _awaited_size(photo, tier) if found is None else (found.width, found.height)
    return PhotoRendition(
        url=reverse("pumbaphoto_wagtail:photo_picture", args=[photo.uuid, *parts]),
        width=width,
        height=height,
        # A file's name is the photographer's own; the gallery's title is what visitors know.
        alt=photo.gallery.title,
    )


def _tier_for(specification: str) -> str:
    tiers = sorted(settings.TIERS.items(), key=lambda tier: tier[1]["width"])
    box = _BOX.search(specification)
    wide, high = _WIDTH.search(specification), _HEIGHT.search(specification)
    width = int(box[1]) if box else int(wide[1]) if wide else 0
    height = int(box[2]) if box else int(high[1]) if high else 0
    if width or height:
        for name, tier in tiers:
            if tier["width"] >= width and tier["height"] >= height:
                return name
    return tiers[-1][0]


def proof_renditions(photo: Photo) -> list[Rendition]:
    """What a photograph is shown by as a proof, to whoever may see it, staff as well.

    The photographer looks at the same pictures as the client, so that no address of a clean one
    ever stands in a page or a cache that a client may come by.
    """
    made = photo.picture.renditions.all()
    return [row for row in made if row.watermark == photo.gallery.mark_in(row.tier)]


def _parts(rendition: Rendition) -> tuple[str, str, str]:
    return rendition.tier, rendition.digest[:DIGEST_LENGTH], EXTENSIONS[rendition.format]


def _awaited_size(photo: Photo, tier: str) -> tuple[int, int]:
    box = settings.TIERS[tier]
    width, height = photo.width or 3, photo.height or 2
    share = min(box["width"] / width, box["height"] / height)
    return max(1, round(width * share)), max(1, round(height * share))
