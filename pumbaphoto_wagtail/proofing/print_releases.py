"""The print release that went with a delivery, for those who may have the whole files."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from .. import access
from ..models import Delivery, Downloads, Gallery
from . import links
from .media import media
from .sending import send_computed

FILE_NAME = "print-release.pdf"


def released(viewer: access.Viewer, gallery: Gallery) -> QuerySet[Delivery]:
    """The deliveries whose print release this viewer may have, without the release itself.

    Only who may have the whole files has anything to print.
    """
    if not access.may_download(viewer, gallery, Downloads.FULL):
        return Delivery.objects.none()
    deliveries = access.deliveries_visible_to(viewer, gallery)
    return deliveries.filter(print_release__isnull=False).defer("print_release")


@media
def print_release(request: HttpRequest, delivery_uuid: UUID) -> HttpResponse:
    """One print release, as it was frozen with its delivery."""
    viewer = links.viewer(request)
    delivery = get_object_or_404(Delivery.objects.select_related("gallery"), uuid=delivery_uuid)
    if not released(viewer, delivery.gallery).filter(pk=delivery.pk).exists():
        raise Http404
    content = bytes(delivery.print_release)

    def read(start: int, stop: int) -> Iterator[bytes]:
        yield content[start:stop]

    return send_computed(
        request,
        read,
        size=len(content),
        etag=f'"{sha256(content).hexdigest()}"',
        content_type="application/pdf",
        file_name=FILE_NAME,
    )
