"""Who gets into which room: every address of the admin, tried by everybody, with GET and POST."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import TestCase
from django.urls import reverse
from wagtail.models import GroupPagePermission

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.groups import ASSISTANTS, set_up_group
from pumbaphoto_wagtail.admin.photo_acts import ACTS
from pumbaphoto_wagtail.models import (
    MailTemplate,
    Message,
    MessageKind,
    Purpose,
    Stage,
    State,
    Upload,
    WatermarkPreset,
)
from tests.client import world
from tests.client.addresses import NOBODY, Route, routes
from tests.client.world import Shoot, values_of

from .permission_rows import ROWS
from .permission_rules import PEOPLE, Answer, Person, Row, expected

ADDRESSES = {
    route.name: route for route in routes() if route.template.replace("^", "").startswith("admin/")
}


def test_every_address_of_the_admin_has_a_row_and_every_row_an_address():
    assert set(ADDRESSES) - set(ROWS) == set(), "say in permission_rows.py who may open these"
    assert set(ROWS) - set(ADDRESSES) == set()


# --- Asking --------------------------------------------------------------------------------------


def answer_of(response: HttpResponse) -> Answer | int:
    """What was answered, in the words of the table; the status code where it has none."""
    address = response.headers.get("Location", "")
    known = {403: Answer.REFUSED, 404: Answer.MISSING, 405: Answer.NOT_SO}
    if "/login/" in address or response.status_code == 401:
        return Answer.LOGIN
    if address == "/admin/":
        return Answer.REFUSED
    if response.status_code in known:
        return known[response.status_code]
    return Answer.IN if response.status_code < 500 else response.status_code


def ask(browser: Browser, method: str, address: str) -> HttpResponse:
    """One request, and whatever it did undone."""
    with transaction.atomic():
        response = getattr(browser, method)(address)
        if response.streaming:
            b"".join(response)
        transaction.set_rollback(True)
    return response


def make_editor():
    """Somebody who writes the site's pages and has nothing to do with galleries."""
    user = testing.make_user("editor", is_staff=True)
    group = Group.objects.create(name="Those who write")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for codename in ("add_page", "change_page", "publish_page"):
        GroupPagePermission.objects.create(
            group=group,
            page=testing.make_site().root_page,
            permission=Permission.objects.get(
                codename=codename, content_type__app_label="wagtailcore"
            ),
        )
    user.groups.add(group)
    return user


def make_mail_template(collection) -> MailTemplate:
    return MailTemplate.objects.create(collection=collection, kind="link", words="Dear all")


def make_mark(collection) -> WatermarkPreset:
    return WatermarkPreset.objects.create(collection=collection, title="Ours", words="Maria")


def make_message(shoot: Shoot) -> Message:
    about = {"gallery": shoot.gallery, "share_link": shoot.link}
    return Message.objects.create(key="tried", kind=MessageKind.LINK, **about)


def make_people() -> tuple[SimpleNamespace, dict[str, Browser]]:
    """Two studios, and a browser for each of PEOPLE."""
    studios = world.make_studios()
    set_up_group("Assistants of A", ASSISTANTS, collection=studios.collection)
    assistant = testing.make_user("helper")
    assistant.groups.add(Group.objects.get(name="Assistants of A"))
    users = {
        "superuser": studios.chief,
        "photographer": studios.owner,
        "assistant": assistant,
        "photographer of another studio": studios.other,
        "editor without galleries": make_editor(),
    }
    browsers = {name: world.signed_in(user) for name, user in users.items()}
    browsers["anonymous"] = Browser()
    for browser in browsers.values():
        browser.raise_request_exception = False
    return studios, browsers


class Differences(list):
    def expect(self, wanted: set[Answer], found: object, *words: str) -> None:
        if found not in wanted:
            names = " or ".join(sorted(getattr(answer, "name", str(answer)) for answer in wanted))
            got = getattr(found, "name", found)
            self.append(f"{' · '.join(words)}: wanted {names}, got {got}")

    def report(self) -> None:
        assert not self, f"{len(self)} differences\n" + "\n".join(self)


