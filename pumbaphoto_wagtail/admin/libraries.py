"""Libraries: folders of the server that become galleries, as a list with a form and a page each."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, NumberColumn, Table
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views import snippets

from ..conf import settings
from ..models import Library, LibraryFile, LibraryFolder, LibraryScan
from .judged_snippets import (
    JudgedDeleteBulkAction,
    JudgedDeleteView,
    JudgedEditView,
    JudgedIndexView,
    JudgedInspectView,
    JudgedSnippetViewSet,
)
from .library_forms import LibraryForm
from .link_snippet import TagColumn
from .scan_reports import ScanReportView
from .scan_words import is_under_way, place_of, presentable_scan
from .scanning_library import (
    ScanNewsView,
    ScanView,
    library_url,
    may_with_library,
    page_of_scans,
)
from .trying_patterns import try_patterns

TRY = "action-try"
SCRIPT = "XMLHttpRequest"


class TriesPatterns:
    """Shows what the patterns in the form would make of the library, without saving them."""

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if TRY not in request.POST:
            return super().post(request, *args, **kwargs)
        self.form = self.get_form()
        self.form.is_valid()
        data = {name: request.POST.get(name, "") for name in ("patterns", "ignores")}
        tried = try_patterns(self.form.instance, **data)
        if request.headers.get("X-Requested-With") == SCRIPT:
            template = "pumbaphoto_wagtail/admin/library/tried.html"
            return TemplateResponse(request, template, {"tried": tried})
        self.form.tried = tried
        return self.render_to_response(self.get_context_data(form=self.form))


class TryPanel(HelpPanel):
    """The button that tries the patterns, and below it what came of it."""

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(self, parent_context=None) -> dict:
            tried = getattr(self.form, "tried", None)
            return super().get_context_data(parent_context) | {"tried": tried}


class CreateLibraryView(TriesPatterns, snippets.CreateView):
    template_name = "pumbaphoto_wagtail/admin/library/create.html"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)
        return response if settings.LIBRARY_STORAGES else self._say_what_to_set(response)

    def _say_what_to_set(self, response: HttpResponse) -> HttpResponse:
        """In place of the form, and of nothing that somebody gets who may not come here."""
        if response.status_code != 200:
            return response
        context = self.get_context_data()
        template = "pumbaphoto_wagtail/admin/library/no_storages.html"
        return TemplateResponse(self.request, template, context)


class EditLibraryView(TriesPatterns, JudgedEditView):
    template_name = "pumbaphoto_wagtail/admin/library/edit.html"


class DeleteLibraryView(JudgedDeleteView):
    """The library goes, what it brought in stays."""

    @property
    def confirmation_message(self) -> str:
        return _(
            "Its galleries and photos stay, and so do the files on the storage. The library is not"
            " scanned any more, and its reports go."
        )

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if is_under_way(self.object.scans.first()):
            messages.error(request, _("This library is being scanned. Wait until that is done."))
            return self.render_to_response(self.get_context_data(), status=409)
        return super().post(request, *args, **kwargs)


class InspectLibraryView(JudgedInspectView):
    """The library as a whole: what it is, what came of it, how its scans went."""

    template_name = "pumbaphoto_wagtail/admin/library/inspect.html"

    @property
    def header_buttons(self) -> list[Button]:
        if not may_with_library(self.request.user, "scan", self.object):
            return []
        url = library_url(self.object, "scan")
        return [HeaderButton(_("Scan"), url=url, icon_name="rotate")]

    def get_context_data(self, **kwargs) -> dict:
        library = self.object
        count_all([library])
        return super().get_context_data(
            library=library,
            place=place_of(library),
            scans=page_of_scans(library, self.request.GET.get("p")),
            may_scan=may_with_library(self.request.user, "scan", library),
            **kwargs,
        )


def count_all(libraries: Iterable[Library]) -> None:
    """Set on each its last scan, and how many galleries, photos and missing files it has, in four
    queries.
    """
    libraries = [*libraries]
    keys = [library.pk for library in libraries]
    of_these = LibraryScan.objects.filter(library__in=keys).order_by()
    newest = of_these.values("library").annotate(newest=Max("pk")).values("newest")
    scans = {scan.library_id: scan for scan in LibraryScan.objects.filter(pk__in=newest)}
    galleries = _amounts(LibraryFolder, keys, Count("gallery", distinct=True))
    files = _amounts(LibraryFile, keys, Count("pk"))
    missing = _amounts(LibraryFile, keys, Count("pk", filter=Q(missing_since__isnull=False)))
    for library in libraries:
        library.last_scan = scans.get(library.pk)
        library.last_scan_at = library.last_scan and library.last_scan.created_at
        library.gallery_count = galleries.get(library.pk, 0)
        library.file_count = files.get(library.pk, 0)
        library.missing_count = missing.get(library.pk, 0)


def _amounts(model, keys: list[int], amount: Count) -> dict[int, int]:
    rows = model.objects.filter(library__in=keys).order_by().values_list("library")
    return dict(rows.annotate(amount=amount))


class LibraryIndexView(JudgedIndexView):
    """The libraries, each leading to its own page."""

    def get_base_queryset(self) -> QuerySet[Library]:
        return super().get_base_queryset().select_related("owner", "collection")

    def get_table(self, object_list: Iterable[Library]) -> Table:
        object_list = [*object_list]
        count_all(object_list)
        return super().get_table(object_list)

    def get_title_url(self, library: Library) -> str:
        return library_url(library, "inspect")


class LastScanColumn(TagColumn):
    """How the last scan went, leading to its report."""

    cell_template_name = "pumbaphoto_wagtail/admin/library/last_scan.html"

    def get_value(self, library: Library) -> dict[str, str]:
        return presentable_scan(library.last_scan)


class LibraryViewSet(JudgedSnippetViewSet):
    """The photographer's own folders."""

    model = Library
    icon = "folder-open-inverse"
    menu_label = gettext_lazy("Libraries")
    menu_name = "pumbaphoto-libraries"
    menu_order = 240
    index_view_class = LibraryIndexView
    add_view_class = CreateLibraryView
    edit_view_class = EditLibraryView
    delete_view_class = DeleteLibraryView
    inspect_view_class = InspectLibraryView
    inspect_template_name = InspectLibraryView.template_name
    inspect_view_fields = ["title"]
    create_template_name = CreateLibraryView.template_name
    edit_template_name = EditLibraryView.template_name
    list_display = [
        "title",
        Column("place", label=gettext_lazy("Where"), accessor=place_of, classname="pumba-path"),
        NumberColumn("gallery_count", label=gettext_lazy("Galleries"), width="9%"),
        NumberColumn("file_count", label=gettext_lazy("Photos"), width="9%"),
        NumberColumn("missing_count", label=gettext_lazy("Missing"), width="9%"),
        LastScanColumn("last_scan", label=gettext_lazy("Last scan"), width="22%"),
    ]
    ordering = "title"
    list_export = ["title", "storage", "folder", "owner", "collection"]
    export_filename = "libraries"
    search_fields = ["title", "folder"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [FieldPanel("title"), FieldPanel("storage"), FieldPanel("folder")],
                heading=gettext_lazy("Where it lies"),
            ),
            MultiFieldPanel(
                [
                    HelpPanel(template="pumbaphoto_wagtail/admin/library/patterns_help.html"),
                    FieldPanel(
                        "patterns",
                        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
                    ),
                    FieldPanel(
                        "ignores",
                        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
                        help_text=gettext_lazy("One regular expression a line, for whole paths."),
                    ),
                    TryPanel(template="pumbaphoto_wagtail/admin/library/try.html"),
                ],
                heading=gettext_lazy("What its folders become"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("owner"),
                    FieldPanel("collection"),
                    FieldPanel("index_page"),
                    FieldPanel("site"),
                ],
                heading=gettext_lazy("The galleries made of it"),
            ),
            MultiFieldPanel(
                [FieldPanel("takes_in"), FieldPanel("missing_percent")],
                heading=gettext_lazy("Its files"),
            ),
        ],
        base_form_class=LibraryForm,
    )

    # For templates, which cannot call with a name.
    @property
    def scan_report_name(self) -> str:
        return self.get_url_name("scan_report")

    @property
    def inspect_name(self) -> str:
        return self.get_url_name("inspect")

    def get_urlpatterns(self) -> list:
        report = "scans/<int:pk>/<uuid:scan_uuid>/"
        return [
            # First, since the menu leads to what comes first.
            *super().get_urlpatterns(),
            path("scan/<int:pk>/", ScanView.as_view(), name="scan"),
            path("scan/<int:pk>/news/", ScanNewsView.as_view(), name="scan_news"),
            path(report, ScanReportView.as_view(), name="scan_report"),
            path(
                f"{report}results/",
                ScanReportView.as_view(results_only=True),
                name="scan_report_results",
            ),
        ]


class DeleteLibrariesBulkAction(JudgedDeleteBulkAction):
    models = [Library]
