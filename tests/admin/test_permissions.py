"""Who gets into which room: every address, tried by everybody."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.urls import urlpatterns
from pumbaphoto_wagtail.models import AccessPolicy, ChangeRequest, State

from .conftest import in_state


@pytest.fixture
def addresses(gallery, link, submitted, batch, photos):
    """Every address of the gallery's rooms, and of the client and the batch that hang on it."""
    edit = testing.make_edit(gallery, photos[0])
    section = testing.make_section(gallery)
    wish = ChangeRequest.objects.create(photo=photos[0], share_link=link, words="Warmer")
    anna = gallery.clients.get()
    client_urls = {
        f"client {name}": reverse(
            f"wagtailsnippets_pumbaphoto_wagtail_client:{name}", args=[anna.pk]
        )
        for name in ("edit", "delete", "history", "history_results", "usage", "inspect")
    }
    return {
        "photos": gallery_url(gallery),
        "photo_feed": gallery_url(gallery, "photo_feed"),
        "photo_act": gallery_url(gallery, "photo_act"),
        "photo": gallery_url(gallery, "photo", photo_uuid=photos[0].uuid),
        "selections": gallery_url(gallery, "selections"),
        "selection_workbook": gallery_url(gallery, "selection_workbook", selection_pk=submitted.pk),
        "workbook": gallery_url(gallery, "workbook"),
        "exports": gallery_url(gallery, "exports"),
        "export": gallery_url(gallery, "export", kind="csv"),
        "merge_sidecars": gallery_url(gallery, "merge_sidecars"),
        "choose_whom": gallery_url(gallery, "choose_whom"),
        "choose_for": gallery_url(gallery, "choose_for", link_uuid=link.uuid),
        "paste_for": gallery_url(gallery, "paste_for", link_uuid=link.uuid),
        "send_for": gallery_url(gallery, "send_for", link_uuid=link.uuid),
        "reopen_list": gallery_url(gallery, "reopen_list", selection_pk=submitted.pk),
        "sections": gallery_url(gallery, "sections"),
        "remove_section": gallery_url(gallery, "remove_section", section_uuid=section.uuid),
        "edits": gallery_url(gallery, "edits"),
        "decide_edit": gallery_url(gallery, "decide_edit", edit_pk=edit.pk),
        "board": gallery_url(gallery, "board"),
        "board_news": gallery_url(gallery, "board_news"),
        "undo_decision": gallery_url(gallery, "undo_decision"),
        "choose_original": gallery_url(gallery, "choose_original", edit_pk=edit.pk),
        "photo_edits": gallery_url(gallery, "photo_edits", photo_uuid=photos[0].uuid),
        "sharing": gallery_url(gallery, "sharing"),
        "visibility": gallery_url(gallery, "visibility"),
        "change_link": gallery_url(gallery, "change_link", link_uuid=link.uuid),
        "preview_as": gallery_url(gallery, "preview_as", link_uuid=link.uuid),
        "revoke_link": gallery_url(gallery, "revoke_link", link_uuid=link.uuid),
        "renew_link": gallery_url(gallery, "renew_link", link_uuid=link.uuid),
        "delivery": gallery_url(gallery, "delivery"),
        "answer_wish": gallery_url(gallery, "answer_wish", wish_pk=wish.pk),
        "keeping": gallery_url(gallery, "keeping"),
        "history": gallery_url(gallery, "history"),
        "settings": gallery_url(gallery, "settings"),
        "step": gallery_url(gallery, "step", step_name="reopen"),
        "of_page": reverse("pumbaphoto_galleries:of_page", args=[gallery.main_page_id]),
        "clocks": gallery_url(gallery, "clocks"),
        "watermark": gallery_url(gallery, "watermark"),
        "watermark_preview": gallery_url(gallery, "watermark_preview") + "?text=Maria",
        "single_upload": gallery_url(gallery, "single_upload"),
        "show": gallery_url(gallery, "show"),
        "batch": gallery_url(gallery, "batch", batch_uuid=batch.uuid),
        "logged batch": reverse(
            "pumbaphoto_wagtail_uploadbatch_modeladmin_inspect", args=[batch.pk]
        ),
        "chosen client": reverse(
            "wagtailsnippetchoosers_pumbaphoto_wagtail_client:chosen", args=[anna.pk]
        ),
        **client_urls,
    }


