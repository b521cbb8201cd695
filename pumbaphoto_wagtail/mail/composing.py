"""From a row of the outbox to an e-mail: to whom, from whom, in which language."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message as MimeMessage
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives
from django.utils import translation

from ..models import Message
from ..studio import Studio, studio_for
from .contexts import CLIENT_KINDS, context_of, writer_of
from .letters import Letter, words_of, write_letter
from .logos import logo_part, logo_png
from .own_words import own_words_for


class StudioEmail(EmailMultiAlternatives):
    """An e-mail whose attachments are the pictures that its HTML shows."""

    def message(self, *args, **kwargs) -> MimeMessage:
        # RFC 2387: of "mixed" parts, mail programs show the logo a second time below the letter.
        made = super().message(*args, **kwargs)
        if self.attachments:
            made.set_type("multipart/related")
        return made


def compose(message: Message) -> EmailMultiAlternatives:
    """The e-mail of an outbox row.

    Raises NothingToSay if there is no reason for it any more, LookupError if there is nobody to
    write to or what it speaks of is gone.
    """
    address = _address(message)
    if not address:
        raise LookupError("no e-mail address")
    site = message.about_site
    studio = studio_for(site)
    domain = urlsplit(site.root_url).hostname or "localhost"
    language = _language(message, studio)
    with translation.override(language):
        context = context_of(message, studio)
        own = own_words_for(message.gallery, message.kind, language)
        email = with_logo(
            studio,
            f"logo-{message.uuid}@{domain}",
            lambda logo: email_of(
                write_letter(message.kind, context, studio, own=own, logo_address=logo),
                studio,
                to=address,
            ),
        )
    writer = writer_of(message)
    if message.kind in CLIENT_KINDS and writer is not None and writer.email:
        email.reply_to = [writer.email]
    email.extra_headers["Message-ID"] = f"<{message.uuid}@{domain}>"
    return email


def with_logo(
    studio: Studio, content_id: str, make: Callable[[str], EmailMultiAlternatives]
) -> EmailMultiAlternatives:
    """The e-mail that ``make`` writes when it is told the logo's address, with the logo in it."""
    png = logo_png(studio.logo)
    email = make(f"cid:{content_id}" if png else "")
    if png:
        email.attach(logo_part(png, content_id))
    return email


def email_of(letter: Letter, studio: Studio, *, to: str) -> EmailMultiAlternatives:
    """A letter as an e-mail of the studio, without headers of its own."""
    email = StudioEmail(
        subject=letter.subject, body=letter.text, from_email=studio.from_email, to=[to]
    )
    email.attach_alternative(letter.html, "text/html")
    return email


def plain_words(message: Message) -> str:
    """What a message to a client says, as one would write it into a chat: the words, and the
    address. Raises what :func:`compose` raises, though not for want of an e-mail address.
    """
    studio = studio_for(message.about_site)
    language = _language(message, studio)
    with translation.override(language):
        context = context_of(message, studio)
        own = own_words_for(message.gallery, message.kind, language)
        return f"{words_of(message.kind, context, own)}\n\n{context['address']}\n"


def _address(message: Message) -> str:
    if message.recipient is not None:
        return message.recipient.email
    if message.share_link is not None:
        return message.share_link.email
    return ""


def _language(message: Message, studio: Studio) -> str:
    """The recipient's own; the studio's, for clients of whom none is known."""
    if message.recipient is not None:
        profile = getattr(message.recipient, "wagtail_userprofile", None)
        is_visitor = message.kind in CLIENT_KINDS
        otherwise = studio.language if is_visitor else django_settings.LANGUAGE_CODE
        return getattr(profile, "preferred_language", "") or otherwise
    client = message.share_link.client if message.share_link else None
    return (client.language if client else "") or studio.language
