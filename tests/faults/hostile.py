"""Hostile files and names, all made here: what is sent, and what may become of it.

Numbers are those of the table in ``docs/faults.md``. Nothing here is stored in the repository, the
test virus least of all; the same files come out each time.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from PIL import Image

from pumbaphoto_wagtail.intake.clamd_client import eicar
from tests.intake.whole_files import made_files

MEBIBYTE = 2**20
# What the site that receives these accepts at most.
MAX_FILE_BYTES = 8 * MEBIBYTE

READY, DAMAGED, FAILED = "ready", "damaged", "failed"
REFUSED, INFECTED = "refused", "infected"
ANY_PICTURE = frozenset({READY, DAMAGED, FAILED})
NO_PICTURE = frozenset({FAILED, REFUSED})

_numbers = count(1)


@dataclass(frozen=True)
class Hostile:
    """A file, its name as it is sent, and the words of which one must be its end.

    ``shown`` is the name that people may see, ``says`` what its reason has to contain.
    """

    number: str
    name: str
    content: bytes
    ends: frozenset[str]
    shown: str = ""
    folder: str = ""
    says: str = ""


def photograph(width: int = 120, height: int = 80, **options: object) -> bytes:
    """A JPEG like no other one."""
    comment = b"number %d" % next(_numbers)
    picture = Image.new("RGB", (width, height), (120, 100, 90))
    return _saved(picture, "JPEG", comment=comment, **options)


def _saved(picture: Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def hostile_files() -> list[Hostile]:
    makers: tuple[Callable[[], Iterator[Hostile]], ...] = (
        _names,
        _viruses,
        _other_types,
        _bombs,
        _large,
        _broken,
        _tiffs,
        _profiles,
        _raws,
        _limits,
    )
    return [hostile for make in makers for hostile in make()]


# --- Names ---------------------------------------------------------------------------------------


def _names() -> Iterator[Hostile]:
    long, emoji = "n" * 900, "\N{CAMERA}" * 300
    for number, name, shown in (
        ("H01", "../../../../etc/cron.d/h01.jpg", "h01.jpg"),
        ("H02", "..\\..\\windows\\system32\\h02.jpg", "h02.jpg"),
        ("H03", "/etc/passwd.jpg", "passwd.jpg"),
        ("H03", "C:\\h03.jpg", "h03.jpg"),
        ("H03", "\\\\srv\\share\\h03b.jpg", "h03b.jpg"),
        ("H03", "file:///h03c.jpg", "h03c.jpg"),
        ("H05", f"{long}.jpg", f"{long[:251]}.jpg"),
        ("H05", f"{emoji}.jpg", f"{emoji[:251]}.jpg"),
        ("H06", ".", ""),
        ("H06", "...", ""),
        ("H06", ".jpg", ""),
        ("H06", "   .jpg", ""),
        ("H06", "h06.jpg.", "h06.jpg"),
        ("H06", "h06b.jpg ", "h06b.jpg"),
        ("H07", "CON.jpg", "CON.jpg"),
        ("H07", "aux.JPG", "aux.JPG"),
        ("H08", "h08\u200b\ufeff.jpg", "h08.jpg"),
        ("H08", "h08\u202egpj.jpg", "h08gpj.jpg"),
        ("H10", 'h10"; filename="evil.html\r\nX: y.jpg', 'h10"; filename="evil.htmlX: y.jpg'),
        ("H11", "%2e%2e%2f%00%252e.jpg", "%2e%2e%2f%00%252e.jpg"),
        ("H31", "<script>__xss=1<\u2215script>.jpg", "<script>__xss=1<\u2215script>.jpg"),
    ):
        yield Hostile(number, name, photograph(), frozenset({READY}), shown)
    yield Hostile("H08", "h08\u202egpj.exe", photograph(), frozenset({REFUSED}))
    yield Hostile(
        "H15", "h15.jpg", photograph(), frozenset({READY}), "h15.jpg", folder="a/../../b/h15.jpg"
    )


# --- Viruses -------------------------------------------------------------------------------------


def _viruses() -> Iterator[Hostile]:
    picture = Image.effect_noise((90, 60), 40)
    for number, name, content in (
        ("H16", "h16.jpg", eicar()),
        ("H17", "h17.jpg", photograph() + bytes(5 * MEBIBYTE) + eicar()),
        ("F13", "f13.tif", _saved(picture, "TIFF") + eicar()),
        ("F13", "f13.png", _saved(picture, "PNG") + eicar()),
        ("H54", "h54-virus.jpg", _filled(photograph(), MAX_FILE_BYTES, eicar())),
    ):
        yield Hostile(number, name, content, frozenset({INFECTED}), says="EICAR")


def _filled(content: bytes, size: int, end: bytes = b"") -> bytes:
    return content + bytes(size - len(content) - len(end)) + end


# --- Other types under a photograph's name -------------------------------------------------------


def _other_types() -> Iterator[Hostile]:
    small = Image.effect_noise((64, 64), 50)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>' * 20
    html = b"<!DOCTYPE html><script>alert(document.cookie)</script>" * 50
    for number, name, content in (
        ("H18", "h18.cr2", _locked_zip()),
        ("H21", "h21.png", svg),
        ("H21", "h21.jpg", svg + b" "),
        ("H22", "h22.jpg", html),
        ("H23", "pdf.jpg", b"%PDF-1.7\n" + html),
        ("H23", "psd.jpg", b"8BPS\0\1" + bytes(500)),
        ("H23", "eps.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n" + html),
        ("H23", "dos-eps.jpg", b"\xc5\xd0\xd3\xc6" + bytes(500)),
        ("H23", "mvg.jpg", b"push graphic-context\nimage over 0,0 0,0 'https://x/'\n" * 9),
        ("H23", "djvu.jpg", b"AT&TFORM\0\0\1\0DJVUINFO" + bytes(500)),
        ("H23", "fits.jpg", b"SIMPLE  =                    T" + b" " * 2850),
        ("H23", "gif.jpg", _saved(small, "GIF")),
        ("H23", "ico.jpg", _saved(small, "ICO")),
        ("H23", "bmp.jpg", _saved(small, "BMP")),
        ("H23", "webp.jpg", _saved(small, "WEBP")),
        ("H23", "avif.jpg", b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf" + bytes(500)),
        ("H23", "jxl.jpg", b"\xff\x0a" + bytes(500)),
        ("H23", "jp2.jpg", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(500)),
        ("H44", "h44-1.jpg", b"\xff"),
    ):
        yield Hostile(number, name, content, frozenset({REFUSED}))
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500)
    yield Hostile("H23", "heic.jpg", heic, frozenset({REFUSED}), says="HEIC")
    yield Hostile("H22", "h22b.jpg", b"\xff\xd8\xff" + html, NO_PICTURE)
    yield Hostile("H20", "h20.jpg", _polyglot(), frozenset({READY}))
    multi = _saved(small, "MPO", save_all=True, append_images=[small.rotate(90)])
    yield Hostile("H24", "h24.jpg", multi, frozenset({READY}))
    frames = [small.rotate(angle) for angle in range(0, 360, 3)]
    animated = _saved(small, "PNG", save_all=True, append_images=frames)
    yield Hostile("H50", "h50.png", animated, frozenset({READY}))


def _locked_zip() -> bytes:
    """The header of a ZIP whose one member has a password."""
    header = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 1, 0, 0, 0, 7, 300, 288, 5, 0)
    return header + b"a.exe" + random.Random(18).randbytes(300)


def _polyglot() -> bytes:
    """A picture whose bytes are a script as well, as far as a careless reader can tell."""
    comment = b"/*" + b" " * 20
    content = photograph()
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    return content[:2] + segment + content[2:] + b"*/=1;alert(1)//<script>alert(1)</script>"


# --- Too large to be decoded ---------------------------------------------------------------------


def _bombs() -> Iterator[Hostile]:
    for number, name, content in (
        ("H26", "h26.png", _png(30_000, 30_000, depth=1)),
        ("H27", "h27.png", _png(60_000, 60_000, depth=8, rows=50)),
        ("H29", "h29-400.jpg", _jpeg_that_claims(20_000, 20_000)),
    ):
        yield Hostile(number, name, content, NO_PICTURE, says="pixel")


def _png(width: int, height: int, *, depth: int, rows: int | None = None) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    row = bytes(1 + -(-width * depth // 8))
    packer = zlib.compressobj()
    body = b"".join(packer.compress(row) for _ in range(rows or height)) + packer.flush()
    chunks = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _jpeg_that_claims(width: int, height: int) -> bytes:
    content = bytearray(photograph())
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(content)


def _large() -> Iterator[Hostile]:
    """As large as cameras and panoramas are: not to be refused."""
    back = Image.new("RGB", (14204, 10652), (90, 110, 130))
    panorama = Image.new("L", (20_000, 10_000), 110)
    for number, name, content in (
        ("H28", "h28.jpg", _saved(back, "JPEG")),
        ("H28", "h28-progressive.jpg", _saved(back, "JPEG", progressive=True)),
        ("H29", "h29-200.jpg", _saved(panorama, "JPEG")),
    ):
        yield Hostile(number, name, content, frozenset({READY}))


# --- Broken --------------------------------------------------------------------------------------


def _broken() -> Iterator[Hostile]:
    whole = _saved(Image.effect_noise((900, 600), 60).convert("RGB"), "JPEG")
    for name, content in (("h44-half.jpg", whole[: len(whole) // 2]), ("h44-end.jpg", whole[:-1])):
        yield Hostile("H44", name, content, frozenset({READY, DAMAGED, FAILED}))
    yield Hostile("H46", "h46-circle.tif", _directory([], following=8), NO_PICTURE)
    many = [(tag, 3, 1, 1) for tag in range(1, 65_536)]
    yield Hostile("H46", "h46-many.tif", _directory(many), NO_PICTURE)
    yield Hostile("H46", "h46-far.tif", _big_tiff(), NO_PICTURE)
    yield Hostile("H46", "h46-exif.jpg", _exif_in_exif(), ANY_PICTURE)


def _directory(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    count_and_body = struct.pack("<H", len(entries)) + body
    return b"II*\0" + struct.pack("<I", 8) + count_and_body + struct.pack("<I", following)


def _big_tiff() -> bytes:
    return b"II+\0" + struct.pack("<HHQ", 8, 0, 2**62) + bytes(200)


def _exif_in_exif() -> bytes:
    """The pointer to Exif's own directory points at itself."""
    body = b"Exif\0\0" + _directory([(0x8769, 4, 1, 8), (0x8825, 4, 1, 8)], following=8)
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    content = photograph()
    return content[:2] + segment + content[2:]


