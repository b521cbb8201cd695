"""Consent and publishing: nothing is shown without it, and nothing stays when it is withdrawn."""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models.deletion import ProtectedError
from django.test import Client as Browser
from wagtail.images import get_image_model
from wagtail.models import Collection, ModelLogEntry

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.delivery import library, publishing
from pumbaphoto_wagtail.delivery.erasing import delete_gallery
from pumbaphoto_wagtail.exceptions import TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    Consent,
    DeliveryItem,
    Gallery,
    LinkPurpose,
    Photo,
    Publication,
    ShareLink,
    State,
    Visibility,
)
from pumbaphoto_wagtail.proofing import consent, links
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def deliver(gallery, amount=1, **photo) -> list[DeliveryItem]:
    photos = [testing.make_photo(gallery, **photo) for _ in range(amount)]
    delivery = testing.make_delivery(gallery, [testing.make_edit(gallery, each) for each in photos])
    Gallery.objects.filter(pk=gallery.pk).update(state=State.DELIVERED, asks_for_consent=True)
    gallery.refresh_from_db()
    return [*delivery.items.order_by("position")]


@pytest.fixture
def items(gallery):
    return deliver(gallery, 2)


@pytest.fixture
def photo(items):
    return items[0].photo


@pytest.fixture
def portfolio(gallery):
    index = testing.make_index_page("portfolio", title="Portfolio")
    made = testing.make_gallery("Portfolio", owner=gallery.owner, has_page=False, is_listed=True)
    testing.make_page(made, index_page=index)
    testing.make_policy(Visibility.PUBLIC, gallery=made)
    return made


def page_of(gallery):
    return f"/galleries/may-be-shown/{gallery.uuid}/"


def publish(gallery, *photos, **places):
    places.setdefault("actor", gallery.owner)
    return publishing.publish(gallery, {photo.pk for photo in photos}, **places)


def to_library(gallery, *photos, description="A couple at the sea"):
    root = Collection.get_first_root_node()
    return publish(gallery, *photos, collection=root, description=description)


def seen_by_everybody():
    return [*access.photos_visible_to(access.Viewer(), "view")]


def actions(gallery) -> list[str]:
    found = ModelLogEntry.objects.for_instance(gallery).order_by("pk")
    return [entry.action for entry in found if "consent" in entry.action or "publ" in entry.action]


class TestGiving:
    def test_what_is_ticked_is_allowed_and_nothing_else(self, gallery, link, items):
        consent.give(link, items[0].photo.uuid)

        assert [*publishing.allowed_photos(gallery)] == [items[0].photo]

    def test_ticked_twice_it_is_one_consent_and_one_entry(self, gallery, link, photo):
        for _ in range(2):
            consent.give(link, photo.uuid)

        assert Consent.objects.count() == 1
        assert actions(gallery) == ["pumbaphoto.give_consent"]

    @pytest.mark.parametrize(
        "fields",
        [
            {"decides": False},
            {"purpose": LinkPurpose.FAMILY},
            {"purpose": LinkPurpose.ALBUM_DESIGNER},
        ],
    )
    def test_only_those_decide_whose_photographs_they_are(self, gallery, photo, fields):
        other = testing.make_link(gallery, "Gerda", **fields)
        with pytest.raises(PermissionDenied):
            consent.give(other, photo.uuid)

    def test_a_gallery_that_does_not_ask_takes_none(self, gallery, link, photo):
        Gallery.objects.update(asks_for_consent=False)
        with pytest.raises(PermissionDenied):
            consent.give(link, photo.uuid)

    def test_a_photographer_who_looks_through_the_link_cannot(self, link, photo):
        link.is_lent = True
        with pytest.raises(PermissionDenied):
            consent.give(link, photo.uuid)
        with pytest.raises(PermissionDenied):
            consent.withdraw(link)

    def test_a_closed_link_gives_none(self, gallery, link, photo):
        links.revoke(link, gallery.owner)
        with pytest.raises(ShareLink.DoesNotExist):
            consent.give(link, photo.uuid)

    @pytest.mark.parametrize(
        "fields", [{"is_hidden": True}, {"is_couple_only": True}], ids=["hidden", "couple only"]
    )
    def test_what_is_not_for_others_is_not_asked_about(self, gallery, link, fields):
        [item] = deliver(gallery, **fields)
        with pytest.raises(Photo.DoesNotExist):
            consent.give(link, item.photo.uuid)

    def test_what_was_not_delivered_is_not_asked_about(self, gallery, link, items):
        with pytest.raises(Photo.DoesNotExist):
            consent.give(link, testing.make_photo(gallery).uuid)

    def test_one_who_takes_back_outweighs_another_who_allows(self, gallery, link, photo):
        tom = testing.make_link(gallery, "Tom")
        consent.give(link, photo.uuid)
        consent.give(tom, photo.uuid)
        consent.withdraw(tom)
        assert not publishing.allowed_photos(gallery)

        consent.give(tom, photo.uuid)
        assert [*publishing.allowed_photos(gallery)] == [photo]


