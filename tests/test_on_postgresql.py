"""The tests that say something about a database, once more on PostgreSQL.

Django knows one database per process, so they run in a process of their own.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.skipif(
    os.environ.get("PUMBAPHOTO_TEST_DATABASE") == "postgresql", reason="this run is on PostgreSQL"
)
def test_tests_marked_postgresql_pass_on_postgresql(postgresql_server):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        **postgresql_server,
        "PUMBAPHOTO_TEST_DATABASE": "postgresql",
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-m", "postgresql", "-q", "-p", "no:cacheprovider"),
            *files_with_the_mark(),
        ],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert re.search(r"\b\d+ passed", done.stdout), done.stdout[-2000:]


def files_with_the_mark() -> list[str]:
    """Those alone are read: the others are twenty times as many."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(path) for path in files if "mark.postgresql" in path.read_text()]
