"""What a photographer could write to somebody by hand, ready to be copied into any chat.

It has the words of the e-mail of the same kind, in the recipient's language, and the address of
their link. It is made when it is asked for and kept nowhere.
"""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from ..delivery.selected import counting_picks
from ..exceptions import NothingToSay
from ..mail.composing import plain_words
from ..models import Delivery, Message, MessageKind, ShareLink
from ..proofing.limits import Tally
from ..studio import studio_for

# Not an e-mail of ours: what extra photos cost is a matter between two people.
EXTRAS = "extras"


def ready_message(kind: str, link: ShareLink) -> str:
    """The words for the holder of a link. Raises NothingToSay where there is no reason for them."""
    if kind == EXTRAS:
        return _about_extras(link)
    message = Message(kind=kind, gallery=link.gallery, share_link=link, **subject_of(kind, link))
    return plain_words(message)


def subject_of(kind: str, link: ShareLink) -> dict:
    """What a message of this kind speaks of, as fields of Message: for a delivery the last one,
    told as it was told first.
    """
    if kind != MessageKind.DELIVERED:
        return {}
    delivery = Delivery.objects.filter(gallery=link.gallery_id).order_by("-number").first()
    if delivery is None:
        raise NothingToSay(_("Nothing has been delivered yet."))
    told = delivery.messages.filter(transition__isnull=False).first()
    return {"delivery": delivery, "transition": told.transition if told else None}


def _about_extras(link: ShareLink) -> str:
    gallery, client = link.gallery, link.client
    picks = counting_picks(gallery).filter(selection__share_link=link, is_favourite=True)
    tally = Tally(
        chosen=picks.count(), included=gallery.included, extras_words=gallery.extras_words
    )
    if not tally.extra:
        raise NothingToSay(_("No more photos were chosen than are included."))
    with translation.override((client.language if client else "") or _language(link)):
        words = _(
            "Hello %(client)s, you have chosen %(count)d photos of “%(title)s”: %(limits)s. "
            "If that is fine with you, I edit all of them; otherwise tell me which to leave out."
            "\n\n%(photographer)s"
        )
        return words % {
            "client": link.recipient,
            "count": tally.chosen,
            "title": gallery.title,
            "limits": tally.hint_words,
            "photographer": gallery.owner.get_full_name() or gallery.owner.get_username(),
        }


def _language(link: ShareLink) -> str:
    return studio_for(link.gallery.site).language
