"""How an index page lists its galleries, as its photographer says it in the page editor."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.proofing.portfolio import IndexKind

pytestmark = pytest.mark.django_db
COVERS = reverse("pumbaphoto_cover_chooser:choose")


@pytest.fixture
def index(db):
    return testing.make_index_page(IndexKind.PORTFOLIO, title="Portfolio")


@pytest.fixture
def photo(index):
    gallery = testing.make_gallery(
        "Coast", has_page=False, owner=testing.make_photographer("maria")
    )
    testing.make_page(gallery, index_page=index)
    return testing.make_photo(gallery, "COAST.jpg")


@pytest.fixture
def admin():
    user = testing.make_user("admin", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)
    return client


def test_b23_b70_the_editor_asks_for_the_order_the_photos_and_the_cover(admin, index):
    html = admin.get(reverse("wagtailadmin_pages:edit", args=[index.pk])).content.decode()

    for field in ("order", "sample_size", "cover"):
        assert f'name="{field}"' in html
    assert f"{COVERS}?below={index.pk}" in html


def test_b16_an_album_has_a_title_words_and_a_cover_and_outlives_the_cover(admin, index, photo):
    html = admin.get(reverse("wagtailadmin_pages:edit", args=[index.pk])).content.decode()
    for field in ("title", "intro", "cover"):
        assert f'name="{field}"' in html

    index.cover = photo
    index.save()
    photo.delete()
    index.refresh_from_db()
    assert (index.title, index.cover) == ("Portfolio", None)


def test_b70_the_cover_is_chosen_among_the_photos_below_the_page(admin, index, photo):
    elsewhere = testing.make_photo(testing.make_gallery("Elsewhere"), "ELSEWHERE.jpg")
    page = admin.get(COVERS, {"below": index.pk}).json()["html"]

    assert "COAST.jpg" in page
    assert "ELSEWHERE" not in page
    chosen = reverse("pumbaphoto_cover_chooser:chosen", args=[elsewhere.uuid])
    assert admin.get(chosen, {"below": index.pk}).status_code == 404


@pytest.mark.parametrize("named", ["²", "x", "-1", "9" * 30, ""])
def test_b70_below_no_page_there_are_none(admin, photo, named):
    assert "COAST" not in admin.get(COVERS, {"below": named}).json()["html"]


def test_b70_of_galleries_of_others_none_are_offered(index, photo):
    client = Client()
    client.force_login(testing.make_photographer("bert", collection=_collection()))
    assert "COAST" not in client.get(COVERS, {"below": index.pk}).json()["html"]


def _collection():
    from wagtail.models import Collection

    return Collection.get_first_root_node().add_child(instance=Collection(name="Bert's"))


def test_b70_a_photo_from_elsewhere_is_no_cover(index, photo):
    index.cover = photo
    index.full_clean()
    index.cover = testing.make_photo(testing.make_gallery("Elsewhere"))
    with pytest.raises(ValidationError, match="in no gallery below"):
        index.full_clean()
