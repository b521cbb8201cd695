"""What is installed: Python, Django and the libraries that read pictures."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import django

from .. import __version__
from ..conf import settings
from ..intake.formats import FORMATS
from .diagnosis import Diagnosis, attention, well

# The first release of each series of Django that has the corrections of July 2026 (its archive of
# security issues: CVE-2026-48588, CVE-2026-53877, CVE-2026-53878).
PATCHED = {(5, 2): 16, (6, 0): 7, (6, 1): 0}
# What each optional part of the package stands on.
EXTRAS = {
    "raw": ("rawpy", "previews of RAW files that carry none"),
    "fast": ("pyvips", "renditions in half the time"),
    "s3": ("django-storages", "originals on S3"),
    "logins": ("django-axes", "a brake on guessing the admin's passwords"),
}


def look_at_versions() -> Iterator[Diagnosis]:
    libraries = ("wagtail", "django-q2", "wagtail-modeladmin", "Pillow")
    told = ", ".join(f"{name} {_version(name) or 'missing'}" for name in libraries)
    yield well("PumbaPhoto", f"{__version__} on Python {platform.python_version()}; {told}")
    yield django_is_patched(django.VERSION[:3])
    yield from _extras()


def django_is_patched(number: tuple[int, int, int]) -> Diagnosis:
    """Whether a release of Django has the corrections that were known when this was written."""
    *series, patch = number
    told = ".".join(map(str, number))
    wanted = PATCHED.get(tuple(series))
    if wanted is None and tuple(series) < max(PATCHED):
        to_do = "Upgrade to a series that Django still looks after."
        return attention("Django", f"{told}, of a series that gets no corrections", to_do)
    if wanted is not None and patch < wanted:
        least = ".".join(map(str, (*series, wanted)))
        to_do = f'pip install -U "Django~={least}"'
        return attention("Django", f"{told} has security issues that are known", to_do)
    return well("Django", told)


def lacks_raw() -> bool:
    """Whether RAW files are accepted and those without a preview would have none."""
    takes_raw = any(FORMATS[name].is_raw for name in settings.ALLOWED_FORMATS if name in FORMATS)
    return takes_raw and not _version(EXTRAS["raw"][0])


def _extras() -> Iterator[Diagnosis]:
    there = {extra: _version(name) for extra, (name, _what) in EXTRAS.items()}
    told = [f"{EXTRAS[extra][0]} {number}" for extra, number in there.items() if number]
    missing = [f"{what} ({extra})" for extra, (_n, what) in EXTRAS.items() if not there[extra]]
    words = f"with {', '.join(told) or 'none'}; without {', '.join(missing) or 'nothing'}"
    if lacks_raw():
        to_do = 'pip install "pumbaphoto-wagtail[raw]"'
        yield attention("Optional parts", words, to_do)
    else:
        yield well("Optional parts", words)
    if number := _version("pyvips"):
        yield _libvips(number)


def _libvips(number: str) -> Diagnosis:
    try:
        import pyvips
    except (ImportError, OSError) as error:
        to_do = "pip install pyvips-binary, or take pyvips away"
        return attention("libvips", f"pyvips {number} cannot be used: {error}", to_do)
    told = ".".join(str(pyvips.version(place)) for place in range(3))
    return well("libvips", f"{told}, by pyvips {number}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
