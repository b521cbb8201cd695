"""Who may see what: each rule by name, and the two forms of the resolver against each other."""

import os
import random
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Collection, PageViewRestriction

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.access import (
    ORIGINAL,
    Viewer,
    galleries_visible_to,
    is_valid,
    items_visible_to,
    link_shows,
    listed_galleries,
    listed_pages,
    may_be_named,
    may_download,
    may_name_page,
    may_see_gallery,
    may_see_item,
    may_see_page,
    may_see_photo,
    photos_visible_to,
    proof_renditions,
    valid_links,
)
from pumbaphoto_wagtail.finished import may_download_photo, photos_downloadable_by
from pumbaphoto_wagtail.models import (
    Delivery,
    DeliveryItem,
    Downloads,
    FileRole,
    Gallery,
    LinkPurpose,
    Photo,
    PhotoFile,
    Rendition,
    Section,
    ShareLink,
    Stage,
    State,
    StoredFile,
    Verdict,
    Visibility,
)
from pumbaphoto_wagtail.permissions import may

NOW = timezone.now()
_numbers = count(1)


# --- Small things to look at ---------------------------------------------------------------------


def a_file(*, stage=Stage.READY, verdict=Verdict.CLEAN) -> StoredFile:
    number = next(_numbers)
    return StoredFile.objects.create(
        collection=Collection.get_first_root_node(),
        storage="pumbaphoto_originals",
        name=f"access/{number}",
        original_name=f"{number}.jpg",
        size=1,
        sha256=f"{number:064x}",
        crc32=number,
        stage=stage,
        verdict=verdict,
    )


def a_photo(gallery, **fields) -> Photo:
    number = next(_numbers)
    if "picture" not in fields:
        fields["picture"] = a_file()
    return Photo.objects.create(
        gallery=gallery,
        name=f"{number}.jpg",
        name_key=str(number),
        frame_key=f"access-{number}",
        **fields,
    )


def a_link(gallery, *, sections=(), **fields) -> ShareLink:
    link = ShareLink.objects.create(
        gallery=gallery,
        recipient="Anna",
        token_sha256=f"{next(_numbers):064x}",
        key_id="test",
        **fields,
    )
    link.sections.set(sections)
    return link


def a_rendition(file, tier, watermark="", format="jpeg") -> Rendition:
    number = next(_numbers)
    return Rendition.objects.create(
        stored_file=file,
        tier=tier,
        format=format,
        recipe=f"test {watermark}",
        watermark=watermark,
        width=3,
        height=2,
        size=1,
        digest=f"{number:064x}",
        storage="pumbaphoto_renditions",
        name=f"access/{number}",
    )


def restrict(page, kind, *, groups=()) -> PageViewRestriction:
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=kind, password="secret"
    )
    restriction.groups.set(groups)
    return restriction


def sees(viewer, photo, tier="view") -> bool:
    """The object check, after making sure that the queryset says the same."""
    photo = Photo.objects.get(pk=photo.pk)
    answer = may_see_photo(viewer, photo, tier)
    assert photos_visible_to(viewer, tier).filter(pk=photo.pk).exists() is answer
    return answer


def sees_gallery(viewer, gallery) -> bool:
    gallery = Gallery.objects.get(pk=gallery.pk)
    answer = may_see_gallery(viewer, gallery)
    assert galleries_visible_to(viewer).filter(pk=gallery.pk).exists() is answer
    return answer


@pytest.fixture
def gallery(db):
    return testing.make_gallery()


@pytest.fixture
def photo(gallery):
    return a_photo(gallery)


@pytest.fixture
def public(gallery):
    return testing.make_policy(gallery=gallery)


# --- Policies ------------------------------------------------------------------------------------


def test_m31_without_a_policy_nobody_sees_anything(gallery, photo):
    assert not sees_gallery(Viewer(), gallery)
    assert not sees(Viewer(), photo)


def test_a_public_gallery_is_open_to_everyone(gallery, photo, public):
    assert sees_gallery(Viewer(), gallery)
    assert sees(Viewer(), photo)


def test_signing_in_never_takes_away_what_anonymous_visitors_see(gallery, photo, public):
    assert sees(Viewer(user=testing.make_user()), photo)


def test_m28_m29_b6_members_are_let_in_by_name_and_by_group(gallery, photo):
    named, grouped, stranger = (testing.make_user() for _ in range(3))
    group = Group.objects.create(name="Family")
    grouped.groups.add(group)
    testing.make_policy(Visibility.MEMBERS, users=[named], groups=[group], gallery=gallery)

    assert sees(Viewer(user=named), photo)
    assert sees(Viewer(user=grouped), photo)
    assert not sees(Viewer(user=stranger), photo)
    assert not sees(Viewer(), photo)


def test_b7_an_inactive_member_is_a_stranger(gallery, photo):
    member = testing.make_user(is_active=False)
    group = Group.objects.create(name="Family")
    member.groups.add(group)
    testing.make_policy(Visibility.MEMBERS, users=[member], groups=[group], gallery=gallery)

    assert not sees(Viewer(user=member), photo)


def test_m34_a_photos_own_policy_overrides_its_gallerys(gallery, photo, public):
    testing.make_policy(Visibility.MEMBERS, photo=photo)

    assert not sees(Viewer(), photo)
    assert sees(Viewer(), a_photo(gallery))


def test_m33_a_photo_may_be_public_in_a_gallery_that_is_not(gallery, photo):
    testing.make_policy(photo=photo)

    assert sees(Viewer(), photo)
    assert not sees_gallery(Viewer(), gallery)


