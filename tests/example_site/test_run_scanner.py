"""The demo's own clamd knows the machine's signatures as well as the test one."""

import pytest

from example_site.studio.management.commands.run_scanner import lend_signatures


@pytest.fixture
def machine(tmp_path):
    directory = tmp_path / "machine"
    directory.mkdir()
    return directory


def test_official_signatures_are_read_where_they_are(tmp_path, machine):
    (machine / "main.cvd").write_text("official")
    (machine / "daily.cld").write_text("new")

    lend_signatures(tmp_path / "own", machine)

    assert {path.name: path.read_text() for path in (tmp_path / "own").iterdir()} == {
        "main.cvd": "official",
        "daily.cld": "new",
    }


def test_the_test_signature_stays_and_what_freshclam_replaced_goes(tmp_path, machine):
    (machine / "main.cvd").write_text("official")
    (machine / "daily.cvd").write_text("old")
    lend_signatures(tmp_path / "own", machine)
    (tmp_path / "own" / "pumbaphoto.ldb").write_text("test")
    (machine / "daily.cvd").rename(machine / "daily.cld")

    lend_signatures(tmp_path / "own", machine)

    names = {path.name for path in (tmp_path / "own").iterdir()}
    assert names == {"main.cvd", "daily.cld", "pumbaphoto.ldb"}


def test_half_a_signature_database_is_none(tmp_path, machine):
    (machine / "bytecode.cvd").write_text("alone")

    lend_signatures(tmp_path / "own", machine)

    assert not [*(tmp_path / "own").iterdir()]
