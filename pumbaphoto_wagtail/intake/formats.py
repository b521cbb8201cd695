"""Which files are photographs, told from their names and proved from their bytes.

The extension claims a format, the bytes confirm it. Neither is enough alone: a name can say
anything, and six RAW formats share TIFF's four magic bytes.

How the bytes are told apart (offsets in bytes):

======  ================================================================  =======================
format  rule                                                              source
======  ================================================================  =======================
JPEG    ``FF D8 FF`` at 0                                                 ITU T.81 annex B
PNG     ``89 50 4E 47 0D 0A 1A 0A`` at 0                                  PNG specification 5.2
CR2     ``II*\\0``, and ``CR`` with version 2 at 8                         files of 30D, 350D, 1Ds3
CR3     box ``ftyp`` with brand ``crx `` at 4                             ISO 14496-12; R6, M50
RAF     ``FUJIFILMCCD-RAW `` at 0                                         files of S5Pro, X-T1
RW2     ``IIU\\0`` at 0                                                    files of LX3, FZ38
ORF     ``IIRO``, ``IIRS`` or ``MMOR`` at 0                               LibRaw, ExifTool
DNG     TIFF with tag DNGVersion (50706) in the first directory           DNG specification 1.7
NEF     TIFF, Make ``NIKON``, NewSubfileType 1 and SubIFDs                files of D1 to D500
ARW     TIFF, Make ``SONY``, NewSubfileType 1 and SubIFDs                 files of A330 to A7R III
PEF     TIFF, Make ``PENTAX`` or ``RICOH``, photometric 32803 (CFA)       files of K-7, K-3 II
SRW     TIFF, Make ``SAMSUNG`` and SubIFDs                                LibRaw's reading
TIFF    ``II*\\0`` or ``MM\\0*``, BigTIFF ``II+\\0`` or ``MM\\0+``, else     TIFF 6.0, libtiff
======  ================================================================  =======================

The maker alone proves nothing (a TIFF exported from a RAW keeps it), nor do the first kilobytes
(some converters put the first directory at the very end), nor does LibRaw opening the file: it
opens camera JPEGs too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import FileRefused
from pumbaphoto_wagtail.intake import foreign
from pumbaphoto_wagtail.intake.names import display_folder, display_name, split_extension
from pumbaphoto_wagtail.intake.tiff import BIG_MAGIC, CLASSIC_MAGIC, NotTiff, TiffReader

__all__ = [
    "FORMATS",
    "Format",
    "check_content",
    "check_extension",
    "display_folder",
    "display_name",
    "format_by_content",
    "format_by_extension",
    "sniff",
]

HEADER_BYTES = 64

NEW_SUBFILE_TYPE = 254
COMPRESSION = 259
PHOTOMETRIC_INTERPRETATION = 262
MAKE = 271
SUB_IFDS = 330
DNG_VERSION = 50706
COLOUR_FILTER_ARRAY = 32803
PENTAX_COMPRESSION = 65535
LOWEST_JPEG_MARKER = 0xC0


@dataclass(frozen=True, kw_only=True)
class Format:
    """One accepted kind of file: its key in ``ALLOWED_FORMATS``, its name among photographers."""

    name: str
    label: str
    extensions: tuple[str, ...]
    content_type: str
    is_raw: bool = False


def _raw(name: str, label: str, content_type: str) -> Format:
    return Format(
        name=name, label=label, extensions=(name,), content_type=content_type, is_raw=True
    )


FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format(
            name="jpeg",
            label="JPEG",
            extensions=("jpg", "jpeg", "jpe", "jfif", "mpo"),
            content_type="image/jpeg",
        ),
        Format(name="png", label="PNG", extensions=("png",), content_type="image/png"),
        Format(name="tiff", label="TIFF", extensions=("tif", "tiff"), content_type="image/tiff"),
        _raw("cr2", "Canon CR2", "image/x-canon-cr2"),
        _raw("cr3", "Canon CR3", "image/x-canon-cr3"),
        _raw("nef", "Nikon NEF", "image/x-nikon-nef"),
        _raw("arw", "Sony ARW", "image/x-sony-arw"),
        _raw("dng", "DNG", "image/x-adobe-dng"),
        _raw("orf", "Olympus ORF", "image/x-olympus-orf"),
        _raw("rw2", "Panasonic RW2", "image/x-panasonic-rw2"),
        _raw("pef", "Pentax PEF", "image/x-pentax-pef"),
        _raw("srw", "Samsung SRW", "image/x-samsung-srw"),
        _raw("raf", "Fujifilm RAF", "image/x-fuji-raf"),
    )
}

_BY_EXTENSION = {extension: entry for entry in FORMATS.values() for extension in entry.extensions}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"FUJIFILMCCD-RAW ", "raf"),
    (b"IIU\0", "rw2"),
    (b"IIRO", "orf"),
    (b"IIRS", "orf"),
    (b"MMOR", "orf"),
)


def format_by_extension(file_name: str) -> Format | None:
    """The format that a file's name claims, in any case; None where it claims none of ours."""
    extension = split_extension(display_name(file_name))[1]
    return _BY_EXTENSION.get(extension[1:].lower())


