"""Every list, report and log of the menu asks the database as often for many shoots as for few."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import State, Upload, UploadBatch, UploadState
from tests.admin_addresses import menu_addresses

STATES = (State.DELIVERED, State.SUBMITTED, State.ACTIVE)


def add_shoots(studios, amount, title):
    """Shoots with people, choices, edits, deliveries and refused files, in every state."""
    for number in range(amount):
        gallery = testing.make_gallery(
            f"{title} {number}",
            owner=studios.maria,
            collection=studios.collection,
            site=studios.site,
            has_page=False,
            state=STATES[number % len(STATES)],
            due_date=timezone.localdate(),
        )
        gallery.clients.add(testing.make_client(collection=studios.collection))
        photos = testing.make_many_photos(gallery, 3)
        link = testing.make_link(gallery, "Anna", email="anna@example.com")
        selection = link.selections.create(submitted_at=timezone.now())
        selection.picks.create(photo=photos[0], is_favourite=True, picked_at=timezone.now())
        edit = testing.make_edit(gallery, photos[1])
        if gallery.state == State.DELIVERED:
            testing.make_delivery(gallery, [edit])
        batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
        for state in (UploadState.REFUSED, UploadState.ACCEPTED):
            Upload.objects.create(batch=batch, file_name="a.xmp", length=1, state=state)


def counts(browser, addresses):
    found = {}
    for address in addresses:
        browser.get(address)  # what is asked once and kept is not counted
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address, follow=True).status_code == 200, address
        found[address] = len(queries)
    cache.clear()
    return found


@pytest.mark.parametrize("who", ["maria", "chief"])
def test_each_asks_as_often_for_5_shoots_as_for_2(who, studios, log_in):
    user = getattr(studios, who)
    browser, addresses = log_in(user), sorted(menu_addresses(user))
    add_shoots(studios, 2, "First")
    few = counts(browser, addresses)
    add_shoots(studios, 3, "Later")

    many = counts(browser, addresses)

    assert len(addresses) > 5
    assert {a: (few[a], many[a]) for a in addresses if many[a] > few[a]} == {}
