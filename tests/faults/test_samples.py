"""All sample files in one batch through one live site: the web server, clamd, the queue's workers.

What each of them must come to is proved in ``tests/intake/test_samples.py``, in one process and
without limits; here the whole house, under the memory limit of a real worker, comes to the same.
"""

import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.names import display_name
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    PhotoFile,
    Rendition,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import gallery_of, settle, verify
from tests.intake.test_samples import PREVIEW_OF_A_DAMAGED_RAW, taken_in
from tests.live import running_site
from tests.samples import sample_path
from tests.sending import Ledger, Sender

pytestmark = [
    pytest.mark.faults,
    pytest.mark.samples,
    # Beside the tests in one process, whose outcome is compared.
    pytest.mark.xdist_group("samples"),
]

NASTY = "nasty"


@dataclass
class Arrived:
    """One file's end: its upload, its stored file and its pictures."""

    upload: Upload
    file: StoredFile | None
    renditions: list[Rendition]

    @property
    def word(self) -> str:
        """As an outcome in one process is called."""
        if self.upload.state == UploadState.REFUSED:
            return "refused"
        if self.file.stage == Stage.READY:
            return "damaged" if self.file.is_damaged else "ready"
        return str(self.file.stage)


@dataclass
class Run:
    site: object
    batch: UploadBatch
    files: dict[str, bytes]
    ledger: Ledger
    arrived: dict[str, Arrived]


@pytest.fixture(scope="module")
def expected():
    """What becomes of every sample in one process, by path."""
    return taken_in()[0]


@pytest.fixture(scope="module")
def run(django_db_blocker, expected):
    names = json.loads(sample_path("nasty-names.json").read_text())["names"]
    files = {path: sample_path(path).read_bytes() for path in expected}
    files |= {f"{NASTY}/{name}": jpeg_bytes(90, 60) for name in names}
    limits = {"LEASE_SECONDS": DEFAULTS["LEASE_SECONDS"], "CLAMD_SCAN_TIMEOUT_SECONDS": 30}
    with running_site(django_db_blocker, **limits) as site:
        ledger = Sender(site.address).send(gallery_of(site), files)
        settle(site, seconds=240)
        batch = site.rows(UploadBatch).get()
        arrived = dict(zip(files, arrivals(site, batch), strict=True))
        yield Run(site, batch, files, ledger, arrived)


def arrivals(site, batch: UploadBatch) -> list[Arrived]:
    pictures: dict[int, list[Rendition]] = {}
    for rendition in site.rows(Rendition):
        pictures.setdefault(rendition.stored_file_id, []).append(rendition)
    uploads = site.rows(Upload).filter(batch=batch.pk).select_related("stored_file").order_by("pk")
    return [
        Arrived(upload, upload.stored_file, pictures.get(upload.stored_file_id, []))
        for upload in uploads
    ]


def twins(files: dict[str, bytes]) -> set[str]:
    """Paths whose bytes came under another path, too."""
    digests = {path: sha256(content).digest() for path, content in files.items()}
    amounts = Counter(digests.values())
    return {path for path, digest in digests.items() if amounts[digest] > 1}


def test_every_sample_ends_as_it_does_in_one_process(run, expected):
    surprises = {
        path: (run.arrived[path].word, outcome.word, run.arrived[path].upload.reason)
        for path, outcome in expected.items()
        if run.arrived[path].upload.state != UploadState.DUPLICATE
        and run.arrived[path].word != outcome.word
    }

    assert surprises == {}


def test_every_whole_good_sample_is_ready(run):
    unready = {
        path
        for path, arrived in run.arrived.items()
        if path.startswith("good/") and "raw-stubs" not in path and arrived.word != "ready"
    }

    assert unready == PREVIEW_OF_A_DAMAGED_RAW


def test_pictures_are_upright_and_of_the_right_size(run, expected):
    for path, outcome in expected.items():
        if run.arrived[path].upload.state == UploadState.DUPLICATE:
            continue
        if outcome.result is None:
            assert run.arrived[path].renditions == [], path
            continue
        wanted = {made.tier: (made.width, made.height) for made in outcome.result.renditions}
        made = run.arrived[path].renditions
        assert {one.tier: (one.width, one.height) for one in made} == wanted, path
        for one in made:
            content = run.site.bytes_of(one.storage, one.name)
            assert Image.open(io.BytesIO(content)).size == wanted[one.tier], path
            assert sha256(content).hexdigest() == one.digest


def test_every_failure_says_why(run):
    silent = [
        path
        for path, arrived in run.arrived.items()
        if arrived.word != "ready" and not arrived.upload.reason
    ]

    assert silent == []


def test_nasty_names_are_only_names(run):
    for path, arrived in run.arrived.items():
        if not path.startswith(f"{NASTY}/"):
            continue
        assert arrived.word == "ready", path
        name = path.removeprefix(f"{NASTY}/")
        assert arrived.file.original_name == display_name(name)
        assert PurePosixPath(arrived.file.name).stem == str(arrived.file.uuid)


def test_the_batch_adds_up_and_is_settled(run):
    counts = Counter(arrived.upload.state for arrived in run.arrived.values())

    assert run.batch.settled_at is not None
    assert sum(counts[state] for state in FINAL_UPLOAD_STATES) == len(run.files)
    assert counts[UploadState.ABANDONED] == 0
    doubled = {
        path
        for path, arrived in run.arrived.items()
        if arrived.upload.state == UploadState.DUPLICATE
    }
    assert doubled < twins(run.files)


def test_what_was_acknowledged_is_stored_and_whole(run):
    for path, digest in run.ledger.acknowledged.items():
        file = run.arrived[path].file
        content = run.site.bytes_of(file.storage, file.name)
        assert sha256(content).hexdigest() == digest == file.sha256, path
    linked = run.site.rows(PhotoFile).values_list("stored_file", flat=True)
    assert len(linked) == len(set(linked))


def test_workers_decode_under_their_memory_limit(run):
    limits = [
        re.search(r"Max address space +(\S+)", Path(f"/proc/{pid}/limits").read_text())[1]
        for pid in run.site.descendants("worker")
    ]

    assert str(DEFAULTS["WORKER_MEMORY_BYTES"]) in limits


def test_every_invariant_holds(run):
    verify(run.site)


def test_no_server_error_and_no_dead_worker(run):
    assert "Traceback" not in run.site.log("web"), run.site.last_words()
    assert run.ledger.resumed == 0
    # django-q2 names each worker when it is ready, and says why it takes another one's place.
    log = run.site.log("worker")
    assert re.findall(r"reincarnated worker .*after death", log) == []
    assert "Traceback" not in log, run.site.last_words()
