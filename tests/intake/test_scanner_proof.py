"""A scanner that does not look at the whole of every file is found out, and told which line."""

from __future__ import annotations

import io
import tempfile
from contextlib import contextmanager

import pytest

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.intake.clamd_client import ClamdClient, eicar
from pumbaphoto_wagtail.intake.clamd_configuration import (
    MAX_SCANNABLE_BYTES,
    SIGNATURE_FILE,
    clamd_configuration,
    clamd_lines,
    eicar_signature,
)
from pumbaphoto_wagtail.intake.clamd_process import find_clamd
from pumbaphoto_wagtail.intake.scanner_proof import prove, speaks_of_its_limits
from pumbaphoto_wagtail.storage import initialise_volume
from pumbaphoto_wagtail.storage.nas import NASStorage
from pumbaphoto_wagtail.testing import running_clamd

LARGEST = 30 * MEBIBYTE
DEBIAN = {
    "StreamMaxLength": "25M",
    "MaxFileSize": "25M",
    "MaxScanSize": "100M",
    "PCREMaxFileSize": "25M",
    "AlertExceedsMax": "no",
}
UPSTREAM = {
    "StreamMaxLength": "100M",
    "MaxFileSize": "100M",
    "MaxScanSize": "400M",
    "PCREMaxFileSize": "100M",
    "AlertExceedsMax": "no",
}


@pytest.fixture
def volume(tmp_path):
    storage = NASStorage(tmp_path / "volume")
    initialise_volume(storage, "incoming")
    return storage


@pytest.fixture
def client_of():
    """A client of a clamd that is configured for 30 MiB, but for the given lines."""
    if find_clamd() is None:
        pytest.skip("clamd is not installed")

    @contextmanager
    def start(**lines):
        with (
            tempfile.TemporaryDirectory(prefix="pumba") as directory,
            running_clamd(directory, max_file_bytes=LARGEST, **lines) as daemon,
        ):
            yield ClamdClient(daemon.address)

    return start


def proofs(client, volume, largest=LARGEST):
    """By both transports."""
    with volume.hollow_file(largest, eicar()) as descriptor:
        return {
            "INSTREAM": prove(client, largest),
            "FILDES": prove(client, largest, descriptor=descriptor),
        }


def test_the_printed_configuration_passes_by_both_transports(client_of, volume):
    with client_of() as client:
        found = proofs(client, volume)

    assert {name: proof.is_passed for name, proof in found.items()} == {
        "INSTREAM": True,
        "FILDES": True,
    }


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        pytest.param(DEBIAN, "AlertExceedsMax yes", id="Debian"),
        pytest.param(
            DEBIAN | {"AlertExceedsMax": "yes", "StreamMaxLength": "40M"},
            "MaxFileSize 32M",
            id="Debian with alerts",
        ),
        pytest.param({"AlertExceedsMax": "no"}, "AlertExceedsMax yes", id="alerts alone"),
        pytest.param({"ScanArchive": "no"}, "ScanArchive yes", id="archives"),
        pytest.param({"MaxFileSize": "25M"}, "MaxFileSize 32M", id="MaxFileSize"),
        pytest.param({"MaxScanSize": "25M"}, "MaxScanSize 64M", id="MaxScanSize"),
        pytest.param({"PCREMaxFileSize": "25M"}, "PCREMaxFileSize 32M", id="PCREMaxFileSize"),
        pytest.param({"MaxScanTime": "5"}, "MaxScanTime 120000", id="MaxScanTime"),
    ],
)
def test_a_wrong_line_is_named_with_its_right_value(client_of, volume, lines, named):
    with client_of(**lines) as client:
        found = proofs(client, volume)

    for proof in found.values():
        assert not proof.is_passed
        assert named in proof.explanation


def test_only_what_is_sent_needs_a_longer_stream(client_of, volume):
    with client_of(StreamMaxLength="25M") as client:
        found = proofs(client, volume)

    assert found["FILDES"].is_passed
    assert "StreamMaxLength 32M" in found["INSTREAM"].explanation


def test_the_defaults_of_clamd_itself_are_too_low_for_large_files(client_of, volume):
    with client_of(**UPSTREAM) as client:
        found = proofs(client, volume, 101 * MEBIBYTE)

    assert not any(proof.is_passed for proof in found.values())
    assert "AlertExceedsMax yes" in found["FILDES"].explanation


def test_a_clamd_without_the_test_signature_is_told_the_line(client_of, tmp_path):
    other = tmp_path / "signatures"
    other.mkdir()
    (other / "other.ndb").write_text("Other.Test:0:*:504b4c4f4e475f4e4f545f54484552\n")
    with client_of(DatabaseDirectory=other) as client:
        explanation = prove(client, LARGEST).explanation

    assert SIGNATURE_FILE in explanation
    assert eicar_signature() in explanation


def test_the_question_about_limits_is_small_and_answered_at_once(client_of):
    with client_of() as client:
        assert speaks_of_its_limits(client)
    with client_of(AlertExceedsMax="no") as client:
        assert not speaks_of_its_limits(client)


def test_an_archive_within_the_limits_is_no_reason_to_stop(client_of):
    import gzip

    content = gzip.compress(gzip.compress(b"a photo"))
    with client_of() as client:
        assert client.scan_stream(io.BytesIO(content), len(content)).outcome == "clean"


def test_more_than_clamd_can_scan_is_never_proved(clamd):
    proof = prove(ClamdClient(clamd.address), MAX_SCANNABLE_BYTES + 1)

    assert not proof.is_passed
    assert "2047 MiB" in proof.explanation


def test_the_test_file_takes_no_room(volume):
    import os

    with volume.hollow_file(512 * MEBIBYTE, eicar()) as descriptor:
        status = os.fstat(descriptor)
        end = os.pread(descriptor, 100, 512 * MEBIBYTE - 68)
    assert (status.st_size, end) == (512 * MEBIBYTE, eicar())
    assert status.st_blocks * 512 < MEBIBYTE
    assert list(volume.abandoned(-1)) == []


# --- The lines -----------------------------------------------------------------------------------


def values(max_file_bytes: int) -> dict[str, str]:
    return {line.name: line.value for line in clamd_lines(max_file_bytes)}


def test_the_configuration_follows_the_largest_file():
    found = values(200 * MEBIBYTE)

    assert found["StreamMaxLength"] == found["MaxFileSize"] == found["PCREMaxFileSize"] == "210M"
    assert (found["MaxScanSize"], found["MaxScanTime"]) == ("420M", "120000")
    assert found["AlertExceedsMax"] == "yes"


def test_no_line_is_more_than_clamd_understands():
    found = values(MAX_SCANNABLE_BYTES)

    assert found["MaxFileSize"] == found["StreamMaxLength"] == "2047M"
    assert found["MaxScanSize"] == "4000M"


def test_every_line_stands_below_its_reason():
    lines = clamd_configuration(200 * MEBIBYTE, threads=8).splitlines()

    assert all(line.startswith("# ") for line in lines[::2])
    assert "MaxThreads 8" in lines[1::2]
