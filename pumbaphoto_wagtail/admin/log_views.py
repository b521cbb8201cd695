"""What the rooms of the operational log share: who enters, lists, single records, acts.

They are wagtail-modeladmin's: a class names the record, its columns, filters and spreadsheet, and
gets addresses and a menu entry. Its own list, however, asks for three counts a page, builds queries
of whatever stands in the address (``?uploader__password__startswith=``), and looks as Wagtail did
years ago. So the list is Wagtail's own, filled from what the class says, and so are its filters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.generic.base import BaseListingView
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import InspectView

from .operators import may_enter
from .safe_exports import SafeExport, in_chunks
from .security import protect

ROWS_PER_PAGE = 50
# Digits of a primary key.
LONGEST_KEY = 18


class OperatorsOnly(PermissionHelper):
    """Operators look, by the permission to view such records; nothing is made, edited or deleted.

    Which records they see is the business of the queryset.
    """

    def user_can_list(self, user) -> bool:
        return may_enter(user, self.model)

    def user_has_any_permissions(self, user) -> bool:
        return self.user_can_list(user)

    def user_can_inspect_obj(self, user, record: object) -> bool:
        return self.user_can_list(user)

    def user_can_create(self, user) -> bool:
        return False

    def user_can_edit_obj(self, user, record: object) -> bool:
        return False

    def user_can_delete_obj(self, user, record: object) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class LogAct:
    """Something an operator can do with records. ``do`` is the domain's own function for one of
    them, False where it was not possible; ``done`` the words for how many it was done with, which
    have ``%(count)d`` in them. ``question`` asks before, ``needs`` is what the operator must be
    allowed to do with the gallery.
    """

    name: str
    label: str
    question: str
    done: Callable[[int], str]
    do: Callable[[object, object], bool]
    needs: str = "change"
    is_dangerous: bool = False


class ChoiceColumn(Column):
    """A tick, to choose records for an act."""

    header_template_name = "pumbaphoto_wagtail/admin/log/choice_header.html"
    cell_template_name = "pumbaphoto_wagtail/admin/log/choice_cell.html"


class RecordColumn(TitleColumn):
    """The record's name, leading to all that is known of it."""


class LogListView(SafeExport, BaseListingView):
    """A list as Wagtail makes them now, of what a :class:`LogAdmin` says."""

    model_admin: LogAdmin = None
    template_name = "pumbaphoto_wagtail/admin/log/list.html"
    results_template_name = "pumbaphoto_wagtail/admin/log/list_results.html"
    is_searchable = True

    def __init__(self, model_admin: LogAdmin, **kwargs) -> None:
        super().__init__(model_admin=model_admin, **kwargs)
        self.model = model_admin.model
        self.page_title = model_admin.get_menu_label()
        self.header_icon = model_admin.get_menu_icon()
        self.filterset_class = model_admin.filterset_class
        self.paginate_by = model_admin.list_per_page
        self.list_export = model_admin.list_export
        self.verbose_name_plural = model_admin.opts.verbose_name_plural
        self.default_ordering = model_admin.ordering[0]

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.model_admin.permission_helper.user_can_list(request.user):
            raise PermissionDenied
        return protect(super().dispatch(request, *args, **kwargs))

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.is_export:
            return self.as_spreadsheet(self._exported(), request.GET["export"])
        return super().get(request, *args, **kwargs)

    def _exported(self) -> Iterator:
        for chunk in in_chunks(self.get_queryset()):
            self.model_admin.complete(chunk, self.request.user)
            yield from chunk

    def get_base_queryset(self) -> QuerySet:
        return self.model_admin.get_queryset(self.request)

    def order_queryset(self, queryset: QuerySet) -> QuerySet:
        return queryset.order_by(self.ordering, *self.model_admin.ordering)

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        if not self.is_searching:
            return queryset
        return self.model_admin.search(queryset, self.search_query)

    def paginate_queryset(self, queryset: QuerySet, page_size: int) -> tuple:
        paginator, page, rows, is_paginated = super().paginate_queryset(queryset, page_size)
        rows = list(rows)
        self.model_admin.complete(rows, self.request.user)
        return paginator, page, rows, is_paginated

    @cached_property
    def columns(self) -> list[Column]:
        name, *others = self.model_admin.list_display
        columns = [
            RecordColumn(
                name,
                label=self.model_admin.label_of(name),
                accessor=self.model_admin.value_of(name),
                get_url=self.model_admin.record_url,
            ),
            *(self._column(other) for other in others),
        ]
        return [ChoiceColumn("choice", label=""), *columns] if self.acts else columns

    def _column(self, name: str) -> Column:
        made = self.model_admin.columns.get(name)
        if made is not None:
            return made
        return Column(
            name,
            label=self.model_admin.label_of(name),
            accessor=self.model_admin.value_of(name),
            sort_key=name if name in self.model_admin.sortable else None,
        )

    def get_heading(self, queryset: object, field: str) -> str:
        return self.model_admin.label_of(field)

    def to_row_dict(self, item: object) -> dict:
        return {name: self.model_admin.value_of(name)(item) for name in self.list_export}

    def get_filename(self) -> str:
        return self.model_admin.export_filename

    def get_index_url(self) -> str:
        return self.model_admin.url_helper.index_url

    def get_index_results_url(self) -> str:
        return self.model_admin.results_url()

    @cached_property
    def acts(self) -> list[LogAct]:
        return self.model_admin.acts_for(self.request.user)

    def get_context_data(self, *args, **kwargs) -> dict:
        return super().get_context_data(*args, **kwargs) | {
            "acts": self.acts,
            "act_url": self.model_admin.act_url(),
            "next_url": self.request.get_full_path() if not self.results_only else self.index_url,
        }


