"""Whether everything runs: virus scanner, photo storage, workers. One line for photographers, and
what operators want to know about each.

Nothing here waits for what does not answer, and what was found out holds for half a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.cache import cache
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ..doctor.facts import (
    ATTENTION,
    OK,
    STATES,
    TROUBLE,
    Queued,
    ScannerFacts,
    WorkerFacts,
    last_inspection,
    last_scrub,
    mail_facts,
    scanner_facts,
    worker_facts,
)
from ..doctor.volumes import Volume, volumes
from ..models import Inspection, WorkerHost
from .running import duration_in_words

KEPT_SECONDS = 30
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
    tone = max((part.tone for part in parts), key=STATES.index)
    words = " ".join(part.words for part in parts if part.tone != OK and part.words)
    return Status(
        tone=tone if words else OK,
        words=words or _("Everything runs: virus scanner, photo storage and workers."),
        parts=parts if is_operator(user) else (),
    )


# --- The scanner ---------------------------------------------------------------------------------


def look_at_scanner() -> Part:
    name, found = _("Virus scanner"), scanner_facts()
    if found.is_demo:
        words = _("Files are not scanned for viruses (demo).")
        return Part(name=name, tone=found.state, words=words)
    facts = (*_scanner_in_facts(found), *_waiting_in_facts(found))
    return Part(name=name, tone=found.state, words=_scanner_in_words(found), facts=facts)


def _scanner_in_words(found: ScannerFacts) -> str:
    if found.version is None:
        return _("The virus scanner does not answer: new photos wait for it, nothing is lost.")
    if found.waiting:
        return ngettext(
            "%(count)d file has waited long for the virus scanner; nothing is lost.",
            "%(count)d files have waited long for the virus scanner; nothing is lost.",
            found.waiting.count,
        ) % {"count": found.waiting.count}
    # Old signatures are for operators alone: a photographer can do nothing about them.
    return ""


def _waiting_in_facts(found: ScannerFacts) -> list[tuple[str, str]]:
    waiting = found.waiting
    if waiting is None:
        return []
    return [(_("Files waiting"), _since(waiting.count, waiting.since)), (_("Why"), waiting.reason)]


def _scanner_in_facts(found: ScannerFacts) -> list[tuple[str, str]]:
    version, signed_at = found.version, found.signed_at
    if version is None:
        return [(_("Answer"), found.answer)]
    facts = [(_("Version"), version.engine)]
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
    found = worker_facts()
    queues = ((cluster, _waits_in_words(queued)) for cluster, queued in found.queued.items())
    return Part(
        name=_("Workers"),
        tone=found.state,
        words=_workers_in_words(found),
        facts=((_("Last sign of life"), _heartbeat(found)), *queues, *_hosts_in_facts(found)),
    )


def _workers_in_words(found: WorkerFacts) -> str:
    if not found.is_alive:
        return _("Nobody is at work: photos are kept, and wait until the workers run again.")
    if found.is_queue_away:
        return _("The queue does not answer: photos are kept, and wait until it does.")
    if not found.is_behind:
        return ""
    if found.is_busy:
        words = _("There is a lot to do: new photos are ready after %(time)s.")
        wait = timezone.now() - found.oldest
        return words % {"time": duration_in_words(wait.total_seconds())}
    return _("Photos wait and nobody works on them; nothing is lost.")


def _waits_in_words(queued: Queued | None) -> str:
    if queued is None:
        return _("no answer")
    if not queued.count:
        return _("nothing waits")
    return _since(queued.count, queued.since) if queued.since else str(queued.count)


def _hosts_in_facts(found: WorkerFacts) -> list[tuple[str, str]]:
    others = {host.pk for host in found.others}
    return [
        (f"{host.name} · {host.cluster}", _seen_in_words(host, is_other=host.pk in others))
        for host in (*found.hosts, *(one for one in found.others if one not in found.hosts))
    ]


def _seen_in_words(host: WorkerHost, *, is_other: bool) -> str:
    moment = date_format(timezone.localtime(host.seen_at), "SHORT_DATETIME_FORMAT")
    if is_other:
        words = _("seen %(moment)s, with version %(version)s")
        return words % {"moment": moment, "version": host.version}
    return _("seen %(moment)s") % {"moment": moment}


def _heartbeat(found: WorkerFacts) -> str:
    if found.reconciled_at is None:
        return _("none: run manage.py migrate and the workers")
    return date_format(timezone.localtime(found.reconciled_at), "SHORT_DATETIME_FORMAT")


def look_at_mail() -> Part:
    found = mail_facts()
    facts = ((_("Waiting"), str(found.waiting)), (_("Given up"), str(found.given_up)))
    return Part(name=_("E-mail"), facts=facts)


def look_at_inspection() -> Part:
    name, looks = _("Last inspection of the files"), [last_inspection(), last_scrub()]
    if not any(looks):
        return Part(name=name, facts=((_("Never"), _("run manage.py pumbaphoto_verify")),))
    done = [look for look in looks if look]
    tone = ATTENTION if any(look.finding_count for look in done) else OK
    return Part(name=name, tone=tone, facts=tuple(map(_findings_of, done)))


def _findings_of(look: Inspection) -> tuple[str, str]:
    moment = date_format(timezone.localtime(look.finished_at), "SHORT_DATETIME_FORMAT")
    findings = ngettext("%(count)d finding", "%(count)d findings", look.finding_count)
    return f"{moment}, {look.get_scope_display()}", findings % {"count": look.finding_count}


LOOKS: tuple[Callable[[], Part], ...] = (
    look_at_scanner,
    look_at_storage,
    look_at_workers,
    look_at_mail,
    look_at_inspection,
)
