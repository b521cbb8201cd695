"""Whatever takes pictures back takes them out of the tree with its own commit; no worker runs."""

from __future__ import annotations

import pytest
from django.db import transaction
from django_q.models import OrmQ
from wagtail.models import Page, PageViewRestriction

from pumbaphoto_wagtail import published, testing
from pumbaphoto_wagtail.admin import gallery_pages, photo_policies, placing_photos
from pumbaphoto_wagtail.delivery import erasing, moving
from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.intake import deleting, marking
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, Kind, State, Visibility
from pumbaphoto_wagtail.proofing import showing
from pumbaphoto_wagtail.published import settling
from pumbaphoto_wagtail.workflow import take_step
from tests.published.conftest import names

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria():
    return testing.make_user(is_superuser=True, is_staff=True)


def close_policy(gallery, maria):
    gallery.policy.visibility = Visibility.MEMBERS
    gallery.policy.save()


def restrict(gallery, maria):
    page = gallery.main_page.get_parent()
    PageViewRestriction.objects.create(page=page, restriction_type="login")


def archive(gallery, maria):
    Gallery.objects.filter(pk=gallery.pk).update(state=State.DELIVERED)
    gallery.refresh_from_db()
    take_step(gallery, State.ARCHIVED, actor=maria)


def present_another(gallery, maria):
    page = gallery.main_page.specific
    page.gallery = testing.make_gallery("Another", has_page=False)
    page.save()
    gallery_pages.keep_main_page(page, maria)


TAKEN_BACK = {
    "policy changed": close_policy,
    "policy deleted": lambda gallery, maria: gallery.policy.delete(),
    "page taken down": lambda gallery, maria: gallery.main_page.specific.unpublish(),
    "page above taken down": lambda gallery, maria: (
        gallery.main_page.specific.get_parent().specific.delete()
    ),
    "page deleted": lambda gallery, maria: gallery.main_page.specific.delete(),
    "page restricted": restrict,
    "archived": archive,
    "gallery deleted": lambda gallery, maria: erasing.delete_gallery(gallery, actor=maria),
    "page presents another": present_another,
}


@pytest.mark.parametrize("way", [*TAKEN_BACK])
def test_a_gallery_is_taken_away_with_the_commit(root, gallery, maria, act, way):
    with act():
        TAKEN_BACK[way](gallery, maria)
    assert names(root, gallery) == set()
    assert Gallery.with_deleted.get(pk=gallery.pk).published_at is None


def test_an_index_policy_closes_all_below_it(root, maria, act):
    gallery = testing.make_gallery()
    index = gallery.main_page.get_parent()
    policy = AccessPolicy.objects.create(page=index, visibility=Visibility.PUBLIC)
    testing.make_photo(gallery)
    published.settle(gallery.pk)
    assert len(names(root, gallery)) == 3
    with act():
        policy.visibility = Visibility.INHERIT
        policy.save()
    assert names(root, gallery) == set()


def test_a_page_moved_below_a_closed_index_is_taken_away(root, gallery, act):
    closed = testing.make_index_page(site=gallery.site, title="Closed", slug="closed")
    PageViewRestriction.objects.create(page=closed, restriction_type="password", password="x")
    with act():
        gallery.main_page.move(Page.objects.get(pk=closed.pk), pos="last-child")
    assert names(root, gallery) == set()


def of(gallery, photo):
    return gallery.photos.filter(pk=photo.pk)


OF_ONE_PHOTO = {
    "hidden": lambda g, p, maria: placing_photos.hide(g, of(g, p), maria, {}),
    "deleted": lambda g, p, maria: deleting.delete_photos(g, of(g, p), actor=maria),
    "row deleted": lambda g, p, maria: p.delete(),
    "closed": lambda g, p, maria: photo_policies.set_rules(g, of(g, p), maria, {"answer": "links"}),
    "policy": lambda g, p, maria: AccessPolicy.objects.create(
        photo=p, visibility=Visibility.MEMBERS
    ),
    "moved": lambda g, p, maria: moving.move_photos(
        g, of(g, p), testing.make_gallery("Private", kind=Kind.CHOOSE), actor=maria
    ),
}


@pytest.mark.parametrize("way", [*OF_ONE_PHOTO])
def test_a_photo_is_taken_out_with_the_commit(root, gallery, maria, act, way):
    photo, other = gallery.photos.all()
    with act():
        OF_ONE_PHOTO[way](gallery, photo, maria)
    assert {name[:36] for name in names(root, gallery)} == {str(other.uuid)}


def test_a_new_watermark_takes_clean_pictures_out_with_the_commit(root, gallery, maria, act):
    with act():
        marking.set_watermark(gallery, actor=maria, text="Maria")
    assert names(root, gallery) == set()


# --- Given ---------------------------------------------------------------------------------------


def woken() -> set[str]:
    return {row.task["func"].rpartition(".")[2] for row in OrmQ.objects.all()}


def test_what_becomes_public_is_left_to_a_worker(root, act):
    gallery = testing.make_gallery()
    testing.make_photo(gallery)
    with act():
        testing.make_policy(gallery=gallery)
    assert names(root, gallery) == set()
    assert woken() == {"settle_published"}


def test_photos_that_are_shown_are_left_to_a_worker(root, gallery, maria, act):
    testing.make_photo(gallery, is_shown=False)
    OrmQ.objects.all().delete()
    with act():
        showing.show_waiting(gallery, actor=maria, tells_clients=False)
    assert "settle_published" in woken()


# --- The look itself -----------------------------------------------------------------------------


@pytest.mark.postgresql
def test_one_transaction_is_looked_at_once_and_one_rolled_back_not_at_all(
    gallery, act, monkeypatch
):
    looked = []
    monkeypatch.setattr(settling, "look", looked.append)
    with act():
        published.changed(1)
        published.changed(2)
        with transaction.atomic():
            published.changed(3)
            transaction.set_rollback(True)
    assert looked == [{1, 2}]


def test_where_nothing_is_published_nothing_is_looked_at(gallery, act, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "PUBLISHED_STORAGE": ""}
    with act() as callbacks:
        published.changed(gallery.pk)
    assert callbacks == []


def test_a_disk_that_does_not_answer_in_time_is_left_to_a_worker(gallery, act, monkeypatch):
    def silent(self):
        raise StorageOffline("no answer")

    monkeypatch.setattr(settling.PublishedTree, "layout", silent)
    with act():
        gallery.policy.delete()
    assert "settle_all_published" in woken()
    gallery.refresh_from_db()
    assert gallery.published_at is not None, "not forgotten before it is taken away"


def test_it_costs_few_queries_however_many_galleries_there_are(
    root, gallery, act, django_assert_max_num_queries
):
    for _ in range(3):
        other = testing.make_gallery()
        testing.make_policy(gallery=other)
        published.settle(other.pk)
    with django_assert_max_num_queries(14):
        settling.look({gallery.pk})
