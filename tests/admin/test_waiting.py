"""What waits for a photographer: of each kind what is meant and what is not, and whose it is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import GroupCollectionPermission

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.waiting import KINDS, groups_waiting, things_waiting
from pumbaphoto_wagtail.models import (
    ChangeRequest,
    Delivery,
    Edit,
    EditStatus,
    Gallery,
    Message,
    MessageKind,
    Photo,
    ShareLink,
    State,
    StudioSettings,
    UploadBatch,
)
from pumbaphoto_wagtail.proofing import changes

from . import waiting_world as world
from .waiting_world import DAY, EVERY_KIND

TABS = {
    "access": "sharing",
    "files": "photos",
    "mails": "sharing",
    "same_name": "photos",
    "photos_asked": "keeping",
    "changes": "delivery",
    "consents": "history",
    "selections": "selections",
    "extras": "selections",
    "edits": "edits",
    "not_shown": "photos",
    "late": "selections",
    "not_downloaded": "delivery",
    "archive": "keeping",
}


def kinds(user) -> list[str]:
    return [one.kind for one in things_waiting(user)]


def words(user, kind) -> list[str]:
    return [one.words for one in things_waiting(user) if one.kind == kind]


@pytest.mark.parametrize("kind", [*KINDS])
def test_each_kind_is_found_by_itself(kind, studios):
    gallery = EVERY_KIND[kind](studios)

    (one,) = things_waiting(studios.maria)

    assert (one.kind, one.gallery) == (kind, gallery)
    assert one.words


@pytest.mark.parametrize("kind", [*TABS])
def test_each_leads_to_the_place_where_it_is_answered(kind, studios):
    gallery = EVERY_KIND[kind](studios)

    (one,) = things_waiting(studios.maria)

    assert one.url.partition("?")[0] == gallery_url(gallery, TABS[kind])


def test_all_are_told_together(studios):
    world.fill(studios)

    assert kinds(studios.maria) == [*KINDS]


def test_another_studio_hears_of_nothing(studios):
    world.fill(studios)

    assert things_waiting(studios.bert) == []
    assert things_waiting(studios.outsider) == []


def test_nor_does_who_may_only_look(studios):
    world.fill(studios)
    colleague = testing.make_photographer("colleague", collection=studios.collection)
    permissions = GroupCollectionPermission.objects.filter(group__user=colleague)
    permissions.exclude(permission__codename="share_gallery").delete()

    assert things_waiting(colleague) == []


def test_the_owner_of_a_single_gallery_hears_of_that_one(studios):
    world.fill(studios)
    helper = testing.make_photographer("helper", collection=studios.collection)
    permissions = GroupCollectionPermission.objects.filter(group__user=helper)
    permissions.exclude(permission__codename="add_gallery").delete()
    world.gallery_of(studios, "Mine", owner=helper, state=State.SUBMITTED)

    (one,) = things_waiting(helper)

    assert one.gallery.title == "Mine"


def test_a_deleted_gallery_waits_for_nobody(studios):
    world.fill(studios)
    Gallery.objects.update(deleted_at=timezone.now())

    assert things_waiting(studios.maria) == []


def test_it_asks_as_often_for_70_galleries_as_for_14(studios):
    def count():
        with CaptureQueriesContext(connection) as queries:
            groups_waiting(studios.maria, at_most=5)
        return len(queries)

    world.fill(studios)
    count()  # what is asked once and kept is not counted
    few = count()
    world.fill(studios, 4)

    assert count() == few <= 31


def test_the_first_of_each_kind_are_shown_and_the_rest_is_counted(studios):
    for _number in range(7):
        world.late(studios)

    (group,) = groups_waiting(studios.maria, at_most=5)

    assert (len(group.rows), group.more, group.count_words) == (5, 2, "7")


class TestFiles:
    def test_are_told_by_what_is_wrong_with_them(self, studios):
        world.files(studios)

        assert words(studios.maria, "files") == ["1 infected, 1 not accepted"]

    def test_that_were_refused_long_ago_are_not_told_for_ever(self, studios):
        gallery = world.files(studios)
        UploadBatch.objects.filter(gallery=gallery).update(created_at=timezone.now() - 4 * DAY)

        assert words(studios.maria, "files") == ["1 infected"]


class TestMails:
    def test_that_arrived_at_the_second_attempt_are_forgotten(self, studios):
        gallery = world.mails(studios)
        failed = gallery.messages.get()
        Message.objects.create(
            key="again",
            kind=failed.kind,
            gallery=gallery,
            share_link=failed.share_link,
            sent_at=timezone.now(),
        )

        assert kinds(studios.maria) == []


class TestSelections:
    def test_are_told_with_name_and_number(self, studios):
        world.selections(studios)

        assert words(studios.maria, "selections") == ["Anna has chosen 3 photos"]

    def test_of_a_complete_round_wait_until_editing_begins(self, studios):
        gallery = world.selections(studios)
        gallery.share_links.get().selections.update(opened_at=timezone.now())

        assert kinds(studios.maria) == ["selections"]

        Gallery.objects.update(state=State.EDITING)
        assert kinds(studios.maria) == []

    def test_of_one_while_others_still_choose_wait_until_looked_at(self, studios):
        gallery = world.gallery_of(studios, "Two")
        world.link_of(gallery, "Tom")
        selection = world.selection_of(world.link_of(gallery))

        assert words(studios.maria, "selections") == [
            "Anna has chosen 2 photos, others still choose"
        ]

        selection.opened_at = timezone.now()
        selection.save()
        assert kinds(studios.maria) == []

    def test_for_an_album_are_told_by_their_list(self, studios):
        gallery = world.gallery_of(studios, "Album", state=State.EDITING)
        world.selection_of(world.link_of(gallery), list="album")

        assert words(studios.maria, "selections") == ["Anna has chosen 2 photos for “Album”"]

    def test_of_an_earlier_round_are_over(self, studios):
        gallery = world.gallery_of(studios, "Second round")
        world.selection_of(world.link_of(gallery), round=1)
        Gallery.objects.update(round=2)

        assert kinds(studios.maria) == []

    def test_of_family_are_suggestions(self, studios):
        gallery = world.gallery_of(studios, "Family")
        world.selection_of(world.link_of(gallery, "Gerda", decides=False))

        assert words(studios.maria, "selections") == ["Gerda suggests 2 photos"]


class TestExtras:
    def test_are_told_with_the_words_about_their_price(self, studios):
        world.extras(studios)

        assert words(studios.maria, "extras") == ["Anna: 5 chosen, 2 included, 3 extra at 15 €"]

    def test_as_many_as_are_included_are_none(self, studios):
        world.extras(studios)
        Gallery.objects.update(included=5)

        assert kinds(studios.maria) == []

    def test_are_settled_with_the_delivery(self, studios):
        world.extras(studios)
        Gallery.objects.update(state=State.DELIVERED)

        assert kinds(studios.maria) == []


class TestLate:
    def test_says_since_when_and_how_far(self, studios):
        gallery = world.late(studios)
        link = gallery.share_links.get()
        world.selection_of(link, 1, sent=False)

        assert words(studios.maria, "late") == ["Anna is 9 days late: 1 photo so far"]

    def test_who_has_never_opened_the_link_is_told_as_that(self, studios):
        world.late(studios)
        ShareLink.objects.update(last_used_at=None)

        assert words(studios.maria, "late")[0].endswith("and has not opened the link")

    @pytest.mark.parametrize(
        "changed",
        [
            {"due_date": timedelta(0)},
            {"due_date": None},
            {"state": State.SUBMITTED},
            {"kind": "finished"},
        ],
        ids=["due today", "no date", "sent", "finished photos"],
    )
    def test_nobody_is_late_where_nothing_is_due(self, changed, studios):
        world.late(studios)
        if isinstance(changed.get("due_date"), timedelta):
            changed = {"due_date": timezone.localdate()}
        Gallery.objects.update(**changed)

        assert "late" not in kinds(studios.maria)

    @pytest.mark.parametrize(
        "changed",
        [
            {"revoked_at": timezone.now()},
            {"expires_at": timezone.now() - DAY},
            {"decides": False},
            {"may_choose": False},
            {"list": "album"},
        ],
        ids=["revoked", "expired", "suggests", "only looks", "album designer"],
    )
    def test_nor_is_who_cannot_send(self, changed, studios):
        world.late(studios)
        ShareLink.objects.update(**changed)

        assert kinds(studios.maria) == []

    def test_who_has_sent_while_others_have_not_is_not_named(self, studios):
        gallery = world.late(studios)
        world.selection_of(gallery.share_links.get(), opened_at=timezone.now())
        world.link_of(gallery, "Tom", last_used_at=timezone.now())

        assert [one.recipient for one in things_waiting(studios.maria)] == ["Tom"]


class TestLinksAboutToClose:
    def test_say_when(self, studios):
        world.link_ends(studios)

        assert "Anna’s link closes in 3 days, on" in words(studios.maria, "link_ends")[0]

    def test_lead_to_the_form_that_extends_them(self, studios):
        gallery = world.link_ends(studios)

        (one,) = things_waiting(studios.maria)

        link = gallery.share_links.get()
        assert one.url == gallery_url(gallery, "change_link", link_uuid=link.uuid)
        assert one.act == "Extend"

    def test_are_told_as_early_as_the_studio_says(self, studios):
        world.link_ends(studios)
        kept = StudioSettings.objects.create(site=studios.site, link_expiring_days=2)
        assert kinds(studios.maria) == []

        kept.link_expiring_days = 0
        kept.save()
        assert kinds(studios.maria) == []

    def test_of_who_has_downloaded_may_close(self, studios):
        gallery = world.delivered_of(studios, "Fetched")
        soon = timezone.now() + 2 * DAY
        link = world.link_of(gallery, expires_at=soon)
        assert "link_ends" in kinds(studios.maria)

        link.downloaded_at = timezone.now()
        link.save()
        assert kinds(studios.maria) == []

    @pytest.mark.parametrize("state", [State.SUBMITTED, State.EDITING])
    def test_are_renewed_by_the_delivery_and_not_told_before(self, state, studios):
        world.link_ends(studios)
        Gallery.objects.update(state=state)

        assert "link_ends" not in kinds(studios.maria)


class TestNotDownloaded:
    def test_gives_them_some_days(self, studios):
        world.not_downloaded(studios)
        Delivery.objects.update(sent_at=timezone.now() - 2 * DAY)

        assert kinds(studios.maria) == []

    def test_one_of_a_couple_is_enough(self, studios):
        gallery = world.not_downloaded(studios)
        world.link_of(gallery, "Tom", downloaded_at=timezone.now())

        assert kinds(studios.maria) == []

    def test_what_was_downloaded_before_the_last_delivery_does_not_count(self, studios):
        world.not_downloaded(studios)
        ShareLink.objects.update(downloaded_at=timezone.now() - 10 * DAY)

        assert kinds(studios.maria) == ["not_downloaded"]

    @pytest.mark.parametrize(
        "changed", [{"downloads": "none"}, {"purpose": "family"}, {"revoked_at": timezone.now()}]
    )
    def test_only_who_can_and_should_is_waited_for(self, changed, studios):
        world.not_downloaded(studios)
        ShareLink.objects.update(**changed)

        assert kinds(studios.maria) == []


class TestTheOthers:
    def test_answered_wishes_are_over(self, studios):
        gallery = world.changes(studios)
        wish = ChangeRequest.objects.get()
        assert words(studios.maria, "changes") == ["Anna asks for 1 change"]

        changes.answer(gallery, wish.pk, actor=studios.maria)
        assert kinds(studios.maria) == []

    def test_decided_edits_are_over(self, studios):
        world.edits(studios)
        Edit.objects.update(status=EditStatus.IGNORED)

        assert kinds(studios.maria) == []

    @pytest.mark.parametrize(
        "changed", [{"is_hidden": True}, {"deleted_at": timezone.now(), "is_hidden": True}]
    )
    def test_hidden_and_deleted_photos_do_not_wait_to_be_shown(self, changed, studios):
        world.not_shown(studios)
        Photo.objects.update(**changed)

        assert kinds(studios.maria) == []


class TestWritingToThem:
    """Messages to copy and to send, for those who may share."""

    @pytest.mark.parametrize("kind", ["late", "extras", "not_downloaded"])
    def test_there_is_a_message_for_who_is_waited_for(self, kind, studios):
        EVERY_KIND[kind](studios)

        (one,) = things_waiting(studios.maria)

        assert one.message_url
        assert one.can_be_mailed is (kind != "extras")

    @pytest.mark.parametrize("kind", ["late", "extras", "not_downloaded", "link_ends"])
    def test_an_assistant_is_offered_none_and_no_link_to_extend(self, kind, studios):
        EVERY_KIND[kind](studios)
        assistant = testing.make_photographer("assistant", collection=studios.collection)
        permissions = GroupCollectionPermission.objects.filter(group__user=assistant)
        permissions.exclude(permission__codename="change_gallery").delete()

        (one,) = things_waiting(assistant)

        assert (one.message_url, one.can_be_mailed) == ("", False)
        assert "change" not in one.url

    def test_without_an_address_it_can_only_be_copied(self, studios):
        world.late(studios)
        ShareLink.objects.update(email="")

        (one,) = things_waiting(studios.maria)

        assert (bool(one.message_url), one.can_be_mailed) == (True, False)

    def test_who_was_reminded_today_is_not_offered_again(self, studios):
        gallery = world.late(studios)
        Message.objects.create(
            key="due-soon",
            kind=MessageKind.DUE_SOON,
            gallery=gallery,
            share_link=gallery.share_links.get(),
        )

        (one,) = things_waiting(studios.maria)

        assert not one.can_be_mailed
        assert one.reminded_words.startswith("Reminded on")
