"""Running tus-js-client in Node, and keeping the ledger of what it was told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.live import ROOT
from tests.uploads.photographer import Photographer

CLIENT = Path(__file__).with_name("client.mjs")
# As the uploader's, in a hurry: tests have less time than photographers.
RETRY_MILLISECONDS = [0, 50, 100, 200, 400, 800, *[1500] * 200]


@dataclass
class Outcome:
    """What the client said at its end: a line for each file, by name."""

    done: dict[str, dict] = field(default_factory=dict)
    failed: dict[str, dict] = field(default_factory=dict)
    left: dict[str, dict] = field(default_factory=dict)

    @property
    def acknowledged(self) -> dict[str, str]:
        """SHA-256 by name, as the client knows its files."""
        return {name: line["sha256"] for name, line in self.done.items()}


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def announced(photographer: Photographer, gallery, files: dict[str, bytes]) -> list[dict]:
    """What the uploader's page does first: the batch's rows, each with a key of its own."""
    rows = [
        {"name": name, "size": len(content), "clientKey": str(uuid.uuid4())}
        for name, content in files.items()
    ]
    answer = photographer.ask(
        "POST",
        f"/galleries/uploads/{gallery.uuid}/batches/",
        json.dumps({"files": rows}),
        Content_Type="application/json",
    )
    assert answer.status_code == 201, answer.text[:2000]
    batch = answer.json()["uuid"]
    return [
        {"filename": row["name"], "clientKey": row["clientKey"], "batch": batch} for row in rows
    ]


def send(
    photographer: Photographer,
    gallery,
    folder: Path,
    metadata: list[dict[str, str]],
    *,
    address: str | None = None,
    timeout: float = 240,
    **options: Any,
) -> Outcome:
    """Run the client over files of the folder; ``metadata`` names and describes each."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "tus-js-client").exists():
        pytest.skip("Node or tus-js-client is not installed")
    job = {
        "endpoint": f"{address or photographer.address}/galleries/uploads/{gallery.uuid}/",
        "headers": photographer.headers,
        "chunkSize": 64 * 1024,
        "retryDelays": RETRY_MILLISECONDS,
        "files": [{"path": str(folder / row["filename"]), "metadata": row} for row in metadata],
        **options,
    }
    environment = dict(os.environ)
    if isinstance(photographer.verify, str):
        environment["NODE_EXTRA_CA_CERTS"] = photographer.verify
    done = subprocess.run(
        [node, CLIENT],
        input=json.dumps(job),
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    outcome = Outcome()
    for line in map(json.loads, done.stdout.splitlines()):
        kind = "failed" if "error" in line else "left" if "left" in line else "done"
        getattr(outcome, kind)[Path(line["path"]).name] = line
    return outcome
