"""The cells of tox.ini whose Python is on this machine, each with a part of the suite.

The suite itself is the cell of the Python that runs it; ``make tox`` runs each of them whole.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    # They make the same wheel in the same folder.
    pytest.mark.xdist_group("cells"),
    pytest.mark.skipif(
        not {"CI", "CELLS"} & {*os.environ}, reason="takes minutes: CI runs it, and CELLS=1 does"
    ),
]

ROOT = Path(__file__).resolve().parent.parent
# What a Django or a Python is likely to change: models, checks, tasks, mail, feeds.
PART = (
    *("tests/test_models.py", "tests/test_workflow.py", "tests/test_checks.py"),
    *("tests/test_tasks.py", "tests/test_permissions.py", "tests/test_notifications.py"),
    *("tests/client/test_feed.py", "tests/doctor/test_looks.py"),
)
LEAST = 500
CELLS = [("3.12", "6.0"), ("3.13", "6.1")]


def interpreter(version: str) -> Path | None:
    """Where this machine has a Python: on the path, or among those that pyenv keeps."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*sorted(kept.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
    for path in filter(None, found):
        asked = subprocess.run([path, "-c", "import venv, ensurepip"], capture_output=True)
        if asked.returncode == 0:
            return Path(path)
    return None


@pytest.mark.parametrize(("python", "django"), CELLS)
def test_a_cell_passes_its_part(python, django, tmp_path):
    path = interpreter(python)
    if path is None:
        pytest.skip(f"Python {python} is not on this machine")
    cell = f"py{python}-django{django}-wagtail80-sqlite".replace(".", "")
    command = [sys.executable, "-m", "tox", "run", "--workdir", tmp_path, "--discover", path]
    done = subprocess.run(
        [*command, "-e", cell, "--", "-q", "-p", "no:cacheprovider", *PART],
        cwd=ROOT,
        # Compiled are those modules alone that are imported.
        env=os.environ | {"PIP_NO_COMPILE": "1"},
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    # A cell that was made with another Python finds versions, and none that fits.
    if "(from versions: none)" in said:
        pytest.skip(f"the packages of {cell} cannot be had here")

    assert done.returncode == 0, said[-8000:]
    passed = re.search(r"(\d+) passed", said)
    assert passed, said[-2000:]
    assert int(passed[1]) >= LEAST
