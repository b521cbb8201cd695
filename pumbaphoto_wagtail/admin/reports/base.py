"""What the reports share: who may read them, how they are exported, when figures are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.reports import ReportView

from ...permissions import gallery_policy
from ..operators import may_enter
from ..safe_exports import SafeExport, in_chunks
from ..security import protect

NAMESPACE = "pumbaphoto_reports"


class GalleryReport(SafeExport, ReportView):
    """A report of what a member of staff may see, row by row.

    ``name`` stands in its address. ``for_operators_of`` is the record that its readers must be
    allowed to view; without it, it is for everybody who may view some gallery. Rows are listed by
    the database alone; what is counted for each is added by :meth:`count`, for one page's rows or
    one chunk of an export at a time.
    """

    name = ""
    for_operators_of: type[Model] | None = None
    template_name = "pumbaphoto_wagtail/admin/reports/report.html"
    results_template_name = "pumbaphoto_wagtail/admin/reports/report_results.html"
    paginate_by = 50
    # Of Wagtail's own check there is nothing left: it would ask about models, not galleries.
    permission_policy = None

    @classmethod
    def is_for(cls, user) -> bool:
        """Whether this member of staff may read the report."""
        if cls.for_operators_of is not None:
            return may_enter(user, cls.for_operators_of)
        return gallery_policy.user_has_permission(user, "view")

    @classmethod
    def get_urls(cls) -> list:
        return [
            path(f"{cls.name}/", cls.as_view(), name=cls.name),
            path(
                f"{cls.name}/results/",
                cls.as_view(results_only=True),
                name=f"{cls.name}_results",
            ),
        ]

    @property
    def index_url_name(self) -> str:
        return f"{NAMESPACE}:{self.name}"

    @property
    def index_results_url_name(self) -> str:
        return f"{NAMESPACE}:{self.name}_results"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.is_for(request.user):
            raise PermissionDenied
        return protect(super().dispatch(request, *args, **kwargs))

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.is_export:
            rows = self.exported(self.get_filtered_queryset())
            return self.as_spreadsheet(rows, request.GET["export"])
        return super().get(request, *args, **kwargs)

    def get_filename(self) -> str:
        return self.name

    def exported(self, rows: QuerySet) -> Iterator:
        """The rows as they are exported."""
        for chunk in in_chunks(rows):
            self.count(chunk)
            yield from chunk

    def decorate_paginated_queryset(self, object_list: Sequence) -> Sequence:
        # The table was made of this very list, and nobody has read it yet.
        self.count(list(object_list))
        return object_list

    def count(self, rows: list) -> None:
        """Add what is counted to these rows, in a fixed number of queries."""

    def get_summary(self) -> list[tuple[str, object]]:
        """What stands above the table about all rows that are found: words and figures."""
        return []

    def get_context_data(self, *args, **kwargs) -> dict:
        return super().get_context_data(*args, **kwargs) | {"summary": self.get_summary()}


class ReportMenuItem(MenuItem):
    """A report in the menu of those who may read it."""

    def __init__(self, report: type[GalleryReport], order: int) -> None:
        self.report = report
        super().__init__(
            report.page_title,
            reverse(f"{NAMESPACE}:{report.name}"),
            name=f"pumbaphoto-report-{report.name}",
            icon_name=report.header_icon,
            order=order,
        )

    def is_shown(self, request: HttpRequest) -> bool:
        return self.report.is_for(request.user)
