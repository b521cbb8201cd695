"""Share links: making them, taking them back, and knowing who comes with one.

A link is a capability for one recipient. Its token is computed when it is needed and never stored;
a browser that has opened links keeps one signed cookie that names them, and the cookie opens
nothing by itself: the rows are asked on every request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import PageViewRestriction

from .. import access, link_visits, notifications, tokens
from ..conf import DAY, settings
from ..mail.addresses import share_address
from ..models import (
    Client,
    Consent,
    Downloads,
    Gallery,
    LinkPurpose,
    MessageKind,
    Section,
    ShareLink,
)
from ..studio import studio_for
from . import preview_as
from .pins import hash_pin

MAX_REMEMBERED = 20
# What browsers keep a cookie for at most; the rows decide for how long it opens anything.
COOKIE_SECONDS = 400 * DAY
SALT = "pumbaphoto.links"
# What mail programs take for a part of an address that a sentence goes on after.
AFTER_AN_ADDRESS = " /.,;:!?)]>'\"»”’"
# How exactly "last used" is known: often enough to tell, seldom enough not to write all the time.
USE_SECONDS = 600
# With what would be one query more on each page: whether a link is limited to sections, and
# whether its holder allows any photograph to be shown.
LINKS_WITH_LIMITS = (
    "SELECT link.*, EXISTS (SELECT 1 FROM {limit} WHERE share_link_id = link.id) AS is_limited, "
    "EXISTS (SELECT 1 FROM {consent} WHERE share_link_id = link.id AND withdrawn_at IS NULL) "
    "AS has_allowed FROM {link} link WHERE link.id IN ({keys})"
)


# --- The photographer's acts ---------------------------------------------------------------------


@transaction.atomic
def create_link(
    gallery: Gallery,
    *,
    actor,
    recipient: str,
    client: Client | None = None,
    email: str = "",
    purpose: str = LinkPurpose.CLIENT,
    decides: bool = True,
    may_choose: bool = True,
    downloads: str = Downloads.FULL,
    may_download_originals: bool = False,
    sections: Iterable[Section] = (),
    list: str = "",
    expires_at: datetime | None = None,
    pin: str = "",
) -> ShareLink:
    """Make one recipient's way into a gallery; without ``expires_at`` it lasts as long as the
    studio says.

    ``pin`` is stored as a hash. Raises ValidationError for a section of another gallery.
    """
    sections = [*sections]
    if any(section.gallery_id != gallery.pk for section in sections):
        raise ValidationError(_("A link can only show sections of its own gallery."))
    link = ShareLink(
        gallery=gallery,
        recipient=recipient,
        client=client,
        email=email or (client.email if client else ""),
        purpose=purpose,
        decides=decides,
        may_choose=may_choose,
        downloads=downloads,
        may_download_originals=may_download_originals,
        list=list,
        expires_at=expires_at or _default_expiry(gallery),
        pin_hash=hash_pin(pin) if pin else "",
    )
    give_address(link)
    link.save()
    link.sections.set(sections)
    _remember_first_sharing(gallery)
    log(gallery, "pumbaphoto.share", user=actor, data=_log_data(link))
    return link


@transaction.atomic
def send(link: ShareLink, actor) -> None:
    """Mail a link to its recipient, once for each address it has had; needs an e-mail address."""
    if not link.email:
        raise ValidationError(_("There is no e-mail address to send the link to."))
    notifications.owe(
        MessageKind.LINK,
        key=f"link-{link.uuid}-{link.epoch}",
        gallery=link.gallery,
        share_link=link,
    )
    log(link.gallery, "pumbaphoto.send_link", user=actor, data=_log_data(link))


@transaction.atomic
def revoke(
    link: ShareLink, actor, *, action: str = "pumbaphoto.revoke_link", **log_data: str
) -> None:
    """Close a link, and what its holder shared on: they open nothing from the next request on.

    Done twice it happens once, and is logged once, as ``action`` with ``log_data``.
    """
    revoked = ShareLink.objects.filter(pk=link.pk, revoked_at__isnull=True).update(
        revoked_at=timezone.now(), epoch=F("epoch") + 1
    )
    link.refresh_from_db()
    if revoked:
        # A mail that has not left yet would lead to a closed door.
        link.messages.filter(sent_at__isnull=True).delete()
        log(link.gallery, action, user=actor, data=_log_data(link) | log_data)
        _revoke_shared(link, actor)


@transaction.atomic
def revoke_all(gallery: Gallery, actor) -> int:
    """Close every open link of a gallery; how many there were."""
    links = [*gallery.share_links.filter(revoked_at__isnull=True)]
    for link in links:
        revoke(link, actor)
    return len(links)


@transaction.atomic
def renew(link: ShareLink, actor) -> ShareLink:
    """Give a link a new address and, if it was closed, open it again: its selections stay.

    The old address and every browser that came with it are locked out at once, and so is everybody
    its holder shared it with.
    """
    _revoke_shared(link, actor)
    locked = ShareLink.objects.select_for_update().get(pk=link.pk)
    link.epoch = locked.epoch + 1
    link.revoked_at = None
    if not access.is_valid(link, timezone.now()):
        link.expires_at = _default_expiry(link.gallery)
    give_address(link)
    link.save(update_fields=["epoch", "revoked_at", "expires_at", "key_id", "token_sha256"])
    log(link.gallery, "pumbaphoto.renew_link", user=actor, data=_log_data(link))
    return link


def _revoke_shared(link: ShareLink, actor) -> None:
    for shared in link.shared_links.filter(revoked_at__isnull=True).select_related("gallery"):
        revoke(shared, actor)


def token(link: ShareLink) -> UUID:
    """The secret part of a link's address; KeyError if its key is no longer in the settings."""
    return tokens.compute(link.uuid, link.epoch, link.key_id)


