import re
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from wagtail.models import Page, PageViewRestriction

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.models import Gallery, Kind, Photo, Pick, Selection, State
from pumbaphoto_wagtail.proofing import links, picks, submission
from pumbaphoto_wagtail.proofing.skeleton import PAGE_SIZE

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery)


def html(browser, gallery, path="", **query):
    response = browser.get(gallery.main_page.url + path, query)
    assert response.status_code == 200
    return response.content.decode()


def tiles(text):
    return re.findall(r'id="photo-([0-9a-f-]{36})"', text)


def restrict(page, kind, groups=()):
    restriction = PageViewRestriction.objects.create(page=page, restriction_type=kind)
    restriction.groups.set(groups)
    return restriction


# --- Who sees the page ---------------------------------------------------------------------------


def test_a_private_gallery_does_not_exist_for_a_stranger(client, gallery):
    assert client.get(gallery.main_page.url).status_code == 404


def test_the_review_of_a_private_gallery_does_not_exist_either(client, gallery):
    assert client.get(f"{gallery.main_page.url}review/").status_code == 404


@pytest.mark.parametrize("kind", [PageViewRestriction.LOGIN, PageViewRestriction.GROUPS])
def test_page_restrictions_do_not_keep_a_link_holder_out(recipient, gallery, photo, kind):
    restrict(gallery.main_page.get_parent(), kind)
    assert tiles(html(recipient, gallery)) == [str(photo.uuid)]


def test_page_restrictions_narrow_what_a_policy_opens(client, gallery, photo):
    testing.make_policy(gallery=gallery)
    assert client.get(gallery.main_page.url).status_code == 200
    restrict(gallery.main_page, PageViewRestriction.GROUPS, [Group.objects.create(name="Few")])
    assert client.get(gallery.main_page.url).status_code == 302


def test_a_former_holder_of_a_restricted_page_is_told_so_rather_than_asked_to_log_in(
    recipient, gallery, link
):
    restrict(gallery.main_page, PageViewRestriction.LOGIN)
    links.revoke(link, None)
    response = recipient.get(gallery.main_page.url)
    assert response.status_code == 404
    assert "does not open anything" in response.content.decode()


def test_a_page_without_a_gallery_does_not_exist(recipient, gallery):
    page = gallery.main_page.specific
    page.gallery = None
    page.save()
    assert recipient.get(page.url).status_code == 404


def test_the_page_is_private_and_obeys_the_policy_the_site_chose(recipient, gallery, settings):
    for chosen, header in (
        ("report-only", "Content-Security-Policy-Report-Only"),
        ("enforce", "Content-Security-Policy"),
    ):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": chosen}
        response = recipient.get(gallery.main_page.url)
        assert "default-src 'none'" in response[header]
        assert response["Cache-Control"] == "private, no-store"
        assert "noindex" in response["X-Robots-Tag"]
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "off"}
    headers = recipient.get(gallery.main_page.url).headers
    assert not any("Content-Security" in name for name in headers)


def test_a_listed_public_gallery_may_be_found_by_search_engines(client, gallery, photo):
    testing.make_policy(gallery=gallery)
    assert "X-Robots-Tag" in client.get(gallery.main_page.url)
    Gallery.objects.update(is_listed=True)
    assert "X-Robots-Tag" not in client.get(gallery.main_page.url)


def test_only_listed_public_galleries_are_in_the_sitemap(gallery, rf):
    def in_sitemap():
        return Page.objects.get(pk=gallery.main_page_id).specific.get_sitemap_urls(rf.get("/"))

    assert in_sitemap() == []
    testing.make_policy(gallery=gallery)
    assert in_sitemap() == []
    Gallery.objects.update(is_listed=True)
    assert len(in_sitemap()) == 1


# --- What they see -------------------------------------------------------------------------------


def test_a_recipient_sees_what_is_offered_and_can_choose(recipient, gallery, photo):
    testing.make_photo(gallery, is_hidden=True)
    testing.make_photo(gallery, is_shown=False)
    text = html(recipient, gallery)
    assert tiles(text) == [str(photo.uuid)]
    assert "Choose your favourites" in text
    assert 'name="give-heart"' in text


def test_tiles_know_their_size_before_the_picture_is_there(recipient, gallery):
    testing.make_photo(gallery, width=400, height=600)
    text = html(recipient, gallery)
    assert "pumba-r67" in text
    assert 'width="400" height="600"' in text


def test_a_link_that_only_looks_has_no_hearts(client, gallery, photo, enter):
    enter(testing.make_link(gallery, may_choose=False))
    text = html(client, gallery)
    assert tiles(text)
    assert "-heart" not in text.replace("pumba-heart", "")