def test_m30_an_inheriting_policy_asks_the_surroundings(gallery, photo, public):
    testing.make_policy(Visibility.INHERIT, photo=photo)

    assert sees(Viewer(), photo)


def test_a_gallery_inherits_from_the_index_page_above_it(gallery, photo):
    testing.make_policy(page=gallery.main_page.get_parent())

    assert sees_gallery(Viewer(), gallery)
    assert sees(Viewer(), photo)


def test_the_nearest_index_page_decides(db):
    outer = testing.make_index_page()
    inner = outer.add_child(instance=type(outer)(title="Inner", slug="inner"))
    gallery = testing.make_gallery(has_page=False)
    testing.make_page(gallery, index_page=inner)
    testing.make_policy(page=outer)
    testing.make_policy(Visibility.MEMBERS, page=inner)

    assert not sees_gallery(Viewer(), gallery)


def test_a_policy_covers_no_sibling_index_page(gallery, photo):
    testing.make_policy(page=testing.make_index_page())

    assert not sees_gallery(Viewer(), gallery)


@pytest.mark.parametrize("make_it", ["none", "draft"])
def test_without_a_live_page_visitors_see_nothing(gallery, photo, public, make_it):
    page = gallery.main_page
    if make_it == "none":
        gallery.main_page = None
        gallery.save()
    else:
        page.live = False
        page.save()

    assert not sees_gallery(Viewer(), gallery)
    assert not sees(Viewer(), photo)


def test_visitors_do_not_see_an_archived_gallery(gallery, photo, public):
    Gallery.objects.update(state=State.ARCHIVED)

    assert not sees_gallery(Viewer(), gallery)
    assert not sees(Viewer(), photo)


def test_listing_is_not_access(gallery, public):
    assert not listed_galleries(Viewer()).exists()

    Gallery.objects.update(is_listed=True)
    assert list(listed_galleries(Viewer())) == [gallery]

    gallery.policy.delete()
    assert not listed_galleries(Viewer()).exists()


# --- Restrictions narrow -------------------------------------------------------------------------


def test_a_login_restriction_narrows_a_public_gallery(gallery, photo, public):
    restrict(gallery.main_page.get_parent(), PageViewRestriction.LOGIN)

    assert not sees(Viewer(), photo)
    assert sees(Viewer(user=testing.make_user()), photo)
    assert not sees(Viewer(user=testing.make_user(is_active=False)), photo)


def test_a_group_restriction_narrows_a_public_gallery(gallery, photo, public):
    member, stranger = testing.make_user(), testing.make_user()
    group = Group.objects.create(name="Family")
    member.groups.add(group)
    restrict(gallery.main_page, PageViewRestriction.GROUPS, groups=[group])

    assert sees(Viewer(user=member), photo)
    assert not sees(Viewer(user=stranger), photo)


def test_f24_a_password_restriction_is_passed_once_given(gallery, photo, public):
    restriction = restrict(gallery.main_page, PageViewRestriction.PASSWORD)

    assert not sees(Viewer(), photo)
    assert sees(Viewer(passed_restrictions=frozenset({restriction.pk})), photo)
    assert not sees(Viewer(passed_restrictions=frozenset({restriction.pk + 1})), photo)


def test_every_restriction_above_must_be_passed(gallery, photo, public):
    outer = restrict(gallery.main_page.get_parent(), PageViewRestriction.PASSWORD)
    restrict(gallery.main_page, PageViewRestriction.LOGIN)
    passed = frozenset({outer.pk})

    assert not sees(Viewer(passed_restrictions=passed), photo)
    assert sees(Viewer(user=testing.make_user(), passed_restrictions=passed), photo)


def test_a_restriction_of_kind_none_closes_nothing(gallery, photo, public):
    restrict(gallery.main_page, PageViewRestriction.NONE)

    assert sees(Viewer(), photo)


def test_a_restriction_never_widens(gallery, photo):
    restriction = restrict(gallery.main_page, PageViewRestriction.PASSWORD)

    assert not sees(Viewer(passed_restrictions=frozenset({restriction.pk})), photo)


def test_restrictions_do_not_stop_a_link(gallery, photo):
    restrict(gallery.main_page, PageViewRestriction.LOGIN)

    assert sees(Viewer(links=(a_link(gallery),)), photo)


# --- Links ---------------------------------------------------------------------------------------


def test_m77_a_link_opens_its_gallery_and_no_other(gallery, photo):
    other = testing.make_gallery()
    viewer = Viewer(links=(a_link(gallery),))

    assert sees_gallery(viewer, gallery)
    assert sees(viewer, photo)
    assert not sees_gallery(viewer, other)
    assert not sees(viewer, a_photo(other))


def test_a_link_needs_no_live_page(gallery, photo):
    gallery.main_page.delete()

    assert sees(Viewer(links=(a_link(gallery),)), photo)


@pytest.mark.parametrize(
    "fields",
    [{"revoked_at": NOW}, {"expires_at": NOW}, {"expires_at": NOW - timedelta(days=1)}],
    ids=["revoked", "expires now", "expired"],
)
def test_a_dead_link_opens_nothing(gallery, photo, fields):
    link = a_link(gallery, **fields)
    viewer = Viewer(links=(link,))

    assert not sees_gallery(viewer, gallery)
    assert not sees(viewer, photo)
    assert viewer.live_links == []
    assert not valid_links().filter(pk=link.pk).exists()


