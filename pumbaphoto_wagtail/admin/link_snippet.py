"""All share links of all galleries: whom they are for, what they open, and how they are used.

What changes a link is done where its gallery is, or with several at once in ``link_bulk_acts``. A
link's address is a key: it stands on pages for those who may hand it out, and in no export.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import django_filters
from django import forms
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn, Table, TitleColumn
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.log_actions import registry

from ..access import is_valid, valid_links
from ..conf import settings
from ..models import LinkPurpose, MessageKind, ShareLink
from ..permissions import galleries_for, may
from .addresses import gallery_url
from .gallery_columns import owners_for
from .judged_snippets import (
    JudgedEditView,
    JudgedHistoryView,
    JudgedIndexView,
    JudgedInspectView,
    JudgedSnippetViewSet,
)
from .link_words import (
    link_address,
    link_limits,
    link_role,
    link_status,
    presentable_link_state,
)
from .ready_messages import ready_message

STATES = (
    ("open", gettext_lazy("open")),
    ("ending", gettext_lazy("ending soon")),
    ("expired", gettext_lazy("expired")),
    ("revoked", gettext_lazy("revoked")),
)
USES = (
    ("never", gettext_lazy("not used yet")),
    ("used", gettext_lazy("used")),
    ("downloaded", gettext_lazy("downloaded")),
    ("not_downloaded", gettext_lazy("used and not downloaded")),
)


class RecipientColumn(TitleColumn):
    """Whom the link is for, and the address below."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/recipient.html"


class GalleryColumn(Column):
    """The gallery, as a way to its tab ``tab``."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/gallery_link.html"

    def __init__(self, *args, tab: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.tab = tab

    def get_value(self, instance: object) -> dict:
        gallery = super().get_value(instance)
        return {"title": gallery.title, "url": gallery_url(gallery, self.tab)}


class MomentColumn(Column):
    """The day of a moment that may lie ahead, of which nobody says "ago"."""

    def get_value(self, instance: object) -> str:
        moment = super().get_value(instance)
        return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT") if moment else ""


class TagColumn(Column):
    """A state as a tag; the accessor gives its words and its tone."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/state.html"


class CopyColumn(Column):
    """A button that copies the address, for those who may hand it out."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/copy_link.html"


class LinkFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=STATES,
        empty_label=gettext_lazy("Any"),
        widget=forms.RadioSelect,
        method="filter_state",
    )
    use = django_filters.ChoiceFilter(
        label=gettext_lazy("Use"),
        choices=USES,
        empty_label=gettext_lazy("Any"),
        widget=forms.RadioSelect,
        method="filter_use",
    )
    purpose = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("For whom"),
        choices=LinkPurpose.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    owner = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Photographer"),
        field_name="gallery__owner",
        queryset=owners_for,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ShareLink
        fields: list[str] = []

    def filter_state(self, found: QuerySet, name: str, state: str) -> QuerySet:
        if state == "revoked":
            return found.exclude(revoked_at=None)
        opens = Q(pk__in=valid_links().values("pk"))
        if state == "expired":
            return found.filter(~opens, revoked_at=None)
        if state == "ending":
            last = timezone.now() + timedelta(days=settings.LINK_EXPIRING_DAYS)
            return found.filter(opens, expires_at__lte=last)
        return found.filter(opens)

    def filter_use(self, found: QuerySet, name: str, use: str) -> QuerySet:
        meant = {
            "never": Q(last_used_at=None),
            "used": ~Q(last_used_at=None),
            "downloaded": ~Q(downloaded_at=None),
            "not_downloaded": ~Q(last_used_at=None) & Q(downloaded_at=None),
        }
        return found.filter(meant[use])


class LinkIndexView(JudgedIndexView):
    title_column_class = RecipientColumn
    title_width = "26%"
    export_headings = {
        "gallery.title": gettext_lazy("Gallery"),
        "role": gettext_lazy("What they may do"),
        "status": gettext_lazy("State"),
        "visits_sum": gettext_lazy("Opened"),
        "downloads_sum": gettext_lazy("Downloads"),
    }

    def get_base_queryset(self) -> QuerySet[ShareLink]:
        found = super().get_base_queryset().select_related("gallery__site", "shared_by", "client")
        return found.annotate(
            visits_sum=Coalesce(Sum("visits__opened"), 0),
            downloads_sum=Coalesce(Sum("visits__downloads"), 0),
        )

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @cached_property
    def shared_galleries(self) -> set[int]:
        """The galleries whose links this user may hand out."""
        return {*galleries_for(self.request.user, "share").values_list("pk", flat=True)}

    def get_table(self, object_list: list[ShareLink]) -> Table:
        for link in object_list:
            link.state = presentable_link_state(link, self.now)
            may_copy = link.gallery_id in self.shared_galleries and is_valid(link, self.now)
            link.address = link_address(link) if may_copy else ""
        return super().get_table(object_list)

    def to_row_dict(self, item: ShareLink) -> dict:
        item.role = link_role(item)
        item.status = link_status(item, is_valid(item, self.now))
        return super().to_row_dict(item)

    def get_title_url(self, instance: ShareLink) -> str | None:
        return self.get_inspect_url(instance)

    def get_edit_url(self, instance: ShareLink) -> str | None:
        if instance.gallery_id in self.shared_galleries:
            return super().get_edit_url(instance)
        return None


class LinkEditView(JudgedEditView):
    """Leads to where a link is changed: beside its gallery."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        link = self.object
        if link.shared_by_id:
            # What a client shared on follows the client's own link.
            return redirect(gallery_url(link.gallery, "sharing"))
        return redirect(gallery_url(link.gallery, "change_link", link_uuid=link.uuid))


