"""Killed, or refused by the storage, at each system call of each stage: it ends as if nothing was.

One file, one stage in one process, one fault at one call. Then what would happen anyway: leases run
out, the schedule reconciles, the client asks how far it came and sends the rest. The site must then
be what it is without the fault: every promised byte stored once, one photo, three whole renditions,
nothing left over, and nothing for ``pumbaphoto_verify --strict`` to find.

The suite takes a part of the calls, ``make drills`` (FAULT_DRILLS=all) every single one.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from itertools import cycle, groupby

import pytest

from tests.faults.machine import CHANGING, Call, Ended, Machine

pytestmark = [
    pytest.mark.faults,
    pytest.mark.xdist_group("drills"),
    pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed"),
]

IS_THOROUGH = os.environ.get("FAULT_DRILLS") == "all"
KILLED = 9
# Of the calls that matter the suite takes every ninth, of each stage others.
STEP = 9
# Of more faults than these the suite takes every third.
MANY = 6
FIRST_KEY, SECOND_KEY = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
WAY_IN = ("announce", "create", "first_half", "second_half")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Drill:
    """A stage that faults are aimed at: what was done before, and how the file ends."""

    stage: str
    kind: str = "good"
    before: tuple[str, ...] = ()
    ends: str = "ready"
    is_second: bool = False
    # The suite kills it in one process, in tests/intake and tests/delivery.
    is_for_thorough: bool = False


DRILLS = {
    "announce": Drill("announce"),
    "create": Drill("create", before=WAY_IN[:1]),
    "receive": Drill("first_half", before=WAY_IN[:2]),
    "finish": Drill("second_half", before=WAY_IN[:3]),
    "finish-duplicate": Drill("second_half", before=WAY_IN[:3], is_second=True),
    "give-up": Drill("give_up", before=WAY_IN[:3], ends="nothing"),
    "scan": Drill("scan", before=WAY_IN),
    "quarantine": Drill("scan", kind="infected", before=WAY_IN, ends="infected"),
    "promote-and-render": Drill("render", before=(*WAY_IN, "scan")),
    "refuse": Drill("render", kind="foreign", before=(*WAY_IN, "scan"), ends="failed"),
    "drop-duplicate": Drill("render", before=(*WAY_IN, "scan"), is_second=True),
    "render-again": Drill("render_again", before=(*WAY_IN, "scan", "render")),
    "purge": Drill(
        "purge",
        before=(*WAY_IN, "scan", "render", "work", "delete_photos"),
        ends="nothing",
        is_for_thorough=True,
    ),
    "erase": Drill(
        "erase",
        before=(*WAY_IN, "scan", "render", "work", "delete_gallery"),
        ends="nothing",
        is_for_thorough=True,
    ),
}
LONG_REFUSED = [DRILLS[name] for name in ("drop-duplicate", "render-again", "finish-duplicate")]

# What a storage may answer to a call. Only a call with a path below the volumes is refused.
ERRORS = {
    "openat": ("ESTALE", "EIO"),
    "read": ("EIO", "ESTALE"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT"),
    "close": ("ENOSPC", "EIO"),
    "ftruncate": ("EIO",),
    "linkat": ("ENOSPC", "EXDEV", "ESTALE", "EIO"),
    "renameat": ("ESTALE", "EIO", "EROFS"),
    "unlinkat": ("EROFS", "EIO", "ESTALE"),
    "mkdirat": ("ENOSPC", "EROFS", "EIO"),
}
# How a request may be answered whose storage fails: never 500.
ANSWERS = {200, 201, 204, 409, 410, 423, 503, 507}


@pytest.fixture(
    params=[name for name, one in DRILLS.items() if IS_THOROUGH or not one.is_for_thorough]
)
def drill(request) -> Drill:
    return DRILLS[request.param]


@pytest.fixture
def ready_machine(machine, drill):
    """A machine on which all was done that comes before the stage."""
    machine.wipe()
    machine.do("fresh")
    if drill.is_second and drill.stage == "second_half":
        machine.insert("good", "IMG_1.jpg", FIRST_KEY)
        machine.do(*WAY_IN, "scan", "render", "work")
        machine.insert("good", "IMG_2.jpg", SECOND_KEY)
        machine.do(*drill.before)
    elif drill.is_second:
        # Two requests, neither of which knew of the other.
        machine.insert("good", "IMG_1.jpg", FIRST_KEY)
        machine.do(*WAY_IN)
        machine.run("hide_uploads", "uploading")
        machine.insert("good", "IMG_2.jpg", SECOND_KEY)
        machine.do(*WAY_IN)
        machine.run("hide_uploads", "received")
        machine.do("scan")
    else:
        machine.insert(drill.kind, "IMG_1.jpg", FIRST_KEY)
        machine.do(*drill.before)
    machine.keep()
    return machine


def test_killed_at_any_call_it_ends_as_if_it_was_not(ready_machine, drill):
    calls, whole = undisturbed(ready_machine, drill)
    points = calls if IS_THOROUGH else where_it_matters(calls)[len(drill.stage) % STEP :: STEP]
    kills, troubles = 0, []
    for call in points:
        ready_machine.put_back()
        inject = f"inject={call.name}:signal=KILL:when={call.number}"
        ended = ready_machine.run(drill.stage, strace=["-e", f"trace={call.name}", "-e", inject])
        kills += ended.signal == KILLED
        troubles += trouble_after(ready_machine, call, "KILL", whole)

    print(f"\n{drill.stage}: killed {kills} times, at {len(points)} of {len(calls)} calls")
    assert not troubles, "\n".join(troubles)
    # A count may be off by one, and the call not come again.
    assert kills >= len(points) - max(1, len(points) // 10)


def test_refused_at_any_call_it_ends_as_if_it_was_not(ready_machine, drill):
    if drill in LONG_REFUSED and not IS_THOROUGH:
        pytest.skip("its calls are those of promote-and-render and finish: make drills")
    calls, whole = undisturbed(ready_machine, drill)
    faults = errors_of(calls)
    refused, troubles = 0, []
    if len(faults) > MANY and not IS_THOROUGH:
        faults = faults[len(drill.stage) % 3 :: 3]
    for call, error in faults:
        ready_machine.put_back()
        inject = f"inject={call.name}:error={error}:when={call.number}"
        ended = ready_machine.run(drill.stage, strace=["-e", f"trace={call.name}", "-e", inject])
        # A count may be off by one, and must not hit the database.
        if not any("/volume/" in line for line in ended.injected):
            continue
        refused += 1
        troubles += trouble_with_answer(ended, call, error)
        troubles += trouble_after(ready_machine, call, error, whole)

    print(f"\n{drill.stage}: refused {refused} times, of {len(faults)} faults")
    assert not troubles, "\n".join(troubles)
    assert refused >= len(faults) - max(1, len(faults) // 5)


# --- What should be ------------------------------------------------------------------------------


def undisturbed(machine: Machine, drill: Drill) -> tuple[list[Call], dict]:
    """The stage's calls, and what the site comes to, when nothing goes wrong."""
    machine.put_back()
    calls = machine.calls(drill.stage)
    whole = recovered(machine)
    assert whole["findings"] == []
    assert whole["unsettled"] == 0
    if drill.ends == "nothing":
        assert whole["files"] == whole["names"] == []
        return calls, whole
    (file,) = whole["files"]
    assert file["stage"] == drill.ends
    is_shown = drill.ends == "ready"
    assert whole["photos"] == whole["photo files"] == int(is_shown)
    assert file["tiers"] == (["display", "grid", "view"] if is_shown else [])
    assert len(whole["names"]) == (5 if is_shown else 1)
    return calls, whole