@pytest.mark.parametrize("fields", [{"revoked_at": NOW}, {"expires_at": NOW}])
def test_a_link_that_was_shared_on_closes_with_its_parent(gallery, photo, fields):
    parent = a_link(gallery)
    shared = a_link(gallery, purpose=LinkPurpose.FAMILY, shared_by=parent)
    assert sees(Viewer(links=(shared,)), photo)
    assert set(valid_links()) == {parent, shared}

    ShareLink.objects.filter(pk=parent.pk).update(**fields)
    shared = ShareLink.objects.get(pk=shared.pk)
    assert not sees(Viewer(links=(shared,)), photo)
    assert not is_valid(shared, NOW)
    assert not valid_links().exists()


def test_a_link_that_expires_later_is_valid(gallery, photo):
    link = a_link(gallery, expires_at=NOW + timedelta(days=1))

    assert sees(Viewer(links=(link,)), photo)
    assert list(valid_links()) == [link]


def test_a_dead_link_does_not_hide_a_live_one(gallery, photo):
    links = (a_link(gallery, revoked_at=NOW), a_link(gallery))

    assert sees(Viewer(links=links), photo)


def test_of_several_links_the_one_opened_last_counts(gallery):
    section = testing.make_section(gallery)
    newest = a_link(gallery, sections=[section])
    viewer = Viewer(links=(newest, a_link(gallery)))

    assert viewer.link_for(gallery) == newest
    assert not sees(viewer, a_photo(gallery))


def test_a_link_limited_to_sections_shows_only_those(gallery):
    ceremony, party = (testing.make_section(gallery, title) for title in ("Ceremony", "Party"))
    viewer = Viewer(links=(a_link(gallery, sections=[ceremony]),))

    assert sees(viewer, a_photo(gallery, section=ceremony))
    assert not sees(viewer, a_photo(gallery, section=party))
    assert not sees(viewer, a_photo(gallery))


def test_couple_only_photos_are_for_the_clients_own_link(gallery):
    photo = a_photo(gallery, is_couple_only=True)
    client = Viewer(links=(a_link(gallery),))
    others = [
        Viewer(links=(a_link(gallery, purpose=purpose),))
        for purpose in LinkPurpose
        if purpose != LinkPurpose.CLIENT
    ]

    assert sees(client, photo)
    assert not any(sees(viewer, photo) for viewer in others)


def test_couple_only_photos_are_never_public(gallery, public):
    assert not sees(Viewer(), a_photo(gallery, is_couple_only=True))


@pytest.mark.parametrize("fields", [{"is_shown": False}, {"is_hidden": True}], ids=str)
def test_m36_what_is_not_shown_is_for_staff_alone(gallery, public, fields):
    photo = a_photo(gallery, **fields)

    assert not sees(Viewer(), photo)
    assert not sees(Viewer(links=(a_link(gallery),)), photo)
    assert sees(Viewer(user=testing.make_photographer()), photo)


def test_an_archived_gallery_is_known_to_its_link_but_shows_no_photo(gallery, photo):
    viewer = Viewer(links=(a_link(gallery),))
    Gallery.objects.update(state=State.ARCHIVED)

    assert sees_gallery(viewer, gallery)
    assert not sees(viewer, photo)


def test_originals_go_only_through_a_link_that_says_so(gallery, photo, public):
    allowed = Viewer(links=(a_link(gallery, may_download_originals=True),))

    assert sees(allowed, photo, ORIGINAL)
    assert not sees(Viewer(links=(a_link(gallery),)), photo, ORIGINAL)
    assert not sees(Viewer(), photo, ORIGINAL)
    assert sees(Viewer(user=testing.make_photographer()), photo, ORIGINAL)


# --- Scanning comes before everything ------------------------------------------------------------

UNTRUSTED = [
    (Stage.RECEIVED, Verdict.NONE),
    (Stage.SCANNING, Verdict.NONE),
    (Stage.WAITING, Verdict.NONE),
    (Stage.BLOCKED, Verdict.NONE),
    (Stage.INFECTED, Verdict.INFECTED),
    (Stage.FAILED, Verdict.NONE),
    (Stage.MISSING, Verdict.NONE),
]


@pytest.mark.parametrize(("stage", "verdict"), UNTRUSTED)
def test_nothing_unscanned_is_seen_by_anybody(gallery, public, stage, verdict):
    photo = a_photo(gallery, picture=a_file(stage=stage, verdict=verdict))
    superuser = testing.make_user(is_superuser=True)
    viewers = [
        Viewer(),
        Viewer(user=superuser),
        Viewer(links=(a_link(gallery, may_download_originals=True),)),
    ]

    assert not any(sees(viewer, photo, tier) for viewer in viewers for tier in ("view", ORIGINAL))


def test_a_photo_without_a_picture_is_seen_by_nobody(gallery, public):
    photo = a_photo(gallery, picture=None)

    assert not sees(Viewer(user=testing.make_user(is_superuser=True)), photo)


def test_only_staff_see_a_scanned_file_before_it_is_rendered(gallery, public):
    photo = a_photo(gallery, picture=a_file(stage=Stage.CLEAN))

    assert not sees(Viewer(), photo)
    assert sees(Viewer(user=testing.make_photographer()), photo)


# --- A watermark ---------------------------------------------------------------------------------


@pytest.fixture
def marked_gallery(gallery, public):
    Gallery.objects.filter(pk=gallery.pk).update(watermark_key="mark")
    gallery.refresh_from_db()
    return gallery


