"""Files that arrived and are not kept: the gallery has their bytes, or nobody wants them.

First the row says that its file is deleted, then the bytes go, and the row last: a worker that dies
in between leaves a row that :func:`finish` knows, never a file that no row knows.
"""

from __future__ import annotations

import logging

from django.db import transaction

from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import Stage, StoredFile
from pumbaphoto_wagtail.storage import remove, sidecar_name

from .arrival import end_as_duplicate
from .claims import Claim, free

logger = logging.getLogger(__name__)


def drop(work: Claim, reason: str, *, is_skipped: bool) -> None:
    """Let a file go, and tell its upload why."""
    with transaction.atomic():
        if not work.release(stage=Stage.DELETED, reason=reason):
            return
        end_as_duplicate(work.file, reason, is_skipped=is_skipped)
    _forget(work.file)


def finish() -> int:
    """Let go what was dropped by somebody who could not finish it; returns how many there were."""
    # What was deleted on purpose keeps its record, and is known to the upload that brought it.
    dropped = StoredFile.objects.filter(
        free(),
        stage=Stage.DELETED,
        is_owned=True,
        uploads=None,
        photo_files=None,
        edits=None,
    )
    files = list(dropped)
    for file in files:
        _forget(file)
    return len(files)


def _forget(file: StoredFile) -> None:
    try:
        remove(file.storage, file.name)
        remove(file.storage, sidecar_name(file.name))
    except (PumbaphotoError, OSError) as error:
        logger.warning("file %s could not be dropped yet: %r", file.pk, error)
        return
    StoredFile.objects.filter(pk=file.pk, stage=Stage.DELETED).delete()