def recovered(machine: Machine) -> dict:
    """The site after everything that happens by itself; without what differs from run to run."""
    ended = machine.run("recover")
    assert not ended.error, ended.error.splitlines()[-1]
    state = ended.answer
    stored = [file["sha256"] for file in state["files"]]
    promised = {line["sha256"] for line in state.pop("ledger")} - {""}
    assert all(stored.count(digest) == 1 for digest in promised), "acknowledged, and not stored"
    for file in state["files"]:
        assert file.pop("stored") == file["sha256"]
        del file["attempts"]
    state["names"] = sorted(
        re.sub("renditions/../", "renditions/", UUID.sub("U", name)) for name in state["names"]
    )
    return state


def trouble_after(machine: Machine, call: Call, fault: str, whole: dict) -> list[str]:
    where = f"{fault} at {call.name} {call.number} ({call.words[:90]})"
    try:
        found = recovered(machine)
    except AssertionError as error:
        return [f"{where}: {str(error).splitlines()[0]}"]
    differing = {key: found[key] for key in whole if found[key] != whole[key]}
    return [f"{where}: {differing}"] if differing else []


def trouble_with_answer(ended: Ended, call: Call, error: str) -> list[str]:
    where = f"{error} at {call.name} {call.number} ({call.words[:90]})"
    if ended.error:
        return [f"{where}: {ended.error}"]
    if isinstance(ended.answer, int) and ended.answer not in ANSWERS:
        return [f"{where}: status {ended.answer}"]
    return []


# --- Which calls ---------------------------------------------------------------------------------


def where_it_matters(calls: list[Call]) -> list[Call]:
    """Calls between which something durable has changed.

    Of a run of writes to the database's log only the ends: what is not committed is not there.
    """
    changing = [call for call in calls if call.name in CHANGING and is_change(call)]
    points = []
    for is_log, run in groupby(changing, key=lambda call: "-wal>" in call.words):
        run = list(run)
        points += [run[0], run[-1]] if is_log and len(run) > 1 else run
    return points


def is_change(call: Call) -> bool:
    # What the client remembers is on another machine.
    is_ours = "/card.json" not in call.words
    return is_ours and (call.name != "openat" or "O_CREAT" in call.words)


def errors_of(calls: list[Call]) -> list[tuple[Call, str]]:
    """Calls to the volumes with the errors they may have; in short, each kind of call once."""
    of_volumes = [call for call in calls if call.name in ERRORS and "/volume/" in call.words]
    if IS_THOROUGH:
        return [(call, error) for call in of_volumes for error in ERRORS[call.name]]
    turns = {name: cycle(errors) for name, errors in ERRORS.items()}
    seen, faults = set(), []
    for call in of_volumes:
        kind = (call.name, re.sub(r"\d+|[0-9a-f]{2}(?=\b)", "", UUID.sub("", call.words))[:160])
        if kind not in seen:
            seen.add(kind)
            faults.append((call, next(turns[call.name])))
    return faults
