"""What a studio is on its site: its own settings, and what is behind them."""

import pytest
from django.db import IntegrityError, transaction
from django.test import RequestFactory, override_settings
from wagtail.models import Site

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, StudioSettings, WatermarkPreset
from pumbaphoto_wagtail.studio import (
    WITH_STUDIO,
    remember_studio,
    studio_for,
    studio_of_request,
    studios,
)


@pytest.fixture
def site(db) -> Site:
    return testing.make_gallery(has_page=False).site


def test_a_studio_without_settings_is_as_the_site_says(site):
    studio = studio_for(site)

    assert studio.name == "Test studio"
    assert (studio.link_days, studio.link_days_after_delivery) == (90, 365)
    assert (studio.due_soon_days, studio.link_expiring_days) == (3, 7)
    assert studio.archive_suggested_after_days == 0
    assert studio.due_days is None
    assert (studio.accent, studio.logo, studio.watermark) == ("", None, None)
    assert studio.language == "en"


@override_settings(PUMBAPHOTO={"LINK_DAYS": 30}, WAGTAIL_SITE_NAME="The whole house")
def test_without_a_site_there_is_what_all_begin_with(db):
    studio = studio_for(None)

    assert (studio.name, studio.link_days) == ("The whole house", 30)


def test_what_a_studio_says_goes_before_what_the_site_says(site):
    mark = WatermarkPreset.objects.create(title="Proof", words="Proof")
    StudioSettings.objects.create(
        site=site,
        studio_name="Maria Lindqvist",
        accent="#8A4B2D",
        language="de",
        signature="Storgatan 1\n",
        included=40,
        due_days=21,
        link_days=10,
        link_days_after_delivery=20,
        archive_suggested_after_days=100,
        due_soon_days=0,
        link_expiring_days=2,
        watermark=mark,
    )
    studio = studio_for(site)

    assert (studio.name, studio.accent, studio.language) == ("Maria Lindqvist", "#8a4b2d", "de")
    assert studio.signature == "Storgatan 1"
    assert (studio.limits.minimum, studio.limits.included) == (None, 40)
    assert (studio.due_days, studio.link_days, studio.link_days_after_delivery) == (21, 10, 20)
    assert (studio.archive_suggested_after_days, studio.due_soon_days) == (100, 0)
    assert (studio.link_expiring_days, studio.watermark) == (2, mark)


def test_a_studio_is_read_with_one_query(site, django_assert_num_queries):
    mark = WatermarkPreset.objects.create(title="Proof", words="Proof")
    StudioSettings.objects.create(site=site, watermark=mark)
    site = Site.objects.get(pk=site.pk)
    with django_assert_num_queries(1):
        studio = studio_for(site)
        assert studio.watermark.words == "Proof"
        assert studio.logo is None


def test_a_studio_that_was_read_with_its_gallery_is_not_read_again(site, django_assert_num_queries):
    StudioSettings.objects.create(site=site, studio_name="Maria")
    gallery = testing.make_gallery()
    known = Gallery.objects.select_related(*WITH_STUDIO).get(pk=gallery.pk)
    request = RequestFactory().get("/")
    with django_assert_num_queries(0):
        remember_studio(request, known)
        assert studio_of_request(request).name == "Maria"


def test_each_site_has_its_own_studio(site):
    other = Site.objects.create(hostname="other.example", root_page=site.root_page)
    StudioSettings.objects.create(site=other, studio_name="Bert", link_days=5)
    by_site = studios()

    assert (by_site[other].name, by_site[other].link_days) == ("Bert", 5)
    assert by_site[site].link_days == 90


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Site <site@example.com>"),
        ({"sender_name": "Maria"}, "Maria <site@example.com>"),
        ({"sender_email": "m@example.com"}, "Studio M <m@example.com>"),
        ({"sender_name": "M, L", "sender_email": "m@example.com"}, '"M, L" <m@example.com>'),
        ({"sender_name": "M\r\nBcc: x@example.com"}, '"M Bcc: x@example.com" <site@example.com>'),
        ({"sender_name": "Åsa"}, "Åsa <site@example.com>"),
    ],
)
@override_settings(DEFAULT_FROM_EMAIL="Site <site@example.com>")
def test_who_sends(site, fields, expected):
    StudioSettings.objects.create(site=site, studio_name="Studio M", **fields)

    assert studio_for(site).from_email == expected


@pytest.mark.parametrize("limits", [{"minimum": 5}, {"included": 5}])
def test_limits_out_of_order_cannot_be_kept(site, limits):
    with pytest.raises(IntegrityError), transaction.atomic():
        StudioSettings.objects.create(site=site, maximum=4, **limits)
