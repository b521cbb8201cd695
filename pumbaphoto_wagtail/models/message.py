"""The outbox: e-mails that are owed."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site

from .access import AccessRequest, ShareLink
from .base import Leased, LeaseQuerySet, PublicIdentity
from .delivery import Delivery
from .gallery import Gallery, Transition
from .selection import Selection
from .upload import UploadBatch


class MessageKind(models.TextChoices):
    UPLOAD_SETTLED = "upload_settled", _("upload finished")
    LINK = "link", _("share link")
    SELECTION_SUBMITTED = "submitted", _("selection submitted")
    RECEIPT = "receipt", _("receipt for a selection")
    DELIVERED = "delivered", _("edits delivered")
    NEW_PHOTOS = "new_photos", _("more photos to choose from")
    CHANGE_ASKED = "change_asked", _("change asked")
    PHOTOS_ASKED = "photos_asked", _("photos of a closed gallery asked for")
    ARCHIVE_SUGGESTED = "archive_suggested", _("archiving suggested")
    ARCHIVE_ANNOUNCED = "archive_announced", _("archiving announced")
    RESTORED = "restored", _("photos restored")
    DUE_SOON = "due_soon", _("due date is near")
    LINK_EXPIRING = "link_expiring", _("share link ends soon")
    FILES_MISSING = "files_missing", _("files missing")
    ACCESS_ASKED = "access_asked", _("access asked for")
    ACCESS_GRANTED = "access_granted", _("access granted")


# What is not about one gallery, but about a studio's site or one of its index pages.
ABOUT_NO_GALLERY = (
    MessageKind.FILES_MISSING,
    MessageKind.ACCESS_ASKED,
    MessageKind.ACCESS_GRANTED,
)


class Message(PublicIdentity, Leased):
    """One e-mail. The row holds whom and about what; the text is made when it is sent.

    ``key`` is unique: whatever happens twice still owes one message. ``uuid`` becomes its
    Message-ID, so that a repeat after a crash can be recognised as one.
    """

    key = models.CharField(_("key"), max_length=255, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=MessageKind.choices)
    gallery = models.ForeignKey(
        Gallery,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("gallery"),
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("site"),
        help_text=_("Of what is not about one gallery."),
    )
    access_request = models.ForeignKey(
        AccessRequest,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("request for access"),
    )
    recipient = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("to the photographer"),
    )
    share_link = models.ForeignKey(
        ShareLink,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("to the holder of"),
    )
    transition = models.ForeignKey(
        Transition, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    selection = models.ForeignKey(
        Selection, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    batch = models.ForeignKey(
        UploadBatch, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = LeaseQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["retry_at"],
                condition=Q(sent_at__isnull=True, failed_at__isnull=True),
                name="pumba_message_owed",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) | Q(share_link__isnull=False),
                name="pumba_message_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(gallery__isnull=False)
                | Q(site__isnull=False, kind__in=ABOUT_NO_GALLERY),
                name="pumba_message_about_something",
            ),
        ]

    @property
    def about_site(self) -> Site:
        """The site whose studio writes it."""
        return self.gallery.site if self.gallery is not None else self.site

    def __str__(self) -> str:
        return self.get_kind_display()
