"""Several galleries at once: all of them or none, and never another studio's."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.models import Collection, GroupCollectionPermission, Site

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import galleries_url
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, Visibility

from .conftest import words_of


@pytest.fixture
def galleries(gallery, studios):
    """Two of studio A; one of studio B stands beside them."""
    second = testing.make_gallery("Party", owner=studios.maria, collection=studios.collection)
    testing.make_gallery("Bert's", owner=studios.bert, collection=studios.other_collection)
    return [gallery, second]


def act_url(name, *keys):
    address = reverse("wagtail_bulk_action", args=["pumbaphoto_wagtail", "gallery", name])
    query = "&".join(f"id={key}" for key in keys)
    return f"{address}?{query}&next={galleries_url()}"


def keys(galleries):
    return [gallery.pk for gallery in galleries]


def test_the_list_offers_what_one_may_do(maria, galleries):
    page = maria.get(galleries_url()).content.decode()

    for name in ("set_visibility", "unset_visibility", "delete"):
        assert act_url(name).split("?")[0] in page


def test_who_may_nothing_is_offered_nothing(log_in, studios, galleries):
    viewer = testing.make_photographer("viewer", collection=studios.collection)
    given = GroupCollectionPermission.objects.filter(group__in=viewer.groups.all())
    given.delete()
    GroupCollectionPermission.objects.create(
        group=viewer.groups.get(),
        collection=studios.collection,
        permission=Permission.objects.get(codename="view_gallery"),
    )

    page = log_in(viewer).get(galleries_url()).content.decode()

    assert "Party" in page
    assert "data-bulk-action-button" not in page


def test_m41_who_can_see_is_set_for_all(maria, galleries):
    answer = maria.post(act_url("set_visibility", *keys(galleries)), {"answer": "everyone"})

    assert answer.status_code == 302
    rules = AccessPolicy.objects.filter(gallery__in=galleries)
    assert [rule.visibility for rule in rules] == [Visibility.PUBLIC] * 2


def test_m43_and_unset(maria, galleries):
    maria.post(act_url("set_visibility", *keys(galleries)), {"answer": "everyone"})

    answer = maria.post(act_url("unset_visibility", *keys(galleries)), follow=True)

    assert words_of(answer)[-1] == "2 rules were deleted."
    assert not AccessPolicy.objects.exists()


def test_they_are_deleted_when_counted(maria, galleries):
    address = act_url("delete", *keys(galleries))
    assert "4 photos" in maria.get(address).content.decode()

    assert maria.post(address, {"count": "1"}).status_code == 200
    assert Gallery.objects.count() == 3
    answer = maria.post(address, {"count": "2"}, follow=True)

    assert words_of(answer) == ["2 galleries are deleted."]
    assert [gallery.title for gallery in Gallery.objects.all()] == ["Bert's"]


@pytest.mark.parametrize("name", ["set_visibility", "unset_visibility", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_m42_one_of_another_studio_stops_it_all(maria, galleries, name, method):
    foreign = Gallery.objects.get(title="Bert's")
    address = act_url(name, *keys(galleries), foreign.pk)

    answer = getattr(maria, method)(address, {"answer": "everyone", "count": "3"}, follow=True)

    assert "Bert" not in answer.content.decode()
    assert Gallery.objects.count() == 3
    assert not AccessPolicy.objects.exists()


@pytest.mark.parametrize("name", ["set_visibility", "unset_visibility", "delete"])
def test_all_is_what_the_list_shows(maria, galleries, name):
    page = maria.get(act_url(name, "all")).content.decode()

    assert "Smith wedding" in page
    assert "Party" in page
    assert "Bert" not in page
    assert "Party" not in maria.get(f"{act_url(name, 'all')}&q=smith").content.decode()


@pytest.mark.parametrize("key", ["x", "0", "-1", "1e3", ""])
def test_a_key_that_is_none_is_refused(maria, galleries, key):
    assert maria.get(act_url("delete", key)).status_code in (302, 403)


def test_who_may_change_may_not_delete(log_in, studios, galleries):
    helper = testing.make_photographer("helper", collection=studios.collection)
    given = GroupCollectionPermission.objects.filter(group__in=helper.groups.all())
    given.exclude(permission__codename="change_gallery").delete()

    log_in(helper).post(act_url("delete", *keys(galleries)), {"count": "2"})

    assert Gallery.objects.count() == 3


# --- What galleries hang on ----------------------------------------------------------------------


def test_a_site_with_galleries_is_not_deleted(log_in, studios, gallery):
    chief = log_in(studios.chief)
    address = reverse("wagtailsites:delete", args=[gallery.site_id])

    for method in (chief.get, chief.post):
        answer = method(address, follow=True)
        assert words_of(answer)[0].startswith("1 gallery belongs to the site")
    assert Site.objects.filter(pk=gallery.site_id).exists()


def test_a_site_without_galleries_is_deleted(log_in, studios, gallery):
    root = gallery.site.root_page
    site = Site.objects.create(hostname="other.example.com", root_page=root, port=81)

    log_in(studios.chief).post(reverse("wagtailsites:delete", args=[site.pk]))

    assert not Site.objects.filter(pk=site.pk).exists()


def test_a_page_that_would_take_a_site_with_it_stays(log_in, studios, gallery):
    root = gallery.site.root_page
    chief = log_in(studios.chief)

    answer = chief.post(reverse("wagtailadmin_pages:delete", args=[root.pk]), follow=True)
    many = chief.post(
        reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"]) + f"?id={root.pk}",
        follow=True,
    )

    assert words_of(answer)[0].startswith("1 gallery belongs to the site")
    assert words_of(many)[0].startswith("1 gallery belongs to the site")
    assert type(root).objects.filter(pk=root.pk).exists()


def test_a_collection_with_nothing_but_files_is_not_deleted(log_in, studios, gallery):
    collection = Collection.get_first_root_node().add_child(name="Files")
    testing.make_stored_file(b"1", collection=collection)

    answer = log_in(studios.chief).get(
        reverse("wagtailadmin_collections:delete", args=[collection.pk])
    )

    assert answer.status_code == 200
    assert "1 file of galleries" in answer.content.decode()
    assert Collection.objects.filter(pk=collection.pk).exists()


def test_a_photographer_with_galleries_is_not_deleted(log_in, studios, gallery):
    answer = log_in(studios.chief).post(
        reverse("wagtailusers_users:delete", args=[studios.maria.pk]), follow=True
    )

    assert "owns 1 gallery" in " ".join(words_of(answer))
