"""``pumbaphoto_clamd_conf``: the lines that clamd needs, and the proof that it has them."""

from __future__ import annotations

import os
import tempfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.intake.clamd_configuration import (
    clamd_configuration,
    clamd_lines,
    eicar_signature,
)
from pumbaphoto_wagtail.testing import running_clamd

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("pumbaphoto_clamd_conf", *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def with_clamd(settings):
    def at(address: str, max_file_bytes: int = 4 * MEBIBYTE) -> None:
        settings.PUMBAPHOTO = {
            **settings.PUMBAPHOTO,
            "CLAMD_ADDRESS": address,
            "MAX_FILE_BYTES": max_file_bytes,
        }

    return at


def test_prints_the_lines_for_the_configured_size(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_FILE_BYTES": 100 * MEBIBYTE}
    printed = run()
    assert clamd_configuration(100 * MEBIBYTE, os.cpu_count()) in printed
    assert "StreamMaxLength 105M" in printed


def test_every_line_is_explained():
    page = (ROOT / "docs" / "virus-scan.md").read_text()
    for line in clamd_lines(512 * MEBIBYTE):
        assert f"| `{line.name} {line.value}` |" in page


def test_scans_as_many_at_once_as_there_are_cores():
    assert f"MaxThreads {os.cpu_count()}\n" in run()


def test_more_than_clamd_can_scan_is_refused(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_FILE_BYTES": 3000 * MEBIBYTE}
    with pytest.raises(CommandError, match="2047 MiB"):
        run()


def test_everything_that_is_no_line_of_clamd_is_a_comment():
    lines = run().splitlines()
    ours = set(clamd_configuration(512 * MEBIBYTE, os.cpu_count()).splitlines())
    assert all(line.startswith("#") for line in lines if line not in ours)


def test_tells_the_signature_of_the_test_virus_as_a_comment():
    assert f"# {eicar_signature()}\n" in run()


def test_a_clamd_with_these_lines_passes(clamd, with_clamd):
    with_clamd(clamd.address)
    assert run("--self-test").strip().endswith("scans files of 4 MiB to their last byte.")


@pytest.mark.parametrize(
    ("line", "right"), [("MaxScanSize", "MaxScanSize 10M"), ("MaxFileSize", "MaxFileSize 5M")]
)
def test_a_line_that_is_too_low_is_named_with_its_right_value(clamd, with_clamd, line, right):
    with (
        tempfile.TemporaryDirectory(prefix="pumba") as directory,
        running_clamd(directory, max_file_bytes=4 * MEBIBYTE, **{line: "1M"}) as limited,
    ):
        with_clamd(limited.address)
        with pytest.raises(CommandError, match=right) as failure:
            run("--self-test")
    assert failure.value.returncode == 1


def test_no_clamd_is_told_with_its_address(with_clamd, tmp_path):
    with_clamd(f"unix:{tmp_path}/none")
    with pytest.raises(CommandError, match=f"does not answer at unix:{tmp_path}/none"):
        run("--self-test")
