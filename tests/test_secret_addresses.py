"""What is unlisted has an address that nobody can guess, and no other leads to it."""

import re

import pytest
from wagtail.models import Page, Site
from wagtail.signals import page_slug_changed

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin import index_policy, who_sees
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, Visibility
from pumbaphoto_wagtail.pages.models import GalleryIndexPage, GalleryPage, IndexKind
from pumbaphoto_wagtail.secret_addresses import has_secret_ending, with_secret_ending

ENDING = r"-[0-9a-f]{32}"


@pytest.fixture
def gallery(db):
    index = testing.make_index_page(IndexKind.PORTFOLIO)
    made = testing.make_gallery("Coast", has_page=False)
    testing.make_page(made, index_page=index, slug="coast")
    made.refresh_from_db()
    return made


def page_of(gallery) -> GalleryPage:
    return GalleryPage.objects.get(pk=gallery.main_page_id)


def make_unlisted(gallery, **options) -> GalleryPage:
    who_sees.set_visibility(gallery, actor=None, answer=who_sees.UNLISTED, **options)
    return page_of(gallery)


@pytest.mark.parametrize(
    ("slug", "is_secret"),
    [
        ("coast", False),
        ("coast-1a2b3c4d", False),
        ("the-wedding-of-anna-and-tom-in-the-alps", False),
        (f"coast-{'0a' * 16}", True),
        (f"coast-{'0a' * 16}-2", False),
    ],
)
def test_only_a_random_ending_is_one(slug, is_secret):
    assert has_secret_ending(slug) is is_secret


def test_b22_endings_are_128_bits_and_never_the_same():
    slugs = {with_secret_ending("coast") for _time in range(50)}

    assert len(slugs) == 50
    assert all(re.fullmatch(f"coast{ENDING}", slug) for slug in slugs)
    assert len(with_secret_ending("x" * 400)) == 255


def test_becoming_unlisted_moves_the_page_to_an_address_that_was_never_there(gallery, client):
    page = make_unlisted(gallery)

    assert re.fullmatch(f"coast{ENDING}", page.slug)
    assert client.get(page.url).status_code == 200
    assert client.get(page.url.replace(page.slug, "coast")).status_code == 404


def test_wagtail_hears_of_no_new_slug_from_which_it_would_make_a_redirect(
    gallery, django_capture_on_commit_callbacks
):
    heard = []

    def hear(**said) -> None:
        heard.append(said)

    page_slug_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            make_unlisted(gallery).save()
    finally:
        page_slug_changed.disconnect(hear)

    assert heard == []


def test_an_old_form_and_an_old_revision_keep_the_address(gallery):
    old_form = page_of(gallery)
    old_form.save_revision()
    page = make_unlisted(gallery)
    old_form.title = "Coast, again"
    old_form.save()
    assert page_of(gallery).slug == page.slug

    page_of(gallery).get_latest_revision().publish()
    assert page_of(gallery).slug == page.slug


def test_a_further_page_of_an_unlisted_gallery_gets_one_of_its_own(gallery):
    page = make_unlisted(gallery)
    index = GalleryIndexPage.objects.get(pk=page.get_parent().pk)
    other = testing.make_page(gallery, index_page=index, slug="second")

    assert re.fullmatch(f"second{ENDING}", GalleryPage.objects.get(pk=other.pk).slug)


def test_saying_it_twice_or_making_it_public_again_leaves_the_address(gallery):
    slug = make_unlisted(gallery).slug
    assert make_unlisted(gallery).slug == slug
    who_sees.set_visibility(gallery, actor=None, answer=who_sees.EVERYONE)
    assert page_of(gallery).slug == slug


def test_an_unlisted_index_page_takes_what_is_below_along(gallery):
    index = GalleryIndexPage.objects.get(pk=gallery.main_page.get_parent().pk)
    index_policy.set_index_visibility(index, actor=None, answer=who_sees.UNLISTED)

    moved = Page.objects.get(pk=index.pk)
    assert has_secret_ending(moved.slug)
    page = page_of(gallery)
    assert page.slug == "coast"
    assert page.url_path == f"{moved.url_path}coast/"


def test_the_front_page_of_a_site_has_no_slug_to_hide(gallery):
    index = GalleryIndexPage.objects.get(pk=gallery.main_page.get_parent().pk)
    Site.objects.update(root_page=index)
    index_policy.set_index_visibility(index, actor=None, answer=who_sees.UNLISTED)

    assert not has_secret_ending(Page.objects.get(pk=index.pk).slug)


def test_members_of_an_unlisted_gallery_are_kept(gallery):
    anna = testing.make_user("anna")
    make_unlisted(gallery, users=[anna])
    policy = AccessPolicy.objects.get(gallery=gallery)

    assert (policy.visibility, [*policy.users.all()]) == (Visibility.UNLISTED, [anna])
    assert who_sees.present_answer(Gallery.objects.get(pk=gallery.pk)) == who_sees.UNLISTED
