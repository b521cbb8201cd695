"""The tree of pictures that everybody may see: on its own, on the right disk, behind nginx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register

from ..conf import settings
from ..storage import RENDITIONS, NASStorage
from .options import TAG
from .storages import aliases_of_originals, answers_of, built, line_for


@register(TAG)
def check_published(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E018, W016, W017: the published tree is no volume of its own, is on another device than the
    renditions, or has no web server that sends from it.

    That it is missing in STORAGES is E012, inside MEDIA_ROOT E003, and inside another storage E008.
    """
    alias = settings.PUBLISHED_STORAGE
    if not alias or alias not in built():
        return []
    return [*_errors(alias)] or [*_warnings(alias)]


def _errors(alias: str) -> Iterator[Error]:
    if alias in aliases_of_originals() or alias in settings.LIBRARY_STORAGES:
        yield Error(
            f'PUMBAPHOTO["PUBLISHED_STORAGE"] is {alias!r}, where other files lie: whatever nobody '
            "may see would be deleted from it.",
            hint=line_for("pumbaphoto_published"),
            id="pumbaphoto.E018",
        )
    elif not isinstance(built()[alias], NASStorage):
        yield Error(
            f"The storage {alias!r} must be a NASStorage: the web server sends from its folders.",
            hint=line_for(alias),
            id="pumbaphoto.E018",
        )


def _warnings(alias: str) -> Iterator[Warning]:
    storages = built()
    renditions = storages.get(RENDITIONS)
    if isinstance(renditions, NASStorage):
        asked = {alias: storages[alias].device, RENDITIONS: renditions.device}
        devices = answers_of(asked).values()
        if not any(isinstance(device, Exception) for device in devices) and len({*devices}) > 1:
            yield Warning(
                f"{alias!r} is on another file system than {RENDITIONS!r}: every published picture "
                "is copied, and takes its room twice.",
                hint=line_for(alias),
                id="pumbaphoto.W016",
            )
    if not settings.X_ACCEL_PREFIX and not django_settings.DEBUG:
        yield Warning(
            "Pictures are published, but no web server is known that would send them.",
            hint='"X_ACCEL_PREFIX": "/protected/",',
            id="pumbaphoto.W017",
        )