def address(link: ShareLink) -> str:
    """The whole address that the recipient opens."""
    return share_address(link)


def give_address(link: ShareLink) -> None:
    """Set the fields of a link that belong to its token: made with the newest key."""
    link.key_id = tokens.current_key_id()
    link.token_sha256 = tokens.fingerprint(token(link))


def _default_expiry(gallery: Gallery) -> datetime:
    return timezone.now() + timedelta(days=studio_for(gallery.site).link_days)


def _remember_first_sharing(gallery: Gallery) -> None:
    now = timezone.now()
    if Gallery.objects.filter(pk=gallery.pk, first_shared_at__isnull=True).update(
        first_shared_at=now
    ):
        gallery.first_shared_at = now


def _log_data(link: ShareLink) -> dict:
    return {"link": link.pk, "recipient": link.recipient}


# --- Who comes with one --------------------------------------------------------------------------


def find(text: str | UUID) -> ShareLink | None:
    """The link of a token; None for what is malformed, unknown, expired or revoked.

    One that has expired is found where its gallery is archived, and opens nothing but the closed
    page.
    """
    return (
        access.known_links()
        .select_related("gallery", "gallery__site", "gallery__main_page")
        .filter(token_sha256=_fingerprint(str(text)))
        .first()
    )


def _fingerprint(text: str) -> str:
    try:
        return tokens.fingerprint(UUID(text.rstrip(AFTER_AN_ADDRESS)))
    except ValueError:
        # No link has it. It is looked for all the same, so that it takes as long as any other.
        return hashlib.sha256(b"malformed").hexdigest()


def viewer(request: HttpRequest) -> access.Viewer:
    """Who looks, with this request: asked once for each, and the rows decide, not the cookie."""
    if not hasattr(request, "_pumbaphoto_viewer"):
        request._pumbaphoto_viewer = access.Viewer(
            user=request.user,
            links=(*preview_as.lent_links(request), *_held_links(request)),
            passed_restrictions=_passed_restrictions(request),
        )
    return request._pumbaphoto_viewer


def viewer_anew(request: HttpRequest) -> access.Viewer:
    """Who looks now: for an answer that takes so long that a link may be closed meanwhile."""
    del request._pumbaphoto_viewer
    return viewer(request)


