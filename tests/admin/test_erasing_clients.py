"""Erasing what is known of a client: everything personal goes, and the log names nobody."""

import pytest
from django.core import serializers
from django.urls import reverse
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import (
    Client,
    Gallery,
    Message,
    MessageKind,
    Pick,
    Selection,
    ShareLink,
)
from pumbaphoto_wagtail.proofing import forgetting, links, picks


@pytest.fixture
def anna(gallery, studios):
    """A client who has done all that a client can do."""
    anna = gallery.clients.get()
    link = links.create_link(
        gallery, actor=studios.maria, recipient="Anna Smith", client=anna, email="anna@example.com"
    )
    for photo in gallery.photos.all():
        picks.set_favourite(link, photo, True)
    picks.set_note(link, gallery.photos.first(), "Without Aunt Gerda")
    rose = testing.make_link(gallery, "Grandma Rose", email="rose@example.com")
    ShareLink.objects.filter(pk=rose.pk).update(shared_by=link)
    Message.objects.create(key="1", kind=MessageKind.LINK, gallery=gallery, share_link=link)
    links.send(link, studios.maria)
    return anna


def erase_url(client):
    return reverse(Client.snippet_viewset.get_url_name("erase"), args=[client.pk])


def everything(gallery):
    """All rows of ours and of the log, as text."""
    rows = [*Client.objects.all(), *ShareLink.objects.all(), *Selection.objects.all()]
    rows += [*Pick.objects.all(), *Message.objects.all(), *ModelLogEntry.objects.all()]
    return serializers.serialize("json", rows)


def test_nothing_names_the_client_any_more(maria, gallery, anna):
    answer = maria.post(erase_url(anna), {"name": "Anna Smith"})

    assert answer.status_code == 302
    left = everything(gallery)
    for personal in ("Anna", "anna@", "Rose", "rose@", "Gerda"):
        assert personal not in left
    assert not ShareLink.objects.filter(gallery=gallery).exists()
    assert gallery.photos.count() == 4


def test_the_log_says_that_it_was_done_and_not_to_whom(maria, gallery, anna, studios):
    maria.post(erase_url(anna), {"name": "Anna Smith"})

    entry = ModelLogEntry.objects.get(action=forgetting.ERASE)
    assert (entry.user, entry.label) == (studios.maria, "—")
    assert entry.data == {"links": 2, "selections": 1}
    assert "Shared with somebody" in maria.get(gallery_url(gallery, "history")).content.decode()


def test_what_goes_is_named_before(maria, gallery, anna):
    words = maria.get(erase_url(anna)).content.decode()

    for said in (
        "1 share link",
        "1 link that was shared",
        "1 selection",
        "1 note",
        "Smith wedding",
    ):
        assert said in words


def test_without_the_name_nothing_goes(maria, anna):
    assert maria.post(erase_url(anna), {"name": "Anna"}).status_code == 422
    assert Client.objects.filter(pk=anna.pk).exists()


def test_ticked_galleries_go_as_well(maria, gallery, anna):
    maria.post(erase_url(anna), {"name": "Anna Smith", "galleries": [gallery.pk]})

    assert not Gallery.objects.filter(pk=gallery.pk).exists()


def test_a_gallery_of_another_studio_cannot_be_ticked(maria, studios, anna):
    other = testing.make_gallery("Bert's", owner=studios.bert, collection=studios.other_collection)

    answer = maria.post(erase_url(anna), {"name": "Anna Smith", "galleries": [other.pk]})

    assert answer.status_code == 422
    assert Gallery.objects.filter(pk=other.pk).exists()


def test_what_hangs_on_another_studios_gallery_refuses_it_all(maria, studios, gallery, anna):
    other = testing.make_gallery("Bert's", owner=studios.bert, collection=studios.other_collection)
    testing.make_link(other, "Anna", client=anna)

    assert maria.post(erase_url(anna), {"name": "Anna Smith"}).status_code == 409
    assert Client.objects.filter(pk=anna.pk).exists()
    assert ShareLink.objects.filter(gallery=gallery).count() == 2


def test_another_studio_finds_nobody(log_in, studios, anna):
    assert log_in(studios.bert).get(erase_url(anna)).status_code == 404
    assert log_in(studios.bert).post(erase_url(anna), {"name": "Anna Smith"}).status_code == 404
    assert Client.objects.filter(pk=anna.pk).exists()


def test_other_clients_keep_everything(maria, gallery, anna, studios):
    tom = testing.make_client("Tom", collection=studios.collection, email="tom@example.com")
    kept = testing.make_link(gallery, "Tom", client=tom, email="tom@example.com")
    picks.set_favourite(kept, gallery.photos.first(), True)

    maria.post(erase_url(anna), {"name": "Anna Smith"})

    assert ShareLink.objects.get() == kept
    assert Pick.objects.filter(selection__share_link=kept).count() == 1


def test_the_way_there_is_offered_to_who_may(maria, anna):
    address = reverse(Client.snippet_viewset.get_url_name("inspect"), args=[anna.pk])

    assert erase_url(anna) in maria.get(address).content.decode()
