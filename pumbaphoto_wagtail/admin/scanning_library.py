"""The "Scan" page of a library: what it would do, starting it, how far it is, earlier scans."""

from __future__ import annotations

import hashlib

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from ..conf import settings
from ..exceptions import PumbaphotoError
from ..intake.library import ask_scan
from ..models import Library, LibraryScan
from ..permissions import library_policy
from .scan_words import (
    counts_of,
    is_under_way,
    options_of,
    presentable_scan,
    time_left,
    time_taken,
    waits_for_worker,
    what_it_does,
    what_to_do,
)
from .security import protect

SCANS_PER_PAGE = 20


def library_url(library: Library, name: str, *keys: object) -> str:
    """The admin address of one of a library's views."""
    return reverse(Library.snippet_viewset.get_url_name(name), args=[library.pk, *keys])


def may_with_library(user, action: str, library: Library) -> bool:
    return library_policy.user_has_permission_for_instance(user, action, library)


class ScanForm(forms.Form):
    """How a library is to be scanned."""

    is_dry_run = forms.BooleanField(
        label=gettext_lazy("Only say what would be done"),
        help_text=gettext_lazy("Changes nothing, and makes the same report."),
        required=False,
    )
    is_full = forms.BooleanField(
        label=gettext_lazy("Look at every date again"),
        help_text=gettext_lazy(
            "Also of photos that have not changed: after a pattern was corrected, for instance."
            " Takes longer."
        ),
        required=False,
    )
    tiers = forms.MultipleChoiceField(
        label=gettext_lazy("Make these pictures at once"),
        help_text=gettext_lazy("Otherwise they are made when somebody looks at them."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tiers"].choices = [
            (name, f"{name} ({tier['width']} × {tier['height']})")
            for name, tier in settings.TIERS.items()
        ]
        for name, field in self.fields.items():
            # It stands in a part of the page that is put in place anew, without a token.
            field.widget.attrs |= {"form": "pumba-send", "aria-describedby": f"help-{name}"}


def describe(scan: LibraryScan) -> LibraryScan:
    """The scan, with what its templates say of it."""
    scan.tag = presentable_scan(scan)
    scan.found = counts_of(scan)
    scan.options = options_of(scan)
    scan.took = time_taken(scan)
    scan.time_left = time_left(scan)
    scan.is_under_way = is_under_way(scan)
    scan.waits_for_worker = waits_for_worker(scan)
    scan.what_to_do = what_to_do(scan)
    return scan


def scans_of(library: Library) -> QuerySet[LibraryScan]:
    """The newest first."""
    return library.scans.select_related("started_by").order_by("-pk")


def page_of_scans(library: Library, number: str | None) -> Page:
    page = WagtailPaginator(scans_of(library), SCANS_PER_PAGE).get_page(number)
    page.object_list = [describe(scan) for scan in page.object_list]
    return page


class LibraryView(WagtailAdminTemplateMixin):
    """A view of one library: 404 for those who may not know of it, and the admin's refusal for
    those who may not do ``needed_permission`` with it.
    """

    needed_permission = "view"
    header_icon = "folder-open-inverse"

    def setup(self, request: HttpRequest, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        mine = library_policy.instances_user_has_permission_for(request.user, "view")
        library = mine.select_related("index_page", "site").filter(pk=kwargs["pk"]).first()
        if library is None:
            raise Http404
        self.library = library

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.may(self.needed_permission):
            raise PermissionDenied
        return protect(super().dispatch(request, *args, **kwargs))

    def may(self, action: str) -> bool:
        return may_with_library(self.request.user, action, self.library)

    def get_breadcrumbs_items(self) -> list[dict]:
        viewset = Library.snippet_viewset
        return [
            *self.breadcrumbs_items,
            {"url": reverse(viewset.get_url_name("list")), "label": gettext("Libraries")},
            {"url": library_url(self.library, "inspect"), "label": self.library.title},
            {"url": "", "label": self.get_page_title()},
        ]


class ScanView(LibraryView, TemplateView):
    """GET shows how things stand, POST asks for a scan."""

    needed_permission = "scan"
    page_title = gettext_lazy("Scan")
    template_name = "pumbaphoto_wagtail/admin/library/scan.html"

    def get_header_buttons(self) -> list[HeaderButton]:
        if not self.may("change"):
            return []
        url = library_url(self.library, "edit")
        return [HeaderButton(gettext("Edit the library"), url=url, icon_name="edit")]

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse | HttpResponseRedirect:
        form = ScanForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            ask_scan(self.library, request.user, **form.cleaned_data)
        except PumbaphotoError as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return redirect(library_url(self.library, "scan"))

    def get_context_data(self, **kwargs) -> dict:
        form = kwargs.pop("form", None) or ScanForm()
        return super().get_context_data(
            library=self.library,
            news_url=library_url(self.library, "scan_news"),
            part=ScanPart(self.library, form),
            scans=page_of_scans(self.library, self.request.GET.get("p")),
            **kwargs,
        )


class ScanPart:
    """The part of the page that changes while a scan runs."""

    name = "scan"

    def __init__(self, library: Library, form: ScanForm | None = None) -> None:
        self.library = library
        self.form = form or ScanForm()

    @cached_property
    def html(self) -> str:
        scan = scans_of(self.library).first()
        context = {
            "library": self.library,
            "scan": scan and describe(scan),
            "form": self.form,
            "sentences": what_it_does(self.library),
        }
        return render_to_string("pumbaphoto_wagtail/admin/library/scan_part.html", context)

    @property
    def mark(self) -> str:
        return hashlib.sha256(self.html.encode()).hexdigest()[:16]


class ScanNewsView(LibraryView, View):
    """The part, if it is not any more as its mark in the query says."""

    needed_permission = "scan"
    http_method_names = ("get",)

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        part = ScanPart(self.library)
        if request.GET.get(part.name) == part.mark:
            return JsonResponse({"parts": {}})
        return JsonResponse({"parts": {part.name: {"mark": part.mark, "html": part.html}}})
