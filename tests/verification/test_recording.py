"""Every run of ``pumbaphoto_verify`` leaves a record for the report in the admin."""

from __future__ import annotations

import shutil
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from pumbaphoto_wagtail import models
from pumbaphoto_wagtail.verification import Finding, Inspection, Severity, recorded, recording

pytestmark = pytest.mark.postgresql


def verify(*arguments):
    try:
        call_command("pumbaphoto_verify", *arguments, stdout=StringIO())
    except CommandError:
        return False
    return True


def findings(amount):
    for number in range(amount):
        yield Finding(invariant="I4", severity=Severity.ERROR, what="missing", where=f"{number}")


def test_a_whole_site_is_recorded_with_what_was_looked_at(studio):
    assert verify()
    run = models.Inspection.objects.get()
    assert (run.finding_count, run.findings, run.reads_bytes) == (0, [], True)
    assert run.counts["files"] == 5
    assert run.counts["storages"] >= 3
    assert run.started_at < run.finished_at


def test_a_finding_is_recorded_with_its_invariant_and_words(studio):
    studio.path(studio.file).unlink()
    assert not verify("--quick")
    run = models.Inspection.objects.get()
    assert run.finding_count == 1
    assert not run.reads_bytes
    [finding] = run.findings
    assert (finding["invariant"], finding["severity"]) == ("I4", "error")
    assert "missing" in finding["words"]
    assert str(studio.gallery.uuid) in finding["subject"]
    assert "no other copy is known" in finding["hint"]


def test_an_absent_storage_is_recorded_as_well(studio):
    shutil.rmtree(studio.root / "originals")
    assert not verify()
    run = models.Inspection.objects.get()
    assert "I6" in {finding["invariant"] for finding in run.findings}
    assert run.finished_at


def test_a_run_of_one_gallery_says_which(studio):
    assert verify("--gallery", str(studio.other.uuid))
    assert models.Inspection.objects.get().counts["gallery"] == str(studio.other.uuid)


@pytest.mark.django_db
def test_the_first_thousand_findings_are_kept_and_all_are_counted():
    assert len(list(recorded(Inspection(), findings(1005)))) == 1005
    run = models.Inspection.objects.get()
    assert (len(run.findings), run.finding_count) == (1000, 1005)


@pytest.mark.django_db
def test_a_run_that_is_cut_off_keeps_what_it_found_and_has_no_end():
    run = recorded(Inspection(), findings(5))
    next(run)
    run.close()
    record = models.Inspection.objects.get()
    assert (record.finding_count, record.finished_at) == (1, None)


@pytest.mark.django_db
def test_a_database_that_cannot_be_written_to_fails_no_run(monkeypatch, caplog):
    def fail(self, *args, **kwargs):
        raise DatabaseError("read only")

    monkeypatch.setattr(models.Inspection, "save", fail)
    assert len(list(recorded(Inspection(), findings(3)))) == 3
    assert "was not recorded" in caplog.text


@pytest.mark.django_db
def test_old_runs_are_forgotten(monkeypatch):
    monkeypatch.setattr(recording, "KEPT_RUNS", 3)
    now = timezone.now()
    models.Inspection.objects.bulk_create(
        models.Inspection(started_at=now - timedelta(days=number)) for number in range(1, 6)
    )
    list(recorded(Inspection(), findings(0)))
    kept = models.Inspection.objects.values_list("started_at", flat=True)
    assert len(kept) == 3
    assert min(kept) == now - timedelta(days=2)
