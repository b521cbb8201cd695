"""Snippets whose every view keeps to what this user may know of.

Wagtail's snippet views ask whether a user may change *some* client, or link. Here each of them
asks the model's policy about this one, too, so that a studio never meets another's, not by a
guessed address either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Never

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.admin.widgets.button import ListingButton
from wagtail.permissions import policy_registry
from wagtail.snippets.bulk_actions import DeleteBulkAction
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction
from wagtail.snippets.views import chooser, snippets

from ..delivery.handoff import neutralised


def visible(model: type[Model], user, action: str = "view") -> QuerySet:
    """The rows of a model with which this user may do ``action``."""
    policy = policy_registry.get_by_type(model)
    return policy.instances_user_has_permission_for(user, action)


class KeptInCollectionForm(WagtailAdminModelForm):
    """Offers the collections in which this user may keep such a thing, if there are several."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "collection" not in self.fields or self.for_user is None:
            return
        policy = policy_registry.get_by_type(self._meta.model)
        offered = policy.collections_user_has_any_permission_for(self.for_user, ["add", "change"])
        self.fields["collection"].queryset = offered
        self.fields["collection"].empty_label = None
        if len(offered[:2]) == 1:
            if self.instance._state.adding:
                self.instance.collection = offered[0]
            del self.fields["collection"]


class HarmlessExport:
    """A list's spreadsheets, in which nothing that a client wrote is taken for a formula."""

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        found = super().preprocess_field_value(field, value, export_format)
        is_text = isinstance(found, str) and export_format == self.FORMAT_CSV
        return neutralised(found) if is_text else found

    def generate_xlsx_row(self, worksheet, row_dict, date_format=None) -> Iterator[WriteOnlyCell]:
        for cell in super().generate_xlsx_row(worksheet, row_dict, date_format):
            if isinstance(cell.value, str):
                # openpyxl takes "#N/A" for an error.
                cell.data_type = "s"
            yield cell


class JudgedIndexView(HarmlessExport, snippets.IndexView):
    """``title_column_class`` makes the first column, ``title_label`` heads it, and it leads to
    :meth:`get_title_url`; without a width the others would leave it none.
    """

    table_classname = "listing pumba-listing"
    title_column_class = TitleColumn
    title_label = ""
    title_width: str | None = "24%"

    def _get_title_column(self, field_name: str, *args, **kwargs) -> Column:
        column = super()._get_title_column(field_name, self.title_column_class, **kwargs)
        column._get_url_func = self.get_title_url
        column.label = self.title_label or column.label
        column.width = self.title_width
        return column

    def get_title_url(self, instance: Model) -> str | None:
        return self.get_edit_url(instance) or self.get_inspect_url(instance)

    def get_base_queryset(self) -> QuerySet:
        return visible(self.model, self.request.user)

    def get_context_data(self, **kwargs) -> dict:
        names = {"names": self.model._meta.verbose_name_plural}
        return super().get_context_data(
            bulk_buttons=self._bulk_buttons(),
            select_all_words=_("Select all %(names)s in this list") % names,
            **kwargs,
        )

    def _bulk_buttons(self) -> list[ListingButton]:
        """The acts with several that this user may do with some."""
        meta = self.model._meta
        found = bulk_action_registry.get_bulk_actions_for_model(meta.app_label, meta.model_name)
        offered = [
            action
            for action in found
            if issubclass(action, AllOfListing)
            and self.user_has_permission(action.needed_permission)
        ]
        return sorted(
            ListingButton(
                action.display_name,
                reverse(
                    "wagtail_bulk_action",
                    args=[meta.app_label, meta.model_name, action.action_type],
                ),
                attrs={"aria-label": action.aria_label, "data-bulk-action-button": ""},
                priority=action.action_priority,
                classname=" ".join(sorted(action.classes | {"bulk-action-btn"})),
            )
            for action in offered
        )


class JudgedObject:
    """A view of one: 404 unless this user may do ``needed_permission`` with it."""

    needed_permission = "change"

    def get_object(self, *args, **kwargs) -> Model:
        found = super().get_object(*args, **kwargs)
        policy = policy_registry.get_by_type(type(found))
        if not policy.user_has_permission_for_instance(
            self.request.user, self.needed_permission, found
        ):
            raise Http404
        return found


