"""Runs a command as systemd would, where there is no systemd: ``python confine.py SPECIFICATION``.

For root. SPECIFICATION is a file of JSON: ``command``, ``environment``, ``directory``, ``umask``;
``user`` and ``group`` by name; ``accounts``, a folder with a passwd and a group file that hold in
place of the machine's; ``hidden``, directories that are empty (ProtectHome, PrivateTmp), ``kept``,
what remains visible below them; ``writable``, the only directories that can be written to, or null
for all; ``may_write_and_execute``, False for MemoryDenyWriteExecute.

It stands alone, since the interpreter that runs it may be the only thing that is not hidden.
"""

import ctypes
import grp
import json
import os
import pwd
import resource
import stat
import sys
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 32, 4096, 8192, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 24, 38, 65
LAST_CAPABILITY = 40
STAGE = Path("/mnt")

libc = ctypes.CDLL(None, use_errno=True)


def called(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    arguments = (source.encode(), target.encode(), kind.encode() or None, flags)
    called(libc.mount(*arguments, options.encode() or None), f"mount {source} {target}")


def bind(source: Path, target: Path) -> None:
    mount(str(source), str(target), flags=MS_BIND | MS_REC)


def make_read_only(path: Path) -> None:
    """Remount the one mount that begins at ``path``, keeping what it forbids already."""
    there = os.statvfs(path).f_flag
    kept = {os.ST_NOSUID: MS_NOSUID, os.ST_NODEV: MS_NODEV, os.ST_NOEXEC: MS_NOEXEC}
    flags = sum(flag for mark, flag in kept.items() if there & mark)
    mount("none", str(path), flags=MS_REMOUNT | MS_BIND | MS_RDONLY | flags)


def hide(directories: list[str], kept: list[Path]) -> None:
    """Mount something empty over each directory, and put back in what is to be seen of it."""
    mount("tmpfs", str(STAGE), "tmpfs", options="mode=0755")
    for number, path in enumerate(kept):
        (STAGE / str(number)).mkdir()
        bind(path, STAGE / str(number))
    for directory in directories:
        mode = stat.S_IMODE(os.stat(directory).st_mode)
        is_shared = bool(mode & stat.S_ISVTX)
        mount("tmpfs", directory, "tmpfs", options=f"mode={'1777' if is_shared else '0755'}")
    for number, path in enumerate(kept):
        path.mkdir(parents=True, exist_ok=True)
        mount(str(STAGE / str(number)), str(path), flags=MS_MOVE)
    called(libc.umount2(str(STAGE).encode(), 2), "umount")


def separate(wanted: dict) -> None:
    """A view of the file system of one's own."""
    called(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    for name in ("passwd", "group"):
        bind(Path(wanted["accounts"]) / name, Path("/etc") / name)
    kept = [Path(path) for path in wanted["kept"]]
    if wanted["hidden"]:
        hide(wanted["hidden"], kept)
    if wanted["writable"] is not None:
        for path in wanted["writable"]:
            bind(Path(path), Path(path))
        for path in (Path("/"), *kept):
            make_read_only(path)


def give_up_rights(wanted: dict) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    user = pwd.getpwnam(wanted["user"])
    group = grp.getgrnam(wanted["group"]).gr_gid
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.initgroups(user.pw_name, group)
    os.setresgid(group, group, group)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    called(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    if not wanted["may_write_and_execute"]:
        called(libc.prctl(PR_SET_MDWE, 1, 0, 0, 0), "deny writing and executing memory")


def main() -> None:
    wanted = json.loads(Path(sys.argv[1]).read_text())
    separate(wanted)
    os.umask(int(wanted["umask"], 8))
    if wanted["user"]:
        give_up_rights(wanted)
    os.chdir(wanted["directory"])
    command = wanted["command"]
    os.execvpe(command[0], command, wanted["environment"])


if __name__ == "__main__":
    main()
