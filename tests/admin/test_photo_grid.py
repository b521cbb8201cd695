"""The Photos tab as a screen: what is shown, what is chosen, and what is done with it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.photo_choice import read_choice
from pumbaphoto_wagtail.admin.photo_filters import Wanted
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import FileRole, Photo, PhotoFile

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def look(maria, gallery):
    """The Photos tab under a query."""

    def look(**query):
        return maria.get(gallery_url(gallery), query)

    return look


@pytest.fixture
def feed(maria, gallery):
    def feed(**query):
        return maria.get(gallery_url(gallery, "photo_feed"), query).json()

    return feed


@pytest.fixture
def act(maria, gallery):
    """What the grid's script is answered."""

    def act(name, *, browser=None, **data):
        browser = browser or maria
        return browser.post(gallery_url(gallery, "photo_act"), {"act": name, **data}, **JSON)

    return act


def shown(page):
    return [tile.name for tile in page.context["page_obj"]]


def change(photo, **fields):
    Photo.objects.filter(pk=photo.pk).update(**fields)


def names(*numbers):
    return [f"IMG_{number:04d}.jpg" for number in numbers]


class TestWanted:
    """The address is data: whatever it says, something sensible is shown."""

    @pytest.mark.parametrize(
        "data",
        [
            {"show": "nonsense"},
            {"sort": "'; drop table"},
            {"section": "-1"},
            {"section": "²"},
            {"section": "1 or 1"},
            {"q": "\0"},
            {"q": "   "},
        ],
    )
    def test_nonsense_is_what_is_shown_at_first(self, data):
        assert Wanted.read(data) == Wanted()

    def test_says_only_what_is_not_so_at_first(self):
        assert Wanted.read({"show": "all", "sort": "gallery", "q": ""}).address == ""

    def test_goes_into_an_address_and_comes_back(self):
        wanted = Wanted(show="hidden", section="7", query="ä & b?", sort="name")

        assert Wanted.read(QueryDict(wanted.address[1:]).dict()) == wanted

    def test_numbers_no_database_has_find_nothing(self, look, photos):
        assert shown(look(section="9" * 40)) == []

    def test_words_of_any_length_are_cut(self):
        assert len(Wanted.read({"q": "x" * 5000}).query) == 200


