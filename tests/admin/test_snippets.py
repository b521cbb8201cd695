"""Share links and selections as snippets: found and done with over all galleries, never beyond
one's own.
"""

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from wagtail.admin.admin_url_finder import AdminURLFinder

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Client, LinkVisit, Selection, ShareLink, State
from pumbaphoto_wagtail.proofing import family, links, picks

LINKS = "wagtailsnippets_pumbaphoto_wagtail_sharelink"
SELECTIONS = "wagtailsnippets_pumbaphoto_wagtail_selection"
LIST = reverse(f"{LINKS}:list")
SELECTION_LIST = reverse(f"{SELECTIONS}:list")


def bulk(model, action):
    return reverse("wagtail_bulk_action", args=["pumbaphoto_wagtail", model, action])


@pytest.fixture
def theirs(studios):
    """A link of the other studio, with a selection."""
    gallery = testing.make_gallery(
        "Berg family", owner=studios.bert, collection=studios.other_collection, site=studios.site
    )
    photo = testing.make_photo(gallery)
    link = testing.make_link(gallery, "Karin", email="karin@example.com")
    picks.set_favourite(link, photo, True)
    return link


@pytest.fixture
def looker(studios, log_in):
    """A colleague who may look at studio A's galleries, and do nothing."""
    user = testing.make_photographer("looker", collection=studios.collection)
    permissions = user.groups.get().collection_permissions
    permissions.exclude(permission__codename="change_gallery").delete()
    return log_in(user)


def csv_of(browser, address, **query):
    response = browser.get(address, {"export": "csv", **query})
    return b"".join(response.streaming_content).decode()


class TestLinks:
    def test_the_list_holds_ones_own(self, maria, link, theirs):
        page = maria.get(LIST).content.decode()

        assert "Anna" in page
        assert "Karin" not in page
        assert "Berg family" not in page

    @pytest.mark.parametrize(
        ("wanted", "changes"),
        [
            ({"state": "open"}, {}),
            ({"state": "ending"}, {"expires_at": timedelta(days=1)}),
            ({"state": "expired"}, {"expires_at": timedelta(days=-1)}),
            ({"state": "revoked"}, {"revoked_at": timedelta(0)}),
            ({"use": "never"}, {}),
            ({"use": "used"}, {"last_used_at": timedelta(0)}),
            ({"use": "downloaded"}, {"downloaded_at": timedelta(0)}),
            ({"use": "not_downloaded"}, {"last_used_at": timedelta(0)}),
            ({"purpose": "client"}, {}),
            ({"q": "anna@"}, {}),
        ],
    )
    def test_it_is_filtered_and_searched(self, wanted, changes, maria, link):
        other = testing.make_link(link.gallery, "Other", email="o@example.com", purpose="family")
        now = timezone.now()
        has_other = {
            "open": {"revoked_at": now},
            "never": {"last_used_at": now},
            "not_downloaded": {"last_used_at": now, "downloaded_at": now},
        }
        for value in wanted.values():
            ShareLink.objects.filter(pk=other.pk).update(**has_other.get(value, {}))
        ShareLink.objects.filter(pk=link.pk).update(
            **{name: now + shift for name, shift in changes.items()}
        )

        assert [*maria.get(LIST, wanted).context["object_list"]] == [link]

    def test_it_is_searched_by_the_gallerys_title(self, maria, link):
        testing.make_link(testing.make_gallery("Other", owner=link.gallery.owner), "Tom")

        assert [*maria.get(LIST, {"q": "smith wed"}).context["object_list"]] == [link]

    def test_each_row_says_how_the_link_is_used(self, maria, link):
        now = timezone.now()
        for days, downloads in ((0, 2), (1, 3)):
            LinkVisit.objects.create(
                share_link=link,
                day=(now - timedelta(days=days)).date(),
                opened=1,
                downloads=downloads,
                first_at=now,
                last_at=now,
            )

        assert maria.get(LIST).context["object_list"][0].downloads_sum == 5

    def test_the_address_can_be_copied_by_those_who_may_hand_it_out(self, maria, link, looker):
        address = links.address(link)

        assert address in maria.get(LIST).content.decode()
        assert "Anna" in looker.get(LIST).content.decode()
        assert "/galleries/s/" not in looker.get(LIST).content.decode()

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_no_address_is_in_an_export(self, kind, maria, link, theirs):
        data = b"".join(maria.get(LIST, {"export": kind}).streaming_content)
        text = data.decode() if kind == "csv" else _cells(data)

        assert "Anna" in text
        assert "Karin" not in text
        assert str(links.token(link)) not in text
        assert "/galleries/s/" not in text

    def test_nothing_a_client_wrote_is_a_formula_in_an_export(self, maria, link):
        ShareLink.objects.filter(pk=link.pk).update(recipient='=HYPERLINK("http://x.example")')

        assert "'=HYPERLINK" in csv_of(maria, LIST)
        data = b"".join(maria.get(LIST, {"export": "xlsx"}).streaming_content)
        sheet = load_workbook(io.BytesIO(data)).active
        assert sheet["A2"].data_type == "s"

    def test_its_page_says_what_it_opens_and_how_it_is_handed_out(self, maria, link):
        page = maria.get(reverse(f"{LINKS}:inspect", args=[link.pk])).content.decode()

        for words in ("Anna", "Smith wedding", links.address(link), "Revoke", "Renew"):
            assert words in page
        assert "Copy message" in page

    def test_its_page_hands_out_nothing_to_who_may_only_look(self, looker, link):
        page = looker.get(reverse(f"{LINKS}:inspect", args=[link.pk])).content.decode()

        assert "Anna" in page
        for words in ("/galleries/s/", "Revoke", "Renew"):
            assert words not in page

    def test_changing_it_leads_to_its_gallery(self, maria, looker, link):
        address = reverse(f"{LINKS}:edit", args=[link.pk])

        assert maria.get(address).url == gallery_url(
            link.gallery, "change_link", link_uuid=link.uuid
        )
        assert looker.get(address).status_code == 404

    def test_what_a_client_shared_on_is_changed_with_the_clients_own(self, maria, link):
        shared = family.share(link, "Grandmother")

        found = maria.get(reverse(f"{LINKS}:edit", args=[shared.pk]))

        assert found.url == gallery_url(link.gallery, "sharing")

    def test_its_history_is_what_was_done_with_it(self, maria, studios, gallery):
        one, _other = (
            links.create_link(gallery, actor=studios.maria, recipient=name)
            for name in ("Anna", "Tom")
        )
        links.revoke(one, studios.maria)

        page = maria.get(reverse(f"{LINKS}:history", args=[one.pk])).content.decode()

        assert "Link of Anna revoked" in page
        assert "Tom" not in page

    def test_the_number_of_queries_is_constant(self, maria, link):
        before = _queries(maria, LIST)
        for number in range(15):
            testing.make_link(link.gallery, f"Guest {number}")

        assert _queries(maria, LIST) == before


