"""One stage of one file's way in, in a process of its own: what strace and kill -9 are aimed at.

``python -m tests.faults.stage_process`` loads everything once and then does what each line of its
input asks for, in a fork: :class:`tests.faults.machine.Machine` drives it. A fork waits for a byte
before it begins, so that it can be traced from its first call on.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

HERE = Path(os.environ.get("STUDIO_DATA_DIR", "."))
CARD = HERE / "card.json"
LEDGER = HERE / "ledger"
VERSION = {"HTTP_TUS_RESUMABLE": "1.0.0"}
LONG = timedelta(days=3)
QUICK_TASKS = ("scan_file", "scan_waiting", "render_file", "match_edits")

Stage = Callable[[], object]


# --- What is on the photographer's card ----------------------------------------------------------


def photograph(width: int = 640, height: int = 420, moment: str = "2026:07:01 12:00:00") -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = moment
    stream = BytesIO()
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    picture.save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def contents() -> dict[str, bytes]:
    from pumbaphoto_wagtail.intake.clamd_client import eicar

    return {
        "good": photograph(),
        "infected": photograph()[:-2] + eicar(),
        "foreign": b"<html><script>alert(1)</script></html>" * 100,
    }


class Card:
    """What the photographer's computer remembers of one file; it outlives every crash here."""

    def __init__(self) -> None:
        self.facts = json.loads(CARD.read_text())

    def remember(self, **facts: str) -> None:
        self.facts |= facts
        CARD.write_text(json.dumps(self.facts))

    @property
    def content(self) -> bytes:
        return contents()[self.facts["kind"]]


def fresh() -> None:
    """Declare the volumes ours, on a machine that has nothing but its database."""
    from django.core.management import call_command

    with open(os.devnull, "w") as nobody:
        call_command("pumbaphoto_init_storage", stdout=nobody)


