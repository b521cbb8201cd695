"""The only room that touches the disk.

``volume`` proves that the right volume is mounted, ``files`` makes single files on it whole or not
at all, ``nas`` is the Django storage of both, and ``transfer`` holds what the
other rooms do with files by storage alias and name.
"""

import uuid

from ..exceptions import PumbaphotoError
from .elsewhere import Elsewhere
from .files import BLOCK_BYTES
from .library import Entry, LibraryStorage, entries_of, is_hidden
from .nas import NASStorage
from .patience import all_in_time, in_time
from .published import Layout, PublishedTree, Source
from .reading import opened, reread, sizes
from .transfer import (
    EXPORTS,
    INCOMING,
    ORIGINALS,
    RENDITIONS,
    Digester,
    FileDigest,
    abandoned,
    accelerated_path,
    digest,
    digest_of,
    link_or_copy,
    open_file,
    publish,
    read_sidecar,
    remove,
    remove_abandoned,
    sidecar_name,
    storage_for,
    walk,
    write_new,
    write_sidecar,
)
from .volume import SENTINEL_NAME, Sentinel, initialise, is_inside, mountpoint_of

__all__ = [
    "BLOCK_BYTES",
    "EXPORTS",
    "INCOMING",
    "ORIGINALS",
    "RENDITIONS",
    "SENTINEL_NAME",
    "Digester",
    "Elsewhere",
    "Entry",
    "FileDigest",
    "Layout",
    "LibraryStorage",
    "NASStorage",
    "PublishedTree",
    "Sentinel",
    "Source",
    "abandoned",
    "accelerated_path",
    "all_in_time",
    "digest",
    "digest_of",
    "entries_of",
    "in_time",
    "initialise_volume",
    "is_hidden",
    "is_inside",
    "link_or_copy",
    "mountpoint_of",
    "open_file",
    "opened",
    "publish",
    "read_sidecar",
    "remove",
    "remove_abandoned",
    "reread",
    "sidecar_name",
    "sizes",
    "storage_for",
    "walk",
    "write_new",
    "write_sidecar",
]


def initialise_volume(
    storage: NASStorage, role: str, volume: str | uuid.UUID | None = None, *, adopt: bool = False
) -> Sentinel:
    """Make a storage's directory and write the sentinel that declares it ours.

    The UUID is the given one, else the one the storage expects, else a new one. Done twice it
    changes nothing. Raises PumbaphotoError when the directory holds other things (unless
    ``adopt``) or the UUIDs disagree. Only the operator's command and tests call this:
    a volume that is merely not mounted must never be declared anew.
    """
    expected = storage.volume.expected
    wanted = uuid.UUID(str(volume)) if volume else expected
    if expected is not None and wanted != expected:
        raise PumbaphotoError(f"The settings expect volume {expected}, not {wanted}.")
    mode = storage.volume.directory_mode
    return initialise(storage.location, role, wanted, adopt=adopt, directory_mode=mode)