class TestLinksTogether:
    def test_all_of_them_are_revoked_and_what_they_shared(self, maria, link, theirs):
        second = testing.make_link(link.gallery, "Tom")
        shared = family.share(link, "Grandmother")

        maria.post(f"{bulk('sharelink', 'revoke')}?id={link.pk}&id={second.pk}")

        assert {*ShareLink.objects.filter(revoked_at=None)} == {theirs}
        assert shared.pk
        entries = maria.get(gallery_url(link.gallery, "history")).content.decode()
        assert "Link of Tom revoked" in entries

    @pytest.mark.parametrize("action", ["revoke", "extend"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_with_one_of_another_studio_nothing_is_done(self, method, action, maria, link, theirs):
        day = (timezone.localdate() + timedelta(days=900)).isoformat()
        address = f"{bulk('sharelink', action)}?id={link.pk}&id={theirs.pk}"

        response = getattr(maria, method)(address, {"expires_on": day} if method == "post" else {})

        assert b"Karin" not in response.content
        assert not ShareLink.objects.exclude(revoked_at=None).exists()
        assert not ShareLink.objects.filter(expires_at__gt=timezone.now() + timedelta(800)).exists()

    def test_all_means_what_the_list_shows_of_ones_own(self, maria, link, theirs):
        tom = testing.make_link(link.gallery, "Tom")

        page = maria.get(bulk("sharelink", "revoke"), {"id": "all", "q": "tom"})
        assert [row["item"] for row in page.context["items"]] == [tom]
        maria.post(f"{bulk('sharelink', 'revoke')}?id=all")

        assert [*ShareLink.objects.filter(revoked_at=None)] == [theirs]

    def test_who_may_only_look_revokes_nothing(self, looker, link):
        for ids in ("all", link.pk):
            looker.post(f"{bulk('sharelink', 'revoke')}?id={ids}")

        assert not ShareLink.objects.exclude(revoked_at=None).exists()

    def test_they_are_extended(self, maria, link):
        expired = testing.make_link(
            link.gallery, "Tom", expires_at=timezone.now() - timedelta(days=1)
        )
        revoked = testing.make_link(link.gallery, "Eve")
        ShareLink.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
        longer = testing.make_link(link.gallery, "Zoe")
        ShareLink.objects.filter(pk=longer.pk).update(expires_at=None)
        day = timezone.localdate() + timedelta(days=500)
        chosen = [link, expired, revoked, longer]
        query = "&".join(f"id={one.pk}" for one in chosen)

        response = maria.post(
            f"{bulk('sharelink', 'extend')}?{query}", {"expires_on": day.isoformat()}, follow=True
        )

        for one in chosen:
            one.refresh_from_db()
        days = [one.expires_at and timezone.localdate(one.expires_at) for one in chosen]
        assert (days[0], days[1], days[3]) == (day, day, None)
        assert days[2] != day
        assert "2 links extended. 2 were left as they are." in response.content.decode()

    def test_a_day_that_has_passed_is_refused(self, maria, link):
        before = link.expires_at
        response = maria.post(
            f"{bulk('sharelink', 'extend')}?id={link.pk}", {"expires_on": "2020-01-01"}
        )

        link.refresh_from_db()
        assert "This day has passed." in response.content.decode()
        assert link.expires_at == before

    @pytest.mark.parametrize("model", ["sharelink", "selection"])
    def test_nothing_is_deleted(self, model, studios, log_in, selection):
        browser = log_in(studios.chief)
        key = selection.share_link_id if model == "sharelink" else selection.pk

        for ids in ("all", key):
            assert browser.get(bulk(model, "delete"), {"id": ids}).status_code == 404
            assert browser.post(f"{bulk(model, 'delete')}?id={ids}").status_code == 404
        assert "Delete" not in _footer(browser.get(LIST).content.decode())


class TestSelections:
    @pytest.fixture
    def tom(self, gallery, photos):
        """What Tom has chosen and sent: three, where one is included."""
        gallery.included = 1
        gallery.save()
        link = testing.make_link(gallery, "Tom")
        for photo in photos[:3]:
            picks.set_favourite(link, photo, True)
        selection = link.selections.get()
        selection.submitted_at = timezone.now()
        selection.save()
        return selection

    def test_the_list_holds_ones_own(self, maria, selection, theirs):
        page = maria.get(SELECTION_LIST).content.decode()

        assert "Anna" in page
        assert "Karin" not in page

    def test_each_row_counts_what_was_chosen(self, maria, tom):
        row = maria.get(SELECTION_LIST).context["object_list"][0]

        assert (row.heart_count, row.extra, row.note_count) == (3, 2, 0)

    def test_they_are_filtered_by_state(self, maria, gallery, selection, tom):
        def found(*states):
            return {*maria.get(SELECTION_LIST, {"state": states}).context["object_list"]}

        assert found("choosing") == {selection}
        assert found("late") == set()
        assert found("sent") == {tom}
        gallery.due_date = timezone.localdate() - timedelta(days=1)
        gallery.save()
        assert found("late") == {selection}
        assert found("choosing") == set()
        assert found("late", "sent") == {selection, tom}
        Selection.objects.filter(pk=tom.pk).update(opened_at=timezone.now())
        assert found("opened") == {tom}

    @pytest.mark.parametrize(
        "change",
        [{"decides": False}, {"may_choose": False}, {"revoked_at": timezone.now()}],
        ids=["suggests", "looks", "revoked"],
    )
    def test_only_who_is_waited_for_is_late(self, change, maria, gallery, selection):
        gallery.due_date = timezone.localdate() - timedelta(days=1)
        gallery.save()
        ShareLink.objects.filter(pk=selection.share_link_id).update(**change)

        assert not maria.get(SELECTION_LIST, {"state": "late"}).context["object_list"]

    def test_nobody_is_late_in_a_gallery_that_has_moved_on(self, maria, gallery, selection):
        gallery.due_date = timezone.localdate() - timedelta(days=1)
        gallery.state = State.EDITING
        gallery.save()

        assert not maria.get(SELECTION_LIST, {"state": "late"}).context["object_list"]

    def test_each_leads_to_its_photographs(self, maria, selection, gallery):
        address = f"{gallery_url(gallery, 'selections')}?selection={selection.pk}"

        assert address in maria.get(SELECTION_LIST).content.decode()
        inspect = maria.get(reverse(f"{SELECTIONS}:inspect", args=[selection.pk]))
        assert address in inspect.content.decode()

    def test_several_are_one_workbook(self, maria, selection, tom):
        response = maria.get(bulk("selection", "export"), {"id": [selection.pk, tom.pk]})

        book = load_workbook(io.BytesIO(response.content))
        assert book.sheetnames == ["Selections", "Anna Smith wedding", "Tom Smith wedding"]
        assert [cell.value for cell in book["Selections"]["F"]] == ["Photos", 2, 3]
        assert book["Tom Smith wedding"].max_row == 4

    @pytest.mark.parametrize("ids", ["all", "both"])
    def test_another_studios_are_in_none(self, ids, maria, selection, theirs):
        other = theirs.selections.get()
        wanted = "all" if ids == "all" else [selection.pk, other.pk]

        response = maria.get(bulk("selection", "export"), {"id": wanted})

        if ids == "all":
            assert len(load_workbook(io.BytesIO(response.content)).sheetnames) == 2
        else:
            assert response.status_code == 302

    @pytest.mark.parametrize("name", ["add", "edit", "delete", "usage"])
    def test_nobody_writes_them_here(self, name, studios, log_in, selection):
        args = [] if name == "add" else [selection.pk]
        browser = log_in(studios.chief)

        for method in (browser.get, browser.post):
            response = method(reverse(f"{SELECTIONS}:{name}", args=args))
            assert response.status_code in (302, 404)
        assert Selection.objects.filter(pk=selection.pk).exists()

    def test_the_number_of_queries_is_constant(self, maria, gallery, photos, selection):
        before = _queries(maria, SELECTION_LIST)
        for number in range(15):
            link = testing.make_link(gallery, f"Guest {number}")
            picks.set_favourite(link, photos[0], True)

        assert _queries(maria, SELECTION_LIST) == before


class TestClients:
    LIST = reverse("wagtailsnippets_pumbaphoto_wagtail_client:list")

    @pytest.fixture
    def anna(self, gallery):
        return gallery.clients.get()

    def test_the_list_says_when_their_last_shoot_was_and_how_it_stands(self, maria, anna, studios):
        for year, title in ((2025, "Wedding"), (2026, "Baby")):
            shoot = testing.make_gallery(
                title, owner=studios.maria, collection=studios.collection, has_page=False
            )
            shoot.shoot_date = f"{year}-05-01"
            shoot.save()
            shoot.clients.add(anna)

        page = maria.get(self.LIST)

        row = page.context["object_list"][0]
        assert (row.gallery_count, row.last_shoot.year) == (3, 2026)
        assert "Baby" in page.content.decode()
        assert "and 1 more" in page.content.decode()

    def test_they_are_filtered_by_the_state_of_their_galleries(self, maria, anna, gallery, studios):
        testing.make_client("Nobody", collection=studios.collection)

        def found(state):
            return [*maria.get(self.LIST, {"state": state}).context["object_list"]]

        assert found("active") == [anna]
        assert found("archived") == []

    def test_another_studios_galleries_are_not_named(self, studios, log_in, anna, theirs):
        theirs.gallery.clients.add(anna)
        page = log_in(studios.maria).get(self.LIST).content.decode()
        inspect = log_in(studios.maria).get(
            reverse("wagtailsnippets_pumbaphoto_wagtail_client:inspect", args=[anna.pk])
        )

        assert "Berg family" not in page
        assert "Berg family" not in inspect.content.decode()

    def test_the_page_of_one_shows_galleries_and_links(self, maria, anna, gallery, link):
        ShareLink.objects.filter(pk=link.pk).update(client=anna)
        address = reverse("wagtailsnippets_pumbaphoto_wagtail_client:inspect", args=[anna.pk])

        page = maria.get(address).content.decode()

        assert gallery_url(gallery) in page
        assert reverse(f"{LINKS}:inspect", args=[link.pk]) in page
        assert f"client={anna.pk}" in page

    def test_an_export_has_no_formula(self, maria, anna):
        Client.objects.filter(pk=anna.pk).update(name="=1+1", phone="+49 30 1234")

        text = csv_of(maria, self.LIST)

        assert "'=1+1" in text
        assert "'+49 30 1234" in text

    def test_the_number_of_queries_is_constant(self, maria, anna, studios, gallery):
        before = _queries(maria, self.LIST)
        for number in range(15):
            client = testing.make_client(f"Client {number}", collection=studios.collection)
            gallery.clients.add(client)

        assert _queries(maria, self.LIST) == before


def test_a_links_name_leads_to_its_page_only_for_its_own(studios, link):
    assert AdminURLFinder(studios.maria).get_edit_url(link)
    assert AdminURLFinder(studios.bert).get_edit_url(link) is None


@pytest.mark.parametrize("address", [LIST, SELECTION_LIST])
def test_the_lists_are_closed_to_who_has_no_galleries(address, studios, log_in, selection):
    assert log_in(studios.outsider).get(address).status_code == 302


def _cells(data):
    sheet = load_workbook(io.BytesIO(data)).active
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)


def _footer(page):
    return page.split("bulk-actions-buttons")[1].split("</section>")[0]


def _queries(browser, address):
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)
