"""What a scan did, as rows: how much of what, and a line for each thing up to a limit."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import ngettext

from pumbaphoto_wagtail.models import LibraryScan, ScanNote

# So many lines of each kind are kept; of the others the report says how many there are.
NOTES_PER_KIND = 500
# The reports of so many scans of a library are kept.
KEPT_SCANS = 50
# What has to be looked at again and again, and would be counted twice when a scan is taken up.
SEEN_ANEW = frozenset({"unchanged", "ignored", "unknown", "refused", "error", "date"})


class Report:
    """Counts and lines of one scan, kept until they are saved with what they tell of."""

    def __init__(self, scan: LibraryScan) -> None:
        self.scan = scan
        if scan.counts:
            scan.notes.filter(kind__in=SEEN_ANEW).delete()
        self.counts = Counter(
            {kind: count for kind, count in scan.counts.items() if kind not in SEEN_ANEW}
        )
        self._kept = Counter(scan.notes.values_list("kind", flat=True))
        self._unsaved: list[ScanNote] = []
        self._savepoint = (Counter(self.counts), Counter(self._kept), 0)

    def count(self, kind: str, number: int = 1) -> None:
        """Count something without a line."""
        if number:
            self.counts[kind] += number

    def note(self, kind: str, path: str, words: str = "") -> None:
        """Count something and keep a line about it, unless there are many of its kind."""
        self.counts[kind] += 1
        if self._kept[kind] < NOTES_PER_KIND:
            self._kept[kind] += 1
            note = ScanNote(scan=self.scan, kind=kind, path=path, words=words)
            self._unsaved.append(note)

    def begin(self) -> None:
        """From here on it may be taken back."""
        self._savepoint = (Counter(self.counts), Counter(self._kept), len(self._unsaved))

    def take_back(self) -> None:
        """Forget everything since :meth:`begin`: it was not done."""
        self.counts, self._kept, length = self._savepoint
        del self._unsaved[length:]

    def save(self, done: int) -> None:
        """Write what there is; in the transaction of what it tells of."""
        ScanNote.objects.bulk_create(self._unsaved)
        self._unsaved = []
        LibraryScan.objects.filter(pk=self.scan.pk).update(counts=dict(self.counts), done=done)

    def close(self) -> None:
        """Say of each kind how many things there are without a line."""
        for kind, count in sorted(self.counts.items()):
            if (left := count - self._kept[kind]) > 0 and self._kept[kind]:
                words = ngettext("and %(count)s more", "and %(count)s more", left) % {
                    "count": f"{left:,}"
                }
                self._unsaved.append(ScanNote(scan=self.scan, kind=kind, path="", words=words))


def forget_old(scan: LibraryScan) -> None:
    """Delete the reports of a library's scans long ago."""
    scans = LibraryScan.objects.filter(library=scan.library_id).order_by("-pk")
    if oldest := scans.values_list("pk", flat=True)[KEPT_SCANS - 1 : KEPT_SCANS].first():
        scans.filter(pk__lt=oldest).delete()
