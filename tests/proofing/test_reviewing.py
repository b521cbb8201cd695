import re

import pytest
from django.utils import timezone

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.models import Gallery, Photo, Pick, Selection
from pumbaphoto_wagtail.proofing import picks, submission
from pumbaphoto_wagtail.proofing.reviewing import PAGE_SIZE

pytestmark = pytest.mark.django_db


@pytest.fixture
def photos(gallery):
    return [testing.make_photo(gallery, f"IMG_{number}.jpg") for number in range(1, 4)]


@pytest.fixture
def chosen(link, photos):
    for photo in photos:
        picks.set_favourite(link, photo, True)
    return link


def url(gallery):
    return f"{gallery.main_page.url}review/"


def words(response):
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def seen_in(response):
    return re.search(r'name="seen" value="(\w+)"', response.content.decode())[1]


def choose_many(link, gallery, amount):
    selection = picks.selection_to_change(link, gallery)
    Pick.objects.bulk_create(
        Pick(selection=selection, photo=photo, is_favourite=True, picked_at=timezone.now())
        for photo in testing.make_many_photos(gallery, amount)
    )


def test_the_review_says_what_is_missing_and_sends_nothing(recipient, gallery, chosen):
    Gallery.objects.update(minimum=5)
    response = recipient.get(url(gallery))
    assert "choose 2 more" in words(response)
    assert "disabled" in response.content.decode().split("data-pumba-send")[1][:20]


def test_the_review_says_what_is_extra(recipient, gallery, chosen):
    Gallery.objects.update(included=2, extras_words="at 15 €")
    assert "2 included, 1 extra at 15 €" in words(recipient.get(url(gallery)))


def test_what_is_not_offered_any_more_is_counted_and_named(recipient, gallery, chosen, photos):
    Photo.objects.filter(pk__in=[photos[0].pk, photos[2].pk]).update(is_hidden=True)
    text = words(recipient.get(url(gallery)))
    assert (
        "2 of your photos are no longer offered and will not be sent: IMG_1.jpg, IMG_3.jpg." in text
    )
    assert "1 chosen" in text


def test_of_many_that_are_not_offered_the_first_are_named(recipient, gallery, link):
    choose_many(link, gallery, 25)
    Photo.objects.update(is_hidden=True)
    text = words(recipient.get(url(gallery)))
    assert "25 of your photos are no longer offered" in text
    assert "and 15 more." in text


def test_what_another_device_chose_meanwhile_is_not_sent_unseen(recipient, gallery, chosen):
    seen = seen_in(recipient.get(url(gallery)))
    picks.set_favourite(chosen, testing.make_photo(gallery), True)
    response = recipient.post(url(gallery), {"send": "1", "seen": seen})
    assert response.status_code == 409
    assert "Your selection has changed since. Please look once more." in words(response)
    assert not Selection.objects.get().is_submitted
    again = recipient.post(url(gallery), {"send": "1", "seen": seen_in(response)})
    assert again.status_code == 303
    assert Selection.objects.get().is_submitted


def test_a_review_of_the_round_before_does_not_send_this_one(recipient, gallery, chosen):
    seen = seen_in(recipient.get(url(gallery)))
    submission.submit_selection(chosen)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    assert recipient.post(url(gallery), {"send": "1", "seen": seen}).status_code == 409
    assert not Selection.objects.filter(round=2, submitted_at__isnull=False).exists()


def test_notes_typed_before_sending_are_sent_with_it(recipient, gallery, chosen, photos):
    seen = seen_in(recipient.get(url(gallery)))
    data = {f"note-{photos[0].uuid}": "Warmer", "send": "1", "seen": seen}
    assert recipient.post(url(gallery), data).status_code == 303
    assert Selection.objects.get().picks.get(photo=photos[0]).note == "Warmer"


def test_turning_the_page_keeps_the_notes(recipient, gallery, link, photos):
    choose_many(link, gallery, PAGE_SIZE + 5)
    first = Pick.objects.order_by("photo__name_key").first().photo
    response = recipient.post(url(gallery), {f"note-{first.uuid}": "Warmer", "page": 1, "to": 2})
    assert response["Location"] == f"{url(gallery)}?page=2"
    assert Pick.objects.get(photo=first).note == "Warmer"
    text = recipient.get(url(gallery), {"page": 2}).content.decode()
    assert text.count("<textarea") == 5
    assert f"{PAGE_SIZE + 1}–{PAGE_SIZE + 5} of {PAGE_SIZE + 5}" in text


@pytest.mark.parametrize("page", ["0", "-1", "99", "<script>", "1" * 50])
def test_a_page_that_is_not_there_is_the_nearest(recipient, gallery, chosen, page):
    assert recipient.get(url(gallery), {"page": page}).status_code == 200


def test_a_second_round_says_what_has_changed_so_far(recipient, gallery, chosen, photos):
    submission.submit_selection(chosen)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    assert "Round 2: add or change what you like." in words(recipient.get(url(gallery)))
    picks.set_favourite(chosen, photos[0], False)
    picks.set_favourite(chosen, testing.make_photo(gallery), True)
    response = recipient.get(url(gallery))
    assert "So far: 1 added, 1 taken out." in words(response)
    assert words(response).count("New in this round") == 1


@pytest.mark.parametrize("amount", [3, 500])
def test_a_long_review_costs_as_few_queries_as_a_short_one(
    gallery, link, recipient, amount, django_assert_max_num_queries
):
    choose_many(link, gallery, amount)
    with django_assert_max_num_queries(30):
        recipient.get(url(gallery))


def test_being_late_is_said_and_locks_nothing(recipient, gallery, chosen):
    Gallery.objects.update(due_date="2020-07-12")
    response = recipient.get(url(gallery))
    assert "Maria hoped to have your choice by 12 July." in words(response)
    data = {"send": "1", "seen": seen_in(response)}
    assert recipient.post(url(gallery), data).status_code == 303


def test_thanks_count_what_was_sent_whatever_is_hidden_afterwards(recipient, gallery, chosen):
    submission.submit_selection(chosen)
    Photo.objects.filter(name="IMG_1.jpg").update(is_hidden=True)
    assert "Maria has your 3" in words(recipient.get(gallery.main_page.url))