@pytest.mark.xdist_group("admin permissions")
class EveryRoom(TestCase):
    @classmethod
    def setUpTestData(cls):
        # Not attributes of the class: Django would copy them whole for each test.
        global studios, shoot, browsers, keys
        studios, browsers = make_people()
        shoot = Shoot(studios, "The Berg wedding")
        shoot.add_records(testing.make_link(shoot.gallery, "Anna"))
        testing.make_gallery("Bert's own", owner=studios.other, collection=studios.other_collection)
        keys = {
            "client": shoot.client.pk,
            "sharelink": shoot.link.pk,
            "selection": shoot.selection.pk,
            "mailtemplate": make_mail_template(studios.collection).pk,
            "watermarkpreset": make_mark(studios.collection).pk,
            "library": shoot.library.pk,
            "gallery_chooser": shoot.gallery.uuid,
            "cover_chooser": shoot.thing("shown").photo.uuid,
            "files": shoot.quarantined.pk,
            "outbox": make_message(shoot).pk,
            "wagtail_upload": shoot.upload.pk,
        }

    def setUp(self):
        # Hundreds of refusals are what is tested here, and no news.
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)

    def test_everybody_gets_what_the_table_says(self):
        differences = Differences()
        for name, row in ROWS.items():
            if name not in ADDRESSES:
                continue
            for person, method in requests_of(row):
                found = answer_of(ask(browsers[person.name], method, address_of(ADDRESSES[name])))
                wanted = expected(row, person, method)
                differences.expect(wanted, found, method.upper(), name, person.name)
        differences.report()

    def test_what_may_not_be_seen_looks_like_what_never_was(self):
        differences = Differences()
        for route in ADDRESSES.values():
            if "uuid" not in route.keys:
                continue
            browser = browsers["photographer of another studio"]
            forbidden, unknown = (
                ask(browser, "get", address)
                for address in (address_of(route), address_of(route, uuid=NOBODY))
            )
            same = (forbidden.status_code, forbidden.content) == (
                unknown.status_code,
                unknown.content,
            )
            differences.expect({True}, same, route.name)
        differences.report()


def requests_of(row: Row) -> Iterator[tuple[Person, str]]:
    for person in PEOPLE:
        yield person, "get"
        # Where nothing can be sent, one who may do everything is enough to try; and what a
        # superuser may send a photographer may, too.
        if person.name == "photographer" or (row.post and not person.is_operator):
            yield person, "post"


def address_of(route: Route, **changed: object) -> str:
    values = values_of(shoot, route) | {"step_name": "close-round", "kind": kind_of(route)}
    if route.name.endswith(":index_visibility"):
        values["page_pk"] = shoot.gallery.main_page.get_parent().pk
    for model, key in keys.items():
        if route.name.partition(":")[0].endswith(f"_{model}"):
            values["pk"] = key
        if route.name.startswith(f"pumbaphoto_{model}_"):
            values["instance_pk"] = key
    return route.address(values | changed)


def kind_of(route: Route) -> str:
    return "invitation" if "message" in route.name else "csv"


# --- What the rows do not say --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["index", "index_results"])
def test_the_list_names_the_galleries_of_ones_own_studio_only(name, studios, log_in, gallery):
    address = reverse(f"pumbaphoto_galleries:{name}")

    assert b"Smith wedding" in log_in(studios.maria).get(address).content
    assert b"Smith wedding" in log_in(studios.chief).get(address).content
    foreign = log_in(studios.bert).get(address).content
    assert b"Smith wedding" not in foreign
    assert b"maria" not in foreign, "nor as a filter"


