"""One link: what it opens, changed without another address; and looking through it."""

import re

import pytest
from django.contrib.auth.hashers import check_password

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import LinkPurpose, SelectionList, ShareLink
from pumbaphoto_wagtail.proofing import family, links, preview_as

from .conftest import in_state, words_of


@pytest.fixture
def sections(gallery, photos):
    church, party = (testing.make_section(gallery, title) for title in ("Church", "Party"))
    gallery.photos.filter(pk__in=[photo.pk for photo in photos[:2]]).update(section=church)
    gallery.photos.filter(pk__in=[photo.pk for photo in photos[2:]]).update(section=party)
    return church, party


@pytest.fixture
def change(maria, gallery, link):
    """Sends the form as it stands, with changes."""

    def change(**changes):
        url = gallery_url(gallery, "change_link", link_uuid=link.uuid)
        form = maria.get(url).context["form"]
        data = {field.name: field.value() for field in form if field.value()}
        data |= changes
        sent = {name: value for name, value in data.items() if value is not None}
        response = maria.post(url, sent, follow=True)
        link.refresh_from_db()
        return response

    return change


class TestChanging:
    def test_nothing_changes_nothing(self, change, link):
        before = ShareLink.objects.values().get(pk=link.pk)

        page = change()

        assert words_of(page) == ["Nothing was changed."]
        assert ShareLink.objects.values().get(pk=link.pk) == before

    def test_the_address_and_the_hearts_stay(self, change, link, selection):
        before = links.token(link)

        change(recipient="Anna Smith", email="new@example.com", role="suggests", downloads="web")

        assert links.find(before) == link
        assert (link.recipient, link.email, link.downloads) == (
            "Anna Smith",
            "new@example.com",
            "web",
        )
        assert (link.decides, link.may_choose) == (False, True)
        assert selection.picks.count() == 2

    def test_it_is_limited_to_sections_and_opened_again(self, change, link, sections):
        change(sections=[sections[0].pk])
        assert [*link.sections.all()] == [sections[0]]

        change(sections=None)
        assert not link.sections.exists()

    def test_a_section_of_another_gallery_is_refused(self, change, link, sections, studios):
        other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)

        assert change(sections=[testing.make_section(other).pk]).status_code == 422

    def test_a_pin_is_given_kept_and_removed(self, change, link):
        change(pin="2468")
        assert check_password("2468", link.pin_hash)

        first = link.pin_hash
        change(downloads="none")
        assert link.pin_hash == first

        change(removes_pin="on")
        assert link.pin_hash == ""

    def test_a_pin_is_not_shown_again(self, change, link, maria, gallery):
        change(pin="24682468")

        url = gallery_url(gallery, "change_link", link_uuid=link.uuid)
        assert "24682468" not in maria.get(url).content.decode()
        assert "24682468" not in maria.get(gallery_url(gallery, "history")).content.decode()

    def test_the_last_day_is_changed(self, change, link):
        change(expires_on="2099-12-31")
        assert link.expires_at.year == 2099

        change(expires_on=None)
        assert link.expires_at is None

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"expires_on": "2001-01-01"}, "expires_on"),
            ({"recipient": None}, "recipient"),
            ({"pin": "1"}, "pin"),
            ({"email": "nonsense"}, "email"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, data, field, change, link):
        response = change(**data)

        assert response.status_code == 422
        assert response.context["form"].errors[field]

    def test_an_expired_link_may_be_changed_without_opening_it(self, change, link):
        ShareLink.objects.update(expires_at="2001-01-01T12:00Z")

        change(downloads="none")

        assert (link.downloads, link.expires_at.year) == ("none", 2001)

    def test_what_was_shared_on_follows(self, change, link, sections):
        grandmother = family.share(link, "Grandmother")

        change(sections=[sections[0].pk], pin="2468", expires_on="2099-12-31")

        grandmother.refresh_from_db()
        assert [*grandmother.sections.all()] == [sections[0]]
        assert (grandmother.pin_hash, grandmother.expires_at) == (link.pin_hash, link.expires_at)

    def test_what_was_shared_on_is_not_changed_by_itself(self, maria, gallery, link):
        grandmother = family.share(link, "Grandmother")

        url = gallery_url(gallery, "change_link", link_uuid=grandmother.uuid)
        assert maria.get(url).status_code == 404

    def test_is_named_in_the_history(self, change, link, maria, gallery):
        change(downloads="none")

        page = maria.get(gallery_url(gallery, "history")).content.decode()
        assert "What the link of Anna opens was changed" in page

    def test_a_partys_link_stays_one(self, change, link):
        ShareLink.objects.update(purpose=LinkPurpose.PARTY, decides=False, may_choose=False)

        change(downloads="none")

        assert link.purpose == LinkPurpose.PARTY


class TestAParty:
    """A link that fills a screen with the slideshow."""

    DATA = {"recipient": "Guests", "role": "party", "downloads": ""}

    def test_b64_chooses_nothing_and_downloads_nothing_unless_allowed(self, maria, gallery):
        maria.post(gallery_url(gallery, "sharing"), self.DATA)
        maria.post(gallery_url(gallery, "sharing"), {**self.DATA, "downloads": "web"})
        maria.post(gallery_url(gallery, "sharing"), {**self.DATA, "role": "looks"})

        links = gallery.share_links.order_by("pk")
        assert [
            (link.purpose, link.may_choose, link.decides, link.downloads) for link in links
        ] == [
            (LinkPurpose.PARTY, False, False, "none"),
            (LinkPurpose.PARTY, False, False, "web"),
            (LinkPurpose.FAMILY, False, False, "full"),
        ]

    def test_says_what_it_does_where_it_is_listed(self, maria, gallery):
        maria.post(gallery_url(gallery, "sharing"), self.DATA)

        page = maria.get(gallery_url(gallery, "sharing")).content.decode()
        assert page.count("Slideshow for a party: fills a screen") == 2


