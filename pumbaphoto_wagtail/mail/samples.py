"""E-mails about people and photos that do not exist, so that a studio can look at its words.

Nothing is read but the studio, and with a gallery its names. The address opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.models import Site

from ..models import Gallery, MessageKind
from ..studio import Studio
from .contexts import CLIENT_KINDS, Titled, moment

CHOSEN = 48
SIZE = 1_240_000_000


@dataclass(frozen=True)
class _Wish:
    file: str
    words: str
    share_link: SimpleNamespace

    def __str__(self) -> str:
        return self.file


def sample_context(
    kind: str,
    studio: Studio,
    *,
    site: Site,
    photographer: str,
    gallery: Gallery | None = None,
) -> dict:
    """As ``context_of`` a message of this kind, in the language that is active."""
    client = (gallery.client_names if gallery else "") or _("Anna")
    link = SimpleNamespace(recipient=client, email="anna@example.com")
    context = {
        "gallery": gallery or Titled(_("Anna & Tom")),
        "link": link,
        "client": client,
        "studio": studio.name,
        "photographer": photographer,
        "address": _address(kind, site),
        "count": CHOSEN,
        "date": date_format(timezone.localdate() + timedelta(days=3)),
        "size": filesizeformat(SIZE),
    }
    more = SAMPLES.get(kind)
    return context | more(link) if more else context


def _address(kind: str, site: Site) -> str:
    if kind in CLIENT_KINDS:
        return site.root_url + reverse("pumbaphoto_wagtail:door", args=["example"])
    return f"{site.root_url}/"


def _pick(number: int, note: str = "") -> SimpleNamespace:
    return SimpleNamespace(photo=SimpleNamespace(name=f"IMG_{number:04d}.jpg"), note=note)


def _selection(_link: SimpleNamespace) -> dict:
    chosen = [_pick(1204), _pick(1211, _("Please a little brighter.")), _pick(1230)]
    return {
        "count": len(chosen),
        "chosen": chosen,
        "only_noted": [_pick(1233, _("Please not this one."))],
        "list_label": "",
        "round": None,
        "date": moment(timezone.now()),
    }


def _batch(_link: SimpleNamespace) -> dict:
    file = {"name": "DSC_0042.mov", "reason": _("This is no photograph.")}
    problem = {"title": _("Not accepted"), "count": 1, "files": [file], "more": 0}
    return {
        "count": 812,
        "announced": 815,
        "duplicates": 2,
        "abandoned": 0,
        "skipped": 0,
        "replaced": 0,
        "kept_both": 0,
        "problems": [problem],
    }


def _delivery(_link: SimpleNamespace) -> dict:
    return {
        "kind": "all",
        "newer": 0,
        "total": CHOSEN,
        "has_release": False,
        "delivery": SimpleNamespace(words=""),
    }


def _changes(link: SimpleNamespace) -> dict:
    wish = _Wish("IMG_1211_edit.jpg", _("Could this be in black and white as well?"), link)
    return {"count": 1, "requests": [wish], "more": 0}


def _asked(_link: SimpleNamespace) -> dict:
    return {"date": moment(timezone.now())}


def _suggested(_link: SimpleNamespace) -> dict:
    day = timezone.localdate() - timedelta(days=180)
    return {"is_announced_day": False, "was_restored": False, "delivered_on": date_format(day)}


def _due(_link: SimpleNamespace) -> dict:
    return {"count": 12}


def _files_missing(_link: SimpleNamespace) -> dict:
    counts = ((Titled(_("Anna & Tom")), 12), (Titled(_("By the sea")), 3))
    missing = [
        {"in": SimpleNamespace(gallery=gallery, count=count), "address": "https://example.com/"}
        for gallery, count in counts
    ]
    return {"count": 15, "damaged": 2, "missing": missing, "more": 0}


def _access_asked(link: SimpleNamespace) -> dict:
    words = _("We were guests at the wedding. Could we have a look?")
    asked = SimpleNamespace(name=link.recipient, email=link.email, words=words)
    return {"date": moment(timezone.now()), "access_request": asked}


SAMPLES = {
    MessageKind.UPLOAD_SETTLED: _batch,
    MessageKind.SELECTION_SUBMITTED: _selection,
    MessageKind.RECEIPT: _selection,
    MessageKind.DELIVERED: _delivery,
    MessageKind.CHANGE_ASKED: _changes,
    MessageKind.PHOTOS_ASKED: _asked,
    MessageKind.ARCHIVE_SUGGESTED: _suggested,
    MessageKind.DUE_SOON: _due,
    MessageKind.FILES_MISSING: _files_missing,
    MessageKind.ACCESS_ASKED: _access_asked,
}