@pytest.mark.parametrize(
    "made",
    [
        [],
        [("view", "mark")],
        [("display", "mark")],
        [("view", ""), ("display", "")],
        [("view", "mark"), ("display", "other")],
        [("view", "mark"), ("grid", "mark")],
    ],
    ids=str,
)
def test_without_its_watermark_a_photo_is_for_staff_alone(marked_gallery, made):
    photo = a_photo(marked_gallery)
    for tier, watermark in made:
        a_rendition(photo.picture, tier, watermark)
    link = a_link(marked_gallery, may_download_originals=True)
    photographer = testing.make_photographer()

    for tier in ("grid", "view", "display", ORIGINAL):
        assert not sees(Viewer(), photo, tier)
        assert not sees(Viewer(links=(link,)), photo, tier)
        assert sees(Viewer(user=photographer), photo, tier)


def test_with_its_watermark_drawn_into_both_a_photo_is_seen(marked_gallery):
    photo = a_photo(marked_gallery)
    for tier in ("view", "display"):
        a_rendition(photo.picture, tier, "mark")

    assert sees(Viewer(), photo)
    assert sees(Viewer(links=(a_link(marked_gallery),)), photo)


def test_a_mark_in_another_format_than_every_browser_shows_is_not_enough(marked_gallery):
    photo = a_photo(marked_gallery)
    a_rendition(photo.picture, "view", "mark")
    a_rendition(photo.picture, "display", "mark", format="webp")

    assert not sees(Viewer(), photo)


def test_proofs_are_clean_in_the_grid_and_marked_in_every_other_tier(marked_gallery):
    photo = a_photo(marked_gallery)
    for tier in ("grid", "view", "display", "cover"):
        for watermark in ("", "mark", "other"):
            a_rendition(photo.picture, tier, watermark)

    shown = {(row.tier, row.watermark) for row in proof_renditions(photo)}
    assert shown == {("grid", ""), ("view", "mark"), ("display", "mark"), ("cover", "mark")}


# --- Staff ---------------------------------------------------------------------------------------


def test_staff_of_another_studio_are_visitors(gallery, photo):
    elsewhere = Collection.get_first_root_node().add_child(name="Other studio")
    here = Collection.get_first_root_node().add_child(name="This studio")
    Gallery.objects.update(collection=here)

    assert not sees(Viewer(user=testing.make_photographer(collection=elsewhere)), photo)
    assert sees(Viewer(user=testing.make_photographer(collection=here)), photo)


def test_an_inactive_superuser_is_a_visitor(gallery, photo):
    assert not sees(Viewer(user=testing.make_user(is_superuser=True, is_active=False)), photo)


# --- What was delivered --------------------------------------------------------------------------


def delivered(gallery, *, photo=None, edit=None, file=None) -> DeliveryItem:
    number = next(_numbers)
    delivery = Delivery.objects.create(gallery=gallery, number=number)
    file = file or (edit.stored_file if edit else a_file())
    return DeliveryItem.objects.create(
        delivery=delivery,
        stored_file=file,
        photo=photo,
        edit=edit,
        member_name=f"{number}.jpg",
        size=1,
        crc32=1,
        sha256=f"{number:064x}",
        position=1,
    )


def an_edit(gallery, photo, **fields):
    from pumbaphoto_wagtail.models import Edit, EditStatus

    return Edit.objects.create(
        gallery=gallery, photo=photo, stored_file=a_file(), status=EditStatus.MATCHED, **fields
    )


def seen_items(viewer, gallery) -> set[DeliveryItem]:
    items = set(items_visible_to(viewer, gallery))
    for item in DeliveryItem.objects.filter(delivery__gallery=gallery):
        assert may_see_item(viewer, item) is (item in items)
    return items


def test_delivered_files_need_a_link_or_staff(gallery, photo, public):
    item = delivered(gallery, photo=photo, edit=an_edit(gallery, photo))

    assert seen_items(Viewer(links=(a_link(gallery),)), gallery) == {item}
    assert seen_items(Viewer(user=testing.make_photographer()), gallery) == {item}
    assert seen_items(Viewer(), gallery) == set()


def test_a_newer_version_of_an_edit_takes_the_place_of_the_older(gallery, photo):
    delivered(gallery, photo=photo, edit=an_edit(gallery, photo))
    newer = delivered(gallery, photo=photo, edit=an_edit(gallery, photo, version=2))
    variant = delivered(gallery, photo=photo, edit=an_edit(gallery, photo, variant="crop"))

    assert seen_items(Viewer(links=(a_link(gallery),)), gallery) == {newer, variant}


def test_a_newer_version_of_a_finished_photo_takes_the_place_of_the_older(gallery, photo):
    delivered(gallery, photo=photo)
    newer = delivered(gallery, photo=photo)
    edited = delivered(gallery, photo=photo, edit=an_edit(gallery, photo))

    assert seen_items(Viewer(links=(a_link(gallery),)), gallery) == {newer, edited}


def test_gifts_never_supersede_each_other(gallery):
    gifts = {delivered(gallery), delivered(gallery)}

    assert seen_items(Viewer(links=(a_link(gallery),)), gallery) == gifts


def test_a_condemned_delivered_file_is_seen_by_nobody(gallery, photo):
    item = delivered(gallery, photo=photo)
    StoredFile.objects.filter(pk=item.stored_file_id).update(
        stage=Stage.INFECTED, verdict=Verdict.INFECTED
    )

    assert seen_items(Viewer(links=(a_link(gallery),)), gallery) == set()
    assert seen_items(Viewer(user=testing.make_photographer()), gallery) == set()


def test_delivered_files_keep_to_the_links_sections_and_couple(gallery):
    section = testing.make_section(gallery)
    inside, outside = a_photo(gallery, section=section), a_photo(gallery)
    private = a_photo(gallery, section=section, is_couple_only=True)
    hidden = a_photo(gallery, section=section, is_hidden=True)
    items = {photo: delivered(gallery, photo=photo) for photo in (inside, outside, private, hidden)}
    family = Viewer(links=(a_link(gallery, purpose=LinkPurpose.FAMILY, sections=[section]),))
    client = Viewer(links=(a_link(gallery, sections=[section]),))

    assert seen_items(family, gallery) == {items[inside]}
    assert seen_items(client, gallery) == {items[inside], items[private]}


