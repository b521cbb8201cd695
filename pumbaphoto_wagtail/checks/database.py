"""The database: waiting instead of failing, and keeping what it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.http.request import validate_host
from wagtail.models import Site

from ..doctor.database import DURABLE, server_settings
from ..models import Gallery
from ..storage.mounts import mount_of
from .options import TAG
from .storages import answers_of

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def options_of(alias: str) -> dict[str, Any]:
    return connections[alias].settings_dict


@register(TAG)
def check_requests(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W021: a transaction is open as long as a page waits for the storage."""
    if not options_of(Gallery.objects.db).get("ATOMIC_REQUESTS"):
        return []
    return [
        Warning(
            "With ATOMIC_REQUESTS rows stay locked while a page waits for the photo storage.",
            hint='DATABASES["default"]["ATOMIC_REQUESTS"] = False',
            id="pumbaphoto.W021",
        )
    ]


@register(TAG)
def check_sqlite_place(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E026: SQLite's file lies on a network file system, where its locks do not hold."""
    alias = Gallery.objects.db
    if connections[alias].vendor != "sqlite":
        return []
    place = str(options_of(alias)["NAME"])
    mount = answers_of({place: partial(mount_of, place)})[place]
    if mount is None or isinstance(mount, Exception) or not mount.is_network:
        return []
    return [
        Error(
            f"SQLite's file {place} lies on {mount.kind}: two writers destroy it there.",
            hint='DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"',
            id="pumbaphoto.E026",
        )
    ]


@register(TAG, deploy=True)
def check_kept_connections(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W033: after the database was restarted each kept connection fails one request."""
    options = options_of(Gallery.objects.db)
    if options.get("CONN_MAX_AGE") == 0 or options.get("CONN_HEALTH_CHECKS"):
        return []
    return [
        Warning(
            "Connections are kept, and not looked at before they are used: after a restart of the "
            "database pages and uploads fail.",
            hint='DATABASES["default"]["CONN_HEALTH_CHECKS"] = True',
            id="pumbaphoto.W033",
        )
    ]


def _is_asked(databases: Sequence[str] | None, table: str) -> bool:
    alias = Gallery.objects.db
    if alias not in (databases or ()):
        return False
    return table in connections[alias].introspection.table_names()


@register(Tags.database)
def check_durability(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """E024: PostgreSQL says that something is kept before it is."""
    alias = Gallery.objects.db
    if alias not in (databases or ()) or connections[alias].vendor != "postgresql":
        return []
    told = server_settings(connections[alias])
    return [
        Error(
            f"PostgreSQL runs with {name} off: an upload that was acknowledged can be lost.",
            hint=f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
            id="pumbaphoto.E024",
        )
        for name in DURABLE
        if told[name] == "off"
    ]


@register(Tags.database)
def check_site_addresses(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W032: the links that are sent to clients lead nowhere."""
    if django_settings.DEBUG or not _is_asked(databases, Gallery._meta.db_table):
        return []
    sites = Site.objects.filter(pk__in=Gallery.objects.order_by().values("site")).order_by("pk")
    return [message for site in sites for message in _address_messages(site.hostname)]


def _address_messages(host: str) -> Iterator[Warning]:
    if host in LOCAL_HOSTS:
        yield Warning(
            f"A site with galleries is called {host!r}: links that are sent to clients lead there.",
            hint="Settings → Sites: write the host name by which clients reach the site.",
            id="pumbaphoto.W032",
        )
    elif not validate_host(host.lower(), django_settings.ALLOWED_HOSTS):
        yield Warning(
            f"ALLOWED_HOSTS lacks {host!r}: whoever opens a link of that site is refused.",
            hint=f'ALLOWED_HOSTS += ["{host}"]',
            id="pumbaphoto.W032",
        )
