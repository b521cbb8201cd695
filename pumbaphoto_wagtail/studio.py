"""A studio as its clients meet it on one site: its name, looks and habits.

What the studio's settings leave open is as ``PUMBAPHOTO`` and the Django settings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr

from django.conf import settings as django_settings
from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail.images.models import AbstractImage
from wagtail.models import Site

from .conf import settings
from .models import Gallery, StudioSettings, WatermarkPreset

# Fields of the settings for which an empty one means what ``PUMBAPHOTO`` says.
SITE_WIDE = {
    "link_days": "LINK_DAYS",
    "link_days_after_delivery": "LINK_DAYS_AFTER_DELIVERY",
    "archive_suggested_after_days": "ARCHIVE_SUGGESTED_AFTER_DAYS",
    "due_soon_days": "DUE_SOON_DAYS",
    "link_expiring_days": "LINK_EXPIRING_DAYS",
}

# What to select with a gallery for its studio to be known without a further query.
WITH_STUDIO = ("site__studiosettings__logo", "site__studiosettings__watermark__image")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many photos clients choose, where a gallery says nothing else."""

    minimum: int | None = None
    included: int | None = None
    maximum: int | None = None
    extras_words: str = ""


@dataclass(frozen=True, kw_only=True)
class Studio:
    """``name`` may be empty, and so is ``own_name`` where only Wagtail's for all sites is known.

    ``accent`` is "" or "#rrggbb"; ``language`` always names one; ``from_email`` is the value of a
    header. Days are whole; a ``due_days`` of None sets no date, and 0 for anything that reminds or
    suggests means never.
    """

    name: str
    own_name: str
    accent: str
    logo: AbstractImage | None
    from_email: str
    language: str
    signature: str
    limits: Limits
    due_days: int | None
    link_days: int
    link_days_after_delivery: int
    archive_suggested_after_days: int
    due_soon_days: int
    link_expiring_days: int
    watermark: WatermarkPreset | None
    # Whether search engines stay outside, also where everybody may look.
    keeps_robots_out: bool


def studio_for(site: Site | None) -> Studio:
    """The studio of a site, read with one query unless it was read with the site; of no site, what
    all begin with.
    """
    if site is None:
        return _studio(None, StudioSettings())
    if Site.studiosettings.is_cached(site):
        kept = getattr(site, "studiosettings", None)
    else:
        kept = _settings().filter(site=site).first()
    return _studio(site, kept or StudioSettings())


def studio_of_request(request: HttpRequest | None) -> Studio:
    """The studio whose site is visited, read once for each request."""
    if request is None:
        return studio_for(None)
    if not hasattr(request, "_pumbaphoto_studio"):
        request._pumbaphoto_studio = studio_for(Site.find_for_request(request))
    return request._pumbaphoto_studio


def remember_studio(request: HttpRequest, gallery: Gallery) -> None:
    """Take the studio of the request from a gallery that was read :data:`WITH_STUDIO`."""
    if Gallery.site.is_cached(gallery) and Site.studiosettings.is_cached(gallery.site):
        request._pumbaphoto_studio = studio_for(gallery.site)


def studios() -> Mapping[Site, Studio]:
    """The studio of every site, read with two queries."""
    kept = {each.site_id: each for each in _settings()}
    return {
        site: _studio(site, kept.get(site.pk) or StudioSettings()) for site in Site.objects.all()
    }


def _settings() -> QuerySet[StudioSettings]:
    return StudioSettings.objects.select_related("logo", "watermark__image")


def _studio(site: Site | None, kept: StudioSettings) -> Studio:
    own_name = " ".join((kept.studio_name or (site.site_name if site else "")).split())
    name = own_name or getattr(django_settings, "WAGTAIL_SITE_NAME", "")
    return Studio(
        name=name,
        own_name=own_name,
        accent=kept.accent.lower(),
        logo=kept.logo,
        from_email=_from_email(kept, name),
        language=kept.language or django_settings.LANGUAGE_CODE,
        signature=kept.signature.strip(),
        limits=Limits(
            minimum=kept.minimum,
            included=kept.included,
            maximum=kept.maximum,
            extras_words=kept.extras_words,
        ),
        due_days=kept.due_days,
        watermark=kept.watermark,
        keeps_robots_out=kept.keeps_robots_out,
        **{field: _or_site_wide(kept, field) for field in SITE_WIDE},
    )


def _or_site_wide(kept: StudioSettings, field: str) -> int:
    value = getattr(kept, field)
    return getattr(settings, SITE_WIDE[field]) if value is None else value


def _from_email(kept: StudioSettings, name: str) -> str:
    """The sender: the studio's, or the site's own under the studio's name."""
    default = str(django_settings.DEFAULT_FROM_EMAIL)
    if not (kept.sender_name or kept.sender_email):
        return default
    default_name, default_address = parseaddr(default)
    # One line, whatever somebody has put there.
    shown = " ".join(kept.sender_name.split()) or name or default_name
    return str(Address(shown, addr_spec=kept.sender_email or default_address))
