"""The gallery, and what belongs to it as a whole."""

from __future__ import annotations

import swapper
from django.conf import settings as django_settings
from django.db import models
from django.db.models import F, Manager, Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection, CollectionMember, Site
from wagtail.models.media import get_root_collection_id
from wagtail.search import index

from ..conf import UNMARKED_TIER
from .base import PublicIdentity


class State(models.TextChoices):
    """The five states of a gallery; ``workflow`` knows the ways between them."""

    ACTIVE = "active", _("Active")
    SUBMITTED = "submitted", _("Selections Submitted")
    EDITING = "editing", _("Editing In Progress")
    DELIVERED = "delivered", _("Edits Delivered")
    ARCHIVED = "archived", _("Archived")


class Kind(models.TextChoices):
    CHOOSE = "choose", _("The client chooses, then edits are delivered")
    FINISHED = "finished", _("Finished photos: what is uploaded is the delivery")


class Client(CollectionMember, index.Indexed, models.Model):
    """A person a shoot is made for."""

    collection = models.ForeignKey(
        Collection,
        on_delete=models.PROTECT,
        related_name="+",
        default=get_root_collection_id,
        verbose_name=_("collection"),
    )
    name = models.CharField(_("name"), max_length=255)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)

    search_fields = [
        *CollectionMember.search_fields,
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.SearchField("email"),
    ]

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class KeptGalleries(Manager):
    """The galleries that were not deleted: whoever asks for galleries means these."""

    def get_queryset(self) -> models.QuerySet[Gallery]:
        return super().get_queryset().filter(deleted_at__isnull=True)


