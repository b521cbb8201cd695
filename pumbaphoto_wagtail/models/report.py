"""What is kept for reports: how links were used, and what the last look through the files found."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .access import ShareLink


class LinkVisit(models.Model):
    """One day on which a share link was used: how often, and from when to when. No addresses."""

    share_link = models.ForeignKey(
        ShareLink, on_delete=models.CASCADE, related_name="visits", verbose_name=_("share link")
    )
    day = models.DateField(_("day"))
    opened = models.PositiveIntegerField(_("opened"), default=0)
    downloads = models.PositiveIntegerField(_("downloads"), default=0)
    first_at = models.DateTimeField(_("first at"))
    last_at = models.DateTimeField(_("last at"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-day", "-last_at"]
        constraints = [
            models.UniqueConstraint(fields=["share_link", "day"], name="pumba_visit_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.share_link} · {self.day}"


class InspectionScope(models.TextChoices):
    """How far a look through the files goes."""

    WHOLE = "whole", _("everything, every byte")
    QUICK = "quick", _("everything, sizes only")
    SCRUB = "scrub", _("the files longest not read")


class Inspection(models.Model):
    """One run of ``pumbaphoto_verify``, or of the scrub: what was looked at, and what is wrong.

    ``counts`` is the number of things looked at by what they are, and under ``gallery`` its UUID
    if only one was looked at. ``findings`` is a list of ``{"invariant", "severity", "subject",
    "words", "hint", "file"}``, of which the first thousand are kept, ``finding_count`` how many
    there were. A run without ``finished_at`` is under way, or was cut off. A scrub's ``counts``
    hold under ``share`` how many bytes it is to read, and its findings are what is still wrong of
    earlier nights as well.
    """

    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    scope = models.CharField(
        _("scope"),
        max_length=5,
        choices=InspectionScope.choices,
        default=InspectionScope.WHOLE,
    )
    reads_bytes = models.BooleanField(_("every byte was read"), default=False)
    counts = models.JSONField(_("looked at"), default=dict)
    findings = models.JSONField(_("findings"), default=list)
    finding_count = models.PositiveIntegerField(_("number of findings"), default=0)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return str(self.started_at)


class WorkerHost(models.Model):
    """A machine whose workers were seen at work for one queue cluster, and when last."""

    name = models.CharField(_("host name"), max_length=255)
    cluster = models.CharField(_("queue cluster"), max_length=100)
    # Of the package, so that a machine that was forgotten at an upgrade shows.
    version = models.CharField(_("version"), max_length=40)
    seen_at = models.DateTimeField(_("last seen at"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("worker host")
        verbose_name_plural = _("worker hosts")
        ordering = ["name", "cluster"]
        constraints = [
            models.UniqueConstraint(fields=["name", "cluster"], name="pumba_worker_host_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.cluster}"
