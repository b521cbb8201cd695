"""Claiming a file: one worker at a time, by compare-and-set, with the attempt counted first.

The queue may deliver a task twice and repeat one that kills its worker for ever; the row decides
whether there is anything left to do. A claim that its worker did not survive ends with its lease.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, F, Q, When
from django.utils import timezone

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.models import Stage, StoredFile

# By then every machine sees what another one has written; and how often it is looked for before.
VISIBLE_SECONDS = 65
LOOK_AGAIN_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A file that this worker, and no other, may work on until its lease ends."""

    file: StoredFile
    holder: uuid.UUID

    def update(self, **changes: object) -> bool:
        """Change the row while the claim holds; False if another worker has taken it over."""
        if "stage" in changes:
            changes.setdefault("stage_changed_at", timezone.now())
        changed = StoredFile.objects.filter(pk=self.file.pk, lease_holder=self.holder).update(
            **changes
        )
        if changed:
            for name, value in changes.items():
                setattr(self.file, name, value)
        return bool(changed)

    def release(self, **changes: object) -> bool:
        """Make the last change and give the file back."""
        return self.update(lease_holder=None, lease_until=None, **changes)


def free() -> Q:
    """Files that nobody is working on."""
    return Q(lease_until__isnull=True) | Q(lease_until__lte=timezone.now())


def claim(
    stored_file_id: int, *, from_stages: tuple[Stage, ...], to_stage: Stage, counter: str
) -> Claim | None:
    """Take a file from one of ``from_stages`` to ``to_stage``; None if there is nothing to do.

    ``counter`` names the field that counts attempts; it is raised and committed before the bytes
    are touched, so that a file that kills its worker is known by its number.
    """
    now = timezone.now()
    holder = uuid.uuid4()
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    taken = StoredFile.objects.filter(due, free(), pk=stored_file_id, stage__in=from_stages).update(
        stage=to_stage,
        # A file that waits for the scanner has waited since its first attempt.
        stage_changed_at=Case(When(stage=Stage.WAITING, then="stage_changed_at"), default=now),
        lease_holder=holder,
        lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
        retry_at=None,
        **{counter: F(counter) + 1},
    )
    if not taken:
        return None
    return Claim(file=StoredFile.objects.get(pk=stored_file_id), holder=holder)


def may_still_appear(file: StoredFile) -> bool:
    """Whether a file that is not there may only not be seen from this machine yet.

    What another machine has just written to an NFS volume is hidden for a minute by what this
    one's kernel remembers of the directory (nfs(5), acdirmax). A library's file was seen by a scan.
    """
    return file.is_owned and file.created_at > timezone.now() - timedelta(seconds=VISIBLE_SECONDS)


def in_seconds(seconds: float) -> timezone.datetime:
    """The moment so many seconds from now."""
    return timezone.now() + timedelta(seconds=seconds)
