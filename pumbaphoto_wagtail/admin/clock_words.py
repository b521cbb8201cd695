"""How far a camera's clock is off, in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.log_actions import LogFormatter

MINUTE, HOUR, DAY = 60, 3600, 86400


def spell(span: timedelta) -> str:
    """A length of time, as "2 days 3 h", "1 h 2 min 13 s" or "0.4 s"; its sign is left out."""
    seconds = abs(span.total_seconds())
    if seconds < MINUTE:
        return _("%(seconds)s s") % {"seconds": number_format(f"{seconds:.1f}".removesuffix(".0"))}
    days, rest = divmod(round(seconds), DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, seconds = divmod(rest, MINUTE)
    parts = [
        ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else "",
        _("%(count)d h") % {"count": hours} if hours else "",
        _("%(count)d min") % {"count": minutes} if minutes else "",
        _("%(count)d s") % {"count": seconds} if seconds else "",
    ]
    return " ".join(part for part in parts if part)


def standing(shift: timedelta) -> str:
    """What a shift says about the clock it puts right: behind, ahead, or as it is."""
    if not shift:
        return _("as the camera says")
    if shift > timedelta():
        return _("%(span)s behind") % {"span": spell(shift)}
    return _("%(span)s ahead") % {"span": spell(shift)}


class ClockFormatter(LogFormatter):
    """The line in a gallery's history."""

    label = gettext_lazy("Camera clock set")

    def format_message(self, log_entry) -> str:
        data = log_entry.data
        end = data.get("serial_end")
        name = f"{data.get('camera')} …{end}" if end else data.get("camera")
        words = {"camera": name, "standing": standing(timedelta(seconds=data.get("seconds", 0)))}
        return _("Clock of %(camera)s: %(standing)s") % words
