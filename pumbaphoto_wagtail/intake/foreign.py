"""What is no photograph of ours but arrives among photographs, and what to say to its owner.

A name is enough for most refusals, so that no byte of a four-gigabyte film travels in vain. What
lies about its name is found by its first bytes.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# By the words that ``kind_of`` answers with: a label for "This is a ..., not a JPEG".
LABELS = {
    "heic": "HEIC",
    "avif": "AVIF",
    "video": gettext_lazy("video"),
    "sound": gettext_lazy("sound recording"),
    "gif": "GIF",
    "webp": "WebP",
    "bmp": "BMP",
    "pdf": "PDF",
    "psd": gettext_lazy("Photoshop document"),
    "svg": gettext_lazy("SVG drawing"),
    "postscript": "PostScript",
    "zip": gettext_lazy("ZIP archive"),
    "rar": gettext_lazy("RAR archive"),
    "7z": gettext_lazy("7-Zip archive"),
    "gzip": gettext_lazy("gzip archive"),
    "exe": gettext_lazy("program"),
    "html": gettext_lazy("web page"),
    "xmp": gettext_lazy("sidecar with settings"),
    "x3f": "Sigma X3F",
    "mrw": "Minolta MRW",
    "iiq": "Phase One IIQ",
    "crw": "Canon CRW",
    "ico": gettext_lazy("icon"),
    "jxl": "JPEG XL",
    "jp2": "JPEG 2000",
    "djvu": "DjVu",
    "fits": "FITS",
    "exr": "OpenEXR",
    "hdr": "Radiance HDR",
    "text": gettext_lazy("text"),
}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"%PDF", "pdf"),
    (b"8BPS", "psd"),
    (b"%!PS", "postscript"),
    (b"\xc5\xd0\xd3\xc6", "postscript"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"MZ", "exe"),
    (b"\x7fELF", "exe"),
    (b"FOVb", "x3f"),
    (b"\0MRM", "mrw"),
    (b"II\x1a\0\0\0HEAPCCDR", "crw"),
    (b"\0\0\1\0", "ico"),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cJXL ", "jxl"),
    (b"\0\0\0\x0cjP  ", "jp2"),
    (b"AT&TFORM", "djvu"),
    (b"SIMPLE  =", "fits"),
    (b"\x76\x2f\x31\x01", "exr"),
    (b"#?RADIANCE", "hdr"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"\0\0\1\xba", "video"),
    (b"ID3", "sound"),
    (b"fLaC", "sound"),
    (b"OggS", "sound"),
)

_RIFF = {b"WEBP": "webp", b"AVI ": "video", b"WAVE": "sound"}

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_SOUND_BRANDS = {b"M4A ", b"M4B "}

_OTHER_RAW = {
    "3fr": "Hasselblad 3FR",
    "arq": "Sony ARQ",
    "crw": "Canon CRW",
    "dcr": "Kodak DCR",
    "erf": "Epson ERF",
    "fff": "Hasselblad FFF",
    "gpr": "GoPro GPR",
    "iiq": "Phase One IIQ",
    "kdc": "Kodak KDC",
    "mef": "Mamiya MEF",
    "mos": "Leaf MOS",
    "mrw": "Minolta MRW",
    "nrw": "Nikon NRW",
    "ori": "Olympus ORI",
    "rwl": "Leica RWL",
    "sr2": "Sony SR2",
    "srf": "Sony SRF",
    "x3f": "Sigma X3F",
}
_HEIC = {"heic", "heif", "hif"}
_DOCUMENTS = {"psd", "psb", "ai", "indd", "afphoto", "xcf", "svg", "eps", "pdf", "cdr"}
_WEB = {"gif", "webp", "avif", "bmp", "jxl", "jp2", "ico"}
_VIDEOS = {"mp4", "mov", "avi", "m4v", "mts", "m2ts", "mkv", "webm", "3gp", "mpg", "mpeg", "crm"}
_SIDECARS = {"xmp", "thm", "pp3", "dop", "cos", "cot", "cop", "on1", "aae", "lrv", "lrcat", "ini"}
_ARCHIVES = {"zip", "rar", "7z", "tar", "gz", "tgz"}


def kind_of(header: bytes) -> str | None:
    """What a file's first bytes are, a key of :data:`LABELS`; None where nothing is known."""
    if header[4:8] == b"ftyp":
        return _kind_of_boxes(header)
    if header[4:8] in {b"moov", b"mdat", b"wide"}:
        return "video"
    if header[:4] == b"RIFF" and header[8:12] in _RIFF:
        return _RIFF[header[8:12]]
    for magic, name in _MAGIC:
        if header.startswith(magic):
            return name
    return _kind_of_text(header)


def advice(extension: str) -> str | None:
    """What to do with a file of this extension (lower case, no dot); None where nothing is known.

    The sentence says what is wrong as well.
    """
    if extension in _HEIC:
        return heic_advice()
    if extension in _OTHER_RAW:
        return _(
            "%(kind)s files are not accepted. Convert them to DNG, or send the camera's JPEG."
        ) % {"kind": _OTHER_RAW[extension]}
    words = {"extension": extension}
    if extension in _DOCUMENTS:
        return (
            _(".%(extension)s files are not accepted. Export the picture as JPEG or TIFF.") % words
        )
    if extension in _WEB:
        return _(".%(extension)s files are not accepted. Save the picture as JPEG or PNG.") % words
    if extension in _VIDEOS:
        return (
            _(".%(extension)s files are not accepted: this is a place for photos, not for videos.")
            % words
        )
    if extension in _SIDECARS:
        return (
            _(".%(extension)s files are not accepted: they hold settings and no picture.") % words
        )
    if extension in _ARCHIVES:
        return (
            _(".%(extension)s files are not accepted. Unpack the archive and send its photos.")
            % words
        )
    return None


def heic_advice() -> str:
    """Why a HEIC picture is refused, and what to do about it."""
    return _(
        "This is a HEIC picture, which browsers cannot show. Export it as JPEG, or set the phone's"
        " camera to its most compatible format."
    )


def _kind_of_boxes(header: bytes) -> str:
    """The kind of an ISO base media file (ISO 14496-12) that is no CR3, by its brands."""
    end = min(int.from_bytes(header[:4], "big"), len(header))
    brands = {header[start : start + 4] for start in (8, *range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    if brands & _HEIC_BRANDS:
        return "heic"
    return "sound" if brands & _SOUND_BRANDS else "video"


def _kind_of_text(header: bytes) -> str | None:
    try:
        text = header[:60].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return None
    if not text.strip() or not all(letter.isprintable() or letter.isspace() for letter in text):
        return None
    start = text.lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<script")):
        return "html"
    if start.startswith("<svg"):
        return "svg"
    return "xmp" if start.startswith(("<?xpacket", "<x:xmpmeta")) else "text"
