"""The most memory that this process has held, from a moment on.

``getrusage`` will not do: its figure begins with that of the process that started this one.
Source: proc(5), ``/proc/pid/clear_refs`` and ``VmHWM``.
"""

from pathlib import Path

FORGET_PEAK = "5"


def forget_peak() -> None:
    """Let the peak begin anew with what is held now."""
    Path("/proc/self/clear_refs").write_text(FORGET_PEAK)


def peak_bytes() -> int:
    """The most that was held since :func:`forget_peak`, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024
