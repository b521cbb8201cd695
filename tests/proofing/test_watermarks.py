"""Proofs of a gallery with a watermark at every address: marked, or not there at all."""

from __future__ import annotations

import itertools

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.intake.watermark import mark_key
from pumbaphoto_wagtail.models import Downloads, FileRole, Gallery, Photo, PhotoFile, Rendition
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.proofing.pictures import (
    DIGEST_LENGTH,
    file_pictures,
    item_pictures,
    photo_pictures,
)
from pumbaphoto_wagtail.storage import open_file, storage_for

pytestmark = pytest.mark.django_db

KEY, OTHER_KEY = mark_key(text="Studio Maria"), mark_key(text="Another")
TIERS = ("grid", "view", "display")


def give_mark(gallery, key):
    """What ``set_watermark`` leaves in the row, without a worker."""
    Gallery.objects.filter(pk=gallery.pk).update(watermark_key=key, watermark="x" if key else "")
    gallery.watermark_key = key


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery, width=600, height=400)


@pytest.fixture
def marked(gallery, photo):
    """The photo's pictures with the mark of its gallery."""
    give_mark(gallery, KEY)
    photo.gallery = gallery
    return testing.make_marked(photo)


def fresh(photo):
    return Photo.objects.select_related("gallery", "picture").get(pk=photo.pk)


def body(response):
    return b"".join(response) if response.streaming else response.content


def content(rendition) -> bytes:
    with open_file(rendition.storage, rendition.name) as source:
        return source.read()


def address(photo, tier, digest, extension="jpg", route="photo_picture", uuid=None):
    parts = [uuid or photo.uuid, tier, digest[:DIGEST_LENGTH], extension]
    return reverse(f"pumbaphoto_wagtail:{route}", args=parts)


def clean_address(photo, tier):
    row = photo.picture.renditions.get(tier=tier, watermark="")
    return address(photo, tier, row.digest)


# --- What pages name -----------------------------------------------------------------------------


def test_pages_name_the_marked_pictures_and_the_clean_thumbnail(photo, marked):
    shown = photo_pictures(fresh(photo))
    by_tier = {row.tier: row.digest[:DIGEST_LENGTH] for row in marked}
    grid = photo.picture.renditions.get(tier="grid")

    assert by_tier["view"] in shown.view.url
    assert by_tier["display"] in shown.display.url
    assert grid.digest[:DIGEST_LENGTH] in shown.grid.url


def test_a_marked_picture_has_another_address_than_the_clean_one(photo, gallery):
    before = photo_pictures(fresh(photo))
    give_mark(gallery, KEY)
    photo.gallery = gallery
    testing.make_marked(photo)
    after = photo_pictures(fresh(photo))

    assert before.view.url != after.view.url
    assert before.grid.url == after.grid.url


def test_the_photographers_preview_has_the_clients_addresses(photo, marked, gallery):
    photographer = Browser()
    photographer.force_login(testing.make_user(is_superuser=True))
    page = photographer.get(gallery.main_page.url).content.decode()

    for row in marked:
        clean = photo.picture.renditions.get(tier=row.tier, watermark="")
        assert clean.digest[:DIGEST_LENGTH] not in page
    assert any(row.digest[:DIGEST_LENGTH] in page for row in marked)


def test_a_clients_page_names_no_clean_picture_and_asks_no_more_for_more_photos(
    recipient, gallery, photo, marked, django_assert_max_num_queries
):
    page = recipient.get(gallery.main_page.url).content.decode()
    clean = photo.picture.renditions.filter(watermark="").exclude(tier="grid")

    assert not any(row.digest[:DIGEST_LENGTH] in page for row in clean)
    assert any(row.digest[:DIGEST_LENGTH] in page for row in marked)


@pytest.mark.parametrize("missing", ["view", "display", "both", "other mark"])
def test_without_its_marks_a_photo_is_on_no_page(recipient, gallery, photo, missing):
    give_mark(gallery, KEY)
    photo.gallery = gallery
    rows = testing.make_marked(photo)
    if missing == "other mark":
        give_mark(gallery, OTHER_KEY)
    for row in rows:
        if missing in (row.tier, "both"):
            row.delete()

    assert str(photo.uuid) not in recipient.get(gallery.main_page.url).content.decode()
    for tier in TIERS:
        assert recipient.get(clean_address(photo, tier)).status_code == 404