def test_a_visitor_by_policy_has_no_hearts_and_no_words_for_clients(client, gallery, photo):
    testing.make_policy(gallery=gallery)
    text = html(client, gallery)
    assert tiles(text) == [str(photo.uuid)]
    assert "give-heart" not in text
    assert "Choose your favourites" not in text


def test_the_photographer_sees_a_preview_of_what_is_offered(client, gallery, photo):
    testing.make_photo(gallery, is_hidden=True)
    client.force_login(testing.make_photographer())
    text = html(client, gallery)
    assert "Preview" in text
    assert tiles(text) == [str(photo.uuid)]
    assert "give-heart" not in text


def test_a_photographer_with_a_clients_link_is_told_whose_choice_it_is(recipient, gallery, photo):
    recipient.force_login(testing.make_photographer())
    text = html(recipient, gallery)
    assert "choice" in text
    assert "Anna" in text
    assert 'name="give-heart"' in text


def test_a_titled_section_is_a_heading_to_jump_to(recipient, gallery):
    for position, title in enumerate(["Ceremony", "Party"]):
        section = testing.make_section(gallery, title, position=position)
        testing.make_photo(gallery, section=section)
    text = html(recipient, gallery)
    assert text.index(">Ceremony</h2>") < text.index(">Party</h2>")
    assert f'href="#section-{section.uuid}"' in text


def test_titles_and_notes_are_inert(client, enter):
    gallery = testing.make_gallery("<script>__xss=1</script>")
    photo = testing.make_photo(gallery, name='"><img src=x onerror=alert(1)>.jpg')
    link = testing.make_link(gallery)
    picks.set_note(link, photo, "</textarea></script><script>__xss=1</script>")
    enter(link)
    for path in ("", "review/"):
        text = html(client, gallery, path)
        assert "<script>__xss" not in text
        assert "<img src=x" not in text


def test_words_follow_the_limits_and_the_date(recipient, gallery):
    Gallery.objects.update(included=50, due_date=date(2099, 7, 12))
    text = html(recipient, gallery)
    assert "50 photos are included." in text
    assert "Maria would like to have your choice by 12 July." in text


def test_a_late_choice_is_still_a_choice(recipient, gallery, photo):
    Gallery.objects.update(due_date=date(2020, 7, 12))
    assert 'name="give-heart"' in html(recipient, gallery)


STATE_NAMES = ("Selections Submitted", "Editing In Progress", "Edits Delivered", "Archived")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.SUBMITTED, "Maria has the selection"),
        (State.EDITING, "Maria is editing, about 12 July"),
        (State.DELIVERED, "Maria has finished"),
        (State.ARCHIVED, "Safely stored"),
    ],
)
def test_every_state_has_words_a_person_would_say(recipient, gallery, photo, state, words):
    Gallery.objects.update(state=state, edits_expected_on=date(2099, 7, 12))
    text = html(recipient, gallery)
    assert words in text
    assert not any(name in text for name in STATE_NAMES)
    assert "give-heart" not in text


def test_an_archived_gallery_shows_its_client_a_closed_page_without_photos(
    recipient, gallery, photo
):
    Gallery.objects.update(state=State.ARCHIVED)
    text = html(recipient, gallery)
    assert "Ask Maria" in text
    assert not tiles(text)
    assert "/media/" not in text


def test_finished_photos_are_not_chosen(client, enter):
    gallery = testing.make_gallery(kind=Kind.FINISHED)
    testing.make_photo(gallery)
    enter(testing.make_link(gallery))
    text = html(client, gallery)
    assert "almost ready" in text
    assert "give-heart" not in text


def test_delivered_edits_hang_with_their_downloads(recipient, gallery, photo):
    edit = testing.make_edit(gallery, photo)
    delivery = testing.make_delivery(gallery, [edit])
    Gallery.objects.update(state=State.DELIVERED)
    text = html(recipient, gallery)
    item = delivery.items.get()
    assert tiles(text) == [str(item.uuid)]
    assert f"/galleries/download/item/{item.uuid}" in text
    assert f"/galleries/download/gallery/{gallery.uuid}" in text


def test_the_words_of_the_newest_delivery_stand_above_the_photos(recipient, gallery, photo):
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo)], words="The first few")
    edit = testing.make_edit(gallery, photo, version=2)
    testing.make_delivery(gallery, [edit], words="All of them!\n\n<b>Yours, Maria</b>")
    Gallery.objects.update(state=State.DELIVERED)
    text = html(recipient, gallery)
    assert "<p>All of them!</p>" in text
    assert "<p>&lt;b&gt;Yours, Maria&lt;/b&gt;</p>" in text
    assert "The first few" not in text


