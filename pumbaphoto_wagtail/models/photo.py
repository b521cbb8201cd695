"""Photographs: one original each, whatever files it consists of."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _

from .base import PublicIdentity
from .file import TRUSTED_VERDICTS, Stage, StoredFile
from .gallery import Gallery, Section
from .photo_rendition import PhotoRendition, rendition_of


def gallery_order(prefix: str = "") -> tuple[str | OrderBy, ...]:
    """The order in which a gallery shows photographs, for rows whose photo is at ``prefix``.

    Sections first, then what the photographer placed by hand, then by time and by natural name;
    the primary key makes the order total.
    """
    return (
        F(f"{prefix}section__position").asc(nulls_first=True),
        F(f"{prefix}section_id").asc(nulls_first=True),
        f"{prefix}position",
        F(f"{prefix}ordered_at").asc(nulls_last=True),
        f"{prefix}name_key",
        f"{prefix}pk",
    )


class TimeSource(models.TextChoices):
    """Where the time of a photograph was found."""

    EXIF = "exif", _("camera")
    PATH = "path", _("folder name")
    FILE = "file", _("file")
    NONE = "", _("unknown")


class PhotoQuerySet(models.QuerySet):
    def in_order(self) -> PhotoQuerySet:
        """In the order in which a gallery shows them."""
        return self.order_by(*gallery_order())

    def with_picture(self) -> PhotoQuerySet:
        """Those whose picture was scanned and is ready to be shown."""
        return self.filter(picture__stage=Stage.READY, picture__verdict__in=TRUSTED_VERDICTS)

    def kept(self) -> PhotoQuerySet:
        """Those that were not deleted. What is deleted can be brought back for a while."""
        return self.filter(deleted_at__isnull=True)


class Photo(PublicIdentity, models.Model):
    """One original: a frame, as a RAW, as a picture or as both.

    ``picture`` is the file that its renditions are made from: the current JPEG where there is one,
    the RAW otherwise. ``taken_at`` is what the camera said and is never rewritten; ``ordered_at``
    is the same moment with the camera's clock put right. ``width`` and ``height`` are pixels of
    the upright picture.
    """

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="photos", verbose_name=_("gallery")
    )
    section = models.ForeignKey(
        Section,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="photos",
        verbose_name=_("section"),
    )
    picture = models.ForeignKey(
        StoredFile,
        on_delete=models.PROTECT,
        null=True,
        related_name="pictured_photos",
        verbose_name=_("picture"),
    )
    name = models.CharField(_("file name"), max_length=255)
    name_key = models.CharField(_("natural order of the name"), max_length=600, editable=False)
    folder = models.CharField(_("folder"), max_length=1024, blank=True)
    frame_key = models.CharField(_("frame"), max_length=64, editable=False)
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    taken_at_source = models.CharField(
        _("time found in"), max_length=4, choices=TimeSource.choices, blank=True
    )
    taken_at_offset_minutes = models.SmallIntegerField(
        _("camera's time zone, in minutes east of UTC"), null=True, blank=True
    )
    # Set by hand, on top of the camera's clock.
    time_shift = models.DurationField(_("time added by hand"), null=True, blank=True)
    ordered_at = models.DateTimeField(_("ordered at"), null=True, blank=True)
    camera = models.CharField(_("camera"), max_length=255, blank=True)
    lens = models.CharField(_("lens"), max_length=255, blank=True)
    serial = models.CharField(_("camera serial number"), max_length=255, blank=True)
    exposure = models.CharField(_("exposure"), max_length=255, blank=True)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    average_colour = models.CharField(_("average colour"), max_length=7, blank=True)
    perceptual_hash = models.CharField(_("visual hash"), max_length=16, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_shown = models.BooleanField(_("shown"), default=True)
    is_hidden = models.BooleanField(_("hidden"), default=False)
    is_couple_only = models.BooleanField(_("for the couple only"), default=False)
    # Deleted, and not yet gone: hidden from everybody until it goes or is brought back.
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    was_hidden = models.BooleanField(_("hidden before"), default=False, editable=False)
    created_at = models.DateTimeField(_("added at"), auto_now_add=True)

    objects = PhotoQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        indexes = [
            models.Index(fields=["gallery", "position", "ordered_at"], name="pumba_photo_order"),
            models.Index(
                fields=["deleted_at"],
                condition=Q(deleted_at__isnull=False),
                name="pumba_photo_deleted",
            ),
        ]
        constraints = [
            # Two workers that meet the RAW and the JPEG of one frame cannot make two photos of it.
            models.UniqueConstraint(fields=["gallery", "frame_key"], name="pumba_photo_frame_once"),
            # Whoever asks for what is not hidden never meets what was deleted.
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(is_hidden=True),
                name="pumba_photo_deleted_is_hidden",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_rendition(self, specification: Any) -> PhotoRendition:
        """What Wagtail's ``{% image %}`` shows of this photograph; see :mod:`photo_rendition`.

        ``specification`` is a text such as "max-800x800", or a ``wagtail.images.models.Filter``.
        """
        return rendition_of(self, getattr(specification, "spec", specification))

    def get_renditions(self, *specifications: Any) -> dict[str, PhotoRendition]:
        """As :meth:`get_rendition`, by specification, for ``{% srcset_image %}``."""
        specs = [getattr(one, "spec", one) for one in specifications]
        return {spec: rendition_of(self, spec) for spec in specs}


class FileRole(models.TextChoices):
    RAW = "raw", _("RAW")
    PICTURE = "jpeg", _("picture")


class PhotoFile(models.Model):
    """A file of a photograph: its role, and its version where it was exported again."""

    photo = models.ForeignKey(
        Photo, on_delete=models.CASCADE, related_name="files", verbose_name=_("photo")
    )
    stored_file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, related_name="photo_files", verbose_name=_("file")
    )
    role = models.CharField(_("role"), max_length=4, choices=FileRole.choices)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_current = models.BooleanField(_("current"), default=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("file of a photo")
        verbose_name_plural = _("files of a photo")
        ordering = ["photo", "role", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "role", "version"], name="pumba_photo_file_version"
            ),
            models.UniqueConstraint(
                fields=["photo", "role"],
                condition=Q(is_current=True),
                name="pumba_photo_file_one_current",
            ),
            models.UniqueConstraint(fields=["photo", "stored_file"], name="pumba_photo_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.photo} {self.role} {self.version}"