# --- What addresses give -------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["view", "display"])
def test_a_clean_address_that_was_remembered_leads_to_the_marked_picture(
    recipient, photo, marked, tier
):
    response = recipient.get(clean_address(photo, tier))

    assert response.status_code == 302
    assert response["Location"] == getattr(photo_pictures(fresh(photo)), tier).url
    assert "no-store" in response["Cache-Control"]


def test_the_etag_of_a_clean_picture_confirms_nothing(recipient, photo, marked):
    clean = photo.picture.renditions.get(tier="view", watermark="")
    response = recipient.get(
        photo_pictures(fresh(photo)).view.url, headers={"If-None-Match": f'"{clean.digest}"'}
    )

    assert response.status_code == 200
    assert body(response) != content(clean)


def test_staff_get_marked_proofs_and_clean_files(photo, marked):
    photographer = Browser()
    photographer.force_login(testing.make_user(is_superuser=True))

    assert photographer.get(clean_address(photo, "view")).status_code == 302
    clean = photo.picture.renditions.get(tier="view", watermark="")
    assert body(photographer.get(file_pictures(photo.picture).view.url)) == content(clean)


def test_a_marked_address_gives_nothing_once_the_mark_is_gone(recipient, gallery, photo, marked):
    before = photo_pictures(fresh(photo)).view.url
    give_mark(gallery, "")

    response = recipient.get(before)
    assert response.status_code == 302
    assert body(recipient.get(response["Location"])) == content(
        photo.picture.renditions.get(tier="view", watermark="")
    )


def test_a_lost_marked_picture_is_asked_for_and_no_clean_one_sent_instead(recipient, photo, marked):
    view = next(row for row in marked if row.tier == "view")
    storage_for(view.storage).delete(view.name)
    response = recipient.get(address(photo, "view", view.digest))

    assert response["Content-Type"] == "image/svg+xml"
    assert OrmQ.objects.count() == 1
    photo.picture.refresh_from_db()
    assert photo.picture.render_requested_at is not None


def test_delivered_files_are_clean(recipient, gallery, photo, marked):
    edit = testing.make_edit(gallery, photo)
    delivery = testing.make_delivery(gallery, [edit])
    item = delivery.items.get()
    clean = edit.stored_file.renditions.get(tier="view", watermark="")

    assert body(recipient.get(item_pictures(item.uuid, edit.stored_file).view.url)) == content(
        clean
    )


def test_finished_photos_are_clean_as_delivered_and_marked_as_proofs(
    recipient, gallery, link, photo, marked
):
    from pumbaphoto_wagtail.models import Delivery, DeliveryItem

    delivery = Delivery.objects.create(gallery=gallery, number=1, sent_at=timezone.now())
    item = DeliveryItem.objects.create(
        delivery=delivery,
        stored_file=photo.picture,
        photo=photo,
        member_name="IMG.jpg",
        size=1,
        crc32=1,
        sha256="0" * 64,
        position=1,
    )
    link.downloads = Downloads.FULL
    link.save()
    clean = photo.picture.renditions.get(tier="view", watermark="")
    marked_view = next(row for row in marked if row.tier == "view")

    as_item = recipient.get(item_pictures(item.uuid, photo.picture).view.url)
    as_proof = recipient.get(photo_pictures(fresh(photo)).view.url)
    assert (body(as_item), body(as_proof)) == (content(clean), content(marked_view))
    marked_item = address(photo, "view", marked_view.digest, route="item_picture", uuid=item.uuid)
    assert recipient.get(marked_item).status_code == 302
    web = recipient.get(reverse("pumbaphoto_wagtail:download_web", args=[item.uuid]))
    assert web.status_code == 200
    assert body(web) == content(photo.picture.renditions.get(tier="display", watermark=""))


def test_the_original_is_the_photographers_explicit_gift_and_clean(
    recipient, gallery, link, photo, marked
):
    link.may_download_originals = True
    link.save()
    original = reverse("pumbaphoto_wagtail:original", args=[photo.uuid])
    response = recipient.get(original)

    assert response.status_code == 200
    assert body(response) == content(photo.picture)


