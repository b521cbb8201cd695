"""What is new in a portfolio, as an Atom feed (RFC 4287).

It holds what everybody finds listed, whoever asks for it: a photographer who is signed in gets the
same bytes as a feed reader, and a page that is not for everybody has no feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import uuid5

from django.db.models import F, Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.crypto import salted_hmac
from django.utils.feedgenerator import Atom1Feed, Enclosure
from wagtail.models import Page

from .. import access
from ..intake.tiers import JPEG
from ..models import Gallery, Photo, Rendition
from ..studio import studio_of_request
from .addresses import absolute
from .covers import covers_of
from .headers import make_harmless
from .pictures import DIGEST_LENGTH, photo_pictures
from .portfolio import IndexKind, galleries_below
from .walls import presentable

FEED = "feed/"
MOST_ENTRIES = 50
# The tier that comes with an entry.
ENCLOSED_TIER = "display"
# What may not stand in XML 1.0, however it is written.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def serve_atom_feed(page: Page, request: HttpRequest) -> HttpResponse:
    """The feed of an index page; Http404 where not everybody may see it."""
    everybody = access.Viewer()
    if page.kind != IndexKind.PORTFOLIO or not access.may_see_page(everybody, page):
        raise Http404
    content = _feed(page, request, everybody).writeString("utf-8").encode()
    response = HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
    # Asked for again and again: whoever has it still gets no bytes, and never old ones.
    response["Cache-Control"] = "no-cache"
    response["X-Robots-Tag"] = "noindex"
    etag = f'"{salted_hmac("pumbaphoto.feed", content, algorithm="sha256").hexdigest()}"'
    response["ETag"] = etag
    return make_harmless(get_conditional_response(request, etag=etag, response=response))


def feed_url(page: Page, request: HttpRequest) -> str:
    """The whole address of an index page's feed."""
    return f"{page.get_full_url(request)}{FEED}"


def _feed(page: Page, request: HttpRequest, everybody: access.Viewer) -> Atom1Feed:
    galleries = [*_newest(galleries_below([page], everybody))]
    changed = _changed(galleries, everybody)
    enclosures = _enclosures(galleries, everybody, request)
    studio = studio_of_request(request)
    feed = Atom1Feed(
        title=_clean(" · ".join(dict.fromkeys(filter(None, (page.title, studio.name))))),
        link=page.get_full_url(request),
        description="",
        subtitle=_clean(getattr(page, "search_description", "")) or None,
        feed_url=feed_url(page, request),
        # The page's own, wherever it is moved to and whatever it is called.
        feed_guid=uuid5(page.translation_key, page.locale.language_code).urn,
        language=page.locale.language_code,
    )
    for gallery in galleries:
        shown = gallery.main_page
        feed.add_item(
            title=_clean(shown.title),
            link=shown.get_full_url(request),
            description=_clean(getattr(shown, "search_description", "")) or None,
            unique_id=gallery.uuid.urn,
            pubdate=shown.first_published_at,
            updateddate=_updated(gallery, changed.get(gallery.pk)),
            author_name=_clean(studio.name) or _clean(page.title),
            enclosures=enclosures.get(gallery.pk, []),
        )
    return feed


def _updated(gallery: Gallery, changed: datetime | None) -> datetime:
    """When anything of a gallery changed last, as far as is known."""
    page = gallery.main_page
    known = (gallery.created_at, page.first_published_at, page.last_published_at, changed)
    return max(filter(None, known))


def _newest(galleries: QuerySet[Gallery]) -> QuerySet[Gallery]:
    """By the day they were published, so that an old shoot that is shown at last is news."""
    by_day = F("main_page__first_published_at").desc(nulls_last=True)
    return galleries.select_related("main_page").order_by(by_day, "-pk")[:MOST_ENTRIES]


def _changed(galleries: list[Gallery], everybody: access.Viewer) -> dict[int, datetime]:
    """When the last photograph came that everybody sees."""
    photos = presentable(access.photos_visible_to(everybody, "view"))
    rows = photos.filter(gallery__in=[gallery.pk for gallery in galleries]).order_by()
    return dict(rows.values_list("gallery").annotate(Max("created_at")))


def _enclosures(
    galleries: list[Gallery], everybody: access.Viewer, request: HttpRequest
) -> dict[int, list[Enclosure]]:
    covers = covers_of(galleries, everybody)
    sizes = _sizes(covers.values())
    found = {}
    for key, photo in covers.items():
        pictures = photo_pictures(photo)
        url = getattr(pictures, ENCLOSED_TIER).url if pictures else ""
        size = next((size for digest, size in sizes.items() if digest in url), None)
        if size is not None:
            found[key] = [Enclosure(absolute(url, request), str(size), "image/jpeg")]
    return found


def _sizes(photos: Iterable[Photo]) -> dict[str, int]:
    """Bytes of the pictures of photographs, by the part of their digests that addresses have."""
    rows = Rendition.objects.filter(
        stored_file__in=[photo.picture_id for photo in photos],
        tier=ENCLOSED_TIER,
        format=JPEG,
        cleared_at__isnull=True,
    )
    return {digest[:DIGEST_LENGTH]: size for digest, size in rows.values_list("digest", "size")}


def _clean(text: str | None) -> str:
    return _NOT_IN_XML.sub("", text or "")