class TestFilters:
    def test_each_shows_its_own(self, look, photos):
        change(photos[0], is_hidden=True)
        change(photos[1], is_shown=False)
        change(photos[2], is_couple_only=True)
        testing.make_policy(photo=photos[3])

        assert shown(look(show="hidden")) == names(1)
        assert shown(look(show="waiting")) == names(2)
        assert shown(look(show="couple")) == names(3)
        assert shown(look(show="ruled")) == names(4)

    def test_deleted_ones_are_shown_by_themselves_only(self, look, photos):
        change(photos[0], is_hidden=True, deleted_at=timezone.now())

        assert shown(look()) == names(2, 3, 4)
        assert shown(look(show="hidden")) == []
        assert shown(look(show="deleted")) == names(1)

    def test_a_rule_that_decides_nothing_is_none(self, look, photos):
        testing.make_policy("inherit", photo=photos[0])

        assert shown(look(show="ruled")) == []

    def test_selected_without_an_edit(self, look, gallery, photos, submitted):
        testing.make_edit(gallery, photos[0])

        page = look(show="missing")

        assert shown(page) == names(2)
        assert counts(page)["missing"] == 1

    def test_figures_count_what_is_behind_them(self, look, photos, selection, batch):
        change(photos[0], is_hidden=True)
        change(photos[3], is_hidden=True, deleted_at=timezone.now())

        page = look()

        for name, count in counts(page).items():
            found = look(show=name).context["page_obj"].paginator.count
            assert (name, count) == (name, found)

    def test_figures_stay_within_the_section_and_the_words(self, look, gallery, photos, selection):
        church = testing.make_section(gallery, "Church")
        change(photos[0], section=church)

        assert counts(look(section=church.pk)) == {"all": 1, "selected": 1, "noted": 1}
        assert counts(look(q="0003")) == {"all": 1, "selected": 0, "noted": 0}

    def test_what_nothing_is_like_is_not_offered(self, look, photos):
        assert [*counts(look())] == ["all", "selected", "noted"]

    def test_sections_and_none(self, look, gallery, photos):
        church = testing.make_section(gallery, "Church")
        change(photos[1], section=church)

        assert shown(look(section=church.pk)) == names(2)
        assert shown(look(section="none")) == names(1, 3, 4)

    def test_a_section_of_another_gallery_is_empty(self, look, studios, photos):
        other = testing.make_gallery("Other", owner=studios.bert)
        theirs = testing.make_section(other, "Theirs")
        testing.make_photo(other, "theirs.jpg", section=theirs)

        assert shown(look(section=theirs.pk)) == []

    def test_all_words_are_in_the_name(self, look, gallery, photos):
        testing.make_photo(gallery, "Smith_0002_bw.jpg")

        assert shown(look(q="0002 BW")) == ["Smith_0002_bw.jpg"]

    @pytest.mark.parametrize("show", ["selected", "noted", "missing", "hidden", "waiting"])
    def test_where_nothing_is_one_learns_how_it_comes_there(self, show, look, photos):
        page = look(show=show)

        words, how = page.context["empty"]
        assert words in page.content.decode()
        assert how in page.content.decode()

    def test_an_empty_gallery_says_how_to_begin(self, look, gallery):
        gallery.photos.all().delete()

        assert "Folders become sections." in look().content.decode()


def counts(page):
    return {one["name"]: one["count"] for one in page.context["filters"]}


class TestOrders:
    def test_each_is_total(self, look, gallery):
        gallery.photos.all().delete()
        start = datetime(2026, 6, 20, tzinfo=UTC)
        for name, hours in (("b10.jpg", 2), ("b2.jpg", 1), ("a.jpg", None)):
            moment = start + timedelta(hours=hours) if hours else None
            photo = testing.make_photo(gallery, name, taken_at=moment, ordered_at=moment)
            change(photo, name_key=name.replace("b2", "b02"))

        assert shown(look(sort="time")) == ["b2.jpg", "b10.jpg", "a.jpg"]
        assert shown(look(sort="name")) == ["a.jpg", "b2.jpg", "b10.jpg"]
        assert shown(look(sort="upload")) == ["a.jpg", "b2.jpg", "b10.jpg"]
        assert shown(look()) == ["b2.jpg", "b10.jpg", "a.jpg"]


class TestTiles:
    def test_say_in_words_how_a_photo_stands(self, feed, gallery, photos, selection):
        finished = testing.make_section(gallery, "Sneak peek", is_finished=True)
        change(photos[0], is_hidden=True, section=finished)

        tiles = {tile["name"]: tile for tile in feed()["tiles"]}

        assert tiles["IMG_0001.jpg"]["marks"] == ["hidden", "finished"]
        assert tiles["IMG_0001.jpg"]["label"] == (
            "IMG_0001.jpg, selected by Anna, hidden, finished, Black and white, please"
        )
        assert "marks" not in tiles["IMG_0003.jpg"]

    def test_a_hidden_photo_is_not_also_not_shown_yet(self, feed, photos):
        change(photos[0], is_hidden=True, is_shown=False)

        assert feed()["tiles"][0]["marks"] == ["hidden"]

    def test_what_is_not_ready_has_words(self, feed, gallery):
        file = testing.make_stored_file(stage="rendering", verdict="clean")
        testing.make_photo(gallery, "IMG_0009.jpg", picture=file)

        tile = feed()["tiles"][-1]
        assert tile["words"] == "being rendered"
        assert "src" not in tile

    def test_a_photo_without_any_file_breaks_nothing(self, feed, look, gallery):
        photo = testing.make_photo(gallery, "lost.jpg")
        PhotoFile.objects.filter(photo=photo).delete()
        change(photo, picture=None)

        assert feed()["tiles"][-1]["words"] == "no picture"
        assert look().status_code == 200

    def test_a_clients_words_are_data(self, look, feed, photos, selection):
        selection.picks.update(note="</script><script>alert(1)</script>")

        assert "<script>alert" not in look().content.decode()
        assert feed(show="noted")["tiles"][0]["notes"] == ["</script><script>alert(1)</script>"]


