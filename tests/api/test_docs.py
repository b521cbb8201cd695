"""``docs/api.md`` says what the API does: every address in it is asked, every field is there."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.api.galleries import GalleriesEndpoint
from pumbaphoto_wagtail.api.photos import PhotosEndpoint
from pumbaphoto_wagtail.api.videos import VideosEndpoint
from pumbaphoto_wagtail.models import Video

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
ASKED = re.findall(r"^(GET|POST) (/api/\S+)(?:  → (\d+))?$", TEXT, re.MULTILINE)
ENDPOINTS = {"Galleries": GalleriesEndpoint, "Photos": PhotosEndpoint, "Videos": VideosEndpoint}


@pytest.mark.django_db
def test_every_example_is_answered_as_it_says(world):
    assert len(ASKED) > 10
    photo = testing.make_photo(world.public)
    video = Video.objects.create(gallery=world.public, url="https://video.example/1")
    known = {"<gallery>": world.public.uuid, "<photo>": photo.uuid, "<video>": video.uuid}
    for method, address, status in ASKED:
        for name, uuid in known.items():
            address = address.replace(name, str(uuid))
        response = getattr(Client(), method.lower())(address)
        assert response.status_code == int(status or 200), address
        assert method == "POST" or "<" not in address


@pytest.mark.django_db
def test_the_example_of_an_answer_has_the_shape_of_one(world):
    testing.make_photo(world.public)
    [told] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
    said = Client().get("/api/v2/galleries/").json()
    assert shape(told["items"][0]) == shape(said["items"][0])
    assert set(told) == set(said)


def shape(value):
    """The keys of what is said, all the way down; of a list those of its first."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) else None


@pytest.mark.parametrize("heading", ENDPOINTS)
def test_every_field_filter_and_order_is_told_and_no_other(heading):
    endpoint = ENDPOINTS[heading]
    section = re.search(rf"^## {heading}\n(.*?)^## ", TEXT, re.DOTALL | re.MULTILINE)[1]
    fields = [each.name for each in (*endpoint.fields_here, *endpoint.meta_fields_here)]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == fields
    told = section.partition("Filters:")[2].partition("`search`")[0]
    filters, _word, orders = told.partition("Order")
    for name in endpoint.filters:
        assert f"`{name}`" in filters
    for name in endpoint.orders:
        assert f"`{name}`" in orders
