"""I8 and I9: galleries went legal ways only, and each step sent each message once."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, QuerySet
from django.utils import timezone

from ..models import Gallery, Message, State
from ..workflow import WAYS
from .findings import Finding, Inspection, Severity, long_ago, one_by_one, still

# Whatever its kind is now: a photographer may have changed it since.
_LEGAL = frozenset((way.from_state, way.to_state) for way in WAYS)
# What a message is about; of each, each recipient is told once. A selection may be sent again
# after it was taken back, and is then reported again, with a transition of its own.
_OCCASIONS = ("transition", "delivery", "batch")


def check(inspection: Inspection) -> Iterator[Finding]:
    galleries = Gallery.with_deleted.all()
    if inspection.gallery is not None:
        galleries = galleries.filter(pk=inspection.gallery.pk)
    for gallery in inspection.counted("galleries", galleries.prefetch_related("transitions")):
        yield from _check_history(gallery)
    messages = inspection.of_gallery(Message.objects.all(), "gallery")
    for occasion in _OCCASIONS:
        yield from _check_once(messages, occasion)
    yield from _check_owed(inspection, messages)


def _check_history(gallery: Gallery) -> Iterator[Finding]:
    present, trouble = still(gallery, _trouble_with_history)
    if present is not None and trouble:
        yield Finding(
            invariant="I9",
            severity=Severity.ERROR,
            what=trouble,
            where=f"gallery {present.uuid}",
            hint="The state was changed by something other than the workflow.",
        )


def _trouble_with_history(gallery: Gallery) -> str:
    state = str(State.ACTIVE)
    steps = sorted(gallery.transitions.all(), key=lambda step: step.pk)
    for number, step in enumerate(steps, start=1):
        if step.from_state != state:
            return f"step {number} leaves {step.from_state!r}, but the gallery was {state!r}"
        if (step.from_state, step.to_state) not in _LEGAL:
            return f"step {number}, {step.from_state!r} to {step.to_state!r}, is not a legal one"
        state = step.to_state
    if gallery.state != state:
        return f"is {gallery.state!r}, but its history ends at {state!r}"
    return ""


def _check_once(messages: QuerySet[Message], occasion: str) -> Iterator[Finding]:
    repeated = (
        messages.filter(failed_at__isnull=True, **{f"{occasion}__isnull": False})
        .order_by()
        .values(occasion, "kind", "recipient", "share_link", "gallery__uuid")
        .annotate(amount=Count("pk"))
        .filter(amount__gt=1)
    )
    for row in repeated.iterator():
        yield Finding(
            invariant="I8",
            severity=Severity.ERROR,
            what=f"{row['amount']} messages {row['kind']!r} were owed to one recipient",
            where=f"{occasion} {row[occasion]} (gallery {row['gallery__uuid']})",
            hint="A message was put into the outbox under a second key.",
        )


def _check_owed(inspection: Inspection, messages: QuerySet[Message]) -> Iterator[Finding]:
    for message in one_by_one(messages.filter(failed_at__isnull=False, sent_at__isnull=True)):
        yield _unsent(message, "given up after every attempt failed")
    idle = messages.filter(
        sent_at__isnull=True, failed_at__isnull=True, created_at__lt=long_ago()
    ).exclude(retry_at__gt=timezone.now())
    for message in one_by_one(idle):
        yield _unsent(message, "owed for more than a day, and nobody is sending it")


def _unsent(message: Message, words: str) -> Finding:
    return Finding(
        invariant="I8",
        severity=Severity.WARNING,
        what=f"message {message.kind!r} {words}",
        where=f"message {message.uuid}",
        hint="Look at the mail settings and at the slow cluster; the row holds the last error.",
    )
