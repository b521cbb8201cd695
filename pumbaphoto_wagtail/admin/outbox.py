"""The outbox: which e-mails have left, which are tried again, and why others could not be sent."""

from __future__ import annotations

import re

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn

from ..models import Message, MessageKind, StudioSettings
from ..notifications import try_again
from ..permissions import galleries_for
from .day_range import DayRangeWidget
from .log_views import LogAct, LogAdmin
from .operators import runs_everything
from .reports.columns import MomentColumn, gallery_url, moment

# A mail server that refuses a message repeats what it did not like: our links, for instance.
_LINKS = re.compile(r"/s/[^\s\"'<>]+")
_FOLDERS = re.compile(r"(?<![\w:/.])/(?:[\w.@+~-]+/)+")
SENT, GIVEN_UP, TO_SEND = "sent", "given-up", "to-send"
WORDS = {
    SENT: gettext_lazy("sent"),
    GIVEN_UP: gettext_lazy("given up"),
    TO_SEND: gettext_lazy("to be sent"),
}
TONES = {SENT: "done", GIVEN_UP: "bad", TO_SEND: "working"}


def without_secrets(text: str) -> str:
    """An error without the tokens of links and without the folders of this machine."""
    return _FOLDERS.sub("…/", _LINKS.sub("/s/***", text))


def state_of(message: Message) -> str:
    """SENT, GIVEN_UP or TO_SEND."""
    if message.sent_at is not None:
        return SENT
    return GIVEN_UP if message.failed_at is not None else TO_SEND


def messages_for(user, action: str = "view") -> QuerySet[Message]:
    """The e-mails about galleries with which this member of staff may do ``action``; and of those
    about no single gallery what is written to them, and for a site's keeper all about the site. Who
    runs everything sees every one.
    """
    about_gallery = Q(gallery__in=galleries_for(user, action))
    about_site = Q(gallery__isnull=True)
    if not runs_everything(user):
        kept = StudioSettings.objects.filter(owner=user).values("site")
        about_site &= Q(recipient=user) | Q(site__in=kept)
    return Message.objects.filter(about_gallery | about_site)


def _try_again(message: Message, user) -> bool:
    return try_again(message, user)


def _tried(count: int) -> str:
    return ngettext("%(count)d e-mail is sent now.", "%(count)d e-mails are sent now.", count)


class MailStateColumn(Column):
    """Whether it has left, as a tag, with the last error."""

    cell_template_name = "pumbaphoto_wagtail/admin/log/mail_cell.html"

    def get_value(self, instance: Message) -> str:
        return str(WORDS[state_of(instance)])

    def get_cell_context_data(self, instance: Message, parent_context: dict) -> dict:
        context = super().get_cell_context_data(instance, parent_context)
        return context | {
            "tone": TONES[state_of(instance)],
            "error": without_secrets(instance.error),
        }


class GalleryOrSiteColumn(TitleColumn):
    """The gallery, leading to its workspace; or the site that an e-mail is about."""

    def get_value(self, instance: Message) -> str:
        return str(instance.gallery or instance.about_site)

    def get_link_url(self, instance: Message, parent_context: dict) -> str | None:
        return gallery_url(instance.gallery) if instance.gallery else None


class MessageFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        method="filter_state",
        empty_label=gettext_lazy("All"),
        choices=list(WORDS.items()),
        widget=forms.RadioSelect,
    )
    kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind"), choices=MessageKind.choices, widget=forms.CheckboxSelectMultiple
    )
    created_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Created"), widget=DayRangeWidget
    )

    def filter_state(self, messages: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        if value == SENT:
            return messages.filter(sent_at__isnull=False)
        return messages.filter(sent_at__isnull=True, failed_at__isnull=value != GIVEN_UP)

    class Meta:
        model = Message
        fields = ["state", "kind", "created_at"]


class MessageAdmin(LogAdmin):
    """Owed e-mails. Their texts are made when they are sent, and are nowhere kept."""

    model = Message
    base_url_path = "pumbaphoto/outbox"
    menu_label = gettext_lazy("Outbox")
    menu_item_name = "pumbaphoto-outbox"
    menu_icon = "mail"
    export_filename = "outbox"
    inspect_view_fields = [
        *("kind", "gallery", "to_whom", "address", "state", "error_words", "attempts"),
        *("created", "next_attempt", "sent", "given_up"),
    ]
    list_display = ("kind", "gallery", "to_whom", "state", "attempts", "next_attempt", "created_at")
    list_export = (
        *("kind", "gallery", "to_whom", "address", "state", "attempts", "created_at"),
        *("retry_at", "sent_at", "failed_at", "error_words"),
    )
    columns = {
        "gallery": GalleryOrSiteColumn("gallery", label=gettext_lazy("Gallery")),
        "state": MailStateColumn("state", label=gettext_lazy("State")),
        "created_at": MomentColumn("created_at", label=gettext_lazy("Created")),
    }
    filterset_class = MessageFilterSet
    ordering = ("-pk",)
    acts = (
        LogAct(
            name="send",
            label=gettext_lazy("Send now"),
            question=gettext_lazy(
                "Try these e-mails at once? Those that have left already are not sent twice."
            ),
            done=_tried,
            do=_try_again,
            needs="share",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        messages = messages_for(request.user)
        return messages.select_related("gallery", "site", "recipient", "share_link")

    def search(self, queryset: QuerySet[Message], words: str) -> QuerySet[Message]:
        return queryset.filter(
            Q(gallery__title__icontains=words)
            | Q(site__hostname__icontains=words)
            | Q(share_link__recipient__icontains=words)
            | Q(share_link__email__icontains=words)
            | Q(recipient__email__icontains=words)
        )

    def actable(self, user, act: LogAct) -> QuerySet[Message]:
        return messages_for(user, act.needs).select_related("gallery", "site")

    def gallery(self, message: Message) -> str:
        return str(message.gallery or message.about_site)

    gallery.short_description = gettext_lazy("Gallery")

    def to_whom(self, message: Message) -> str:
        if message.recipient is not None:
            return message.recipient.get_full_name() or message.recipient.get_username()
        return message.share_link.recipient if message.share_link else ""

    to_whom.short_description = gettext_lazy("To")

    def address(self, message: Message) -> str:
        if message.recipient is not None:
            return message.recipient.email
        return message.share_link.email if message.share_link else ""

    address.short_description = gettext_lazy("E-mail")

    def state(self, message: Message) -> str:
        return str(WORDS[state_of(message)])

    state.short_description = gettext_lazy("State")

    def error_words(self, message: Message) -> str:
        return without_secrets(message.error)

    error_words.short_description = gettext_lazy("Error")

    def next_attempt(self, message: Message) -> str:
        if state_of(message) != TO_SEND:
            return ""
        return moment(message.retry_at) or _("as soon as possible")

    next_attempt.short_description = gettext_lazy("Next attempt")

    def created(self, message: Message) -> str:
        return moment(message.created_at)

    created.short_description = gettext_lazy("Created")

    def sent(self, message: Message) -> str:
        return moment(message.sent_at)

    sent.short_description = gettext_lazy("Sent")

    def given_up(self, message: Message) -> str:
        return moment(message.failed_at)

    given_up.short_description = gettext_lazy("Given up")
