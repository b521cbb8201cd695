"""The sample files beside the repository: real camera files, and hostile ones."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

DIRECTORY = Path(__file__).resolve().parent.parent.parent / "shared" / "samples"


@dataclass(frozen=True)
class Sample:
    path: Path
    name: str
    note: str
    pillow: str

    @property
    def expectation(self) -> str:
        """REJECT, CLEAN-FAIL, STRIP or ACCEPT: the first word of a bad file's note."""
        return self.note.split(" ")[0]


def sample_path(name: str) -> Path:
    """A sample by its path below the directory; the test is skipped where there is none."""
    path = DIRECTORY / name
    if not path.exists():
        pytest.skip(f"no sample files at {DIRECTORY}")
    return path


def samples(prefix: str) -> list[Sample]:
    """All samples below a folder; the test is skipped where there are none."""
    with sample_path("MANIFEST.tsv").open(newline="") as manifest:
        rows = csv.DictReader(manifest, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Sample(DIRECTORY / row["path"], row["path"], row["note"], row["pillow"])
            for row in rows
            if row["path"].startswith(prefix)
        ]
