"""What earlier releases have stored migrates forward, and is whole and usable with today's code.

``scripts/upgrade_data_set.py`` makes a data set at each release. The suite takes the rows of the
last one along on SQLite; all of them, on PostgreSQL as well, and every page of theirs are for
``make upgrades``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pumbaphoto_wagtail.models import State
from tests.database_template import template_path
from tests.postgresql import new_database

from .forward import read

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(__file__).resolve().parent
# In the order of the releases, the last one last.
DATA_SETS = ("before-0.1.0", "0.1.0")
LARGEST_BYTES = 200_000
ONLY_IN_FULL = os.environ.get("UPGRADES") != "all"


def run(data_set: str, environment: dict[str, str]) -> dict:
    """What ``tests.upgrades.forward`` saw, in a process with a database of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrades.forward", str(FOLDER / f"{data_set}.json.gz")],
        cwd=ROOT,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=DATA_SETS)
def data_set(request) -> str:
    if ONLY_IN_FULL and request.param != DATA_SETS[-1]:
        pytest.skip("the last release's is in the suite; make upgrades takes all")
    return request.param


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seen(request, data_set, tmp_path_factory, django_db_setup) -> dict:
    """What came of a data set on a database."""
    folder = tmp_path_factory.mktemp("upgrade")
    environment = {"PUMBAPHOTO_TEST_DATA": str(folder)}
    if request.param == "postgresql":
        if ONLY_IN_FULL:
            pytest.skip("make upgrades does it on PostgreSQL as well")
        server = request.getfixturevalue("postgresql_server")
        name = f"upgrade_{data_set.replace('.', '_').replace('-', '_')}"
        environment |= new_database(server, name) | {"PUMBAPHOTO_TEST_DATABASE": "postgresql"}
        manage(environment)
    elif template_path().exists():
        shutil.copyfile(template_path(), folder / "test.sqlite3")
    else:
        manage(environment)
    return run(data_set, environment)


def manage(environment: dict[str, str]) -> None:
    """Migrate an empty database by today's squashed migrations.

    The tests' own server acknowledges before it writes, which a check would not let pass.
    """
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--skip-checks"],
        cwd=ROOT,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        check=True,
    )


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_is_small_and_has_a_gallery_in_each_state(name):
    path = FOLDER / f"{name}.json.gz"
    assert path.stat().st_size < LARGEST_BYTES
    table = read(path)["tables"]["pumbaphoto_wagtail_gallery"]
    state = table["columns"].index("state")
    assert {row[state] for row in table["rows"]} == {*State.values}
    for kind in ("sharelink", "pick", "edit", "deliveryitem", "message", "consent", "video"):
        assert read(path)["tables"][f"pumbaphoto_wagtail_{kind}"]["rows"], kind


def test_no_data_set_is_forgotten():
    assert {path.name for path in FOLDER.glob("*.json.gz")} == {
        f"{name}.json.gz" for name in DATA_SETS
    }


def test_no_row_is_lost_or_made(seen):
    before, after = seen["counts"]
    assert after == before
    assert sum(before.values()) > 200


def test_the_schema_is_the_one_of_a_new_site(seen):
    """The squashed way and the way through each migration lead to the same tables."""
    assert seen["schema"] == {}


def test_constraints_hold(seen):
    assert seen["constraints"] == []


def test_what_is_new_starts_with_what_it_should(seen):
    derived = seen["derived"]
    assert {*derived["states"]} == {*State.values}
    assert derived["proved"] == 0
    assert derived["scopes"] == ["whole"]
    assert derived["links"] == 10


@pytest.mark.skipif(ONLY_IN_FULL, reason="make upgrades asks for every page")
def test_every_page_answers(seen):
    answers = seen["answers"]
    assert len(answers) > 100
    failed = {address: status for address, status in answers.items() if status != 200}
    # A selection is looked at, and never edited.
    assert {address for address in failed if "/selection/" not in address} == set()
    assert {*failed.values()} <= {404}


@pytest.mark.skipif(ONLY_IN_FULL, reason="make upgrades goes back as well")
def test_the_last_migration_can_be_taken_back_and_made_again(seen):
    before, last = seen["back"]
    assert before < last or "squashed" in before
