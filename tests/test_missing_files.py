"""Files that are missing: who is told of which, and in one e-mail a day."""

from datetime import date

import pytest
from django.core import mail
from wagtail.models import Site

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.missing_files import missing_in, told_of_missing
from pumbaphoto_wagtail.models import Message, Photo, Stage, StoredFile, StudioSettings
from pumbaphoto_wagtail.notifications import (
    due_messages,
    owe_files_missing,
    send_message,
    try_again,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 4)


@pytest.fixture
def site():
    return testing.make_site()


def a_gallery(title, owner, site, *, missing=1):
    """A gallery with one photograph that is there, and some whose files are missing."""
    gallery = testing.make_gallery(title, owner=owner, site=site, has_page=False)
    photos = [testing.make_photo(gallery, is_rendered=False) for _ in range(missing + 1)]
    lost = [photo.picture_id for photo in photos[1:]]
    StoredFile.objects.filter(pk__in=lost).update(stage=Stage.MISSING)
    return gallery


def keep(site, user) -> None:
    StudioSettings.objects.create(site=site, owner=user)


def counts(site, user) -> list[tuple[str, int]]:
    return [(one.gallery.title, one.count) for one in missing_in(site, user)]


def test_owners_are_told_of_their_own_where_nobody_keeps_the_site(site):
    maria, bert, carl = (testing.make_user(name) for name in ("maria", "bert", "carl"))
    a_gallery("Coast", maria, site, missing=2)
    a_gallery("Town", bert, site)
    a_gallery("Whole", carl, site, missing=0)

    assert told_of_missing(site) == [maria, bert]
    assert counts(site, maria) == [("Coast", 2)]


def test_the_keeper_is_told_of_all_they_may_see_and_owners_of_the_rest(site):
    keeper, bert = testing.make_user("keeper", is_superuser=True), testing.make_user("bert")
    a_gallery("Coast", keeper, site)
    a_gallery("Town", bert, site, missing=3)
    keep(site, keeper)

    assert told_of_missing(site) == [keeper]
    assert counts(site, keeper) == [("Town", 3), ("Coast", 1)]

    keeper.is_superuser = False
    keeper.save()
    assert told_of_missing(site) == [keeper, bert]
    assert counts(site, keeper) == [("Coast", 1)]


def test_nobody_is_told_of_other_sites_deleted_photos_and_deleted_galleries(site):
    maria = testing.make_user("maria")
    elsewhere = Site.objects.create(hostname="other.example", root_page=site.root_page)
    a_gallery("Elsewhere", maria, elsewhere)
    deleted = a_gallery("Deleted", maria, site)
    without = a_gallery("Without", maria, site)
    Photo.objects.filter(gallery=without).update(deleted_at="2026-01-01T00:00Z", is_hidden=True)
    type(deleted).objects.filter(pk=deleted.pk).update(deleted_at="2026-01-01T00:00Z")

    assert told_of_missing(site) == []
    assert counts(site, maria) == []


def test_one_mail_a_day_tells_what_is_missing_when_it_leaves(site):
    maria = testing.make_user("maria", email="maria@example.com")
    gallery = a_gallery("Coast", maria, site)
    first, again = (owe_files_missing(site, maria, DAY) for _ in range(2))
    assert first == again
    assert first in due_messages()
    lost = Photo.objects.filter(gallery=gallery).values("picture")
    StoredFile.objects.filter(pk__in=lost).update(stage=Stage.MISSING)

    assert send_message(first.pk)
    assert mail.outbox[0].to == ["maria@example.com"]
    assert "Coast: 2 files" in mail.outbox[0].body
    assert f"/{gallery.uuid}/" in mail.outbox[0].body


def test_nobody_is_written_to_when_everything_has_come_back(site):
    maria = testing.make_user("maria", email="maria@example.com")
    a_gallery("Coast", maria, site)
    message = owe_files_missing(site, maria, DAY)
    StoredFile.objects.update(stage=Stage.READY)

    assert not send_message(message.pk)
    assert not mail.outbox
    assert not Message.objects.exists()


def test_a_mail_about_a_site_can_be_sent_again(site):
    maria = testing.make_user("maria", email="maria@example.com")
    a_gallery("Coast", maria, site)
    message = owe_files_missing(site, maria, DAY)
    Message.objects.update(attempts=9, failed_at="2026-01-01T00:00Z")

    assert try_again(message, maria)
    assert send_message(message.pk)
