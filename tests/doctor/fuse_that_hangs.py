"""A file system that takes every question and answers none, as a NAS does that is away: real, by
the kernel's own FUSE, and without a library for it.

Whoever asks it waits where no signal reaches, as on a hard mount, until it is taken away.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

# linux/fuse.h: fuse_in_header, fuse_out_header, fuse_init_in and _out of protocol 7.23 and later.
IN_HEADER = struct.Struct("=IIQQIIII")
OUT_HEADER = struct.Struct("=IiQ")
INIT_OUT = struct.Struct("=IIIIHHIIHHI7I")
INIT = 26
LARGEST_REQUEST = 128 * 1024
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def hanging_file_system(mountpoint: Path):
    """Mounted at ``mountpoint`` for the length of the block; skipped where that is not allowed."""
    try:
        device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        pytest.skip(f"no /dev/fuse here: {error}")
    mountpoint.mkdir(exist_ok=True)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if _libc.mount(b"hung", str(mountpoint).encode(), b"fuse.hung", 0, options):
        os.close(device)
        pytest.skip(f"mounting is not permitted here: {os.strerror(ctypes.get_errno())}")
    server = threading.Thread(target=_take_and_never_answer, args=(device,), daemon=True)
    server.start()
    try:
        yield mountpoint
    finally:
        # Aborts the connection: whoever waits is told that nobody is there any more.
        subprocess.run(["umount", "-f", mountpoint], capture_output=True)
        subprocess.run(["umount", "-l", mountpoint], capture_output=True)
        server.join(10)
        os.close(device)


def _take_and_never_answer(device: int) -> None:
    while True:
        try:
            request = os.read(device, LARGEST_REQUEST)
        except OSError:
            return
        _length, code, unique, *_rest = IN_HEADER.unpack_from(request)
        if code == INIT:
            body = INIT_OUT.pack(7, 31, 65536, 0, 12, 9, 65536, 1, 0, 0, 0, *[0] * 7)
            os.write(device, OUT_HEADER.pack(OUT_HEADER.size + len(body), 0, unique) + body)
