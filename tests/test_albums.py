"""Albums of galleries that somebody sees without a link: offered unless turned off, from above."""

import pytest
from django.contrib.auth.models import AnonymousUser

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.albums import album_photos, offers_album
from pumbaphoto_wagtail.models import AccessPolicy, State, Visibility

pytestmark = pytest.mark.django_db
VISITOR = access.Viewer(user=AnonymousUser())


@pytest.fixture
def index():
    return testing.make_index_page()


@pytest.fixture
def gallery(index):
    gallery = testing.make_gallery(has_page=False)
    testing.make_page(gallery, index_page=index)
    return gallery


def taken(gallery, viewer=VISITOR):
    fresh = type(gallery).objects.get(pk=gallery.pk)
    return {*album_photos(viewer, fresh)}


def test_what_visitors_see_they_may_take_unless_it_is_turned_off(gallery):
    photo = testing.make_photo(gallery)
    policy = testing.make_policy(gallery=gallery)
    assert taken(gallery) == {photo}
    AccessPolicy.objects.filter(pk=policy.pk).update(offers_zip=False)
    assert taken(gallery) == set()


@pytest.mark.parametrize(
    ("own", "near", "far", "is_offered"),
    [
        (None, None, None, True),
        (None, None, False, False),
        (None, True, False, True),
        (None, False, True, False),
        (True, False, False, True),
        (False, True, True, False),
    ],
)
def test_the_nearest_that_says_anything_decides(gallery, index, own, near, far, is_offered):
    testing.make_policy(page=index.get_parent(), offers_zip=far)
    testing.make_policy(Visibility.INHERIT, page=index, offers_zip=near)
    testing.make_policy(Visibility.INHERIT, gallery=gallery, offers_zip=own)
    fresh = type(gallery).objects.get(pk=gallery.pk)
    assert offers_album(fresh) is is_offered


def test_only_what_a_visitor_sees_is_in_it(gallery):
    photo = testing.make_photo(gallery)
    testing.make_photo(gallery, is_hidden=True)
    testing.make_photo(gallery, is_shown=False)
    testing.make_photo(gallery, is_couple_only=True)
    testing.make_policy(Visibility.MEMBERS, photo=testing.make_photo(gallery))
    testing.make_policy(gallery=gallery)
    assert taken(gallery) == {photo}
    assert taken(gallery, access.Viewer(user=gallery.owner)) == {photo}


def test_a_link_alone_gives_no_album(gallery):
    testing.make_photo(gallery)
    link = testing.make_link(gallery)
    assert taken(gallery, access.Viewer(links=(link,))) == set()


def test_members_take_it_and_others_do_not(gallery):
    photo = testing.make_photo(gallery)
    member, other = testing.make_user(), testing.make_user()
    testing.make_policy(Visibility.MEMBERS, gallery=gallery, users=[member])
    assert taken(gallery, access.Viewer(user=member)) == {photo}
    assert taken(gallery, access.Viewer(user=other)) == set()


def test_an_archived_gallery_has_none(gallery):
    testing.make_photo(gallery)
    testing.make_policy(gallery=gallery)
    type(gallery).objects.update(state=State.ARCHIVED)
    assert taken(gallery) == set()
