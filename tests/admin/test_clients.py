"""Clients as snippets: each studio keeps its own."""

import pytest
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Client

LIST = reverse("wagtailsnippets_pumbaphoto_wagtail_client:list")
ADD = reverse("wagtailsnippets_pumbaphoto_wagtail_client:add")
CHOOSE = reverse("wagtailsnippetchoosers_pumbaphoto_wagtail_client:choose")


@pytest.fixture
def ours(studios):
    return testing.make_client(
        "Anna Lind", email="anna@lind.example", collection=studios.collection
    )


@pytest.fixture
def theirs(studios):
    return testing.make_client("Karin Berg", collection=studios.other_collection)


def test_the_list_names_ones_own(maria, ours, theirs):
    page = maria.get(LIST).content.decode()

    assert "Anna Lind" in page
    assert "Karin Berg" not in page


def test_the_list_is_searched(maria, ours, studios):
    testing.make_client("Tom Ek", collection=studios.collection)

    assert [*maria.get(LIST, {"q": "lind.ex"}).context["object_list"]] == [ours]


def test_the_list_is_in_the_order_of_names(maria, ours, studios):
    testing.make_client("Zoe", collection=studios.collection)
    testing.make_client("Abel", collection=studios.collection)

    names = [client.name for client in maria.get(LIST).context["object_list"]]
    assert names == ["Abel", "Anna Lind", "Zoe"]


def test_the_list_counts_only_galleries_one_may_see(maria, studios, ours):
    for collection in (studios.collection, studios.other_collection):
        gallery = testing.make_gallery(collection=collection, has_page=False)
        gallery.clients.add(ours)

    assert maria.get(LIST).context["object_list"][0].gallery_count == 1


def test_the_export_holds_ones_own(maria, ours, theirs):
    text = b"".join(maria.get(LIST, {"export": "csv"}).streaming_content).decode()

    assert "Anna Lind" in text
    assert "Karin Berg" not in text


def test_a_new_client_is_kept_in_ones_own_collection(maria, studios):
    response = maria.post(ADD, {"name": "Tom Ek", "email": "", "phone": "", "language": ""})

    assert response.status_code == 302
    assert Client.objects.get(name="Tom Ek").collection == studios.collection


def test_a_client_cannot_be_put_into_another_studios_collection(maria, studios, ours):
    address = reverse("wagtailsnippets_pumbaphoto_wagtail_client:edit", args=[ours.pk])

    maria.post(address, {"name": "Anna", "collection": studios.other_collection.pk})

    ours.refresh_from_db()
    assert ours.collection == studios.collection


def test_the_chooser_offers_ones_own(maria, ours, theirs):
    page = maria.get(CHOOSE).json()["html"]

    assert "Anna Lind" in page
    assert "Karin Berg" not in page


def test_several_are_chosen_only_among_ones_own(maria, ours, theirs):
    address = reverse("wagtailsnippetchoosers_pumbaphoto_wagtail_client:chosen_multiple")

    chosen = maria.get(address, {"id": [ours.pk, theirs.pk]}).json()["result"]

    assert [row["string"] for row in chosen] == ["Anna Lind"]


class TestDeletingSeveral:
    ADDRESS = reverse("wagtail_bulk_action", args=["pumbaphoto_wagtail", "client", "delete"])

    def test_another_studios_are_not_even_named(self, maria, ours, theirs):
        for ids in (["all"], [ours.pk, theirs.pk]):
            page = maria.get(self.ADDRESS, {"id": ids, "next": "/admin/"}).content.decode()

            assert "Anna Lind" in page
            assert "Karin Berg" not in page

    def test_another_studios_stay(self, maria, ours, theirs):
        maria.post(f"{self.ADDRESS}?id={ours.pk}&id={theirs.pk}&next=/admin/")

        assert [*Client.objects.all()] == [theirs]

    def test_with_none_of_ones_own_there_is_nothing(self, maria, theirs):
        response = maria.get(self.ADDRESS, {"id": [theirs.pk], "next": "/admin/"})

        assert b"Karin Berg" not in response.content


def test_the_groups_form_has_no_second_place_for_rights_on_clients(studios, log_in):
    page = log_in(studios.chief).get(reverse("wagtailusers_groups:add")).content.decode()

    assert "change_client" not in page
    assert "Can change client" not in page
