"""The bar above the grid that shows what came after the first share."""

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Message, MessageKind, State

from .conftest import in_state, words_of

BAR = "pumba-waiting"


def waiting_photo(gallery, name="NEW_1.jpg"):
    return testing.make_photo(gallery, name, is_shown=False)


def test_the_bar_names_who_would_be_told(maria, gallery, link):
    waiting_photo(gallery)
    waiting_photo(gallery, "NEW_2.jpg")

    page = maria.get(gallery_url(gallery))

    assert "Show 2 and tell Anna" in page.content.decode()


def test_without_such_photos_there_is_no_bar(maria, gallery, link):
    assert BAR not in maria.get(gallery_url(gallery)).content.decode()


def test_an_archived_gallery_has_no_bar(maria, gallery, link):
    waiting_photo(gallery)
    in_state(gallery, State.ARCHIVED)

    assert BAR not in maria.get(gallery_url(gallery)).content.decode()


def test_pressing_it_shows_them_and_tells_the_client(maria, gallery, link):
    photo = waiting_photo(gallery)

    answer = maria.post(gallery_url(gallery, "show"), {"tell": "1"}, follow=True)

    photo.refresh_from_db()
    assert photo.is_shown
    assert "1 photo is shown now." in words_of(answer)
    assert Message.objects.filter(kind=MessageKind.NEW_PHOTOS, share_link=link).count() == 1


def test_telling_is_optional(maria, gallery, link):
    waiting_photo(gallery)

    maria.post(gallery_url(gallery, "show"))

    assert not Message.objects.filter(kind=MessageKind.NEW_PHOTOS).exists()


def test_another_studio_finds_nothing(log_in, studios, gallery, link):
    photo = waiting_photo(gallery)

    assert log_in(studios.bert).post(gallery_url(gallery, "show")).status_code == 404
    photo.refresh_from_db()
    assert not photo.is_shown
