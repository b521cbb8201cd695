"""Whether everything runs: virus scanner, photo storage, workers. One line for photographers, and
what operators want to know about each.

Nothing here waits for what does not answer, and what was found out holds for half a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Min, Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule

from ..conf import MINUTE, settings
from ..exceptions import ScannerUnavailable
from ..intake.clamd_client import ClamdClient, ScannerVersion
from ..intake.scanner_trust import is_demo_without_scanner
from ..intake.waiting import alarm
from ..models import Inspection, Message, StoredFile
from .running import duration_in_words
from .storage_figures import Volume, volumes

KEPT_SECONDS = 30
OK, ATTENTION, TROUBLE = "ok", "attention", "trouble"
TONES = (OK, ATTENTION, TROUBLE)
# A scanner that is well says its version in a millisecond.
SCANNER_PATIENCE_SECONDS = 1
OLD_SIGNATURES = timedelta(days=7)
# Reconciling comes once a minute; after so long without it nobody is at work.
HEARTBEAT_LATE = timedelta(seconds=5 * MINUTE)
QUEUE_BEHIND = timedelta(seconds=5 * MINUTE)
OPERATORS_PERMISSION = "pumbaphoto_wagtail.view_storedfile"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that must run. ``words`` are for photographers, empty while it is well; ``facts``
    for operators, each a label and a value.
    """

    name: str
    tone: str = OK
    words: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Status:
    """``tone`` is "ok", "attention" or "trouble"; ``parts`` are empty for all but operators."""

    tone: str
    words: str
    parts: tuple[Part, ...] = field(default=())


def is_operator(user) -> bool:
    """Whether somebody looks after the site, and not after shoots alone."""
    return user.is_superuser or user.has_perm(OPERATORS_PERMISSION)


def status_line(user) -> Status:
    """How everything runs, in one sentence, with details for operators."""
    key = f"pumbaphoto.status.{get_language()}"
    parts = cache.get(key)
    if parts is None:
        parts = tuple(look() for look in LOOKS)
        cache.set(key, parts, KEPT_SECONDS)
    tone = max((part.tone for part in parts), key=TONES.index)
    words = " ".join(part.words for part in parts if part.tone != OK and part.words)
    return Status(
        tone=tone if words else OK,
        words=words or _("Everything runs: virus scanner, photo storage and workers."),
        parts=parts if is_operator(user) else (),
    )


# --- The scanner ---------------------------------------------------------------------------------


def look_at_scanner() -> Part:
    name = _("Virus scanner")
    if is_demo_without_scanner():
        words = _("Files are not scanned for viruses (demo).")
        return Part(name=name, tone=ATTENTION, words=words)
    waiting = alarm()
    waits = (
        [(_("Files waiting"), _since(waiting.count, waiting.since)), (_("Why"), waiting.reason)]
        if waiting
        else []
    )
    try:
        version = _scanner().version()
    except ScannerUnavailable as error:
        words = _("The virus scanner does not answer: new photos wait for it, nothing is lost.")
        facts = ((_("Answer"), str(error)), *waits)
        return Part(name=name, tone=TROUBLE, words=words, facts=facts)
    facts = (*_facts_of(version), *waits)
    if waiting:
        words = ngettext(
            "%(count)d file has waited long for the virus scanner; nothing is lost.",
            "%(count)d files have waited long for the virus scanner; nothing is lost.",
            waiting.count,
        ) % {"count": waiting.count}
        return Part(name=name, tone=TROUBLE, words=words, facts=facts)
    signed_at = signatures_of(version)
    if signed_at is not None and timezone.now() - signed_at > OLD_SIGNATURES:
        # For operators alone: a photographer can do nothing about it.
        return Part(name=name, tone=ATTENTION, facts=facts)
    return Part(name=name, facts=facts)


def _scanner() -> ClamdClient:
    return ClamdClient(settings.CLAMD_ADDRESS, connect_timeout_seconds=SCANNER_PATIENCE_SECONDS)