# --- TIFF's many kinds, and what comes with pictures ---------------------------------------------


def _tiffs() -> Iterator[Hostile]:
    noise = Image.effect_noise((200, 150), 60)
    pages = [noise.rotate(page) for page in range(60)]
    deep = Image.new("I;16", (200, 150), 30_000)
    for kind, content in {
        "cmyk": _saved(noise.convert("CMYK"), "TIFF"),
        "lab": _saved(noise.convert("RGB").convert("LAB"), "TIFF"),
        "float": _saved(noise.convert("F"), "TIFF"),
        "deep": _saved(deep, "TIFF"),
        "jpeg": _saved(noise.convert("RGB"), "TIFF", compression="jpeg"),
        "lzw": _saved(noise.convert("RGB"), "TIFF", compression="tiff_lzw"),
        "pages": _saved(noise, "TIFF", save_all=True, append_images=pages),
        "five-channels": _five_channels(),
    }.items():
        yield Hostile("H47", f"h47-{kind}.tif", content, ANY_PICTURE)


def _five_channels() -> bytes:
    side = 40
    tags = {
        256: side,
        257: side,
        258: [8] * 5,
        259: 1,
        262: 2,
        277: 5,
        278: side,
        273: bytes(side * side * 5),
    }
    entries, data = [], b""
    behind = 8 + 2 + 12 * 10 + 4
    for tag, value in sorted(tags.items()):
        if tag == 258:
            entries.append((tag, 3, 5, behind + len(data)))
            data += struct.pack("<5H", *value)
        elif tag == 273:
            entries.append((tag, 4, 1, behind + 10))
        else:
            entries.append((tag, 3, 1, value))
    entries += [(279, 4, 1, side * side * 5), (338, 3, 2, 0)]
    entries.sort()
    return _directory(entries) + data + tags[273]


