"""What the kernel says of the file system below a path, and what this process may do there.

Source: proc(5), /proc/pid/mountinfo.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

MOUNTS = "/proc/self/mountinfo"
NETWORK_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse.sshfs"})
MEMORY_TYPES = frozenset({"tmpfs", "ramfs", "overlay", "rootfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, kw_only=True)
class Mount:
    """One mounted file system: its type ("nfs4"), where from, and all its options by name.

    Options are those of the mount and of the file system below it; one without a value has "".
    """

    mountpoint: str
    kind: str
    source: str
    options: dict[str, str]

    @property
    def is_network(self) -> bool:
        return self.kind in NETWORK_TYPES

    @property
    def is_memory(self) -> bool:
        """Whether what is written passes away with the machine or the container."""
        return self.kind in MEMORY_TYPES


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What the user of this process may do in a directory, whose it is, and its mode."""

    user: int
    owner: int
    mode: int
    may_read: bool
    may_write: bool


def mount_of(path: str) -> Mount | None:
    """The file system that a path lies on; None where the kernel does not tell. May hang."""
    try:
        with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as lines:
            mounts = parse(lines.read())
    except OSError:
        return None
    path = os.path.realpath(path)
    over = [mount for mount in mounts if _is_below(path, mount.mountpoint)]
    # Of two at the same place the later one hides the other.
    return max(reversed(over), key=lambda mount: len(mount.mountpoint), default=None)


def parse(text: str) -> list[Mount]:
    """The mounts that ``mountinfo`` tells of, in its order."""
    return [_mount(line) for line in text.splitlines() if " - " in line]


def _mount(line: str) -> Mount:
    before, _dash, after = line.partition(" - ")
    _id, _parent, _device, _root, mountpoint, options, *_tags = before.split(" ")
    kind, source, *super_options = after.split(" ")
    told = ",".join((*super_options, options))
    pairs = (option.partition("=") for option in told.split(",") if option)
    return Mount(
        mountpoint=_unescaped(mountpoint),
        kind=kind,
        source=_unescaped(source),
        options={name: value for name, _equals, value in pairs},
    )


def _unescaped(text: str) -> str:
    """Spaces and the like stand there as octal numbers."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _is_below(path: str, mountpoint: str) -> bool:
    return path == mountpoint or path.startswith(mountpoint.rstrip("/") + "/")


def rights(location: str) -> Rights:
    """What this process may do in a directory. Raises OSError; may hang."""
    status = os.stat(location)
    return Rights(
        user=os.geteuid(),
        owner=status.st_uid,
        mode=status.st_mode & 0o7777,
        may_read=os.access(location, os.R_OK | os.X_OK, effective_ids=True),
        may_write=os.access(location, os.W_OK | os.X_OK, effective_ids=True),
    )
