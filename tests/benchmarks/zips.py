"""A ZIP of 150 files of 10 MB: computed, against ``cat``, ``zipfile`` and zipstream-ng; and what
one piece of a ZIP with 15,000 files costs.

Each sender is a process of its own that writes to a socket of this machine, and is asked in turns.
``python -m tests.benchmarks.zips SENDER FOLDER PORT`` is one of them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

FILES, FILE_BYTES = 150, 10_000_000
RECEIVE_BYTES = 1024 * 1024
COMPUTED, AGAIN = "computed", "computed, sent before"
SENDERS = {
    "cat": "cat",
    "zipfile, then sent": "zipfile",
    "zipstream-ng": "zipstream",
    COMPUTED: "computed",
    AGAIN: "again",
}
PIECE_BYTES, READ_BYTES = 8 * 1024 * 1024, 256 * 1024
MEMBERS = 15_000


def report_zips(rounds: int) -> None:
    """Throughput against others, then the cost of a piece."""
    from tests.benchmarks import report

    report.heading(f"A ZIP of {FILES} files of 10 MB over a socket, {rounds} alternating rounds")
    folder = Path(tempfile.mkdtemp(prefix="pumba-bench-")) / "zip"
    _make_files(folder)
    senders = dict(SENDERS)
    if importlib.util.find_spec("zipstream") is None:
        report.note("zipstream-ng is not installed (pip install zipstream-ng)")
        del senders["zipstream-ng"]
    found: dict[str, list[dict]] = {name: [] for name in senders}
    order = [*senders] * rounds
    random.Random(1).shuffle(order)
    for name in order:
        found[name].append(_measured(senders[name], folder))
    shutil.rmtree(folder.parent)
    middle = {
        name: {key: statistics.median(each[key] for each in all_) for key in all_[0]}
        for name, all_ in found.items()
    }
    report.table(
        ("sender", "MB/s", "x cat", "first byte ms", "CPU s/GB", "memory grows by MB", "disk MB"),
        [
            (
                *(name, round(each["rate"]), each["rate"] / middle["cat"]["rate"]),
                *(each["first"] * 1000, each["cpu"], each["grown"], round(each["disk"])),
            )
            for name, each in middle.items()
        ],
    )
    ours = middle[COMPUTED]
    report.goal("ZIP against cat, first time", ours["rate"] / middle["cat"]["rate"], 1.0)
    report.goal("ZIP against cat, later", middle[AGAIN]["rate"] / middle["cat"]["rate"], 1.0)
    report.goal("first byte", ours["first"] * 1000, 5.0, at_most=True, unit=" ms")
    report.goal("memory of the sender grows by", ours["grown"], 60, at_most=True, unit=" MB")
    _report_pieces()


def _make_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    chance = random.Random(9)
    block = chance.randbytes(1_000_000)
    for number in range(FILES):
        with (folder / f"{number:04d}.jpg").open("wb") as file:
            for turn in range(FILE_BYTES // len(block)):
                file.write(block[number * 10 + turn :] + block[: number * 10 + turn])


def _measured(sender: str, folder: Path) -> dict:
    """One sending: bytes a second, seconds to the first byte, processor time, memory."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = [sys.executable, "-m", "tests.benchmarks.zips", sender, str(folder), str(port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        connection, _address = server.accept()
        with connection:
            buffer = bytearray(RECEIVE_BYTES)
            # The sender is up and asks for the word.
            connection.recv(1)
            started = time.perf_counter()
            connection.sendall(b"!")
            received = connection.recv_into(buffer)
            first = time.perf_counter() - started
            while amount := connection.recv_into(buffer):
                received += amount
            seconds = time.perf_counter() - started
    said = json.loads(process.communicate()[0])
    assert received >= FILES * FILE_BYTES, (sender, received)
    return {
        "rate": received / 1e6 / seconds,
        "first": first,
        "cpu": said["cpu"] / (received / 1e9),
        "grown": said["grown"],
        "disk": said["disk"],
    }


