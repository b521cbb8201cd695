"""Choosing for a client in the admin: whom, ticking, pasting names, sending."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Message, Photo, SelectionList, State
from pumbaphoto_wagtail.proofing import picks, submission

from .conftest import in_state, words_of


@pytest.fixture
def address(gallery, link):
    def address(name, **query):
        url = gallery_url(gallery, name, link_uuid=link.uuid)
        return url + ("?" + "&".join(f"{key}={value}" for key, value in query.items()))

    return address


def hearts(link):
    selection = link.selections.filter(list=SelectionList.TO_EDIT).first()
    rows = selection.picks.filter(is_favourite=True) if selection else Photo.objects.none()
    return {*rows.values_list("photo__name", flat=True)} if selection else set()


class TestWhom:
    def test_everybody_with_a_link_is_offered_and_the_clients_without_one(
        self, maria, gallery, link
    ):
        page = maria.get(gallery_url(gallery, "choose_whom"))

        assert page.context["people"] == [link]
        assert [client.name for client in page.context["clients"]] == ["Anna Smith"]

    def test_a_client_without_a_link_gets_one_and_no_mail(self, maria, gallery):
        anna = gallery.clients.get()
        for _time in range(2):
            page = maria.post(gallery_url(gallery, "choose_whom"), {"client": anna.pk}, follow=True)

        assert "Choosing for Anna Smith" in page.content.decode()
        assert gallery.share_links.get().client == anna
        assert not Message.objects.exists()

    def test_somebody_else_is_named(self, maria, gallery):
        maria.post(gallery_url(gallery, "choose_whom"), {"recipient": " Tom "})

        assert gallery.share_links.get().recipient == "Tom"

    def test_nobody_is_nobody(self, maria, gallery):
        page = maria.post(gallery_url(gallery, "choose_whom"), {"recipient": " "}, follow=True)

        assert words_of(page) == ["Write a name first."]
        assert not gallery.share_links.exists()

    @pytest.mark.parametrize("key", ["nonsense", "0", "another"])
    def test_another_gallerys_client_is_not_found(self, key, maria, gallery, studios):
        foreign = testing.make_client("Theirs", collection=studios.other_collection)
        data = {"client": foreign.pk if key == "another" else key}

        assert maria.post(gallery_url(gallery, "choose_whom"), data).status_code == 404


@pytest.mark.parametrize(
    ("state", "lists", "is_offered"),
    [
        (State.ACTIVE, [], True),
        (State.EDITING, [], False),
        (State.EDITING, [SelectionList.ALBUM], True),
        (State.ARCHIVED, [SelectionList.ALBUM], False),
    ],
)
def test_is_offered_while_there_is_something_to_choose(state, lists, is_offered, maria, gallery):
    type(gallery).objects.update(state=state, lists=lists)

    page = maria.get(gallery_url(gallery, "selections")).content.decode()

    assert (gallery_url(gallery, "choose_whom") in page) == is_offered


class TestTicking:
    def test_the_ticked_are_taken_and_taken_out(self, maria, address, link, photos):
        uuids = [photo.uuid for photo in photos]
        page = maria.post(address("choose_for"), {"photo": uuids[:3], "act": "take"}, follow=True)
        maria.post(address("choose_for"), {"photo": uuids[:1], "act": "remove"})

        assert words_of(page) == ["3 photos were taken into the selection of Anna."]
        assert hearts(link) == {"IMG_0002.jpg", "IMG_0003.jpg"}

    def test_notes_that_were_edited_are_written(self, maria, address, selection, photos):
        first, second = photos[:2]
        maria.post(
            address("choose_for"),
            {
                f"note-{first.uuid}": "seen on the page",
                f"was-{first.uuid}": "seen on the page",
                f"note-{second.uuid}": "brighter\r\nplease",
                f"was-{second.uuid}": "",
                "act": "notes",
            },
        )

        notes = dict(selection.picks.values_list("photo", "note"))
        # What Anna wrote since the page was opened is not overwritten.
        assert notes == {first.pk: "Black and white, please", second.pk: "brighter\nplease"}

    def test_a_note_that_is_too_long_stays_in_the_form(self, maria, address, link, photos):
        words = "x" * 100_000
        data = {f"note-{photos[0].uuid}": words, f"was-{photos[0].uuid}": "", "act": "notes"}

        response = maria.post(address("choose_for"), data)

        assert response.status_code == 422
        assert words in response.content.decode()
        assert hearts(link) == set()

    @pytest.mark.parametrize("data", [{"photo": "nonsense"}, {"note-nonsense": "x"}])
    def test_nonsense_is_not_found(self, data, maria, address):
        assert maria.post(address("choose_for"), {**data, "act": "take"}).status_code == 404

    def test_filters_and_search_narrow_the_photos(self, maria, address, selection):
        def shown(**query):
            page = maria.get(address("choose_for", **query))
            return [photo.name for photo in page.context["page_obj"]]

        assert len(shown()) == 4
        assert shown(show="chosen") == ["IMG_0001.jpg", "IMG_0002.jpg"]
        assert shown(show="noted") == ["IMG_0001.jpg"]
        assert shown(q="0003") == ["IMG_0003.jpg"]

    def test_only_what_the_link_shows_is_offered(self, maria, gallery, address, link, photos):
        section = testing.make_section(gallery)
        link.sections.add(section)
        Photo.objects.filter(pk=photos[2].pk).update(section=section)

        page = maria.get(address("choose_for"))

        assert [photo.pk for photo in page.context["page_obj"]] == [photos[2].pk]

    def test_a_sent_selection_says_so_and_offers_nothing(self, maria, address, link, selection):
        submission.submit_selection(link)

        for name in ("choose_for", "paste_for", "send_for"):
            page = maria.get(address(name)).content.decode()
            assert "was sent already" in page
            assert "<form method" not in page.split('id="pumba-for"')[1]

    def test_sent_meanwhile_nothing_is_changed_and_it_says_why(
        self, maria, address, link, selection, photos
    ):
        submission.submit_selection(link)

        response = maria.post(address("choose_for"), {"photo": photos[3].uuid, "act": "take"})

        assert response.status_code == 409
        assert "was sent already" in words_of(response)[0]


class TestPasting:
    @pytest.fixture
    def party(self, gallery):
        """A second IMG_0001, in another folder."""
        return testing.make_photo(gallery, "IMG_0001.jpg", folder="Party")

    def paste(self, maria, address, names, act="look"):
        return maria.post(address("paste_for"), {"names": names, "act": act}, follow=True)

    def test_a_preview_takes_nothing(self, maria, address, link):
        page = self.paste(maria, address, "img_0002, IMG_0003.CR3")

        assert [photo.name for photo in page.context["new"]] == ["IMG_0002.jpg", "IMG_0003.jpg"]
        assert hearts(link) == set()

    def test_unknown_ambiguous_and_hidden_names_are_told_and_not_taken(
        self, maria, address, link, photos, party
    ):
        Photo.objects.filter(pk=photos[3].pk).update(is_hidden=True)
        text = "IMG_0001 IMG_0002 IMG_0004 IMG_9999"
        page = self.paste(maria, address, text)

        reading = page.context["reading"]
        assert reading.unknown == ("IMG_9999",)
        assert [written for written, _photos in reading.ambiguous] == ["IMG_0001"]
        assert page.context["hidden"] == ["IMG_0004.jpg"]
        assert "Party/IMG_0001.jpg" in page.content.decode()

        self.paste(maria, address, text, act="take")
        assert hearts(link) == {"IMG_0002.jpg"}

    def test_the_folder_in_front_decides(self, maria, address, link, photos, party):
        self.paste(maria, address, "Party/IMG_0001", act="take")

        assert link.selections.get().picks.get().photo == party

    def test_what_is_chosen_already_is_counted(self, maria, address, selection):
        page = self.paste(maria, address, "IMG_0001 IMG_0003")

        assert ([photo.name for photo in page.context["new"]], page.context["known"]) == (
            ["IMG_0003.jpg"],
            1,
        )

    def test_nothing_is_asked_for_again(self, maria, address):
        response = maria.post(address("paste_for"), {"names": "  ", "act": "take"})

        assert response.status_code == 422

    def test_words_that_were_pasted_stay_words(self, maria, address):
        page = self.paste(maria, address, "<script>alert(1)</script>")

        assert "<script>alert" not in page.content.decode()


class TestSending:
    def test_asks_first_and_says_what_comes_of_it(self, maria, gallery, address, selection):
        page = maria.get(address("send_for"))

        gallery.refresh_from_db()
        assert gallery.state == State.ACTIVE
        assert "everybody has sent" in page.content.decode()

    def test_sends_in_the_clients_name(self, maria, gallery, address, selection, studios):
        for _time in range(2):
            maria.post(address("send_for"))

        gallery.refresh_from_db()
        selection.refresh_from_db()
        assert (gallery.state, selection.submitted_by) == (State.SUBMITTED, studios.maria)
        assert gallery.transitions.count() == 1
        assert not Message.objects.exists()

    def test_mails_the_receipt_if_ticked(self, maria, address, selection):
        maria.post(address("send_for"), {"receipt": "on"})

        assert Message.objects.get().kind == "receipt"

    def test_limits_are_spoken_of(self, maria, gallery, address, selection):
        type(gallery).objects.update(maximum=1)

        page = maria.get(address("send_for")).content.decode()

        assert "1 too many" in page
        assert "You may send it all the same." in page

    def test_names_who_is_still_waited_for(self, maria, gallery, address, selection):
        testing.make_link(gallery, "Tom")

        assert "still waits for Tom" in maria.get(address("send_for")).content.decode()

    def test_is_named_in_the_history(self, maria, gallery, address, selection):
        maria.post(address("send_for"))

        page = maria.get(gallery_url(gallery, "history")).content.decode()
        assert "Selection of Anna sent in their name" in page

    def test_an_archived_gallery_is_left_alone(self, maria, gallery, address, selection):
        in_state(gallery, State.ARCHIVED)

        assert maria.post(address("send_for")).status_code == 409

    def test_a_client_who_goes_on_after_a_preview_is_not_disturbed(
        self, maria, address, link, selection, photos
    ):
        maria.get(address("send_for"))
        picks.set_favourite(link, photos[2], True)

        assert "IMG_0003.jpg" in hearts(link)
