"""Ways in: share links, and policies for visitors without one."""

from __future__ import annotations

import swapper
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import PublicIdentity
from .gallery import Client, Gallery, Section
from .photo import Photo


class LinkPurpose(models.TextChoices):
    CLIENT = "client", _("client")
    FAMILY = "family", _("family")
    ALBUM_DESIGNER = "designer", _("album designer")
    PARTY = "party", _("guests")


class Downloads(models.TextChoices):
    NONE = "none", _("no downloads")
    WEB = "web", _("web size")
    FULL = "full", _("full and web size")


class ShareLink(PublicIdentity, models.Model):
    """One recipient's way in. The token itself is never stored: see ``proofing.links``."""

    gallery = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, related_name="share_links", verbose_name=_("gallery")
    )
    # The holder of that link made this one for others; closing theirs closes it.
    shared_by = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="shared_links",
        verbose_name=_("shared by"),
    )
    recipient = models.CharField(_("recipient"), max_length=255)
    client = models.ForeignKey(
        Client,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="share_links",
        verbose_name=_("client"),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    token_sha256 = models.CharField(_("token's SHA-256"), max_length=64, unique=True, null=True)
    key_id = models.CharField(_("key"), max_length=50, blank=True)
    epoch = models.PositiveIntegerField(_("epoch"), default=1)
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=LinkPurpose.choices, default=LinkPurpose.CLIENT
    )
    decides = models.BooleanField(
        _("decides"),
        default=True,
        help_text=_("Its selection counts. Without it, hearts are suggestions."),
    )
    may_choose = models.BooleanField(_("may choose favourites"), default=True)
    downloads = models.CharField(
        _("downloads of edits"), max_length=4, choices=Downloads.choices, default=Downloads.FULL
    )
    may_download_originals = models.BooleanField(_("may download originals"), default=False)
    sections = models.ManyToManyField(
        Section,
        through="LinkSection",
        blank=True,
        related_name="+",
        verbose_name=_("sections"),
        help_text=_("None chosen: all of them."),
    )
    list = models.CharField(_("list"), max_length=10, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    pin_hash = models.CharField(_("PIN"), max_length=255, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    downloaded_at = models.DateTimeField(_("last downloaded at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    # True on the copy that a photographer looks through ("see what Anna sees"); never stored.
    is_lent = False

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        ordering = ["gallery", "pk"]

    def __str__(self) -> str:
        return self.recipient


class LinkSection(models.Model):
    """A section that a link is limited to.

    Such a section cannot be deleted: a link that has lost its last one would open them all.
    Deleting the whole gallery takes both.
    """

    share_link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="+")
    section = models.ForeignKey(Section, on_delete=models.RESTRICT, related_name="+")

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("section of a share link")
        verbose_name_plural = _("sections of share links")
        constraints = [
            models.UniqueConstraint(
                fields=["share_link", "section"], name="pumba_link_section_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share_link} · {self.section}"


class PinTry(models.Model):
    """A wrong PIN, kept for an hour so that guessing slows down. See ``proofing.pins``."""

    share_link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="+")
    network = models.CharField(_("network"), max_length=50, blank=True)
    at = models.DateTimeField(_("at"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("wrong PIN")
        verbose_name_plural = _("wrong PINs")

    def __str__(self) -> str:
        return f"{self.share_link} · {self.at}"


class Visibility(models.TextChoices):
    PUBLIC = "public", _("everyone")
    UNLISTED = "unlisted", _("everyone who knows the address")
    MEMBERS = "members", _("the people and groups named here")
    INHERIT = "inherit", _("as its surroundings")


class AccessPolicy(models.Model):
    """Who may look without a link: at an index page's galleries, at a gallery, or at one photo.

    Without a policy nobody may. A photo's own policy overrides its gallery's, a gallery's its
    index page's; ``members`` with nobody named hides from everybody. ``unlisted`` is public to
    whoever has the address, and named by no listing.
    """

    page = models.OneToOneField(
        swapper.get_model_name("wagtailcore", "Page"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="pumbaphoto_policy",
        verbose_name=_("index page"),
    )
    gallery = models.OneToOneField(
        Gallery,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="policy",
        verbose_name=_("gallery"),
    )
    photo = models.OneToOneField(
        Photo,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="policy",
        verbose_name=_("photo"),
    )
    visibility = models.CharField(
        _("who can see this"), max_length=8, choices=Visibility.choices, default=Visibility.INHERIT
    )
    offers_zip = models.BooleanField(
        _("may be downloaded as a ZIP"),
        null=True,
        blank=True,
        help_text=_("By those who may look without a link. Unknown: as its surroundings."),
    )
    may_be_asked = models.BooleanField(
        _("visitors may ask for access"),
        null=True,
        blank=True,
        help_text=_("With a form that writes to the photographer. Unknown: as its surroundings."),
    )
    users = models.ManyToManyField(
        django_settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("people")
    )
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("groups"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("access policy")
        verbose_name_plural = _("access policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(page__isnull=False, gallery__isnull=True, photo__isnull=True)
                | Q(page__isnull=True, gallery__isnull=False, photo__isnull=True)
                | Q(page__isnull=True, gallery__isnull=True, photo__isnull=False),
                name="pumba_policy_for_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.get_visibility_display()


class RequestState(models.TextChoices):
    OPEN = "open", _("open")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")


class AccessRequest(PublicIdentity, models.Model):
    """A visitor's wish to see what a page holds. The visitor is told nothing until it is granted.

    ``user`` is who was signed in, or who was let in at last; ``share_link`` the way in that was
    made for somebody without an account.
    """

    page = models.ForeignKey(
        swapper.get_model_name("wagtailcore", "Page"),
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("page"),
    )
    gallery = models.ForeignKey(
        Gallery,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="access_requests",
        verbose_name=_("gallery"),
        help_text=_("None: an index page was asked for."),
    )
    name = models.CharField(_("name"), max_length=255)
    email = models.EmailField(_("e-mail"))
    words = models.TextField(_("words"), blank=True)
    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )
    network = models.CharField(_("network"), max_length=50, blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=RequestState.choices, default=RequestState.OPEN
    )
    share_link = models.ForeignKey(
        ShareLink,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("share link"),
    )
    decided_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    created_at = models.DateTimeField(_("asked at"), auto_now_add=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("request for access")
        verbose_name_plural = _("requests for access")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "email"],
                condition=Q(state="open"),
                name="pumba_access_request_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.page}"
