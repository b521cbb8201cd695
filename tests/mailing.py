"""By what mail goes in a test, in the words of the Django that runs it."""

from __future__ import annotations

from typing import Any

import django

HAS_MAILERS = django.VERSION >= (6, 1)
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def mail_settings(backend: str, **options: Any) -> dict[str, Any]:
    """The settings of a backend with ``host``, ``port``, ``timeout``; others as they come."""
    if HAS_MAILERS:
        return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    former = {f"EMAIL_{name.upper()}": value for name, value in options.items()}
    return {"EMAIL_BACKEND": backend, **former}


def mailing_by(backend: str, **options: Any):
    """Within it, mail goes by this backend."""
    # Not above: the settings themselves are made with what stands here.
    from django.test import override_settings

    return override_settings(**mail_settings(backend, **options))


def smtp_backend(**options: Any):
    """A connection to a mail server as Django itself makes it of a site's settings."""
    from django.core.mail.backends.smtp import EmailBackend

    return EmailBackend(**({"alias": "default"} if HAS_MAILERS else {}), **options)
