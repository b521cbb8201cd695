"""The studio of ``make load`` in a live site's database; prints what the people need."""

from __future__ import annotations

import json
import os
import random

import django


def plant(wanted: dict) -> dict:
    """The large gallery with its links, galleries to upload into, and delivered ones to take."""
    from django.contrib.auth import get_user_model

    from tests.benchmarks import client_gallery
    from tests.live_studio import PHOTOGRAPHER

    looked_at = client_gallery.make(wanted["photos"], wanted["clients"])
    owner = get_user_model().objects.get(username=PHOTOGRAPHER)
    return {
        "uuid": looked_at["uuid"],
        "tokens": looked_at["tokens"],
        "uploads": [_empty_gallery(owner, number) for number in range(wanted["photographers"])],
        "downloads": [
            _delivered_gallery(owner, number, wanted["files"], wanted["file_bytes"])
            for number in range(wanted["downloads"])
        ],
    }


def _empty_gallery(owner, number: int) -> dict:
    from pumbaphoto_wagtail import testing
    from tests.benchmarks import client_gallery

    gallery = testing.make_gallery(
        f"Shoot {number}", owner=owner, collection=client_gallery.owner_collection()
    )
    return {"uuid": str(gallery.uuid), "user": owner.username}


def _delivered_gallery(owner, number: int, files: int, file_bytes: int) -> dict:
    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.models import Edit, EditStatus, State
    from pumbaphoto_wagtail.proofing import links
    from tests.benchmarks import client_gallery

    chance = random.Random(number)
    gallery = testing.make_gallery(
        f"Delivered {number}",
        owner=owner,
        collection=client_gallery.owner_collection(),
        state=State.DELIVERED,
    )
    edits = []
    for place in range(files):
        photo = testing.make_photo(gallery, f"IMG_{place}.jpg", is_rendered=False)
        file = testing.make_stored_file(
            chance.randbytes(file_bytes), original_name=f"IMG_{place}_edit.jpg"
        )
        edits.append(
            Edit.objects.create(
                gallery=gallery, photo=photo, stored_file=file, status=EditStatus.MATCHED
            )
        )
    testing.make_delivery(gallery, edits)
    link = testing.make_link(gallery, "Eva")
    return {
        "address": f"/galleries/download/gallery/{gallery.uuid}",
        "token": str(links.token(link)),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(plant(json.loads(os.environ["LOAD_FACTS"]))))
