"""How a volume is mounted, judged by what is told of NAS mounts in nfs(5) and mount(8)."""

from __future__ import annotations

from collections.abc import Iterator

from ..storage.mounts import Mount
from .diagnosis import Diagnosis, attention, trouble, well

FSTAB = (
    "In /etc/fstab: nas:/photos /srv/photos nfs4 "
    "hard,vers=4.2,timeo=600,retrans=2,noatime,nosuid,nodev,noexec,_netdev,lookupcache=pos 0 0"
)
# They know no hard links, or no owners, or destroy what is written at a power cut.
UNFIT_TYPES = frozenset({"vfat", "msdos", "exfat", "iso9660", "squashfs"})
# Whatever is put on a volume of photographs is no program and no device.
CAUTIOUS = ("nosuid", "nodev", "noexec")


_BARE = (
    "whether the bare mountpoint is protected cannot be seen while it is mounted: once, with the "
    "volume unmounted, chattr +i"
)


def judge_mount(location: str, mount: Mount | None, hosts: int) -> Iterator[Diagnosis]:
    """What to say of the mount that a storage lies on, where so many machines work on it."""
    if mount is None:
        words = f"the kernel does not tell how {location} is mounted"
        yield attention("Mount", words, "Look at /etc/fstab.")
        return
    name = f"Mount {mount.mountpoint}"
    found = [*_dangers(name, mount), *_remarks(name, mount, hosts)]
    yield from found or [well(name, f"{mount.kind}, {_in_words(mount)}")]
    if mount.mountpoint != "/":
        yield well(f"Mountpoint {mount.mountpoint}", _BARE)


def _in_words(mount: Mount) -> str:
    if mount.is_network:
        return f"{'hard' if not _is_soft(mount) else 'soft'}, {mount.options.get('vers', '')}"
    return "a local disk"


def _is_soft(mount: Mount) -> bool:
    # CIFS is soft unless it is told otherwise, and has no other way to be (mount.cifs(8)).
    return "soft" in mount.options or "softerr" in mount.options


def _dangers(name: str, mount: Mount) -> Iterator[Diagnosis]:
    if "ro" in mount.options:
        yield trouble(name, "is mounted read-only", "mount -o remount,rw")
    if mount.kind.startswith("nfs") and _is_soft(mount):
        words = "is mounted soft: what is written can be lost without an error"
        yield trouble(name, words, FSTAB)
    if mount.kind in UNFIT_TYPES:
        words = f"{mount.kind} has no hard links: finished uploads cannot be put in their place"
        yield trouble(name, words, "Use ext4, XFS, ZFS or NFS.")


def _remarks(name: str, mount: Mount, hosts: int) -> Iterator[Diagnosis]:
    if mount.is_memory:
        words = f"{mount.kind} passes away with the machine or the container"
        yield attention(name, words, "Mount a disk or a NAS there.")
    if mount.mountpoint == "/" and not mount.is_memory:
        words = "on the system's own disk: photographs that fill it stop the machine"
        yield attention(name, words, "Give photographs a volume of their own.")
    if not mount.is_network:
        return
    if missing := [option for option in CAUTIOUS if option not in mount.options]:
        words = f"is mounted without {', '.join(missing)}"
        yield attention(name, words, FSTAB)
    if hosts > 1:
        yield from _of_several_hosts(name, mount)


def _of_several_hosts(name: str, mount: Mount) -> Iterator[Diagnosis]:
    if "nolock" in mount.options or mount.options.get("local_lock", "none") != "none":
        words = "locks on it are this machine's alone"
        yield attention(name, words, "Take away nolock and local_lock in /etc/fstab.")
    if mount.kind.startswith("nfs") and mount.options.get("lookupcache", "all") == "all":
        words = "one machine may find for a minute that another's new file is not there"
        yield attention(name, words, "Add lookupcache=pos in /etc/fstab.")