OF_NO_GALLERY = {"index_visibility", "index", "index_results", "add", "session"}
NAMES = sorted({pattern.name for pattern in urlpatterns} - OF_NO_GALLERY)
LEADING_ON = {"of_page", "batch"}
# These take one method only, whoever asks.
OF_ONE_METHOD = {
    *(
        "single_upload",
        "photo_act",
        "show",
        "chosen client",
        "visibility",
        "preview_as",
        "reopen_list",
        "answer_wish",
        "merge_sidecars",
        *("board", "board_news", "undo_decision", "choose_original"),
    ),
}
OTHERS = [
    "logged batch",
    "chosen client",
    *(f"client {name}" for name in ("edit", "delete", "history", "usage", "inspect")),
]


@pytest.mark.parametrize("name", [*NAMES, *OTHERS])
def test_the_studio_and_the_superuser_get_in(name, addresses, studios, log_in):
    for user in (studios.maria, studios.chief):
        response = log_in(user).get(addresses[name])

        expected = 302 if name in LEADING_ON else 200
        assert response.status_code == expected or (
            response.status_code == 405 and name in OF_ONE_METHOD - {"chosen client"}
        )


@pytest.mark.parametrize("name", [*NAMES, *OTHERS])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_studio_finds_nothing(method, name, addresses, studios, log_in):
    response = getattr(log_in(studios.bert), method)(addresses[name])

    assert response.status_code in ({404, 405} if name in OF_ONE_METHOD else {404})


@pytest.mark.parametrize("name", [*NAMES, *OTHERS])
def test_what_does_not_exist_looks_the_same_as_what_may_not_be_seen(
    name, addresses, studios, log_in, gallery
):
    browser = log_in(studios.bert)
    forbidden = browser.get(addresses[name])
    unknown = browser.get(addresses[name].replace(str(gallery.uuid), str(uuid4())))

    assert (forbidden.status_code, forbidden.content) == (unknown.status_code, unknown.content)


@pytest.mark.parametrize("name", [*NAMES, *OTHERS])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_only_enter_the_admin_gets_in_nowhere(method, name, addresses, studios, log_in):
    response = getattr(log_in(studios.outsider), method)(addresses[name])

    # Wagtail answers a missing permission with the home page, where there is nothing of ours.
    assert response.status_code in {404, 405} or response.url == "/admin/"


@pytest.mark.parametrize("name", NAMES)
def test_anonymous_visitors_are_asked_to_log_in(name, addresses, client):
    response = client.get(addresses[name])

    assert response.url.startswith("/admin/login/")


@pytest.mark.parametrize("name", ["index", "index_results", "add"])
def test_the_list_is_closed_to_who_has_no_galleries(name, studios, log_in, gallery):
    response = log_in(studios.outsider).get(reverse(f"pumbaphoto_galleries:{name}"))

    assert response.status_code == 302


@pytest.mark.parametrize("name", ["index", "index_results"])
def test_the_list_names_the_galleries_of_ones_own_studio_only(name, studios, log_in, gallery):
    address = reverse(f"pumbaphoto_galleries:{name}")

    assert b"Smith wedding" in log_in(studios.maria).get(address).content
    assert b"Smith wedding" in log_in(studios.chief).get(address).content
    assert b"Smith wedding" not in log_in(studios.bert).get(address).content


def test_another_studio_is_not_named_as_a_filter_either(studios, log_in, gallery):
    page = log_in(studios.bert).get(reverse("pumbaphoto_galleries:index"))

    assert b"maria" not in page.content


class TestWhoMayOnlyLook:
    """A colleague with the permission to view and nothing else."""

    @pytest.fixture
    def colleague(self, studios, log_in):
        user = testing.make_photographer("colleague", collection=studios.collection)
        permissions = user.groups.get().collection_permissions
        permissions.exclude(permission__codename="share_gallery").delete()
        return log_in(user)

    @pytest.mark.parametrize(
        "name",
        [
            "photos",
            "photo_feed",
            "photo",
            "selections",
            "edits",
            "sharing",
            "delivery",
            "keeping",
            "history",
            "workbook",
            "exports",
            "export",
        ],
    )
    def test_sees(self, name, addresses, colleague):
        assert colleague.get(addresses[name]).status_code == 200

    @pytest.mark.parametrize(
        "name",
        [
            *("settings", "decide_edit", "sections", "remove_section", "choose_whom"),
            *("choose_for", "paste_for", "send_for"),
            *("board", "choose_original", "photo_edits"),
        ],
    )
    def test_may_not_change(self, name, addresses, colleague):
        assert colleague.get(addresses[name]).status_code == 302

    def test_may_not_deliver(self, gallery, addresses, colleague, photos):
        in_state(gallery, State.EDITING)

        colleague.post(addresses["delivery"])

        assert gallery.deliveries.count() == 0

    def test_may_not_take_a_step(self, gallery, addresses, colleague):
        colleague.post(addresses["step"])

        gallery.refresh_from_db()
        assert gallery.state == State.SUBMITTED

    def test_does_not_mark_a_selection_as_opened(self, addresses, colleague, submitted):
        colleague.get(addresses["selections"])

        submitted.refresh_from_db()
        assert submitted.opened_at is None

    def test_is_offered_no_uploader(self, addresses, colleague):
        assert colleague.get(addresses["photos"]).context["uploader"] is None


