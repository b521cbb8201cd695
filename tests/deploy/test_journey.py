"""A shoot from card to archive on a machine set up from the shipped files alone."""

from __future__ import annotations

import io
import os
import re
import subprocess
import zipfile
from dataclasses import dataclass, field

import openpyxl
import pytest
import requests

from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.models import (
    Delivery,
    Edit,
    Gallery,
    Photo,
    Rendition,
    Stage,
    StoredFile,
    UploadBatch,
)
from tests.browser.test_journey import RAW, camera_jpeg, encoded, picture
from tests.deploy.conftest import PASSWORD
from tests.deploy.machine import DOMAINS, SERVICES, STUDIO_ID, Machine
from tests.deploy.visitor import SecureSender, Visitor

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

TITLE = "Anna & Tom"
NOTE = "a little warmer, please"
LARGE = 20 * 1024 * 1024
CHUNK = 8 * 1024 * 1024


@dataclass
class Story:
    """What the steps hand on to each other."""

    machine: Machine
    maria: Visitor
    anna: Visitor
    workspace: str = ""
    link: str = ""
    edits: dict[str, bytes] = field(default_factory=dict)

    @property
    def gallery(self) -> Gallery:
        return self.machine.rows(Gallery).get(title=TITLE)


def test_a_shoot_from_card_to_archive_through_the_shipped_files(machine):
    story = Story(machine, *(Visitor(machine.address, machine.certificate) for _ in range(2)))
    story.maria.log_in("maria", PASSWORD)
    create_gallery(story)
    send_the_card(story)
    share(story)
    choose(story)
    read_the_selection(story)
    send_edits_and_deliver(story)
    download_in_parts(story)
    archive_and_restore(story)
    a_second_studio_is_a_world_of_its_own(story)
    nobody_else_may_read_what_lies_there(story)
    logs_are_turned_over(story)
    everything_is_as_it_should_be(story)


def create_gallery(story: Story) -> None:
    made = story.maria.submit(
        "/admin/pumbaphoto/galleries/new/",
        "Create gallery",
        title=TITLE,
        shoot_date="2026-07-01",
        client_name="Anna Berg",
        client_email="anna@example.com",
        preset="wedding",
    )
    assert story.machine.rows(Gallery).filter(title=TITLE).exists(), made.text
    story.workspace = f"/admin/pumbaphoto/galleries/{story.gallery.uuid}/"


