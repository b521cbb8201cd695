"""What must be set otherwise on a site that is about to be used; Django's own checks say the rest.

Django tells of cookies without Secure or HttpOnly, HSTS, redirects, DEBUG and a weak SECRET_KEY.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register

from ..conf import settings
from ..doctor.facts import OK
from ..doctor.versions import django_is_patched, lacks_raw
from .options import TAG
from .site import mailer

# As long as what Django makes for SECRET_KEY.
LINK_KEY_LENGTH = 50
LINK_KEY_LETTERS = 5
HIDE_TOKENS = "pumbaphoto_wagtail.tokens.HideTokens"
LISTS_OF_ADDRESSES = ("x-forwarded-for", "forwarded")
NOT_SENT = ("console", "dummy", "filebased", "locmem")
HERE = ("localhost", "127.0.0.1", "::1", "example.com", "")


@register(TAG, deploy=True)
def check_cookies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E009: cookies go along with requests from other sites, or forms and HTTPS are not known as
    what they are.
    """
    return [*_cookies_for_others(), *_headers()]


def _cookies_for_others() -> Iterator[Error]:
    for name in ("SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SAMESITE"):
        value = getattr(django_settings, name)
        if value not in ("Lax", "Strict"):
            yield Error(
                f"{name} is {value!r}: other sites can act with a photographer's session.",
                hint=f'{name} = "Lax"',
                id="pumbaphoto.E009",
            )


def _headers() -> Iterator[Error]:
    policy = django_settings.SECURE_REFERRER_POLICY or ""
    told = policy.split(",") if isinstance(policy, str) else policy
    # The last one that a browser knows counts (Referrer Policy, section 11.1).
    if [each.strip() for each in told][-1:] == ["no-referrer"]:
        yield Error(
            "With SECURE_REFERRER_POLICY “no-referrer” browsers send forms with “Origin: null”, "
            "which Django refuses.",
            hint='SECURE_REFERRER_POLICY = "same-origin"',
            id="pumbaphoto.E009",
        )
    header = django_settings.SECURE_PROXY_SSL_HEADER
    if header and not str(header[0]).startswith("HTTP_"):
        yield Error(
            f"SECURE_PROXY_SSL_HEADER names {header[0]!r}, which no request has.",
            hint='SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
            id="pumbaphoto.E009",
        )


@register(TAG, deploy=True)
def check_client_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W022: behind a proxy all clients look like one to whatever counts tries."""
    header = settings.TRUSTED_ADDRESS_HEADER
    line = '"TRUSTED_ADDRESS_HEADER": "X-Real-IP",  # and in nginx: proxy_set_header X-Real-IP '
    line += "$remote_addr;"
    if not header:
        words = (
            "No header is trusted to name clients: behind a proxy, or on a unix socket, one who "
            "guesses PINs or passwords slows down all others."
        )
    elif header.lower() in LISTS_OF_ADDRESSES:
        words = f"{header} is a list that clients begin themselves, and no address."
    else:
        return []
    return [Warning(words, hint=line, id="pumbaphoto.W022")]


@register(TAG, deploy=True)
def check_link_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W023: a key of share links can be guessed."""
    keys = settings.LINK_KEYS if isinstance(settings.LINK_KEYS, dict) else {}
    return [
        Warning(
            f"The key {name!r} of PUMBAPHOTO[“LINK_KEYS”] is short or simple: whoever guesses it "
            "opens every gallery.",
            hint='"LINK_KEYS": {"2026": get_random_secret_key()},  # '
            "from django.core.management.utils; write down what it gives",
            id="pumbaphoto.W023",
        )
        for name, secret in keys.items()
        if len(str(secret)) < LINK_KEY_LENGTH or len(set(str(secret))) < LINK_KEY_LETTERS
    ]


@register(TAG, deploy=True)
def check_base_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W024: buttons in e-mails to photographers lead nowhere, or are not encrypted."""
    address = urlsplit(getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or "")
    if not address.netloc:
        # Wagtail tells.
        return []
    if address.scheme == "https" and address.hostname not in HERE:
        return []
    return [
        Warning(
            f"WAGTAILADMIN_BASE_URL is {address.geturl()!r}: e-mails to photographers lead there.",
            hint='WAGTAILADMIN_BASE_URL = "https://studio.example.com"  # your own host',
            id="pumbaphoto.W024",
        )
    ]


@register(TAG, deploy=True)
def check_mail_leaves(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W025: e-mail reaches nobody, or comes from nobody."""
    return [*_mail_that_stays(), *_mail_of_nobody()]


def _mail_that_stays() -> Iterator[Warning]:
    backend, _timeout, _line = mailer()
    if any(f"django.core.mail.backends.{kind}." in backend for kind in NOT_SENT):
        yield Warning(
            f"Mail goes to {backend}, and so to nobody.",
            hint='EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"',
            id="pumbaphoto.W025",
        )


def _mail_of_nobody() -> Iterator[Warning]:
    if django_settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        yield Warning(
            f"Mail comes from {django_settings.DEFAULT_FROM_EMAIL}, and is taken for spam.",
            hint='DEFAULT_FROM_EMAIL = "Studio <mail@studio.example.com>"',
            id="pumbaphoto.W025",
        )


@register(TAG, deploy=True)
def check_logging(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W026: a share link that was mistyped stands in the log, where others may read it."""
    filters = (getattr(django_settings, "LOGGING", None) or {}).get("filters", {})
    named = [each.get("()", "") for each in filters.values()]
    if any(_dotted(each) == HIDE_TOKENS for each in named):
        return []
    return [
        Warning(
            "Nothing takes the tokens of share links out of what is logged.",
            hint=f'LOGGING["filters"] = {{"hide_tokens": {{"()": "{HIDE_TOKENS}"}}}}, and '
            '"filters": ["hide_tokens"] for each of its handlers',
            id="pumbaphoto.W026",
        )
    ]


def _dotted(named: Any) -> str:
    return named if isinstance(named, str) else f"{named.__module__}.{named.__qualname__}"


@register(TAG, deploy=True)
def check_sending(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W027: Django sends photographs itself, and each download holds one of its threads."""
    if settings.X_ACCEL_PREFIX:
        return []
    return [
        Warning(
            "Photographs and ZIPs are sent by Django: each download holds a thread for as long as "
            "it lasts.",
            hint='"X_ACCEL_PREFIX": "/protected/",  # behind nginx, see docs/deployment',
            id="pumbaphoto.W027",
        )
    ]


@register(TAG, deploy=True)
def check_installed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W029, W030: RAW files are accepted that no picture can be made of, or Django has security
    issues that are known.
    """
    return [*_raw(), *_django()]


def _raw() -> Iterator[Warning]:
    if lacks_raw():
        yield Warning(
            "RAW files without a preview of their own get none: rawpy is not installed.",
            hint='pip install "pumbaphoto-wagtail[raw]"',
            id="pumbaphoto.W029",
        )


def _django() -> Iterator[Warning]:
    found = django_is_patched(django.VERSION[:3])
    if found.state != OK:
        yield Warning(f"Django {found.words}.", hint=found.to_do, id="pumbaphoto.W030")
