"""The queue: a task must be over before django-q2 takes it for lost and starts it again."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from multiprocessing import cpu_count
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register

from ..conf import settings
from .options import TAG

# django-q2's own defaults (django_q.conf).
DEFAULT_RETRY_SECONDS = 60
DEFAULT_SAVE_LIMIT = 250
# What names a broker, the one that django-q2 looks at first before the others; without any of them
# it takes Redis.
BROKERS = ("broker_class", "iron_mq", "sqs", "orm", "mongo")
REDIS = ("redis", "django_redis")


def configuration(cluster: str) -> dict[str, Any] | None:
    """A cluster's options as django-q2 reads them, None if there is no such cluster."""
    host = getattr(django_settings, "Q_CLUSTER", {})
    alternatives = host.get("ALT_CLUSTERS", {})
    if cluster in alternatives:
        return host | alternatives[cluster]
    return host if cluster == host.get("name", "default") else None


@register(TAG)
def check_queue(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E007, E021, W007, W008, W031: one of our two clusters is missing, may run a task twice or for
    ever, is wasteful, hears of no work, or is the other one.

    The site's own clusters are its own business.
    """
    messages: list[CheckMessage] = []
    for cluster in (settings.QUEUE_CLUSTER, settings.SLOW_QUEUE_CLUSTER):
        options = configuration(cluster)
        if options is None:
            messages.append(_missing(cluster))
        else:
            messages += [*_unsafe(cluster, options), *_wasteful(cluster, options)]
            messages += _unreachable(cluster, options)
    return [*messages, *_shared()]


def _shared() -> Iterator[Warning]:
    name = settings.SLOW_QUEUE_CLUSTER
    if name == settings.QUEUE_CLUSTER:
        yield Warning(
            f"Photographs and mail share the cluster {name!r}: a mail waits behind a whole shoot.",
            hint='"SLOW_QUEUE_CLUSTER": "pumbaphoto-slow",',
            id="pumbaphoto.W031",
        )


def _missing(cluster: str) -> Error:
    return Error(
        f"Q_CLUSTER has no cluster {cluster!r}.",
        hint=f'Q_CLUSTER["ALT_CLUSTERS"]["{cluster}"] = {{"workers": 2, "queue_limit": 2, '
        '"bulk": 1, "timeout": 120, "retry": 300, "save_limit": -1, "max_attempts": 5}',
        id="pumbaphoto.E007",
    )


def _unsafe(cluster: str, options: dict[str, Any]) -> Iterator[Error]:
    timeout = options.get("timeout")
    if not timeout:
        yield Error(
            f"The cluster {cluster!r} has no timeout: a task that hangs hangs for ever.",
            hint=_line(cluster, timeout=120),
            id="pumbaphoto.E007",
        )
        return
    workers = options.get("workers") or cpu_count()
    queue_limit = options.get("queue_limit", workers**2)
    retry = options.get("retry", DEFAULT_RETRY_SECONDS)
    # The clock of retry runs while a task still waits inside the cluster for a worker.
    longest = timeout * (1 + queue_limit / workers)
    if retry <= longest:
        yield Error(
            f"The cluster {cluster!r} may run a task twice: retry is {retry}, but a task can take "
            f"{longest:.0f} seconds (timeout x (1 + queue_limit/workers), {timeout} x "
            f"(1 + {queue_limit}/{workers})).",
            hint=_line(cluster, queue_limit=workers, retry=round(timeout * 2.5)),
            id="pumbaphoto.E007",
        )


def _wasteful(cluster: str, options: dict[str, Any]) -> Iterator[Warning]:
    if options.get("save_limit", DEFAULT_SAVE_LIMIT) != -1:
        yield Warning(
            f"The cluster {cluster!r} keeps a row for each finished task and locks them all to "
            "add one.",
            hint=_line(cluster, save_limit=-1),
            id="pumbaphoto.W007",
        )
    if not options.get("max_attempts"):
        yield Warning(
            f"The cluster {cluster!r} repeats a task that fails for ever.",
            hint=_line(cluster, max_attempts=5),
            id="pumbaphoto.W031",
        )
    if options.get("bulk", 1) != 1:
        yield Warning(
            f"The cluster {cluster!r} takes several tasks at once, which start late and are "
            "repeated.",
            hint=_line(cluster, bulk=1),
            id="pumbaphoto.W008",
        )


def _unreachable(cluster: str, options: dict[str, Any]) -> Iterator[Error]:
    """E021: what is asked for never comes to the workers."""
    host = getattr(django_settings, "Q_CLUSTER", {})
    if any(options.get(name) != host.get(name) for name in (*BROKERS, *REDIS)):
        yield Error(
            f"The cluster {cluster!r} has a queue of its own, but whoever asks for work asks "
            "Q_CLUSTER's: no worker of it would ever hear.",
            hint="Name the queue (orm, redis, broker_class) in Q_CLUSTER itself and in none of "
            "ALT_CLUSTERS.",
            id="pumbaphoto.E021",
        )
        return
    broker = next((name for name in BROKERS if options.get(name)), "redis")
    if broker == "orm" and options["orm"] not in django_settings.DATABASES:
        yield Error(
            f"The cluster {cluster!r} has its queue in the database {options['orm']!r}, which "
            "DATABASES does not name.",
            hint='Q_CLUSTER["orm"] = "default"',
            id="pumbaphoto.E021",
        )
    elif broker == "redis" and find_spec("redis") is None:
        yield Error(
            f"The cluster {cluster!r} has its queue in Redis, and the client for it is not "
            "installed.",
            hint='pip install "pumbaphoto-wagtail[redis]", or Q_CLUSTER["orm"] = "default"',
            id="pumbaphoto.E021",
        )


def _line(cluster: str, **options: Any) -> str:
    chosen = ", ".join(f'"{name}": {value}' for name, value in options.items())
    return f'Q_CLUSTER["ALT_CLUSTERS"]["{cluster}"] |= {{{chosen}}}'
