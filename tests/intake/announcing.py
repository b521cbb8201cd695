"""What a browser tells the server before it sends a file."""

from __future__ import annotations

import json
import uuid

from django.test import Client as Browser
from django.urls import reverse

from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.testing import make_photographer


def row(path: str, size: int = 10, **values) -> dict:
    """One line of a manifest."""
    return {
        "name": path.rsplit("/", 1)[-1],
        "relativePath": path,
        "size": size,
        "lastModified": 1_700_000_000_000,
        "clientKey": str(uuid.uuid4()),
        **values,
    }


def post(browser: Browser, address: str, document: object):
    return browser.post(address, json.dumps(document), content_type="application/json")


def announce(browser: Browser, gallery: Gallery, *rows: dict, **document):
    """The answer to a manifest."""
    address = reverse("pumbaphoto_wagtail:manifest", args=[gallery.uuid])
    return post(browser, address, {"files": rows, **document})


def browser_of(gallery: Gallery, **options) -> Browser:
    """A browser in which somebody who may upload to the gallery is logged in."""
    browser = Browser(**options)
    browser.force_login(make_photographer(collection=gallery.collection))
    return browser
