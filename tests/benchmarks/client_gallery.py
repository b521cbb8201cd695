"""A wedding in a live site's database: ``python -m tests.benchmarks.client_gallery PHOTOS LINKS``.

The rows are as of an intake; the pictures are real renditions of a few photographs, which all rows
share, since a server and a disk cache do the same work for them. Prints what the clients need.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from itertools import cycle
from pathlib import Path

import django

SAMPLES = 6
PAGE_SIZE = 500


def make(photos: int, link_count: int) -> dict:
    """The gallery, its links, and the addresses of its thumbnails' files below the volume."""
    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.proofing import links
    from tests.live_studio import PHOTOGRAPHER

    owner = _user(PHOTOGRAPHER)
    gallery = testing.make_gallery(
        "The Berg wedding", owner=owner, collection=owner_collection(), included=50
    )
    sections = [
        testing.make_section(gallery, title, position=place)
        for place, title in enumerate(("Getting ready", "Ceremony", "Dinner", "Party"))
    ]
    rendered = _rendered_samples()
    for first in range(0, photos, PAGE_SIZE):
        section = sections[first * len(sections) // photos]
        _add(gallery, section, first, min(PAGE_SIZE, photos - first), rendered)
    tokens = [
        str(links.token(testing.make_link(gallery, f"Guest {number}", decides=False)))
        for number in range(link_count)
    ]
    return {
        "uuid": str(gallery.uuid),
        "page": gallery.main_page.url,
        "tokens": tokens,
        "files": [made["name"] for renditions in rendered for made in renditions],
        "thumbnails": [
            made["name"]
            for renditions in rendered
            for made in renditions
            if made["tier"] == "grid" and made["format"] == "jpeg"
        ],
    }


def owner_collection():
    from wagtail.models import Collection

    return Collection.get_first_root_node().get_children().first()


def _user(name: str):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username=name)


def _rendered_samples() -> list[list[dict]]:
    """For each sample the fields of its renditions, which lie in the storage already."""
    from pumbaphoto_wagtail.conf import settings
    from pumbaphoto_wagtail.intake.formats import FORMATS
    from pumbaphoto_wagtail.intake.renditions import render
    from pumbaphoto_wagtail.storage import RENDITIONS, write_new

    found = []
    samples = sorted(Path(os.environ["BENCH_DIRECTORY"]).glob("24-*.jpg"))[:SAMPLES]
    for number, path in enumerate(samples):
        with path.open("rb") as source:
            result = render(source, FORMATS["jpeg"], settings.TIERS, max_pixels=settings.MAX_PIXELS)
        made = []
        for rendition in result.renditions:
            name = f"bench/{number}-{rendition.tier}.{rendition.format}"
            write_new(RENDITIONS, name, rendition.data)
            made.append(
                {
                    "tier": rendition.tier,
                    "format": rendition.format,
                    "width": rendition.width,
                    "height": rendition.height,
                    "size": len(rendition.data),
                    "digest": hashlib.sha256(rendition.data).hexdigest(),
                    "storage": RENDITIONS,
                    "name": name,
                    "recipe": "bench",
                }
            )
        found.append(made)
    return found


def _add(gallery, section, first: int, amount: int, rendered: list[list[dict]]) -> None:
    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.models import Photo, Rendition

    made = testing.make_many_photos(gallery, amount, section=section)
    Rendition.objects.filter(stored_file__pictured_photos__in=[p.pk for p in made]).delete()
    samples = cycle(rendered)
    rows = []
    for number, photo in enumerate(made):
        renditions = next(samples)
        photo.name = f"IMG_{first + number:05d}.jpg"
        photo.name_key, photo.position = photo.name.casefold(), first + number
        photo.width, photo.height = renditions[-1]["width"], renditions[-1]["height"]
        rows += [Rendition(stored_file_id=photo.picture_id, **fields) for fields in renditions]
    Rendition.objects.bulk_create(rows)
    Photo.objects.bulk_update(made, ["name", "name_key", "position", "width", "height"])


if __name__ == "__main__":
    django.setup()
    print(json.dumps(make(int(sys.argv[1]), int(sys.argv[2]))))
