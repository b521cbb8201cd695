"""Each damage that a site may suffer is told by the command, with its place, as exit code 1.

``test_verification.py`` says how each is found; here nothing else is said and nothing is left out.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from pumbaphoto_wagtail.intake.watermark import mark_key
from pumbaphoto_wagtail.models import (
    Gallery,
    Message,
    Rendition,
    Stage,
    State,
    StoredFile,
    Transition,
    Upload,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.storage import SENTINEL_NAME, write_sidecar
from pumbaphoto_wagtail.testing import make_marked

from .conftest import Studio, days_ago

DAMAGES: dict[str, tuple[str, Callable[[Studio], object]]] = {}
# Found, and told as warnings: they fail only where the command is strict.
WARNINGS = {
    "a verdict of the demo",
    "a file left by a desktop",
    "a message nobody sends",
    "a photo without its watermark",
}


def damage(invariant: str, name: str):
    def register(act):
        DAMAGES[name] = (invariant, act)
        return act

    return register


@damage("I4", "a flipped byte in an original")
def _(studio):
    path = studio.path(studio.file)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@damage("I4", "a deleted original")
def _(studio):
    studio.path(studio.file).unlink()


@damage("I4", "a row whose size is wrong")
def _(studio):
    file = studio.photos[1].picture
    StoredFile.objects.filter(pk=file.pk).update(size=file.size + 1)


@damage("I4", "a row whose place is nowhere")
def _(studio):
    StoredFile.objects.filter(pk=studio.photos[1].picture_id).update(name="nowhere/x.jpg")


@damage("I4", "a copy in another place without an open move")
def _(studio):
    file = studio.file
    studio.put(f"cold/{file.uuid}-0123456789ab.jpg", studio.path(file).read_bytes())


@damage("I4", "a rendition of other bytes")
def _(studio):
    path = studio.path(studio.rendition)
    path.write_bytes(bytes(path.stat().st_size))


@damage("I4", "a deleted rendition")
def _(studio):
    studio.path(studio.rendition).unlink()


@damage("I5", "a file that no row knows")
def _(studio):
    studio.put(f"originals/{studio.gallery.uuid}/IMG_9.jpg")


@damage("I5", "a file left by a desktop")
def _(studio):
    studio.put("originals/.DS_Store")


@damage("I7", "an original exchanged together with its row")
def _(studio):
    file = studio.file
    write_sidecar(file.storage, file.name, {"file": str(uuid.uuid4()), "sha256": "0" * 64})


@damage("I6", "a volume without its sentinel")
def _(studio):
    (studio.root / "renditions" / SENTINEL_NAME).unlink()


@damage("I2", "a verdict of the demo")
def _(studio):
    StoredFile.objects.update(verdict=Verdict.NOT_SCANNED_DEMO)


@damage("I2", "renditions of a file that was not scanned")
def _(studio):
    file = StoredFile.objects.filter(pk=studio.photos[1].picture_id)
    file.update(stage=Stage.BLOCKED, verdict=Verdict.NONE)


@damage("I2", "an infected file outside of quarantine")
def _(studio):
    file = StoredFile.objects.filter(pk=studio.photos[1].picture_id)
    Rendition.objects.filter(stored_file__in=file).delete()
    file.update(stage=Stage.INFECTED, verdict=Verdict.INFECTED, stage_changed_at=days_ago(2))


@damage("I15", "a settled batch that does not add up")
def _(studio):
    studio.add_upload(state=UploadState.ANNOUNCED, durable_offset=0)


@damage("I1", "an acknowledged upload without a file")
def _(studio):
    Upload.objects.filter(pk=studio.upload.pk).update(stored_file=None)


@damage("I1", "another file than the client's ledger says")
def _(studio):
    Upload.objects.filter(pk=studio.upload.pk).update(claimed_sha256="ab" * 32)


@damage("I1", "fewer bytes than were acknowledged")
def _(studio):
    upload = studio.add_upload(state=UploadState.UPLOADING, durable_offset=100)
    type(studio.batch).objects.update(settled_at=None)
    studio.put(f"incoming/{upload.uuid}.part", b"x" * 99, hours_old=0)


@damage("I9", "a state that no step led to")
def _(studio):
    Gallery.objects.filter(pk=studio.gallery.pk).update(state=State.ARCHIVED)


@damage("I9", "a history that is no path")
def _(studio):
    Transition.objects.filter(to_state=State.EDITING).delete()


@damage("I8", "two messages of one step in the outbox")
def _(studio):
    message = Message.objects.get()
    message.pk, message.uuid, message.key, message.sent_at = None, uuid.uuid4(), "again", None
    message.save()


@damage("I8", "a message nobody sends")
def _(studio):
    Message.objects.update(sent_at=None, created_at=days_ago(2))


@damage("I17", "a text that is drawn nowhere")
def _(studio):
    Gallery.objects.filter(pk=studio.gallery.pk).update(watermark="Studio Maria")


def give_watermark(studio, photos):
    key = mark_key(text="Studio Maria")
    gallery = Gallery.objects.filter(pk=studio.gallery.pk)
    gallery.update(watermark="Studio Maria", watermark_key=key)
    for photo in photos:
        photo.gallery.refresh_from_db()
        make_marked(photo)


@damage("I17", "a photo without its watermark")
def _(studio):
    give_watermark(studio, studio.gallery.photos.all()[1:])


@damage("I17", "a clean picture in the place of a marked one")
def _(studio):
    give_watermark(studio, studio.gallery.photos.all())
    clean = studio.file.renditions.get(tier="view", watermark="")
    marked = studio.file.renditions.filter(tier="view").exclude(watermark="")
    marked.update(digest=clean.digest, size=clean.size, name=clean.name)


@damage("I17", "a delivered file with marked pictures only")
def _(studio):
    studio.edit.stored_file.renditions.update(watermark=mark_key(text="Studio Maria"))


def verified(*arguments: str) -> tuple[dict, int]:
    output, code = StringIO(), 0
    try:
        call_command("pumbaphoto_verify", "--json", *arguments, stdout=output)
    except CommandError as failure:
        code = failure.returncode
    return json.loads(output.getvalue()), code


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_told(studio, name):
    invariant, act = DAMAGES[name]
    assert verified("--strict")[1] == 0
    act(studio)

    document, code = verified()
    strict_document, strict_code = verified("--strict")

    assert document["findings"], "nothing was found"
    assert {finding["invariant"] for finding in document["findings"]} == {invariant}
    assert all(finding["where"] for finding in document["findings"])
    assert code == int(name not in WARNINGS)
    assert strict_code == 1
    assert strict_document["findings"] == document["findings"]


@pytest.mark.parametrize("name", ["a flipped byte in an original", "a deleted original"])
def test_a_harmed_original_is_told_with_path_and_gallery(studio, name):
    DAMAGES[name][1](studio)
    (finding,) = verified()[0]["findings"]
    assert finding["where"] == (
        f"{studio.file.storage}/{studio.file.name} (gallery {studio.gallery.uuid})"
    )


def test_the_database_itself_refuses_to_open_what_was_not_scanned(studio):
    """I2 holds by a constraint; with it away, verifying tells what got through."""
    table = StoredFile._meta.db_table
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT pumba_file_opened_is_scanned")
    StoredFile.objects.filter(pk=studio.photos[1].picture_id).update(verdict=Verdict.NONE)
    document, code = verified()
    assert "went on without having been found clean" in {
        finding["what"] for finding in document["findings"]
    }
    assert code == 1
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
