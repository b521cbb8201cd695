"""What staff may do, gallery by gallery: lists and single answers, two studios, owners."""

from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from wagtail.models import Collection, GroupCollectionPermission

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    Client,
    Gallery,
    Library,
    MailTemplate,
    Selection,
    ShareLink,
    WatermarkPreset,
)
from pumbaphoto_wagtail.permissions import (
    POLICIES,
    client_policy,
    galleries_for,
    gallery_policy,
    mail_template_policy,
    may,
    watermark_preset_policy,
)

ACTIONS = ("view", "change", "delete", "share", "deliver")
# What one collection permission lets its holder do with galleries of others.
GRANTS = {
    "add": set(),
    "view": {"view"},
    "change": {"view", "change"},
    "delete": {"delete"},
    "share": {"view", "share"},
    "deliver": {"view", "deliver"},
}


def staff(collection=None, *permissions):
    """A user whose group holds the permissions for a collection."""
    user = testing.make_user()
    if collection:
        group = Group.objects.create(name=f"Group of {user}")
        user.groups.add(group)
        for action in permissions:
            GroupCollectionPermission.objects.create(
                group=group,
                collection=collection,
                permission=Permission.objects.get(codename=f"{action}_gallery"),
            )
    return user


def allowed(user, gallery) -> set[str]:
    """What the user may do; lists and single answers must say the same."""
    single = {action for action in ACTIONS if may(user, action, gallery)}
    listed = {action for action in ACTIONS if gallery in galleries_for(user, action)}
    assert single == listed
    return single


@pytest.fixture
def studios(db):
    root = Collection.get_first_root_node()
    return [root.add_child(name=name) for name in ("Studio A", "Studio B")]


@pytest.fixture
def gallery(studios):
    return testing.make_gallery(has_page=False, collection=studios[0])


@pytest.mark.parametrize("permission", GRANTS)
def test_m35_b8_each_permission_grants_what_it_says(studios, gallery, permission):
    assert allowed(staff(studios[0], permission), gallery) == GRANTS[permission]


@pytest.mark.parametrize("permission", GRANTS)
def test_no_permission_reaches_into_another_studio(studios, gallery, permission):
    assert allowed(staff(studios[1], permission), gallery) == set()


@pytest.mark.parametrize("permission", GRANTS)
def test_permissions_reach_down_into_sub_collections(studios, gallery, permission):
    gallery.collection = studios[0].add_child(name="2026")
    gallery.save()

    assert allowed(staff(studios[0], permission), gallery) == GRANTS[permission]


def test_owners_do_everything_with_their_own_where_they_may_add(studios, gallery):
    owner, colleague = staff(studios[0], "add"), staff(studios[0], "add")
    gallery.owner = owner
    gallery.save()

    assert allowed(owner, gallery) == set(ACTIONS)
    assert allowed(colleague, gallery) == set()


def test_owners_without_permission_to_add_there_do_nothing(studios, gallery):
    for user in (staff(), staff(studios[1], "add")):
        gallery.owner = user
        gallery.save()
        assert allowed(user, gallery) == set()


def test_superusers_do_everything(gallery):
    assert allowed(testing.make_user(is_superuser=True), gallery) == set(ACTIONS)


@pytest.mark.parametrize("fields", [{"is_superuser": True}, {}], ids=["superuser", "owner"])
def test_inactive_users_do_nothing(studios, gallery, fields):
    user = testing.make_photographer(collection=studios[0], is_active=False, **fields)
    gallery.owner = user
    gallery.save()

    assert allowed(user, gallery) == set()


def test_anonymous_visitors_do_nothing(gallery):
    assert allowed(AnonymousUser(), gallery) == set()


def test_entering_the_admin_alone_shows_no_gallery(gallery):
    user = testing.make_user()
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))

    assert allowed(user, gallery) == set()
    assert not gallery_policy.user_has_permission(user, "view")


def test_djangos_own_permissions_grant_nothing(gallery):
    user = testing.make_user()
    user.user_permissions.set(Permission.objects.filter(codename__endswith="_gallery"))

    assert allowed(user, gallery) == set()


@pytest.mark.postgresql
def test_lists_and_single_answers_agree_for_everybody(studios):
    sub = studios[0].add_child(name="Sub")
    collections = [*studios, sub]
    people = [
        *(staff(each, action) for each, action in product(collections, GRANTS)),
        *(testing.make_photographer(collection=each) for each in collections),
        testing.make_user(is_superuser=True),
        testing.make_user(is_superuser=True, is_active=False),
        staff(),
        AnonymousUser(),
    ]
    owners = [person for person in people if person.is_authenticated]
    galleries = [
        testing.make_gallery(has_page=False, owner=owner, collection=each)
        for owner, each in product(owners[::3], collections)
    ]
    whole = Gallery.objects.select_related("collection").in_bulk(each.pk for each in galleries)
    amounts = dict.fromkeys(ACTIONS, 0)
    for person, action in product(people, ACTIONS):
        single = {pk for pk, gallery in whole.items() if may(person, action, gallery)}
        assert single == set(galleries_for(person, action).values_list("pk", flat=True))
        amounts[action] += len(single)

    assert all(0 < amount < len(people) * len(galleries) for amount in amounts.values())


