"""``pumbaphoto_setup_group``: a group that can work at once, and keeps what the site changed."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.urls import reverse
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.permissions import gallery_policy, may


def set_up(**options) -> str:
    out = StringIO()
    call_command("pumbaphoto_setup_group", stdout=out, **options)
    return out.getvalue()


def member_of(name: str):
    user = testing.make_user(first_name="Maria")
    user.groups.add(Group.objects.get(name=name))
    return user


@pytest.fixture
def site(db):
    return testing.make_site()


def everything_given():
    return (
        sorted(Group.objects.values_list("name", "permissions__codename")),
        sorted(GroupCollectionPermission.objects.values_list("group", "collection", "permission")),
        sorted(GroupPagePermission.objects.values_list("group", "page", "permission")),
    )


def test_a_photographer_of_a_fresh_site_makes_shares_and_publishes(site, log_in):
    said = set_up()

    browser = log_in(member_of("Photographers"))
    form = browser.get(reverse("pumbaphoto_galleries:add")).context["form"]
    [(index, _label)] = form.fields["index_page"].choices
    preset = form.fields["preset"].choices[0][0]
    browser.post(
        reverse("pumbaphoto_galleries:add"),
        {"title": "Anna & Tom", "preset": preset, "index_page": index},
    )

    gallery = Gallery.objects.get()
    assert gallery.main_page.live, "published where the group may"
    assert all(may(gallery.owner, action, gallery) for action in ("share", "deliver", "delete"))
    assert "Made the client area Clients" in said
    assert "Can access Wagtail admin" in said


def test_the_first_client_area_is_closed_to_visitors_as_one_made_by_hand(site):
    set_up()

    page = Page.objects.get(title="Clients")
    assert page.live
    assert page.get_view_restrictions().exists()


def test_photographers_keep_the_studios_settings_and_images(site):
    set_up(collection="Studio A")

    user = member_of("Photographers")
    assert user.has_perm("pumbaphoto_wagtail.change_studiosettings")
    given = GroupCollectionPermission.objects.filter(collection__name="Studio A")
    names = set(given.values_list("permission__codename", flat=True))
    assert {"add_image", "change_image", "choose_image"} < names


def test_run_again_it_adds_nothing_and_says_so(site):
    set_up(assistants="Assistants")
    before = everything_given()

    said = set_up(assistants="Assistants")

    assert everything_given() == before
    assert said == "Photographers: has all it needs.\nAssistants: has all it needs.\n"


def test_it_adds_what_is_missing_and_keeps_what_a_site_has_given(site):
    set_up()
    group = Group.objects.get(name="Photographers")
    own = Permission.objects.get(codename="add_user")
    group.permissions.add(own)
    group.collection_permissions.get(permission__codename="deliver_gallery").delete()

    said = set_up()

    assert own in group.permissions.all()
    assert said == ("Photographers: was there. Given now:\n  Can deliver galleries (Root)\n")


def test_a_collection_of_a_new_name_is_made_and_an_old_one_is_found(site):
    assert "Made the collection Studio B." in set_up(collection="Studio B", name="B")
    assert "Made the collection" not in set_up(collection="Studio B", name="B")

    assert Collection.objects.filter(name="Studio B").count() == 1
    assert [*gallery_policy.collections_user_has_permission_for(member_of("B"), "add")] == [
        Collection.objects.get(name="Studio B")
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"collection": "999"}, "no collection number 999"),
        ({"page": ["/nowhere/"]}, "no page /nowhere/"),
        ({"page": ["999999"]}, "no page 999999"),
        ({"name": "Us", "assistants": "Us"}, "different names"),
    ],
)
def test_what_is_not_there_is_said_and_nothing_is_made(site, options, words):
    with pytest.raises(CommandError, match=words):
        set_up(**options)

    assert not Group.objects.filter(name__in=["Photographers", "Us"]).exists()


def test_two_collections_of_one_name_are_told_apart_by_number(site):
    root = Collection.get_first_root_node()
    pair = [root.add_child(name="Weddings") for _ in range(2)]
    with pytest.raises(CommandError, match="Say a number"):
        set_up(collection="Weddings")

    set_up(collection=str(pair[1].pk))

    given = GroupCollectionPermission.objects.filter(permission__codename="share_gallery")
    assert given.get().collection_id == pair[1].pk


def test_pages_are_named_by_address_or_number(site):
    one, other = (testing.make_index_page(title=t, slug=t.lower()) for t in ("Maria", "Bert"))

    set_up(name="A", page=["/maria/"])
    set_up(name="B", page=[str(other.pk)])

    for name, page in (("A", one), ("B", other)):
        pages = GroupPagePermission.objects.filter(group__name=name)
        assert {*pages.values_list("page", flat=True)} == {page.pk}


def test_without_a_page_named_every_index_page_is_theirs(site):
    index = testing.make_index_page()

    set_up()

    assert {
        *GroupPagePermission.objects.filter(group__name="Photographers").values_list(
            "page", flat=True
        )
    } == {index.pk}


def test_assistants_see_and_change_and_do_nothing_else(site):
    set_up(assistants="Assistants", collection="Studio A")
    gallery = testing.make_gallery(collection=Collection.objects.get(name="Studio A"))

    user = member_of("Assistants")
    allowed = {a for a in ("view", "change", "share", "deliver", "delete") if may(user, a, gallery)}

    assert allowed == {"view", "change"}
    assert not gallery_policy.user_has_permission(user, "add")
    assert user.has_perm("wagtailadmin.access_admin")
