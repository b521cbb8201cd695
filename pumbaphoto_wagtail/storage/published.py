"""The tree from which the web server sends pictures without asking anybody.

Its root has one folder for each gallery that everybody may see, and in it second names of
renditions. Beside the folders stand empty files that tell what a crash must not make us forget:

``.work-<folder>-<token>``
    somebody is changing that folder, or has died over it;
``.seal-<folder>-<seal>``
    the folder holds exactly what the seal stands for;
``.gone-<token>``
    a folder that was taken away and has still to be deleted.

The web server gives away nothing whose name begins with a dot. What is taken away is taken away
durably: a name that a power cut brought back would show what may not be seen. What is added need
not be, since a picture that is not here is asked of the site.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..exceptions import BytesDiffer, NameTaken
from .files import link
from .nas import NASStorage, split_name
from .transfer import FileDigest, link_or_copy, storage_for
from .volume import sync_directory

GONE, WORK, SEAL = ".gone-", ".work-", ".seal-"
_FOLDER = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IS_FOLDER = re.compile(_FOLDER)
_NOTE = re.compile(rf"(\.work-|\.seal-)({_FOLDER})-([0-9a-f-]+)")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A stored file that gets a second name: where it is, and what it must be where it is copied
    (None: it is not copied)."""

    alias: str
    name: str
    digest: FileDigest | None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What stands in the root. ``seals`` and ``work`` are by folder; ``strange`` is not ours."""

    folders: set[str] = field(default_factory=set)
    seals: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    work: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    gone: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)


class PublishedTree:
    """The tree in the storage ``alias``, which is a NASStorage.

    Every method raises StorageOffline and StorageFull as the storage does. ``folder`` is a
    gallery's UUID, and a name one plain file name.
    """

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.storage: NASStorage = storage_for(alias)

    # --- What is there ---------------------------------------------------------------------------

    def layout(self) -> Layout:
        """The folders, and what was noted of them: one listing."""
        found = Layout()
        folders, files = self.storage.listdir("")
        for name in folders:
            if _IS_FOLDER.fullmatch(name):
                found.folders.add(name)
            else:
                (found.gone if name.startswith(GONE) else found.strange).add(name)
        for name in files:
            if note := _NOTE.fullmatch(name):
                kind, folder, rest = note.groups()
                if kind == SEAL:
                    found.seals[folder].add(rest)
                else:
                    found.work[folder].add(name)
            else:
                found.strange.add(name)
        return found

    def names(self, folder: str) -> set[str]:
        """What a folder holds; nothing where there is none."""
        try:
            folders, files = self.storage.listdir(folder)
        except FileNotFoundError:
            return set()
        return {*folders, *files}

    # --- Changing a folder -----------------------------------------------------------------------

    def begin(self, folder: str) -> str:
        """Note that a folder is being changed, and what it was sealed with holds no more."""
        note = f"{WORK}{folder}-{uuid.uuid4().hex}"
        self.storage.create_empty(note)
        with self._directory() as root:
            for name in os.listdir(root):
                if name.startswith(f"{SEAL}{folder}-"):
                    _unlink(root, name)
            sync_directory(root)
        return note

    def end(self, notes: Iterable[str]) -> None:
        """Forget that somebody is changing folders."""
        for note in notes:
            self.storage.delete(note)

    def seal(self, folder: str, note: str, seal: str) -> None:
        """Note what a folder holds, in place of the note that it is being changed."""
        with self._directory() as root:
            with contextlib.suppress(FileNotFoundError):
                os.rename(note, f"{SEAL}{folder}-{seal}", src_dir_fd=root, dst_dir_fd=root)
            sync_directory(root)

    def add(self, folder: str, sources: Mapping[str, Source]) -> None:
        """Give files second names in a folder. Those that are not there, or not what they should
        be, are left out: the site has them made again when somebody asks.

        The folder is opened once: when it is taken away meanwhile, so is what is added.
        """
        by_place: dict[tuple[str, tuple[str, ...]], dict[str, str]] = defaultdict(dict)
        for name, source in sources.items():
            parts, last = split_name(source.name)
            by_place[source.alias, tuple(parts)][name] = last
        copied: list[str] = []
        with self._directory(folder, make=True) as parent:
            for (alias, parts), names in by_place.items():
                copied += _link(storage_for(alias), parts, names, parent)
        for name in copied:
            self._copy(folder, name, sources[name])

    def _copy(self, folder: str, name: str, source: Source) -> None:
        if source.digest is None:
            return
        with contextlib.suppress(FileNotFoundError, BytesDiffer, NameTaken):
            to_name = f"{folder}/{name}"
            link_or_copy(source.alias, source.name, self.alias, to_name, source.digest)

    # --- Taking away -----------------------------------------------------------------------------

    def take_out(self, folder: str, names: Iterable[str]) -> None:
        """Take single names out of a folder, durably."""
        with (
            contextlib.suppress(FileNotFoundError),
            self._directory(folder) as parent,
        ):
            for name in names:
                try:
                    _unlink(parent, name)
                except IsADirectoryError:
                    # Nothing of ours; nor does the web server look into it.
                    continue
            sync_directory(parent)

    def take_away(self, folder: str) -> bool:
        """Take a whole folder out of the tree at once, durably; False where there was none.

        Its contents are deleted by :meth:`clear`.
        """
        with self._directory() as root:
            is_there = True
            try:
                gone = f"{GONE}{uuid.uuid4().hex}"
                os.rename(folder, gone, src_dir_fd=root, dst_dir_fd=root)
            except FileNotFoundError:
                is_there = False
            sync_directory(root)
        return is_there

    def break_seals(self, folder: str, seals: Iterable[str]) -> None:
        """Forget what a folder is said to hold."""
        for seal in seals:
            self.storage.delete(f"{SEAL}{folder}-{seal}")

    def clear(self, gone: Iterable[str]) -> int:
        """Delete what was taken away; returns how many folders."""
        count = 0
        for name in gone:
            if not name.startswith(GONE):
                continue
            with self._directory() as root:
                count += _delete_folder(root, name)
        return count

    def is_old(self, note: str, seconds: float) -> bool:
        """Whether somebody has begun so long ago."""
        try:
            age = time.time() - self.storage.get_modified_time(note).timestamp()
        except FileNotFoundError:
            return False
        return age > seconds

    @contextlib.contextmanager
    def _directory(self, *parts: str, make: bool = False) -> Iterator[int]:
        volume = self.storage.volume
        with volume.root(fresh=True) as root, volume.directory(root, parts, make=make) as opened:
            yield opened


def _link(
    source: object, parts: tuple[str, ...], names: Mapping[str, str], parent: int
) -> Iterator[str]:
    """Link what can be linked; the others, which have to be copied."""
    if not isinstance(source, NASStorage):
        yield from names
        return
    volume = source.volume
    try:
        with volume.root() as root, volume.directory(root, parts) as folder:
            for name, last in names.items():
                try:
                    link(folder, last, parent, name)
                except (FileNotFoundError, NameTaken):
                    # A name tells which bytes have it: who has it already may keep it.
                    continue
                except OSError as error:
                    # Another device; or two mounts of one, which share no links.
                    if error.errno != errno.EXDEV:
                        raise
                    yield name
    except FileNotFoundError:
        return


def _unlink(parent: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=parent)


def _delete_folder(root: int, name: str) -> bool:
    """Delete a folder with all in it, following no links; False if it was gone."""
    for _path, folders, files, parent in os.fwalk(
        name, topdown=False, follow_symlinks=False, dir_fd=root
    ):
        for file in files:
            _unlink(parent, file)
        for folder in folders:
            is_link = stat.S_ISLNK(os.stat(folder, dir_fd=parent, follow_symlinks=False).st_mode)
            (_unlink(parent, folder) if is_link else os.rmdir(folder, dir_fd=parent))
    try:
        os.rmdir(name, dir_fd=root)
    except FileNotFoundError:
        return False
    return True
