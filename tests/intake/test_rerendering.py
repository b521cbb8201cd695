"""Renditions that were lost or are not yet made come back through the queue."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q
from django.utils import timezone
from django_q.models import OrmQ

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake import publishing
from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.intake.reconciling import reconcile
from pumbaphoto_wagtail.intake.rerendering import render_again, render_missing, render_on_demand
from pumbaphoto_wagtail.models import Rendition, Stage, StoredFile, Verdict
from pumbaphoto_wagtail.storage import RENDITIONS, digest, storage_for, walk
from pumbaphoto_wagtail.testing import make_gallery, make_stored_file
from pumbaphoto_wagtail.verification import Inspection, verify

from .test_pipeline import photograph


@pytest.fixture
def photographed(shoot, arrivals, settings):
    """Two photographs with their renditions, as the demonstration makes them: without a scanner."""
    settings.DEBUG = True
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DEMO_WITHOUT_SCANNER": True}
    arrivals({"IMG_1.jpg": photograph(), "IMG_2.jpg": photograph(taken="2026:07:01 12:00:01")})
    OrmQ.objects.all().delete()
    return shoot


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("pumbaphoto_render", *arguments, stdout=output)
    return output.getvalue().strip()


def path(rendition: Rendition) -> Path:
    return Path(storage_for(rendition.storage).location) / rendition.name


def render_what_waits() -> list[str]:
    waits = Q(stage=Stage.CLEAN) | Q(render_requested_at__isnull=False)
    waiting = StoredFile.objects.filter(waits).order_by("pk")
    names = [file.original_name for file in waiting]
    for file in waiting:
        assert render_file(file.pk) == Stage.READY
    assert not StoredFile.objects.filter(waits).exists()
    return names


def errors() -> list[str]:
    return [finding.what for finding in verify(Inspection()) if finding.severity == "error"]


def test_nothing_is_done_where_nothing_is_missing(photographed):
    assert run("--missing") == "2 files looked at, 0 queued for rendering."
    assert not OrmQ.objects.exists()
    assert errors() == []


def test_a_lost_file_comes_back_with_the_same_bytes(photographed):
    rendition = Rendition.objects.filter(tier="view").first()
    path(rendition).unlink()
    assert errors() == ["rendition missing"]

    assert run("--missing") == "2 files looked at, 1 queued for rendering."
    assert OrmQ.objects.count() == 1
    assert render_what_waits() == ["IMG_1.jpg"]
    assert digest(rendition.storage, rendition.name).sha256 == rendition.digest
    assert errors() == []


def test_a_missing_row_comes_back(photographed):
    Rendition.objects.filter(tier="grid").delete()
    assert run("--missing") == "2 files looked at, 2 queued for rendering."
    assert len(render_what_waits()) == 2
    assert Rendition.objects.filter(tier="grid").count() == 2
    for rendition in Rendition.objects.filter(tier="grid"):
        # Known from the beginning, for the ZIPs of web sizes.
        assert digest(rendition.storage, rendition.name).crc32 == rendition.crc32
    assert errors() == []


@pytest.mark.parametrize("damage", [b"", b"same size"])
def test_damaged_bytes_are_replaced(photographed, damage):
    rendition = Rendition.objects.filter(tier="view").first()
    path(rendition).write_bytes(bytes(rendition.size) if damage else b"")
    assert len(errors()) == 1
    run("--all" if damage else "--missing")
    render_what_waits()
    assert digest(rendition.storage, rendition.name).sha256 == rendition.digest
    assert errors() == []


def test_a_tier_that_was_configured_anew_is_made(photographed, settings):
    tiers = {"grid": {"width": 200, "height": 200, "mode": "fill", "quality": 80}}
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "TIERS": tiers}
    assert run("--missing") == "2 files looked at, 2 queued for rendering."
    render_what_waits()
    assert Rendition.objects.filter(width=200, height=200).count() == 2
    assert run("--missing") == "2 files looked at, 0 queued for rendering."


def test_one_tier_alone_can_be_looked_at(photographed):
    path(Rendition.objects.filter(tier="view").first()).unlink()
    assert run("--tier", "grid") == "2 files looked at, 0 queued for rendering."
    assert run("--tier", "view") == "2 files looked at, 1 queued for rendering."


def test_a_tier_that_is_not_configured_is_refused(photographed):
    with pytest.raises(CommandError, match="huge"):
        run("--tier", "huge")


def test_what_to_render_has_to_be_said(photographed):
    with pytest.raises(CommandError, match="--missing"):
        run()


def test_all_renders_those_that_failed_as_well(photographed):
    StoredFile.objects.filter(original_name="IMG_2.jpg").update(stage=Stage.FAILED)
    assert run("--missing") == "1 files looked at, 0 queued for rendering."
    assert run("--all") == "2 files looked at, 2 queued for rendering."
    assert len(render_what_waits()) == 2
    assert errors() == []


def test_one_gallery_can_be_rendered_alone(photographed):
    Rendition.objects.all().delete()
    other = make_gallery("Jones family")
    assert run("--missing", "--gallery", str(other.uuid)).startswith("0 files")
    assert run("--all", "--gallery", str(other.uuid)).startswith("0 files")
    assert run("--missing", "--gallery", str(photographed.uuid)).startswith("2 files")


def test_an_unknown_gallery_is_an_error(photographed):
    with pytest.raises(CommandError, match="no such gallery"):
        run("--all", "--gallery", "00000000-0000-4000-8000-000000000000")


def test_nothing_unscanned_is_queued(shoot):
    make_stored_file(stage=Stage.BLOCKED, verdict=Verdict.NONE)
    make_stored_file(stage=Stage.INFECTED, verdict=Verdict.INFECTED)
    assert run("--all") == "0 files looked at, 0 queued for rendering."
    assert run("--missing") == "0 files looked at, 0 queued for rendering."


def test_nothing_is_missing_while_the_volume_is_away(photographed, own_storages):
    (own_storages / "renditions").rename(own_storages / "unplugged")
    with pytest.raises(CommandError, match="not there"):
        run("--missing")
    assert Rendition.objects.count() == 6
    assert not StoredFile.objects.exclude(stage=Stage.READY).exists()


def test_a_rendition_that_another_replaces_leaves_no_file(photographed):
    rendition = Rendition.objects.first()
    stray = path(rendition).with_name("view-other.jpg")
    path(rendition).rename(stray)
    name = rendition.name.rpartition("/")[0] + "/view-other.jpg"
    Rendition.objects.filter(pk=rendition.pk).update(name=name)
    run("--all")
    render_what_waits()
    assert len(list(walk(RENDITIONS))) == 6
    assert not stray.exists()
    assert errors() == []


SMALLER = {"grid": {"width": 200, "height": 200, "mode": "fit", "quality": 80}}


@pytest.fixture
def smaller(photographed, settings):
    """The photographs, on a site that wants other tiers from now on."""
    tiers = {**DEFAULTS["TIERS"], **SMALLER}
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "TIERS": tiers}
    return StoredFile.objects.order_by("pk").first()


class TestAReadyPhoto:
    def test_stays_ready_with_its_pictures_until_others_are_there(self, smaller):
        before = set(smaller.renditions.values_list("pk", "name"))
        StoredFile.objects.update(render_seconds=None)
        assert render_again(smaller)

        smaller.refresh_from_db()
        assert (smaller.stage, smaller.reason) == (Stage.READY, "")
        assert set(smaller.renditions.values_list("pk", "name")) == before
        assert {row.width for row in smaller.renditions.filter(tier="grid")} == {300}
        assert render_file(smaller.pk) == Stage.READY
        assert {row.width for row in smaller.renditions.filter(tier="grid")} == {200}
        smaller.refresh_from_db()
        assert smaller.render_seconds > 0

    def test_loses_the_pictures_that_others_replaced(self, smaller):
        old = smaller.renditions.get(tier="grid")
        render_again(smaller)
        render_file(smaller.pk)

        assert not path(old).exists()
        assert smaller.renditions.count() == 3
        assert errors() == []

    def test_is_asked_for_once_however_often(self, smaller):
        assert render_again(smaller)
        assert not render_again(smaller)
        assert OrmQ.objects.count() == 1
        render_file(smaller.pk)
        assert render_file(smaller.pk) is None
        assert render_again(smaller)

    def test_is_rendered_by_one_worker_at_a_time(self, smaller):
        render_again(smaller)
        StoredFile.objects.update(lease_until=timezone.now() + timedelta(minutes=3))
        assert render_file(smaller.pk) is None

    def test_is_woken_again_when_the_queue_forgot_it(self, smaller):
        render_again(smaller)
        OrmQ.objects.all().delete()
        StoredFile.objects.filter(pk=smaller.pk).update(render_requested_at="2020-01-01T00:00:00Z")
        assert reconcile()["renderings woken"] == 1
        assert OrmQ.objects.count() == 1

    def test_that_cannot_be_rendered_any_more_keeps_its_pictures_and_says_why(self, smaller):
        original = Path(storage_for(smaller.storage).location) / smaller.name
        original.chmod(0o600)
        original.write_bytes(original.read_bytes()[:200])
        render_again(smaller)
        assert render_file(smaller.pk) == Stage.READY

        smaller.refresh_from_db()
        assert smaller.reason.startswith("New pictures could not be made: This file is damaged")
        assert smaller.render_requested_at is None
        assert smaller.renditions.count() == 3

    def test_whose_original_is_gone_keeps_its_pictures_and_says_so(self, smaller):
        (Path(storage_for(smaller.storage).location) / smaller.name).unlink()
        render_again(smaller)
        for _attempt in range(2):
            assert render_file(smaller.pk) == Stage.READY
            StoredFile.objects.update(retry_at=None)

        smaller.refresh_from_db()
        assert "missing from the storage" in smaller.reason
        assert smaller.renditions.count() == 3

    def test_waits_while_the_storage_is_away(self, smaller, own_storages):
        render_again(smaller)
        (own_storages / "originals").rename(own_storages / "unplugged")
        for _attempt in range(4):
            assert render_file(smaller.pk) == Stage.READY
            StoredFile.objects.update(retry_at=None)
        (own_storages / "unplugged").rename(own_storages / "originals")
        assert render_file(smaller.pk) == Stage.READY
        assert smaller.renditions.get(tier="grid").width == 200

    def test_that_kills_its_worker_is_given_up_and_stays_as_it_was(self, smaller, monkeypatch):
        def die(*arguments, **options):
            raise SystemExit

        monkeypatch.setattr(publishing, "render", die)
        render_again(smaller)
        for _attempt in range(2):
            with pytest.raises(SystemExit):
                render_file(smaller.pk)
            assert render_file(smaller.pk) is None
            StoredFile.objects.update(lease_until="2020-01-01T00:00:00Z")
        assert render_file(smaller.pk) == Stage.READY
        smaller.refresh_from_db()
        assert "could not be processed" in smaller.reason
        assert smaller.render_requested_at is None
        assert smaller.renditions.count() == 3

    def test_gets_rid_of_what_a_crash_left_beside_its_pictures(self, smaller):
        left = path(smaller.renditions.first()).with_name("grid-0123-4567.jpg")
        left.write_bytes(b"x")
        render_again(smaller)
        render_file(smaller.pk)
        assert not left.exists()
        assert errors() == []


class TestOnDemand:
    def test_a_ready_file_is_asked_for_once(self, photographed):
        file = StoredFile.objects.first()
        assert [render_on_demand(file) for _visitor in range(3)] == [True, False, False]
        assert OrmQ.objects.count() == 1

    @pytest.mark.parametrize("stage", [Stage.CLEAN, Stage.RENDERING, Stage.FAILED])
    def test_nothing_else_is_asked_for(self, photographed, stage):
        StoredFile.objects.update(stage=stage)
        assert not render_on_demand(StoredFile.objects.first())
        assert not OrmQ.objects.exists()

    def test_what_could_not_be_rendered_is_left_alone_for_a_while(self, photographed):
        file = StoredFile.objects.first()
        original = Path(storage_for(file.storage).location) / file.name
        original.chmod(0o600)
        original.write_bytes(original.read_bytes()[:200])
        assert render_on_demand(file)
        render_file(file.pk)
        file.refresh_from_db()
        assert not render_on_demand(file)
        StoredFile.objects.update(retry_at="2020-01-01T00:00:00Z")
        file.refresh_from_db()
        assert render_on_demand(file)


def test_a_format_beside_jpeg_that_was_configured_is_missing(photographed, settings):
    tiers = {name: dict(tier) for name, tier in DEFAULTS["TIERS"].items()}
    tiers["grid"]["formats"] = {"avif": 75}
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "TIERS": tiers}
    before = set(Rendition.objects.values_list("digest", flat=True))
    assert run("--missing") == "2 files looked at, 2 queued for rendering."
    render_what_waits()

    avif = Rendition.objects.filter(format="avif")
    assert {(row.tier, row.width, row.name[-5:]) for row in avif} == {("grid", 300, ".avif")}
    # The JPEGs are as they were, under the same addresses.
    assert before < set(Rendition.objects.values_list("digest", flat=True))
    assert run("--missing") == "2 files looked at, 0 queued for rendering."
    assert errors() == []


def test_queries_do_not_grow_with_the_files(photographed, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        assert render_missing().files == 2