# --- The senders ---------------------------------------------------------------------------------


def _send_cat(folder: Path, connection: socket.socket) -> float:
    paths = sorted(folder.iterdir())
    subprocess.run(["cat", *paths], stdout=connection.fileno(), check=True)
    return 0


def _send_zipfile(folder: Path, connection: socket.socket) -> float:
    import zipfile

    target = folder.with_suffix(".made.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    with target.open("rb") as made:
        connection.sendfile(made)
    size = target.stat().st_size / 1e6
    target.unlink()
    return size


def _send_zipstream(folder: Path, connection: socket.socket) -> float:
    from zipstream import ZipStream

    stream = ZipStream(sized=True)
    for path in sorted(folder.iterdir()):
        stream.add_path(path, path.name)
    assert len(stream)
    for chunk in stream:
        connection.sendall(chunk)
    return 0


def _computed(folder: Path) -> Callable[[], Iterator[bytes]]:
    """What Django would iterate over, with the sums known as they are from intake."""
    import django
    from django.conf import settings
    from django.test import override_settings

    django.setup()
    from pumbaphoto_wagtail.delivery import archives, zip_sending
    from pumbaphoto_wagtail.delivery.zip_contents import Contents, Entry
    from pumbaphoto_wagtail.storage import NASStorage, initialise_volume

    initialise_volume(NASStorage(folder), "originals", adopt=True)
    place = {"BACKEND": "pumbaphoto_wagtail.storage.NASStorage", "OPTIONS": {"location": folder}}
    override_settings(STORAGES={**settings.STORAGES, "pumbaphoto_originals": place}).enable()
    taken = datetime(2026, 6, 13, tzinfo=UTC)
    entries = [
        Entry(
            *(("item", key), "", path.name, FILE_BYTES, zlib.crc32(path.read_bytes()), taken),
            *("pumbaphoto_originals", path.name),
        )
        for key, path in enumerate(sorted(folder.glob("*.jpg")))
    ]

    def places(sources: list) -> dict:
        return {source: entries[source[1]][6:8] for source in sources}

    def made() -> Iterator[bytes]:
        layout = archives.lay_out(Contents(entries=entries))
        return zip_sending.send(layout, 0, layout.size, places)

    return made


def _send(sender: str, folder: Path, port: int) -> None:
    make = _computed(folder) if sender in ("computed", "again") else None
    if sender == "again":
        for _block in make():
            pass
    others = {"cat": _send_cat, "zipfile": _send_zipfile, "zipstream": _send_zipstream}
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"?")
        connection.recv(1)
        memory, cpu, disk = _Memory(), _cpu(), 0.0
        if make is not None:
            for block in make():
                connection.sendall(block)
        else:
            disk = others[sender](folder, connection)
        said = {"cpu": _cpu() - cpu, "grown": memory.grown(), "disk": disk}
    print(json.dumps(said))


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


class _Memory:
    """By how much this process grows, looked at every few milliseconds."""

    def __init__(self) -> None:
        self.before = self.most = self._now()
        self._stop = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.most = max(self.most, self._now())

    @staticmethod
    def _now() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def grown(self) -> float:
        self._stop.set()
        return max(self.most, self._now()) - self.before


# --- One piece -----------------------------------------------------------------------------------


