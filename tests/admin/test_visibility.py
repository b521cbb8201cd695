""" "Who can see this?": what is answered is what holds, and what holds is said in words."""

import pytest
from django.contrib.auth.models import Group
from wagtail.models import PageViewRestriction

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.who_sees import meaning
from pumbaphoto_wagtail.albums import offers_album
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, State, Visibility
from pumbaphoto_wagtail.proofing import links

from .conftest import in_state


@pytest.fixture
def guest(db):
    return testing.make_user("guest", first_name="Gita", last_name="Rao")


@pytest.fixture
def club(db):
    return Group.objects.create(name="Club")


@pytest.fixture
def answer(maria, gallery):
    def answer(answer, **data):
        response = maria.post(
            gallery_url(gallery, "visibility"), {"answer": answer, **data}, follow=True
        )
        gallery.refresh_from_db()
        return response

    return answer


def may_see(gallery, user=None):
    viewer = access.Viewer(user=user) if user else access.Viewer()
    return access.may_see_gallery(viewer, Gallery.objects.get(pk=gallery.pk))


def portfolio(gallery):
    """An index page above the gallery's page that lets everybody in."""
    page = gallery.main_page.get_parent()
    testing.make_policy(Visibility.PUBLIC, page=page)
    return page


def test_nobody_without_a_link_to_begin_with(maria, gallery, guest):
    page = maria.get(gallery_url(gallery, "sharing"))

    assert page.context["visibility_form"]["answer"].value() == "links"
    assert not may_see(gallery, guest)
    assert "Nobody else can see it." in page.content.decode()


def test_everyone(gallery, answer):
    answer("everyone", is_listed="on")

    assert may_see(gallery)
    assert gallery.is_listed
    assert "Everyone who comes to the page can look at the photos." in meaning(gallery)


def test_members_are_named_by_user_name_or_address_and_by_group(gallery, answer, guest, club):
    friend = testing.make_user("friend")
    friend.groups.add(club)

    answer("members", people="GUEST@example.com", groups=[club.pk])

    assert may_see(gallery, guest)
    assert may_see(gallery, friend)
    assert not may_see(gallery, testing.make_user("stranger"))
    assert not may_see(gallery)
    assert "Gita Rao and the group “Club” can look at the photos when signed in." in meaning(
        gallery
    )


def test_back_to_people_with_a_link(gallery, answer, guest, maria):
    answer("members", people="guest")
    answer("links")

    assert not may_see(gallery, guest)
    page = maria.get(gallery_url(gallery, "sharing"))
    assert page.context["visibility_form"]["answer"].value() == "links"
    assert page.context["visibility_form"]["people"].value() == ""


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"answer": "members"}, "people", "Name somebody, or a group."),
        (
            {"answer": "members", "people": "guest nobody"},
            "people",
            "Nobody here has this name or address: nobody",
        ),
        ({"answer": "nonsense"}, "answer", "not one of the available choices"),
        ({"answer": "members", "people": " ".join(map(str, range(300)))}, "people", "too many"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(data, field, words, gallery, maria, guest):
    response = maria.post(gallery_url(gallery, "visibility"), data)

    assert response.status_code == 422
    assert words in str(response.context["visibility_form"].errors[field])
    assert not AccessPolicy.objects.exists()


def test_two_people_of_one_address_are_nobody(gallery, answer, guest):
    testing.make_user("twin", email=guest.email)

    assert answer("members", people=guest.email).status_code == 422


def test_the_same_answer_again_changes_and_logs_nothing(gallery, answer, maria):
    for _time in range(2):
        answer("everyone")

    page = maria.get(gallery_url(gallery, "history")).content.decode()
    assert page.count("Changed who can see the gallery") == 1


def test_an_index_page_that_decides_is_named_and_may_be_followed(gallery, answer, maria):
    index = portfolio(gallery)
    page = maria.get(gallery_url(gallery, "sharing"))

    assert page.context["visibility_form"]["answer"].value() == "inherited"
    assert f"because the page “{index.title}” says so." in page.content.decode()
    assert may_see(gallery)


def test_people_with_a_link_also_means_so_below_an_open_index_page(gallery, answer):
    portfolio(gallery)

    answer("links")
    assert not may_see(gallery)

    answer("inherited")
    assert may_see(gallery)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PageViewRestriction.LOGIN, "lets in only who is signed in"),
        (PageViewRestriction.PASSWORD, "asks for its password"),
        (PageViewRestriction.GROUPS, "lets in only Club"),
    ],
)
def test_page_restrictions_that_narrow_it_are_told(kind, words, gallery, answer, club):
    page = gallery.main_page.get_parent()
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=kind, password="secret"
    )
    restriction.groups.add(club)
    answer("everyone")

    (sentence,) = [one for one in meaning(gallery) if page.title in one]
    assert words in sentence
    assert "secret" not in " ".join(meaning(gallery))


def test_a_draft_page_is_told(gallery, answer):
    answer("everyone")
    gallery.main_page.unpublish()

    assert "its page is a draft" in " ".join(meaning(Gallery.objects.get(pk=gallery.pk)))


def test_a_missing_page_is_told(gallery, answer):
    answer("everyone")
    Gallery.objects.update(main_page=None)

    assert "no page on the site yet" in " ".join(meaning(Gallery.objects.get(pk=gallery.pk)))


def test_an_archived_gallery_is_told(gallery, answer):
    answer("everyone")
    in_state(gallery, State.ARCHIVED)

    assert "nobody sees its photos until it is restored" in " ".join(meaning(gallery))


def test_open_links_are_counted(gallery, link):
    assert meaning(gallery)[0] == "One link is open: whoever has it can look."
    links.revoke(link, None)
    assert meaning(gallery)[0] == "No link is open."


def test_photos_with_rules_of_their_own_are_counted(gallery, photos):
    testing.make_policy(Visibility.PUBLIC, photo=photos[0])

    assert "1 photo has a rule of its own." in meaning(gallery)


def test_the_state_is_left_alone(gallery, answer):
    in_state(gallery, State.SUBMITTED)

    answer("everyone", is_listed="on")

    assert gallery.state == State.SUBMITTED


@pytest.mark.parametrize(("says", "is_offered"), [("yes", True), ("no", False), ("", True)])
def test_whether_photos_may_be_taken_along_is_said_apart(gallery, answer, says, is_offered):
    answer("everyone", offers_zip=says)
    assert offers_album(Gallery.objects.get(pk=gallery.pk)) is is_offered


def test_what_is_said_about_downloads_holds_also_where_the_surroundings_say_who_looks(
    gallery, answer
):
    page = gallery.main_page.get_parent()
    testing.make_policy(Visibility.PUBLIC, page=page, offers_zip=False)
    words = answer("inherited", offers_zip="yes").content.decode()
    assert "may also download the photos as a ZIP" in words
    policy = AccessPolicy.objects.get(gallery=gallery)
    assert (policy.visibility, policy.offers_zip) == ("inherit", True)
    words = answer("inherited", offers_zip="").content.decode()
    assert "but not downloaded as a ZIP" in words
    assert not AccessPolicy.objects.filter(gallery=gallery).exists()
