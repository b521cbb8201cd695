"""The dialogs in which galleries and covers are chosen, and clients in forms: of one's own only."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import galleries_url, gallery_url
from pumbaphoto_wagtail.admin.gallery_widget import AdminGalleryChooser
from pumbaphoto_wagtail.blocks import GalleryBlock, GalleryChooserBlock
from pumbaphoto_wagtail.models import Client, Gallery, State

from .conftest import in_state

CHOOSE = reverse("pumbaphoto_gallery_chooser:choose")
RESULTS = reverse("pumbaphoto_gallery_chooser:choose_results")
CREATE = reverse("pumbaphoto_gallery_chooser:create")
COVERS = reverse("pumbaphoto_cover_chooser:choose")
SUGGEST = reverse("wagtailsnippets_pumbaphoto_wagtail_client:suggest")


def chosen(gallery):
    return reverse("pumbaphoto_gallery_chooser:chosen", args=[gallery.uuid])


@pytest.fixture
def theirs(studios):
    return testing.make_gallery(
        "Berg family", owner=studios.bert, collection=studios.other_collection, site=studios.site
    )


class TestGalleryChooser:
    def test_offers_ones_own(self, maria, gallery, theirs):
        page = maria.get(CHOOSE).json()["html"]

        assert "Smith wedding" in page
        assert "Anna Smith" in page
        assert "Berg family" not in page
        assert "pumba-cover" in page

    @pytest.mark.parametrize(
        ("query", "is_found"),
        [
            ({"q": "smith wed"}, True),
            ({"q": "anna"}, True),
            ({"q": "berg"}, False),
            ({"state": "active"}, True),
            ({"state": "archived"}, False),
            ({"to": "change"}, True),
            ({"to": "nonsense"}, True),
            ({"p": "9"}, None),
        ],
    )
    def test_is_searched_and_filtered(self, query, is_found, maria, gallery, theirs):
        response = maria.get(RESULTS, query)

        if is_found is None:
            assert response.status_code == 404
        else:
            assert ("Smith wedding" in response.content.decode()) is is_found
            assert b"Berg family" not in response.content

    def test_offers_to_who_may_only_look_nothing_to_change(self, studios, log_in, gallery):
        user = testing.make_photographer("looker", collection=studios.collection)
        permissions = user.groups.get().collection_permissions
        permissions.exclude(permission__codename="share_gallery").delete()
        browser = log_in(user)

        assert b"Smith wedding" in browser.get(RESULTS).content
        assert b"Smith wedding" not in browser.get(RESULTS, {"to": "change"}).content
        assert browser.get(chosen(gallery), {"to": "change"}).status_code == 404

    def test_answers_by_a_name_nobody_can_guess(self, maria, gallery):
        result = maria.get(chosen(gallery)).json()["result"]

        assert result["id"] == str(gallery.uuid)
        assert result["edit_url"] == gallery_url(gallery)
        assert result["title"] == "Smith wedding"

    def test_says_of_one_without_photos_where_they_go(self, maria, studios):
        empty = testing.make_gallery("New", owner=studios.maria, collection=studios.collection)

        assert "no photos yet" in maria.get(chosen(empty)).json()["result"]["title"]

    def test_gives_no_answer_about_others(self, maria, gallery, theirs):
        address = reverse("pumbaphoto_gallery_chooser:chosen_multiple")
        ids = [gallery.uuid, theirs.uuid, "1", "nonsense"]

        result = maria.get(address, {"id": ids}).json()["result"]

        assert [row["title"] for row in result] == ["Smith wedding"]
        for key in (theirs.uuid, uuid4(), theirs.pk, "nonsense"):
            url = reverse("pumbaphoto_gallery_chooser:chosen", args=[key])
            assert maria.get(url).status_code == 404

    def test_several_are_offered_with_a_box_each(self, maria, gallery):
        page = maria.get(CHOOSE, {"multiple": "1"}).json()["html"]

        assert f'value="{gallery.uuid}"' in page

    def test_has_nothing_for_who_has_no_galleries(self, studios, log_in, gallery):
        browser = log_in(studios.outsider)

        page = browser.get(CHOOSE).json()["html"]

        assert "Smith wedding" not in page
        assert "New gallery" not in page
        browser.post(CREATE, {"pumbaphoto-gallery-title": "Mine"})
        assert not Gallery.objects.filter(title="Mine").exists()

    def test_the_number_of_queries_is_constant(self, maria, studios, gallery):
        before = _queries(maria, RESULTS)
        for number in range(8):
            one = testing.make_gallery(
                f"Shoot {number}", owner=studios.maria, collection=studios.collection
            )
            testing.make_photo(one)

        assert _queries(maria, RESULTS) == before


class TestMakingOne:
    DATA = {
        "pumbaphoto-gallery-title": "Anna & Tom",
        "pumbaphoto-gallery-client_name": "Anna Lind",
        "pumbaphoto-gallery-shoot_date": "2026-07-04",
    }

    def test_makes_the_gallery_with_its_client(self, maria, studios):
        answer = maria.post(f"{CREATE}?page=no", self.DATA).json()

        gallery = Gallery.objects.get()
        assert answer["result"]["id"] == str(gallery.uuid)
        assert (gallery.title, gallery.owner) == ("Anna & Tom", studios.maria)
        assert gallery.collection == studios.collection
        assert [client.name for client in gallery.clients.all()] == ["Anna Lind"]
        assert gallery.main_page is None

    def test_makes_its_page_where_one_may_write(self, maria, studios, may_write_pages):
        index = testing.make_index_page(site=studios.site)
        may_write_pages(studios.maria, index)

        maria.post(CREATE, {**self.DATA, "pumbaphoto-gallery-index_page": index.pk})

        assert Gallery.objects.get().main_page.get_parent().pk == index.pk

    def test_shows_the_form_again_with_its_errors(self, maria):
        answer = maria.post(CREATE, {**self.DATA, "pumbaphoto-gallery-title": ""}).json()

        assert answer["step"] == "reshow_creation_form"
        assert "This field is required" in answer["htmlFragment"]
        assert not Gallery.objects.exists()

    def test_its_fields_are_unlike_those_of_any_page(self, maria):
        form = maria.get(CHOOSE).json()["html"].split("creation-form")[1]

        assert not re.search(r'(name|id)="(id_)?title"', form)


class TestBlock:
    def test_keeps_a_gallery_and_not_its_name(self, gallery):
        block = GalleryChooserBlock()

        assert block.get_prep_value(block.to_python(gallery.pk)) == gallery.pk
        assert block.get_form_state(gallery)["id"] == str(gallery.uuid)
        form_value = block.value_from_datadict({"g": str(gallery.uuid)}, {}, "g")
        assert block.clean(form_value) == gallery

    @pytest.mark.parametrize("sent", ["pk", "nonsense", "unknown"])
    def test_takes_nothing_that_could_be_guessed(self, sent, gallery):
        block = GalleryChooserBlock(required=False)
        said = {"pk": str(gallery.pk), "nonsense": "x", "unknown": str(uuid4())}[sent]

        assert block.value_from_datadict({"g": said}, {}, "g") is None
        assert AdminGalleryChooser().get_value_data(said) is None

    def test_is_silent_without_a_gallery(self, rf):
        block = GalleryBlock()
        request = rf.get("/")
        request.user = AnonymousUser()

        value = block.to_python({"gallery": None, "heading": "Seen", "amount": 2})

        assert block.render(value, context={"request": request}).strip() == ""


def test_the_widget_runs_without_inline_scripts(gallery):
    html = AdminGalleryChooser(action="change").render("target", gallery, {"id": "id_target"})

    assert "<script" not in html
    assert str(gallery.uuid) in html
    assert "to=change" in html


class TestCovers:
    def test_are_the_galleries_photos(self, maria, gallery, photos):
        hidden = photos[3]
        hidden.is_hidden = True
        hidden.save()

        page = maria.get(COVERS, {"gallery": gallery.uuid}).json()["html"]

        assert "IMG_0001.jpg" in page
        assert "IMG_0004.jpg" not in page

    @pytest.mark.parametrize("named", ["", "nonsense", "1"])
    def test_without_a_gallery_there_are_none(self, named, maria, gallery, photos):
        page = maria.get(COVERS, {"gallery": named}).json()["html"]

        assert "IMG_" not in page
        assert "choose the gallery first" in page

    def test_of_others_are_not_offered(self, maria, theirs):
        photo = testing.make_photo(theirs, "THEIRS.jpg")
        address = reverse("pumbaphoto_cover_chooser:chosen", args=[photo.uuid])

        assert "THEIRS" not in maria.get(COVERS, {"gallery": theirs.uuid}).json()["html"]
        assert maria.get(address, {"gallery": theirs.uuid}).status_code == 404

    def test_one_is_answered_with_its_picture(self, maria, gallery, photos):
        address = reverse("pumbaphoto_cover_chooser:chosen", args=[photos[0].uuid])

        result = maria.get(address, {"gallery": gallery.uuid}).json()["result"]

        assert (result["id"], result["title"]) == (str(photos[0].uuid), "IMG_0001.jpg")


class TestClients:
    @pytest.fixture
    def anna(self, studios):
        return testing.make_client(
            "Anna Lind", email="anna@lind.example", collection=studios.collection
        )

    def test_are_suggested_among_ones_own(self, maria, anna, studios):
        testing.make_client("Anna Berg", collection=studios.other_collection)

        for query in ("ann", "LIND", "anna@lind"):
            rows = maria.get(SUGGEST, {"q": query}).json()["clients"]
            assert [row["name"] for row in rows] == ["Anna Lind"]
        assert maria.get(SUGGEST, {"q": " "}).json() == {"clients": []}

    def test_are_few_at_a_time(self, maria, studios):
        for number in range(20):
            testing.make_client(f"Anna {number}", collection=studios.collection)

        assert len(maria.get(SUGGEST, {"q": "anna"}).json()["clients"]) == 8

    def test_are_suggested_to_nobody_else(self, studios, log_in, client, anna):
        assert log_in(studios.outsider).get(SUGGEST, {"q": "anna"}).json() == {"clients": []}
        assert client.get(SUGGEST, {"q": "anna"}).status_code == 302

    def test_a_known_one_is_taken_by_name_alone(self, maria, anna):
        maria.post(
            galleries_url("add"), {"title": "Baby", "preset": "wedding", **_named("anna lind")}
        )

        assert [*Gallery.objects.get().clients.all()] == [anna]

    def test_of_two_with_one_name_none_is_guessed(self, maria, anna, studios):
        testing.make_client("Anna Lind", email="other@example.com", collection=studios.collection)

        maria.post(
            galleries_url("add"), {"title": "Baby", "preset": "wedding", **_named("Anna Lind")}
        )

        assert Client.objects.filter(name="Anna Lind").count() == 3

    def test_the_form_starts_with_the_one_it_is_made_for(self, maria, anna):
        page = maria.get(galleries_url("add"), {"client": anna.pk}).content.decode()

        assert 'value="Anna Lind"' in page
        assert "anna@lind.example" in page

    def test_settings_show_the_gallerys_and_not_hundreds(self, maria, gallery, studios):
        for number in range(30):
            testing.make_client(f"Client {number}", collection=studios.collection)

        page = maria.get(gallery_url(gallery, "settings")).content.decode()

        assert "Anna Smith" in page
        assert "Client 7" not in page

    def test_settings_add_a_known_and_a_new_one_and_take_one_out(self, maria, gallery, anna):
        form = maria.get(gallery_url(gallery, "settings")).context["form"]
        data = {name: value for name, value in form.initial.items() if value not in (None, "")}
        data |= {"clients": [anna.pk], "client_name": "Tom Ek", "client_email": "tom@example.com"}

        response = maria.post(gallery_url(gallery, "settings"), data)

        assert response.status_code == 302
        assert {one.name for one in gallery.clients.all()} == {"Anna Lind", "Tom Ek"}

    def test_settings_do_not_take_another_studios(self, maria, gallery, studios):
        other = testing.make_client("Karin", collection=studios.other_collection)

        response = maria.post(
            gallery_url(gallery, "settings"), {"title": "Smith", "clients": [other.pk]}
        )

        assert b"Karin" not in response.content
        assert other not in gallery.clients.all()


def test_a_gallery_in_another_state_is_found_by_it(maria, gallery):
    in_state(gallery, State.DELIVERED)

    assert b"Smith wedding" in maria.get(RESULTS, {"state": "delivered"}).content


def _named(name):
    return {"client_name": name, "client_email": ""}


def _queries(browser, address):
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)
