"""Two worker hosts, originals in an S3-compatible storage, renditions on the NAS."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.models import Photo, Stage, StoredFile
from tests.faults.ledger import files_of, gallery_of, settle, shoot_of
from tests.machines.batches import assert_all_came, await_ready, send_in_the_background
from tests.machines.hosts import running_studio
from tests.sending import Sender

pytestmark = [pytest.mark.machines, pytest.mark.xdist_group("machines")]

AMOUNT = 40
LARGE = 200 * MEBIBYTE


@pytest.fixture
def studio(bridge, object_storage, django_db_blocker):
    running = running_studio(bridge, "north", "south", has_object_storage=True)
    with django_db_blocker.unblock(), running as studio:
        studio.start_host("north")
        studio.start_host("south")
        yield studio


def test_a_host_that_is_switched_off_while_it_copies_to_a_bucket(studio):
    files = shoot_of(AMOUNT)
    sending, result = send_in_the_background(studio, files)
    await_ready(studio, 5)
    studio.switch_off("south")
    sending.join()

    settle(studio, seconds=300)
    assert_all_came(studio, files, result)


def test_a_bucket_that_is_away_in_mid_batch_is_waited_for(studio):
    files = shoot_of(AMOUNT // 2)
    sending, result = send_in_the_background(studio, files)
    await_ready(studio, 3)
    sentinel = studio.bucket.get(".pumbaphoto-volume")
    studio.bucket.delete(".pumbaphoto-volume")
    sending.join()
    stages = set(files_of(studio, gallery_of(studio)).values_list("stage", flat=True))
    assert not stages & {Stage.MISSING, Stage.FAILED}
    studio.bucket.put(".pumbaphoto-volume", sentinel)
    studio.rows(StoredFile).update(retry_at=None)

    settle(studio, seconds=300)
    assert_all_came(studio, files, result)


def memory_of(studio) -> int:
    """How many bytes the web server's processes hold together."""
    pages = 0
    for pid in studio.descendants("web"):
        pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_an_original_of_200_mib_is_sent_in_parts(studio):
    files = shoot_of(1)
    sender = Sender(studio.address)
    sender.send(gallery_of(studio), files)
    settle(studio, seconds=120)
    photo = studio.rows(Photo).get()
    content = os.urandom(MEBIBYTE) * (LARGE // MEBIBYTE)
    file = studio.rows(StoredFile).get()
    studio.bucket.put(file.name, content)
    digest = sha256(content).hexdigest()
    studio.rows(StoredFile).update(size=LARGE, sha256=digest)
    address = f"{studio.address}/galleries/download/photo/{photo.uuid}/original"
    # Both processes have done everything once.
    for _ in range(4):
        assert sender.session.get(address, headers={"Range": "bytes=0-9"}).status_code == 206

    before, most, found = memory_of(studio), 0, sha256()
    with sender.session.get(address, stream=True) as answer:
        assert answer.headers["Content-Length"] == str(LARGE)
        for block in answer.iter_content(4 * MEBIBYTE):
            found.update(block)
            most = max(most, memory_of(studio))

    assert found.hexdigest() == digest
    assert most - before < 60 * MEBIBYTE
    part = sender.session.get(address, headers={"Range": f"bytes={LARGE - 5}-"})
    assert part.content == content[-5:]