class TestTheTick:
    def post(self, browser, gallery, photo, wish="yes", **data):
        return browser.post(page_of(gallery), {"photo": f"{photo.uuid}:{wish}", **data})

    def test_stands_at_each_delivered_photograph(self, recipient, gallery, items):
        html = recipient.get(gallery.main_page.url).content.decode()

        for item in items:
            assert f'value="{item.photo.uuid}:yes" aria-pressed="false"' in html
        assert "you can take it back at any time" in html

    def test_stays_pressed_and_leads_back_to_the_photograph(self, recipient, gallery, items):
        address = f"{gallery.main_page.url}?show=ready"
        answer = self.post(recipient, gallery, items[0].photo, **{"from": address})

        assert answer.status_code == 303
        assert answer["Location"] == f"{address}#photo-{items[0].uuid}"
        html = recipient.get(gallery.main_page.url).content.decode()
        assert f'value="{items[0].photo.uuid}:no" aria-pressed="true"' in html

    @pytest.mark.parametrize("wish", ["yes", "no"])
    def test_says_to_javascript_what_stands(self, recipient, gallery, photo, wish):
        answer = recipient.post(
            page_of(gallery),
            {"photo": f"{photo.uuid}:{wish}"},
            headers={"accept": "application/json"},
        )

        assert answer.json() == {"allowed": wish == "yes"}

    @pytest.mark.parametrize("place", ["https://example.org/", "//example.org/", "/elsewhere/"])
    def test_leads_nowhere_else(self, recipient, gallery, photo, place):
        answer = self.post(recipient, gallery, photo, **{"from": place})

        assert answer["Location"] == page_of(gallery)

    @pytest.mark.parametrize("value", ["", "nonsense", "x:yes", ":no"])
    def test_of_nonsense_does_nothing(self, recipient, gallery, photo, value):
        assert recipient.post(page_of(gallery), {"photo": value}).status_code == 404
        assert not Consent.objects.exists()

    def test_is_in_what_javascript_reads(self, recipient, gallery, items, link):
        consent.give(link, items[0].photo.uuid)

        feed = recipient.get(f"{gallery.main_page.url}photos/?show=ready").json()

        assert [(p["consent"], p["isAllowed"]) for p in feed["photos"]] == [
            (f"{items[0].photo.uuid}:no", True),
            (f"{items[1].photo.uuid}:yes", False),
        ]

    def test_needs_the_forms_token(self, link, gallery, photo, enter):
        browser = Browser(enforce_csrf_checks=True)
        enter(link, browser)

        assert self.post(browser, gallery, photo).status_code == 403

    def test_is_not_there_for_those_who_do_not_decide(self, gallery, items, client, enter):
        enter(testing.make_link(gallery, "Gerda", decides=False))

        assert 'id="pumba-consent"' not in client.get(gallery.main_page.url).content.decode()
        assert self.post(client, gallery, items[0].photo).status_code == 404

    def test_is_nobody_elses(self, client, gallery, photo):
        client.force_login(gallery.owner)

        assert self.post(client, gallery, photo).status_code == 404
        assert client.get(page_of(gallery)).status_code == 404

    def test_the_page_lists_all_that_is_allowed_and_takes_all_back(self, recipient, gallery, items):
        for item in items:
            self.post(recipient, gallery, item.photo)
        html = recipient.get(page_of(gallery)).content.decode()
        assert all(item.photo.name in html for item in items)

        recipient.post(page_of(gallery), {"all": "1"})

        assert not Consent.objects.filter(withdrawn_at=None).exists()
        assert "You allow nothing" in recipient.get(page_of(gallery)).content.decode()

    def test_can_be_taken_back_once_nobody_asks_any_more(self, recipient, gallery, photo):
        self.post(recipient, gallery, photo)
        Gallery.objects.update(asks_for_consent=False)
        assert page_of(gallery) in recipient.get(gallery.main_page.url).content.decode()

        self.post(recipient, gallery, photo, "no")

        assert not publishing.allowed_photos(gallery)
        html = recipient.get(page_of(gallery)).content.decode()
        assert "You allow nothing" in html
        assert "tick" not in html

    def test_is_not_asked_once_the_link_has_expired(self, recipient, gallery, items):
        assert recipient.get(page_of(gallery)).status_code == 200

        Gallery.objects.update(state=State.ARCHIVED)
        ShareLink.objects.update(expires_at="2020-01-01T00:00:00Z")

        assert recipient.get(page_of(gallery)).status_code == 404

    @pytest.mark.parametrize("expires", [None, "2020-01-01T00:00:00Z"], ids=["open", "expired"])
    def test_can_be_taken_back_from_an_archived_gallery(self, recipient, gallery, photo, expires):
        self.post(recipient, gallery, photo)
        Gallery.objects.update(state=State.ARCHIVED)
        ShareLink.objects.update(expires_at=expires)

        assert recipient.post(page_of(gallery), {"all": "1"}).status_code == 303
        response = recipient.get(page_of(gallery))

        assert "You allow nothing" in response.content.decode()
        assert not publishing.allowed_photos(gallery)


