"""How far a gallery's watermark is drawn in, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..intake.marking import marking_progress
from ..models import Gallery


def watermark_words(gallery: Gallery) -> list[str]:
    """What a photographer is told; nothing where there is no watermark."""
    if not gallery.watermark_key:
        return []
    progress = marking_progress(gallery)
    if not progress.total:
        return [_("The watermark is drawn into every photo that arrives."), *progress.reasons]
    if not progress.left:
        words = ngettext(
            "The watermark is drawn into the photo.",
            "The watermark is drawn into all %(count)d photos.",
            progress.total,
        )
        return [words % {"count": progress.total}]
    words = ngettext(
        "The watermark is drawn into %(marked)d of %(count)d photo; it is not shown yet.",
        "The watermark is drawn into %(marked)d of %(count)d photos; the others are not shown yet.",
        progress.total,
    )
    return [words % {"marked": progress.marked, "count": progress.total}, *progress.reasons]
