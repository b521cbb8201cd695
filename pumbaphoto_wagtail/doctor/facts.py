"""How scanner, workers, mail and inspections do: found out once, told by whoever wants to.

Each function asks the database or the scanner, waits for neither for long, and comes to a state of
its own; words are made by those who tell it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule

from .. import tasks, workers
from ..conf import MINUTE, settings
from ..exceptions import ScannerUnavailable
from ..intake.clamd_client import ClamdClient, ScannerVersion
from ..intake.scanner_trust import is_demo_without_scanner
from ..intake.waiting import Alarm, alarm
from ..models import Inspection, InspectionScope, Message, StoredFile, WorkerHost

OK, ATTENTION, TROUBLE = "ok", "attention", "trouble"
STATES = (OK, ATTENTION, TROUBLE)
# A scanner that is well says its version in a millisecond.
SCANNER_PATIENCE_SECONDS = 1
OLD_SIGNATURES = timedelta(days=7)
# Reconciling comes once a minute; after so long without it nobody is at work.
HEARTBEAT_LATE = timedelta(seconds=5 * MINUTE)
QUEUE_BEHIND = timedelta(seconds=5 * MINUTE)
# Tasks run now and then on every machine; one of which nothing was seen for so long is down, or has
# nothing to do.
HOST_IS_THERE = timedelta(seconds=15 * MINUTE)


def worst(states: list[str]) -> str:
    """The worst of several states; "ok" of none."""
    return max(states, key=STATES.index, default=OK)


@dataclass(frozen=True, kw_only=True)
class ScannerFacts:
    """``version`` is None where the scanner does not answer, ``answer`` then says why; ``waiting``
    tells of files that have waited too long.
    """

    state: str
    is_demo: bool = False
    version: ScannerVersion | None = None
    signed_at: datetime | None = None
    waiting: Alarm | None = None
    answer: str = ""


def scanner_facts() -> ScannerFacts:
    if is_demo_without_scanner():
        return ScannerFacts(state=ATTENTION, is_demo=True)
    waiting = alarm()
    try:
        version = quick_scanner().version()
    except ScannerUnavailable as error:
        return ScannerFacts(state=TROUBLE, waiting=waiting, answer=str(error))
    signed_at = signatures_of(version)
    state = TROUBLE if waiting else ATTENTION if is_old(signed_at) else OK
    return ScannerFacts(state=state, version=version, signed_at=signed_at, waiting=waiting)


def quick_scanner() -> ClamdClient:
    """The configured scanner, for a question that takes it a millisecond."""
    return ClamdClient(settings.CLAMD_ADDRESS, connect_timeout_seconds=SCANNER_PATIENCE_SECONDS)


def signatures_of(version: ScannerVersion) -> datetime | None:
    """When the scanner's signatures were made: it says "27500/Thu Nov 20 10:05:00 2026"."""
    _number, _slash, said = version.signatures.partition("/")
    try:
        return datetime.strptime(said.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_old(signed_at: datetime | None) -> bool:
    """Whether signatures need looking after; local ones only have no age."""
    return signed_at is not None and timezone.now() - signed_at > OLD_SIGNATURES


@dataclass(frozen=True, kw_only=True)
class Queued:
    """How many tasks of a cluster wait, and since when the first of them does: None if none waits,
    or where the broker does not know.
    """

    count: int
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WorkerFacts:
    """``is_alive`` says whether somebody reconciles, ``is_busy`` whether somebody works on a photo.

    ``queued`` tells of our clusters, None of one whose broker does not answer. ``hosts`` were seen
    lately for one of them, ``others`` have another version of the package than this process.
    """

    state: str
    is_alive: bool
    is_busy: bool
    reconciled_at: datetime | None = None
    queued: dict[str, Queued | None] = field(default_factory=dict)
    oldest: datetime | None = None
    hosts: list[WorkerHost] = field(default_factory=list)
    others: list[WorkerHost] = field(default_factory=list)

    @property
    def is_behind(self) -> bool:
        """Whether what waits has waited for too long."""
        return self.oldest is not None and timezone.now() - self.oldest > QUEUE_BEHIND

    @property
    def is_queue_away(self) -> bool:
        return None in self.queued.values()


def worker_facts() -> WorkerFacts:
    now = timezone.now()
    beat = Schedule.objects.filter(name="pumbaphoto.reconcile").first()
    is_alive = beat is not None and not (beat.next_run and now - beat.next_run > HEARTBEAT_LATE)
    queued = {cluster: _queued(cluster, now) for cluster in _clusters()}
    oldest = min((one.since for one in queued.values() if one and one.since), default=None)
    is_busy = StoredFile.objects.filter(lease_until__gt=now).exists()
    is_behind = oldest is not None and now - oldest > QUEUE_BEHIND
    others = workers.of_other_versions()
    is_stopped = not is_alive or None in queued.values() or (is_behind and not is_busy)
    return WorkerFacts(
        state=TROUBLE if is_stopped else ATTENTION if is_behind or others else OK,
        is_alive=is_alive,
        is_busy=is_busy,
        reconciled_at=_reconciled_at(beat),
        queued=queued,
        oldest=oldest,
        hosts=[host for host in workers.hosts() if now - host.seen_at <= HOST_IS_THERE],
        others=others,
    )


def _reconciled_at(beat: Schedule | None) -> datetime | None:
    if beat is None or beat.next_run is None:
        return None
    return beat.next_run - timedelta(minutes=beat.minutes or 0)


def _clusters() -> tuple[str, ...]:
    return tuple(dict.fromkeys((settings.QUEUE_CLUSTER, settings.SLOW_QUEUE_CLUSTER)))


def _queued(cluster: str, now: datetime) -> Queued | None:
    if tasks.queues_with_rows():
        waiting = OrmQ.objects.using(Conf.ORM).filter(key=cluster, lock__lte=now)
        return Queued(**waiting.aggregate(count=Count("pk"), since=Min("lock")))
    count = tasks.queued(cluster)
    return None if count is None else Queued(count=count)


@dataclass(frozen=True, kw_only=True)
class MailFacts:
    """E-mails that are owed, since when the first of them is, and those that were given up."""

    state: str
    waiting: int
    given_up: int
    since: datetime | None = None


def mail_facts() -> MailFacts:
    unsent = Message.objects.filter(sent_at__isnull=True)
    found = unsent.aggregate(
        waiting=Count("pk", filter=Q(failed_at__isnull=True)),
        given_up=Count("pk", filter=Q(failed_at__isnull=False)),
        since=Min("created_at", filter=Q(failed_at__isnull=True)),
    )
    return MailFacts(state=ATTENTION if found["given_up"] else OK, **found)


def last_inspection() -> Inspection | None:
    """The last run of ``pumbaphoto_verify`` over everything that came to its end."""
    return _finished().exclude(scope=InspectionScope.SCRUB).first()


def last_scrub() -> Inspection | None:
    """The last night of the scrub that came to its end."""
    return _finished().filter(scope=InspectionScope.SCRUB).first()


def _finished() -> QuerySet[Inspection]:
    return Inspection.objects.filter(finished_at__isnull=False)
