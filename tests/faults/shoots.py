"""Galleries with a page and a client's link each: ``python -m tests.faults.shoots AMOUNT``.

Run in a live site's environment; prints what photographer and client need to find them.
"""

from __future__ import annotations

import json
import os
import sys
from uuid import uuid4

import django


def plant(amount: int) -> list[dict[str, str]]:
    """New galleries of the live site's photographer, shared with one client each."""
    from django.contrib.auth import get_user_model
    from wagtail.models import Collection, Site

    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.proofing import links
    from tests.live_studio import PHOTOGRAPHER

    maria = get_user_model().objects.get(username=PHOTOGRAPHER)
    collection = Collection.objects.get(name="Maria Lindqvist")
    # Planted again, it is another one: the counter of slugs begins anew in each process.
    index = testing.make_index_page(site=Site.objects.get(), slug=f"clients-{uuid4().hex}")
    found = []
    for number in range(amount):
        gallery = testing.make_gallery(
            f"Shoot {os.getpid()}-{number}", owner=maria, collection=collection, has_page=False
        )
        # Other processes have planted pages as well, under slugs that a counter gives.
        slug = f"shoot-{gallery.uuid.hex}"
        testing.make_page(gallery, index_page=index, slug=slug)
        link = testing.make_link(gallery, email=f"client-{gallery.uuid.hex}@example.com")
        found.append(
            {
                "gallery": str(gallery.uuid),
                "link": str(link.uuid),
                "token": str(links.token(link)),
                "page": f"/{index.slug}/{slug}/",
            }
        )
    return found


if __name__ == "__main__":
    django.setup()
    print(json.dumps(plant(int(sys.argv[1]))))