def signatures_of(version: ScannerVersion) -> datetime | None:
    """When the scanner's signatures were made: it says "27500/Thu Nov 20 10:05:00 2026"."""
    _number, _slash, said = version.signatures.partition("/")
    try:
        return datetime.strptime(said.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


def _facts_of(version: ScannerVersion) -> list[tuple[str, str]]:
    facts = [(_("Version"), version.engine)]
    signed_at = signatures_of(version)
    if signed_at is None:
        return [*facts, (_("Signatures"), version.signatures or _("local ones only"))]
    days = max(0, (timezone.now() - signed_at).days)
    age = ngettext("%(count)d day old", "%(count)d days old", days) % {"count": days}
    number = version.signatures.partition("/")[0]
    return [*facts, (_("Signatures"), f"{number}, {age}")]


def _since(count: int, since: datetime) -> str:
    moment = date_format(timezone.localtime(since), "SHORT_DATETIME_FORMAT")
    return _("%(count)d since %(moment)s") % {"count": count, "moment": moment}


# --- The storage ---------------------------------------------------------------------------------


def look_at_storage() -> Part:
    found = volumes()
    facts = tuple((", ".join(volume.names), _volume_in_words(volume)) for volume in found)
    tone, words = _storage_trouble(found)
    return Part(name=_("Photo storage"), tone=tone, words=words, facts=facts)


def _storage_trouble(found: list[Volume]) -> tuple[str, str]:
    taking = [volume for volume in found if volume.takes_uploads]
    if any(volume.trouble for volume in taking):
        words = _("The photo storage does not answer: uploads wait for it, nothing is lost.")
        return TROUBLE, words
    if any(volume.is_full for volume in taking):
        return TROUBLE, _("The photo storage is full: new uploads are refused.")
    away = [name for volume in found if volume.trouble for name in volume.names]
    if away:
        return ATTENTION, _("A part of the photo storage does not answer: %(names)s.") % {
            "names": ", ".join(away)
        }
    scarce = [volume.left for volume in taking if volume.is_nearly_full]
    if scarce:
        words = _("The photo storage is nearly full: room for %(size)s more.")
        return ATTENTION, words % {"size": filesizeformat(min(scarce))}
    return OK, ""


def _volume_in_words(volume: Volume) -> str:
    if volume.trouble:
        return volume.trouble
    if volume.free is None:
        return _("no limit known")
    return _("%(free)s free of %(total)s, %(left)s until uploads are refused") % {
        "free": filesizeformat(volume.free),
        "total": filesizeformat(volume.total),
        "left": filesizeformat(max(0, volume.left)),
    }


# --- Workers, mail, the last inspection ----------------------------------------------------------


def look_at_workers() -> Part:
    name, now = _("Workers"), timezone.now()
    beat = Schedule.objects.filter(name="pumbaphoto.reconcile").first()
    facts = [(_("Last sign of life"), _heartbeat(beat))]
    oldest = None
    if Conf.ORM:
        for cluster in (settings.QUEUE_CLUSTER, settings.SLOW_QUEUE_CLUSTER):
            count, since = _queued(cluster, now)
            facts.append((cluster, _since(count, since) if count else _("nothing waits")))
            oldest = min(filter(None, (oldest, since)), default=None)
    if beat is None or (beat.next_run and now - beat.next_run > HEARTBEAT_LATE):
        words = _("Nobody is at work: photos are kept, and wait until the workers run again.")
        return Part(name=name, tone=TROUBLE, words=words, facts=tuple(facts))
    if oldest is not None and now - oldest > QUEUE_BEHIND:
        return Part(name=name, facts=tuple(facts), **_behind(now - oldest, now))
    return Part(name=name, facts=tuple(facts))


def _behind(wait: timedelta, now: datetime) -> dict[str, str]:
    if StoredFile.objects.filter(lease_until__gt=now).exists():
        words = _("There is a lot to do: new photos are ready after %(time)s.")
        about = {"time": duration_in_words(wait.total_seconds())}
        return {"tone": ATTENTION, "words": words % about}
    words = _("Photos wait and nobody works on them; nothing is lost.")
    return {"tone": TROUBLE, "words": words}


def _heartbeat(beat: Schedule | None) -> str:
    if beat is None or beat.next_run is None:
        return _("none: run manage.py migrate and the workers")
    last = beat.next_run - timedelta(minutes=beat.minutes or 0)
    return date_format(timezone.localtime(last), "SHORT_DATETIME_FORMAT")


def _queued(cluster: str, now: datetime) -> tuple[int, datetime | None]:
    """How many tasks of a cluster wait, and since when the first of them does."""
    waiting = OrmQ.objects.using(Conf.ORM).filter(key=cluster, lock__lte=now)
    found = waiting.aggregate(count=Count("pk"), since=Min("lock"))
    return found["count"], found["since"]


def look_at_mail() -> Part:
    found = Message.objects.filter(sent_at__isnull=True).aggregate(
        owed=Count("pk", filter=Q(failed_at__isnull=True)),
        given_up=Count("pk", filter=Q(failed_at__isnull=False)),
    )
    facts = ((_("Waiting"), str(found["owed"])), (_("Given up"), str(found["given_up"])))
    return Part(name=_("E-mail"), facts=facts)


def look_at_inspection() -> Part:
    name = _("Last inspection of the files")
    last = Inspection.objects.filter(finished_at__isnull=False).first()
    if last is None:
        return Part(name=name, facts=((_("Never"), _("run manage.py pumbaphoto_verify")),))
    moment = date_format(timezone.localtime(last.finished_at), "SHORT_DATETIME_FORMAT")
    findings = ngettext("%(count)d finding", "%(count)d findings", last.finding_count) % {
        "count": last.finding_count
    }
    tone = ATTENTION if last.finding_count else OK
    return Part(name=name, tone=tone, facts=((moment, findings),))


LOOKS: tuple[Callable[[], Part], ...] = (
    look_at_scanner,
    look_at_storage,
    look_at_workers,
    look_at_mail,
    look_at_inspection,
)
