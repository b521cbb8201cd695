"""``pumbaphoto_verify``: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json
import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pumbaphoto_wagtail.models import StoredFile, Verdict

pytestmark = pytest.mark.postgresql


def run(*arguments: str) -> tuple[str, str]:
    """What was printed, and the error it ended with."""
    output, error = StringIO(), ""
    try:
        call_command("pumbaphoto_verify", *arguments, stdout=output)
    except CommandError as failure:
        error = str(failure)
    return output.getvalue(), error


def test_it_ends_with_code_1(studio):
    studio.path(studio.file).unlink()
    with pytest.raises(CommandError) as failure:
        call_command("pumbaphoto_verify", stdout=StringIO())
    assert failure.value.returncode == 1


def test_a_whole_site_passes_and_is_told_what_was_looked_at(studio):
    output, error = run("--strict")
    assert error == ""
    assert "5 files" in output
    assert "15 renditions" in output
    assert output.endswith("Everything is as it should be.\n")


def test_a_broken_one_fails_with_a_line_for_each_finding_and_each_cure_once(studio):
    for photo in studio.photos[:2]:
        studio.path(photo.picture).unlink()
    output, error = run()
    assert error == "2 errors, 0 warnings."
    lines = [line for line in output.splitlines() if line.startswith("error")]
    assert [line.split()[:3] for line in lines] == [["error", "I4", "missing"]] * 2
    assert all(str(studio.gallery.uuid) in line for line in lines)
    assert output.count("no other copy is known") == 1


def test_warnings_fail_only_where_it_is_strict(studio):
    StoredFile.objects.update(verdict=Verdict.NOT_SCANNED_DEMO)
    output, error = run()
    assert error == ""
    assert "not scanned, as in a demonstration" in output
    assert run("--strict")[1] == "0 errors, 1 warnings."


def test_quick_compares_sizes_and_hash_the_bytes(studio):
    path = studio.path(studio.file)
    path.write_bytes(bytes(studio.file.size))
    assert run("--quick")[1] == ""
    assert run("--hash")[1] == run()[1] == "1 errors, 0 warnings."


def test_one_gallery_can_be_looked_at_alone(studio):
    studio.path(studio.file).unlink()
    assert run("--gallery", str(studio.other.uuid))[1] == ""
    assert run("--gallery", str(studio.gallery.uuid))[1] == "1 errors, 0 warnings."


def test_an_unknown_gallery_is_an_error(studio):
    assert run("--gallery", str(uuid.uuid4()))[1] == "There is no such gallery."


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_json_is_one_document(studio, broken):
    for photo in studio.photos[:broken]:
        studio.path(photo.picture).unlink()
    output, _error = run("--json")
    document = json.loads(output)
    assert document["errors"] == len(document["findings"]) == broken
    assert document["looked_at"]["files"] == 5
    for finding in document["findings"]:
        assert finding["invariant"] == "I4"
        assert finding["severity"] == "error"
        assert set(finding) == {"invariant", "severity", "what", "where", "hint", "file"}


def test_scrub_reads_the_nights_share_and_says_how_far_it_is(studio):
    output, error = run("--scrub")
    assert error == ""
    assert "Read: 1 files. 1 of 5 files read within 30 days, the oldest on " in output


def test_scrub_fails_with_a_line_for_what_is_damaged(studio):
    studio.path(studio.file).write_bytes(b"other")
    output, error = run("--scrub")
    assert error == "1 errors."
    assert "mismatch" in output
    assert str(studio.gallery.uuid) in output


def test_scrub_of_no_days_says_so(studio, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "SCRUB_DAYS": 0}
    assert run("--scrub") == ("SCRUB_DAYS is 0: nothing is read again.\n", "")