class LogRecordView(InspectView):
    """One record; for those who see it in the list."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            raise PermissionDenied
        self.request = request
        found = self.model_admin.records_for(request).filter(pk=self.instance.pk).first()
        if found is None:
            raise Http404
        self.instance = found
        self.model_admin.complete([found], request.user)
        return protect(super().dispatch(request, *args, **kwargs))

    def check_action_permitted(self, user) -> bool:
        # Asked above, of the record itself.
        return True

    def get_fields_dict(self) -> list[dict]:
        """Labels and values, of methods of the class or fields of the record."""
        admin = self.model_admin
        return [
            {"label": admin.label_of(name), "value": admin.value_of(name)(self.instance)}
            for name in admin.inspect_view_fields
        ]

    def get_context_data(self, **kwargs) -> dict:
        admin, user = self.model_admin, self.request.user
        may_list = admin.permission_helper.user_can_list(user)
        label = admin.get_menu_label()
        return super().get_context_data(
            page_title=str(self.instance),
            header_title=str(self.instance),
            header_icon=admin.get_menu_icon(),
            breadcrumbs_items=[
                {"url": reverse("wagtailadmin_home"), "label": _("Home")},
                *([{"url": admin.url_helper.index_url, "label": label}] if may_list else []),
                {"url": "", "label": str(self.instance)},
            ],
            acts=admin.acts_for(user),
            act_url=admin.act_url(),
            next_url=self.request.path,
            **kwargs,
        )


class LogAdmin(ModelAdmin):
    """Records of one kind. Beside modeladmin's own attributes: ``filterset_class``; ``columns``,
    Wagtail's columns by the name in ``list_display`` they stand for; ``sortable``, fields to sort
    by; ``acts``.
    """

    add_to_admin_menu = False
    inspect_view_enabled = True
    history_view_enabled = False
    inspect_template_name = "pumbaphoto_wagtail/admin/log/record.html"
    permission_helper_class = OperatorsOnly
    index_view_class = LogListView
    inspect_view_class = LogRecordView
    list_per_page = ROWS_PER_PAGE
    filterset_class: type | None = None
    columns: dict[str, Column] = {}
    sortable: tuple[str, ...] = ()
    acts: tuple[LogAct, ...] = ()
    export_filename = "log"

    def records_for(self, request: HttpRequest) -> QuerySet:
        """The records that this operator may look at one by one."""
        found = self.get_queryset(request)
        return found if self.permission_helper.user_can_list(request.user) else found.none()

    def actable(self, user, act: LogAct) -> QuerySet:
        """The records with which this operator may do the act."""
        raise NotImplementedError

    def complete(self, rows: list, user) -> None:
        """Add to these rows what is counted or looked up, in a fixed number of queries."""

    def search(self, queryset: QuerySet, words: str) -> QuerySet:
        raise NotImplementedError

    def label_of(self, name: str) -> str:
        """What a field, or a method of this class, is called."""
        return capfirst(label_for_field(name, self.model, self))

    def value_of(self, name: str) -> Callable[[object], object]:
        """What gives a record's value: a method of this class, or its field in words."""
        method = getattr(self, name, None)
        if method is not None:
            return method
        return lambda row: getattr(row, f"get_{name}_display", lambda: getattr(row, name))()

    def record_url(self, record: object) -> str:
        return self.url_helper.get_action_url("inspect", record.pk)

    def acts_for(self, user) -> list[LogAct]:
        """The acts that are offered to this user."""
        return list(self.acts) if self.permission_helper.user_can_list(user) else []

    def register_admin_url_finders(self) -> None:
        """None: there is no address at which a record is edited."""

    # --- Addresses -------------------------------------------------------------------------------

    @property
    def _names(self) -> str:
        return self.url_helper.base_url_path.replace("/", "_")

    def act_url(self) -> str:
        return reverse(f"{self._names}_act")

    def results_url(self) -> str:
        return reverse(f"{self._names}_results")

    def get_admin_urls_for_registration(self) -> tuple[URLPattern, ...]:
        """The list, its part that filters change, the single record, and the one address that acts:
        there is none that edits or deletes.
        """
        names = {self.url_helper.get_action_url_name(action) for action in ("index", "inspect")}
        views = tuple(url for url in super().get_admin_urls_for_registration() if url.name in names)
        base = self.url_helper.base_url_path
        return (
            *views,
            path(f"{base}/results/", self.results_view, name=f"{self._names}_results"),
            path(f"{base}/act/", self.act, name=f"{self._names}_act"),
        )

    def get_permissions_for_registration(self) -> QuerySet:
        """Only the permission to view, which opens the room."""
        return super().get_permissions_for_registration().filter(codename__startswith="view_")

    def inspect_view(self, request: HttpRequest, instance_pk: str) -> HttpResponse:
        # Modeladmin hands whatever stands in the address to the database.
        if not instance_pk.isdecimal() or len(instance_pk) > LONGEST_KEY:
            raise Http404
        return super().inspect_view(request, instance_pk)

    def results_view(self, request: HttpRequest) -> HttpResponse:
        return self.index_view_class.as_view(model_admin=self, results_only=True)(request)

    # --- Acts ------------------------------------------------------------------------------------

    def act(self, request: HttpRequest) -> HttpResponse:
        """Do an act with the records that were chosen, after asking once more."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        acts = {act.name: act for act in self.acts_for(request.user)}
        if not acts:
            raise PermissionDenied
        act = acts.get(request.POST.get("act"))
        back = get_valid_next_url_from_request(request) or self.url_helper.index_url
        records = self._chosen(request, act) if act else []
        if not records:
            messages.warning(request, _("Nothing was chosen with which this can be done."))
        elif "confirmed" not in request.POST:
            return self._ask(request, act, records, back)
        else:
            self._tell(request, act, records)
        return redirect(back)

    def _chosen(self, request: HttpRequest, act: LogAct) -> list:
        keys = [key for key in request.POST.getlist("record") if key.isdecimal()]
        keys = [key for key in keys if len(key) <= LONGEST_KEY]
        return list(self.actable(request.user, act).filter(pk__in=keys[: self.list_per_page]))

    def _ask(self, request: HttpRequest, act: LogAct, records: list, back: str) -> HttpResponse:
        self.complete(records, request.user)
        label = self.get_menu_label()
        context = {
            "act": act,
            "records": records,
            "act_url": self.act_url(),
            "back_url": back,
            "page_title": act.label,
            "header_title": act.label,
            "header_icon": self.get_menu_icon(),
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("Home")},
                {"url": self.url_helper.index_url, "label": label},
                {"url": "", "label": act.label},
            ],
        }
        template = "pumbaphoto_wagtail/admin/log/confirm.html"
        return protect(TemplateResponse(request, template, context))

    def _tell(self, request: HttpRequest, act: LogAct, records: list) -> None:
        done = sum(bool(act.do(record, request.user)) for record in records)
        if done:
            messages.success(request, act.done(done) % {"count": done})
        if left := len(records) - done:
            words = ngettext(
                "%(count)d was left as it is: it cannot be done with it as it is now.",
                "%(count)d were left as they are: it cannot be done with them as they are now.",
                left,
            )
            messages.warning(request, words % {"count": left})