class TestFeed:
    def test_the_places_of_all_come_with_the_page(self, look, feed, gallery):
        testing.make_many_photos(gallery, 130)

        data = json.loads(
            look(p=2)
            .content.decode()
            .split('id="pumba-photos-data" type="application/json">')[1]
            .split("</script>")[0]
        )

        assert keys_of(data) == [*gallery.photos.in_order().values_list("pk", flat=True)]
        assert (data["start"], len(data["tiles"])) == (60, 60)
        assert keys_of(feed(skeleton="")) == keys_of(data)

    def test_pages_follow_each_other_and_beyond_the_last_is_the_last(self, feed, gallery):
        testing.make_many_photos(gallery, 70)

        found = [tile["key"] for number in (1, 2) for tile in feed(page=number)["tiles"]]

        assert found == [*gallery.photos.in_order().values_list("pk", flat=True)]
        assert feed(page=99) == feed(page=2) == feed(page="2")

    def test_sections_are_named_in_the_gallerys_order_only(self, feed, gallery, photos):
        church = testing.make_section(gallery, "Church")
        change(photos[1], section=church)

        assert feed(skeleton="")["sections"] == [
            {"title": "", "amount": 3},
            {"title": "Church", "amount": 1},
        ]
        assert feed(skeleton="", sort="name")["sections"] == [{"title": "", "amount": 4}]

    @pytest.mark.parametrize(
        "happens",
        [
            lambda gallery, photo: testing.make_photo(gallery),
            lambda gallery, photo: change(photo, is_hidden=True),
            lambda gallery, photo: change(photo, is_shown=False),
            lambda gallery, photo: change(photo, section=testing.make_section(gallery)),
            lambda gallery, photo: change(photo, is_hidden=True, deleted_at=timezone.now()),
            lambda gallery, photo: testing.make_policy(photo=photo),
            lambda gallery, photo: type(photo.picture).objects.update(turned=90),
            lambda gallery, photo: type(photo.picture).objects.update(
                stage_changed_at=timezone.now()
            ),
        ],
        ids=["comes", "hidden", "unshown", "placed", "deleted", "ruled", "turned", "processed"],
    )
    def test_whatever_changes_is_noticed(self, happens, feed, gallery, photos):
        before = feed(mark="")["mark"]
        assert feed(mark="")["mark"] == before

        happens(gallery, photos[0])

        assert feed(mark="")["mark"] != before

    def test_hearts_are_noticed(self, feed, photos, selection):
        before = feed(mark="")["mark"]

        selection.picks.filter(photo=photos[1]).delete()

        assert feed(mark="")["mark"] != before

    def test_files_on_their_way_are_asked_about_more_often(self, feed, gallery, photos):
        assert not feed(mark="")["isMoving"]
        file = testing.make_stored_file(stage="rendering", verdict="clean")
        testing.make_photo(gallery, picture=file)

        assert feed(mark="")["isMoving"]

    def test_is_kept_by_nobody(self, maria, gallery):
        response = maria.get(gallery_url(gallery, "photo_feed"))

        assert "no-store" in response["Cache-Control"]

    @pytest.mark.parametrize("query", [{}, {"skeleton": ""}, {"mark": ""}, {"show": "missing"}])
    def test_asks_as_often_for_300_as_for_10(self, query, studios, maria):
        asked = []
        for amount in (10, 300):
            gallery = testing.make_gallery(
                str(amount), owner=studios.maria, collection=studios.collection, site=studios.site
            )
            testing.make_many_photos(gallery, amount)
            address = gallery_url(gallery, "photo_feed")
            maria.get(address, query)
            with CaptureQueriesContext(connection) as queries:
                maria.get(address, query)
            asked.append(len(queries))

        assert asked[0] == asked[1] <= 20


