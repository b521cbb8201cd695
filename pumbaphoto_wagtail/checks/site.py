"""The site the package is installed in: database, addresses, page type, static files, mail."""

from __future__ import annotations

import uuid
import warnings
from typing import Any

import swapper
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connections, models
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from ..conf import settings
from ..models import Gallery
from ..page_mixin import GalleryPageMixin
from .options import TAG

NAMESPACE = "pumbaphoto_wagtail"
BUNDLE = ("gallery.js", "gallery.css", "uploader.js", "workspace.js", "admin.css")
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
IN_PROCESS_CACHES = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
)


def database() -> dict[str, Any]:
    """Vendor and options of the database that holds the galleries."""
    connection = connections[Gallery.objects.db]
    return {"vendor": connection.vendor, **connection.settings_dict.get("OPTIONS", {})}


@register(TAG)
def check_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W005: SQLite, but not so that two writers wait for each other instead of failing."""
    options = database()
    if options["vendor"] != "sqlite":
        return []
    is_immediate = str(options.get("transaction_mode", "")).upper() == "IMMEDIATE"
    is_wal = "wal" in str(options.get("init_command", "")).lower()
    if is_immediate and is_wal:
        return []
    return [
        Warning(
            "With SQLite as it is set, uploads and workers will fail with “database is locked”.",
            hint='DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", '
            '"timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"}',
            id="pumbaphoto.W005",
        )
    ]


@register(TAG, deploy=True)
def check_database_for_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E005: SQLite under a real site."""
    if database()["vendor"] != "sqlite":
        return []
    return [
        Error(
            "SQLite lets one writer in at a time; a studio's site needs PostgreSQL.",
            hint='DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"',
            id="pumbaphoto.E005",
        )
    ]


@register(TAG)
def check_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E013: the package's addresses are not included, or Wagtail's catch them first."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    line = f'path("galleries/", include("{NAMESPACE}.urls")),'
    # Wagtail's own pattern catches only what ends in a slash, as the second of them does.
    try:
        found = [
            resolve(reverse(f"{NAMESPACE}:{name}", args=[uuid.uuid4()]))
            for name in ("door", "uploads")
        ]
    except (NoReverseMatch, Resolver404):
        return [
            Error(
                "The addresses of PumbaPhoto are not included in the site's urls.",
                hint=line,
                id="pumbaphoto.E013",
            )
        ]
    if all(NAMESPACE in match.namespaces for match in found):
        return []
    return [
        Error(
            "The addresses of PumbaPhoto are never reached: another pattern catches them first.",
            hint=f"{line}  # above include(wagtail_urls)",
            id="pumbaphoto.E013",
        )
    ]


@register(TAG)
def check_page_model(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E014: there is no page type to present galleries with."""
    name = settings.GALLERY_PAGE_MODEL
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError, AttributeError):
        return [
            Error(
                f'PUMBAPHOTO["GALLERY_PAGE_MODEL"] names {name!r}, and there is no such model.',
                hint='INSTALLED_APPS += ["pumbaphoto_wagtail.pages"]'
                if name == "pumbaphoto_pages.GalleryPage"
                else '"GALLERY_PAGE_MODEL": "pumbaphoto_pages.GalleryPage",',
                id="pumbaphoto.E014",
            )
        ]
    if _presents_galleries(model):
        return []
    return [
        Error(
            f"{name} is not a page that presents galleries.",
            hint=f"class {model.__name__}(GalleryPageMixin, Page):  "
            "# from pumbaphoto_wagtail.page_mixin import GalleryPageMixin",
            id="pumbaphoto.E014",
        )
    ]


def _presents_galleries(model: type[models.Model]) -> bool:
    return issubclass(model, GalleryPageMixin) and issubclass(
        model, swapper.load_model("wagtailcore", "Page")
    )


@register(TAG)
def check_static_files(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W010: the bundle was not built. Never so with an installed wheel."""
    missing = [name for name in BUNDLE if not finders.find(f"{NAMESPACE}/{name}")]
    if not missing:
        return []
    return [
        Warning(
            f"Static files of PumbaPhoto are missing: {', '.join(missing)}.",
            hint="make frontend",
            id="pumbaphoto.W010",
        )
    ]


@register(TAG)
def check_studio_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W015: Wagtail's app for settings is missing, so that nobody can name the studio."""
    if apps.is_installed("wagtail.contrib.settings"):
        return []
    return [
        Warning(
            "A studio’s name, colours, sender and defaults cannot be set in the admin.",
            hint='INSTALLED_APPS += ["wagtail.contrib.settings"]',
            id="pumbaphoto.W015",
        )
    ]


@register(TAG)
def check_mail(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W011: a mail server that hangs outlasts the lease, and a second worker sends again."""
    backend, timeout, line = mailer()
    if backend != SMTP_BACKEND or (timeout and timeout < settings.LEASE_SECONDS):
        return []
    return [
        Warning(
            f"The timeout of mail is {timeout}: a message to a mail server that hangs may be sent "
            "twice.",
            hint=line,
            id="pumbaphoto.W011",
        )
    ]


def mailer() -> tuple[str, float | None, str]:
    """What sends the site's mail, its timeout in seconds, and the line that sets one: as
    ``MAILERS``, which Django knows from 6.1 on and will insist on, or as ``EMAIL_...``.
    """
    mailers = getattr(django_settings, "MAILERS", None)
    if mailers is not None:
        mailer = mailers.get("default", {})
        backend = mailer.get("BACKEND", SMTP_BACKEND)
        line = 'MAILERS["default"]["OPTIONS"] = {"timeout": 30}'
        return backend, mailer.get("OPTIONS", {}).get("timeout"), line
    with warnings.catch_warnings():
        # That the former settings will go is for Django to tell the site.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        backend, timeout = django_settings.EMAIL_BACKEND, django_settings.EMAIL_TIMEOUT
    return backend, timeout, "EMAIL_TIMEOUT = 30"


@register(TAG, deploy=True)
def check_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W012: that the scanner was proved is remembered in the cache, for all workers."""
    if django_settings.CACHES["default"]["BACKEND"] not in IN_PROCESS_CACHES:
        return []
    return [
        Warning(
            "The default cache is not shared between processes: each sends clamd a file of "
            "MAX_FILE_BYTES to prove that it scans to the end.",
            hint='CACHES["default"] = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", '
            '"LOCATION": "pumbaphoto_cache"}  # then manage.py createcachetable',
            id="pumbaphoto.W012",
        )
    ]
