"""Publishing from the Delivery tab: who may, what is offered, and what a forged form gets."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.images import get_image_model
from wagtail.models import Collection, GroupCollectionPermission

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.waiting import things_waiting
from pumbaphoto_wagtail.models import Gallery, Publication, State, Visibility
from pumbaphoto_wagtail.proofing import consent

from .conftest import words_of


@pytest.fixture
def delivered(gallery, photos, link):
    """Anna's gallery, delivered; she allows the first two photos to be shown."""
    edits = [testing.make_edit(gallery, photo) for photo in photos[:3]]
    testing.make_delivery(gallery, edits)
    Gallery.objects.filter(pk=gallery.pk).update(state=State.DELIVERED, asks_for_consent=True)
    link.gallery.refresh_from_db()
    for photo in photos[:2]:
        consent.give(link, photo.uuid)
    return photos


@pytest.fixture
def portfolio(studios):
    made = testing.make_gallery(
        "Portfolio", owner=studios.maria, collection=studios.collection, site=studios.site
    )
    testing.make_policy(Visibility.PUBLIC, gallery=made)
    return made


def may_add_images(user, collection):
    GroupCollectionPermission.objects.create(
        group=user.groups.get(),
        collection=collection,
        permission=Permission.objects.get(
            content_type__app_label="wagtailimages", codename="add_image"
        ),
    )


def post(browser, gallery, *photos, act="publish", **data):
    data |= {"act": act, "photo": [photo.pk for photo in photos]}
    return browser.post(gallery_url(gallery, "publish"), data, follow=True)


def shown():
    return [*access.photos_visible_to(access.Viewer(), "view")]


def test_the_delivery_tab_says_what_is_allowed(delivered, gallery, maria):
    page = maria.get(gallery_url(gallery, "delivery"))

    assert page.context["about_consent"]["allowed"] == 2
    assert "Your clients allow 2 photos to be shown." in page.content.decode()


def test_only_what_is_allowed_is_offered_with_the_names_of_who_allows(delivered, gallery, maria):
    rows = maria.get(gallery_url(gallery, "publish")).context["rows"]

    assert [(row.key, row.names) for row in rows] == [(p.pk, "Anna") for p in delivered[:2]]


def test_ticked_photos_are_published_in_one_step(delivered, gallery, maria, studios, portfolio):
    may_add_images(studios.maria, studios.collection)
    places = {"into": portfolio.pk, "collection": studios.collection.pk, "description": "At sea"}

    page = post(maria, gallery, *delivered[:2], **places)

    assert words_of(page) == ["2 photos are shown.", "2 pictures are in the image library."]
    assert [photo.gallery for photo in shown()] == [portfolio] * 2
    assert {*get_image_model().objects.values_list("title", "collection__name")} == {
        ("At sea 1", "Studio A"),
        ("At sea 2", "Studio A"),
    }
    assert [row.places for row in page.context["rows"]] == [["Portfolio", "image library"]] * 2


def test_a_forged_form_publishes_nothing_that_nobody_allowed(delivered, gallery, maria, portfolio):
    page = post(maria, gallery, delivered[2], delivered[3], into=portfolio.pk)

    assert not shown()
    assert "not allowed to be shown" in words_of(page)[0]


def test_only_ones_own_galleries_that_everybody_sees_are_offered(
    delivered, gallery, maria, studios, portfolio
):
    closed = testing.make_gallery("Closed", owner=studios.maria, collection=studios.collection)
    others = testing.make_gallery("Bert", owner=studios.bert, collection=studios.other_collection)
    testing.make_policy(Visibility.PUBLIC, gallery=others)

    form = maria.get(gallery_url(gallery, "publish")).context["form"]
    assert [*form.fields["into"].queryset] == [portfolio]

    for wrong in (closed, others, gallery):
        answer = maria.post(
            gallery_url(gallery, "publish"),
            {"act": "publish", "photo": delivered[0].pk, "into": wrong.pk},
        )
        assert answer.status_code == 422
    assert not Publication.objects.exists()


def test_the_image_library_is_for_those_who_may_add_images_there(
    delivered, gallery, maria, studios
):
    assert "collection" not in maria.get(gallery_url(gallery, "publish")).context["form"].fields
    may_add_images(studios.maria, studios.collection)
    root = Collection.get_first_root_node()

    answer = maria.post(
        gallery_url(gallery, "publish"),
        {"act": "publish", "photo": delivered[0].pk, "collection": root.pk, "description": "x"},
    )

    assert answer.status_code == 422
    assert not get_image_model().objects.exists()


def test_a_picture_without_a_description_is_not_taken(delivered, gallery, maria, studios):
    may_add_images(studios.maria, studios.collection)
    answer = maria.post(
        gallery_url(gallery, "publish"),
        {"act": "publish", "photo": delivered[0].pk, "collection": studios.collection.pk},
    )

    assert answer.status_code == 422
    assert f'value="{delivered[0].pk}" checked' in answer.content.decode(), "the ticks stay"


@pytest.mark.parametrize("act", ["take_down", "withdraw"])
def test_what_is_shown_can_be_taken_down_here(delivered, gallery, maria, portfolio, act):
    post(maria, gallery, *delivered[:2], into=portfolio.pk)

    post(maria, gallery, delivered[0], act=act)

    assert len(shown()) == 1
    tab = maria.get(gallery_url(gallery, "delivery")).context["about_consent"]
    assert (tab["allowed"], tab["withdrawn_by"]) == ((2, "") if act == "take_down" else (1, "Anna"))


def test_the_dashboard_tells_of_what_was_taken_down(delivered, gallery, maria, link, portfolio):
    post(maria, gallery, delivered[0], into=portfolio.pk)
    consent.withdraw(link)

    found = [one for one in things_waiting(gallery.owner) if one.kind == "consents"]

    assert [one.words for one in found] == ["Anna took a consent back: 1 photo is taken down"]


def test_who_may_not_share_sees_and_publishes_nothing(
    delivered, gallery, studios, log_in, portfolio
):
    user = testing.make_photographer("assistant", collection=studios.collection)
    permissions = user.groups.get().collection_permissions
    permissions.exclude(permission__codename="change_gallery").delete()
    browser = log_in(user)

    page = browser.get(gallery_url(gallery, "publish"))
    assert "Only who may share this gallery can publish them." in page.content.decode()
    assert 'name="act"' not in page.content.decode()
    for act in ("publish", "take_down", "withdraw"):
        assert post(browser, gallery, delivered[0], act=act, into=portfolio.pk).status_code == 200
    assert not shown()
    assert consent.publishing.allowed_photos(gallery).count() == 2


def test_a_page_of_many_asks_no_more_queries(delivered, gallery, maria, link):
    def count():
        with CaptureQueriesContext(connection) as queries:
            maria.get(gallery_url(gallery, "publish"))
        return len(queries)

    count()
    few = count()
    more = [testing.make_photo(gallery) for _ in range(6)]
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo) for photo in more])
    for photo in more:
        consent.give(link, photo.uuid)
    assert count() == few