def test_may_do_anything_with_some_gallery(studios):
    adder = staff(studios[0], "add")

    assert gallery_policy.user_has_permission(adder, "add")
    assert gallery_policy.user_has_permission(adder, "change"), "of their own, one day"
    assert not gallery_policy.user_has_permission(staff(studios[0], "view"), "change")
    assert not gallery_policy.user_has_permission(staff(), "view")


def test_new_galleries_go_where_one_may_add(studios):
    user = staff(studios[0], "add")
    collections = gallery_policy.collections_user_has_permission_for(user, "add")

    assert list(collections) == [studios[0]]


def test_listing_galleries_takes_the_same_queries_however_many(
    studios, django_assert_max_num_queries
):
    user = testing.make_photographer(collection=studios[0])
    for _ in range(30):
        testing.make_gallery(has_page=False, collection=studios[0], owner=user)
    galleries = galleries_for(user).select_related("collection")
    with django_assert_max_num_queries(8):
        found = list(galleries)
        assert all(may(user, "share", gallery) for gallery in found)

    assert len(found) == 30


# --- Clients -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permission", "actions"),
    [
        ("add", {"add", "view", "choose", "change"}),
        ("view", {"view", "choose"}),
        ("change", {"view", "choose", "change"}),
        ("delete", {"delete"}),
        ("share", set()),
    ],
)
def test_clients_follow_the_galleries_of_their_collection(studios, permission, actions):
    client = testing.make_client(collection=studios[0])
    user, stranger = staff(studios[0], permission), staff(studios[1], permission)
    every = ("add", "view", "choose", "change", "delete")

    assert {a for a in every if client_policy.user_has_permission(user, a)} == actions
    for action in every:
        for person in (user, stranger, AnonymousUser(), testing.make_user(is_superuser=True)):
            single = client_policy.user_has_permission_for_instance(person, action, client)
            listed = client in client_policy.instances_user_has_permission_for(person, action)
            assert single is listed, (action, person)
            assert not (single and person == stranger)
    allowed_here = {
        a for a in every if client_policy.user_has_permission_for_instance(user, a, client)
    }
    assert allowed_here == actions


def test_an_unknown_action_is_granted_to_nobody_but_superusers(studios, gallery):
    client = testing.make_client(collection=studios[0])
    user = testing.make_photographer(collection=studios[0])

    assert not may(user, "burn", gallery)
    assert not client_policy.user_has_permission_for_instance(user, "burn", client)


@pytest.mark.parametrize(
    ("permission", "actions"),
    [
        ("add", {"add", "view", "choose", "change"}),
        ("view", {"view", "choose"}),
        ("change", {"view", "choose"}),
        ("delete", {"delete"}),
        ("share", set()),
    ],
)
@pytest.mark.parametrize("policy", [watermark_preset_policy, mail_template_policy])
def test_assistants_choose_the_studios_marks_and_words_and_do_not_change_them(
    studios, policy, permission, actions
):
    fields = {"title": "Studio"} if policy.model is WatermarkPreset else {"kind": "link"}
    if policy.model is WatermarkPreset:
        fields["words"] = "© Studio A"
    instance = policy.model.objects.create(collection=studios[0], **fields)
    user, stranger = staff(studios[0], permission), staff(studios[1], permission)

    for action in ("add", "view", "choose", "change", "delete"):
        assert policy.user_has_permission_for_instance(user, action, instance) == (
            action in actions
        )
        assert not policy.user_has_permission_for_instance(stranger, action, instance)
        listed = policy.instances_user_has_permission_for(user, action)
        assert (instance in listed) == (action in actions)
        assert not policy.instances_user_has_permission_for(stranger, action)


@pytest.mark.parametrize(
    ("policy", "permission", "is_offered"),
    [
        (client_policy, "change", True),
        (client_policy, "share", False),
        (mail_template_policy, "add", True),
        (mail_template_policy, "change", False),
        (watermark_preset_policy, "change", False),
    ],
)
def test_collections_are_offered_where_such_things_may_be_kept(
    studios, policy, permission, is_offered
):
    user = staff(studios[0], permission)

    offered = policy.collections_user_has_any_permission_for(user, ["add", "change"])

    assert [*offered] == [studios[0]] * is_offered


def test_wagtail_finds_the_policies(db):
    from wagtail.permissions import policy_registry

    models = {Gallery, Client, MailTemplate, WatermarkPreset, Library, ShareLink, Selection}
    assert {policy.model for policy in POLICIES} == models
    for policy in POLICIES:
        assert policy_registry.get_by_type(policy.model) is policy
