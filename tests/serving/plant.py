"""Photographs for a live site to serve, without the way a photograph comes in.

``python -m tests.serving.plant`` makes them in the database and on the volume that the settings
name, and prints as JSON where everything is.
"""

import json
import random

import django

DOWNLOADED_FILES, DOWNLOADED_BYTES = 9, 3_300_000
ODD_NAME = "library/a b & 50% ö.jpg"
LIBRARY_NAME = "2024 Åre/a b & 50% ö..JPG"
WALL_PHOTOS = 100
# Whatever it shows: nginx tells types by names.
MADE_UP_AVIF = b"\0\0\0\x20ftypavif" + bytes(200)


def plant() -> dict:
    """Two galleries: one for those with a link, and one for everybody."""
    from django.contrib.auth import get_user_model

    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.models import Gallery, State
    from pumbaphoto_wagtail.proofing import family, links

    maria = get_user_model().objects.get(username="maria")
    private = Gallery.objects.get(title="A day by the sea")
    testing.make_page(private)
    Gallery.objects.filter(pk=private.pk).update(state=State.DELIVERED)
    photos = [testing.make_photo(private, width=600, height=400) for _ in range(3)]
    couple_only = testing.make_photo(private, is_couple_only=True)
    raw = testing.make_stored_file(original_name='Ebba "&" Johan – 50%.jpg', name_on_disk=ODD_NAME)
    photos[0].files.update(stored_file=raw)
    delivery = testing.make_delivery(private, [testing.make_edit(private, photos[0])])
    client = testing.make_link(
        private, email="anna@example.com", may_download_originals=True, sections=[]
    )
    pinned = testing.make_link(private, "Tom", pin="2468")
    public = Gallery.objects.get(title="Two days")
    testing.make_page(public)
    testing.make_policy(gallery=public)
    open_photo = testing.make_photo(public)
    return {
        "owner": maria.pk,
        "private": str(private.uuid),
        "page": private.main_page.url,
        "photos": [_pictures(photo) for photo in photos],
        "couple_only": _pictures(couple_only),
        "public": _pictures(open_photo),
        "item": str(delivery.items.get().uuid),
        "tokens": {
            "client": str(links.token(client)),
            "family": str(links.token(family.share(client, "Aunt Gerda"))),
            "pinned": str(links.token(pinned)),
        },
        "links": {"client": client.pk, "pinned": pinned.pk},
        "downloads": plant_downloads(),
        "library": plant_library(private, photos[1]),
        **_published(),
    }


def _published() -> dict:
    """Two galleries in the published tree, of a site that has one."""
    from pumbaphoto_wagtail.conf import settings

    if not settings.PUBLISHED_STORAGE:
        return {}
    return {
        "wide": plant_published("Three days", WALL_PHOTOS),
        "narrow": plant_published("Four days", 2),
    }


def plant_published(title: str, amount: int) -> dict:
    """A gallery that everybody may see, with its pictures where nginx finds them."""
    from pumbaphoto_wagtail import published, testing
    from pumbaphoto_wagtail.access import Viewer
    from pumbaphoto_wagtail.models import Gallery
    from pumbaphoto_wagtail.proofing.pictures import photo_pictures
    from pumbaphoto_wagtail.storage import write_new

    gallery = Gallery.objects.get(title=title)
    testing.make_page(gallery)
    testing.make_policy(gallery=gallery)
    photos = [testing.make_photo(gallery) for _ in range(amount)]
    grid = photos[0].picture.renditions.get(tier="grid")
    grid.pk, grid.format, grid.recipe = None, "avif", "avif"
    grid.digest, grid.name = "a" * 64, grid.name.replace(".jpg", ".avif")
    write_new(grid.storage, grid.name, MADE_UP_AVIF)
    grid.save()
    assert published.settle(gallery.pk)
    gallery.refresh_from_db()
    shown = [photo_pictures(photo, Viewer()) for photo in gallery.photos.all()]
    return {
        "pk": gallery.pk,
        "uuid": str(gallery.uuid),
        "page": gallery.main_page.url,
        "pictures": [[each.grid.url, each.view.url, each.display.url] for each in shown],
        "avif": next(each.grid.sources[0].url for each in shown if each.grid.sources),
    }


def plant_library(gallery, photo) -> dict:
    """An original that lies in the photographer's own folders, under a name of theirs."""
    from pathlib import Path

    from django.core.files.storage import storages

    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.models import StoredFile

    root = Path(storages["pumbaphoto_library"].location)
    (root / LIBRARY_NAME).parent.mkdir(parents=True)
    content = testing.jpeg_bytes(90, 60)
    (root / LIBRARY_NAME).write_bytes(content)
    file = testing.make_stored_file(content, original_name="a b & 50% ö.JPG")
    StoredFile.objects.filter(pk=file.pk).update(
        storage="pumbaphoto_library", name=LIBRARY_NAME, is_owned=False
    )
    photo.files.update(stored_file=file)
    return {
        "original": f"/galleries/download/photo/{photo.uuid}/original",
        "path": str(root / LIBRARY_NAME),
    }


def plant_downloads() -> dict:
    """A delivered gallery whose ZIP is so large that nginx cannot hold it for a slow client."""
    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.models import Edit, EditStatus, Gallery, State
    from pumbaphoto_wagtail.proofing import links

    owner = Gallery.objects.get(title="Two days").owner
    gallery = testing.make_gallery("Much to take", owner=owner, state=State.DELIVERED)
    chance = random.Random(7)
    edits = []
    for number in range(DOWNLOADED_FILES):
        photo = testing.make_photo(gallery, f"IMG_{number}.jpg", is_rendered=False)
        file = testing.make_stored_file(
            chance.randbytes(DOWNLOADED_BYTES), original_name=f"Müller {number}.jpg"
        )
        edit = Edit(gallery=gallery, photo=photo, stored_file=file, status=EditStatus.MATCHED)
        edit.save()
        edits.append(edit)
    testing.make_delivery(gallery, edits)
    client = testing.make_link(gallery, "Eva")
    return {
        "gallery": gallery.pk,
        "address": f"/galleries/download/gallery/{gallery.uuid}",
        "page": gallery.main_page.url,
        "token": str(links.token(client)),
        "link": client.pk,
        "photos": [edit.photo_id for edit in edits],
        "files": [edit.stored_file_id for edit in edits],
        "names": [edit.stored_file.name for edit in edits],
    }


def _pictures(photo) -> dict:
    from pumbaphoto_wagtail.proofing.pictures import photo_pictures

    shown = photo_pictures(photo)
    return {
        "uuid": str(photo.uuid),
        "grid": shown.grid.url,
        "view": shown.view.url,
        "names": {row.tier: row.name for row in photo.picture.renditions.all()},
        "original": f"/galleries/download/photo/{photo.uuid}/original",
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(plant()))
