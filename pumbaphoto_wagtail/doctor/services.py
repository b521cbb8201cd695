"""Queue, mail, cache and the web server in front: what runs beside the site."""

from __future__ import annotations

import secrets
import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator

from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from .. import workers
from ..conf import settings
from .diagnosis import Diagnosis, attention, seconds_in_words, trouble, well
from .facts import TROUBLE, Queued, WorkerFacts, mail_facts, worker_facts

ANSWER_SECONDS = 10
CACHE_SECONDS = 30
IN_PROCESS_CACHES = ("LocMemCache", "DummyCache")
START_WORKERS = (
    "Start Q_CLUSTER_NAME={} manage.py qcluster, and look at its log; reconcile wakes the rest."
)


# --- The queue -----------------------------------------------------------------------------------


def look_at_queue() -> Iterator[Diagnosis]:
    found, now = worker_facts(), timezone.now()
    start = START_WORKERS.format(settings.SLOW_QUEUE_CLUSTER)
    if found.reconciled_at is None:
        yield trouble("Reconciling", "never", f"manage.py migrate. {start}")
    else:
        ago = seconds_in_words(max(0, (now - found.reconciled_at).total_seconds()))
        judge = well if found.is_alive else trouble
        yield judge("Reconciling", f"last {ago} ago", "" if found.is_alive else start)
    for cluster, queued in found.queued.items():
        yield _queued(cluster, queued, found.state)
    yield _hosts(found)


def _queued(cluster: str, queued: Queued | None, state: str) -> Diagnosis:
    name = f"Queue {cluster}"
    if queued is None:
        return trouble(name, "does not answer", "Start the broker that Q_CLUSTER names.")
    words = f"{queued.count} tasks wait"
    if queued.since is None:
        return well(name, words)
    ago = seconds_in_words(max(0, (timezone.now() - queued.since).total_seconds()))
    if state == TROUBLE:
        return trouble(name, f"{words}, the first for {ago}", START_WORKERS.format(cluster))
    return well(name, f"{words}, the first for {ago}")


def _hosts(found: WorkerFacts) -> Diagnosis:
    if found.others:
        told = ", ".join(sorted({f"{host.name} ({host.version})" for host in found.others}))
        to_do = "Install the same release there, and restart its workers."
        return attention("Worker machines", f"with another release: {told}", to_do)
    names = sorted({host.name for host in found.hosts})
    if not names:
        return attention("Worker machines", "none was seen lately", "See the queues above.")
    return well("Worker machines", ", ".join(names))


# --- Mail ----------------------------------------------------------------------------------------


def look_at_mail() -> Iterator[Diagnosis]:
    found = mail_facts()
    words = f"{found.waiting} wait, {found.given_up} were given up"
    if found.given_up:
        yield attention("Outbox", words, "Reports → Operations → E-mails: send them again.")
    else:
        yield well("Outbox", words)
    yield _server()


def _server() -> Diagnosis:
    # From Django 6.1 on it is one of those that MAILERS names.
    connection = mail.mailers.default if hasattr(mail, "mailers") else mail.get_connection()
    if not isinstance(connection, EmailBackend):
        name = type(connection).__module__
        if django_settings.DEBUG:
            return well("Mail server", f"none: {name}")
        return attention("Mail server", f"none: {name}", "Mail reaches nobody if this only writes.")
    return ask_server(connection)


def ask_server(connection: EmailBackend) -> Diagnosis:
    """Greet the mail server as for a message, log in where it is said so, and send nothing."""
    place = f"{connection.host}:{connection.port}"
    connection.timeout = ANSWER_SECONDS
    try:
        connection.open()
        connection.connection.ehlo_or_helo_if_needed()
        offers_tls = connection.connection.has_extn("starttls")
    except (OSError, smtplib.SMTPException) as error:
        # What a server answers to a login may repeat it.
        words = f"{place} does not take mail: {type(error).__name__}"
        return trouble("Mail server", words, "Look at EMAIL_HOST, EMAIL_PORT, user and password.")
    finally:
        connection.close()
    return _judge_server(connection, place, offers_tls)


