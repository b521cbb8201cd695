import re

import pytest
from django.core import mail

from pumbaphoto_wagtail import notifications, testing, workflow
from pumbaphoto_wagtail.models import Gallery, Message, MessageKind, Photo, ShareLink, State
from pumbaphoto_wagtail.proofing import picks, submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def photos(gallery):
    return [testing.make_photo(gallery, f"IMG_{number}.jpg") for number in range(1, 4)]


@pytest.fixture
def sent(link, photos):
    """A link whose holder has sent two hearts, and a note without one."""
    for photo in photos[:2]:
        picks.set_favourite(link, photo, True)
    picks.set_note(link, photos[0], "Warmer,\nplease")
    picks.set_note(link, photos[2], "Not this one")
    submission.submit_selection(link)
    return link


def address(gallery, list_name="to_edit", round_number=1):
    return f"/galleries/receipt/{gallery.uuid}/{list_name}/{round_number}/"


def words(response):
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(text.split())


def second_round(gallery):
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)


def test_a_receipt_says_what_was_sent_when_and_by_which_link(recipient, gallery, sent):
    text = words(recipient.get(address(gallery)))
    assert "2 photos, 2 notes" in text
    assert "the link of Anna" in text
    assert "Maria" in text
    for name in ("IMG_1.jpg Warmer, please", "IMG_2.jpg", "IMG_3.jpg only a note Not this one"):
        assert name in text


def test_the_words_of_thanks_lead_to_it(recipient, gallery, sent):
    assert address(gallery) in recipient.get(gallery.main_page.url).content.decode()


def test_a_receipt_is_a_page_of_our_own_that_nobody_keeps(recipient, gallery, sent):
    response = recipient.get(address(gallery))
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert "noindex" in response["X-Robots-Tag"]


def test_hiding_photos_later_changes_only_their_pictures(recipient, gallery, sent, photos):
    before = recipient.get(address(gallery))
    assert before.content.count(b"<img") == 3
    Photo.objects.filter(pk=photos[0].pk).update(is_hidden=True)
    after = recipient.get(address(gallery))
    assert after.content.count(b"<img") == 2
    assert words(after).replace("Not shown any more ", "") == words(before)


def test_exporting_a_photo_again_later_changes_no_word(recipient, gallery, sent, photos):
    before = words(recipient.get(address(gallery)))
    again = testing.make_stored_file(original_name="IMG_1.jpg", collection=gallery.collection)
    testing.make_renditions(again, width=60, height=40)
    Photo.objects.filter(pk=photos[0].pk).update(picture=again)
    assert words(recipient.get(address(gallery))) == before


def test_limits_and_titles_of_later_change_no_fact(recipient, gallery, sent):
    before = words(recipient.get(address(gallery)))
    Gallery.objects.update(included=1, maximum=1, state=State.EDITING)
    assert words(recipient.get(address(gallery))) == before


def test_in_an_archived_gallery_the_words_are_still_there(recipient, gallery, sent):
    Gallery.objects.update(state=State.ARCHIVED)
    response = recipient.get(address(gallery))
    assert "IMG_1.jpg" in words(response)
    assert b"<img" not in response.content


def test_what_is_not_offered_any_more_is_not_sent_and_not_on_the_receipt(
    recipient, gallery, link, photos
):
    for photo in photos:
        picks.set_favourite(link, photo, True)
    Photo.objects.filter(pk=photos[1].pk).update(is_hidden=True)
    submission.submit_selection(link)
    Photo.objects.update(is_hidden=False)
    text = words(recipient.get(address(gallery)))
    assert "2 photos" in text
    assert "IMG_2.jpg" not in text


def test_the_second_receipt_tells_the_difference_and_the_first_stays(
    recipient, gallery, sent, photos
):
    first = words(recipient.get(address(gallery)))
    second_round(gallery)
    picks.set_favourite(sent, photos[0], False)
    picks.set_favourite(sent, photos[2], True)
    picks.set_note(sent, photos[1], "Closer")
    submission.submit_selection(sent)
    text = words(recipient.get(address(gallery, round_number=2)))
    assert "Round 2: 1 added, 1 taken out, 1 note changed" in text
    assert "round before: IMG_1.jpg" in text
    assert "IMG_3.jpg new" in text
    assert "Closer changed" in text
    assert words(recipient.get(address(gallery))) == first