def test_a_link_without_downloads_sees_the_edits_only(client, gallery, photo, enter):
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo)])
    Gallery.objects.update(state=State.DELIVERED)
    enter(testing.make_link(gallery, downloads="none"))
    text = html(client, gallery)
    assert tiles(text)
    assert "/galleries/download/" not in text


# --- Choosing without JavaScript -----------------------------------------------------------------


def test_a_heart_is_given_and_taken_with_a_plain_form(recipient, gallery, photo):
    url = gallery.main_page.url
    response = recipient.post(url, {"give-heart": photo.uuid})
    assert response.status_code == 303
    assert response["Location"] == f"{url}#photo-{photo.uuid}"
    assert Pick.objects.get().is_favourite
    assert 'name="take-heart"' in html(recipient, gallery)
    recipient.post(url, {"take-heart": photo.uuid})
    assert not Pick.objects.exists()


def test_the_filters_show_favourites_and_notes(recipient, gallery, link):
    hearted, noted, _plain = (testing.make_photo(gallery) for _ in range(3))
    picks.set_favourite(link, hearted, True)
    picks.set_note(link, noted, "Warmer")
    assert tiles(html(recipient, gallery, show="favourites")) == [str(hearted.uuid)]
    assert tiles(html(recipient, gallery, show="notes")) == [str(noted.uuid)]
    assert len(tiles(html(recipient, gallery, show="nonsense"))) == 3


def test_a_foreign_photo_in_a_form_is_refused(recipient, gallery):
    foreign = testing.make_photo(testing.make_gallery())
    response = recipient.post(gallery.main_page.url, {"give-heart": foreign.uuid})
    assert response.status_code == 404
    assert not Pick.objects.exists()


@pytest.mark.parametrize("value", ["", "x", "'; drop table"])
def test_nonsense_in_a_form_is_refused(recipient, gallery, value):
    assert recipient.post(gallery.main_page.url, {"give-heart": value}).status_code == 404


def test_beyond_the_maximum_the_page_says_so(recipient, gallery, link, photo):
    Gallery.objects.update(maximum=1)
    picks.set_favourite(link, testing.make_photo(gallery), True)
    response = recipient.post(gallery.main_page.url, {"give-heart": photo.uuid})
    assert response.status_code == 409
    assert "You can choose 1 photo at most." in response.content.decode()


def test_forms_need_the_csrf_token(gallery, link, photo):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/galleries/s/{links.token(link)}")
    assert browser.post(gallery.main_page.url, {"give-heart": photo.uuid}).status_code == 403
    assert not Pick.objects.exists()


def test_a_stranger_cannot_post(client, gallery, photo):
    testing.make_policy(gallery=gallery)
    assert client.post(gallery.main_page.url, {"give-heart": photo.uuid}).status_code == 403


def test_the_review_shows_hearts_and_notes(recipient, gallery, link):
    hearted, noted, plain = (testing.make_photo(gallery) for _ in range(3))
    picks.set_favourite(link, hearted, True)
    picks.set_note(link, noted, "Warmer")
    text = html(recipient, gallery, "review/")
    assert f'data-photo="{hearted.uuid}"' in text
    assert f'data-photo="{noted.uuid}"' in text
    assert f'data-photo="{plain.uuid}"' not in text
    assert "Warmer" in text


def test_the_review_sends_with_the_notes_that_stand_on_it(recipient, gallery, link, photo):
    picks.set_favourite(link, photo, True)
    response = recipient.post(
        f"{gallery.main_page.url}review/", {f"note-{photo.uuid}": "Warmer", "send": "1"}
    )
    assert response.status_code == 303
    assert Selection.objects.get().is_submitted
    assert Pick.objects.get().note == "Warmer"
    text = html(recipient, gallery)
    assert "Thank you, Maria has your 1" in text
    assert "Warmer" in text


def test_the_review_removes_one_and_keeps_the_notes(recipient, gallery, link):
    first, second = testing.make_photo(gallery), testing.make_photo(gallery)
    for photo in (first, second):
        picks.set_favourite(link, photo, True)
    recipient.post(
        f"{gallery.main_page.url}review/",
        {"take-heart": first.uuid, f"note-{second.uuid}": "Warmer"},
    )
    assert [(pick.photo, pick.note) for pick in Pick.objects.all()] == [(second, "Warmer")]