class TestLists:
    DATA = {"recipient": "Designer", "role": "designs", "downloads": "full"}

    def test_are_spoken_of_only_where_there_are_several(self, maria, gallery):
        form = maria.get(gallery_url(gallery, "sharing")).context["form"]

        assert "list" not in form.fields
        assert "designs" not in dict(form.fields["role"].choices)

    def test_an_album_designer_gets_one_list(self, maria, gallery):
        type(gallery).objects.update(lists=[SelectionList.ALBUM])

        maria.post(gallery_url(gallery, "sharing"), {**self.DATA, "list": "album"})

        link = gallery.share_links.get()
        assert (link.purpose, link.list, link.may_choose, link.decides) == (
            LinkPurpose.ALBUM_DESIGNER,
            SelectionList.ALBUM,
            False,
            False,
        )

    def test_a_designer_without_a_list_is_asked_for_it(self, maria, gallery):
        type(gallery).objects.update(lists=[SelectionList.ALBUM])

        page = maria.post(gallery_url(gallery, "sharing"), self.DATA)

        assert page.context["form"].errors["list"]

    def test_a_list_that_is_not_open_is_refused(self, maria, gallery):
        type(gallery).objects.update(lists=[SelectionList.ALBUM])

        page = maria.post(gallery_url(gallery, "sharing"), {**self.DATA, "list": "prints"})

        assert page.context["form"].errors["list"]

    def test_are_switched_on_in_the_settings(self, maria, gallery):
        data = {"title": gallery.title, "lists": ["album", "prints"], "shows_before_after": "on"}
        maria.post(gallery_url(gallery, "settings"), data)

        gallery.refresh_from_db()
        assert (gallery.lists, gallery.shows_before_after) == (["album", "prints"], True)

    @pytest.mark.parametrize("name", ["to_edit", "nonsense"])
    def test_only_further_lists_are_switched(self, name, maria, gallery):
        maria.post(gallery_url(gallery, "settings"), {"title": gallery.title, "lists": [name]})

        gallery.refresh_from_db()
        assert gallery.lists == []


class TestFamily:
    def test_links_that_a_client_made_stand_below_theirs(self, maria, gallery, link):
        testing.make_link(gallery, "Tom")
        family.share(link, "Grandmother")

        rows = maria.get(gallery_url(gallery, "sharing")).context["rows"]

        assert [(row.link.recipient, row.is_own) for row in rows] == [
            ("Anna", True),
            ("Grandmother", False),
            ("Tom", True),
        ]


class TestLookingThrough:
    @pytest.fixture
    def look(self, maria, gallery):
        def look(link):
            return maria.post(gallery_url(gallery, "preview_as", link_uuid=link.uuid), follow=True)

        return look

    def test_the_page_is_what_the_recipient_sees(self, look, gallery, link, sections, photos):
        link.sections.add(sections[0])

        page = look(link)

        words = page.content.decode()
        assert page.status_code == 200
        assert "this is what Anna sees" in words
        assert str(photos[0].uuid) in words
        assert str(photos[3].uuid) not in words

    def test_nothing_can_be_chosen_and_nothing_counts(self, look, maria, gallery, link, photos):
        page = look(link)
        address = re.search(r'src="(/galleries/[^"]+grid[^"]+)"', page.content.decode())[1]
        shown = maria.get(address)

        sent = maria.post(page.request["PATH_INFO"], {"give-heart": photos[0].uuid})

        link.refresh_from_db()
        assert page.context["presentation"].can_choose is False
        assert sent.status_code in (403, 404)
        assert link.last_used_at is None
        assert not link.selections.exists()
        assert shown.status_code == 200

    def test_ends_on_the_way_back(self, look, maria, gallery, link):
        page = look(link)
        maria.get(gallery_url(gallery, "sharing"))

        again = maria.get(page.request["PATH_INFO"])

        assert "this is what Anna sees" not in again.content.decode()

    def test_ends_with_the_right_to_share(self, look, maria, gallery, link, studios):
        page = look(link)
        studios.maria.groups.get().collection_permissions.exclude(
            permission__codename="change_gallery"
        ).delete()

        again = maria.get(page.request["PATH_INFO"])

        assert "this is what Anna sees" not in again.content.decode()

    def test_ends_after_an_hour(self, look, maria, gallery, link, monkeypatch):
        page = look(link)
        monkeypatch.setattr(preview_as, "PREVIEW_SECONDS", -1)

        again = maria.get(page.request["PATH_INFO"])

        assert "this is what Anna sees" not in again.content.decode()

    def test_is_nobody_elses(self, look, gallery, link, client):
        path = look(link).request["PATH_INFO"]

        assert client.get(path).status_code == 404

    def test_a_closed_link_shows_nothing(self, look, link):
        links.revoke(link, None)

        assert look(link).status_code == 409

    def test_a_draft_is_told(self, look, gallery, link):
        gallery.main_page.unpublish()

        response = look(link)

        assert response.status_code == 409
        assert "no published page" in words_of(response)[0]

    def test_an_archived_gallery_shows_its_closed_page(self, look, gallery, link):
        in_state(gallery, "archived")

        assert look(link).status_code == 200
