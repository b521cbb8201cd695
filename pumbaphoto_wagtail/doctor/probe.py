"""What the trials of a volume mean for photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..conf import GIBIBYTE, MEBIBYTE
from ..exceptions import StorageFull, StorageOffline, StorageUnknown
from ..storage import NASStorage, storage_for
from ..storage.probing import Trial, probe
from .database import clocks
from .diagnosis import Diagnosis, attention, bytes_in_words, seconds_in_words, trouble, well

SLOW_WRITE_SECONDS = 0.2
UNUSABLE_WRITE_SECONDS = 2.0
SLOW_BYTES_A_SECOND = 20 * MEBIBYTE
FEW_FILES_A_SECOND = 10
SLOW_LISTING_SECONDS = 5.0
LONGEST_NAME = 255
# Our own names: a UUID, a suffix, and what is written beside it.
LONGEST_OWN_NAME = 100
SCARCE_BYTES = 10 * GIBIBYTE
SCARCE_FILES = 100_000

Judge = Callable[[str, dict[str, Any]], Diagnosis]


def probe_storage(alias: str) -> Iterator[Diagnosis]:
    """Try a storage's volume out, and say of each trial what it means. May hang."""
    try:
        storage = storage_for(alias)
        if not isinstance(storage, NASStorage):
            yield well(alias, f"{type(storage).__name__} is no volume that could be tried out")
            return
        for trial in probe(storage):
            yield judge(alias, trial)
    except (StorageOffline, StorageFull, StorageUnknown, OSError) as error:
        yield trouble(alias, str(error), "Mount it, make room, or declare it ours.")


def judge(alias: str, trial: Trial) -> Diagnosis:
    name = f"{alias}: {trial.name.replace('_', ' ')}"
    if trial.error:
        return trouble(name, trial.error, "Look at the NAS, its export and its quota.")
    return JUDGES[trial.name](name, trial.figures)


# --- Promises that nothing works without ---------------------------------------------------------


def _exclusive_create(name: str, found: dict[str, Any]) -> Diagnosis:
    if found["given_twice"] or found["given"] != found["names"]:
        words = f"of {found['names']} names {found['given_twice']} were given to two"
        return trouble(
            name, words, "Mount it by NFS 3 or later; no cluster file system in between."
        )
    return well(name, f"{found['names']} names, each given to one of two processes")


def _links(name: str, found: dict[str, Any]) -> Diagnosis:
    if not found["refuses_taken"]:
        return trouble(name, "a link overwrote a name that was taken", "Use another file system.")
    if found["made"] != found["counted"]:
        words = f"{found['made']} links were made, {found['counted']} are counted"
        return attention(
            name, words, "Finished uploads are told by their links: use ext4, XFS, NFS."
        )
    return well(name, f"{found['made']} links to one file, and a taken name is refused")


def _rename(name: str, found: dict[str, Any]) -> Diagnosis:
    if found["torn"]:
        words = f"of {found['reads']} readings {found['torn']} were of two files mixed"
        return trouble(name, words, "Turn off the NAS's own cache for this share.")
    if found["missing"] or not found["is_done"]:
        words = (
            f"of {found['reads']} readings {found['missing']} found no file while it was replaced"
        )
        return attention(name, words, "Readers try again; with several machines use NFS 4.")
    return well(name, f"{found['reads']} readings of a file that is replaced, all whole")


def _unlink(name: str, found: dict[str, Any]) -> Diagnosis:
    if not found["is_readable"]:
        words = "what is being read is gone as soon as it is removed"
        return attention(name, words, "A download ends when its file is archived.")
    kept = ", kept as .nfsXXXX until it is closed" if found["is_kept"] else ""
    return well(name, f"a removed file can be read on{kept}")


# --- Speed ---------------------------------------------------------------------------------------


def _small_writes(name: str, found: dict[str, Any]) -> Diagnosis:
    p50, p95 = seconds_in_words(found["p50"]), seconds_in_words(found["p95"])
    words = f"durable after {p50} (half of {found['writes']}), {p95} (19 of 20)"
    if found["p95"] > UNUSABLE_WRITE_SECONDS:
        return trouble(name, words, "Uploads will stall: look at the NAS's disks and its network.")
    if found["p95"] > SLOW_WRITE_SECONDS:
        return attention(name, words, "A write cache with a battery, or an SSD for the log, helps.")
    return well(name, words)


