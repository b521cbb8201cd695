"""Renditions that were lost or are not yet made come back through the queue."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.intake.rerendering import render_missing
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
    waiting = StoredFile.objects.filter(stage=Stage.CLEAN).order_by("pk")
    names = [file.original_name for file in waiting]
    for file in waiting:
        assert render_file(file.pk) == Stage.READY
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
    # Its row named nothing any more: pages show a placeholder meanwhile.
    assert not Rendition.objects.filter(pk=rendition.pk).exists()
    assert render_what_waits() == ["IMG_1.jpg"]
    assert digest(rendition.storage, rendition.name).sha256 == rendition.digest
    assert errors() == []


def test_a_missing_row_comes_back(photographed):
    Rendition.objects.filter(tier="grid").delete()
    assert run("--missing") == "2 files looked at, 2 queued for rendering."
    assert len(render_what_waits()) == 2
    assert Rendition.objects.filter(tier="grid").count() == 2
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


def test_queries_do_not_grow_with_the_files(photographed, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        assert render_missing().files == 2
