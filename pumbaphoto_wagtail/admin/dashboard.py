"""The dashboard: what needs the photographer, how far is what runs, what went wrong.

It is made of parts that are looked at anew while it is open. Each has a mark that changes with it,
so that only what is another one is sent and put in place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import HeaderButton

from ..doctor.volumes import volumes
from ..models import State
from ..permissions import galleries_for, gallery_policy
from .addresses import galleries_url
from .galleries import ANY_PERMISSION
from .running import being_prepared, running_uploads
from .security import protect
from .status import status_line
from .steps import STATE_TONES
from .storage_figures import known_use, sum_up_use
from .waiting import KINDS, groups_waiting

# Of each kind; the rest is one click away.
SHOWN_OF_EACH = 5


@dataclass(frozen=True)
class Dashboard:
    """What the dashboard of one member of staff shows. ``only`` is a kind of waiting of which all
    is wanted. With ``is_patient`` figures that take a while are waited for.
    """

    user: object
    only: str = ""
    is_patient: bool = False

    @cached_property
    def states(self) -> list[dict]:
        """How many galleries are in each state, with the address of their list."""
        rows = galleries_for(self.user).order_by().values_list("state").annotate(Count("pk"))
        counts = dict(rows)
        return [
            {
                "label": state.label,
                "tone": STATE_TONES[state],
                "count": counts.get(state, 0),
                "url": f"{galleries_url()}?state={state}",
            }
            for state in State
        ]

    @property
    def has_galleries(self) -> bool:
        return any(state["count"] for state in self.states)

    def part_states(self) -> dict:
        return {"states": self.states}

    def part_status(self) -> dict:
        return {"status": status_line(self.user)}

    def part_waiting(self) -> dict:
        at_most = None if self.only else SHOWN_OF_EACH
        groups = groups_waiting(self.user, at_most=at_most, only=self.only)
        return {
            "groups": groups,
            "count": sum(group.count for group in groups),
            "only": KINDS[self.only] if self.only else None,
        }

    def part_running(self) -> dict:
        return {"uploads": running_uploads(self.user), "preparing": being_prepared(self.user)}

    def part_storage(self) -> dict:
        use = sum_up_use(self.user) if self.is_patient else known_use(self.user)
        return {"volumes": [one for one in volumes() if one.takes_uploads], "use": use}

    @cached_property
    def parts(self) -> dict[str, Part]:
        """The parts by their name, as they are now."""
        return {name: self._render(name) for name in PARTS}

    def _render(self, name: str) -> Part:
        context: Callable[[], dict] = getattr(self, f"part_{name}")
        template = f"pumbaphoto_wagtail/admin/dashboard/{name}.html"
        return Part(name=name, html=render_to_string(template, context()))


PARTS = ("status", "states", "waiting", "running", "storage")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the page as it is now."""

    name: str
    html: str

    @property
    def mark(self) -> str:
        return hashlib.sha256(self.html.encode()).hexdigest()[:16]


class ForWhoHasGalleries(PermissionCheckedMixin):
    """Open to whoever has to do with galleries."""

    permission_policy = gallery_policy
    any_permission_required = ANY_PERMISSION

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return protect(super().dispatch(request, *args, **kwargs))

    @property
    def only(self) -> str:
        asked = self.request.GET.get("show", "")
        return asked if asked in KINDS else ""


class DashboardView(ForWhoHasGalleries, WagtailAdminTemplateMixin, TemplateView):
    """The first page of the Galleries menu."""

    page_title = _("Dashboard")
    header_icon = "tasks"
    template_name = "pumbaphoto_wagtail/admin/dashboard/page.html"

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_header_buttons(self) -> list[HeaderButton]:
        if not self.may_add:
            return []
        url = galleries_url("add")
        return [HeaderButton(_("Add a gallery"), url=url, icon_name="plus")]

    @property
    def may_add(self) -> bool:
        return gallery_policy.user_has_permission(self.request.user, "add")

    @cached_property
    def dashboard(self) -> Dashboard:
        return Dashboard(self.request.user, only=self.only)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            has_galleries=self.dashboard.has_galleries,
            parts=self.dashboard.parts,
            only=self.only,
            may_add=self.may_add,
            **kwargs,
        )


class DashboardNewsView(ForWhoHasGalleries, View):
    """The parts that are not any more as their marks in the query say, by name."""

    http_method_names = ("get",)

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        dashboard = Dashboard(request.user, only=self.only, is_patient=True)
        news = {
            name: {"mark": part.mark, "html": part.html}
            for name, part in dashboard.parts.items()
            if request.GET.get(name) != part.mark
        }
        return JsonResponse({"parts": news})