def test_a_refused_sending_keeps_what_was_typed(recipient, gallery, link, photo):
    Gallery.objects.update(minimum=2)
    picks.set_favourite(link, photo, True)
    response = recipient.post(
        f"{gallery.main_page.url}review/", {f"note-{photo.uuid}": "Warmer", "send": "1"}
    )
    assert response.status_code == 409
    text = response.content.decode()
    assert "choose 1 more" in text
    assert "Warmer" in text
    assert not Selection.objects.get().is_submitted


def test_a_note_that_is_too_long_is_refused_and_stays_in_the_form(recipient, gallery, link, photo):
    picks.set_favourite(link, photo, True)
    response = recipient.post(
        f"{gallery.main_page.url}review/", {f"note-{photo.uuid}": "y" * 2001, "send": "1"}
    )
    assert response.status_code == 400
    assert "y" * 2001 in response.content.decode()
    assert not Selection.objects.get().is_submitted


def test_after_sending_the_selection_is_shown_frozen(recipient, gallery, link, photo):
    testing.make_photo(gallery)
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    text = html(recipient, gallery)
    assert tiles(text) == [str(photo.uuid)]
    assert "give-heart" not in text
    assert recipient.get(f"{gallery.main_page.url}review/").status_code == 303


def test_a_sent_selection_is_taken_back_with_a_plain_form(recipient, gallery, link, photo):
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    recipient.post(gallery.main_page.url, {"take-back": "1"})
    assert "Choose your favourites" in html(recipient, gallery)


def test_a_heart_from_a_page_that_is_out_of_date_is_409(recipient, gallery, link, photo):
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    response = recipient.post(gallery.main_page.url, {"take-heart": photo.uuid})
    assert response.status_code == 409
    assert "sent already" in response.content.decode()


def test_a_second_round_starts_with_the_first_ones_picks(recipient, gallery, link, photo):
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    assert "Choose your favourites" in html(recipient, gallery)
    assert tiles(html(recipient, gallery, show="favourites")) == [str(photo.uuid)]


# --- Many ----------------------------------------------------------------------------------------


def test_a_long_gallery_comes_in_pages(recipient, gallery):
    testing.make_many_photos(gallery, PAGE_SIZE + 5)
    assert len(tiles(html(recipient, gallery))) == PAGE_SIZE
    assert len(tiles(html(recipient, gallery, page=2))) == 5
    assert len(tiles(html(recipient, gallery, page=99))) == 5


def test_a_section_on_another_page_is_jumped_to(recipient, gallery):
    first = testing.make_section(gallery, "Ceremony", position=1)
    second = testing.make_section(gallery, "Party", position=2)
    testing.make_many_photos(gallery, PAGE_SIZE + 1, section=first)
    testing.make_many_photos(gallery, 2, section=second)
    assert f'href="?page=2#section-{second.uuid}"' in html(recipient, gallery)


@pytest.mark.parametrize("amount", [10, 1000])
def test_the_page_costs_the_same_queries_for_any_number_of_photos(
    recipient, gallery, link, amount, django_assert_max_num_queries
):
    photos = testing.make_many_photos(gallery, amount)
    # There since before the first share, as most are.
    Photo.objects.update(created_at=gallery.created_at)
    for photo in photos[:5]:
        picks.set_favourite(link, photo, True)
    html(recipient, gallery)
    # Of the fifteen there may be, a site's own template with a menu takes four.
    with django_assert_max_num_queries(11):
        html(recipient, gallery)
    with django_assert_max_num_queries(11):
        html(recipient, gallery, show="favourites")


@pytest.mark.parametrize("amount", [3, 60])
def test_a_delivery_costs_the_same_queries_for_any_number_of_files(
    recipient, gallery, amount, django_assert_max_num_queries
):
    photos = testing.make_many_photos(gallery, amount)
    edits = [testing.make_edit(gallery, photo) for photo in photos[:3]]
    testing.make_delivery(gallery, edits)
    Gallery.objects.update(state=State.DELIVERED)
    html(recipient, gallery)
    with django_assert_max_num_queries(15):
        html(recipient, gallery)


# --- The editor's preview ------------------------------------------------------------------------


@pytest.mark.parametrize("is_photographer", [True, False])
def test_the_editors_preview_shows_photos_only_to_the_gallerys_photographers(
    rf, gallery, photo, is_photographer
):
    request = rf.get("/")
    request.user = testing.make_photographer() if is_photographer else testing.make_user()
    response = gallery.main_page.specific.serve_preview(request, "")
    text = response.render().content.decode()
    assert gallery.title in text
    assert bool(tiles(text)) is is_photographer
