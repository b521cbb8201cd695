"""The number of queries of a page does not depend on the size of the shoot."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Edit, EditStatus, Pick, State, Upload, UploadBatch

SMALL, LARGE = 10, 1000
TABS = ["photos", "selections", "edits", "sharing", "delivery", "history", "settings"]


def shoot(studios, amount, title):
    """A gallery of ``amount`` photos, all of them picked with a note, half of them edited."""
    gallery = testing.make_gallery(
        title, owner=studios.maria, collection=studios.collection, site=studios.site
    )
    photos = testing.make_many_photos(gallery, amount)
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    selection = link.selections.create(round=1, submitted_at=timezone.now())
    Pick.objects.bulk_create(
        Pick(
            selection=selection,
            photo=photo,
            is_favourite=True,
            note="please",
            picked_at=timezone.now(),
        )
        for photo in photos
    )
    others = testing.make_many_photos(gallery, amount // 2, is_hidden=True)
    Edit.objects.bulk_create(
        Edit(gallery=gallery, photo=photo, stored_file=other.picture, status=EditStatus.MATCHED)
        for photo, other in zip(photos, others, strict=False)
    )
    batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
    Upload.objects.bulk_create(
        Upload(batch=batch, file_name=f"{number}.xmp", length=1, state="refused")
        for number in range(amount)
    )
    gallery.state = State.EDITING
    gallery.save()
    return gallery


def count(browser, address):
    browser.get(address)  # what is asked once and kept is not counted
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("tab", TABS)
def test_a_workspace_asks_as_often_for_1000_photos_as_for_10(tab, studios, maria):
    small, large = shoot(studios, SMALL, "Small"), shoot(studios, LARGE, "Large")

    assert count(maria, gallery_url(small, tab)) == count(maria, gallery_url(large, tab))


@pytest.mark.parametrize("wanted", ["selected", "noted", "refused"])
def test_so_do_the_filters(wanted, studios, maria):
    small, large = shoot(studios, SMALL, "Small"), shoot(studios, LARGE, "Large")

    counts = {count(maria, f"{gallery_url(gallery)}?show={wanted}") for gallery in (small, large)}

    assert len(counts) == 1


def compared(studios, amount, title):
    """Two rounds of two people who decide and one who suggests, each with ``amount`` picks."""
    gallery = testing.make_gallery(
        title, owner=studios.maria, collection=studios.collection, site=studios.site
    )
    gallery.round = 2
    gallery.save()
    photos = testing.make_many_photos(gallery, amount + 10)
    for number, name in enumerate(("Anna", "Tom", "Gerda")):
        link = testing.make_link(gallery, name, decides=name != "Gerda")
        for round_number in (1, 2):
            selection = link.selections.create(round=round_number, submitted_at=timezone.now())
            shift = number + round_number
            Pick.objects.bulk_create(
                Pick(
                    selection=selection,
                    photo=photo,
                    is_favourite=True,
                    note=f"note {round_number}",
                    picked_at=timezone.now(),
                )
                for photo in photos[shift : shift + amount]
            )
    return gallery


@pytest.mark.parametrize("show", ["chosen", "common", "suggested", "added", "renoted", "all"])
def test_comparing_asks_as_often_for_500_picks_as_for_10(show, studios, maria):
    small, large = compared(studios, SMALL, "Small"), compared(studios, 500, "Large")

    counts = [
        count(maria, f"{gallery_url(gallery, 'selections')}?show={show}")
        for gallery in (small, large)
    ]

    assert counts[0] == counts[1] <= 40


@pytest.mark.parametrize("name", ["choose_for", "paste_for", "send_for"])
def test_so_does_choosing_for_somebody(name, studios, maria):
    counts = set()
    for amount in (SMALL, 500):
        gallery = compared(studios, amount, f"{amount} photos")
        gallery.share_links.get(recipient="Tom").selections.filter(round=2).update(
            submitted_at=None
        )
        link = gallery.share_links.get(recipient="Tom")
        counts.add(count(maria, gallery_url(gallery, name, link_uuid=link.uuid)))

    assert len(counts) == 1


def test_so_do_500_names_that_were_pasted(studios, maria):
    counts = set()
    for amount in (SMALL, 500):
        gallery = compared(studios, amount, f"{amount} photos")
        link = testing.make_link(gallery, "Eve")
        names = "\n".join(gallery.photos.values_list("name", flat=True))
        address = gallery_url(gallery, "paste_for", link_uuid=link.uuid)
        maria.post(address, {"names": names, "act": "look"})
        with CaptureQueriesContext(connection) as queries:
            page = maria.post(address, {"names": names, "act": "look"})
        assert len(page.context["new"]) == amount + 10
        counts.add(len(queries))

    assert len(counts) == 1


def test_the_list_asks_as_often_for_many_galleries_as_for_one(studios, maria):
    shoot(studios, LARGE, "First")
    address = reverse("pumbaphoto_galleries:index")
    before = count(maria, address)
    for number in range(20):
        shoot(studios, SMALL, f"Shoot {number}")

    assert count(maria, address) == before


def test_a_workspace_stays_cheap(studios, maria):
    """A bound for what one look may cost, so that it is noticed when it grows."""
    gallery = shoot(studios, SMALL, "Small")

    assert max(count(maria, gallery_url(gallery, tab)) for tab in TABS) <= 60


def test_a_page_of_photos_is_60(studios, maria):
    gallery = shoot(studios, LARGE, "Large")

    page = maria.get(gallery_url(gallery), {"p": 2}).context["page_obj"]

    assert (len(page), page.paginator.count) == (60, LARGE + LARGE // 2)