def insert(kind: str, name: str, key: str) -> None:
    """Put a file on the card, beside what the site knows."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from pumbaphoto_wagtail.models import Gallery

    browser = Client()
    browser.force_login(get_user_model().objects.get(username="maria"))
    facts = {
        "kind": kind,
        "name": name,
        "key": key,
        "gallery": str(Gallery.objects.order_by("pk").first().uuid),
        "session": browser.cookies["sessionid"].value,
    }
    CARD.write_text(json.dumps(facts))


def acknowledge(card: Card, offset: int) -> None:
    """Write down what the site has promised, as durably as it promised."""
    is_whole = offset == len(card.content)
    line = {"key": card.facts["key"], "offset": offset, "sha256": ""}
    if is_whole:
        line["sha256"] = sha256(card.content).hexdigest()
    descriptor = os.open(LEDGER, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, json.dumps(line).encode() + b"\n")
    os.fsync(descriptor)
    os.close(descriptor)


# --- The photographer's side ---------------------------------------------------------------------


def browser_of(card: Card):
    from django.test import Client

    browser = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    browser.cookies["sessionid"] = card.facts["session"]
    return browser


def announce() -> int:
    card = Card()
    row = {
        "name": card.facts["name"],
        "size": len(card.content),
        "clientKey": card.facts["key"],
        "lastModified": 1_780_000_000_000,
    }
    answer = browser_of(card).post(
        f"/galleries/uploads/{card.facts['gallery']}/batches/",
        json.dumps({"files": [row]}),
        content_type="application/json",
    )
    if answer.status_code == 201:
        card.remember(batch=answer.json()["uuid"])
    return answer.status_code


def create() -> int:
    card = Card()
    metadata = {"filename": card.facts["name"], "clientKey": card.facts["key"]}
    metadata["batch"] = card.facts["batch"]
    answer = browser_of(card).post(
        f"/galleries/uploads/{card.facts['gallery']}/",
        HTTP_UPLOAD_LENGTH=str(len(card.content)),
        HTTP_UPLOAD_METADATA=",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}"
            for name, value in metadata.items()
        ),
        **VERSION,
    )
    if answer.status_code == 201:
        card.remember(location=answer["Location"])
    return answer.status_code


def first_half() -> int:
    return send(0, len(Card().content) // 2)


def second_half() -> int:
    return send(len(Card().content) // 2, None)


def send(start: int, end: int | None) -> int:
    card = Card()
    answer = browser_of(card).generic(
        "PATCH",
        card.facts["location"],
        card.content[start:end],
        content_type="application/offset+octet-stream",
        HTTP_UPLOAD_OFFSET=str(start),
        **VERSION,
    )
    if answer.status_code == 204:
        acknowledge(card, int(answer["Upload-Offset"]))
    return answer.status_code


def give_up() -> int:
    card = Card()
    card.remember(is_given_up="yes")
    return browser_of(card).delete(card.facts["location"], **VERSION).status_code


def go_on() -> None:
    """What every client of the protocol does after trouble: ask how far it came, send the rest."""
    card = Card()
    if "batch" not in card.facts:
        _expect(announce(), 201)
    if "location" not in Card().facts:
        _expect(create(), 201)
    card = Card()
    answer = browser_of(card).head(card.facts["location"], **VERSION)
    _expect(answer.status_code, 200)
    offset = int(answer["Upload-Offset"])
    promised = [line["offset"] for line in ledger() if line["key"] == card.facts["key"]]
    if offset < max(promised, default=0):
        raise AssertionError(f"{max(promised)} bytes were acknowledged, now it says {offset}")
    if offset < len(card.content):
        _expect(send(offset, None), 204)
    else:
        acknowledge(card, offset)


def _expect(status: int, expected: int) -> None:
    if status != expected:
        raise AssertionError(f"status {status} instead of {expected}")


def ledger() -> list[dict]:
    return [json.loads(line) for line in LEDGER.read_text().splitlines()] if LEDGER.exists() else []


# --- The workers' side ---------------------------------------------------------------------------


def scan() -> list[str]:
    return _each("scan_file")


def render() -> list[str]:
    return _each("render_file")


def _each(task: str) -> list[str]:
    from pumbaphoto_wagtail.intake import pipeline
    from pumbaphoto_wagtail.models import StoredFile

    keys = list(StoredFile.objects.order_by("pk").values_list("pk", flat=True))
    return [str(getattr(pipeline, task)(key)) for key in keys]


def render_again() -> list[str]:
    """As the command does it, and then the worker."""
    from pumbaphoto_wagtail.intake.rerendering import render_again
    from pumbaphoto_wagtail.models import StoredFile

    render_again(StoredFile.objects.get())
    return render()


def delete_photos() -> None:
    """The photographer deletes all photos, and their time to come back passes."""
    from django.utils import timezone

    from pumbaphoto_wagtail.intake.deleting import delete_photos
    from pumbaphoto_wagtail.models import Gallery, Photo

    delete_photos(Gallery.objects.get(photos__isnull=False), Photo.objects.all(), actor=None)
    Photo.objects.update(deleted_at=timezone.now() - timedelta(days=15))
    _want_nothing_any_more()


def purge() -> None:
    from pumbaphoto_wagtail.intake.purging import purge_due

    purge_due()


def delete_gallery() -> None:
    from pumbaphoto_wagtail.delivery.erasing import delete_gallery
    from pumbaphoto_wagtail.models import Gallery

    delete_gallery(Gallery.objects.get(photos__isnull=False), actor=None)
    _want_nothing_any_more()


def erase() -> None:
    from pumbaphoto_wagtail.delivery.erasing import erase_gallery
    from pumbaphoto_wagtail.models import Gallery

    erase_gallery(Gallery.with_deleted.exclude(deleted_at=None).get().pk)


def _want_nothing_any_more() -> None:
    """What was promised is not wanted: nobody sends it again, and nobody looks for it."""
    Card().remember(is_unwanted="yes")
    LEDGER.unlink()


def hide_uploads(state: str) -> None:
    """Let received uploads look otherwise, as they do to a request that runs at the same time."""
    from pumbaphoto_wagtail.models import Upload

    Upload.objects.filter(state__in=("received", "uploading")).update(state=state)


def reconcile() -> dict:
    from pumbaphoto_wagtail import tasks

    tasks.sweep_storages()
    return tasks.reconcile()


def work() -> None:
    """What the queue still holds, until it holds no more."""
    from django.utils.module_loading import import_string
    from django_q.models import OrmQ

    for _ in range(100):
        waiting = OrmQ.objects.order_by("pk")
        tasks = [(row, row.task) for row in waiting]
        tasks = [one for one in tasks if one[1]["func"].rpartition(".")[2] in QUICK_TASKS]
        if not tasks:
            return
        for row, task in tasks:
            import_string(task["func"])(*task["args"])
            row.delete()
    raise AssertionError("the queue never ends")


def mail() -> dict:
    """Try to send what is owed; the mail server is away."""
    from pumbaphoto_wagtail.models import Message
    from pumbaphoto_wagtail.notifications import send_message

    for key in Message.objects.values_list("pk", flat=True):
        send_message(key)
    sent = Message.objects.exclude(sent_at=None)
    waiting = Message.objects.filter(failed_at=None).exclude(retry_at=None)
    return {"sent": sent.count(), "waiting": waiting.count()}


def findings() -> list[str]:
    from pumbaphoto_wagtail.verification import Inspection, verify

    return [f"{one.what}: {one.where}" for one in verify(Inspection())]


def be_late() -> None:
    """Let all leases run out, all waiting end and everything on the disk be days old."""
    from django.utils import timezone

    from pumbaphoto_wagtail.models import FileMove, Gallery, StoredFile, Upload

    past = timezone.now() - LONG
    StoredFile.objects.exclude(lease_until=None).update(lease_until=past)
    StoredFile.objects.exclude(retry_at=None).update(retry_at=past)
    StoredFile.objects.update(stage_changed_at=past)
    Upload.objects.exclude(lease_until=None).update(lease_until=past)
    FileMove.objects.update(started_at=past)
    Gallery.with_deleted.exclude(deleted_at=None).update(deleted_at=past)
    then = time.time() - LONG.total_seconds()
    for path in (HERE / "volume").rglob("*"):
        os.utime(path, (then, then))


def recover() -> dict:
    """What systemd, the schedule and the client's retries do after a crash; then the site's state.

    Twice, since the second time finds what the first one has put on its way.
    """
    be_late()
    if Card().facts.get("is_given_up"):
        give_up()
    elif not Card().facts.get("is_unwanted"):
        go_on()
    for _ in range(2):
        reconcile()
        work()
        be_late()
    reconcile()
    be_late()
    return state()


def state() -> dict:
    from pumbaphoto_wagtail.models import (
        Edit,
        Gallery,
        Message,
        Photo,
        PhotoFile,
        StoredFile,
        Upload,
        UploadBatch,
    )

    volume = HERE / "volume"
    return {
        "findings": findings(),
        "files": [
            {
                "stage": file.stage,
                "sha256": file.sha256,
                "stored": sha256((_place(file)).read_bytes()).hexdigest(),
                "tiers": sorted(file.renditions.values_list("tier", flat=True)),
                "attempts": [file.scan_attempts, file.render_attempts],
            }
            for file in StoredFile.objects.order_by("pk")
        ],
        "galleries": Gallery.with_deleted.count(),
        "photos": Photo.objects.count(),
        "photo files": PhotoFile.objects.count(),
        "edits": Edit.objects.count(),
        "uploads": sorted(Upload.objects.values_list("state", flat=True)),
        "unsettled": UploadBatch.objects.filter(settled_at=None).count(),
        "messages": Message.objects.count(),
        "names": sorted(
            str(path.relative_to(volume))
            for path in volume.rglob("*")
            if path.is_file() and path.name != ".pumbaphoto-volume"
        ),
        "ledger": ledger(),
    }


def _place(file) -> Path:
    return HERE / "volume" / file.storage.removeprefix("pumbaphoto_") / file.name


# --- The server ----------------------------------------------------------------------------------


def warm_up() -> None:
    """Do everything once, so that forks load and look up nothing that every worker has loaded."""
    import django

    django.setup()
    from django.core.files.storage import storages
    from django.db import connections

    fresh()
    insert("good", "IMG_0001.jpg", "00000000-0000-4000-8000-000000000001")
    for stage in (announce, create, first_half, second_half, scan, render, recover):
        stage()
    connections.close_all()
    storages._storages.clear()


def serve() -> None:
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        ready, go = os.pipe()
        answer_from, answer_to = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            # The server's own words are for the machine alone.
            os.dup2(2, 1)
            os.read(ready, 1)
            _answer(answer_to, name, arguments)
        os.close(ready)
        os.close(answer_to)
        print(json.dumps({"pid": child}), flush=True)
        sys.stdin.readline()
        os.write(go, b"!")
        os.close(go)
        with os.fdopen(answer_from, "rb") as stream:
            answer = stream.read()
        _pid, status = os.waitpid(child, 0)
        report = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}
        print(json.dumps(report | (json.loads(answer) if answer else {})), flush=True)


def _answer(answer_to: int, name: str, arguments: list) -> None:
    try:
        answer = {"answer": globals()[name](*arguments)}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    os.write(answer_to, json.dumps(answer).encode())
    os._exit(0)


if __name__ == "__main__":
    warm_up()
    print(json.dumps({"is_warm": True}), flush=True)
    serve()