def card() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What is good of it, and what is not."""
    large = camera_jpeg(4522, 1)
    good = {
        "Ceremony/IMG_4521.jpg": camera_jpeg(4521, 6),
        # Several chunks of the size that browsers send.
        "Ceremony/IMG_4522.jpg": large + os.urandom(LARGE),
        "Party/IMG_4524.png": encoded(picture(4524), "PNG"),
        "Party/IMG_4525.tif": encoded(picture(4525), "TIFF", compression="tiff_lzw"),
    }
    if RAW.exists():
        good["Party/IMG_4526.dng"] = RAW.read_bytes()
    bad = {"Party/IMG_6666.jpg": encoded(picture(6666)) + eicar()}
    return good, bad


def send(story: Story, files: dict[str, bytes], **options: str) -> None:
    ledger = SecureSender(story.maria).send(story.gallery, files, chunk_bytes=CHUNK, **options)
    assert ledger.acknowledged.keys() == files.keys(), ledger.refused
    story.machine.wait_until(
        lambda: not story.machine.rows(UploadBatch).filter(settled_at=None).exists(),
        what="the batch to settle",
    )


def send_the_card(story: Story) -> None:
    good, bad = card()
    send(story, good | bad)
    photos = story.machine.rows(Photo).filter(gallery=story.gallery.pk)
    assert photos.count() == len(good)
    infected = story.machine.rows(StoredFile).get(stage=Stage.INFECTED)
    assert infected.original_name == "IMG_6666.jpg"
    assert not story.machine.rows(Rendition).filter(stored_file=infected).exists()


def share(story: Story) -> None:
    made = story.maria.submit(f"{story.workspace}sharing/", "Make the link", recipient="Anna Berg")
    # Wagtail takes a site for HTTPS only on port 443, which a test does not take.
    path = re.search(rf"//{DOMAINS[0]}:\d+(/galleries/s/[0-9a-f-]{{36}})", made.text)[1]
    story.link = story.machine.address + path


def choose(story: Story) -> None:
    anna = story.anna
    page = anna.get(story.link)
    assert page.ok
    assert "Choose your favourites" in page.text
    pictures = re.findall(r"/galleries/media/photo/[^\"' ]+/grid/[^\"' ]+\.jpg", page.text)
    picture_answer = anna.get(pictures[0])
    assert picture_answer.headers["Content-Type"] == "image/jpeg"
    assert_said_once(picture_answer, page)
    assert (
        requests.get(
            story.machine.address + pictures[0], verify=story.machine.certificate
        ).status_code
        == 404
    )
    picks = f"/galleries/picks/{story.gallery.uuid}/"
    # As the page's script does; it also sets the cookie against forged requests.
    assert anna.get(picks).ok
    chosen = {
        photo.name: str(photo.uuid)
        for photo in story.machine.rows(Photo).filter(gallery=story.gallery.pk)
    }
    acts = [
        {"id": "1", "photo": chosen["IMG_4521.jpg"], "on": True},
        {"id": "2", "photo": chosen["IMG_4522.jpg"], "on": True},
        {"id": "3", "photo": chosen["IMG_4522.jpg"], "words": NOTE},
    ]
    done = anna.post_json(f"{picks}acts/", {"round": 1, "list": "to_edit", "acts": acts})
    assert done.status_code == 200, done.text
    sent = anna.post_json(f"{picks}send/", {})
    assert sent.status_code == 200, sent.text


def assert_said_once(*answers: requests.Response) -> None:
    """The site and nginx both know how: no header that guards may come twice or not at all."""
    for answer in answers:
        for name in (
            "Strict-Transport-Security",
            "X-Content-Type-Options",
            "Referrer-Policy",
            "Content-Security-Policy",
            "Cross-Origin-Opener-Policy",
        ):
            assert len(answer.raw.headers.getlist(name)) == 1, (answer.url, name)


def read_the_selection(story: Story) -> None:
    answer = story.maria.get(f"{story.workspace}selections/xlsx/")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = list(book["Selections"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert rows == [("IMG_4521.jpg", None), ("IMG_4522.jpg", NOTE)]


def send_edits_and_deliver(story: Story) -> None:
    story.edits = {
        # More than one slice of nginx's.
        "IMG_4521_edit.jpg": encoded(picture(21, 800, 1200)) + os.urandom(LARGE),
        "IMG_4522-Edited.jpg": encoded(picture(22), quality=95),
    }
    send(story, story.edits, purpose="edit")
    edits = story.machine.rows(Edit).filter(gallery=story.gallery.pk, status="matched")
    story.machine.wait_until(lambda: edits.count() == 2, what="the edits to find their photos")
    story.maria.submit(f"{story.workspace}delivery/", "Deliver 2 photos")
    assert story.machine.rows(Delivery).get().items.count() == 2

    def subjects() -> list[str]:
        return [str(message["Subject"]) for message in story.machine.mail.messages]

    story.machine.wait_until(
        lambda: any("are ready" in subject for subject in subjects()), what="the mail"
    )
    assert any("has chosen" in subject for subject in subjects())


def download_in_parts(story: Story) -> None:
    page = story.anna.get(story.link).text
    address = re.search(r"/galleries/download/(?:delivery|gallery)/[0-9a-f-]{36}", page)[0]
    whole = story.anna.get(address)
    size = len(whole.content)
    assert int(whole.headers["Content-Length"]) == size
    middle = size // 2
    part = story.anna.get(address, Range=f"bytes={middle}-", If_Range=whole.headers["ETag"])
    assert (part.status_code, part.content == whole.content[middle:]) == (206, True)
    with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
        assert archive.testzip() is None
        held = {name.rsplit("/", 1)[-1]: archive.read(name) for name in archive.namelist()}
    assert held == story.edits
    assert_said_once(whole)


def archive_and_restore(story: Story) -> None:
    machine = story.machine
    originals = machine.rows(StoredFile).filter(
        uploads__batch__gallery=story.gallery.pk,
        uploads__batch__purpose="original",
        stage=Stage.READY,
    )
    for step, storage, words in (
        ("archive", "Cold-2027", "Safely stored"),
        ("restore", "pumbaphoto_originals", "Your photos are ready"),
    ):
        story.maria.submit(f"{story.workspace}steps/{step}/", "Yes")
        machine.wait_until(
            lambda where=storage: set(originals.values_list("storage", flat=True)) == {where},
            what=f"the originals to be in {storage}",
        )
        for file in originals.all():
            assert len(machine.bytes_of(file.storage, file.name)) == file.size
        assert words in story.anna.get(story.link).text


def a_second_studio_is_a_world_of_its_own(story: Story) -> None:
    machine = story.machine
    for address, name in zip(machine.addresses, ("Maria", "Lisa North"), strict=True):
        front = Visitor(address, machine.certificate).get("/")
        assert front.ok
        assert name in front.text
    # A link of the one studio shows nothing of it at the other's domain.
    there = story.link.replace(machine.address, machine.addresses[1])
    answer = story.anna.session.get(there, allow_redirects=False)
    assert f"//{DOMAINS[0]}:" in answer.headers.get("Location", f"//{DOMAINS[0]}:")
    assert TITLE not in answer.text


def nobody_else_may_read_what_lies_there(story: Story) -> None:
    """nginx reads by its group; a stranger on the machine reads nothing, and the site's alone."""
    photos = story.machine.home / "photos"
    for path in photos.rglob("*"):
        status = path.stat()
        assert (status.st_uid, status.st_gid) == (STUDIO_ID, STUDIO_ID), path
        assert status.st_mode & 0o007 == 0, path
    incoming = photos / "incoming"
    assert (incoming / "quarantine").stat().st_mode & 0o777 == 0o700
    for name in ("pages.sock", "uploads.sock"):
        assert (story.machine.home / "run" / name).stat().st_mode & 0o777 == 0o770
    assert not (story.machine.root / "etc/studio/studio.env").stat().st_mode & 0o077


