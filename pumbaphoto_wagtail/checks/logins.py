"""Passwords of the admin: somebody has to slow down who guesses them."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Warning, register

from .options import TAG

AXES = "axes."


@register(TAG, deploy=True)
def check_guessing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W020: passwords can be guessed as fast as the server answers; or a lock never ends."""
    if not any(name.startswith(AXES) for name in django_settings.AUTHENTICATION_BACKENDS):
        return [
            Warning(
                "Nothing slows down who guesses passwords of the admin.",
                hint="pip install 'pumbaphoto-wagtail[logins]', and the lines on django-axes of "
                "docs/security.md; where something else does it: "
                'SILENCED_SYSTEM_CHECKS = ["pumbaphoto.W020"]',
                id="pumbaphoto.W020",
            )
        ]
    if getattr(django_settings, "AXES_COOLOFF_TIME", None) is None:
        return [
            Warning(
                "After some wrong passwords an account is locked for ever, for everybody who can "
                "type its name.",
                hint="AXES_COOLOFF_TIME = timedelta(minutes=5)",
                id="pumbaphoto.W020",
            )
        ]
    return []
