"""The photographer's own folders: what lies there, which galleries it made, and how scans went.

Originals stay where they are and are only read (``StoredFile.is_owned`` is False), unless a
library says that they are taken in.
"""

from __future__ import annotations

import swapper
from django.conf import settings as django_settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection, CollectionMember, Site
from wagtail.models.media import get_root_collection_id

from .base import Leased, LeaseQuerySet, PublicIdentity
from .file import StoredFile
from .gallery import Gallery
from .photo import Photo


class Library(CollectionMember, PublicIdentity):
    """A folder of a storage that is only read, and how its folders become galleries.

    ``patterns`` has one ``category: regular expression`` a line, of which the first that matches a
    whole path decides; without any, each folder with photographs is a gallery. ``ignores`` has one
    regular expression a line. See ``intake.folder_patterns`` for what they may capture.
    """

    collection = models.ForeignKey(
        Collection,
        on_delete=models.PROTECT,
        related_name="+",
        default=get_root_collection_id,
        verbose_name=_("collection"),
    )
    title = models.CharField(_("title"), max_length=255)
    storage = models.CharField(
        _("storage"), max_length=100, help_text=_("One of those that the server opens for this.")
    )
    folder = models.CharField(
        _("folder"), max_length=1024, blank=True, help_text=_("None: everything that lies there.")
    )
    patterns = models.TextField(
        _("patterns"),
        blank=True,
        help_text=_("None: each folder with photos is a gallery, named as the folder."),
    )
    ignores = models.TextField(_("to be left out"), blank=True)
    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("photographer"),
    )
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="+", verbose_name=_("site")
    )
    index_page = models.ForeignKey(
        swapper.get_model_name("wagtailcore", "Page"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page above the galleries"),
        help_text=_("None: the galleries get no pages until they are given some."),
    )
    takes_in = models.BooleanField(
        _("take the files in"),
        default=False,
        help_text=_("Copied to where uploads are kept. Otherwise they stay where they are."),
    )
    missing_percent = models.PositiveSmallIntegerField(
        _("percent of files that may be missing"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("If more are gone at once, a scan stops and changes nothing."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    search_fields = [*CollectionMember.search_fields]
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("library")
        verbose_name_plural = _("libraries")
        ordering = ["title", "pk"]
        permissions = [("scan_library", _("Can scan libraries"))]

    def __str__(self) -> str:
        return self.title


class LibraryFolder(PublicIdentity):
    """One folder of a library that became a gallery, in one category.

    ``path`` is below the library's own folder, as the storage spells it, and ``path_key`` its
    SHA-256, since long paths cannot be unique in every database. A folder that was renamed keeps
    its row, and with it the gallery, its policies, picks and edits.
    """

    library = models.ForeignKey(
        Library, on_delete=models.CASCADE, related_name="folders", verbose_name=_("library")
    )
    category = models.CharField(_("category"), max_length=255, blank=True)
    path = models.TextField(_("folder"))
    path_key = models.CharField(max_length=64, editable=False)
    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="library_folders", verbose_name=_("gallery")
    )
    missing_since = models.DateTimeField(_("missing since"), null=True, blank=True)
    created_at = models.DateTimeField(_("found at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("folder of a library")
        verbose_name_plural = _("folders of libraries")
        ordering = ["path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["library", "category", "path_key"], name="pumba_library_folder_once"
            ),
        ]

    def __str__(self) -> str:
        return self.path


class LibraryFile(models.Model):
    """One file of a library that a gallery was given: by a scan of its folder, or picked by hand.

    ``path`` is below the library's own folder, as the storage spells it. ``size`` and
    ``modified_at`` are what the storage said when its bytes were read: a file for which both are
    unchanged is not read again. ``photo`` is None until it was scanned for viruses, and where no
    photograph could be made of it.
    """

    library = models.ForeignKey(
        Library, on_delete=models.CASCADE, related_name="files", verbose_name=_("library")
    )
    folder = models.ForeignKey(
        LibraryFolder,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="files",
        verbose_name=_("folder"),
        help_text=_("None: it was picked by hand."),
    )
    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="library_files", verbose_name=_("gallery")
    )
    path = models.TextField(_("path"))
    path_key = models.CharField(max_length=64, editable=False)
    stored_file = models.ForeignKey(
        StoredFile,
        on_delete=models.PROTECT,
        related_name="library_files",
        verbose_name=_("file"),
    )
    photo = models.ForeignKey(
        Photo,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="library_files",
        verbose_name=_("photo"),
    )
    size = models.BigIntegerField(_("size in bytes"))
    modified_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    # What the path said of when it was taken, by its pattern.
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    missing_since = models.DateTimeField(_("missing since"), null=True, blank=True)
    created_at = models.DateTimeField(_("found at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("file of a library")
        verbose_name_plural = _("files of libraries")
        constraints = [
            models.UniqueConstraint(
                fields=["library", "gallery", "path_key"], name="pumba_library_file_once"
            ),
        ]

    def __str__(self) -> str:
        return self.path


class ScanState(models.TextChoices):
    QUEUED = "queued", _("waiting for a worker")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    # It changed nothing: the library was away, empty, or too much of it was gone.
    STOPPED = "stopped", _("stopped, nothing was changed")
    FAILED = "failed", _("failed")


class LibraryScan(PublicIdentity, Leased):
    """One scan of a library, how far it has come, and its report.

    ``counts`` is how many things there were by what became of them; ``done`` and ``total`` are
    folders.
    """

    library = models.ForeignKey(
        Library, on_delete=models.CASCADE, related_name="scans", verbose_name=_("library")
    )
    started_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    state = models.CharField(
        _("state"), max_length=8, choices=ScanState.choices, default=ScanState.QUEUED
    )
    is_full = models.BooleanField(
        _("look at every date again"),
        default=False,
        help_text=_("Also of what has not changed."),
    )
    is_dry_run = models.BooleanField(_("only say what would be done"), default=False)
    # Names of tiers, made for what is new before anybody asks for them.
    tiers = models.JSONField(_("renditions made at once"), default=list, blank=True)
    done = models.PositiveIntegerField(_("folders done"), default=0)
    total = models.PositiveIntegerField(_("folders"), default=0)
    counts = models.JSONField(_("what became of it"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("asked for at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = LeaseQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("scan of a library")
        verbose_name_plural = _("scans of libraries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["library"],
                condition=models.Q(state__in=[ScanState.QUEUED, ScanState.RUNNING]),
                name="pumba_library_one_scan",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.library} · {self.created_at}"


class ScanNote(models.Model):
    """One line of a scan's report: what was done to a path, or why nothing was."""

    scan = models.ForeignKey(
        LibraryScan, on_delete=models.CASCADE, related_name="notes", verbose_name=_("scan")
    )
    # A word of ``intake.library``: added, renamed, missing, back, changed, unknown, refused ...
    kind = models.CharField(_("what happened"), max_length=20)
    path = models.TextField(_("path"))
    words = models.TextField(_("words"), blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("note of a scan")
        verbose_name_plural = _("notes of scans")
        ordering = ["pk"]
        indexes = [models.Index(fields=["scan", "kind"], name="pumba_scan_note_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
