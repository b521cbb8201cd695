"""Clients in the admin: who they are, and the galleries that were made for them."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, NumberColumn, Table
from wagtail.admin.widgets.button import Button, HeaderButton

from ..models import Client, ShareLink, State
from ..permissions import client_policy, galleries_for, gallery_policy
from .addresses import galleries_url, gallery_url
from .client_fields import SuggestClientsView
from .erasing_client import EraseClientView
from .figures import with_counts
from .gallery_columns import (
    CoverColumn,
    DayColumn,
    GalleryTitleColumn,
    StateColumn,
    give_covers,
)
from .judged_snippets import (
    JudgedDeleteBulkAction,
    JudgedIndexView,
    JudgedInspectView,
    JudgedSnippetViewSet,
    KeptInCollectionForm,
)
from .link_words import presentable_link_state
from .steps import presentable_state

# Of a client's galleries so many are named in the list.
GALLERIES_NAMED = 2


class ClientGalleriesColumn(Column):
    """The client's last galleries, each with its state."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/client_galleries.html"

    def get_value(self, client: Client) -> dict:
        named = client.shown_galleries[:GALLERIES_NAMED]
        return {
            "galleries": [
                {"title": one.title, "url": gallery_url(one), "state": presentable_state(one)}
                for one in named
            ],
            "others": len(client.shown_galleries) - len(named),
        }


class ClientFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("With a gallery that is"),
        choices=State.choices,
        widget=forms.CheckboxSelectMultiple,
        method="filter_state",
    )
    has_email = django_filters.ChoiceFilter(
        label=gettext_lazy("E-mail"),
        choices=[("yes", gettext_lazy("known")), ("no", gettext_lazy("missing"))],
        empty_label=gettext_lazy("Any"),
        widget=forms.RadioSelect,
        method="filter_email",
    )

    class Meta:
        model = Client
        fields = ["language"]

    def filter_state(self, clients: QuerySet, name: str, states: list[str]) -> QuerySet:
        mine = galleries_for(self.request.user).filter(state__in=states)
        return clients.filter(pk__in=mine.order_by().values("clients")) if states else clients

    def filter_email(self, clients: QuerySet, name: str, answer: str) -> QuerySet:
        return clients.exclude(email="") if answer == "yes" else clients.filter(email="")


class ClientIndexView(JudgedIndexView):
    export_headings = {
        "gallery_count": gettext_lazy("Galleries"),
        "last_shoot": gettext_lazy("Last shoot"),
        "gallery_states": gettext_lazy("States of the galleries"),
    }

    def get_base_queryset(self) -> QuerySet[Client]:
        mine = galleries_for(self.request.user)
        is_mine = Q(galleries__in=mine.values("pk"))
        shown = Prefetch("galleries", queryset=mine, to_attr="shown_galleries")
        return (
            super()
            .get_base_queryset()
            .annotate(
                gallery_count=Count("galleries", filter=is_mine, distinct=True),
                last_shoot=Max("galleries__shoot_date", filter=is_mine),
            )
            .prefetch_related(shown)
        )

    def to_row_dict(self, item: Client) -> dict:
        item.gallery_states = ", ".join(
            f"{gallery.title}: {gallery.get_state_display()}" for gallery in item.shown_galleries
        )
        return super().to_row_dict(item)


class InspectClientView(JudgedInspectView):
    """The client, with the galleries and share links this user may see."""

    template_name = "pumbaphoto_wagtail/admin/client_inspect.html"

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not gallery_policy.user_has_permission(self.request.user, "add"):
            return []
        address = f"{galleries_url('add')}?{urlencode({'client': self.object.pk})}"
        return [HeaderButton(_("New gallery"), url=address, icon_name="plus")]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = [*super().header_more_buttons]
        if client_policy.user_has_permission_for_instance(self.request.user, "delete", self.object):
            url = reverse(Client.snippet_viewset.get_url_name("erase"), args=[self.object.pk])
            buttons.append(Button(_("Erase all data"), url=url, icon_name="bin", priority=90))
        return buttons

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(galleries=self._galleries(), links=self._links(), **kwargs)

    def _galleries(self) -> Table | None:
        mine = galleries_for(self.request.user).filter(clients=self.object)
        found = [*with_counts(mine).prefetch_related("clients")]
        give_covers(found)
        return Table(GALLERY_COLUMNS, found) if found else None

    def _links(self) -> list[dict]:
        links = ShareLink.objects.filter(
            client=self.object, gallery__in=galleries_for(self.request.user).values("pk")
        )
        address = ShareLink.snippet_viewset.get_url_name("inspect")
        now = timezone.now()
        return [
            {
                "link": link,
                "url": reverse(address, args=[link.pk]),
                "state": presentable_link_state(link, now),
            }
            for link in links.select_related("gallery", "shared_by").order_by("-pk")
        ]


GALLERY_COLUMNS = [
    CoverColumn("cover", label="", width="6%"),
    GalleryTitleColumn("title", label=gettext_lazy("Gallery"), get_url=gallery_url),
    StateColumn("state", label=gettext_lazy("State"), width="18%"),
    DayColumn("shoot_date", label=gettext_lazy("Shoot date"), width="14%"),
    NumberColumn("photo_count", label=gettext_lazy("Photos"), width="10%"),
]


class ClientViewSet(JudgedSnippetViewSet):
    """The people shoots are made for."""

    model = Client
    icon = "group"
    menu_label = gettext_lazy("Clients")
    menu_name = "pumbaphoto-clients"
    menu_order = 200
    inspect_view_fields = ["name", "email", "phone", "language", "collection"]
    index_view_class = ClientIndexView
    inspect_view_class = InspectClientView
    inspect_template_name = InspectClientView.template_name
    filterset_class = ClientFilterSet
    list_display = [
        "__str__",
        Column("email", label=gettext_lazy("E-mail"), sort_key="email"),
        Column("phone", label=gettext_lazy("Phone")),
        ClientGalleriesColumn("galleries", label=gettext_lazy("Galleries"), width="26%"),
        NumberColumn("gallery_count", label=gettext_lazy("Shoots"), sort_key="gallery_count"),
        DayColumn("last_shoot", label=gettext_lazy("Last shoot"), sort_key="last_shoot"),
    ]
    ordering = "name"
    list_export = [
        *("name", "email", "phone", "language"),
        *("gallery_count", "last_shoot", "gallery_states"),
    ]
    export_filename = "clients"
    search_fields = ["name", "email", "phone"]
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            MultiFieldPanel(
                [FieldPanel("email"), FieldPanel("phone"), FieldPanel("language")],
                gettext_lazy("Contact"),
            ),
            FieldPanel("collection"),
        ],
        base_form_class=KeptInCollectionForm,
    )

    def get_urlpatterns(self) -> list:
        suggest = path("suggest/", SuggestClientsView.as_view(), name="suggest")
        # Behind the list, to which the menu leads.
        erase = path("erase/<str:pk>/", EraseClientView.as_view(), name="erase")
        return [*super().get_urlpatterns(), suggest, erase]


class DeleteClientsBulkAction(JudgedDeleteBulkAction):
    models = [Client]

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext(
            "%(count)d client deleted.", "%(count)d clients deleted.", num_parent_objects
        ) % {"count": num_parent_objects}
