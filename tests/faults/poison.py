"""Photographs with which a decoder crashes, hangs or asks for all the memory there is.

No decoder is known to us that still does; so a live site whose settings name this app has one. What
happens to a file is written behind its picture, where bytes belong to a JPEG as any others do.
"""

from __future__ import annotations

import ctypes
from typing import BinaryIO

from django.apps import AppConfig

MARK = b"POISON:"
TEN_GIBIBYTES = 10 * 2**30


def poisoned(photograph: bytes, deed: str) -> bytes:
    return photograph + MARK + deed.encode()


class Poison(AppConfig):
    name = "tests.faults"
    label = "poison"

    def ready(self) -> None:
        from pumbaphoto_wagtail.intake import publishing

        harmless = publishing.render

        def render(source: BinaryIO, *arguments, **options):
            source.seek(0)
            _picture, mark, deed = source.read().rpartition(MARK)
            if mark:
                DEEDS[deed.decode()]()
            return harmless(source, *arguments, **options)

        publishing.render = render


def crash() -> None:
    ctypes.string_at(0)


def hang() -> None:
    while True:
        pass


def bloat() -> None:
    bytearray(TEN_GIBIBYTES)


DEEDS = {"crash": crash, "hang": hang, "bloat": bloat}