def _profiles() -> Iterator[Hostile]:
    dice = random.Random(49)
    for name, profile in (
        ("h49-large.jpg", bytes(2 * MEBIBYTE)),
        ("h49-random.jpg", dice.randbytes(600)),
        ("h49-script.jpg", b"<script>alert(1)</script>" * 10),
    ):
        yield Hostile("H49", name, photograph(icc_profile=profile), frozenset({READY}))


def _raws() -> Iterator[Hostile]:
    for whole in made_files():
        if whole.format in {"jpeg", "png", "tiff"}:
            continue
        half = whole.content[: len(whole.content) // 2]
        name = f"h52-{whole.format}-{next(_numbers)}.{whole.format}"
        yield Hostile("H52", name, half, ANY_PICTURE | {REFUSED})
    picture = Image.effect_noise((60, 40), 50)
    strips = {273: 64, 279: 2**32 - 1, 50706: b"\1\4\0\0"}
    yield Hostile(
        "H52", "h52-strip.dng", _saved(picture, "TIFF", tiffinfo=strips), ANY_PICTURE | {REFUSED}
    )


def _limits() -> Iterator[Hostile]:
    exact = _filled(photograph(), MAX_FILE_BYTES)
    yield Hostile("H54", "h54.jpg", exact, frozenset({READY}))
    yield Hostile("H54", "h54-more.jpg", exact + b"\0", frozenset({REFUSED}), says="MiB")
    yield Hostile("H43", "h43.jpg", b"", frozenset({REFUSED}), says="empty")
