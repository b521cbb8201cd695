"""How the volumes are mounted, how much room they have, and whether each is the one meant.

Volumes are asked within a bound; one that is silent is told by the check of the volumes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from .. import workers
from ..conf import settings
from ..models import WorkerHost
from ..storage import INCOMING, ORIGINALS
from ..storage.mounts import Mount, mount_of
from .options import TAG
from .storages import answers_of, line_for, volumes

FSTAB = "in /etc/fstab: nfs4 hard,vers=4.2,timeo=600,retrans=2,nosuid,nodev,noexec,_netdev"


def mounts() -> dict[str, Mount]:
    """The mount of each volume, by the storage's alias."""
    asked = {alias: partial(mount_of, each.location) for alias, each in volumes().items()}
    answers = answers_of(asked)
    return {alias: mount for alias, mount in answers.items() if isinstance(mount, Mount)}


@register(TAG, deploy=True)
def check_hard_mounts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E006: a NAS is mounted soft, and may lose what was written without an error."""
    return [
        Error(
            f"The storage {alias!r} lies on {mount.mountpoint}, which is mounted soft.",
            hint=FSTAB,
            id="pumbaphoto.E006",
        )
        for alias, mount in mounts().items()
        if mount.kind.startswith("nfs") and {"soft", "softerr"} & mount.options.keys()
    ]


@register(TAG, deploy=True)
def check_kept_volumes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W002: photographs lie where nothing outlives the machine or the container."""
    return [
        Warning(
            f"The storage {alias!r} lies on {mount.kind} ({mount.mountpoint}), which passes away "
            "with the machine or the container.",
            hint=line_for(alias),
            id="pumbaphoto.W002",
        )
        for alias, mount in mounts().items()
        if mount.is_memory
    ]


@register(Tags.database)
def check_shared_mounts(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W003: with several worker machines, one does not see for a minute what another has stored."""
    alias = WorkerHost.objects.db
    if alias not in (databases or ()):
        return []
    if WorkerHost._meta.db_table not in connections[alias].introspection.table_names():
        return []
    if len(workers.host_names()) < 2:
        return []
    return [
        Warning(
            f"{mount.mountpoint} is mounted with lookupcache=all, and several machines work on it.",
            hint=f"{FSTAB},lookupcache=pos",
            id="pumbaphoto.W003",
        )
        for mount in {mount.mountpoint: mount for mount in mounts().values()}.values()
        if mount.kind.startswith("nfs") and mount.options.get("lookupcache", "all") == "all"
    ]


@register(TAG, deploy=True)
def check_room(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W004: less room is left than the reserve, so that uploads are refused."""
    found = volumes()
    asked = {a: found[a].reserve_left for a in (INCOMING, ORIGINALS) if a in found}
    return [
        Warning(
            f"The storage {alias!r} has less room than its reserve: new uploads are refused.",
            hint=f'Make room, or "DISK_RESERVE_BYTES": {settings.DISK_RESERVE_BYTES // 2},',
            id="pumbaphoto.W004",
        )
        for alias, left in answers_of(asked).items()
        if not isinstance(left, Exception) and left < 0
    ]


@register(TAG, deploy=True)
def check_named_volumes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W006: another volume in the place of the right one would be taken for it."""
    return list(_unnamed())


def _unnamed() -> Iterator[Warning]:
    found = {alias: each for alias, each in volumes().items() if each.volume.expected is None}
    answers = answers_of({alias: each.sentinel for alias, each in found.items()})
    for alias, sentinel in answers.items():
        if not isinstance(sentinel, Exception):
            yield Warning(
                f"STORAGES does not say which volume {alias!r} is: another one that was mounted "
                "in its place would be written to.",
                hint=f'STORAGES["{alias}"]["OPTIONS"]["volume"] = "{sentinel.uuid}"',
                id="pumbaphoto.W006",
            )


@register(TAG, deploy=True)
def check_cold_device(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W009: archiving frees no room, since cold storage is where the originals are."""
    found, cold = volumes(), settings.COLD_STORAGE
    if not {ORIGINALS, cold} <= set(found):
        return []
    answers = answers_of({alias: found[alias].device for alias in (ORIGINALS, cold)})
    devices = set(answers.values())
    if len(devices) > 1 or isinstance(answers[cold], Exception):
        return []
    return [
        Warning(
            f"{cold!r} is on the file system of the originals: archiving frees no room there.",
            hint=line_for(cold).replace("/srv/photos/", "/mnt/another-disk/"),
            id="pumbaphoto.W009",
        )
    ]