def test_while_the_second_round_is_open_the_first_receipt_is_offered(recipient, gallery, sent):
    second_round(gallery)
    text = recipient.get(gallery.main_page.url).content.decode()
    assert address(gallery) in text
    assert "What you sent before" in text


def test_what_the_photographer_sent_for_a_client_says_so(recipient, gallery, link, photos):
    picks.set_favourite(link, photos[0], True)
    submission.close_round(gallery, gallery.owner)
    assert "by Maria, for you" in words(recipient.get(address(gallery)))


@pytest.mark.parametrize("wanted", ["to_edit/2", "album/1", "nonsense/1", f"to_edit/{10**30}"])
def test_what_was_never_sent_has_no_receipt(recipient, gallery, sent, wanted):
    assert recipient.get(f"/galleries/receipt/{gallery.uuid}/{wanted}/").status_code == 404


def test_what_is_not_sent_yet_has_none_either(recipient, gallery, link, photos):
    picks.set_favourite(link, photos[0], True)
    assert recipient.get(address(gallery)).status_code == 404


def test_others_have_no_part_in_it(client, gallery, sent, enter):
    assert client.get(address(gallery)).status_code == 404
    enter(testing.make_link(gallery, "Tom"))
    assert client.get(address(gallery)).status_code == 404


def test_a_closed_link_meets_the_friendly_page(recipient, gallery, sent):
    ShareLink.objects.update(revoked_at="2026-01-01T00:00Z")
    response = recipient.get(address(gallery))
    assert response.status_code == 404
    assert "does not open anything" in response.content.decode()


def test_a_receipt_is_only_read(recipient, gallery, sent):
    assert recipient.post(address(gallery)).status_code == 405


def test_names_and_notes_are_inert(client, enter):
    gallery = testing.make_gallery("<script>__xss=1</script>")
    photo = testing.make_photo(gallery, name='"><img src=x onerror=alert(1)>.jpg')
    link = testing.make_link(gallery, "<b>Anna")
    picks.set_note(link, photo, "</p><script>__xss=1</script>")
    submission.submit_selection(link)
    enter(link)
    text = client.get(address(gallery)).content.decode()
    assert "<script>__xss" not in text
    assert "<img src=x" not in text
    assert "<b>Anna" not in text


@pytest.mark.parametrize("amount", [3, 300])
def test_a_long_receipt_costs_as_few_queries_as_a_short_one(
    gallery, link, recipient, amount, django_assert_max_num_queries
):
    for photo in testing.make_many_photos(gallery, amount):
        picks.Pick.objects.create(
            selection=picks.selection_to_change(link, gallery),
            photo=photo,
            is_favourite=True,
            picked_at="2026-01-01T00:00Z",
        )
    submission.submit_selection(link)
    with django_assert_max_num_queries(20):
        response = recipient.get(address(gallery))
    assert response.content.count(b"<img") == amount


# --- By mail -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MessageKind.RECEIPT, MessageKind.SELECTION_SUBMITTED])
def test_both_mails_name_every_photo_and_note(gallery, link, kind):
    photos = testing.make_many_photos(gallery, 40)
    for photo in photos:
        picks.set_favourite(link, photo, True)
    picks.set_note(link, photos[7], "Warmer")
    last = testing.make_photo(gallery, "LAST.jpg")
    picks.set_note(link, last, "Not this one")
    submission.submit_selection(link)
    notifications.send_message(Message.objects.get(kind=kind).pk)
    (message,) = mail.outbox
    for body in (message.body, message.alternatives[0].content):
        assert all(photo.name in body for photo in photos)
        assert f"{photos[7].name}: Warmer" in body
        assert "LAST.jpg: Not this one" in body


@pytest.mark.parametrize("kind", [MessageKind.RECEIPT, MessageKind.SELECTION_SUBMITTED])
def test_both_mails_tell_the_round_and_the_list(gallery, link, photos, kind):
    Gallery.objects.update(round=2, lists=["album"])
    picks.set_favourite(link, photos[0], True)
    picks.set_favourite(link, photos[0], True, "album")
    submission.submit_selection(link)
    submission.submit_selection(link, "album")
    for message in Message.objects.filter(kind=kind).order_by("pk"):
        notifications.send_message(message.pk)
    to_edit, album = (message.body for message in mail.outbox)
    assert "Round: 2" in to_edit
    assert "For:" not in to_edit
    assert "For: Album" in album
