"""Looking at everything at once, in a process of its own, each look within a bound of its own.

A look that hangs is trouble and holds up neither the others nor the command: the process that looks
is left behind, whatever it waits for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from django.db import connections

from ..exceptions import StorageOffline
from ..storage import in_time
from ..storage.apart import lines_from_child
from . import database, machine, project, scanner, services, storages, versions
from .diagnosis import Diagnosis, trouble
from .facts import STATES, worst

QUICK_SECONDS = 15
# The self-test sends clamd the largest file that is accepted, and the settings' checks do as well.
SLOW_SECONDS = 90
# Beyond the slowest look, for a machine that is busy.
SPARE_SECONDS = 15
HUNG = "It hangs: look at the machine or the NAS that it waits for."


@dataclass(frozen=True, kw_only=True)
class Look:
    """Something to look at: its name, and how long it may take."""

    name: str
    ask: Callable[[], Iterable[Diagnosis]]
    seconds: float = QUICK_SECONDS


def looks() -> list[Look]:
    """Everything there is to look at, in the order in which it is told."""
    of_storages = [
        Look(name=alias, ask=partial(storages.look_at_storage, alias))
        for alias in storages.looked_at()
    ]
    return [
        Look(name="Versions", ask=versions.look_at_versions),
        Look(name="Machine", ask=machine.look_at_machine),
        Look(name="Own files", ask=machine.look_at_own_files),
        Look(name="Database", ask=database.look_at_database),
        Look(name="Cache", ask=services.look_at_cache),
        *of_storages,
        Look(name="Volume's clock", ask=storages.look_at_volume_clock),
        Look(name="clamd", ask=scanner.look_at_scanner),
        Look(name="clamd's self-test", ask=scanner.look_at_self_test, seconds=SLOW_SECONDS),
        Look(name="Queue", ask=services.look_at_queue),
        Look(name="Mail", ask=services.look_at_mail, seconds=2 * QUICK_SECONDS),
        Look(name="Web server", ask=services.look_at_web),
        Look(name="Settings", ask=project.look_at_settings, seconds=SLOW_SECONDS),
    ]


def examine(looks: list[Look]) -> Iterator[Diagnosis]:
    """What each look finds, in their order, as soon as it is known."""
    seconds = max(look.seconds for look in looks) + SPARE_SECONDS
    told, said = set(), set()
    for line in lines_from_child(partial(_look_and_tell, looks), seconds):
        number, diagnosis = json.loads(line)
        told.add(number)
        # Storages on one volume say the same of it.
        if diagnosis is not None and (row := Diagnosis(**diagnosis)) not in said:
            said.add(row)
            yield row
    for number, look in enumerate(looks):
        if number not in told:
            yield trouble(look.name, "no answer, or its process ended", HUNG)


def _look_and_tell(looks: list[Look], tell: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(len(looks)) as threads:
        for number, found in enumerate(threads.map(look_in_time, looks)):
            for diagnosis in found:
                tell(json.dumps([number, diagnosis.as_dict()]))
            tell(json.dumps([number, None]))


def look_in_time(look: Look) -> list[Diagnosis]:
    """What a look finds; trouble where it hangs or fails."""
    try:
        return in_time(partial(_look, look), look.seconds)
    except StorageOffline as error:
        return [trouble(look.name, str(error), HUNG)]
    except Exception as error:  # whatever it is, the other rows are still worth reading
        words = f"{type(error).__name__}: {error}"
        return [trouble(look.name, words.partition("\n")[0], "Look at the log.")]


def _look(look: Look) -> list[Diagnosis]:
    try:
        return list(look.ask())
    finally:
        # Each thread has connections of its own.
        connections.close_all()


def exit_code(found: Iterable[Diagnosis]) -> int:
    """0 if all is well, 1 if something wants attention, 2 if something is in trouble."""
    return STATES.index(worst([diagnosis.state for diagnosis in found]))
