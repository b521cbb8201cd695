"""Bytes: one row for each file, wherever it is used."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection

from .base import Leased, LeaseQuerySet, PublicIdentity


class Stage(models.TextChoices):
    """How far a file has come."""

    RECEIVED = "received", _("received")
    SCANNING = "scanning", _("being scanned")
    WAITING = "waiting", _("waiting for the virus scanner")
    BLOCKED = "blocked", _("not scanned")
    INFECTED = "infected", _("infected")
    CLEAN = "clean", _("scanned")
    RENDERING = "rendering", _("being rendered")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")
    MISSING = "missing", _("missing")
    # The record of a quarantined file whose bytes were deleted.
    DELETED = "deleted", _("deleted")


class Verdict(models.TextChoices):
    """What is known about viruses in exactly these bytes."""

    NONE = "", _("not scanned")
    CLEAN = "clean", _("clean")
    INFECTED = "infected", _("infected")
    NOT_SCANNED_DEMO = "demo", _("not scanned (demo)")


# Verdicts with which a file may be decoded and shown; "demo" can only be recorded with DEBUG.
TRUSTED_VERDICTS = (Verdict.CLEAN, Verdict.NOT_SCANNED_DEMO)

# Stages in which somebody has already opened the file, so that a trusted verdict must exist.
OPENED_STAGES = (Stage.CLEAN, Stage.RENDERING, Stage.READY)

# Stages from which nothing moves by itself any more.
SETTLED_STAGES = (
    Stage.BLOCKED,
    Stage.INFECTED,
    Stage.READY,
    Stage.FAILED,
    Stage.MISSING,
    Stage.DELETED,
)


# Some kilobytes a row that only matching reads: long lists of files leave them in the database.
_FOR_MATCHING = ("identity", "visual_key")


def for_matching_only(prefix: str) -> tuple[str, ...]:
    """What long lists should ``defer`` of the files that ``prefix`` leads to."""
    return tuple(f"{prefix}__{name}" for name in _FOR_MATCHING)


# The SHA-256 of a file in a library that no worker has read yet.
UNREAD = ""


class StoredFileQuerySet(LeaseQuerySet):
    def trusted(self) -> StoredFileQuerySet:
        """Files that may be decoded, shown and sent."""
        return self.filter(verdict__in=TRUSTED_VERDICTS)

    def ready(self) -> StoredFileQuerySet:
        """Files with pictures to show."""
        return self.trusted().filter(stage=Stage.READY)


class StoredFile(PublicIdentity, Leased):
    """One file's bytes: where they are, what they are, and how far they have come.

    Photographs, edits and renditions point here. ``storage`` and ``name`` are the one place where
    the bytes are; a copy elsewhere exists only while a :class:`FileMove` is open.
    """

    collection = models.ForeignKey(
        Collection, on_delete=models.PROTECT, related_name="+", verbose_name=_("collection")
    )
    storage = models.CharField(_("storage"), max_length=100)
    name = models.CharField(_("name in the storage"), max_length=500)
    is_owned = models.BooleanField(
        _("owned"),
        default=True,
        help_text=_("No: the file lies in the photographer's library and is only read."),
    )
    original_name = models.CharField(_("file name"), max_length=255)
    relative_path = models.CharField(_("folder"), max_length=1024, blank=True)
    format = models.CharField(_("format"), max_length=8, blank=True)
    size = models.BigIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    crc32 = models.BigIntegerField("CRC-32")
    stage = models.CharField(
        _("stage"), max_length=10, choices=Stage.choices, default=Stage.RECEIVED
    )
    stage_changed_at = models.DateTimeField(_("stage changed at"), auto_now_add=True)
    verdict = models.CharField(
        _("virus scan"), max_length=10, choices=Verdict.choices, default=Verdict.NONE, blank=True
    )
    virus_name = models.CharField(_("virus"), max_length=255, blank=True)
    scanner_version = models.CharField(_("scanner and signatures"), max_length=255, blank=True)
    scanned_at = models.DateTimeField(_("scanned at"), null=True, blank=True)
    scan_attempts = models.PositiveSmallIntegerField(_("scan attempts"), default=0)
    render_attempts = models.PositiveSmallIntegerField(_("rendering attempts"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    # Asked for while the file stays ready: its present renditions are shown until others are there.
    render_requested_at = models.DateTimeField(
        _("new renditions asked for at"), null=True, blank=True, editable=False
    )
    # Measured, as it was the last time.
    scan_seconds = models.FloatField(_("seconds of scanning"), null=True, blank=True)
    render_seconds = models.FloatField(_("seconds of rendering"), null=True, blank=True)
    # Turned by hand after the camera's own orientation: 0, 90, 180 or 270 degrees clockwise.
    turned = models.PositiveSmallIntegerField(_("turned clockwise, in degrees"), default=0)
    reason = models.TextField(_("reason"), blank=True)
    # What the file says of where it comes from, by which an edit finds its original; the keys are
    # those of ``intake.identity``.
    identity = models.JSONField(_("what the file says of itself"), default=dict, editable=False)
    # What its picture looks like, as ``delivery.visual`` compares it; empty while unknown.
    visual_key = models.TextField(_("looks"), blank=True, editable=False)
    # Fetched back from cold storage by itself, and not to be moved there again before.
    hot_until = models.DateTimeField(_("kept at hand until"), null=True, blank=True)
    # Every byte was read and found right, by a scrub or a whole inspection; null for not yet.
    proved_at = models.DateTimeField(
        _("last proved whole at"), null=True, blank=True, editable=False
    )
    is_damaged = models.BooleanField(_("damaged"), default=False)
    created_at = models.DateTimeField(_("stored at"), auto_now_add=True)

    objects = StoredFileQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(fields=["stage", "retry_at"], name="pumba_file_stage"),
            models.Index(
                fields=["render_requested_at"],
                condition=Q(render_requested_at__isnull=False),
                name="pumba_file_render_asked",
            ),
            models.Index(fields=["proved_at"], name="pumba_file_proved"),
            # Few of millions, and asked for every minute.
            models.Index(
                fields=["lease_until"],
                condition=Q(lease_until__isnull=False),
                name="pumba_file_in_hands",
            ),
            models.Index(
                fields=["verdict"],
                condition=Q(verdict=Verdict.NOT_SCANNED_DEMO),
                name="pumba_file_unscanned",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["storage", "name"], name="pumba_file_one_place"),
            # Invariant I2 in the database itself: nobody opens what was not scanned.
            models.CheckConstraint(
                condition=~Q(stage__in=OPENED_STAGES) | Q(verdict__in=TRUSTED_VERDICTS),
                name="pumba_file_opened_is_scanned",
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.INFECTED) | Q(verdict=Verdict.INFECTED),
                name="pumba_file_infected_has_verdict",
            ),
            models.CheckConstraint(
                condition=Q(turned__in=[0, 90, 180, 270]), name="pumba_file_turned_by_quarters"
            ),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_trusted(self) -> bool:
        """Whether these bytes may be decoded, shown and sent."""
        return self.verdict in TRUSTED_VERDICTS


class FileMove(models.Model):
    """A file on its way from one storage to another: the only time a second copy may exist.

    ``to_storage`` and ``to_name`` are the place of that second copy: first where it is made, and
    once the file's row names it, where the file came from.
    """

    stored_file = models.OneToOneField(
        StoredFile, on_delete=models.CASCADE, related_name="move", verbose_name=_("file")
    )
    to_storage = models.CharField(_("to storage"), max_length=100)
    to_name = models.CharField(_("to name"), max_length=500)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("file move")
        verbose_name_plural = _("file moves")

    def __str__(self) -> str:
        return f"{self.stored_file_id} → {self.to_storage}"


# What addresses of pictures are made of: so many characters of the digest, and endings by format.
DIGEST_LENGTH = 16
EXTENSIONS = {"jpeg": "jpg", "avif": "avif", "webp": "webp"}
# What stands for the digest of a picture that nobody has made yet.
AWAITED = "0" * DIGEST_LENGTH


class Rendition(models.Model):
    """A picture derived from a file, one for each tier and recipe.

    The recipe is part of the identity, so that a clean and a watermarked picture live side by side.
    """

    stored_file = models.ForeignKey(
        StoredFile, on_delete=models.CASCADE, related_name="renditions", verbose_name=_("file")
    )
    tier = models.CharField(_("tier"), max_length=20)
    format = models.CharField(_("format"), max_length=8, default="jpeg")
    recipe = models.CharField(_("recipe"), max_length=64)
    # The mark that is drawn into it, as of Gallery.watermark_key; empty for a clean one.
    watermark = models.CharField(_("watermark"), max_length=64, blank=True)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    size = models.BigIntegerField(_("size in bytes"))
    digest = models.CharField("SHA-256", max_length=64)
    # Unknown of those that were made before a ZIP could hold them.
    crc32 = models.BigIntegerField("CRC-32", null=True)
    storage = models.CharField(_("storage"), max_length=100)
    name = models.CharField(_("name in the storage"), max_length=500)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    # Its bytes were given up to save space, and are made again when somebody asks for them.
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints = [
            models.UniqueConstraint(
                fields=["stored_file", "tier", "format", "recipe"], name="pumba_rendition_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stored_file_id} {self.tier} {self.width}×{self.height}"
