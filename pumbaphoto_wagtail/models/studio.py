"""A studio: its name and looks on one site, and the words and marks it keeps for its galleries."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.settings.models import BaseSiteSetting
from wagtail.images import get_image_model_string
from wagtail.models import Collection, CollectionMember
from wagtail.models.media import get_root_collection_id

from .edit import Edit
from .file import StoredFile
from .message import MessageKind
from .photo import Photo

validate_colour = RegexValidator(
    r"^#[0-9a-fA-F]{6}\Z", _("Six digits after a #, for instance #8a4b2d.")
)


class WatermarkPreset(CollectionMember, models.Model):
    """A mark that galleries of one collection, and of those below it, can carry."""

    collection = models.ForeignKey(
        Collection,
        on_delete=models.PROTECT,
        related_name="+",
        default=get_root_collection_id,
        verbose_name=_("collection"),
    )
    title = models.CharField(_("title"), max_length=255)
    words = models.CharField(_("words"), max_length=100, blank=True)
    image = models.ForeignKey(
        StoredFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="watermark_presets",
        verbose_name=_("picture"),
    )

    search_fields = [*CollectionMember.search_fields]
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("watermark")
        verbose_name_plural = _("watermarks")
        ordering = ["title", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(words="") | Q(image__isnull=False),
                name="pumba_watermark_of_something",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MailTemplate(CollectionMember, models.Model):
    """A studio's own words for one kind of e-mail, for the galleries of a collection and of those
    below it. Without one the package's words are sent.
    """

    collection = models.ForeignKey(
        Collection,
        on_delete=models.PROTECT,
        related_name="+",
        default=get_root_collection_id,
        verbose_name=_("collection"),
    )
    kind = models.CharField(_("e-mail"), max_length=20, choices=MessageKind.choices)
    language = models.CharField(
        _("language"), max_length=10, blank=True, help_text=_("None: for every language.")
    )
    subject = models.CharField(
        _("subject"), max_length=255, blank=True, help_text=_("None: as it is by itself.")
    )
    words = models.TextField(_("words"), blank=True)

    search_fields = [*CollectionMember.search_fields]
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("e-mail text")
        verbose_name_plural = _("e-mail texts")
        ordering = ["kind", "language", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "kind", "language"], name="pumba_mail_template_once"
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class StudioSettings(BaseSiteSetting):
    """What a studio says of itself on one site, and what its new galleries start with.

    Whatever is left empty is as ``PUMBAPHOTO`` in the Django settings says.
    """

    studio_name = models.CharField(
        _("studio"),
        max_length=255,
        blank=True,
        help_text=_("As clients know it. None: the name of the site."),
    )
    logo = models.ForeignKey(
        get_image_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logo"),
        help_text=_("Stands at the head of e-mails."),
    )
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        validators=[validate_colour],
        help_text=_("Of hearts and main buttons, on client pages and in e-mails: #8a4b2d."),
    )
    sender_name = models.CharField(_("sender's name"), max_length=255, blank=True)
    sender_email = models.EmailField(
        _("sender's address"),
        blank=True,
        help_text=_("One that your mail server may send for. Answers go to the photographer."),
    )
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        help_text=_("Of e-mails to clients whose own language is not known."),
    )
    signature = models.TextField(
        _("at the end of each e-mail"), blank=True, help_text=_("Address, telephone, imprint.")
    )
    minimum = models.PositiveIntegerField(_("at least"), null=True, blank=True)
    included = models.PositiveIntegerField(_("included"), null=True, blank=True)
    maximum = models.PositiveIntegerField(_("at most"), null=True, blank=True)
    extras_words = models.CharField(_("words about extra photos"), max_length=100, blank=True)
    due_days = models.PositiveSmallIntegerField(
        _("days to choose"), null=True, blank=True, help_text=_("From the day a gallery is made.")
    )
    link_days = models.PositiveSmallIntegerField(_("days a link is open"), null=True, blank=True)
    link_days_after_delivery = models.PositiveSmallIntegerField(
        _("days a link is open after the delivery"), null=True, blank=True
    )
    archive_suggested_after_days = models.PositiveSmallIntegerField(
        _("days after the delivery when archiving is suggested"),
        null=True,
        blank=True,
        help_text=_("0: never. Nothing is archived by itself."),
    )
    due_soon_days = models.PositiveSmallIntegerField(
        _("days before the due date when clients are reminded"),
        null=True,
        blank=True,
        help_text=_("0: never."),
    )
    link_expiring_days = models.PositiveSmallIntegerField(
        _("days before a link ends when those are reminded who have not downloaded"),
        null=True,
        blank=True,
        help_text=_("0: never."),
    )
    watermark = models.ForeignKey(
        WatermarkPreset,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("watermark of new galleries"),
    )

    owner = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who keeps this site"),
        help_text=_("Is told of missing files, and asked for access to index pages."),
    )
    quota_gigabytes = models.PositiveIntegerField(
        _("gigabytes that the files of this site may take"),
        null=True,
        blank=True,
        help_text=_("0: no limit."),
    )
    rendition_gigabytes = models.PositiveIntegerField(
        _("gigabytes that its renditions may take"),
        null=True,
        blank=True,
        help_text=_(
            "Beyond it those that nobody looked at for longest are cleared, and made again when "
            "somebody does. 0: no limit."
        ),
    )
    rendition_days = models.PositiveIntegerField(
        _("days after which renditions nobody looks at are cleared"),
        null=True,
        blank=True,
        help_text=_("0: never."),
    )
    keeps_robots_out = models.BooleanField(
        _("keep search engines out"),
        default=False,
        help_text=_("Of all gallery pages of this site, the public ones as well."),
    )

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("studio")
        verbose_name_plural = _("studios")
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum__isnull=True)
                | Q(maximum__isnull=True)
                | Q(minimum__lte=F("maximum")),
                name="pumba_studio_limits_in_order",
            ),
            models.CheckConstraint(
                condition=Q(included__isnull=True)
                | Q(maximum__isnull=True)
                | Q(included__lte=F("maximum")),
                name="pumba_studio_included_in_maximum",
            ),
        ]

    def __str__(self) -> str:
        return self.studio_name or str(self.site)


class Publication(models.Model):
    """A client's photograph that is shown to everybody: in a portfolio gallery, or as an image.

    It is there as long as the consent is; ``edit`` is what was delivered, or in a gallery of
    finished photos ``photo`` alone. The copies are made anew and belong to the portfolio.
    """

    photo = models.ForeignKey(
        Photo, on_delete=models.CASCADE, related_name="publications", verbose_name=_("photo")
    )
    edit = models.ForeignKey(
        Edit,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="publications",
        verbose_name=_("edit"),
    )
    shown_photo = models.ForeignKey(
        Photo,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="published_from",
        verbose_name=_("in the portfolio"),
    )
    image = models.ForeignKey(
        get_image_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in the image library"),
    )
    actor = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("photographer"),
    )
    published_at = models.DateTimeField(_("published at"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.photo}"
