"""Processor time of this process, all it has started and its database, as Linux counts it.

Beside photos per second, which the other work of a busy machine halves, it tells what a way costs.
"""

from __future__ import annotations

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Places behind the command's name in /proc/PID/stat (proc_pid_stat(5)).
PARENT, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM = 1, 11, 12, 13, 14
COUNTED = (USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM)


def seconds_of_all() -> float:
    """Seconds so far; of processes that have ended, where their parent waited for them."""
    figures = _figures()
    roots = {str(os.getpid()), _database_server()}
    ticks = sum(
        int(found[place])
        for process, found in figures.items()
        if _descends(process, roots, figures)
        for place in COUNTED
    )
    return ticks / TICKS_PER_SECOND


def _figures() -> dict[str, list[str]]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[folder.name] = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
    return found


def _database_server() -> str:
    """The private PostgreSQL server, which is nobody's child; empty without one."""
    if "PGHOST" not in os.environ:
        return ""
    return (Path(os.environ["PGHOST"]) / "data" / "postmaster.pid").read_text().split()[0]


def _descends(process: str, roots: set[str], figures: dict[str, list[str]]) -> bool:
    while process in figures:
        if process in roots:
            return True
        process = figures[process][PARENT]
    return False
