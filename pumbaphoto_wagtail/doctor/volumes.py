"""How much room the photo storages have, asked within a bound: a volume may hang."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.files.storage import InvalidStorageError, storages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..conf import GIBIBYTE, settings
from ..exceptions import StorageOffline
from ..storage import EXPORTS, INCOMING, ORIGINALS, RENDITIONS, NASStorage, all_in_time

# Healthy volumes answer in a millisecond, those that sleep in some seconds.
PATIENCE_SECONDS = 1.0
VOLUMES_KEPT_SECONDS = 60
VOLUMES_KEY = "pumbaphoto.volumes"
# Less than one large shoot.
NEARLY_FULL_BYTES = 50 * GIBIBYTE

NAMES = {
    INCOMING: gettext_lazy("uploads"),
    ORIGINALS: gettext_lazy("originals"),
    RENDITIONS: gettext_lazy("pictures"),
    EXPORTS: gettext_lazy("exports"),
}


@dataclass(frozen=True, kw_only=True)
class Volume:
    """One volume, whatever storages lie on it. ``free`` and ``total`` are bytes, None where there
    is no end or nothing is known; ``left`` is what may still be written before uploads are refused.
    ``trouble`` says why it cannot be used.
    """

    aliases: tuple[str, ...]
    free: int | None = None
    total: int | None = None
    left: int | None = None
    trouble: str = ""

    @property
    def names(self) -> list[str]:
        return [_name_of(alias) for alias in self.aliases]

    @property
    def takes_uploads(self) -> bool:
        return bool({INCOMING, ORIGINALS} & set(self.aliases))

    @property
    def is_full(self) -> bool:
        return self.left is not None and self.left <= 0

    @property
    def is_nearly_full(self) -> bool:
        return self.left is not None and 0 < self.left < NEARLY_FULL_BYTES

    @property
    def used(self) -> int | None:
        return None if self.total is None else self.total - self.free


def _name_of(alias: str) -> str:
    if alias == settings.COLD_STORAGE:
        return _("archive")
    if alias == settings.PUBLISHED_STORAGE:
        return _("published photos")
    return str(NAMES.get(alias, alias.removeprefix("pumbaphoto_")))


def aliases() -> list[str]:
    """The aliases of the photo storages: where photos come in, where they lie, where they rest."""
    first = (ORIGINALS, INCOMING, RENDITIONS, EXPORTS, settings.COLD_STORAGE)
    known = [alias for alias in first if alias in django_settings.STORAGES]
    others = sorted(
        alias
        for alias in django_settings.STORAGES
        if alias.startswith("pumbaphoto_") and alias not in known
    )
    return [*known, *others]


def volumes() -> list[Volume]:
    """The volumes of the photo storages as they were within the last minute."""
    kept = cache.get(VOLUMES_KEY)
    if kept is None:
        kept = measure_volumes()
        cache.set(VOLUMES_KEY, kept, VOLUMES_KEPT_SECONDS)
    return kept


def measure_volumes() -> list[Volume]:
    """The volumes as they are now: those that do not answer soon are said to be away."""
    questions = {alias: partial(_measure, alias) for alias in aliases()}
    answers = all_in_time(questions, PATIENCE_SECONDS)
    by_device: dict[object, list[str]] = {}
    for alias, answer in answers.items():
        device = alias if isinstance(answer, Exception) else answer.get("device", alias)
        by_device.setdefault(device, []).append(alias)
    return [_volume(tuple(on_it), answers[on_it[0]]) for on_it in by_device.values()]


def _measure(alias: str) -> dict[str, int]:
    try:
        storage = storages[alias]
    except (InvalidStorageError, ImportError, TypeError, ValueError) as error:
        raise StorageOffline(str(error)) from error
    if not isinstance(storage, NASStorage):
        return {}
    return {
        "device": storage.device(),
        "free": storage.free_bytes(),
        "total": storage.total_bytes(),
        "left": storage.reserve_left(),
    }


def _volume(on_it: tuple[str, ...], answer: dict[str, int] | Exception) -> Volume:
    if isinstance(answer, Exception):
        return Volume(aliases=on_it, trouble=str(answer))
    figures = {name: amount for name, amount in answer.items() if name != "device"}
    return Volume(aliases=on_it, **figures)
