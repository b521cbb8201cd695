"""What the example studio's gallery page costs a client: ``python -m tests.client.measure_page``.

Runs in the environment of a live site, with its settings and middleware, and prints as JSON the
statements of a request for a small and a large gallery, and the bytes of the first screen.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import django

SIZES = (10, 1000)
ASSET = re.compile(r'<(?:link[^>]*rel="stylesheet"[^>]*href|script[^>]*src)="([^"]+)"')


def measure() -> dict:
    """``{"statements": {amount: [SQL, …]}, "busiest": [SQL, …], "bytes": {name: compressed}}``

    The busiest page has hearts, photos that were added later, and a finished section.
    """
    from django.contrib.staticfiles import finders
    from django.test import Client

    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.proofing import links

    testing.make_storages()
    gallery = testing.make_gallery("The Berg wedding")
    section = testing.make_section(gallery)
    link = testing.make_link(gallery)
    browser = Client(HTTP_HOST="127.0.0.1", HTTP_X_FORWARDED_PROTO="https")
    statements = {}
    for amount in SIZES:
        testing.make_many_photos(gallery, amount - gallery.photos.count(), section=section)
        location = browser.get(f"/galleries/s/{links.token(link)}").headers["Location"]
        browser.get(location)
        statements[amount], page = _statements(browser, location)
    sent = {"page": page}
    for address in ASSET.findall(page.decode()):
        sent[address] = Path(finders.find(address.removeprefix("/static/"))).read_bytes()
    _make_busy(gallery, section, link)
    browser.get(location)
    busiest, _page = _statements(browser, location)
    return {
        "statements": statements,
        "busiest": busiest,
        "bytes": {name: len(gzip.compress(content, 6)) for name, content in sent.items()},
    }


def _make_busy(gallery, section, link) -> None:
    from datetime import timedelta

    from pumbaphoto_wagtail.models import MessageKind, Photo
    from pumbaphoto_wagtail.proofing import picks

    for photo in gallery.photos.all()[:3]:
        picks.set_favourite(link, photo, True)
    picks.set_note(link, photo, "Warmer")
    section.is_finished = True
    section.save()
    later = gallery.photos.last()
    Photo.objects.filter(pk=later.pk).update(created_at=later.created_at + timedelta(days=1))
    link.messages.create(key="new-1", kind=MessageKind.NEW_PHOTOS, gallery=gallery)


def _statements(browser, location: str) -> tuple[list[str], bytes]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        response = browser.get(location)
    assert response.status_code == 200, response.status_code
    return [query["sql"] for query in queries], response.content


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure()))
