"""The tabs of a gallery's workspace: what they show, and what can be done on them."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.mail.composing import compose
from pumbaphoto_wagtail.models import EditStatus, Message, State
from pumbaphoto_wagtail.proofing import links

from .conftest import in_state, words_of


def shown(response):
    return [photo.name for photo in response.context["page_obj"]]


class TestPhotos:
    def test_all_are_shown_with_hearts_and_notes(self, maria, gallery, selection):
        page = maria.get(gallery_url(gallery))

        assert shown(page) == [f"IMG_000{number}.jpg" for number in range(1, 5)]
        assert page.content.decode().count("pumba-tile--selected") == 2
        assert "Black and white, please" in page.content.decode()

    @pytest.mark.parametrize(
        ("wanted", "names"),
        [
            ("selected", ["IMG_0001.jpg", "IMG_0002.jpg"]),
            ("noted", ["IMG_0001.jpg"]),
            ("nonsense", ["IMG_0001.jpg", "IMG_0002.jpg", "IMG_0003.jpg", "IMG_0004.jpg"]),
        ],
    )
    def test_are_filtered(self, wanted, names, maria, gallery, selection):
        assert shown(maria.get(gallery_url(gallery), {"show": wanted})) == names

    def test_refused_and_infected_files_are_listed_with_the_reason(self, maria, gallery, batch):
        page = maria.get(gallery_url(gallery), {"show": "refused"}).content.decode()

        assert "Sidecar files are no photos." in page
        assert "Eicar-Test-Signature" in page
        assert "IMG_0001.jpg" not in page

    def test_what_is_not_ready_has_words_instead_of_a_picture(self, maria, gallery):
        file = testing.make_stored_file(stage="rendering", verdict="clean")
        testing.make_photo(gallery, "IMG_0009.jpg", picture=file)

        assert "being rendered" in maria.get(gallery_url(gallery)).content.decode()

    def test_pictures_are_where_only_photographers_can_open_them(
        self, maria, gallery, photos, client
    ):
        page = maria.get(gallery_url(gallery))
        url = page.context["page_obj"][0].pictures.grid.url

        assert url in page.content.decode()
        assert maria.get(url).status_code == 200
        assert client.get(url).status_code == 404

    def test_a_clients_words_stay_words(self, maria, gallery, selection, link):
        selection.picks.update(note="<script>alert(1)</script>")

        assert "<script>alert" not in maria.get(gallery_url(gallery)).content.decode()

    def test_an_archived_gallery_takes_no_uploads(self, maria, gallery):
        in_state(gallery, State.ARCHIVED)

        assert maria.get(gallery_url(gallery)).context["uploader"] is None

    def test_uploads_under_way_are_followed_again(self, maria, gallery, batch):
        (open_batch,) = maria.get(gallery_url(gallery)).context["uploader"]["options"]["batches"]

        assert maria.get(open_batch["url"]).json()["counts"]["announced"] == 3


class TestHead:
    @pytest.mark.parametrize(
        ("state", "labels"),
        [
            (State.SUBMITTED, ["Start editing", "Reopen the selection…"]),
            (State.EDITING, ["Deliver…", "Reopen the selection…"]),
            (State.DELIVERED, ["Revise", "Archive…"]),
            (State.ARCHIVED, ["Restore…"]),
        ],
    )
    def test_offers_the_steps_of_the_state(self, state, labels, maria, gallery):
        in_state(gallery, state)

        page = maria.get(gallery_url(gallery))

        assert [step.label for step in page.context["steps"]] == labels

    def test_an_unshared_gallery_is_to_be_shared(self, maria, gallery):
        steps = maria.get(gallery_url(gallery)).context["steps"]

        assert [step.label for step in steps] == ["Share…", "Close the round…"]
        assert steps[0].is_primary

    def test_says_why_a_step_is_not_possible(self, maria, gallery, link):
        (step,) = maria.get(gallery_url(gallery)).context["steps"]

        assert (step.label, step.reason) == ("Close the round…", "Nobody has chosen anything yet.")

    def test_says_what_waits(self, maria, gallery, submitted, photos):
        in_state(gallery, State.EDITING)
        testing.make_edit(gallery, photos[0])

        page = maria.get(gallery_url(gallery))

        assert page.context["what_next"] == "1 selected photo has no edit yet."


class TestSteps:
    def take(self, browser, gallery, name, **data):
        url = gallery_url(gallery, "step", step_name=name)
        return browser.post(url, {"state": gallery.state, **data}, follow=True)

    @pytest.mark.parametrize(
        ("before", "name", "after"),
        [
            (State.ACTIVE, "close-round", State.SUBMITTED),
            (State.SUBMITTED, "start-editing", State.EDITING),
            (State.SUBMITTED, "reopen", State.ACTIVE),
            (State.EDITING, "reopen", State.ACTIVE),
            (State.DELIVERED, "revise", State.EDITING),
            (State.DELIVERED, "archive", State.ARCHIVED),
            (State.ARCHIVED, "restore", State.DELIVERED),
        ],
    )
    def test_moves_the_gallery(self, before, name, after, maria, gallery, selection):
        self.take(maria, in_state(gallery, before), name)

        gallery.refresh_from_db()
        assert gallery.state == after

    @pytest.mark.parametrize("name", ["close-round", "reopen", "archive", "restore"])
    def test_asks_first_where_something_is_at_stake(self, name, maria, gallery, selection):
        state = {
            "close-round": State.ACTIVE,
            "reopen": State.SUBMITTED,
            "archive": State.DELIVERED,
            "restore": State.ARCHIVED,
        }[name]
        in_state(gallery, state)

        page = maria.get(gallery_url(gallery, "step", step_name=name))

        gallery.refresh_from_db()
        assert gallery.state == state
        assert str(page.context["act"].question) in page.content.decode()

    def test_a_get_never_moves_anything(self, maria, gallery, submitted):
        maria.get(gallery_url(gallery, "step", step_name="start-editing"))

        gallery.refresh_from_db()
        assert gallery.state == State.SUBMITTED

    def test_a_stale_page_is_answered_with_the_present_state(self, maria, gallery, submitted):
        in_state(gallery, State.EDITING)

        response = self.take(maria, gallery, "reopen", state=State.SUBMITTED)

        gallery.refresh_from_db()
        assert (response.status_code, gallery.state) == (409, State.EDITING)
        assert "The photos are being edited." in words_of(response)
        assert response.context["state"]["label"] == "Editing In Progress"

    def test_an_impossible_step_says_why(self, maria, gallery):
        in_state(gallery, State.ARCHIVED)

        response = self.take(maria, gallery, "start-editing")

        assert response.status_code == 409
        assert "This gallery is archived." in words_of(response)

    def test_twice_is_once(self, maria, gallery, submitted):
        for _time in range(2):
            self.take(maria, gallery, "start-editing")

        assert gallery.transitions.count() == 1

    def test_an_unknown_step_is_not_found(self, maria, gallery):
        assert maria.get(gallery_url(gallery, "step", step_name="vanish")).status_code == 404

    def test_needs_the_csrf_token(self, gallery, submitted, studios):
        from django.test import Client

        browser = Client(enforce_csrf_checks=True)
        browser.force_login(studios.maria)

        assert (
            browser.post(gallery_url(gallery, "step", step_name="start-editing")).status_code == 403
        )

    def test_is_named_in_the_history(self, maria, gallery, submitted):
        self.take(maria, gallery, "start-editing")

        page = maria.get(gallery_url(gallery, "history")).content.decode()

        assert "Editing started: Selections Submitted → Editing In Progress" in page
        assert "Maria" in page


class TestSelections:
    def test_looking_at_a_sent_selection_marks_it_as_opened(self, maria, gallery, submitted):
        maria.get(gallery_url(gallery, "selections"))

        submitted.refresh_from_db()
        assert submitted.opened_at is not None

    def test_looking_at_one_that_is_still_open_marks_nothing(self, maria, gallery, selection):
        maria.get(gallery_url(gallery, "selections"))

        selection.refresh_from_db()
        assert selection.opened_at is None

    def test_each_recipients_picks_are_shown(self, maria, gallery, selection, photos):
        family = testing.make_link(gallery, "Gerda", decides=False)
        other = family.selections.create(round=1)
        other.picks.create(photo=photos[3], is_favourite=True, picked_at="2026-01-01T00:00Z")

        page = maria.get(gallery_url(gallery, "selections"), {"selection": other.pk})

        assert [*page.context["page_obj"]] == [photos[3]]
        assert "a suggestion" in page.content.decode()

    def test_names_are_offered_for_the_search_of_other_programs(self, maria, gallery, submitted):
        texts = maria.get(gallery_url(gallery, "selections")).context["search_texts"]

        assert [row["text"] for row in texts] == ["IMG_0001, IMG_0002", "IMG_0001 IMG_0002"]

    def test_is_downloaded_as_a_workbook(self, maria, gallery, submitted):
        response = maria.get(gallery_url(gallery, "selection_workbook", selection_pk=submitted.pk))

        book = load_workbook(BytesIO(response.content))
        assert "attachment" in response["Content-Disposition"]
        assert "no-store" in response["Cache-Control"]
        names = [row[0].value for row in book.worksheets[1].iter_rows(min_row=2)]
        assert names == ["IMG_0001.jpg", "IMG_0002.jpg"]

    def test_all_that_count_are_one_workbook_that_names_who(self, maria, gallery, submitted):
        response = maria.get(gallery_url(gallery, "workbook"))

        book = load_workbook(BytesIO(response.content))
        cells = [cell.value for row in book.worksheets[1].iter_rows() for cell in row]
        assert "Anna" in cells

    def test_a_gallery_without_any_says_so(self, maria, gallery):
        page = maria.get(gallery_url(gallery, "selections"))

        assert "Nobody has picked a photo yet" in page.content.decode()


class TestEdits:
    @pytest.fixture
    def lost(self, gallery, submitted):
        in_state(gallery, State.EDITING)
        return testing.make_edit(
            gallery, name="collage.jpg", status=EditStatus.UNMATCHED, method=""
        )

    def test_counts_say_how_the_selection_stands(self, maria, gallery, lost, photos):
        testing.make_edit(gallery, photos[0])

        page = maria.get(gallery_url(gallery, "edits")).content.decode()

        assert "Matched 1 of 2" in page
        assert "1 to decide" in page
        assert "1 selected without an edit" in page

    def test_those_to_decide_come_first(self, maria, gallery, lost, photos):
        testing.make_edit(gallery, photos[0])

        page = maria.get(gallery_url(gallery, "edits"))

        assert page.context["page_obj"][0] == lost

    @pytest.mark.parametrize(
        ("wanted", "amount"), [("decide", 1), ("matched", 1), ("unselected", 0), ("all", 2)]
    )
    def test_are_filtered(self, wanted, amount, maria, gallery, lost, photos):
        testing.make_edit(gallery, photos[0])

        page = maria.get(gallery_url(gallery, "edits"), {"show": wanted})

        assert len(page.context["page_obj"]) == amount


class TestSharing:
    DATA = {"recipient": "Tom", "email": "tom@example.com", "role": "decides", "downloads": "full"}

    def test_makes_a_link_that_opens_the_gallery(self, maria, gallery, client):
        page = maria.post(gallery_url(gallery, "sharing"), self.DATA, follow=True)

        (row,) = page.context["rows"]
        assert row.address in page.content.decode()
        assert client.get(row.address.replace("http://localhost", "")).status_code == 303

    def test_mails_the_link_when_asked_to_and_only_then(self, maria, gallery):
        maria.post(gallery_url(gallery, "sharing"), self.DATA)
        assert not Message.objects.exists()

        maria.post(gallery_url(gallery, "sharing"), {**self.DATA, "is_mailed": "on"})

        message = Message.objects.get()
        email = compose(message)
        assert email.to == ["tom@example.com"]
        assert links.address(message.share_link) in email.body

    def test_mails_nothing_without_an_address(self, maria, gallery):
        data = {**self.DATA, "email": "", "is_mailed": "on"}
        page = maria.post(gallery_url(gallery, "sharing"), data)

        assert "email" in page.context["form"].errors
        assert not gallery.share_links.exists()

    @pytest.mark.parametrize(
        ("role", "may_choose", "decides"),
        [("decides", True, True), ("suggests", True, False), ("looks", False, False)],
    )
    def test_asks_one_question_about_what_they_may(self, role, may_choose, decides, maria, gallery):
        maria.post(gallery_url(gallery, "sharing"), {**self.DATA, "role": role})

        link = gallery.share_links.get()
        assert (link.may_choose, link.decides) == (may_choose, decides)

    def test_suggests_the_client_who_has_none(self, maria, gallery):
        form = maria.get(gallery_url(gallery, "sharing")).context["form"]

        assert form["recipient"].value() == "Anna Smith"

    def test_remembers_which_client_it_is_for(self, maria, gallery):
        maria.post(
            gallery_url(gallery, "sharing"), {**self.DATA, "recipient": "anna smith", "email": ""}
        )

        link = gallery.share_links.get()
        assert (link.client, link.email) == (gallery.clients.get(), "anna@example.com")

    def test_takes_a_pin_and_a_last_day(self, maria, gallery):
        maria.post(
            gallery_url(gallery, "sharing"),
            {**self.DATA, "pin": "2468", "expires_on": "2099-12-31"},
        )

        link = gallery.share_links.get()
        assert link.pin_hash
        assert "2468" not in link.pin_hash
        assert link.expires_at.year == 2099

    def test_refuses_a_day_that_has_passed(self, maria, gallery):
        page = maria.post(
            gallery_url(gallery, "sharing"), {**self.DATA, "expires_on": "2001-01-01"}
        )

        assert page.context["form"].errors["expires_on"]
        assert gallery.share_links.count() == 0

    def test_an_archived_gallery_is_not_shared(self, maria, gallery):
        in_state(gallery, State.ARCHIVED)

        assert maria.post(gallery_url(gallery, "sharing"), self.DATA).status_code == 409
        assert gallery.share_links.count() == 0

    def test_revoking_asks_first(self, maria, gallery, link):
        url = gallery_url(gallery, "revoke_link", link_uuid=link.uuid)

        assert "Revoke the link of Anna?" in maria.get(url).content.decode()
        link.refresh_from_db()
        assert link.revoked_at is None

    def test_all_are_revoked_at_once_where_there_are_several(self, maria, gallery, link):
        address = gallery_url(gallery, "revoke_all_links")
        assert address not in maria.get(gallery_url(gallery, "sharing")).content.decode()

        other = testing.make_link(gallery, "Tom")
        assert address in maria.get(gallery_url(gallery, "sharing")).content.decode()
        maria.get(address)
        link.refresh_from_db()
        assert link.revoked_at is None

        maria.post(address)
        assert not gallery.share_links.filter(revoked_at=None).exists()
        rows = maria.get(gallery_url(gallery, "sharing")).context["rows"]
        assert {row.link for row in rows} == {link, other}

    def test_revokes(self, maria, gallery, link):
        maria.post(gallery_url(gallery, "revoke_link", link_uuid=link.uuid))

        link.refresh_from_db()
        assert link.revoked_at is not None
        (row,) = maria.get(gallery_url(gallery, "sharing")).context["rows"]
        assert (row.status, row.address) == ("revoked", "")

    def test_renews(self, maria, gallery, link):
        before = links.token(link)

        maria.post(gallery_url(gallery, "renew_link", link_uuid=link.uuid))

        link.refresh_from_db()
        assert links.token(link) != before
        assert links.find(before) is None
        assert links.find(links.token(link)) == link

    def test_no_address_comes_from_a_key_that_is_gone(self, maria, gallery, link):
        gallery.share_links.update(key_id="gone")

        (row,) = maria.get(gallery_url(gallery, "sharing")).context["rows"]

        assert row.address == ""


class TestDelivery:
    @pytest.fixture
    def ready(self, gallery, submitted, photos):
        in_state(gallery, State.EDITING)
        return testing.make_edit(gallery, photos[0])

    def test_names_what_goes_and_what_is_missing(self, maria, gallery, ready, photos):
        page = maria.get(gallery_url(gallery, "delivery"))

        assert len(page.context["plan"].items) == 1
        assert page.context["missing"] == [photos[1]]
        assert "An e-mail goes to Anna." in page.content.decode()

    def test_delivers_once(self, maria, gallery, ready):
        data = {"words": "Here they are!", "state": State.EDITING}
        for _time in range(2):
            maria.post(gallery_url(gallery, "delivery"), data)

        delivery = gallery.deliveries.get()
        gallery.refresh_from_db()
        assert (delivery.words, delivery.items.count()) == ("Here they are!", 1)
        assert gallery.state == State.DELIVERED

    def test_a_stale_page_delivers_nothing(self, maria, gallery, ready):
        response = maria.post(gallery_url(gallery, "delivery"), {"state": State.SUBMITTED})

        assert response.status_code == 409
        assert gallery.deliveries.count() == 0

    def test_before_a_selection_it_is_refused_in_words(self, maria, gallery, photos):
        testing.make_edit(gallery, photos[0])

        response = maria.post(gallery_url(gallery, "delivery"), {"state": State.ACTIVE})

        assert response.status_code == 409
        assert "The client has not sent a selection yet." in words_of(response)

    def test_unselected_edits_go_only_when_told(self, maria, gallery, ready, photos):
        testing.make_edit(gallery, photos[3], status=EditStatus.UNSELECTED)

        maria.post(
            gallery_url(gallery, "delivery"), {"state": State.EDITING, "include_unselected": "on"}
        )

        assert gallery.deliveries.get().items.count() == 2

    def test_past_deliveries_are_listed(self, maria, gallery, ready):
        testing.make_delivery(gallery, [ready], words="With love")

        page = maria.get(gallery_url(gallery, "delivery")).content.decode()

        assert "No. 1" in page
        assert "With love" in page


class TestSettings:
    def post(self, browser, gallery, **data):
        fields = {"title": gallery.title, "clients": [gallery.clients.get().pk], **data}
        response = browser.post(gallery_url(gallery, "settings"), fields, follow=True)
        gallery.refresh_from_db()
        return response

    def test_are_saved(self, maria, gallery):
        self.post(maria, gallery, title="New title", included="50", extras_words="at 15 €")

        assert (gallery.title, gallery.included, gallery.extras_words) == (
            "New title",
            50,
            "at 15 €",
        )

    def test_never_touch_the_state(self, maria, gallery):
        """The form was read before the gallery moved on; saving it must not move it back."""
        browser, page = maria, maria.get(gallery_url(gallery, "settings"))
        assert page.status_code == 200
        in_state(gallery, State.SUBMITTED)

        self.post(browser, gallery, title="New title", state="active")

        assert gallery.state == State.SUBMITTED

    def test_save_only_what_was_changed(self, gallery, studios, monkeypatch):
        from pumbaphoto_wagtail.admin.gallery_forms import GallerySettingsForm
        from pumbaphoto_wagtail.admin.gallery_settings import SettingsView

        form = GallerySettingsForm(
            {"title": "New title", "clients": []}, instance=gallery, user=studios.maria
        )
        assert form.is_valid()
        type(gallery).objects.update(state=State.SUBMITTED, included=7)
        SettingsView()._save(form)

        gallery.refresh_from_db()
        assert (gallery.title, gallery.state, gallery.included) == ("New title", "submitted", 7)

    @pytest.mark.parametrize("field", ["minimum", "included"])
    def test_limits_must_agree(self, field, maria, gallery):
        response = self.post(maria, gallery, maximum="10", **{field: "11"})

        assert response.context["form"].errors[field] == ["This is more than “at most”."]
        assert gallery.maximum is None

    def test_offer_only_clients_one_may_choose(self, maria, gallery, studios):
        theirs = testing.make_client("Theirs", collection=studios.other_collection)

        response = self.post(maria, gallery, clients=[theirs.pk])

        assert [*gallery.clients.all()] != [theirs]
        assert b"Theirs" not in response.content

    def test_are_logged(self, maria, gallery):
        self.post(maria, gallery, title="New title")

        assert "Edited" in maria.get(gallery_url(gallery, "history")).content.decode()