class TestPublishing:
    def test_an_edit_hangs_in_the_portfolio_without_a_copy_of_its_bytes(
        self, gallery, link, items, portfolio
    ):
        consent.give(link, items[0].photo.uuid)

        done = publish(gallery, items[0].photo, into=portfolio)

        [shown] = seen_by_everybody()
        assert done == publishing.Published(shown=1)
        assert (shown.gallery, shown.picture) == (portfolio, items[0].stored_file)
        assert shown.name == "portfolio-001.jpg", "a client's name is in no file name"
        assert Publication.objects.get().actor == gallery.owner

    def test_visitors_see_it_at_once(self, gallery, link, photo, portfolio, client):
        consent.give(link, photo.uuid)
        publish(gallery, photo, into=portfolio)

        html = client.get(portfolio.main_page.url).content.decode()

        assert f'data-photo="{seen_by_everybody()[0].uuid}"' in html

    def test_a_picture_of_it_goes_into_the_image_library(self, gallery, link, items):
        consent.give(link, items[0].photo.uuid)

        assert to_library(gallery, items[0].photo).images == 1

        image = get_image_model().objects.get()
        display = items[0].stored_file.renditions.get(tier="display")
        assert image.description == image.title == "A couple at the sea"
        assert (image.width, image.height, image.file_size) == (
            display.width,
            display.height,
            display.size,
        )
        assert "smith" not in image.file.name.lower()
        assert image.uploaded_by_user == gallery.owner

    def test_published_twice_it_is_there_once(self, gallery, link, photo, portfolio):
        consent.give(link, photo.uuid)
        for _ in range(2):
            publish(gallery, photo, into=portfolio)
            to_library(gallery, photo)

        assert len(seen_by_everybody()) == get_image_model().objects.count() == 1
        assert Publication.objects.count() == 2

    def test_what_nobody_allowed_is_left_out_whoever_asks(self, gallery, link, items, portfolio):
        consent.give(link, items[0].photo.uuid)
        foreign = deliver(testing.make_gallery(has_page=False))[0].photo

        done = publish(gallery, items[0].photo, items[1].photo, foreign, into=portfolio)

        assert (done.shown, done.left_out) == (1, 2)
        assert [photo.picture for photo in seen_by_everybody()] == [items[0].stored_file]

    def test_what_is_allowed_and_not_delivered_any_more_stays_private(
        self, gallery, link, photo, portfolio
    ):
        consent.give(link, photo.uuid)
        Photo.objects.filter(pk=photo.pk).update(is_hidden=True)

        assert publish(gallery, photo, into=portfolio).left_out == 1

    def test_the_newest_delivered_edit_is_shown(self, gallery, link, items, portfolio):
        photo = items[0].photo
        newer = testing.make_edit(gallery, photo, version=2, name="v2.jpg")
        variant = testing.make_edit(gallery, photo, variant="bw", name="bw.jpg")
        testing.make_delivery(gallery, [variant, newer])
        consent.give(link, photo.uuid)

        publish(gallery, photo, into=portfolio)

        assert seen_by_everybody()[0].picture == newer.stored_file

    def test_it_needs_a_place_and_an_end(self, gallery, photo, portfolio):
        for places in ({}, {"into": gallery}):
            with pytest.raises(TransitionNotAllowed):
                publish(gallery, photo, **places)
        with pytest.raises(TransitionNotAllowed, match="At most"):
            publishing.publish(gallery, range(101), actor=gallery.owner, into=portfolio)

    def test_an_image_model_that_asks_for_more_says_so_and_keeps_no_file(
        self, gallery, link, photo, monkeypatch
    ):
        from django.core.exceptions import ValidationError

        def ask_for_more(image):
            raise ValidationError("A photographer is needed.")

        made = []
        original = library._draft
        monkeypatch.setattr(
            library, "_draft", lambda *args: made.append(original(*args)) or made[-1]
        )
        monkeypatch.setattr(get_image_model(), "full_clean", ask_for_more)
        consent.give(link, photo.uuid)

        with pytest.raises(TransitionNotAllowed, match="A photographer is needed"):
            to_library(gallery, photo)

        assert not made[0].file.storage.exists(made[0].file.name)

    def test_each_act_has_one_entry_in_the_history_of_each_gallery(
        self, gallery, link, items, portfolio
    ):
        for item in items:
            consent.give(link, item.photo.uuid)

        publish(gallery, *(item.photo for item in items), into=portfolio)

        assert actions(gallery)[2:] == ["pumbaphoto.publish"]
        [entry] = ModelLogEntry.objects.for_instance(portfolio)
        assert entry.data == {"shown": 2, "images": 0, "gallery": ""}


