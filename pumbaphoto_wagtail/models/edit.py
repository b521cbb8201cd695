"""Edited files, and what clients say about them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .access import ShareLink
from .file import StoredFile
from .gallery import Gallery
from .photo import Photo


class EditStatus(models.TextChoices):
    MATCHED = "matched", _("matched")
    UNSELECTED = "unselected", _("matched, but not selected by the client")
    AMBIGUOUS = "ambiguous", _("several originals possible")
    UNMATCHED = "unmatched", _("no original found")
    DOUBTFUL = "doubtful", _("name and picture disagree")
    IGNORED = "ignored", _("ignored")
    AS_IT_IS = "as_it_is", _("delivered as it is")


# Edits that wait for the photographer's decision.
UNDECIDED_STATUSES = (EditStatus.AMBIGUOUS, EditStatus.UNMATCHED, EditStatus.DOUBTFUL)


class MatchMethod(models.TextChoices):
    """How an edit found its original."""

    NONE = "", _("not matched")
    EXACT_NAME = "exact", _("same name")
    FOLDER = "folder", _("same name in the same folder")
    STRIPPED_NAME = "stripped", _("same name without its suffix")
    IDENTITY = "identity", _("same capture data")
    VISUAL = "visual", _("same picture")
    BY_HAND = "hand", _("linked by the photographer")


class Edit(models.Model):
    """One edited file: a version within a variant of a photograph, or a gift without one."""

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="edits", verbose_name=_("gallery")
    )
    photo = models.ForeignKey(
        Photo,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="edits",
        verbose_name=_("original"),
    )
    stored_file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, related_name="edits", verbose_name=_("file")
    )
    variant = models.CharField(_("variant"), max_length=50, default="main")
    version = models.PositiveIntegerField(_("version"), default=1)
    method = models.CharField(
        _("matched by"), max_length=10, choices=MatchMethod.choices, blank=True
    )
    confidence = models.FloatField(_("confidence"), default=0.0)
    status = models.CharField(
        _("status"), max_length=10, choices=EditStatus.choices, default=EditStatus.UNMATCHED
    )
    # Why, for people to read: a list of findings, each about one candidate (``delivery.evidence``).
    evidence = models.JSONField(_("evidence"), default=list, blank=True)
    is_chosen = models.BooleanField(
        _("chosen"),
        default=False,
        help_text=_("This version goes to the client, and not the newest of its variant."),
    )
    created_at = models.DateTimeField(_("added at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("edit")
        verbose_name_plural = _("edits")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["gallery", "stored_file"], name="pumba_edit_file_once"),
            models.UniqueConstraint(
                fields=["photo", "variant", "version"],
                condition=Q(photo__isnull=False),
                name="pumba_edit_version_once",
            ),
            models.UniqueConstraint(
                fields=["photo", "variant"],
                condition=Q(photo__isnull=False, is_chosen=True),
                name="pumba_edit_one_chosen",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["matched", "unselected"]) | Q(photo__isnull=False),
                name="pumba_edit_matched_has_photo",
            ),
        ]

    def __str__(self) -> str:
        return str(self.stored_file)


class ChangeRequest(models.Model):
    """A client's "please change this" on a delivered photograph, or on a gift without one."""

    photo = models.ForeignKey(
        Photo,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="change_requests",
        verbose_name=_("photo"),
    )
    edit = models.ForeignKey(
        Edit,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="change_requests",
        verbose_name=_("file without an original"),
    )
    share_link = models.ForeignKey(
        ShareLink,
        on_delete=models.CASCADE,
        related_name="change_requests",
        verbose_name=_("share link"),
    )
    words = models.TextField(_("words"))
    created_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("change request")
        verbose_name_plural = _("change requests")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(photo__isnull=False, edit__isnull=True)
                | Q(photo__isnull=True, edit__isnull=False),
                name="pumba_change_about_one_thing",
            ),
        ]

    def __str__(self) -> str:
        """The name of the file it is about."""
        return f"{self.photo or self.edit}"


class Consent(models.Model):
    """A client's word that a photograph may be shown in the portfolio."""

    photo = models.ForeignKey(
        Photo, on_delete=models.CASCADE, related_name="consents", verbose_name=_("photo")
    )
    share_link = models.ForeignKey(
        ShareLink, on_delete=models.CASCADE, related_name="consents", verbose_name=_("share link")
    )
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "share_link"],
                condition=Q(withdrawn_at__isnull=True),
                name="pumba_consent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.photo}"