class TestAnAssistant:
    """Brings in, sorts and matches; nothing they do reaches a client or goes for good."""

    @pytest.fixture
    def helper(self, studios, log_in):
        set_up_group("Assistants", ASSISTANTS, collection=studios.collection)
        user = testing.make_user("helper")
        user.groups.add(Group.objects.get(name="Assistants"))
        return log_in(user)

    def test_is_offered_the_uploader(self, helper, gallery):
        assert helper.get(gallery_url(gallery)).context["uploader"] is not None

    def test_uploads_photos_and_edits(self, helper, gallery):
        for purpose in (Purpose.ORIGINAL, Purpose.EDIT):
            file = SimpleUploadedFile(f"{purpose}.jpg", testing.jpeg_bytes(), "image/jpeg")
            helper.post(
                gallery_url(gallery, "single_upload"), {"purpose": purpose.value, "file": file}
            )

        assert [*Upload.objects.order_by("pk").values_list("batch__purpose", flat=True)] == [
            Purpose.ORIGINAL,
            Purpose.EDIT,
        ]

    def test_does_not_upload_a_watermark(self, helper, gallery):
        file = SimpleUploadedFile("mark.png", b"x", "image/png")
        data = {"purpose": Purpose.WATERMARK.value, "file": file}

        assert helper.post(gallery_url(gallery, "single_upload"), data).url == "/admin/"
        assert not Upload.objects.exists()

    def test_sees_whose_each_step_is(self, helper, gallery, submitted):
        page = helper.get(gallery_url(gallery))

        reasons = {step.label: step.reason for step in page.context["steps"]}
        assert reasons == {
            "Start editing": "",
            "Reopen the selection": "Only who may share this gallery can do this.",
        }

    def test_takes_no_step_that_reaches_a_client(self, helper, gallery, submitted):
        helper.post(gallery_url(gallery, "step", step_name="reopen"))
        gallery.refresh_from_db()
        assert gallery.state == State.SUBMITTED

        helper.post(gallery_url(gallery, "step", step_name="start-editing"))
        gallery.refresh_from_db()
        assert gallery.state == State.EDITING

    def test_changes_no_setting_that_a_client_meets(self, helper, gallery):
        page = helper.get(gallery_url(gallery, "settings"))
        assert [*page.context["form"].fields] == ["title", "shoot_date", "edits_expected_on"]
        assert "set by who may share this gallery" in page.content.decode()

        data = {"title": "Smith & Jones", "maximum": "1", "asks_for_consent": "on"}
        helper.post(gallery_url(gallery, "settings"), data)

        gallery.refresh_from_db()
        assert (gallery.title, gallery.maximum, gallery.asks_for_consent) == (
            "Smith & Jones",
            None,
            False,
        )

    def test_gives_nothing_for_download(self, helper, gallery):
        section = testing.make_section(gallery)
        data = {f"title-{section.pk}": "Party", "finished": section.pk}

        helper.post(gallery_url(gallery, "sections"), data)

        section.refresh_from_db()
        assert (section.title, section.is_finished) == ("Party", False)

    @pytest.mark.parametrize("act", ["announce", "withdraw", "keep-online", "take-offline"])
    def test_says_nothing_of_the_archive_to_clients(self, helper, gallery, act):
        data = {"act": act, "day": "2099-01-01"}

        assert helper.post(gallery_url(gallery, "keeping"), data).url == "/admin/"

    def test_deletes_nothing_from_quarantine(self, helper, batch):
        infected = batch.uploads.get(file_name="invoice.jpg").stored_file
        data = {"act": "delete", "confirmed": "1", "file": infected.pk}

        helper.post(reverse("pumbaphoto_quarantine_act"), data)

        infected.refresh_from_db()
        assert infected.stage == Stage.INFECTED

    @pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.needs != "change"])
    def test_does_no_act_with_photos_that_is_not_theirs(self, helper, gallery, photos, name):
        data = {"act": name, "photo": photos[0].pk}

        assert helper.post(gallery_url(gallery, "photo_act"), data).url == "/admin/"

    def test_shows_deletes_and_opens_no_photos(self):
        others = {name for name, act in ACTS.items() if act.needs != "change"}

        assert {"delete", "unhide", "show", "policy", "unset_policy"} <= others


class TestWhoMayOnlyLook:
    """A colleague with the permission to share alone: that is looking, and links."""

    @pytest.fixture
    def colleague(self, studios, log_in):
        user = testing.make_photographer("colleague", collection=studios.collection)
        permissions = user.groups.get().collection_permissions
        permissions.exclude(permission__codename="share_gallery").delete()
        return log_in(user)

    def test_takes_no_step_and_is_offered_none(self, colleague, gallery, submitted):
        assert colleague.get(gallery_url(gallery)).context["steps"] == []
        colleague.post(gallery_url(gallery, "step", step_name="reopen"))

        gallery.refresh_from_db()
        assert gallery.state == State.SUBMITTED

    def test_does_not_mark_a_selection_as_opened(self, colleague, gallery, submitted):
        colleague.get(gallery_url(gallery, "selections"))

        submitted.refresh_from_db()
        assert submitted.opened_at is None

    def test_is_offered_no_uploader(self, colleague, gallery):
        assert colleague.get(gallery_url(gallery)).context["uploader"] is None


def test_who_may_not_share_does_not_see_a_links_address(studios, log_in, gallery, link):
    user = testing.make_photographer("editor", collection=studios.collection)
    permissions = user.groups.get().collection_permissions
    permissions.exclude(permission__codename="change_gallery").delete()

    page = log_in(user).get(gallery_url(gallery, "sharing"))

    assert b"Anna" in page.content
    assert b"/galleries/s/" not in page.content


def test_ids_of_another_gallery_open_nothing_in_ones_own(studios, log_in, link, submitted, photos):
    mine = testing.make_gallery("Mine", owner=studios.bert, collection=studios.other_collection)
    edit = testing.make_edit(link.gallery, photos[0])
    browser = log_in(studios.bert)

    section = testing.make_section(link.gallery)
    for name, names in (
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
        assert browser.get(gallery_url(mine, name, **names)).status_code == 404
