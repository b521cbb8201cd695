"""Clients in the admin: a snippet whose every view keeps to the clients one may know of.

Wagtail's snippet views ask whether a user may change *some* client. Here each of them asks about
this one, too, so that a studio never meets another's clients, not by a guessed address either.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.snippets.bulk_actions import DeleteBulkAction
from wagtail.snippets.views import chooser, snippets

from ..models import Client
from ..permissions import client_policy, galleries_for


class ClientForm(WagtailAdminModelForm):
    """Offers the collections in which this user may keep clients, if there are several."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "collection" not in self.fields or self.for_user is None:
            return
        offered = client_policy.collections_user_has_any_permission_for(
            self.for_user, ["add", "change"]
        )
        self.fields["collection"].queryset = offered
        self.fields["collection"].empty_label = None
        if len(offered[:2]) == 1:
            if self.instance._state.adding:
                self.instance.collection = offered[0]
            del self.fields["collection"]


def visible_clients(user, action: str = "view") -> QuerySet[Client]:
    return client_policy.instances_user_has_permission_for(user, action)


class OneClient:
    """A view of one client: 404 unless this user may do ``needed_permission`` with it."""

    needed_permission = "change"

    def get_object(self, *args, **kwargs) -> Client:
        client = super().get_object(*args, **kwargs)
        if not client_policy.user_has_permission_for_instance(
            self.request.user, self.needed_permission, client
        ):
            raise Http404
        return client


class ClientIndexView(snippets.IndexView):
    def get_base_queryset(self) -> QuerySet[Client]:
        mine = Q(galleries__in=galleries_for(self.request.user).values("pk"))
        return visible_clients(self.request.user).annotate(
            gallery_count=Count("galleries", filter=mine, distinct=True)
        )


class EditClientView(OneClient, snippets.EditView):
    pass


class DeleteClientView(OneClient, snippets.DeleteView):
    needed_permission = "delete"


class ClientUsageView(OneClient, snippets.UsageView):
    pass


class ClientHistoryView(OneClient, snippets.HistoryView):
    pass


class InspectClientView(OneClient, snippets.InspectView):
    needed_permission = "view"


class ChoosableClients:
    """A chooser's list of clients."""

    def get_object_list(self) -> QuerySet[Client]:
        return visible_clients(self.request.user, "choose")


class ChooseClientView(ChoosableClients, chooser.ChooseView):
    pass


class ChooseClientResultsView(ChoosableClients, chooser.ChooseResultsView):
    pass


class ClientChosenView(chooser.SnippetChosenView):
    def get_object(self, pk: str) -> Client:
        return visible_clients(self.request.user, "choose").get(pk=pk)


class ClientsChosenView(chooser.SnippetChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet[Client]:
        return visible_clients(self.request.user, "choose").filter(pk__in=pks)


class ClientChooserViewSet(chooser.SnippetChooserViewSet):
    choose_view_class = ChooseClientView
    choose_results_view_class = ChooseClientResultsView
    chosen_view_class = ClientChosenView
    chosen_multiple_view_class = ClientsChosenView


class ClientViewSet(snippets.SnippetViewSet):
    """The people shoots are made for."""

    model = Client
    icon = "group"
    menu_label = _("Clients")
    menu_name = "pumbaphoto-clients"
    menu_order = 200
    menu_hook = "register_pumbaphoto_submenu"
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_fields = ["name", "email", "phone", "language", "collection"]
    index_view_class = ClientIndexView
    edit_view_class = EditClientView
    delete_view_class = DeleteClientView
    usage_view_class = ClientUsageView
    history_view_class = ClientHistoryView
    inspect_view_class = InspectClientView
    chooser_viewset_class = ClientChooserViewSet
    list_display = [
        "__str__",
        Column("email", label=_("E-mail"), sort_key="email"),
        Column("phone", label=_("Phone")),
        NumberColumn("gallery_count", label=_("Galleries"), sort_key="gallery_count"),
    ]
    ordering = "name"
    list_filter = {"language": ["exact"]}
    list_export = ["name", "email", "phone", "language"]
    export_filename = "clients"
    search_fields = ["name", "email", "phone"]
    # Plain matching: the index backend can neither narrow by policy nor sort by a count.
    search_backend_name = None
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            MultiFieldPanel(
                [FieldPanel("email"), FieldPanel("phone"), FieldPanel("language")], _("Contact")
            ),
            FieldPanel("collection"),
        ],
        base_form_class=ClientForm,
    )

    def get_permissions_to_register(self) -> QuerySet:
        """None: who may keep clients is decided by the permissions on galleries."""
        return super().get_permissions_to_register().none()


class DeleteClientsBulkAction(DeleteBulkAction):
    """Wagtail's own, without the names of clients that are not this user's."""

    models = [Client]

    def get_all_objects_in_listing_query(self, parent_id: str | None) -> QuerySet:
        return visible_clients(self.request.user, "delete").values_list("pk", flat=True)

    def get_queryset(self, model: type[Client], object_ids) -> QuerySet[Client]:
        found = visible_clients(self.request.user, "delete").filter(pk__in=object_ids)
        if not found:
            raise PermissionDenied
        return found

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext(
            "%(count)d client deleted.", "%(count)d clients deleted.", num_parent_objects
        ) % {"count": num_parent_objects}
