"""Shifting the times of photographs, and giving them their cameras' times again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.log_actions import LogFormatter, log

from ..intake import times_by_hand
from ..intake.clocks import LARGEST_SHIFT
from ..intake.time_spans import read_span
from ..intake.times_by_hand import Step
from ..models import Gallery, Photo
from ..workflow import lock_gallery
from .clock_words import spell
from .undoing import Outcome, make_token, sentences, taken_back

SHIFT, FROM_CAMERA = "pumbaphoto.shift_times", "pumbaphoto.times_from_camera"
MICROSECOND = timedelta(microseconds=1)


class SpanField(forms.CharField):
    """A length of time as it is typed: "10d 4h", "-90m"."""

    def clean(self, value: Any) -> timedelta | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            span = read_span(text)
        except (ValueError, OverflowError):
            words = _("Write it as 10d 4h or -90m: w, d, h, m and s, each once.")
            raise forms.ValidationError(words) from None
        if not span or abs(span) > LARGEST_SHIFT:
            raise forms.ValidationError(_("Say by how much, and by no more than sixty years."))
        return span


class ShiftTimesForm(forms.Form):
    """By how much."""

    span = SpanField(
        label=gettext_lazy("Add to their time"),
        max_length=100,
        help_text=gettext_lazy(
            "For instance 10d 4h, 1h 30m or -90m: weeks (w), days (d), hours (h), minutes (m) and"
            " seconds (s). What the camera said is kept."
        ),
    )

    def __init__(self, data=None, *, gallery: Gallery, user=None) -> None:
        super().__init__(data)


@transaction.atomic
def shift(gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]) -> Outcome:
    """Add ``span`` to the times by which photographs are ordered."""
    gallery = lock_gallery(gallery)
    span = data["span"]
    steps = times_by_hand.shift(photos, span)
    count = _count(steps)
    left = _left_in_words(photos.count() - count)
    if not count:
        return Outcome(changed=0, message=sentences(_("Nothing was shifted."), left))
    log(gallery, SHIFT, user=actor, data={"count": count, "seconds": span.total_seconds()})
    words = ngettext(
        "%(count)d photo is %(span)s later now.", "%(count)d photos are %(span)s later now.", count
    )
    if span < timedelta():
        words = ngettext(
            "%(count)d photo is %(span)s earlier now.",
            "%(count)d photos are %(span)s earlier now.",
            count,
        )
    return Outcome(
        changed=count,
        message=sentences(words % {"count": count, "span": spell(span)}, left),
        undo=make_token(gallery, "shift_times", _packed(steps)),
    )


@transaction.atomic
def from_camera(
    gallery: Gallery, photos: QuerySet[Photo], actor, data: Mapping[str, Any]
) -> Outcome:
    """Forget what was added by hand, and read the camera's time where another one stands."""
    gallery = lock_gallery(gallery)
    steps = times_by_hand.forget_shift(photos)
    asked = times_by_hand.ask_cameras(photos)
    count = _count(steps)
    if not count and not asked:
        return Outcome(changed=0, message=_("These photos have their cameras’ times."))
    log(gallery, FROM_CAMERA, user=actor, data={"count": count + asked})
    return Outcome(
        changed=count + asked,
        message=sentences(_again_in_words(count), _asked_in_words(asked)),
        undo=make_token(gallery, "times_from_camera", _packed(steps)) if count else None,
    )


@transaction.atomic
def take_back(gallery: Gallery, what: list, actor) -> Outcome:
    """Undo either, for the photographs that nobody has put elsewhere since."""
    gallery = lock_gallery(gallery)
    steps = [
        Step(before=before * MICROSECOND, after=after * MICROSECOND, keys=keys)
        for before, after, keys in what
    ]
    count = times_by_hand.take_back(gallery.photos.kept(), steps)
    if count:
        seconds = (steps[0].before - steps[0].after).total_seconds()
        log(gallery, SHIFT, user=actor, data={"count": count, "seconds": seconds})
    return taken_back(count)


def _packed(steps: Iterable[Step]) -> list:
    return [[step.before // MICROSECOND, step.after // MICROSECOND, step.keys] for step in steps]


def _count(steps: Iterable[Step]) -> int:
    return sum(len(step.keys) for step in steps)


def _left_in_words(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)d photo has no time that could be shifted so far.",
        "%(count)d photos have no time that could be shifted so far.",
        count,
    ) % {"count": count}


def _again_in_words(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)d photo stands at its camera’s time again.",
        "%(count)d photos stand at their cameras’ times again.",
        count,
    ) % {"count": count}


def _asked_in_words(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)d file is being read for it.", "%(count)d files are being read for it.", count
    ) % {"count": count}


class ShiftFormatter(LogFormatter):
    """The line in a gallery's history."""

    label = gettext_lazy("Times of photos shifted")

    def format_message(self, log_entry) -> str:
        data = log_entry.data
        seconds = data.get("seconds", 0)
        words = _("%(count)s photos put %(span)s later")
        if seconds < 0:
            words = _("%(count)s photos put %(span)s earlier")
        return words % {"count": data.get("count", "?"), "span": spell(timedelta(seconds=seconds))}
