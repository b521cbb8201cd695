"""Who can see the galleries on an index page: said and decided beside the page's own form."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from wagtail.models import GroupPagePermission, PageLogEntry

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.albums import offers_album
from pumbaphoto_wagtail.models import AccessPolicy, Visibility
from pumbaphoto_wagtail.pages.models import IndexKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return testing.make_user("chief", is_staff=True, is_superuser=True)


@pytest.fixture
def index(chief):
    return testing.make_index_page(kind=IndexKind.PORTFOLIO)


@pytest.fixture
def gallery(index, chief):
    gallery = testing.make_gallery("Coast", has_page=False, owner=chief)
    testing.make_page(gallery, index_page=index)
    return gallery


def address(index):
    return reverse("pumbaphoto_galleries:index_visibility", args=[index.pk])


def answer(client, index, **data):
    return client.post(address(index), {"offers_zip": "", **data}, follow=True)


def test_everyone_sees_the_galleries_that_say_nothing_themselves(client, chief, index, gallery):
    client.force_login(chief)
    assert not access.may_see_gallery(access.Viewer(), gallery)
    page = answer(client, index, answer="everyone").content.decode()
    assert "Everyone can look at the galleries here." in page
    assert access.may_see_gallery(access.Viewer(), gallery)
    testing.make_policy(Visibility.MEMBERS, gallery=gallery)
    gallery.refresh_from_db()
    assert not access.may_see_gallery(access.Viewer(), gallery)
    assert "1 gallery has a rule of its own." in client.get(address(index)).content.decode()


def test_members_are_named(client, chief, index, gallery):
    member = testing.make_user("member")
    Group.objects.create(name="Friends")
    client.force_login(chief)
    assert "Name somebody" in answer(client, index, answer="members").content.decode()
    answer(client, index, answer="members", people="member")
    assert access.may_see_gallery(access.Viewer(user=member), gallery)
    assert not access.may_see_gallery(access.Viewer(), gallery)


def test_downloads_are_decided_by_themselves(client, chief, index, gallery):
    client.force_login(chief)
    answer(client, index, answer="inherited", offers_zip="no")
    assert AccessPolicy.objects.get(page=index).visibility == Visibility.INHERIT
    assert not offers_album(gallery)
    answer(client, index, answer="inherited")
    assert not AccessPolicy.objects.exists()
    assert offers_album(gallery)


def test_the_same_answer_twice_is_noted_once(client, chief, index, gallery):
    client.force_login(chief)
    for _time in range(2):
        answer(client, index, answer="everyone")
    entries = PageLogEntry.objects.filter(action="pumbaphoto.set_index_visibility")
    assert entries.count() == 1


def test_below_a_page_that_decides_one_may_say_otherwise(client, chief, index, gallery):
    testing.make_policy(page=index.get_parent())
    client.force_login(chief)
    text = client.get(address(index)).content.decode()
    assert "says so." in text
    assert access.may_see_gallery(access.Viewer(), gallery)
    answer(client, index, answer="links")
    assert not access.may_see_gallery(access.Viewer(), gallery)


def test_only_who_may_publish_the_page_and_share_its_galleries_decides(client, index, gallery):
    editor = testing.make_user("editor", is_staff=True)
    group = Group.objects.create(name="Editors of pages")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    editor.groups.add(group)
    GroupPagePermission.objects.create(
        group=group, page=index, permission=_permission("change_page")
    )
    client.force_login(editor)
    assert client.get(address(index)).status_code == 404
    GroupPagePermission.objects.create(
        group=group, page=index, permission=_permission("publish_page")
    )
    # The gallery is another studio's: what would be shown is not theirs to show.
    assert client.get(address(index)).status_code == 404
    gallery.delete()
    assert client.get(address(index)).status_code == 200
    assert client.get(address(index.get_parent())).status_code == 404


def _permission(codename):
    return Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