def keys_of(data):
    keys, key = [], 0
    for step in data["steps"]:
        key += step
        keys.append(key)
    return keys


class TestChoice:
    def read(self, gallery, **data):
        query = QueryDict(mutable=True)
        query.update(data)
        return read_choice(gallery, query)

    def test_by_keys(self, gallery, photos):
        chosen = self.read(gallery, ids=f"{photos[2].pk},{photos[0].pk},{photos[2].pk}")

        assert {*chosen.photos()} == {photos[0], photos[2]}

    def test_by_boxes(self, gallery, photos):
        data = QueryDict(f"photo={photos[0].pk}&photo={photos[1].pk}")

        assert {*read_choice(gallery, data).photos()} == {*photos[:2]}

    def test_all_of_a_filter_but_some(self, gallery, photos):
        for photo in photos[:3]:
            change(photo, is_hidden=True)
        data = {"all": "1", "except": str(photos[0].pk), "of": "?show=hidden", "amount": "2"}

        assert {*self.read(gallery, **data).photos()} == {photos[1], photos[2]}

    def test_what_was_not_looked_at_is_not_done(self, gallery, photos):
        with pytest.raises(PumbaphotoError, match="come or gone"):
            self.read(gallery, all="1", amount="3", of="")

    @pytest.mark.parametrize("ids", ["", ",", " , "])
    def test_nothing_is_not_everything(self, ids, gallery, photos):
        with pytest.raises(PumbaphotoError, match="Choose photos first"):
            self.read(gallery, ids=ids)

    @pytest.mark.parametrize("wrong", ["0", "-1", "x", "²", "1.5", "9" * 30, "1;drop", "%00"])
    def test_what_is_no_photo_stops_all(self, wrong, gallery, photos):
        with pytest.raises(PumbaphotoError, match="not in the gallery any more"):
            self.read(gallery, ids=f"{photos[0].pk},{wrong}")

    def test_photos_of_another_gallery_stop_all(self, gallery, photos, studios):
        theirs = testing.make_photo(testing.make_gallery("Other", owner=studios.bert))

        with pytest.raises(PumbaphotoError, match="1 of these photos is not"):
            self.read(gallery, ids=f"{photos[0].pk},{theirs.pk}")

    def test_a_form_chooses_the_same_once_more(self, gallery, photos):
        for data in (
            {"ids": f"{photos[0].pk}", "of": "?sort=name"},
            {"all": "1", "except": f"{photos[0].pk}", "of": ""},
        ):
            chosen = self.read(gallery, **data)
            assert self.read(gallery, **chosen.data) == chosen