class TestTakingBack:
    @pytest.fixture
    def published(self, gallery, link, photo, portfolio):
        consent.give(link, photo.uuid)
        publish(gallery, photo, into=portfolio)
        to_library(gallery, photo)
        return Publication.objects.order_by("pk")

    def test_both_copies_go_in_the_same_act(
        self, published, link, photo, django_capture_on_commit_callbacks
    ):
        image = get_image_model().objects.get()
        with django_capture_on_commit_callbacks(execute=True):
            consent.withdraw(link, [photo.uuid])

        assert not seen_by_everybody()
        assert not get_image_model().objects.exists()
        assert not image.file.storage.exists(image.file.name)
        assert all(row.withdrawn_at for row in published.all())
        assert photo.picture.pk, "the client keeps theirs"

    def test_the_history_says_who_and_where_it_stood(self, published, gallery, link, photo):
        consent.withdraw(link)

        entry = ModelLogEntry.objects.get(action="pumbaphoto.withdraw_consent")
        assert entry.data["recipient"] == link.recipient
        assert entry.data["file"] == photo.name
        assert entry.data["places"] == ["Portfolio"]
        assert "no longer allows" in str(entry.message)

    def test_where_an_image_was_used_is_said(self, published, link, photo, searchable):
        from wagtail.models import ReferenceIndex

        page = testing.make_index_page(title="About us")
        image = get_image_model().objects.get()
        ReferenceIndex.objects.create(
            base_content_type=ReferenceIndex._get_base_content_type(page),
            content_type=ReferenceIndex._get_base_content_type(page),
            object_id=page.pk,
            to_content_type=ReferenceIndex._get_base_content_type(image),
            to_object_id=image.pk,
            model_path="body",
            content_path="body",
            content_path_hash=ReferenceIndex._get_content_path_hash("body"),
        )

        assert "About us" in consent.withdraw(link)

    def test_an_image_that_must_not_be_deleted_shows_nothing_any_more(
        self, published, link, photo, monkeypatch
    ):
        image = get_image_model().objects.get()
        old_hash = image.file_hash

        def refuse(self):
            raise ProtectedError("used", set())

        monkeypatch.setattr(get_image_model(), "delete", refuse)
        consent.withdraw(link)

        image.refresh_from_db()
        assert (image.title, image.description) == ("Not shown any more", "")
        assert image.file_hash != old_hash
        assert (image.width, image.height) == (photo.width, photo.height)

    def test_the_photographer_takes_it_down_without_touching_the_consent(
        self, published, gallery, photo
    ):
        assert publishing.take_down(gallery, [photo.pk], actor=gallery.owner) == 1

        assert not seen_by_everybody()
        assert [*publishing.allowed_photos(gallery)] == [photo]
        assert publishing.take_down(gallery, [photo.pk], actor=gallery.owner) == 0

    def test_told_by_telephone_the_photographer_takes_it_back_for_them(
        self, published, gallery, photo
    ):
        assert consent.withdraw_for(gallery, [photo.pk], actor=gallery.owner) == 1

        assert not seen_by_everybody()
        assert not publishing.allowed_photos(gallery)
        entry = ModelLogEntry.objects.get(action="pumbaphoto.withdraw_consent_for")
        assert (entry.user, entry.data["recipient"]) == (gallery.owner, "Anna")

    def test_what_was_picked_and_delivered_there_goes_all_the_same(
        self, published, portfolio, link
    ):
        from pumbaphoto_wagtail.proofing import picks

        shown = Photo.objects.get(gallery=portfolio)
        picks.set_favourite(testing.make_link(portfolio, "Guest"), shown, True)

        consent.withdraw(link)

        assert not Photo.objects.filter(gallery=portfolio).exists()

    def test_consents_that_go_with_their_link_take_what_is_shown_along(
        self, published, gallery, link
    ):
        link.delete()

        assert publishing.take_down_unallowed(gallery) == 2
        assert not seen_by_everybody()

    def test_a_deleted_gallery_takes_what_is_shown_of_it_along(self, published, gallery):
        delete_gallery(gallery, actor=gallery.owner)

        assert not seen_by_everybody()
        assert not get_image_model().objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.postgresql
def test_withdrawn_while_it_is_published_nothing_stays_up():
    gallery = testing.make_gallery(has_page=False)
    portfolio = testing.make_gallery("Portfolio", owner=gallery.owner)
    testing.make_policy(Visibility.PUBLIC, gallery=portfolio)
    link = testing.make_link(gallery)
    photo = deliver(gallery)[0].photo
    for _ in range(4):
        consent.give(link, photo.uuid)
        acts = iter(
            [partial(publish, gallery, photo, into=portfolio), partial(consent.withdraw, link)]
        )
        at_once(lambda acts=acts: next(acts)(), times=2)
        assert not seen_by_everybody(), connection.vendor
        assert not Publication.objects.filter(withdrawn_at=None).exists()
