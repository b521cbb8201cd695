"""What Django's checks say of the settings, those for deployment and for the database included."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings as django_settings
from django.core import checks

from ..models import Gallery
from .diagnosis import Diagnosis, attention, trouble, well

WITHOUT_HINT = "See its number in the documentation of Django or Wagtail."


def look_at_settings() -> Iterator[Diagnosis]:
    messages = checks.run_checks(
        include_deployment_checks=not django_settings.DEBUG, databases=[Gallery.objects.db]
    )
    told = [message for message in messages if not message.is_silenced()]
    told = [message for message in told if message.level >= checks.WARNING]
    yield from (_row(message) for message in sorted(told, key=lambda each: -each.level))
    if not told:
        yield well("Settings", "every system check is content")


def _row(message: checks.CheckMessage) -> Diagnosis:
    judge = trouble if message.level >= checks.ERROR else attention
    name = message.id or "Settings"
    return judge(name, str(message.msg), str(message.hint or "") or WITHOUT_HINT)