class LinkHistoryView(JudgedHistoryView):
    """What was done with the link; it stands in its gallery's log."""

    needed_permission = "view"
    any_permission_required = ["view"]

    def get_base_queryset(self) -> QuerySet:
        entries = registry.get_logs_for_instance(self.object.gallery)
        return self._annotate_queryset(entries.filter(data__link=self.object.pk))


class InspectLinkView(JudgedInspectView):
    """One link: what it opens, how it was used, and how it is handed out."""

    template_name = "pumbaphoto_wagtail/admin/link_inspect.html"

    @cached_property
    def may_share(self) -> bool:
        return may(self.request.user, "share", self.object.gallery)

    def get_edit_url(self) -> str | None:
        return super().get_edit_url() if self.may_share else None

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        gallery = self.object.gallery
        url = gallery_url(gallery, "sharing")
        return [HeaderButton(_("Open the gallery"), url=url, icon_name="pumbaphoto-gallery")]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        if not self.may_share:
            return []
        keys = {"link_uuid": self.object.uuid}
        acts = [("revoke_link", _("Revoke"), "lock")] if not self.object.revoked_at else []
        if not self.object.shared_by_id:
            acts = [
                ("change_link", _("Change"), "edit"),
                ("renew_link", _("Renew"), "rotate"),
                *acts,
            ]
        return [
            Button(label, url=gallery_url(self.object.gallery, name, **keys), icon_name=icon)
            for name, label, icon in acts
        ]

    def get_context_data(self, **kwargs) -> dict:
        link, now = self.object, timezone.now()
        address = link_address(link) if self.may_share and is_valid(link, now) else ""
        return super().get_context_data(
            link=link,
            gallery_url=gallery_url(link.gallery, "sharing"),
            state=presentable_link_state(link, now),
            role=link_role(link),
            limits=link_limits(link),
            address=address,
            message=ready_message(MessageKind.LINK, link) if address else "",
            visits=link.visits.all()[:VISITS_SHOWN],
            **kwargs,
        )


# Days of a link's use that its page names.
VISITS_SHOWN = 30


class ShareLinkViewSet(JudgedSnippetViewSet):
    """Everybody's ways in, over all galleries."""

    model = ShareLink
    icon = "link"
    menu_label = gettext_lazy("Share links")
    menu_name = "pumbaphoto-links"
    menu_order = 210
    index_view_class = LinkIndexView
    edit_view_class = LinkEditView
    history_view_class = LinkHistoryView
    inspect_view_class = InspectLinkView
    inspect_template_name = InspectLinkView.template_name
    filterset_class = LinkFilterSet
    list_display = [
        "recipient",
        GalleryColumn(
            "gallery", label=gettext_lazy("Gallery"), sort_key="gallery__title", tab="sharing"
        ),
        TagColumn("state", label=gettext_lazy("State"), width="9%"),
        MomentColumn("expires_at", label=gettext_lazy("Open until"), sort_key="expires_at"),
        DateColumn("last_used_at", label=gettext_lazy("Last used"), sort_key="last_used_at"),
        NumberColumn("downloads_sum", label=gettext_lazy("Downloads"), sort_key="downloads_sum"),
        CopyColumn("address", label=gettext_lazy("Address"), width="15%"),
    ]
    ordering = "-pk"
    list_export = [
        *("recipient", "email", "gallery.title", "role", "status"),
        *("created_at", "expires_at", "last_used_at", "visits_sum"),
        *("downloaded_at", "downloads_sum"),
    ]
    export_filename = "share-links"
    search_fields = ["recipient", "email", "gallery__title", "client__name"]
    inspect_view_fields = ["recipient"]
    exclude_form_fields = ["gallery"]
