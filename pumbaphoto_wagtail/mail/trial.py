"""A test of a studio's own words: the e-mail as a client would get it, to whoever wrote them."""

from __future__ import annotations

import logging

from django.contrib.auth import get_user_model
from django.utils import translation
from wagtail.models import Site

from ..models import Gallery, MailTemplate
from ..studio import studio_for
from .composing import email_of, with_logo
from .letters import write_letter
from .samples import sample_context

logger = logging.getLogger(__name__)


def send_test_letter(own_id: int, user_id: int) -> bool:
    """Send the words to a user, about people who do not exist; True if the mail server took it.

    Tried once: whoever waits for a test asks for another.
    """
    own = MailTemplate.objects.filter(pk=own_id).select_related("collection").first()
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if own is None or user is None or not user.email:
        return False
    site = _site_of(own)
    studio = studio_for(site)
    with translation.override(own.language or studio.language):
        context = sample_context(
            own.kind,
            studio,
            site=site,
            photographer=user.get_full_name() or user.get_username(),
        )
        email = with_logo(
            studio,
            f"logo-test-{own.pk}@{site.hostname}",
            lambda address: email_of(
                write_letter(own.kind, context, studio, own=own, logo_address=address),
                studio,
                to=user.email,
            ),
        )
    try:
        email.send()
    except Exception as error:  # the site's own mail backend
        logger.error("the test of e-mail text %s was not sent: %s", own.pk, type(error).__name__)
        return False
    return True


def _site_of(own: MailTemplate) -> Site:
    last = Gallery.objects.filter(collection=own.collection).select_related("site").order_by("-pk")
    gallery = last.first()
    return gallery.site if gallery else Site.objects.order_by("-is_default_site", "pk").first()