def _judge_server(connection: EmailBackend, place: str, offers_tls: bool) -> Diagnosis:
    is_encrypted = connection.use_tls or connection.use_ssl
    if is_encrypted:
        return well("Mail server", f"{place} answers, encrypted")
    to_do = "EMAIL_USE_TLS = True"
    if connection.username:
        words = f"{place} answers, and gets its password in the clear"
        return attention("Mail server", words, to_do)
    if offers_tls:
        return attention("Mail server", f"{place} offers encryption that is not used", to_do)
    return well("Mail server", f"{place} answers, without encryption")


def send_mail_to(address: str) -> Diagnosis:
    """Send one message to an address, as the site's own leave."""
    message = EmailMessage(
        "PumbaPhoto: mail works", "This message was sent by pumbaphoto_doctor.", to=[address]
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        words = f"was not taken: {type(error).__name__}"
        return trouble("Message", words, "Look at the mail server's log.")
    return well("Message", "was taken by the mail server; look whether it arrives")


# --- The cache -----------------------------------------------------------------------------------


def look_at_cache() -> Iterator[Diagnosis]:
    name = type(cache._connections[cache._alias]).__name__
    if name in IN_PROCESS_CACHES:
        to_do = "Use a cache in the database or in Redis."
        yield attention("Cache", f"{name} is each process's own", to_do)
        return
    key, value = f"pumbaphoto.doctor.{secrets.token_hex(8)}", secrets.token_hex(8)
    try:
        cache.set(key, value, CACHE_SECONDS)
        is_kept = cache.get(key) == value
        cache.delete(key)
    except Exception as error:  # each cache has errors of its own
        to_do = "manage.py createcachetable, or start the cache's server"
        yield trouble("Cache", f"{name} does not work: {type(error).__name__}", to_do)
        return
    if not is_kept:
        yield trouble("Cache", f"{name} keeps nothing", "Look at CACHES in the settings.")
    elif name == "FileBasedCache" and len(workers.host_names()) > 1:
        yield attention("Cache", f"{name}: each machine has its own", "Use the database or Redis.")
    else:
        yield well("Cache", f"{name}, shared by all processes")


# --- The web server ------------------------------------------------------------------------------


def look_at_web() -> Iterator[Diagnosis]:
    if settings.X_ACCEL_PREFIX:
        yield well("Serving", f"files are left to the web server, below {settings.X_ACCEL_PREFIX}")
    elif django_settings.DEBUG:
        yield well("Serving", "Django sends files itself, while DEBUG is on")
    else:
        words = "Django sends files itself: each download holds a thread for as long as it lasts"
        yield attention("Serving", words, '"X_ACCEL_PREFIX": "/protected/", behind nginx')
    yield _health()


def _health() -> Diagnosis:
    name = "Health address"
    if not settings.HEALTH_KEY and django_settings.DEBUG:
        return well(name, "answers nobody, while DEBUG is on")
    if not settings.HEALTH_KEY:
        to_do = '"HEALTH_KEY": "a long random text", and have monitoring ask'
        return attention(name, "answers nobody: no key is set", to_do)
    base = getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or ""
    try:
        address = base.rstrip("/") + reverse("pumbaphoto_wagtail:health")
    except NoReverseMatch:
        return trouble(name, "not included in the site's urls", "See pumbaphoto.E013.")
    return ask_health(address)


def ask_health(address: str) -> Diagnosis:
    """Whether monitoring would reach the site, and so its clients."""
    name = "Health address"
    to_do = "Look at WAGTAILADMIN_BASE_URL, at the web server and at its log."
    if not address.startswith(("http://", "https://")):
        return attention(name, "WAGTAILADMIN_BASE_URL is no address", to_do)
    headers = {"Authorization": f"Bearer {settings.HEALTH_KEY}"}
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except (OSError, ValueError) as error:
        return trouble(name, f"{address} does not answer: {type(error).__name__}", to_do)
    if status in (200, 503):
        return well(name, f"{address} answers")
    words = f"{address} answers {status}: another site, or another key"
    return trouble(name, words, to_do)