class TestActs:
    def test_is_done_and_taken_back(self, act, photos):
        done = act("hide", ids=f"{photos[2].pk},{photos[3].pk}").json()

        assert done["changed"] == 2
        assert "2 photos are hidden" in done["message"]
        assert Photo.objects.filter(is_hidden=True).count() == 2
        assert act("undo", token=done["undo"]).json()["changed"] == 2
        assert not Photo.objects.filter(is_hidden=True).exists()

    def test_what_is_wrong_is_said_in_words(self, act, photos):
        for data in ({"name": "nonsense"}, {"name": ""}, {"name": "undo", "token": "made up"}):
            answer = act(data.pop("name"), ids=str(photos[0].pk), **data)
            assert answer.status_code == 409
            assert answer.json()["error"]

    def test_a_form_is_asked_for_with_what_it_is_about(self, act, photos):
        asked = act("section", ids=f"{photos[0].pk},{photos[1].pk}").json()

        assert asked["heading"] == "Put into a section: 2 photos"
        assert asked["question"].count("<img") == 2
        assert f'value="{photos[0].pk},{photos[1].pk}"' in asked["question"]

    def test_of_many_some_are_shown_and_the_rest_is_counted(self, act, gallery):
        testing.make_many_photos(gallery, 30)

        asked = act("delete", all="1", of="").json()["question"]

        assert asked.count("<img") == 24
        assert "and 10 more" in asked

    def test_what_is_dangerous_is_not_done_at_once(self, act, photos):
        act("delete", ids=str(photos[0].pk))

        assert Photo.objects.kept().count() == 4
        assert act("delete", ids=str(photos[0].pk), confirmed="1").json()["changed"] == 1
        assert Photo.objects.kept().count() == 3

    def test_hiding_what_was_picked_is_warned_of(self, act, photos, selection):
        assert "heart or a note" in act("hide", ids=str(photos[0].pk)).json()["question"]
        assert "message" in act("hide", ids=str(photos[3].pk)).json()

    def test_a_form_with_mistakes_comes_back_with_them(self, act, photos):
        answer = act("section", ids=str(photos[0].pk), confirmed="1", section="99999")

        assert answer.status_code == 422
        assert "w-field__errors" in answer.json()["question"]

    def test_deleted_ones_are_brought_back(self, act, look, photos):
        act("delete", ids=str(photos[0].pk), confirmed="1")

        page = look(show="deleted")
        assert [one.name for one in page.context["acts"].first] == ["bring_back"]
        assert act("bring_back", ids=str(photos[0].pk)).json()["changed"] == 1
        assert Photo.objects.kept().count() == 4

    @pytest.mark.parametrize("name", ["hide", "delete", "section", "turn_left"])
    def test_nothing_else_is_done_to_deleted_ones(self, name, act, photos):
        change(photos[0], is_hidden=True, deleted_at=timezone.now())
        before = Photo.objects.filter(pk=photos[0].pk).values().get()

        act(name, ids=str(photos[0].pk), confirmed="1")

        assert Photo.objects.filter(pk=photos[0].pk).values().get() == before

    def test_who_may_not_is_refused_before_anything_is_changed(self, act, studios, log_in, photos):
        user = testing.make_photographer("colleague", collection=studios.collection)
        permissions = user.groups.get().collection_permissions
        permissions.exclude(permission__codename="share_gallery").delete()
        colleague = log_in(user)

        for name in ("hide", "delete", "section", "turn_left", "bring_back"):
            answer = act(name, browser=colleague, ids=str(photos[0].pk), confirmed="1")
            assert answer.status_code in (302, 403)
        assert Photo.objects.kept().filter(is_hidden=False).count() == 4

    def test_who_may_change_and_not_share_is_offered_what_they_may(
        self, act, studios, log_in, gallery, photos
    ):
        user = testing.make_photographer("editor", collection=studios.collection)
        permissions = user.groups.get().collection_permissions
        permissions.exclude(permission__codename="change_gallery").delete()
        editor = log_in(user)

        acts = editor.get(gallery_url(gallery)).context["acts"]

        offered = {one.name for one in (*acts.first, *acts.more)}
        assert "hide" in offered
        assert not offered & {"policy", "unset_policy", "show"}
        answer = act("policy", browser=editor, ids=str(photos[0].pk))
        assert answer.status_code in (302, 403)


