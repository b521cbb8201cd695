"""WebP and AVIF beside the JPEG, from the setting to every page that shows a photo large."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, features

from pumbaphoto_wagtail import published, testing
from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.intake.rerendering import render_again
from pumbaphoto_wagtail.models import Stage
from pumbaphoto_wagtail.storage import storage_for

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not features.check("avif"), reason="this Pillow writes no AVIF"),
]
TIERS = {
    name: {**entry, "width": 90, "height": 90, "formats": {"avif": 60, "webp": 70}}
    for name, entry in DEFAULTS["TIERS"].items()
}


@pytest.fixture
def photo(settings):
    settings.PUMBAPHOTO = {
        **settings.PUMBAPHOTO,
        "TIERS": TIERS,
        "PUBLISHED_STORAGE": "pumbaphoto_published",
    }
    gallery = testing.make_gallery()
    testing.make_policy(gallery=gallery)
    photo = testing.make_photo(gallery, width=120, height=80)
    assert render_again(photo.picture)
    assert render_file(photo.picture_id) == Stage.READY
    assert published.settle(gallery.pk)
    return photo


def test_f22_all_formats_reach_every_page_and_the_published_tree(photo, client):
    page = photo.gallery.main_page.url
    wall = client.get(page).content.decode()
    alone = client.get(f"{page}photo/{photo.uuid}/").content.decode()
    feed = client.get(f"{page}photos/").content.decode()
    for row in photo.picture.renditions.all():
        address = f"{photo.uuid}-{row.tier}-{row.digest[:16]}."
        where = {"wall": wall, "photo page": alone, "feed": feed}
        missing = [name for name, text in where.items() if address not in text]
        # The smallest is for walls alone.
        assert not missing or (row.tier == "grid" and missing == ["photo page"]), (row, missing)
    assert wall.count('<source type="image/avif"') == 2, "the cover and the tile"
    assert wall.index("image/avif") < wall.index("image/webp"), "the best first"
    folder = Path(storage_for("pumbaphoto_published").location) / str(photo.gallery.uuid)
    found = {path.suffix: path.read_bytes() for path in folder.iterdir() if "-view-" in path.name}
    formats = {suffix: Image.open(BytesIO(data)).format for suffix, data in found.items()}
    assert formats == {".jpg": "JPEG", ".avif": "AVIF", ".webp": "WEBP"}


@pytest.mark.parametrize("extension", ["avif", "webp", "jpg"])
def test_each_format_is_sent_as_what_it_is(photo, client, extension):
    format = {"jpg": "jpeg"}.get(extension, extension)
    row = photo.picture.renditions.get(tier="view", format=format)
    name = f"{photo.uuid}-view-{row.digest[:16]}.{extension}"
    answer = client.get(f"/galleries/published/{photo.gallery.uuid}/{name}")
    assert (answer.status_code, answer["Content-Type"]) == (200, f"image/{format}")
    # No name of another format, nor another gallery's, finds it.
    other = name.replace(extension, "png")
    assert client.get(f"/galleries/published/{photo.gallery.uuid}/{other}").status_code == 404
    elsewhere = testing.make_gallery()
    assert client.get(f"/galleries/published/{elsewhere.uuid}/{name}").status_code == 404