class Gallery(CollectionMember, PublicIdentity, index.Indexed, models.Model):
    """One shoot: photographs, links, selections, edits and deliveries hang here.

    Pages only present it. ``state`` changes through ``workflow`` alone.
    """

    collection = models.ForeignKey(
        Collection,
        on_delete=models.PROTECT,
        related_name="+",
        default=get_root_collection_id,
        verbose_name=_("collection"),
    )
    title = models.CharField(_("title"), max_length=255)
    clients = models.ManyToManyField(
        Client, blank=True, related_name="galleries", verbose_name=_("clients")
    )
    shoot_date = models.DateField(_("shoot date"), null=True, blank=True)
    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("photographer"),
    )
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="+", verbose_name=_("site")
    )
    main_page = models.ForeignKey(
        swapper.get_model_name("wagtailcore", "Page"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page"),
        help_text=_("Where share links lead."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ACTIVE, editable=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.CHOOSE)
    round = models.PositiveSmallIntegerField(_("round"), default=1, editable=False)
    minimum = models.PositiveIntegerField(_("at least"), null=True, blank=True)
    included = models.PositiveIntegerField(_("included"), null=True, blank=True)
    maximum = models.PositiveIntegerField(_("at most"), null=True, blank=True)
    extras_words = models.CharField(
        _("words about extra photos"),
        max_length=100,
        blank=True,
        help_text=_("For instance “at 15 €”. Only words: nothing is charged here."),
    )
    due_date = models.DateField(_("choose until"), null=True, blank=True)
    edits_expected_on = models.DateField(_("edits expected on"), null=True, blank=True)
    watermark = models.CharField(_("watermark on proofs"), max_length=100, blank=True)
    watermark_image = models.ForeignKey(
        "pumbaphoto_wagtail.StoredFile",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="watermarked_galleries",
        verbose_name=_("watermark picture"),
    )
    # Names the mark that proofs must carry before a client sees them; empty for none.
    watermark_key = models.CharField(max_length=64, blank=True, editable=False)
    lists = models.JSONField(
        _("further lists"),
        default=list,
        blank=True,
        help_text=_("What clients choose for beside the photos to edit."),
    )
    asks_for_consent = models.BooleanField(
        _("ask for consent to show photos"),
        default=False,
        help_text=_("Clients can tick what may be shown in the portfolio."),
    )
    shows_before_after = models.BooleanField(
        _("compare edits with the photos before"), default=False
    )
    archive_on = models.DateField(
        _("archived on"),
        null=True,
        blank=True,
        help_text=_("The day that was announced to the clients. Nothing happens by itself."),
    )
    keeps_delivered_online = models.BooleanField(
        _("keep what was delivered online"),
        default=False,
        help_text=_("Whether clients can still see and download it while the gallery is archived."),
    )
    is_listed = models.BooleanField(
        _("listed"), default=False, help_text=_("Whether index pages name this gallery.")
    )
    first_shared_at = models.DateTimeField(
        _("first shared at"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # The last day anybody looked at its photographs, for whose renditions may be cleared first.
    looked_at = models.DateTimeField(_("looked at"), null=True, blank=True, editable=False)
    # Since when everybody's web server sends its pictures without asking; None: it asks.
    published_at = models.DateTimeField(
        _("pictures published at"), null=True, blank=True, editable=False
    )
    # Deleted for good: nobody meets it any more, and a worker takes away what belonged to it.
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)

    search_fields = [
        *CollectionMember.search_fields,
        index.SearchField("title", boost=2),
        index.AutocompleteField("title"),
        index.FilterField("state"),
        index.FilterField("owner"),
        index.RelatedFields("clients", [index.SearchField("name")]),
    ]

    wagtail_reference_index_ignore = True

    objects = KeptGalleries()
    # Also those that a worker is taking away: for what must count or look at every row.
    with_deleted = Manager()  # noqa: DJ012  (it is no field)

    class Meta:
        verbose_name = _("gallery")
        verbose_name_plural = _("galleries")
        ordering = [F("shoot_date").desc(nulls_last=True), "-pk"]
        permissions = [
            ("share_gallery", _("Can share galleries")),
            ("deliver_gallery", _("Can deliver galleries")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum__isnull=True)
                | Q(maximum__isnull=True)
                | Q(minimum__lte=F("maximum")),
                name="pumba_gallery_limits_in_order",
            ),
            models.CheckConstraint(
                condition=Q(included__isnull=True)
                | Q(maximum__isnull=True)
                | Q(included__lte=F("maximum")),
                name="pumba_gallery_included_in_maximum",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def mark_in(self, tier: str) -> str:
        """The key of the mark that proofs carry in a tier; empty for clean ones."""
        return "" if tier == UNMARKED_TIER else self.watermark_key

    # Whether films may hang in it; whoever reads it along with that says so, and saves a query.
    has_films = True

    @property
    def client_names(self) -> str:
        """The clients as one would write them: "Anna & Tom"."""
        return " & ".join(client.name for client in self.clients.all())


class Section(PublicIdentity, models.Model):
    """A titled part of a gallery, made from the name of a dropped folder or by hand."""

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="sections", verbose_name=_("gallery")
    )
    title = models.CharField(_("title"), max_length=255)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_finished = models.BooleanField(_("finished, may be downloaded now"), default=False)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["gallery", "title"], name="pumba_section_title_once"),
        ]

    def __str__(self) -> str:
        return self.title


class Video(PublicIdentity, models.Model):
    """A film on another site, shown among the photographs of its section.

    It hangs after the photograph ``after``, or before all of them. ``thumbnail`` was fetched by a
    worker and scanned like every file; ``width`` and ``height`` are the film's proportions.
    """

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="videos", verbose_name=_("gallery")
    )
    section = models.ForeignKey(
        Section,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="videos",
        verbose_name=_("section"),
    )
    after = models.ForeignKey(
        "pumbaphoto_wagtail.Photo",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="videos_after",
        verbose_name=_("after the photo"),
    )
    url = models.URLField(_("address"), max_length=1024)
    title = models.CharField(_("title"), max_length=255, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_hidden = models.BooleanField(_("hidden"), default=False)
    provider = models.CharField(_("provider"), max_length=100, blank=True)
    # Where the provider's own player is, https always; empty while nobody knows.
    player_url = models.URLField(_("player"), max_length=1024, blank=True, editable=False)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    thumbnail = models.ForeignKey(
        "pumbaphoto_wagtail.StoredFile",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="videos",
        verbose_name=_("thumbnail"),
    )
    fetched_at = models.DateTimeField(_("fetched at"), null=True, blank=True)
    fetch_attempts = models.PositiveSmallIntegerField(_("attempts to fetch it"), default=0)
    retry_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title or self.url


class CameraClock(models.Model):
    """How far one camera's clock is off: the order of photographs uses it, matching does not."""

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="camera_clocks", verbose_name=_("gallery")
    )
    serial = models.CharField(_("camera serial number"), max_length=255)
    shift = models.DurationField(_("add to its time"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("camera clock")
        verbose_name_plural = _("camera clocks")
        constraints = [
            models.UniqueConstraint(fields=["gallery", "serial"], name="pumba_clock_once"),
        ]

    def __str__(self) -> str:
        return f"{self.serial} {self.shift}"


class Transition(models.Model):
    """One step of a gallery from state to state; all of them in a row are its history."""

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="transitions", verbose_name=_("gallery")
    )
    from_state = models.CharField(_("from"), max_length=10, choices=State.choices)
    to_state = models.CharField(_("to"), max_length=10, choices=State.choices)
    actor = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("photographer"),
    )
    share_link = models.ForeignKey(
        "pumbaphoto_wagtail.ShareLink",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("share link"),
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_from_state_display()} → {self.get_to_state_display()}"