def check_extension(file_name: str, allowed: Collection[str]) -> Format:
    """The format a name claims, or FileRefused in words for the photographer.

    ``allowed`` holds keys of :data:`FORMATS`.
    """
    claimed = format_by_extension(file_name)
    if claimed is not None and claimed.name in allowed:
        return claimed
    extension = split_extension(display_name(file_name))[1][1:].lower()
    if claimed is not None:
        raise FileRefused(
            _("%(format)s files are not accepted on this site.") % {"format": claimed.label}
        )
    if not extension:
        raise FileRefused(_("The file name has no ending such as .jpg that says what it is."))
    if advice := foreign.advice(extension):
        raise FileRefused(advice)
    raise FileRefused(
        _(".%(extension)s files are not accepted. Accepted are %(formats)s.")
        % {"extension": extension, "formats": _labels(allowed)}
    )


def format_by_content(source: BinaryIO, allowed: Collection[str]) -> Format:
    """The format of a file that came without a name, or FileRefused saying what it is.

    ``source`` is seekable; its position afterwards is not defined.
    """
    found = sniff(source)
    if found in FORMATS and found in allowed:
        return FORMATS[found]
    if found is None:
        raise FileRefused(_("This file came without a name, and its content is no photograph."))
    raise FileRefused(
        _("This is a %(found)s. Accepted are %(formats)s.")
        % {"found": _label(found), "formats": _labels(allowed)}
    )


def check_content(source: BinaryIO, file_name: str, allowed: Collection[str]) -> Format:
    """The format that name and bytes agree on, or FileRefused saying what the file really is.

    ``source`` is seekable; its position afterwards is not defined.
    """
    claimed = check_extension(file_name, allowed)
    found = sniff(source)
    if found == claimed.name:
        return claimed
    if found == "heic":
        raise FileRefused(foreign.heic_advice())
    if found == "tiff" and claimed.is_raw:
        # Also where a RAW's own directory is lost: then nothing but TIFF's magic is left of it.
        raise FileRefused(
            _("This is a plain TIFF or a damaged file, not a %(claimed)s.")
            % {"claimed": claimed.label}
        )
    if found is None:
        raise FileRefused(
            _("The content of this file is not %(claimed)s.") % {"claimed": claimed.label}
        )
    raise FileRefused(
        _("This is a %(found)s, not a %(claimed)s.")
        % {"found": _label(found), "claimed": claimed.label}
    )


def sniff(source: BinaryIO) -> str | None:
    """What the bytes are: a key of :data:`FORMATS` or :data:`foreign.LABELS`, None if unknown.

    Reads headers and, for TIFF, the first directory; decodes nothing.
    """
    source.seek(0)
    header = source.read(HEADER_BYTES)
    if header[:4] in CLASSIC_MAGIC | BIG_MAGIC and header[2:4] in {b"*\0", b"\0*", b"+\0", b"\0+"}:
        return _sniff_tiff(source, header)
    if header[4:12] == b"ftypcrx ":
        return "cr3"
    if header[:3] == b"\xff\xd8\xff" and _is_jpeg_marker(header[3:4]):
        return "jpeg"
    for magic, name in _MAGIC:
        if header.startswith(magic):
            return name
    return foreign.kind_of(header)


def _is_jpeg_marker(second: bytes) -> bool:
    """Whether a JPEG's second marker can be one: a web page behind the first three bytes is not."""
    return not second or second[0] >= LOWEST_JPEG_MARKER


def _sniff_tiff(source: BinaryIO, header: bytes) -> str:
    if header[:4] == b"II*\0" and header[8:10] == b"CR" and header[10:11] == b"\x02":
        return "cr2"
    try:
        reader = TiffReader(source)
    except NotTiff:
        return "tiff"
    directory = reader.directory()
    if DNG_VERSION in directory:
        return "dng"
    make = reader.data(directory.get(MAKE), 64).upper()
    has_sub_ifds = SUB_IFDS in directory
    is_reduced = reader.integer(directory.get(NEW_SUBFILE_TYPE)) == 1
    photometric = reader.integer(directory.get(PHOTOMETRIC_INTERPRETATION))
    if make.startswith(b"NIKON") and is_reduced and has_sub_ifds:
        return "nef"
    if make.startswith(b"SONY") and is_reduced and has_sub_ifds:
        return "arw"
    is_mosaic = photometric == COLOUR_FILTER_ARRAY
    is_pentax_packed = reader.integer(directory.get(COMPRESSION)) == PENTAX_COMPRESSION
    if make.startswith((b"PENTAX", b"RICOH")) and (is_mosaic or is_pentax_packed):
        return "pef"
    if make.startswith(b"SAMSUNG") and has_sub_ifds:
        return "srw"
    return "tiff"


def _label(found: str) -> str:
    return FORMATS[found].label if found in FORMATS else str(foreign.LABELS[found])


def _labels(allowed: Collection[str]) -> str:
    return ", ".join(entry.label for entry in FORMATS.values() if entry.name in allowed)
