"""What the history says of consent, and of photographs that are shown to everybody."""

from __future__ import annotations

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.log_actions import LogFormatter

from ..delivery.publishing import PUBLISH, TAKE_DOWN
from ..proofing.consent import FOR_CLIENT, GIVE, WITHDRAW


class GivenFormatter(LogFormatter):
    label = gettext_lazy("Consent to show a photo")

    def format_message(self, log_entry) -> str:
        words = _("%(name)s allows this photo to be shown: %(file)s")
        return words % {"name": _who(log_entry), "file": log_entry.data.get("file", "?")}


class WithdrawnFormatter(LogFormatter):
    label = gettext_lazy("Consent withdrawn")

    def format_message(self, log_entry) -> str:
        about = {"name": _who(log_entry), "what": _photos(log_entry.data)}
        words = _("%(name)s no longer allows to show %(what)s.") % about
        return f"{words} {_removed_from(log_entry.data)}".strip()


class WithdrawnForClientFormatter(LogFormatter):
    label = gettext_lazy("Consent withdrawn for a client")

    def format_message(self, log_entry) -> str:
        about = {"name": _who(log_entry), "what": _photos(log_entry.data)}
        words = _("Consent of %(name)s withdrawn in their name: %(what)s.") % about
        return f"{words} {_removed_from(log_entry.data)}".strip()


class PublishedFormatter(LogFormatter):
    label = gettext_lazy("Photos published")

    def format_message(self, log_entry) -> str:
        data = log_entry.data
        done = []
        if shown := data.get("shown"):
            into = data.get("gallery")
            words = (
                ngettext(
                    "%(count)d photo shown in “%(gallery)s”",
                    "%(count)d photos shown in “%(gallery)s”",
                    shown,
                )
                if into
                else ngettext(
                    "%(count)d photo put here to be shown",
                    "%(count)d photos put here to be shown",
                    shown,
                )
            )
            done.append(words % {"count": shown, "gallery": into})
        if images := data.get("images"):
            words = ngettext(
                "%(count)d picture put into the image library",
                "%(count)d pictures put into the image library",
                images,
            )
            done.append(words % {"count": images})
        return get_text_list(done, _("and"))


class TakenDownFormatter(LogFormatter):
    label = gettext_lazy("Published photos taken down")

    def format_message(self, log_entry) -> str:
        count = log_entry.data.get("count", 0)
        words = ngettext(
            "%(count)d photo is not shown any more.",
            "%(count)d photos are not shown any more.",
            count,
        )
        return f"{words % {'count': count}} {_removed_from(log_entry.data)}".strip()


FORMATTERS: dict[str, type[LogFormatter]] = {
    GIVE: GivenFormatter,
    WITHDRAW: WithdrawnFormatter,
    FOR_CLIENT: WithdrawnForClientFormatter,
    PUBLISH: PublishedFormatter,
    TAKE_DOWN: TakenDownFormatter,
}


def _who(log_entry) -> str:
    return log_entry.data.get("recipient") or _("somebody")


def _photos(data: dict) -> str:
    if data.get("file"):
        return data["file"]
    count = data.get("count", 0)
    return ngettext("%(count)d photo", "%(count)d photos", count) % {"count": count}


def _removed_from(data: dict) -> str:
    places = data.get("places")
    if not places:
        return ""
    return _("Removed from: %(places)s.") % {"places": get_text_list(places, _("and"))}
