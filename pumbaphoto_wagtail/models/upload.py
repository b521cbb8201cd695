"""Files on their way in: the announced batch, and each file's progress."""

from __future__ import annotations

import uuid

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Leased, LeaseQuerySet, PublicIdentity
from .file import StoredFile
from .gallery import Gallery


class Purpose(models.TextChoices):
    ORIGINAL = "original", _("originals")
    EDIT = "edit", _("edits")
    WATERMARK = "watermark", _("watermark")


class SameName(models.TextChoices):
    """What the photographer decided about files that look like photos exported again."""

    UNDECIDED = "", _("not decided")
    REPLACE = "replace", _("replace")
    KEEP_BOTH = "keep", _("keep both")
    SKIP = "skip", _("skip")


class UploadBatch(PublicIdentity, models.Model):
    """What a photographer announced in one go. Its uploads are the manifest, and must add up:
    accepted + refused + duplicate + abandoned = announced.
    """

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="upload_batches", verbose_name=_("gallery")
    )
    uploader = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=Purpose.choices, default=Purpose.ORIGINAL
    )
    same_name = models.CharField(
        _("photos exported again"),
        max_length=8,
        choices=SameName.choices,
        default=SameName.UNDECIDED,
        blank=True,
    )
    created_at = models.DateTimeField(_("announced at"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True, editable=False)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("upload batch")
        verbose_name_plural = _("upload batches")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.gallery} · {self.get_purpose_display()} · {self.created_at:%Y-%m-%d %H:%M}"


class UploadState(models.TextChoices):
    ANNOUNCED = "announced", _("announced")
    UPLOADING = "uploading", _("uploading")
    RECEIVED = "received", _("received")
    # Scanned, and held: the same frame is in the gallery with other bytes, and nobody has said yet
    # whether to replace it.
    ASKED = "asked", _("needs your decision")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    DUPLICATE = "duplicate", _("already there")
    ABANDONED = "abandoned", _("abandoned")


# Every announced file ends in exactly one of these.
FINAL_UPLOAD_STATES = (
    UploadState.ACCEPTED,
    UploadState.REFUSED,
    UploadState.DUPLICATE,
    UploadState.ABANDONED,
)
UNFINISHED_UPLOAD_STATES = tuple(state for state in UploadState if state not in FINAL_UPLOAD_STATES)


class Upload(PublicIdentity, Leased):
    """One announced file, received in pieces (tus 1.0).

    ``durable_offset`` counts the bytes that were synchronised to the storage and is the only
    offset ever told to a client. ``lease_generation`` fences a writer that was overtaken.
    """

    batch = models.ForeignKey(
        UploadBatch, on_delete=models.CASCADE, related_name="uploads", verbose_name=_("batch")
    )
    client_key = models.UUIDField(_("client's key"), default=uuid.uuid4)
    file_name = models.CharField(_("file name"), max_length=255)
    announced_name = models.CharField(_("name as announced"), max_length=1024, blank=True)
    relative_path = models.CharField(_("folder"), max_length=1024, blank=True)
    last_modified = models.DateTimeField(_("last modified"), null=True, blank=True)
    length = models.BigIntegerField(_("size in bytes"))
    durable_offset = models.BigIntegerField(_("bytes received"), default=0)
    claimed_sha256 = models.CharField(_("SHA-256 by the client"), max_length=64, blank=True)
    metadata = models.TextField(_("tus metadata"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=UploadState.choices, default=UploadState.ANNOUNCED
    )
    is_same_name = models.BooleanField(_("name of a photo that is there"), default=False)
    reason = models.TextField(_("reason"), blank=True)
    lease_generation = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    stored_file = models.ForeignKey(
        StoredFile,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("file"),
    )
    created_at = models.DateTimeField(_("announced at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("received at"), null=True, blank=True)

    objects = LeaseQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["state", "expires_at"], name="pumba_upload_state"),
            # Whether a batch is settled is asked at the end of each of its 5,000 files.
            models.Index(fields=["batch", "state"], name="pumba_upload_batch_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "client_key"], name="pumba_upload_key_once"),
            models.CheckConstraint(
                condition=models.Q(durable_offset__gte=0)
                & models.Q(durable_offset__lte=models.F("length")),
                name="pumba_upload_offset_in_length",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
