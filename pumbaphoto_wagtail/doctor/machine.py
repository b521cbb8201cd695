"""The machine: whose process this is, its memory and cores, and the package's own files."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator

from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage

from ..conf import GIBIBYTE, settings
from ..intake import lettering
from .diagnosis import Diagnosis, attention, bytes_in_words, trouble, well

# clamd with all signatures takes 1.3 GiB, and while it loads new ones twice that.
CLAMD_BYTES = 3 * GIBIBYTE
# A worker that decodes a large picture, and the web server with its processes.
WORKER_BYTES = GIBIBYTE
WEB_BYTES = GIBIBYTE
BUNDLE = ("gallery.js", "gallery.css", "uploader.js", "workspace.js", "admin.css")


def look_at_machine() -> Iterator[Diagnosis]:
    yield _user()
    yield memory_is_enough(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _user() -> Diagnosis:
    number = os.geteuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    if number == 0:
        words = "this looks as root, who may do everything; the service may not"
        to_do = "sudo -u <the service's user> manage.py pumbaphoto_doctor"
        return attention("User", words, to_do)
    return well("User", f"everything below was looked at as {name}")


def memory_is_enough(total: int) -> Diagnosis:
    """Whether a machine's memory is enough for what the settings run on it."""
    cores = len(os.sched_getaffinity(0))
    workers = sum(
        _workers_of(name) for name in (settings.QUEUE_CLUSTER, settings.SLOW_QUEUE_CLUSTER)
    )
    is_local = settings.CLAMD_ADDRESS.startswith("unix:")
    needed = workers * WORKER_BYTES + WEB_BYTES + CLAMD_BYTES * is_local
    words = f"{bytes_in_words(total)}, {cores} cores, {workers} workers"
    if total < needed:
        to_do = f"Give the machine {bytes_in_words(needed)}, or run fewer workers on it."
        return attention("Memory", f"{words}: too little while clamd loads signatures", to_do)
    return well("Memory", words)


def _workers_of(cluster: str) -> int:
    host = getattr(django_settings, "Q_CLUSTER", {})
    return (host | host.get("ALT_CLUSTERS", {}).get(cluster, {})).get("workers") or os.cpu_count()


def look_at_own_files() -> Iterator[Diagnosis]:
    there = {path.stem for path in lettering.FONTS.glob("*.[ot]tf")}
    missing = {*lettering.FIRST_FONTS, *lettering.LAST_FONTS} - there
    if missing:
        to_do = "Install the package anew: its wheel carries them."
        yield trouble("Fonts", f"missing: {', '.join(sorted(missing))}", to_do)
    else:
        yield well("Fonts", f"{len(there)} for watermarks and PDFs")
    yield _bundle()


def _bundle() -> Diagnosis:
    name = "Static files"
    paths = {each: finders.find(f"pumbaphoto_wagtail/{each}") for each in BUNDLE}
    if missing := [each for each, path in paths.items() if not path]:
        return trouble(
            name, f"missing: {', '.join(missing)}", "Install the wheel, or: make frontend"
        )
    if django_settings.DEBUG:
        return well(name, "there; collected ones are not used while DEBUG is on")
    stale = [each for each, path in paths.items() if not _is_collected(each, path)]
    if stale:
        words = f"not collected, or from another release: {', '.join(stale)}"
        return attention(name, words, "manage.py collectstatic")
    return well(name, "collected, of this release")


def _is_collected(name: str, path: str) -> bool:
    directory, _slash, last = path.rpartition("/")
    try:
        with (
            FileSystemStorage(location=directory).open(last) as shipped,
            staticfiles_storage.open(f"pumbaphoto_wagtail/{name}") as collected,
        ):
            return shipped.read() == collected.read()
    except (OSError, ValueError, NotImplementedError):
        return False
