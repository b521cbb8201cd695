"""One night of the scrub, as its row: what was read, what is wrong, and what the night before knew.

The row is changed under a lock by adding to it, so that pieces of one night may follow each other,
overlap or be killed, and nothing is forgotten or counted for another.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from .. import models
from ..models import InspectionScope, StoredFile
from .contents import remember_proved
from .proving import GONE_STAGES, Proof
from .recording import KEPT_FINDINGS, forget_old, told

# In a record's counts, beside what was counted: how many bytes are to be read, and the last file
# that was looked at, by when it had been read before and its key.
OF_THE_RUN = SHARE, PLACE = "share", "place"


class Night:
    """The scrub of one night: ``run`` is its record, ``known_files`` the UUIDs of the files that
    the night before found damaged.
    """

    def __init__(self, run: models.Inspection, seconds: float) -> None:
        self.run = run
        self._seconds = seconds
        # One that was cut off has told nobody what it found.
        before = models.Inspection.objects.filter(
            scope=InspectionScope.SCRUB, started_at__lt=run.started_at, finished_at__isnull=False
        )
        self._known = _by_file(one.findings if (one := before.first()) else [])
        self._clear()

    @classmethod
    def tonight(cls, seconds: float, *, share: Callable[[], int]) -> Night:
        """The night that is under way for less than ``seconds``, or a new one that is to read as
        many bytes as ``share`` says.
        """
        now = timezone.now()
        open_runs = models.Inspection.objects.filter(
            scope=InspectionScope.SCRUB,
            finished_at=None,
            started_at__gte=now - timedelta(seconds=seconds),
        )
        run = open_runs.first() or models.Inspection.objects.create(
            scope=InspectionScope.SCRUB,
            started_at=now,
            reads_bytes=True,
            counts={"files": 0, "bytes": 0, SHARE: share()},
        )
        return cls(run, seconds)

    @property
    def known_files(self) -> frozenset[str]:
        return frozenset(self._known)

    @property
    def place(self) -> tuple[datetime | None, int]:
        """The last file that was looked at, by when it had been read before and its key."""
        read_at, key = self.run.counts.get(PLACE, (None, 0))
        return (datetime.fromisoformat(read_at) if read_at else None, key)

    @property
    def is_late(self) -> bool:
        """Whether the night is over, whatever there is to read."""
        return timezone.now() - self.run.started_at >= timedelta(seconds=self._seconds)

    @property
    def is_over(self) -> bool:
        """Whether the night has read its share, or is late."""
        read = self.run.counts.get("bytes", 0) + self._counts["bytes"]
        return read >= self.run.counts[SHARE] or self.is_late

    def add(self, file: StoredFile, proof: Proof) -> None:
        """Note what came of reading a file; :meth:`write_down` keeps it."""
        if str(file.uuid) not in self._known:
            self._place = [file.proved_at.isoformat() if file.proved_at else None, file.pk]
        if not proof.is_known:
            self._counts["files that were away or in hands"] += 1
            return
        self._counts.update(files=1, bytes=file.size, renditions=proof.renditions)
        if proof.is_whole:
            self._proved.append(file.pk)
        else:
            self._findings += [told(finding) for finding in proof.findings]

    def is_old(self, seconds: float) -> bool:
        """Whether what was noted waits for so long to be written down."""
        return time.monotonic() - self._since >= seconds

    def write_down(self) -> None:
        """Keep what was noted since the last time."""
        remember_proved(self._proved)
        self._change(self._counts, self._findings)
        self._clear()

    def still_to_look_at(self) -> list[str]:
        """The known files that this night has not found damaged again, nor whole."""
        self.write_down()
        left = self.known_files - _by_file(self.run.findings).keys()
        whole = StoredFile.objects.filter(uuid__in=left, proved_at__gte=self.run.started_at)
        return sorted(left - {str(one) for one in whole.values_list("uuid", flat=True)})

    def end(self, *, away: int) -> list[str]:
        """Finish the night; returns the UUIDs of files that are found damaged for the first time.

        What could not be looked at again, its volume being away, stays as it was known.
        """
        left = self.still_to_look_at()
        kept = StoredFile.objects.filter(uuid__in=left).exclude(stage__in=GONE_STAGES)
        there = [str(one) for one in kept.values_list("uuid", flat=True)]
        carried = [finding for name in sorted(there) for finding in self._known[name]]
        counts = Counter({"files on volumes that are away": away}) if away else Counter()
        self._change(counts, carried, finished_at=timezone.now())
        forget_old()
        return sorted(_by_file(self.run.findings).keys() - self.known_files)

    def _clear(self) -> None:
        self._counts: Counter[str] = Counter()
        self._proved: list[int] = []
        self._findings: list[dict] = []
        self._place: list | None = None
        self._since = time.monotonic()

    @transaction.atomic
    def _change(self, counts: Counter[str], findings: list[dict], **fields: object) -> None:
        run = models.Inspection.objects.select_for_update().get(pk=self.run.pk)
        added = {name: run.counts.get(name, 0) + count for name, count in counts.items()}
        run.counts = {**run.counts, **added}
        if self._place is not None:
            run.counts[PLACE] = self._place
        new = [finding for finding in findings if finding not in run.findings]
        run.finding_count += len(new)
        run.findings = [*run.findings, *new][:KEPT_FINDINGS]
        for name, value in fields.items():
            setattr(run, name, value)
        run.save()
        self.run = run


def _by_file(findings: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for finding in findings:
        if name := finding.get("file", ""):
            found.setdefault(name, []).append(finding)
    return found