def test_an_archived_gallery_gives_no_delivered_files_to_clients(gallery, photo):
    delivered(gallery, photo=photo)
    Gallery.objects.update(state=State.ARCHIVED)
    gallery.refresh_from_db()
    viewer = Viewer(links=(a_link(gallery, downloads=Downloads.FULL),))

    assert seen_items(viewer, gallery) == set()
    assert not may_download(viewer, gallery, Downloads.FULL)


def test_what_is_kept_online_in_the_archive_is_given_as_the_link_says(gallery, photo):
    item = delivered(gallery, photo=photo)
    Gallery.objects.update(state=State.ARCHIVED, keeps_delivered_online=True)
    gallery.refresh_from_db()
    web = Viewer(links=(a_link(gallery, downloads=Downloads.WEB),))
    expired = Viewer(links=(a_link(gallery, expires_at=timezone.now() - timedelta(days=1)),))

    assert seen_items(web, gallery) == {item}
    assert may_download(web, gallery, Downloads.WEB)
    assert not may_download(web, gallery, Downloads.FULL)
    assert seen_items(expired, gallery) == set()
    assert not may_download(expired, gallery, Downloads.WEB)
    assert seen_items(Viewer(), gallery) == set()


@pytest.mark.parametrize("tier", ["grid", "view", "display", ORIGINAL])
def test_the_photographs_of_an_archived_gallery_are_closed_whatever_is_kept_online(gallery, tier):
    photo = a_photo(gallery)
    testing.make_policy(gallery=gallery)
    Gallery.objects.update(state=State.ARCHIVED, keeps_delivered_online=True)
    viewer = Viewer(links=(a_link(gallery, may_download_originals=True),))

    assert not sees(viewer, photo, tier)


@pytest.mark.parametrize(
    ("downloads", "allowed"),
    [
        (Downloads.NONE, set()),
        (Downloads.WEB, {Downloads.WEB}),
        (Downloads.FULL, {Downloads.WEB, Downloads.FULL}),
    ],
)
def test_a_link_says_what_may_be_downloaded(gallery, downloads, allowed):
    viewer = Viewer(links=(a_link(gallery, downloads=downloads),))

    sizes = ("web", "full") if downloads == Downloads.FULL else ("web", "full", "none", "")
    assert {size for size in sizes if may_download(viewer, gallery, size)} == allowed


# --- Finished sections ---------------------------------------------------------------------------


def a_whole_photo(gallery, *, role=FileRole.PICTURE, **fields) -> Photo:
    """A photograph with the file that it was made of."""
    photo = a_photo(gallery, **fields)
    if photo.picture is not None:
        PhotoFile.objects.create(photo=photo, stored_file=photo.picture, role=role)
    return photo


def sizes_of(viewer, photo) -> set[str]:
    """In which sizes a photo may be downloaded, once both forms have said the same."""
    photo = Photo.objects.get(pk=photo.pk)
    sizes = {
        size for size in (Downloads.WEB, Downloads.FULL) if may_download_photo(viewer, photo, size)
    }
    for size in (Downloads.WEB, Downloads.FULL):
        found = photos_downloadable_by(viewer, size).filter(pk=photo.pk)
        assert found.exists() is (size in sizes)
    return sizes


@pytest.fixture
def finished(gallery):
    return testing.make_section(gallery, "Ceremony", is_finished=True)


@pytest.mark.parametrize(
    ("downloads", "sizes"),
    [
        (Downloads.NONE, set()),
        (Downloads.WEB, {Downloads.WEB}),
        (Downloads.FULL, {Downloads.WEB, Downloads.FULL}),
    ],
)
def test_a_finished_section_is_downloaded_as_the_link_says(gallery, finished, downloads, sizes):
    viewer = Viewer(links=(a_link(gallery, downloads=downloads),))

    assert sizes_of(viewer, a_whole_photo(gallery, section=finished)) == sizes


def test_only_photos_of_a_finished_section_are_downloaded(gallery, finished):
    other = testing.make_section(gallery, "Party")
    viewer = Viewer(links=(a_link(gallery),))

    assert not sizes_of(viewer, a_whole_photo(gallery, section=other))
    assert not sizes_of(viewer, a_whole_photo(gallery))


@pytest.mark.parametrize("state", State)
def test_a_finished_section_is_downloaded_until_the_gallery_is_archived(gallery, finished, state):
    photo = a_whole_photo(gallery, section=finished)
    Gallery.objects.update(state=state)

    assert bool(sizes_of(Viewer(links=(a_link(gallery),)), photo)) is (state != State.ARCHIVED)


def test_a_raw_is_downloaded_in_web_size_only(gallery, finished):
    photo = a_whole_photo(gallery, section=finished, role=FileRole.RAW)
    viewer = Viewer(links=(a_link(gallery, may_download_originals=True),))

    assert sizes_of(viewer, photo) == {Downloads.WEB}


def test_what_a_policy_shows_everybody_is_not_downloaded(gallery, finished, public):
    photo = a_whole_photo(gallery, section=finished)
    elsewhere = a_link(gallery, sections=[testing.make_section(gallery, "Party")])

    assert sees(Viewer(), photo)
    assert not sizes_of(Viewer(), photo)
    assert not sizes_of(Viewer(links=(elsewhere,)), photo)