# --- Whatever is tried ---------------------------------------------------------------------------


class World:
    """One file in a gallery with a mark and in one without, and everything rendered of it."""

    def __init__(self) -> None:
        self.gallery = testing.make_gallery()
        self.open_gallery = testing.make_gallery()
        self.photo = testing.make_photo(self.gallery, width=300, height=200)
        file = self.photo.picture
        self.shared = Photo.objects.create(
            gallery=self.open_gallery, picture=file, name="shared.jpg", frame_key="shared"
        )
        PhotoFile.objects.create(photo=self.shared, stored_file=file, role=FileRole.PICTURE)
        for key in (KEY, OTHER_KEY):
            give_mark(self.gallery, key)
            self.photo.gallery = self.gallery
            testing.make_marked(self.photo)
        self.rows = list(Rendition.objects.filter(stored_file=file))
        self.secret = {
            content(row) for row in self.rows if not row.watermark and row.tier != "grid"
        }
        self.secret.add(content(file))
        self.edit = testing.make_edit(self.gallery, self.photo)
        self.item = testing.make_delivery(self.gallery, [self.edit]).items.get()
        testing.make_policy(gallery=self.gallery)
        self.client = Browser()
        self.client.get(f"/galleries/s/{links.token(testing.make_link(self.gallery))}")
        self.stranger = Browser()
        self.member = Browser()
        self.member.force_login(testing.make_user())
        self.uuids = {
            "photo_picture": self.photo.uuid,
            "file_picture": file.uuid,
            "item_picture": self.item.uuid,
        }

    def digests(self) -> list[str]:
        return [row.digest for row in self.rows] + ["0" * 64, "f" * 64]


@pytest.fixture
def world(db):
    return World()


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data())
def test_nobody_but_staff_ever_gets_clean_bytes_of_a_marked_gallery(world, data):
    draw = data.draw
    give_mark(world.gallery, draw(st.sampled_from([KEY, OTHER_KEY, mark_key(text="not drawn")])))
    browser = draw(st.sampled_from([world.client, world.stranger, world.member]))
    route = draw(st.sampled_from(["photo_picture", "file_picture", "item_picture"]))
    wanted = address(
        None,
        draw(st.sampled_from(TIERS)),
        draw(st.sampled_from(world.digests())),
        draw(st.sampled_from(["jpg", "avif", "webp"])),
        route,
        world.uuids[draw(st.sampled_from([route, route, route, *world.uuids]))],
    )
    headers = draw(
        st.sampled_from([{}, {"X-Pumbaphoto-Lost": "1"}, {"Range": "bytes=0-"}, {"X-Probe": "1"}])
    )
    response = browser.get(wanted, headers=headers)
    for _step in itertools.repeat(None, 3):
        if response.status_code != 302:
            break
        response = browser.get(response["Location"], headers=headers)
    assert response.status_code in (200, 206, 404)
    assert body(response) not in world.secret
    original = reverse("pumbaphoto_wagtail:original", args=[world.photo.uuid])
    assert browser.get(original).status_code == 404


def test_a_link_of_the_open_gallery_opens_nothing_of_the_marked_one(world):
    browser = Browser()
    browser.get(f"/galleries/s/{links.token(testing.make_link(world.open_gallery))}")
    world.gallery.policy.delete()
    clean = next(row for row in world.rows if row.tier == "view" and not row.watermark)

    assert body(browser.get(address(world.shared, "view", clean.digest))) == content(clean)
    assert browser.get(address(world.photo, "view", clean.digest)).status_code == 404


def test_both_forms_of_the_rule_agree_and_the_grid_is_held_back_as_well(world):
    give_mark(world.gallery, mark_key(text="not drawn"))
    viewer = access.Viewer(links=(testing.make_link(world.gallery),))

    for tier in (*TIERS, access.ORIGINAL):
        assert not access.may_see_photo(viewer, fresh(world.photo), tier)
        assert not access.photos_visible_to(viewer, tier).filter(pk=world.photo.pk).exists()
