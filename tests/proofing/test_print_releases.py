"""The print release of a delivery: frozen, and given to those who may have the whole files."""

import pytest
from django.test import Client

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.sending import deliver
from pumbaphoto_wagtail.models import Delivery, Gallery, State

pytestmark = pytest.mark.django_db


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def address(delivery) -> str:
    return f"/galleries/download/delivery/{delivery.uuid}/print-release"


@pytest.fixture
def delivery(gallery):
    photo = testing.make_photo(gallery)
    Gallery.objects.update(state=State.DELIVERED)
    return testing.make_delivery(
        gallery, [testing.make_edit(gallery, photo)], print_release=b"%PDF-1.7 by Maria"
    )


def test_it_is_made_with_the_delivery_and_never_again(gallery, recipient):
    testing.make_edit(gallery)
    Gallery.objects.update(state=State.EDITING)
    gallery.refresh_from_db()
    made = deliver(gallery, actor=gallery.owner, print_release="You may print them.")
    before = body(recipient.get(address(made)))
    assert before.startswith(b"%PDF-")
    Gallery.objects.update(title="Renamed since")
    assert body(recipient.get(address(made))) == before


def test_a_delivery_without_words_has_none(gallery, recipient):
    testing.make_edit(gallery)
    Gallery.objects.update(state=State.EDITING)
    gallery.refresh_from_db()
    made = deliver(gallery, actor=gallery.owner, print_release="  ")
    assert made.print_release is None
    assert recipient.get(address(made)).status_code == 404


def test_it_is_saved_as_a_pdf_and_goes_on_where_it_stopped(delivery, recipient):
    response = recipient.get(address(delivery))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="print-release.pdf"'
    rest = recipient.get(address(delivery), headers={"Range": "bytes=9-"})
    assert (rest.status_code, body(rest)) == (206, b"by Maria")


def test_it_stays_when_newer_versions_have_taken_the_place_of_all(gallery, delivery, recipient):
    photo = gallery.photos.get()
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo, name="2.jpg", version=2)])
    assert recipient.get(address(delivery)).status_code == 200


@pytest.mark.parametrize("fields", [{"downloads": "web"}, {"downloads": "none"}])
def test_who_may_not_have_the_whole_files_has_nothing_to_print(
    gallery, delivery, enter, client, fields
):
    enter(testing.make_link(gallery, **fields))
    assert client.get(address(delivery)).status_code == 404


def test_it_is_closed_to_others(gallery, delivery, recipient, enter, client):
    assert Client().get(address(delivery)).status_code == 404
    elsewhere = testing.make_section(gallery, "Party")
    enter(testing.make_link(gallery, sections=[elsewhere]))
    assert client.get(address(delivery)).status_code == 404
    Gallery.objects.update(state=State.ARCHIVED)
    assert recipient.get(address(delivery)).status_code == 404
    assert Delivery.objects.get().print_release