def _large_write(name: str, found: dict[str, Any]) -> Diagnosis:
    written, read = (found["bytes"] / found[key] for key in ("seconds", "read_seconds"))
    words = (
        f"{bytes_in_words(found['bytes'])} written with {bytes_in_words(written)}/s, "
        f"read with {bytes_in_words(read)}/s"
    )
    if not found["is_same"]:
        return trouble(name, f"{words}, and other bytes came back", "Do not use this volume.")
    if written < SLOW_BYTES_A_SECOND:
        return attention(name, words, "A shoot takes hours to arrive: look at the network.")
    return well(name, words)


def _create_rate(name: str, found: dict[str, Any]) -> Diagnosis:
    rate = found["files"] / max(found["seconds"], 1e-6)
    words = f"{rate:.0f} files a second, each durable"
    if rate < FEW_FILES_A_SECOND:
        return attention(name, words, "Renditions will wait for it: put them on a faster volume.")
    return well(name, words)


def _many_entries(name: str, found: dict[str, Any]) -> Diagnosis:
    seconds = seconds_in_words(found["seconds"])
    words = f"{found['made']} made, {found['listed']} listed within {seconds}"
    if found["made"] != found["listed"]:
        return trouble(name, words, "The volume does not show what is there.")
    if found["seconds"] > SLOW_LISTING_SECONDS:
        return attention(name, words, "pumbaphoto_verify and scans of libraries will take long.")
    return well(name, words)


# --- Names ---------------------------------------------------------------------------------------


def _letter_case(name: str, found: dict[str, Any]) -> Diagnosis:
    if found["is_told_apart"]:
        return well(name, "“a” and “A” are two names")
    # Names of ours are lower-case; a library's are whatever its photographer wrote.
    return well(name, "“a” and “A” are one name, which is fine for our own files")


def _long_names(name: str, found: dict[str, Any]) -> Diagnosis:
    words = f"up to {found['letters']} bytes, {found['others']} with letters beyond ASCII"
    if found["letters"] < LONGEST_OWN_NAME:
        return trouble(name, words, "An encrypted share shortens names: use one that does not.")
    if min(found["letters"], found["others"]) < LONGEST_NAME - 1:
        return attention(name, words, "A library with longer names cannot be copied to it.")
    return well(name, words)


def _unicode_names(name: str, found: dict[str, Any]) -> Diagnosis:
    if found["kept"] == found["given"]:
        return well(name, "names come back as they were given")
    words = f"of {found['given']} names {found['kept']} come back as they were given"
    return attention(name, words, "No harm to our own; mount a library with iocharset=utf8.")


def _short_names(name: str, found: dict[str, Any]) -> Diagnosis:
    if not found["has_second"]:
        return well(name, "names have no short ones beside them")
    words = "a long name has a short one beside it, which another file may want"
    return attention(name, words, "Turn off 8.3 names on the server (mangled names = no).")


# --- Clock, owner, room --------------------------------------------------------------------------


def _clock(name: str, found: dict[str, Any]) -> Diagnosis:
    return clocks(name, found["ahead"])


def _ownership(name: str, found: dict[str, Any]) -> Diagnosis:
    if found["owner"] != found["user"]:
        words = f"what user {found['user']} writes belongs to {found['owner']}: users are mapped"
        return attention(name, words, "Let the export keep the service's user, on all machines.")
    if not found["keeps_mode"]:
        words = "modes cannot be changed: who may read is decided by the server"
        return attention(name, words, "See that nobody else may read the share.")
    return well(name, f"files belong to user {found['owner']}, and keep their mode")


def _room(name: str, found: dict[str, Any]) -> Diagnosis:
    words = f"{bytes_in_words(found['free'])} free of {bytes_in_words(found['total'])}"
    if found["files"]:
        words += f", {found['files_free']} more files"
    if found["free"] < SCARCE_BYTES or (found["files"] and found["files_free"] < SCARCE_FILES):
        return attention(name, words, "Make room.")
    return well(name, words)


JUDGES: dict[str, Judge] = {
    "exclusive_create": _exclusive_create,
    "links": _links,
    "rename_under_reader": _rename,
    "unlink_while_open": _unlink,
    "small_writes": _small_writes,
    "large_write": _large_write,
    "create_rate": _create_rate,
    "many_entries": _many_entries,
    "letter_case": _letter_case,
    "long_names": _long_names,
    "unicode_names": _unicode_names,
    "short_names": _short_names,
    "clock": _clock,
    "ownership": _ownership,
    "room": _room,
}
