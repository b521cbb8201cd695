"""The machine that single stages are drilled on, and what is left to ``make drills``."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.faults.machine import running_machine

IS_THOROUGH = os.environ.get("FAULT_DRILLS") == "all"
# Longer forms of what every run goes through in test_operation.py, in test_every_call.py, in
# tests/uploads/test_chaos.py and in tests/intake/test_scan_uploads.py.
ONLY_IN_DRILLS = {
    "test_a_scanner_that_hangs_keeps_files_waiting_and_none_is_lost",
    "test_a_lost_queue_is_refilled_by_reconciling",
    "test_a_worker_that_is_killed_at_a_scan_leaves_its_file_to_another",
    "test_fifty_photos_survive_a_killed_worker_and_a_killed_scanner",
    "test_a_file_arrives_whole_through_web_servers_that_are_killed_again_and_again",
    "test_a_scanner_that_is_killed_again_and_again_lets_nothing_pass",
    "test_a_watcher_needs_no_queue_and_ends_when_it_is_told",
}


def pytest_collection_modifyitems(items) -> None:
    if IS_THOROUGH:
        return
    for item in items:
        is_here = item.path.parent == Path(__file__).parent
        if is_here and item.originalname in ONLY_IN_DRILLS:
            item.add_marker(pytest.mark.skip(reason="make drills runs it"))


# Warming it up takes longer than most drills.
@pytest.fixture(scope="session")
def machine(clamd):
    # Directly under /tmp: copied often, and gone with the machine.
    home = Path(tempfile.mkdtemp(prefix="pumbaphoto-machine-", dir="/tmp"))
    try:
        with running_machine(home / "disk", clamd.address) as machine:
            yield machine
    finally:
        shutil.rmtree(home, ignore_errors=True)