def _report_pieces() -> None:
    """What a process spends on one piece of 8 MiB, through the whole of Django."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import override_settings
    from django.test.utils import CaptureQueriesContext

    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.delivery import zip_memory
    from tests.benchmarks import report

    report.heading("One piece of 8 MiB of a ZIP with 15,000 files of 10 MB")
    call_command("migrate", verbosity=0)
    testing.make_storages()
    browser, address = _plant()
    header = "X-Pumbaphoto-Zip"

    def measured(**headers: str) -> tuple[str, int, float, float]:
        with CaptureQueriesContext(connection) as asked:
            started, cpu = time.perf_counter(), time.process_time()
            answer = browser.get(address, headers=headers)
            sent = sum(map(len, answer)) if answer.streaming else 0
            spent = time.perf_counter() - started, time.process_time() - cpu
        assert not headers or sent == PIECE_BYTES, (answer.status_code, sent)
        told = answer.headers.get("X-Accel-Redirect", "")
        return told, len(asked), spent[0] * 1000, spent[1] * 1000

    def piece(number: int) -> tuple[int, float, float]:
        start = number * PIECE_BYTES
        wanted = f"bytes={start}-{start + PIECE_BYTES - 1}"
        return measured(**{header: key, "Range": wanted})[1:]

    with override_settings(PUMBAPHOTO={**_package(), "X_ACCEL_PREFIX": "/protected/"}):
        told, *first = measured()
        key = told.split("/")[3]
        again = measured()[1:]
        zip_memory._memory = zip_memory._Memory()
        unknown = piece(7000)
        known = [piece(number) for number in range(8000, 8040)]
    middle = [statistics.median(column) for column in zip(*known, strict=True)]
    alone = [statistics.median(column) for column in zip(*_plain_reads(), strict=True)]
    report.table(
        ("request", "queries", "ms", "CPU ms"),
        [
            ("the first of a download, by nobody before", *first),
            ("the first of a download, known", *again),
            ("a piece, in a process that has not heard of the ZIP", *unknown),
            ("a piece after that (median of 40)", *middle),
            ("reading 8 MiB of such a file, and nothing else", 0, *alone),
        ],
    )
    report.goal("queries for a piece", middle[0], 6, at_most=True)


def _plain_reads() -> Iterator[tuple[float, float]]:
    """Milliseconds, and those of the processor, for what no sender can do without."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(40):
            path = Path(folder) / str(number)
            with path.open("wb") as file:
                file.truncate(FILE_BYTES)
            started, cpu = time.perf_counter(), time.process_time()
            with path.open("rb", buffering=0) as file:
                for _ in range(PIECE_BYTES // READ_BYTES):
                    file.read(READ_BYTES)
            yield (time.perf_counter() - started) * 1000, (time.process_time() - cpu) * 1000


def _package() -> dict:
    from django.conf import settings

    return settings.PUMBAPHOTO


def _plant() -> tuple:
    from django.test import Client
    from django.urls import reverse

    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.models import (
        Delivery,
        DeliveryItem,
        Edit,
        EditStatus,
        State,
        StoredFile,
    )
    from pumbaphoto_wagtail.proofing import links
    from pumbaphoto_wagtail.storage import ORIGINALS, storage_for

    gallery = testing.make_gallery(state=State.DELIVERED)
    photos = testing.make_many_photos(gallery, MEMBERS)
    delivery = Delivery.objects.create(gallery=gallery, number=1)
    edits = Edit.objects.bulk_create(
        Edit(gallery=gallery, photo=photo, stored_file=photo.picture, status=EditStatus.MATCHED)
        for photo in photos
    )
    crc32 = zlib.crc32(bytes(FILE_BYTES))
    DeliveryItem.objects.bulk_create(
        DeliveryItem(
            delivery=delivery,
            edit=edit,
            photo=edit.photo,
            stored_file=edit.stored_file,
            member_name=edit.photo.name,
            size=FILE_BYTES,
            crc32=crc32,
            position=place,
        )
        for place, edit in enumerate(edits)
    )
    StoredFile.objects.update(size=FILE_BYTES)
    volume = Path(storage_for(ORIGINALS).location)
    for photo in photos:
        path = volume / photo.picture.name
        path.parent.mkdir(exist_ok=True)
        # A hole, which takes no room.
        with path.open("wb") as file:
            file.truncate(FILE_BYTES)
    browser = Client()
    browser.get(f"/galleries/s/{links.token(testing.make_link(gallery))}")
    return browser, reverse("pumbaphoto_wagtail:download_all", args=[gallery.uuid])


if __name__ == "__main__":
    _send(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