class TestWhoMayChangeAndNotShare:
    @pytest.fixture
    def editor(self, studios, log_in):
        user = testing.make_photographer("editor", collection=studios.collection)
        permissions = user.groups.get().collection_permissions
        permissions.exclude(permission__codename="change_gallery").delete()
        return log_in(user)

    @pytest.mark.parametrize("name", ["change_link", "revoke_link", "renew_link"])
    def test_does_not_get_to_a_link(self, name, addresses, editor):
        assert editor.get(addresses[name]).status_code == 302

    @pytest.mark.parametrize("name", ["visibility", "preview_as", "sharing", "choose_whom"])
    def test_decides_nothing_about_who_sees(self, name, gallery, addresses, editor):
        data = {"answer": "everyone", "is_listed": "on", "recipient": "Tom"}

        assert editor.post(addresses[name], data).status_code == 302

        gallery.refresh_from_db()
        assert not gallery.is_listed
        assert not AccessPolicy.objects.exists()
        assert gallery.share_links.count() == 1

    def test_may_choose_for_a_client(self, addresses, editor, gallery):
        in_state(gallery, State.ACTIVE)

        assert editor.get(addresses["choose_for"]).status_code == 200


def test_who_may_not_share_does_not_see_a_links_address(studios, log_in, addresses, link):
    user = testing.make_photographer("editor", collection=studios.collection)
    permissions = user.groups.get().collection_permissions
    permissions.exclude(permission__codename="change_gallery").delete()

    page = log_in(user).get(addresses["sharing"])

    assert b"Anna" in page.content
    assert b"/galleries/s/" not in page.content


def test_ids_of_another_gallery_open_nothing_in_ones_own(studios, log_in, link, submitted, photos):
    mine = testing.make_gallery("Mine", owner=studios.bert, collection=studios.other_collection)
    edit = testing.make_edit(link.gallery, photos[0])
    browser = log_in(studios.bert)

    section = testing.make_section(link.gallery)
    for name, keys in (
        ("revoke_link", {"link_uuid": link.uuid}),
        ("change_link", {"link_uuid": link.uuid}),
        ("choose_for", {"link_uuid": link.uuid}),
        ("paste_for", {"link_uuid": link.uuid}),
        ("send_for", {"link_uuid": link.uuid}),
        ("remove_section", {"section_uuid": section.uuid}),
        ("renew_link", {"link_uuid": link.uuid}),
        ("selection_workbook", {"selection_pk": submitted.pk}),
        ("decide_edit", {"edit_pk": edit.pk}),
    ):
        assert browser.get(gallery_url(mine, name, **keys)).status_code == 404


def test_the_upload_log_lists_the_batches_of_ones_own_studio_only(studios, log_in, batch):
    address = reverse("pumbaphoto_wagtail_uploadbatch_modeladmin_index")

    view = Permission.objects.get(codename="view_uploadbatch")
    for user in (studios.maria, studios.bert):
        assert log_in(user).get(address).status_code == 302
        user.user_permissions.add(view)
    assert b"Smith wedding" in log_in(studios.maria).get(address).content
    assert b"Smith wedding" not in log_in(studios.bert).get(address).content
    assert b"Smith wedding" not in log_in(studios.bert).get(address, {"export": "csv"}).getvalue()
    assert log_in(studios.outsider).get(address).status_code == 302


@pytest.mark.parametrize("action", ["create", "edit", "delete"])
def test_the_upload_log_has_no_address_that_changes_anything(action, studios, log_in, batch):
    address = f"/admin/pumbaphoto_wagtail/uploadbatch/{action}/"
    for path in (address, f"{address}{batch.pk}/"):
        assert log_in(studios.chief).get(path).status_code == 404
