"""The review board: what it shows, what it decides, and that nobody overwrites anybody."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.delivery import edits as matching
from pumbaphoto_wagtail.delivery.matching import match_edits
from pumbaphoto_wagtail.models import Edit, EditStatus, State
from tests.delivery.shoot import arrive

from .conftest import in_state
from .test_queries import count

pytestmark = pytest.mark.django_db


def finding(photo, score=0.8, *, kind="name", key="name_stripped", **data):
    words = {"original": photo.name, "marks": "-Edit", **data}
    return {"photo": photo.pk, "kind": kind, "words_key": key, "data": words, "score": score}


@pytest.fixture
def waiting(gallery, submitted, photos):
    """Two edits to decide: one with two candidates, one of which nothing is known."""
    in_state(gallery, State.EDITING)
    doubtful = testing.make_edit(
        gallery,
        name="IMG_0001-Edit.jpg",
        status=EditStatus.DOUBTFUL,
        method="",
        evidence=[finding(photos[2], 0.5, key="name_exact"), finding(photos[0])],
    )
    lost = testing.make_edit(gallery, name="collage.jpg", status=EditStatus.UNMATCHED, method="")
    return doubtful, lost


@pytest.fixture
def doubtful(waiting):
    return waiting[0]


@pytest.fixture
def lost(waiting):
    return waiting[1]


def url_of(edit, name="decide_edit"):
    return gallery_url(edit.gallery, name, edit_pk=edit.pk)


def decide(browser, edit, decision="link", *, seen=":", **data):
    data = {"decision": decision, "seen": seen, **data}
    response = browser.post(url_of(edit), data, follow=True)
    edit.refresh_from_db()
    return response


def undo(browser, edit):
    response = browser.post(gallery_url(edit.gallery, "undo_decision"), follow=True)
    edit.refresh_from_db()
    return response


class TestWhatItShows:
    def test_the_first_edit_that_waits_beside_its_best_candidate(self, maria, gallery, doubtful):
        page = maria.get(gallery_url(gallery, "board"))

        assert page.context["edit"] == doubtful
        assert page.context["shown"].photo.name == "IMG_0001.jpg"
        assert "1 of 2" in page.content.decode()

    def test_the_evidence_in_words(self, maria, doubtful):
        page = maria.get(url_of(doubtful)).content.decode()

        assert "Without “-Edit” it has the name of IMG_0001.jpg." in page

    def test_what_speaks_against_it_is_told_apart(self, maria, doubtful, photos):
        doubtful.evidence += [finding(photos[0], 0.1, kind="contradiction", key="name_shared")]
        doubtful.save()

        shown = maria.get(url_of(doubtful)).context["shown"]

        assert [one.is_against for one in shown.findings] == [False, True]

    def test_what_matching_itself_has_found(self, maria, gallery, submitted):
        in_state(gallery, State.EDITING)
        twins = [
            testing.make_photo(gallery, "DSC_7.jpg", folder=folder) for folder in ("one", "two")
        ]
        edit = arrive(gallery, "DSC_7_edit.jpg")
        match_edits(gallery.pk)

        page = maria.get(gallery_url(gallery, "board"))

        assert page.context["edit"] == edit
        assert {proposal.photo for proposal, _url in page.context["proposals"]} == {*twins}
        assert "and so have other originals." in page.content.decode()

    def test_another_proposal_when_asked_for(self, maria, doubtful, photos):
        page = maria.get(url_of(doubtful), {"photo": photos[2].uuid})

        assert page.context["shown"].photo == photos[2]
        assert len(page.context["proposals"]) == 2

    def test_a_photo_of_another_gallery_is_not_shown(self, maria, studios, lost):
        other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)

        page = maria.get(url_of(lost), {"photo": testing.make_photo(other).uuid})

        assert page.context["shown"] is None

    def test_what_the_client_wrote_about_the_photo(self, maria, doubtful):
        assert "Black and white, please" in maria.get(url_of(doubtful)).content.decode()

    def test_a_candidate_that_is_gone_is_left_out(self, maria, doubtful, photos):
        photos[2].delete()

        assert len(maria.get(url_of(doubtful)).context["proposals"]) == 1

    def test_counts(self, maria, gallery, doubtful, photos):
        testing.make_edit(gallery, photos[0])

        page = maria.get(gallery_url(gallery, "board")).content.decode()

        for words in ("Matched 1 of 3", "2 to decide", "1 selected without an edit"):
            assert words in page

    def test_all_decided_and_the_way_to_the_delivery(self, maria, gallery, waiting, studios):
        Edit.objects.update(status=EditStatus.AS_IT_IS)

        page = maria.get(gallery_url(gallery, "board")).content.decode()

        assert "All decided" in page
        assert "Go on to the delivery" in page

    def test_nothing_to_decide_where_there_are_no_edits(self, maria, gallery):
        assert "Nothing to decide yet" in maria.get(gallery_url(gallery, "board")).content.decode()

    def test_walks_through_what_the_edits_tab_was_showing(self, maria, gallery, waiting, photos):
        one, other = (testing.make_edit(gallery, photo) for photo in photos[:2])

        page = maria.get(url_of(one), {"show": "matched"})

        assert page.context["next_url"] == f"{url_of(other)}?show=matched"
        assert page.context["previous_url"] == ""

    @pytest.mark.parametrize("state", [State.ARCHIVED, State.EDITING])
    def test_offers_nothing_that_cannot_be_done(self, state, maria, gallery, doubtful):
        in_state(gallery, state)
        if state == State.EDITING:
            testing.make_delivery(gallery, [doubtful])

        assert not maria.get(url_of(doubtful)).context["may_decide"]


class TestDeciding:
    def test_links_to_the_photo_and_goes_on_to_the_next(self, maria, doubtful, lost, photos):
        page = decide(maria, doubtful, photo=photos[0].uuid)

        assert (doubtful.photo, doubtful.status) == (photos[0], EditStatus.MATCHED)
        assert page.context["edit"] == lost
        assert page.context["last_decision"].words == (
            "“IMG_0001-Edit.jpg” belongs to “IMG_0001.jpg”."
        )

    @pytest.mark.parametrize(
        ("decision", "status"),
        [("ignore", EditStatus.IGNORED), ("as_it_is", EditStatus.AS_IT_IS)],
    )
    def test_decides_otherwise(self, decision, status, maria, lost):
        decide(maria, lost, decision)

        assert lost.status == status

    def test_what_was_passed_over_comes_again_after_the_last(self, maria, doubtful, lost):
        assert decide(maria, lost, "ignore").context["edit"] == doubtful

    def test_the_last_decision_leads_to_all_decided(self, maria, doubtful, lost, photos):
        decide(maria, lost, "as_it_is")

        page = decide(maria, doubtful, photo=photos[0].uuid)

        assert "All decided" in page.content.decode()

    def test_the_last_of_a_walk_leads_back_to_the_table_and_says_what_was_done(self, maria, lost):
        address = url_of(lost) + "?show=all"
        response = maria.post(address, {"decision": "as_it_is", "seen": ":"}, follow=True)
        assert response.redirect_chain[-1][0].endswith("/edits/?show=all&decided=1")
        words = f"“{lost}” will be delivered as it is."
        assert [str(message).strip() for message in response.context["messages"]] == [words]
        again = maria.get(response.redirect_chain[-1][0])
        assert words in again.content.decode()

    def test_one_that_was_decided_can_wait_again(self, maria, doubtful, photos):
        decide(maria, doubtful, photo=photos[0].uuid)
        decide(maria, doubtful, "unlink", seen=f"link:{photos[0].pk}")

        assert (doubtful.photo, doubtful.status) == (None, EditStatus.UNMATCHED)

    def test_never_to_a_photo_of_another_gallery(self, maria, studios, lost):
        other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)

        assert decide(maria, lost, photo=testing.make_photo(other).uuid).status_code == 404
        assert lost.photo is None

    @pytest.mark.parametrize(
        "data", [{"photo": ""}, {"photo": "no-uuid"}, {"decision": "destroy"}, {"photo": "\0"}]
    )
    def test_nonsense_is_not_found(self, data, maria, lost):
        assert decide(maria, lost, **data).status_code == 404

    def test_what_was_delivered_stays_and_says_why(self, maria, gallery, waiting, photos):
        edit = testing.make_edit(gallery, photos[0])
        testing.make_delivery(gallery, [edit])

        response = decide(maria, edit, "ignore", seen=f"link:{photos[0].pk}")

        assert response.status_code == 409
        assert "was delivered already" in response.context["notice"]
        assert edit.status == EditStatus.MATCHED

    def test_in_an_archived_gallery_nothing_is_decided(self, maria, gallery, lost):
        in_state(gallery, State.ARCHIVED)

        assert decide(maria, lost, "ignore").status_code == 409
        assert lost.status == EditStatus.UNMATCHED


class TestTwoPhotographers:
    @pytest.fixture
    def colleague(self, studios, log_in):
        return log_in(
            testing.make_photographer(
                "eva", collection=studios.collection, first_name="Eva", last_name="Berg"
            )
        )

    def test_the_second_is_told_and_overwrites_nothing(self, maria, colleague, doubtful, photos):
        decide(colleague, doubtful, photo=photos[2].uuid)

        response = decide(maria, doubtful, photo=photos[0].uuid)

        assert response.status_code == 409
        assert response.context["notice"] == (
            "Eva Berg has decided this meanwhile: “IMG_0001-Edit.jpg” belongs to “IMG_0003.jpg”."
        )
        assert doubtful.photo == photos[2]
        # The page is the edit as it stands, from which it can be decided anew.
        assert str(response.context["seen"]) == f"link:{photos[2].pk}"

    def test_the_same_decision_twice_is_one(self, maria, colleague, gallery, doubtful, photos):
        decide(colleague, doubtful, photo=photos[0].uuid)

        assert decide(maria, doubtful, photo=photos[0].uuid).status_code == 200
        assert "last_decision" not in maria.session

    def test_a_stale_page_without_a_word_of_what_it_saw_overwrites_nothing(
        self, maria, doubtful, photos
    ):
        decide(maria, doubtful, photo=photos[0].uuid)

        response = maria.post(url_of(doubtful), {"decision": "ignore"})

        doubtful.refresh_from_db()
        assert (response.status_code, doubtful.status) == (409, EditStatus.MATCHED)

    def test_new_evidence_is_no_decision(self, maria, lost, photos):
        Edit.objects.filter(pk=lost.pk).update(status=EditStatus.AMBIGUOUS)

        assert decide(maria, lost, photo=photos[1].uuid).status_code == 200
        assert lost.photo == photos[1]

    def test_the_mark_changes_with_a_decision_and_not_without(self, maria, gallery, lost):
        news = gallery_url(gallery, "board_news")
        before = maria.get(news).json()["mark"]
        again = maria.get(news).json()["mark"]
        decide(maria, lost, "ignore")

        assert before == again != maria.get(news).json()["mark"]

    def test_the_mark_changes_with_what_arrives(self, maria, gallery, lost):
        news = gallery_url(gallery, "board_news")
        before = maria.get(news).json()["mark"]
        testing.make_edit(gallery, name="late.jpg", status=EditStatus.UNMATCHED)

        assert before != maria.get(news).json()["mark"]


class TestUndo:
    def test_brings_the_edit_back_to_the_board(self, maria, doubtful, lost, photos):
        decide(maria, doubtful, photo=photos[0].uuid)

        page = undo(maria, doubtful)

        assert doubtful.status == EditStatus.UNMATCHED
        assert page.context["edit"] == doubtful
        # With the same proposal as before.
        assert page.context["shown"].photo == photos[0]

    def test_brings_back_the_photo_it_had(self, maria, gallery, waiting, photos):
        edit = testing.make_edit(gallery, photos[0])
        decide(maria, edit, seen=f"link:{photos[0].pk}", photo=photos[1].uuid)

        undo(maria, edit)

        assert edit.photo == photos[0]

    def test_goes_back_step_by_step(self, maria, doubtful, lost):
        decide(maria, doubtful, "ignore")
        decide(maria, lost, "as_it_is")
        undo(maria, lost)
        undo(maria, doubtful)

        assert {doubtful.status, lost.status} == {EditStatus.UNMATCHED}
        assert undo(maria, lost).status_code == 200

    def test_does_not_undo_what_somebody_else_has_decided_since(self, maria, lost, photos):
        decide(maria, lost, "ignore")
        matching.link_by_hand(lost, photos[3], actor=lost.gallery.owner)

        response = undo(maria, lost)

        assert response.status_code == 409
        assert lost.photo == photos[3]

    def test_is_each_photographers_own(self, maria, studios, log_in, lost):
        decide(maria, lost, "ignore")

        page = log_in(studios.chief).get(gallery_url(lost.gallery, "board"))

        assert page.context["last_decision"] is None


class TestChoosingAnOriginal:
    def test_finds_by_name(self, maria, lost, photos):
        def found(**query):
            groups = maria.get(url_of(lost, "choose_original"), query).context["groups"]
            return [photo for _title, members in groups for photo in members]

        assert found() == photos
        assert found(q="img 0004") == [photos[3]]
        assert found(q="nothing") == []

    @pytest.mark.parametrize(("which", "amount"), [("all", 4), ("selected", 2), ("missing", 1)])
    def test_shows_only_what_is_asked_for(self, which, amount, maria, gallery, lost, photos):
        testing.make_edit(gallery, photos[0])

        page = maria.get(url_of(lost, "choose_original"), {"of": which})

        assert page.context["page_obj"].paginator.count == amount

    def test_marks_selected_photos(self, maria, lost, photos):
        ((_title, members),) = maria.get(url_of(lost, "choose_original")).context["groups"]

        assert [photo.is_selected for photo in members] == [True, True, False, False]

    def test_comes_back_to_the_walk_it_came_from(self, maria, lost):
        page = maria.get(url_of(lost, "choose_original"), {"show": "all"})

        assert page.context["address"] == f"{url_of(lost)}?show=all"


class TestVariantsAndVersions:
    @pytest.fixture
    def photo(self, gallery, waiting, photos):
        for version in (1, 2):
            testing.make_edit(gallery, photos[0], name=f"IMG_0001_v{version}.jpg", version=version)
        testing.make_edit(
            gallery, photos[0], name="IMG_0001_bw.jpg", variant="black_and_white", version=1
        )
        return photos[0]

    def url(self, photo):
        return gallery_url(photo.gallery, "photo_edits", photo_uuid=photo.uuid)

    def change(self, browser, photo, edit, act, **data):
        seen = browser.get(self.url(photo)).context["seen"]
        data = {"edit": edit.pk, "act": act, "seen": seen, **data}
        response = browser.post(self.url(photo), data, follow=True)
        edit.refresh_from_db()
        return response

    def test_stand_beside_each_other_newest_first(self, maria, photo):
        main, grey = maria.get(self.url(photo)).context["columns"]

        assert [edit.version for edit in main.versions] == [2, 1]
        assert (main.going, grey.words) == (main.versions[0], "Black and white")

    def test_another_version_is_chosen_and_the_newest_again(self, maria, photo):
        old = photo.edits.get(variant="main", version=1)

        self.change(maria, photo, old, "choose")
        assert old.is_chosen

        self.change(maria, photo, old, "newest")
        assert not old.is_chosen

    @pytest.mark.parametrize(
        ("variant", "own", "stored", "words"),
        [
            ("social_crop", "4x5", "social_crop 4x5", "Social crop 4x5"),
            ("black_and_white", "", "black_and_white", "Black and white"),
            ("own", "for gerda", "own for gerda", "for gerda"),
        ],
    )
    def test_the_variant_is_changed(self, variant, own, stored, words, maria, photo):
        edit = photo.edits.get(variant="main", version=2)

        page = self.change(maria, photo, edit, "variant", variant=variant, own=own)

        assert edit.variant == stored
        assert words in page.content.decode()

    def test_own_words_are_needed_for_a_variant_of_ones_own(self, maria, photo):
        edit = photo.edits.get(variant="main", version=2)

        response = self.change(maria, photo, edit, "variant", variant="own", own=" ")

        assert (response.status_code, edit.variant) == (409, "main")

    def test_a_stale_page_changes_nothing(self, maria, photo):
        old = photo.edits.get(variant="main", version=1)
        seen = maria.get(self.url(photo)).context["seen"]
        matching.set_variant(old, "web", actor=photo.gallery.owner)

        response = maria.post(
            self.url(photo), {"edit": old.pk, "act": "choose", "seen": seen}, follow=True
        )

        old.refresh_from_db()
        assert (response.status_code, old.is_chosen) == (409, False)

    def test_an_edit_of_another_photo_is_not_found(self, maria, photo, lost):
        assert self.change(maria, photo, lost, "choose").status_code == 404


def large(studios, amount):
    """Every room of a gallery with that many edits to decide, by name."""
    gallery = testing.make_gallery(
        f"{amount}", owner=studios.maria, collection=studios.collection, state=State.EDITING
    )
    photos = testing.make_many_photos(gallery, amount)
    Edit.objects.bulk_create(
        Edit(
            gallery=gallery,
            stored_file=photo.picture,
            status=EditStatus.DOUBTFUL,
            evidence=[finding(one) for one in photos[:8]],
        )
        for photo in photos[20:]
    )
    Edit.objects.bulk_create(
        Edit(
            gallery=gallery,
            photo=photos[0],
            stored_file=photo.picture,
            status=EditStatus.MATCHED,
            version=number,
        )
        for number, photo in enumerate(photos[:20], start=1)
    )
    edit = gallery.edits.filter(status=EditStatus.DOUBTFUL)[(amount - 20) // 2]
    return {
        "board": gallery_url(gallery, "board"),
        "decide_edit": url_of(edit),
        "choose_original": url_of(edit, "choose_original"),
        "photo_edits": gallery_url(gallery, "photo_edits", photo_uuid=photos[0].uuid),
        "board_news": gallery_url(gallery, "board_news"),
        "edits": gallery_url(gallery, "edits"),
    }


def test_2000_edits_ask_no_more_often_than_100(studios, maria):
    few, many = large(studios, 120), large(studios, 2020)

    asked = {name: (count(maria, few[name]), count(maria, many[name])) for name in few}

    assert {name: pair for name, pair in asked.items() if pair[0] != pair[1]} == {}
    assert max(pair[0] for pair in asked.values()) <= 60