def is_remembered(request: HttpRequest, gallery: Gallery) -> bool:
    """Whether this browser has ever opened a link of the gallery, valid or not any more.

    Its holder may be told that a link is closed; to everybody else the gallery does not exist.
    """
    keys = [key for key, _epoch, _proof in _read_cookie(request)]
    return bool(keys) and ShareLink.objects.filter(pk__in=keys, gallery=gallery).exists()


def remember(request: HttpRequest, response: HttpResponse, link: ShareLink) -> None:
    """Add the link to the browser's cookie, in front of those it holds already."""
    others = [entry for entry in _read_cookie(request) if entry[0] != link.pk]
    entries = [[link.pk, link.epoch, _pin_proof(link)], *others][:MAX_REMEMBERED]
    _set_cookie(request, response, entries)


def keep_remembering(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser keep its cookie as long again as on the first day, whatever it holds."""
    entries = _read_cookie(request)
    if entries:
        _set_cookie(request, response, entries)


def _set_cookie(request: HttpRequest, response: HttpResponse, entries: list[list]) -> None:
    response.set_cookie(
        settings.LINK_COOKIE_NAME,
        Signer(salt=SALT).sign_object(entries, compress=True),
        max_age=COOKIE_SECONDS,
        path="/",
        secure=request.is_secure(),
        httponly=True,
        # Strict would be withheld when the link is opened from a mail client.
        samesite="Lax",
    )


def is_opened_by(request: HttpRequest, link: ShareLink) -> bool:
    """Whether this browser holds the link already, its PIN included."""
    return [link.pk, link.epoch, _pin_proof(link)] in _read_cookie(request)


def note_use(link: ShareLink) -> None:
    """Remember that the link was used now. Called for pictures, not for the link's own address,
    which mail scanners open as well.
    """
    if link.is_lent:
        return
    now = timezone.now()
    before = now - timedelta(seconds=USE_SECONDS)
    if link.last_used_at is None or link.last_used_at < before:
        is_noted = ShareLink.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lt=before), pk=link.pk
        ).update(last_used_at=now)
        # Of the pictures of a page, that ask all at once, one begins the visit.
        if is_noted and link_visits.begins_visit(link.last_used_at, now):
            link_visits.note_opening(link)


def _held_links(request: HttpRequest) -> tuple[ShareLink, ...]:
    entries = _read_cookie(request)
    if not entries:
        return ()
    links = _links_with_sections([key for key, _epoch, _proof in entries])
    return tuple(
        links[key]
        for key, epoch, proof in entries
        if key in links and (links[key].epoch, _pin_proof(links[key])) == (epoch, proof)
    )


def _links_with_sections(keys: list[int]) -> dict[int, ShareLink]:
    """Links by primary key. Few hang on another or are limited to sections, so that for most one
    query is enough.
    """
    # Every picture's request asks this, and writing the same SQL anew cost more than its answer.
    sql = LINKS_WITH_LIMITS.format(
        link=ShareLink._meta.db_table,
        limit=ShareLink.sections.through._meta.db_table,
        consent=Consent._meta.db_table,
        keys=", ".join(["%s"] * len(keys)),
    )
    links = {link.pk: link for link in ShareLink.objects.raw(sql, keys)}
    prefetch_related_objects([link for link in links.values() if link.shared_by_id], "shared_by")
    prefetch_related_objects([link for link in links.values() if link.is_limited], "sections")
    for link in links.values():
        if not link.is_limited:
            link._prefetched_objects_cache = {"sections": Section.objects.none()}
    return links


def _read_cookie(request: HttpRequest) -> list[list]:
    try:
        entries = Signer(salt=SALT).unsign_object(
            request.COOKIES.get(settings.LINK_COOKIE_NAME, "")
        )
    except (BadSignature, ValueError):
        return []
    return [entry for entry in entries if len(entry) == 3][:MAX_REMEMBERED]


def _pin_proof(link: ShareLink) -> str:
    """What a cookie must carry of a link's PIN, so that a changed PIN closes every browser."""
    return hashlib.sha256(link.pin_hash.encode()).hexdigest()[:16] if link.pin_hash else ""


def _passed_restrictions(request: HttpRequest) -> frozenset[int]:
    session = getattr(request, "session", {})
    return frozenset(session.get(PageViewRestriction.passed_view_restrictions_session_key, []))
