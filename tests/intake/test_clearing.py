"""Renditions that nobody looks at make room, and come back when somebody does."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ
from wagtail.models import Site

from pumbaphoto_wagtail.intake.clearing import (
    bytes_of_renditions,
    clear_renditions,
    note_looked_at,
    render_cleared,
)
from pumbaphoto_wagtail.intake.rerendering import render_missing
from pumbaphoto_wagtail.models import Gallery, Rendition, StoredFile, StudioSettings
from pumbaphoto_wagtail.proofing.pictures import picture_url
from pumbaphoto_wagtail.storage import RENDITIONS, storage_for
from pumbaphoto_wagtail.testing import make_delivery, make_gallery, make_photo
from pumbaphoto_wagtail.verification import Inspection, verify

from .test_rerendering import errors, photographed, render_what_waits  # noqa: F401

LONG_AGO = timedelta(days=400)


@pytest.fixture
def site(photographed) -> Site:  # noqa: F811
    return photographed.site


def unseen(gallery: Gallery, since: timedelta = LONG_AGO) -> None:
    Gallery.objects.filter(pk=gallery.pk).update(looked_at=timezone.now() - since)


def limit(site: Site, **limits: int) -> None:
    StudioSettings.objects.update_or_create(site=site, defaults=limits)


def bytes_on_disk(tier: str) -> int:
    rows = Rendition.objects.filter(tier=tier)
    return sum(storage_for(RENDITIONS).exists(row.name) for row in rows)


def cleared() -> set[str]:
    rows = Rendition.objects.filter(cleared_at__isnull=False)
    return set(rows.values_list("tier", flat=True))


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("pumbaphoto_clear_renditions", *arguments, stdout=output)
    return output.getvalue().strip()


def test_without_limits_nothing_goes(photographed, site):  # noqa: F811
    unseen(photographed)
    assert clear_renditions().renditions == 0
    assert cleared() == set()


def test_f21_b48_after_the_days_of_the_site_all_but_the_smallest_go(photographed, site):  # noqa: F811
    limit(site, rendition_days=30)
    unseen(photographed, timedelta(days=31))
    freed = clear_renditions()
    assert (freed.renditions, freed.freed_bytes > 0) == (4, True)
    assert cleared() == {"view", "display"}
    assert [bytes_on_disk(tier) for tier in ("grid", "view", "display")] == [2, 0, 0]
    assert errors() == []


def test_who_looked_meanwhile_keeps_them(photographed, site):  # noqa: F811
    limit(site, rendition_days=30)
    unseen(photographed, timedelta(days=29))
    assert clear_renditions().renditions == 0


def test_settings_hold_where_a_studio_says_nothing(photographed, site, settings):  # noqa: F811
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "RENDITION_DAYS": 30}
    unseen(photographed)
    limit(site, rendition_days=0)
    assert clear_renditions().renditions == 0
    limit(site, rendition_days=None)
    assert clear_renditions().renditions == 4


def test_b47_a_quota_clears_the_longest_unseen_first_and_largest_tiers_first(
    photographed,  # noqa: F811
    site,
    settings,
):
    other = make_gallery("Later", site=site, owner=photographed.owner)
    make_photo(other)
    unseen(photographed, timedelta(days=10))
    unseen(other, timedelta(days=5))
    whole = bytes_of_renditions(site)
    display = Rendition.objects.filter(
        tier="display", stored_file__photo_files__photo__gallery=photographed
    )
    over = sum(row.size for row in display) - 1
    settings.PUMBAPHOTO = {
        **settings.PUMBAPHOTO,
        "RENDITION_QUOTA_BYTES": {site.hostname: whole - over},
    }
    clear_renditions()
    gone = Rendition.objects.filter(cleared_at__isnull=False)
    assert {row.pk for row in gone} == {row.pk for row in display}
    assert bytes_of_renditions(site) <= whole - over


def test_a_quota_takes_nothing_that_somebody_looked_at_today(
    photographed,  # noqa: F811
    site,
    settings,
    caplog,
):
    unseen(photographed, timedelta(hours=2))
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "RENDITION_QUOTA_BYTES": 1}
    assert clear_renditions().renditions == 0
    assert "all are in use" in caplog.text


def test_what_was_delivered_or_hangs_elsewhere_stays(photographed, site):  # noqa: F811
    first, second = photographed.photos.order_by("pk")
    delivery = make_delivery(photographed, [])
    delivery.items.create(
        stored_file=first.picture, photo=first, member_name=first.name, size=1, crc32=1, position=0
    )
    shared = make_photo(make_gallery("Elsewhere"))
    shared.files.update(stored_file=second.picture)
    unseen(photographed)
    assert clear_renditions(site=site, is_full=True).renditions == 0


def test_m1_a_photo_stays_on_the_wall_and_comes_back_whole(photographed, site):  # noqa: F811
    before = {row.name: row.digest for row in Rendition.objects.all()}
    clear_renditions(is_full=True)
    OrmQ.objects.all().delete()
    photographed.refresh_from_db()
    unseen(photographed)
    photographed.refresh_from_db()
    note_looked_at(photographed)
    assert [row.func() for row in OrmQ.objects.all()] == ["pumbaphoto_wagtail.tasks.render_cleared"]
    assert render_cleared(photographed.pk) == 2
    render_what_waits()
    assert cleared() == set()
    assert {row.name: row.digest for row in Rendition.objects.all()} == before
    assert all(storage_for(RENDITIONS).exists(name) for name in before)
    assert errors() == []


def test_a_day_has_one_first_visitor(photographed, django_assert_num_queries):  # noqa: F811
    note_looked_at(photographed)
    seen_at = Gallery.objects.get(pk=photographed.pk).looked_at
    # Whoever has the row from before asks once more, and changes nothing.
    note_looked_at(photographed)
    assert Gallery.objects.get(pk=photographed.pk).looked_at == seen_at
    photographed.refresh_from_db()
    with django_assert_num_queries(0):
        note_looked_at(photographed)


def test_rendering_what_is_missing_leaves_the_cleared_unless_it_is_asked_for(
    photographed,  # noqa: F811
):
    clear_renditions(is_full=True)
    assert render_missing().queued == 0
    assert render_missing(with_cleared=True).queued == 2


def test_f5_b46_a_subtree_is_rendered_before_anybody_comes(photographed):  # noqa: F811
    clear_renditions(is_full=True)
    output = StringIO()
    address = photographed.main_page.get_parent().get_url()
    call_command("pumbaphoto_render", "--missing", "--cleared", "--below", address, stdout=output)
    assert output.getvalue().strip() == "2 files looked at, 2 queued for rendering."
    with pytest.raises(CommandError, match="no such page"):
        call_command("pumbaphoto_render", "--missing", "--below", "/nowhere/")


def test_bytes_that_a_dying_worker_left_go_with_the_next_run(photographed, site):  # noqa: F811
    row = Rendition.objects.filter(tier="display").first()
    Rendition.objects.filter(pk=row.pk).update(cleared_at=timezone.now())
    assert storage_for(RENDITIONS).exists(row.name)
    clear_renditions()
    assert not storage_for(RENDITIONS).exists(row.name)


def test_a_file_that_a_worker_has_is_left_alone(photographed, site):  # noqa: F811
    StoredFile.objects.update(lease_until=timezone.now() + timedelta(minutes=3))
    assert clear_renditions(is_full=True).renditions == 0


def test_the_command_says_what_goes_and_a_dry_run_only_says_it(photographed, site):  # noqa: F811
    unseen(photographed)
    assert run("--full", "--dry-run").startswith("4 renditions would go: ")
    assert cleared() == set()
    assert run("--full", "--site", site.hostname).startswith("4 renditions cleared: ")
    assert run("--full").startswith("0 renditions cleared")
    with pytest.raises(CommandError, match="no such site"):
        run("--site", "nowhere.example")


def test_verification_has_nothing_to_say_of_the_cleared(photographed):  # noqa: F811
    clear_renditions(is_full=True)
    found = {finding.invariant for finding in verify(Inspection(is_hashing=True))}
    # The demonstration's files were not scanned, and that is all.
    assert found == {"I2"}


def test_whoever_is_shown_a_picture_looks_at_its_gallery(photographed, admin_client):  # noqa: F811
    rendition = Rendition.objects.filter(tier="view").first()
    photo = photographed.photos.get(picture=rendition.stored_file)
    address = picture_url("photo_picture", photo.uuid, rendition)
    assert admin_client.get(address).status_code == 200
    photographed.refresh_from_db()
    assert photographed.looked_at is not None
