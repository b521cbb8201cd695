"""The machine that single stages are drilled on; warming it up takes longer than most drills."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.faults.machine import running_machine


@pytest.fixture(scope="session")
def machine(clamd):
    # Directly under /tmp: copied often, and gone with the machine.
    home = Path(tempfile.mkdtemp(prefix="pumbaphoto-machine-", dir="/tmp"))
    try:
        with running_machine(home / "disk", clamd.address) as machine:
            yield machine
    finally:
        shutil.rmtree(home, ignore_errors=True)