@pytest.mark.parametrize("fields", [{"is_shown": False}, {"is_hidden": True}], ids=str)
def test_what_is_not_shown_is_not_downloaded(gallery, finished, fields):
    photo = a_whole_photo(gallery, section=finished, **fields)

    assert not sizes_of(Viewer(links=(a_link(gallery),)), photo)


# --- Both forms of the resolver say the same -----------------------------------------------------

VISIBILITIES = [
    *(None, Visibility.PUBLIC, "by user", "by group", "nobody", Visibility.INHERIT),
    *(Visibility.UNLISTED, "unlisted, by group"),
]
# As what a policy is stored that names somebody.
STORED_AS = {"unlisted, by group": Visibility.UNLISTED}
FILES = [
    *[(Stage.READY, Verdict.CLEAN)] * 4,
    (Stage.READY, Verdict.NOT_SCANNED_DEMO),
    (Stage.CLEAN, Verdict.CLEAN),
    (Stage.RENDERING, Verdict.CLEAN),
    (Stage.FAILED, Verdict.CLEAN),
    (Stage.MISSING, Verdict.CLEAN),
    *UNTRUSTED,
    None,
]
RESTRICTIONS = [
    *[None] * 4,
    PageViewRestriction.NONE,
    PageViewRestriction.LOGIN,
    PageViewRestriction.GROUPS,
    PageViewRestriction.PASSWORD,
]
# On PostgreSQL it is about what the database understands, and not about every combination.
GALLERIES = 40 if os.environ.get("PUMBAPHOTO_TEST_DATABASE") == "postgresql" else 160
PHOTOS_EACH = 8


class World:
    """Galleries and photographs in every circumstance, and everybody who might look at them."""

    def __init__(self) -> None:
        # Fixed, so that a failure can be met again.
        self.random = random.Random(20260101)
        self.member, self.grouped, self.stranger = (testing.make_user() for _ in range(3))
        self.inactive = testing.make_user(is_active=False)
        self.group = Group.objects.create(name="World family")
        self.grouped.groups.add(self.group)
        self.inactive.groups.add(self.group)
        root = Collection.get_first_root_node()
        self.collections = [root.add_child(name=name) for name in ("Studio A", "Studio B")]
        self.collections.append(self.collections[0].add_child(name="Studio A, archive"))
        self.staff = [testing.make_photographer(collection=each) for each in self.collections]
        self.owner_without_permission = testing.make_user()
        self.passwords: list[int] = []
        self.indexes = self._make_indexes()
        self.links: dict[str, list[ShareLink]] = {}
        # Of its own, and so of no influence on everything else.
        self.marks = random.Random(20260102)
        self.galleries = [self._make_gallery() for _ in range(GALLERIES)]
        self.photos = Photo.objects.filter(gallery__in=self.galleries)

    def pick(self, options):
        return self.random.choice(options)

    def _policy(self, visibility, **target) -> None:
        if visibility is None:
            return
        testing.make_policy(
            STORED_AS.get(
                visibility, visibility if visibility in Visibility else Visibility.MEMBERS
            ),
            users=[self.member, self.inactive] if visibility == "by user" else [],
            groups=[self.group] if str(visibility).endswith("by group") else [],
            **target,
        )

    def _restriction(self, kind, page) -> None:
        if kind is not None:
            restriction = restrict(page, kind, groups=[self.group])
            if kind == PageViewRestriction.PASSWORD:
                self.passwords.append(restriction.pk)

    def _make_indexes(self) -> list:
        """An outer index page for each policy, under each an inner one for each policy, and below
        those some have a third with any policy.
        """
        indexes = []
        for outer_visibility in VISIBILITIES:
            outer = self._index(testing.make_index_page(), outer_visibility)
            indexes.append(outer)
            for visibility in VISIBILITIES:
                inner = self._index(self._below(outer), visibility)
                indexes.append(inner)
                if self.random.random() < 0.15:
                    indexes.append(self._index(self._below(inner), self.pick(VISIBILITIES)))
        return indexes

    def _below(self, index):
        page = type(index)(title="Inner", slug=f"inner-{next(_numbers)}")
        page.live = self.random.random() < 0.9
        return index.add_child(instance=page)

    def _index(self, index, visibility):
        self._policy(visibility, page=index)
        self._restriction(self.pick([*[None] * 8, *RESTRICTIONS]), index)
        return index

    def _make_gallery(self) -> Gallery:
        gallery = testing.make_gallery(
            has_page=False,
            owner=self.pick([*self.staff, self.owner_without_permission]),
            collection=self.pick(self.collections),
            state=self.pick([*State, State.ACTIVE, State.DELIVERED]),
            watermark_key=self.marks.choice(["", "", "one", "other"]),
        )
        if self.random.random() < 0.92:
            page = testing.make_page(
                gallery,
                index_page=type(self.indexes[0]).objects.get(pk=self.pick(self.indexes).pk),
                live=self.random.random() < 0.9,
            )
            if self.random.random() < 0.15:
                self._restriction(self.pick(RESTRICTIONS), page)
        self._policy(self.pick(VISIBILITIES), gallery=gallery)
        sections = [testing.make_section(gallery, title) for title in ("Ceremony", "Party")]
        self._make_links(gallery, sections)
        for _ in range(PHOTOS_EACH):
            self._make_photo(gallery, sections)
        return gallery

    def _make_links(self, gallery, sections) -> None:
        if self.random.random() < 0.4:
            return
        soon = timezone.now() + timedelta(hours=1)
        for name, fields in {
            "client": {},
            "originals": {"may_download_originals": True, "expires_at": soon},
            "family": {"purpose": LinkPurpose.FAMILY},
            "sections": {"sections": sections[:1]},
            "designer": {
                "purpose": LinkPurpose.ALBUM_DESIGNER,
                "may_download_originals": True,
                "sections": sections,
            },
            "expired": {"expires_at": NOW},
            "revoked": {"revoked_at": NOW, "may_download_originals": True},
            "shared by client": {"purpose": LinkPurpose.FAMILY},
            "shared by sections": {"purpose": LinkPurpose.FAMILY, "sections": sections[:1]},
            "shared by expired": {"purpose": LinkPurpose.FAMILY},
            "shared by revoked": {"purpose": LinkPurpose.FAMILY},
        }.items():
            parent = self.links.get(name.removeprefix("shared by "), [None])[-1]
            shared_by = parent if name.startswith("shared by ") else None
            link = a_link(gallery, shared_by=shared_by, **fields)
            self.links.setdefault(name, []).append(link)

    def _make_photo(self, gallery, sections) -> None:
        file = self.pick(FILES)
        photo = a_photo(
            gallery,
            picture=file and a_file(stage=file[0], verdict=file[1]),
            section=self.pick([None, *sections]),
            is_shown=self.random.random() < 0.9,
            is_hidden=self.random.random() < 0.1,
            is_couple_only=self.random.random() < 0.2,
        )
        self._mark(photo)
        self._policy(self.pick([None, None, *VISIBILITIES]), photo=photo)

    def _mark(self, photo) -> None:
        """Some pictures of it, with its gallery's mark, another one or none."""
        if photo.picture is None or not photo.gallery.watermark_key:
            return
        for tier in ("view", "display"):
            marks = {"", photo.gallery.watermark_key, "third"}
            left_out = self.marks.choice([*sorted(marks), *[None] * 9])
            for mark in sorted(marks - {left_out}):
                a_rendition(photo.picture, tier, mark)

    def viewers(self) -> dict[str, dict]:
        links = {name: tuple(found) for name, found in self.links.items()}
        passed = frozenset(self.passwords)
        people = {
            "anonymous": AnonymousUser(),
            "inactive": self.inactive,
            "member": self.member,
            "in group": self.grouped,
            "stranger": self.stranger,
            "staff A": self.staff[0],
            "staff B": self.staff[1],
            "staff A archive": self.staff[2],
            "owner only": self.owner_without_permission,
            "superuser": testing.make_user(is_superuser=True),
            "inactive superuser": testing.make_user(is_superuser=True, is_active=False),
        }
        return {
            **{name: {"user": user} for name, user in people.items()},
            **{
                f"{name} with passwords": {"user": people[name], "passed_restrictions": passed}
                for name in ("anonymous", "member", "in group", "staff B")
            },
            **{f"{name} link": {"links": found} for name, found in links.items()},
            "revoked, then client": {"links": links["revoked"] + links["client"]},
            "member with family link": {"user": self.member, "links": links["family"]},
            "staff B with designer link": {"user": self.staff[1], "links": links["designer"]},
        }


