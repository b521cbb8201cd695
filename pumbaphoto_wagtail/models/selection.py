"""What a recipient picked."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .access import ShareLink
from .photo import Photo


class SelectionList(models.TextChoices):
    """What is being chosen for. With one list the client never sees the word."""

    TO_EDIT = "to_edit", _("To edit")
    ALBUM = "album", _("Album")
    PRINTS = "prints", _("Prints")


class Selection(models.Model):
    """What one recipient picked for one list in one round; frozen once it is submitted."""

    share_link = models.ForeignKey(
        ShareLink, on_delete=models.PROTECT, related_name="selections", verbose_name=_("share link")
    )
    list = models.CharField(
        _("list"), max_length=10, choices=SelectionList.choices, default=SelectionList.TO_EDIT
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("submitted by the photographer"),
        help_text=_("Empty: the client submitted."),
    )
    opened_at = models.DateTimeField(_("opened by the photographer at"), null=True, blank=True)
    created_at = models.DateTimeField(_("begun at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("selection")
        verbose_name_plural = _("selections")
        ordering = ["share_link", "list", "round"]
        constraints = [
            models.UniqueConstraint(
                fields=["share_link", "list", "round"], name="pumba_selection_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share_link} · {self.get_list_display()} · {self.round}"

    @property
    def is_submitted(self) -> bool:
        return self.submitted_at is not None


class Pick(models.Model):
    """One photo's heart and note in a selection; a note may stand without a heart."""

    selection = models.ForeignKey(
        Selection, on_delete=models.CASCADE, related_name="picks", verbose_name=_("selection")
    )
    photo = models.ForeignKey(
        Photo, on_delete=models.PROTECT, related_name="picks", verbose_name=_("photo")
    )
    is_favourite = models.BooleanField(_("favourite"), default=False)
    note = models.TextField(_("note"), blank=True)
    picked_at = models.DateTimeField(_("picked at"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("pick")
        verbose_name_plural = _("picks")
        constraints = [
            models.UniqueConstraint(fields=["selection", "photo"], name="pumba_pick_once"),
            models.CheckConstraint(
                condition=Q(is_favourite=True) | ~Q(note=""), name="pumba_pick_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.photo}{' ♥' if self.is_favourite else ''}"