class JudgedEditView(JudgedObject, snippets.EditView):
    pass


class JudgedDeleteView(JudgedObject, snippets.DeleteView):
    needed_permission = "delete"


class JudgedUsageView(JudgedObject, snippets.UsageView):
    pass


class JudgedHistoryView(JudgedObject, snippets.HistoryView):
    pass


class JudgedInspectView(JudgedObject, snippets.InspectView):
    needed_permission = "view"


class Choosable:
    """A chooser's list."""

    def get_object_list(self) -> QuerySet:
        return visible(self.model, self.request.user, "choose")


class JudgedChooseView(Choosable, chooser.ChooseView):
    pass


class JudgedChooseResultsView(Choosable, chooser.ChooseResultsView):
    pass


class JudgedChosenView(Choosable, chooser.SnippetChosenView):
    def get_object(self, pk: str) -> Model:
        return self.get_object_list().get(pk=pk)


class JudgedChosenMultipleView(Choosable, chooser.SnippetChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet:
        return self.get_object_list().filter(pk__in=[pk for pk in pks if pk.isdecimal()])


class JudgedCreateView(chooser.SnippetCreateView):
    """Nothing can be made in a chooser that has no form for it; Wagtail's own fails there."""

    def dispatch(self, request, *args, **kwargs) -> HttpResponse:
        if self.can_create() and self.get_creation_form() is None:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class JudgedChooserViewSet(chooser.SnippetChooserViewSet):
    choose_view_class = JudgedChooseView
    choose_results_view_class = JudgedChooseResultsView
    chosen_view_class = JudgedChosenView
    create_view_class = JudgedCreateView
    chosen_multiple_view_class = JudgedChosenMultipleView


class JudgedSnippetViewSet(snippets.SnippetViewSet):
    """A snippet of ours, in the "Galleries" menu."""

    menu_hook = "register_pumbaphoto_submenu"
    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = JudgedIndexView
    index_template_name = "pumbaphoto_wagtail/admin/judged_index.html"
    edit_view_class = JudgedEditView
    delete_view_class = JudgedDeleteView
    usage_view_class = JudgedUsageView
    history_view_class = JudgedHistoryView
    inspect_view_class = JudgedInspectView
    chooser_viewset_class = JudgedChooserViewSet
    # Plain matching: the index backend can neither narrow by policy nor sort by a count.
    search_backend_name = None

    def get_permissions_to_register(self) -> QuerySet:
        """None: who may keep these is decided by the permissions on galleries."""
        return super().get_permissions_to_register().none()


class AllOfListing:
    """What a bulk action takes for "all": what the list shows, with its search and its filters,
    of that only what this user may do it with.
    """

    needed_permission = "change"

    def get_all_objects_in_listing_query(self, parent_id: str | None) -> QuerySet:
        made = self.model.snippet_viewset.index_view
        listing = made.view_class(**made.view_initkwargs)
        listing.setup(self.request)
        shown = listing.get_queryset().order_by().values("pk")
        return self.mine.filter(pk__in=shown).values_list("pk", flat=True)

    @property
    def mine(self) -> QuerySet:
        return visible(self.model, self.request.user, self.needed_permission)


class JudgedBulkAction(AllOfListing, SnippetBulkAction):
    """One act with several: with all of them or with none, and those of others are not named."""

    def get_queryset(self, model: type[Model], object_ids) -> QuerySet:
        keys = {str(key) for key in object_ids}
        found = self.mine.filter(pk__in=[key for key in keys if key.isdecimal()])
        if not keys or len(found) != len(keys):
            raise PermissionDenied
        return found


class JudgedDeleteBulkAction(AllOfListing, DeleteBulkAction):
    """Wagtail's own, without the names of what is not this user's."""

    needed_permission = "delete"

    def get_queryset(self, model: type[Model], object_ids) -> QuerySet:
        found = self.mine.filter(pk__in=object_ids)
        if not found:
            raise PermissionDenied
        return found


class NothingToDelete(DeleteBulkAction):
    """Of these nothing is deleted by itself, though Wagtail offers it for every snippet."""

    def dispatch(self, request, *args, **kwargs) -> Never:
        raise Http404
