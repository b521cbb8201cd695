"""What was sent to a client, frozen."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import PublicIdentity
from .edit import Edit
from .file import StoredFile
from .gallery import Gallery
from .photo import Photo


class Delivery(PublicIdentity, models.Model):
    """One sending: which files, when, by whom, with which words."""

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("gallery")
    )
    number = models.PositiveIntegerField(_("number"))
    sent_at = models.DateTimeField(_("sent at"), auto_now_add=True)
    actor = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("sent by"),
    )
    words = models.TextField(_("words to the client"), blank=True)
    # A PDF as it was sent, a few dozen kilobytes: frozen with the delivery, and in no folder.
    print_release = models.BinaryField(_("print release"), null=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["gallery", "number"]
        constraints = [
            models.UniqueConstraint(fields=["gallery", "number"], name="pumba_delivery_number"),
        ]

    def __str__(self) -> str:
        return _("Delivery %(number)d of %(gallery)s") % {
            "number": self.number,
            "gallery": self.gallery,
        }


class DeliveryItem(PublicIdentity, models.Model):
    """One delivered file, with what a ZIP needs to know of it frozen at the time."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="items", verbose_name=_("delivery")
    )
    stored_file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, related_name="delivery_items", verbose_name=_("file")
    )
    edit = models.ForeignKey(
        Edit, on_delete=models.PROTECT, null=True, blank=True, related_name="delivery_items"
    )
    photo = models.ForeignKey(
        Photo, on_delete=models.PROTECT, null=True, blank=True, related_name="delivery_items"
    )
    folder = models.CharField(_("folder in the ZIP"), max_length=255, blank=True)
    member_name = models.CharField(_("name in the ZIP"), max_length=255)
    # When the picture was taken, with the camera's clock put right.
    file_time = models.DateTimeField(_("time of the file"), null=True, blank=True)
    size = models.BigIntegerField(_("size in bytes"))
    crc32 = models.BigIntegerField("CRC-32")
    sha256 = models.CharField("SHA-256", max_length=64)
    position = models.PositiveIntegerField(_("position"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("delivered file")
        verbose_name_plural = _("delivered files")
        ordering = ["delivery", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "folder", "member_name"], name="pumba_delivery_item_name"
            ),
            models.UniqueConstraint(
                fields=["delivery", "stored_file"], name="pumba_delivery_item_file"
            ),
        ]

    def __str__(self) -> str:
        return self.member_name