def logs_are_turned_over(story: Story) -> None:
    """logrotate moves them, and nginx goes on in new ones without a line lost."""
    home = story.machine.home
    rules = story.machine.root / "etc/logrotate.d/studio"
    before = (home / "nginx-log" / "studio.log").read_text()
    subprocess.run(
        ["logrotate", "--force", "--state", home / "nginx" / "logrotate", rules], check=True
    )
    story.anna.get("/turned-over/")
    log = home / "nginx-log" / "studio.log"
    story.machine.wait_until(lambda: "/turned-over/" in log.read_text(), what="the new log")
    assert (home / "nginx-log" / "studio.log.1").read_text().startswith(before)


def everything_is_as_it_should_be(story: Story) -> None:
    machine = story.machine
    # A timer's own service, in its sandbox: it can write nowhere.
    assert "Everything is as it should be." in machine.run_unit("verify")
    for name in SERVICES:
        machine.stop(name)
    logs = machine.logs()
    token = story.link.rsplit("/", 1)[-1]
    written = "\n".join(logs.values())
    for secret in (token, token.replace("-", ""), PASSWORD, NOTE, "anna@example.com"):
        assert secret not in written
    # nginx says so where a body does not fit into memory.
    assert "/uploads/" not in "\n".join(
        line for line in written.splitlines() if "buffered to a temporary file" in line
    )
    assert [path for path in (machine.home / "nginx" / "body").rglob("*") if path.is_file()] == []
    for name in ("pages", "uploads", "photographs", "slow", "scanner"):
        assert "Traceback" not in logs[f"{name}.log"], logs[f"{name}.log"][-3000:]