class TestWithoutScript:
    def test_ticked_photos_lead_to_a_question_and_to_what_became_of_it(
        self, maria, gallery, photos
    ):
        address = gallery_url(gallery, "photo_act")
        ticked = {"photo": [photos[0].pk, photos[1].pk], "of": "?sort=name"}

        question = maria.post(address, {"act": "delete", **ticked})
        assert question.context["heading"] == "Delete: 2 photos"
        data = {**question.context["choice"].data, "act": "delete", "confirmed": "1"}
        done = maria.post(address, data)

        assert "2 photos are deleted" in done.content.decode()
        assert f"{gallery_url(gallery)}?sort=name" in done.content.decode()
        token = done.context["outcome"].undo
        assert "Taken back" in maria.post(address, {"act": "undo", "token": token}).content.decode()
        assert Photo.objects.kept().count() == 4

    def test_nothing_ticked_is_said_on_the_workspace(self, maria, gallery, photos):
        page = maria.post(gallery_url(gallery, "photo_act"), {"act": "hide"})

        assert page.status_code == 409
        assert "Choose photos first" in page.content.decode()

    def test_pages_keep_the_filter(self, look, gallery):
        testing.make_many_photos(gallery, 70)

        page = look(sort="name", q="IMG").content.decode()

        assert "?sort=name&amp;q=IMG&amp;p=2" in page or "p=2&amp;sort=name" in page


class TestPhotoPage:
    @pytest.fixture
    def visit(self, maria, gallery):
        def visit(photo, **query):
            return maria.get(gallery_url(gallery, "photo", photo_uuid=photo.uuid), query)

        return visit

    def test_tells_of_files_camera_picks_and_edits(self, visit, gallery, photos, selection):
        change(photos[0], camera="Canon EOS R5", lens="RF 50mm")
        raw = testing.make_stored_file(b"raw", original_name="IMG_0001.CR3")
        PhotoFile.objects.create(photo=photos[0], stored_file=raw, role=FileRole.RAW)
        testing.make_edit(gallery, photos[0])

        page = visit(photos[0]).content.decode()

        for words in ("Canon EOS R5", "RF 50mm", "IMG_0001.CR3", "Black and white, please", "Anna"):
            assert words in page
        assert gallery_url(gallery, "photo_edits", photo_uuid=photos[0].uuid) in page

    def test_neighbours_are_those_of_the_filter(self, visit, photos):
        for photo in (photos[0], photos[2], photos[3]):
            change(photo, is_hidden=True)

        beside = visit(photos[2], show="hidden").context["beside"]

        assert (beside["number"], beside["amount"]) == (2, 3)
        assert str(photos[0].uuid) in beside["previous"]
        assert beside["next"].endswith(f"{photos[3].uuid}/?show=hidden")
        assert visit(photos[0]).context["beside"]["previous"] == ""
        assert visit(photos[3]).context["beside"]["next"] == ""

    def test_who_is_not_under_the_filter_has_no_neighbours(self, visit, photos):
        beside = visit(photos[0], show="hidden").context["beside"]

        assert (beside["number"], beside["previous"], beside["next"]) == (0, "", "")

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({}, "As the gallery says."),
            ({"is_hidden": True}, "it is hidden"),
            ({"is_shown": False}, "it came after you shared"),
            ({"is_couple_only": True}, "a link for the couple"),
            ({"is_hidden": True, "deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}, "it is deleted"),
        ],
    )
    def test_says_who_may_see_it(self, fields, words, visit, photos):
        if fields:
            change(photos[0], **fields)

        assert words in " ".join(visit(photos[0]).context["who_sees"])

    def test_says_of_a_rule_of_its_own_whom_it_lets_in(self, visit, photos, studios):
        testing.make_policy("members", photo=photos[0], users=[studios.maria])
        testing.make_policy("members", photo=photos[1])
        testing.make_policy("public", photo=photos[2])

        said = [visit(photo).context["who_sees"][-1] for photo in photos[:3]]

        for words, sentence in zip(("Maria", "nobody else", "everyone"), said, strict=True):
            assert words in sentence

    def test_of_another_gallery_is_not_found(self, visit, studios):
        theirs = testing.make_photo(testing.make_gallery("Other", owner=studios.bert))

        assert visit(theirs).status_code == 404