def is_nowhere_named(viewer, photo, tier) -> bool:
    """Whether a photograph is seen only by who knows its own address."""
    policy = getattr(photo, "policy", None)
    if policy is None or policy.visibility != Visibility.UNLISTED:
        return False
    link = viewer.link_for(photo.gallery)
    is_through_link = link is not None and link_shows(link, photo, tier)
    return not (is_through_link or may(viewer.user, "view", photo.gallery))


WHOLE_PHOTO = Photo.objects.select_related(
    "picture", "policy", "gallery__policy", "gallery__main_page", "gallery__collection"
).prefetch_related("policy__users", "policy__groups", "picture__renditions")


def whole_galleries() -> list[Gallery]:
    """The world's galleries with all that the object checks look at."""
    found = Gallery.objects.select_related("policy", "main_page", "collection")
    found = found.prefetch_related("policy__users", "policy__groups")
    return [*found.filter(pk__in=[gallery.pk for gallery in world.galleries])]


@pytest.mark.postgresql
class BothFormsAgree(TestCase):
    """The object check and the queryset, over everybody and everything."""

    @classmethod
    def setUpTestData(cls):
        # Not an attribute of the class: Django would copy it whole for each test.
        global world
        world = World()

    def agree_on_photos(self, tier) -> dict[str, int]:
        """How many photographs each viewer sees, once both forms have said the same."""
        photos = list(WHOLE_PHOTO.filter(pk__in=world.photos))
        assert len(photos) == GALLERIES * PHOTOS_EACH
        outcomes = {}
        for name, viewer in world.viewers().items():
            by_query = set(photos_visible_to(Viewer(**viewer), tier).values_list("pk", flat=True))
            one = Viewer(**viewer)
            by_object = {photo.pk for photo in photos if may_see_photo(one, photo, tier)}
            unlisted = {photo.pk for photo in photos if is_nowhere_named(one, photo, tier)}
            assert by_object - unlisted == by_query, f"{name} in {tier}"
            assert len(by_object) < len(photos)
            outcomes[name] = len(by_object)
        for closed in ("expired", "revoked", "shared by expired", "shared by revoked"):
            assert outcomes[f"{closed} link"] == outcomes["anonymous"]
        assert outcomes["shared by client link"] == outcomes["family link"]
        return outcomes

    def test_m32_on_photos_in_a_tier(self):
        # The matrix is worth something only if everybody sees something.
        assert all(self.agree_on_photos("grid").values())

    def test_on_originals(self):
        seen = {name for name, amount in self.agree_on_photos(ORIGINAL).items() if amount}

        assert seen == {
            *("staff A", "staff B", "staff B with passwords", "staff A archive", "superuser"),
            *("originals link", "designer link", "staff B with designer link"),
        }

    def test_on_downloads_of_finished_sections(self):
        Section.objects.filter(gallery__in=world.galleries, title="Ceremony").update(
            is_finished=True
        )
        ShareLink.objects.filter(pk__in=[link.pk for link in world.links["family"]]).update(
            downloads=Downloads.WEB
        )
        # Each asks for its files again, so that it is done for one photograph in six.
        some = [photo.pk for photo in world.photos.order_by("pk")][::6]
        photos = WHOLE_PHOTO.filter(pk__in=some).select_related("section")
        for photo in photos.exclude(picture=None):
            role = FileRole.RAW if photo.pk % 5 == 0 else FileRole.PICTURE
            PhotoFile.objects.create(photo=photo, stored_file=photo.picture, role=role)
        outcomes = {}
        for size in (Downloads.WEB, Downloads.FULL):
            for name, viewer in world.viewers().items():
                links = [ShareLink.objects.get(pk=link.pk) for link in viewer.get("links", ())]
                fresh = {**viewer, "links": tuple(links)}
                visible = photos_downloadable_by(Viewer(**fresh), size).filter(pk__in=some)
                by_query = {photo.pk for photo in visible}
                one = Viewer(**fresh)
                by_object = {photo.pk for photo in photos if may_download_photo(one, photo, size)}
                assert by_object == by_query, f"{name} in {size}"
                outcomes[name, size] = len(by_object)
        assert outcomes["client link", Downloads.FULL]
        assert outcomes["family link", Downloads.WEB]
        assert not outcomes["family link", Downloads.FULL]
        assert not outcomes["member", Downloads.WEB]

    def test_on_links(self):
        made = [link for links in world.links.values() for link in links]
        valid = set(valid_links(NOW))
        for link in ShareLink.objects.filter(pk__in=[link.pk for link in made]):
            assert is_valid(link, NOW) is (link in valid), link

    def test_on_galleries(self):
        galleries = whole_galleries()
        for name, viewer in world.viewers().items():
            by_query = set(galleries_visible_to(Viewer(**viewer)).values_list("pk", flat=True))
            one = Viewer(**viewer)
            by_object = {gallery.pk for gallery in galleries if may_see_gallery(one, gallery)}
            assert by_object == by_query, name

    def test_on_what_may_be_named(self):
        Gallery.objects.filter(pk__in=[one.pk for one in world.galleries]).update(is_listed=True)
        galleries = whole_galleries()
        places = [None, *world.random.sample(world.indexes, 2)]
        amounts, ours = Counter(), {each.pk for each in galleries}
        for name, viewer in world.viewers().items():
            one = Viewer(**viewer)
            for on in places:
                by_query = set(listed_galleries(one, on).values_list("pk", flat=True)) & ours
                by_object = {each.pk for each in galleries if may_be_named(one, each, on)}
                assert by_object == by_query, f"{name} on {on}"
                amounts[name] += len(by_object)
        assert amounts["anonymous"] < amounts["in group"] < amounts["superuser"]

    def test_on_index_pages(self):
        root = world.indexes[0].get_parent()
        ours = {page.pk for page in world.indexes}
        pages = [*type(world.indexes[0]).objects.filter(pk__in=ours)]
        for name, viewer in world.viewers().items():
            one = Viewer(**viewer)
            for on in (root, *pages[:: len(pages) // 4]):
                listed = set(listed_pages(one, on).values_list("pk", flat=True)) & ours
                below = [page for page in pages if page.is_descendant_of(on)]
                by_object = {page.pk for page in below if may_name_page(one, page, on)}
                assert by_object == listed, f"{name} on {on}"
                assert all(may_see_page(one, page) for page in below if page.pk in listed)

    def test_on_pages_that_were_moved(self):
        """Where a page stands decides, at once, and nothing that it was before."""
        public, nobody = (testing.make_index_page() for _ in range(2))
        testing.make_policy(Visibility.PUBLIC, page=public)
        testing.make_policy(Visibility.MEMBERS, page=nobody)
        inner = type(public)(title="Moved", slug=f"moved-{next(_numbers)}")
        nobody.add_child(instance=inner)
        gallery = testing.make_gallery("Moved", has_page=False, is_listed=True)
        testing.make_page(gallery, index_page=inner)
        answers, keys = [], [public.pk, nobody.pk, inner.pk]
        for target in (nobody, public, nobody):
            fresh = {page.pk: page for page in type(inner).objects.filter(pk__in=keys)}
            fresh[inner.pk].move(fresh[target.pk], pos="last-child")
            moved = type(inner).objects.get(pk=inner.pk)
            answers.append((sees_gallery(Viewer(), gallery), may_see_page(Viewer(), moved)))
            assert may_be_named(Viewer(), Gallery.objects.get(pk=gallery.pk)) is answers[-1][0]
        assert answers == [(False, False), (True, True), (False, False)]

    def test_m38_nothing_is_counted_twice(self):
        for viewer in world.viewers().values():
            photos = list(photos_visible_to(Viewer(**viewer), "grid").values_list("pk", flat=True))
            galleries = list(galleries_visible_to(Viewer(**viewer)).values_list("pk", flat=True))

            assert len(photos) == len(set(photos))
            assert len(galleries) == len(set(galleries))

    def test_queries_do_not_grow_with_what_is_seen(self):
        viewer = Viewer(user=world.grouped, passed_restrictions=frozenset(world.passwords))
        with CaptureQueriesContext(connection) as queries:
            assert len(photos_visible_to(viewer, "grid")) > GALLERIES / 2
        assert len(queries) <= 12
