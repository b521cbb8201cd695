"""What ``clamd.conf`` must say, so that the largest accepted file is scanned to its last byte.

Sources: clamd.conf(5), and the behaviour of clamd 1.4 where that page is silent: every limit that
a file meets ends its scan with "OK", unless ``AlertExceedsMax`` is set.
"""

from __future__ import annotations

from dataclasses import dataclass

from .clamd_client import MEBIBYTE, eicar

# clamd.conf(5), MaxFileSize: "Technical design limitations prevent ClamAV from scanning files
# greater than 2 GB at this time." It takes the last MiB below that, and not every byte of it.
MAX_SCANNABLE_BYTES = 2047 * MEBIBYTE
# Of several sizes in one file; more does not fit clamd's own numbers.
MAX_SCAN_SIZE_MEBIBYTES = 4000
SIGNATURE_FILE = "pumbaphoto.ldb"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of ``clamd.conf``, and why it is there."""

    name: str
    value: str
    reason: str


def clamd_lines(max_file_bytes: int, threads: int = 2) -> tuple[Line, ...]:
    """The lines with which files up to ``max_file_bytes`` are scanned whole.

    ``threads`` is how many files are scanned at once: as many as there are cores for it.
    """
    largest = min(-(-max_file_bytes * 21 // (20 * MEBIBYTE)), MAX_SCANNABLE_BYTES // MEBIBYTE)
    unpacked = min(2 * largest, MAX_SCAN_SIZE_MEBIBYTES)
    lines = (
        ("StreamMaxLength", f"{largest}M", "what may be sent: the largest upload and 5 %"),
        ("MaxFileSize", f"{largest}M", "larger files would be passed over, and called OK"),
        ("MaxScanSize", f"{unpacked}M", "what is unpacked counts as well"),
        ("PCREMaxFileSize", f"{largest}M", "or patterns are not looked for in large files"),
        ("MaxScanTime", str(max(120_000, 250 * largest)), "milliseconds; after them it says OK"),
        ("AlertExceedsMax", "yes", "say so instead of OK where a limit was met"),
        ("ScanArchive", "yes", "look into files within files; the self-test needs it, too"),
        ("AlertBrokenMedia", "no", "a damaged photo is no virus; what is left of it is shown"),
        ("DetectPUA", "no", "what is merely unwanted would be condemned as a virus"),
        ("ScanImageFuzzyHash", "no", "it decodes every picture, and takes four times as long"),
        ("ConcurrentDatabaseReload", "no", "or signatures are in memory twice while reloading"),
        ("MaxThreads", str(threads), "scans at once: as many as there are cores"),
        ("ReadTimeout", "60", "seconds to wait for the next chunk of an upload"),
        ("CommandReadTimeout", "10", "seconds to wait for a command"),
    )
    return tuple(Line(name=name, value=value, reason=reason) for name, value, reason in lines)


def clamd_configuration(max_file_bytes: int, threads: int = 2) -> str:
    """The lines as text, each below its reason."""
    return "".join(
        f"# {line.reason}\n{line.name} {line.value}\n"
        for line in clamd_lines(max_file_bytes, threads)
    )


def eicar_signature() -> str:
    """A line for a local ``.ldb`` file, by which clamd finds EICAR anywhere in any file.

    Official signatures may know it only as a whole small file, which proves nothing about limits.
    It asks for the bytes and for a regular expression, so that a file that is too large for
    expressions (``PCREMaxFileSize``) is not taken for one that was scanned. Source: the manual of
    ClamAV, "Logical signatures"; 81 is the first functionality level with expressions.
    """
    return f"PumbaPhoto.Test.EICAR;Engine:81-255,Target:0;0&1;{eicar().hex()};0/EICAR.STANDARD/"
