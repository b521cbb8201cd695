"""A photographer's computer: it sends files over tus and keeps a ledger of what was stored."""

from __future__ import annotations

import io
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256

import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from pumbaphoto_wagtail.models import Gallery

GIVE_UP_SECONDS = 90
# What tus-js-client, too, does not try again.
FINAL_STATUSES = range(400, 500)
PASSING_STATUSES = {409, 423}


@dataclass
class Ledger:
    """What one batch came to, by path: digests acknowledged, and refusals with their status."""

    batch: dict
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: dict[str, int | None] = field(default_factory=dict)
    resumed: int = 0


class Sender:
    """Logged in to a live site; sends batches in parallel lanes and resumes what breaks off."""

    def __init__(self, address: str, username: str = "maria", password: str = "password") -> None:
        self.address = address
        self.session = requests.Session()
        login = f"{address}/admin/login/"
        self.session.get(login).raise_for_status()
        answer = self.session.post(
            login, data={"username": username, "password": password, **self._token}
        )
        assert "sessionid" in self.session.cookies, answer.text[:2000]

    @property
    def _token(self) -> dict[str, str]:
        return {"csrfmiddlewaretoken": self.session.cookies["csrftoken"]}

    @property
    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.session.cookies)
        return {"Cookie": cookies, "X-CSRFToken": self.session.cookies["csrftoken"]}

    def announce(
        self, gallery: Gallery, files: dict[str, bytes], *, purpose: str = "original"
    ) -> dict:
        """Announce files, path to bytes; the batch as the site describes it."""
        rows = [
            {
                "name": path.rsplit("/", 1)[-1],
                "relativePath": path,
                "size": len(content),
                "clientKey": str(uuid.uuid4()),
            }
            for path, content in files.items()
        ]
        return self._post_manifest(gallery, rows, purpose)

    def _post_manifest(self, gallery: Gallery, rows: list[dict], purpose: str) -> dict:
        answer = requests.post(
            f"{self.address}/galleries/uploads/{gallery.uuid}/batches/",
            json={"purpose": purpose, "files": rows},
            headers=self.headers,
        )
        assert answer.status_code == 201, answer.text[:2000]
        return answer.json()

    def send(
        self,
        gallery: Gallery,
        files: dict[str, bytes],
        *,
        purpose: str = "original",
        lanes: int = 4,
        chunk_bytes: int = 2**20,
    ) -> Ledger:
        """Announce files and send those that are wanted."""
        document = self.announce(gallery, files, purpose=purpose)
        ledger = Ledger(document)
        lock = threading.Lock()

        def send_one(path: str, row: dict) -> None:
            status, breaks = self._send_one(document, row, path, files[path], chunk_bytes)
            with lock:
                ledger.resumed += breaks
                if status is None:
                    ledger.acknowledged[path] = sha256(files[path]).hexdigest()
                else:
                    ledger.refused[path] = status

        wanted = [
            (path, row)
            for path, row in zip(files, document["files"], strict=True)
            if row["state"] == "announced"
        ]
        with ThreadPoolExecutor(lanes) as pool:
            for done in [pool.submit(send_one, *one) for one in wanted]:
                done.result()
        return ledger

    def _send_one(
        self, batch: dict, row: dict, path: str, content: bytes, chunk_bytes: int
    ) -> tuple[int | None, int]:
        """(None, or the status that refused the file; how often it had to be taken up again)."""
        client = TusClient(self.address + batch["createAddress"], headers=self.headers)
        metadata = {
            "filename": row["name"],
            "relativePath": path,
            "clientKey": row["clientKey"],
            "batch": batch["uuid"],
        }
        url, breaks, deadline = None, 0, time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                uploader = client.uploader(
                    file_stream=io.BytesIO(content),
                    url=url,
                    metadata=metadata,
                    chunk_size=chunk_bytes,
                )
                url = url or uploader.create_url()
                uploader.set_url(url)
                uploader.upload()
            except (TusCommunicationError, TusUploadFailed) as error:
                status = error.status_code
                if status in FINAL_STATUSES and status not in PASSING_STATUSES:
                    return status, breaks
                if time.monotonic() > deadline:
                    raise
                breaks += 1
                time.sleep(0.2)
            else:
                return None, breaks
