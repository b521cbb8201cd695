"""Clients of the protocol that nobody here wrote: tuspy and, in Node, tus-js-client."""

from __future__ import annotations

import io
import uuid
from hashlib import sha256

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.fingerprint.fingerprint import Fingerprint
from tusclient.storage.filestorage import FileStorage

from pumbaphoto_wagtail.models import StoredFile, Upload
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import gallery_of
from tests.uploads import node

pytestmark = pytest.mark.xdist_group("live")


@pytest.fixture
def gallery(site):
    return gallery_of(site)


@pytest.fixture
def stored(site):
    """The bytes that are stored of an upload, found by the address it was sent to."""

    def read(url: str) -> bytes:
        file = site.rows(Upload).get(uuid=url.rstrip("/").rsplit("/", 1)[-1]).stored_file
        return site.bytes_of(file.storage, file.name)

    return read


@pytest.fixture
def tus(maria, gallery) -> TusClient:
    return TusClient(
        f"{maria.address}/galleries/uploads/{gallery.uuid}/", headers=dict(maria.headers)
    )


class TestTuspy:
    @pytest.mark.parametrize("chunk", [1, 7, 700, 10**9])
    def test_chunks_of_any_size_make_the_same_file(self, tus, stored, chunk):
        content = jpeg_bytes(8, 8)[:60] if chunk == 1 else jpeg_bytes()
        uploader = tus.uploader(
            file_stream=io.BytesIO(content), chunk_size=chunk, metadata={"filename": "a.jpg"}
        )
        uploader.upload()
        assert stored(uploader.url) == content

    def test_checksums_and_names_beyond_ascii_are_understood(self, site, tus, stored):
        content = jpeg_bytes()
        uploader = tus.uploader(
            file_stream=io.BytesIO(content),
            chunk_size=300,
            upload_checksum=True,
            metadata={
                "filename": "Brautpaar – Łódź 💍.jpg",
                "relativePath": "Kirche/Brautpaar.jpg",
            },
        )
        uploader.upload()
        assert stored(uploader.url) == content
        upload = site.rows(Upload).latest("pk")
        assert (upload.file_name, upload.relative_path) == ("Brautpaar – Łódź 💍.jpg", "Kirche")

    def test_an_upload_is_taken_up_again_from_a_stored_address(self, tus, stored, tmp_path):
        content = jpeg_bytes()
        path = tmp_path / "a.jpg"
        path.write_bytes(content)
        options = {
            "file_path": str(path),
            "chunk_size": 200,
            "store_url": True,
            "url_storage": FileStorage(str(tmp_path / "addresses")),
            "fingerprinter": Fingerprint(),
            "metadata": {"filename": "a.jpg"},
        }
        first = tus.uploader(**options)
        first.upload_chunk()
        again = tus.uploader(**options)
        assert (again.url, again.offset) == (first.url, 200)
        again.upload()
        assert stored(again.url) == content

    def test_a_second_client_at_another_offset_is_told_so_and_does_no_harm(self, tus, stored):
        content = jpeg_bytes()
        first = tus.uploader(
            file_stream=io.BytesIO(content), chunk_size=100, metadata={"filename": "a.jpg"}
        )
        first.upload_chunk()
        second = tus.uploader(file_stream=io.BytesIO(content), chunk_size=100, url=first.url)
        first.upload_chunk()
        with pytest.raises((TusUploadFailed, TusCommunicationError)) as refused:
            second.upload_chunk()
        assert refused.value.status_code == 409
        first.upload()
        assert stored(first.url) == content

    def test_a_type_that_is_not_taken_is_refused_before_a_byte_flows(self, tus):
        with pytest.raises(TusCommunicationError) as refused:
            tus.uploader(file_stream=io.BytesIO(b"x"), metadata={"filename": "film.mov"}).upload()
        assert refused.value.status_code == 415


class TestTusJs:
    FILES = 4

    @pytest.fixture
    def files(self, tmp_path) -> dict[str, bytes]:
        name = uuid.uuid4().hex[:8]
        files = {
            f"{name}-{number}.jpg": jpeg_bytes() + bytes([number]) * 300_000
            for number in range(self.FILES)
        }
        node.write_files(tmp_path, files)
        return files

    def assert_stored(self, site, files, outcome) -> None:
        assert outcome.failed == {}
        digests = {name: sha256(content).hexdigest() for name, content in files.items()}
        assert outcome.acknowledged == digests
        for name, digest in digests.items():
            assert site.rows(StoredFile).get(original_name=name).sha256 == digest

    def test_as_it_comes_without_a_key_or_a_manifest(self, site, maria, gallery, files, tmp_path):
        metadata = [{"filename": name} for name in files]
        outcome = node.send(maria, gallery, tmp_path, metadata, lanes=4)
        self.assert_stored(site, files, outcome)

    def test_a_whole_file_in_one_request(self, site, maria, gallery, files, tmp_path):
        metadata = node.announced(maria, gallery, files)
        outcome = node.send(maria, gallery, tmp_path, metadata, chunkSize=10**7)
        self.assert_stored(site, files, outcome)

    def test_paused_and_resumed(self, site, maria, gallery, files, tmp_path):
        metadata = node.announced(maria, gallery, files)
        outcome = node.send(maria, gallery, tmp_path, metadata, pauseAt=100_000, lanes=4)
        self.assert_stored(site, files, outcome)
        assert all(line["isPaused"] for line in outcome.done.values())

    def test_with_patch_hidden_in_post(self, site, maria, gallery, files, tmp_path):
        metadata = node.announced(maria, gallery, files)
        outcome = node.send(maria, gallery, tmp_path, metadata, overridePatchMethod=True)
        self.assert_stored(site, files, outcome)

    def test_left_and_found_again_by_another_process(self, site, maria, gallery, files, tmp_path):
        name, content = next(iter(files.items()))
        metadata = [{"filename": name}]
        storage = str(tmp_path / "addresses.json")
        left = node.send(maria, gallery, tmp_path, metadata, leaveAt=100_000, storage=storage)
        before = site.rows(Upload).count()
        outcome = node.send(maria, gallery, tmp_path, metadata, resume=True, storage=storage)
        self.assert_stored(site, {name: content}, outcome)
        assert outcome.done[name]["url"] == left.left[name]["url"]
        assert site.rows(Upload).count() == before
        # 4 pieces of 64 KiB were left to send of what 6 are, and one question where to go on.
        assert outcome.done[name]["requests"] <= 5

    def test_a_type_that_is_not_taken_is_not_tried_again(self, maria, gallery, tmp_path):
        node.write_files(tmp_path, {"film.mov": b"x"})
        outcome = node.send(maria, gallery, tmp_path, [{"filename": "film.mov"}])
        assert outcome.failed["film.mov"]["status"] == 415
