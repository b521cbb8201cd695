"""The studio's settings in Wagtail's own, and what comes of them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from pumbaphoto_wagtail.admin.creation import LIKE_THE_LAST_ONE, create_gallery, preset_values
from pumbaphoto_wagtail.delivery.print_release import default_words
from pumbaphoto_wagtail.delivery.summary import selection_rows
from pumbaphoto_wagtail.models import ShareLink, StudioSettings, WatermarkPreset
from pumbaphoto_wagtail.proofing.links import create_link

FIELDS = (
    *("studio_name", "logo", "accent", "sender_name", "sender_email", "language", "signature"),
    *("minimum", "included", "maximum", "extras_words", "due_days", "watermark", "link_days"),
    *("link_days_after_delivery", "due_soon_days", "link_expiring_days"),
    "archive_suggested_after_days",
)


@pytest.fixture
def keeper(studios, log_in):
    """The browser of a photographer who keeps the studio's settings."""
    studios.maria.user_permissions.add(Permission.objects.get(codename="change_studiosettings"))
    return log_in(type(studios.maria).objects.get(pk=studios.maria.pk))


@pytest.fixture
def address(studios) -> str:
    return reverse(
        "wagtailsettings:edit", args=["pumbaphoto_wagtail", "studiosettings", studios.site.pk]
    )


def posted(**fields) -> dict:
    return dict.fromkeys(FIELDS, "") | fields


def test_what_a_studio_says_of_itself_is_kept(keeper, address, studios):
    sent = posted(studio_name="Maria", accent="#8A4B2D", sender_email="m@example.com", link_days=30)
    response = keeper.post(address, sent)
    kept = StudioSettings.objects.get(site=studios.site)

    assert response.status_code == 302
    assert (kept.studio_name, kept.accent, kept.link_days) == ("Maria", "#8a4b2d", 30)
    assert kept.due_days is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"accent": "red"}, "Six digits after a #"),
        ({"accent": "#8a4b2d;}"}, "at most 7 characters"),
        ({"sender_email": "Maria"}, "Enter a valid email address."),
        ({"minimum": 5, "maximum": 4}, "This is more than “at most”."),
        ({"included": 5, "maximum": 4}, "This is more than “at most”."),
        ({"link_days": 0}, "greater than or equal to 1"),
        ({"due_days": 0}, "greater than or equal to 1"),
        ({"link_days": 99999}, "less than or equal to 3650"),
        ({"due_soon_days": -1}, "greater than or equal to 0"),
        ({"language": "klingon"}, "Select a valid choice"),
    ],
)
def test_what_cannot_hold_is_refused_beside_its_field(keeper, address, fields, said):
    page = keeper.post(address, posted(**fields)).content.decode()

    assert said in page
    assert not StudioSettings.objects.exclude(studio_name="", accent="").exists()


def test_the_form_tells_what_holds_while_a_field_is_empty(keeper, address):
    page = keeper.get(address).content.decode()

    assert 'placeholder="90"' in page
    assert 'placeholder="365"' in page
    assert "E-mail previews" in page


def test_who_may_not_change_them_sees_nothing(studios, log_in, address):
    browser = log_in(studios.maria)

    assert browser.get(address).status_code == 302
    assert "studiosettings" not in browser.get(reverse("wagtailadmin_home")).content.decode()


def test_another_studios_watermarks_are_not_offered(keeper, address, studios):
    mine = WatermarkPreset.objects.create(title="Mine", words="M", collection=studios.collection)
    theirs = WatermarkPreset.objects.create(
        title="Theirs", words="T", collection=studios.other_collection
    )
    refused = keeper.post(address, posted(watermark=theirs.pk)).content.decode()
    keeper.post(address, posted(watermark=mine.pk))

    assert "Select a valid choice" in refused
    assert StudioSettings.objects.get().watermark == mine


# --- What comes of them --------------------------------------------------------------------------


def test_new_galleries_start_with_the_studios_limits_and_days(studios):
    StudioSettings.objects.create(
        site=studios.site, minimum=5, included=20, maximum=80, extras_words="at 15 €", due_days=10
    )
    with override_settings(PUMBAPHOTO={"PRESETS": {"bare": {"label": "Bare"}}}):
        values = preset_values("bare", studios.maria, studios.site)

    assert (values["minimum"], values["included"], values["maximum"]) == (5, 20, 80)
    assert values["extras_words"] == "at 15 €"
    assert values["due_date"] == timezone.localdate() + timedelta(days=10)


def test_a_presets_own_values_go_before_the_studios(studios):
    StudioSettings.objects.create(site=studios.site, included=20, due_days=10)
    values = preset_values("wedding", studios.maria, studios.site)

    assert values["included"] == 50
    assert values["due_date"] == timezone.localdate() + timedelta(days=28)


def test_limits_that_do_not_go_together_are_left_to_the_preset(studios):
    StudioSettings.objects.create(site=studios.site, maximum=30)
    values = preset_values("wedding", studios.maria, studios.site)

    assert values["included"] == 50
    assert "maximum" not in values


def test_finished_photos_are_not_chosen_from(studios):
    StudioSettings.objects.create(site=studios.site, included=20, due_days=10)
    values = preset_values("finished", studios.maria, studios.site)

    assert not {"included", "due_date"} & set(values)


def test_like_the_last_one_is_like_the_last_one(studios):
    StudioSettings.objects.create(site=studios.site, included=20)
    create_gallery(actor=studios.maria, title="Last", site=studios.site, preset="portrait")
    StudioSettings.objects.update(included=90)

    assert preset_values(LIKE_THE_LAST_ONE, studios.maria, studios.site)["included"] == 20


def test_the_studios_watermark_goes_onto_new_galleries(studios):
    mark = WatermarkPreset.objects.create(title="Proof", words="© Maria")
    StudioSettings.objects.create(site=studios.site, watermark=mark)
    gallery = create_gallery(actor=studios.maria, title="New", site=studios.site, preset="portrait")
    finished = create_gallery(actor=studios.maria, title="F", site=studios.site, preset="finished")
    gallery.refresh_from_db()

    assert gallery.watermark == "© Maria"
    assert gallery.watermark_key
    assert finished.watermark_key == ""


def test_links_are_open_for_as_long_as_the_studio_says(studios, gallery, log_in):
    StudioSettings.objects.create(site=studios.site, link_days=10)
    create_link(gallery, actor=studios.maria, recipient="Anna")
    page = log_in(studios.maria).get(reverse("pumbaphoto_galleries:sharing", args=[gallery.uuid]))

    left = ShareLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=9, hours=23) < left <= timedelta(days=10)
    assert "10 days from today" in page.content.decode()


def test_a_studios_name_is_on_its_print_release_and_spreadsheets(studios, gallery):
    StudioSettings.objects.create(site=studios.site, studio_name="Maria & Co")

    assert "Maria & Co" in default_words(gallery)
    assert selection_rows(gallery)[0].studio == "Maria & Co"


def test_how_much_room_a_site_has_is_said_by_who_keeps_sites(keeper, address, studios, log_in):
    sent = posted(keeps_robots_out="on", quota_gigabytes=7, rendition_days=3)
    keeper.post(address, sent)
    kept = StudioSettings.objects.get(site=studios.site)
    assert (kept.keeps_robots_out, kept.quota_gigabytes, kept.rendition_days) == (True, None, None)
    log_in(studios.chief).post(address, sent | {"owner": studios.maria.pk})
    kept.refresh_from_db()
    assert (kept.quota_gigabytes, kept.rendition_days, kept.owner) == (7, 3, studios.maria)
