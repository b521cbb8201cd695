"""Who can see the galleries below an index page that say nothing themselves: words and a form.

A page's own form saves itself all the time, and takes whatever lies in it for the page's own; so
the edit view shows the words and leads to this form.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin.panels import Panel
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.models import Page

from ..models import AccessPolicy, Gallery, base_page_model
from ..permissions import galleries_for
from . import index_policy
from .addresses import NAMESPACE
from .visibility import ANSWERS, OFFERS, MembersForm
from .who_sees import INHERITED


class IndexVisibilityForm(MembersForm):
    """As its surroundings, or an answer of its own; whether ZIPs are given, and one may ask."""

    def __init__(self, data=None, *, page) -> None:
        self.page = page
        super().__init__(data, initial=_initial(page))
        self.fields["answer"].choices = _answers(page)
        self.fields["offers_zip"].choices = [
            ("", _("As its surroundings")),
            ("yes", _("The photos may be downloaded")),
            ("no", _("The photos may not be downloaded")),
        ]
        self.fields["may_be_asked"].choices = [
            ("", _("As its surroundings")),
            ("yes", _("Visitors may ask")),
            ("no", _("Visitors may not ask")),
        ]

    def save(self, actor) -> bool:
        """Store the answer; whether it is another one than before."""
        data = self.cleaned_data
        return index_policy.set_index_visibility(
            self.page,
            actor=actor,
            answer=data["answer"],
            users=data["people"],
            groups=data.get("groups", ()),
            offers_zip=OFFERS[data["offers_zip"]],
            may_be_asked=OFFERS[data["may_be_asked"]],
        )


class IndexVisibilityView(WagtailAdminTemplateMixin, FormView):
    """``POST`` answers "Who can see the galleries on this page?"."""

    template_name = "pumbaphoto_wagtail/admin/index_visibility.html"
    form_class = IndexVisibilityForm
    page_title = gettext_lazy("Who can see the galleries on this page?")
    header_icon = "view"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not may_decide(request.user, self.page):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def page(self) -> Page:
        page = get_object_or_404(base_page_model(), pk=self.kwargs["page_pk"]).specific
        if not getattr(page, "holds_galleries", False):
            raise Http404
        return page

    def get_page_subtitle(self) -> str:
        return self.page.get_admin_display_title()

    def get_form_kwargs(self) -> dict:
        kwargs = super().get_form_kwargs()
        return {"data": kwargs.get("data"), "page": self.page}

    def form_valid(self, form: IndexVisibilityForm) -> HttpResponse:
        changed = form.save(self.request.user)
        messages.success(self.request, _("Saved.") if changed else _("Nothing was changed."))
        return redirect(reverse("wagtailadmin_pages:edit", args=[self.page.pk]))

    def get_context_data(self, **kwargs) -> dict:
        return {
            **super().get_context_data(**kwargs),
            "page": self.page,
            "meaning": index_policy.meaning(self.page),
        }


class IndexVisibilityPanel(Panel):
    """Who can see the galleries on this page, in words."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "pumbaphoto_wagtail/admin/index_visibility_panel.html"

        def is_shown(self) -> bool:
            return self.instance.pk is not None

        def get_context_data(self, parent_context: dict | None = None) -> dict:
            page = self.instance
            may_change = may_decide(self.request.user, page)
            return {
                **super().get_context_data(parent_context),
                "meaning": index_policy.meaning(page),
                "change_url": index_visibility_url(page) if may_change else "",
            }


def index_visibility_url(page: Page) -> str:
    return reverse(f"{NAMESPACE}:index_visibility", args=[page.pk])


def may_decide(user, page: Page) -> bool:
    """Whether this user may decide for all galleries below a page: those who may make the page
    private, and share each of the galleries that this would show to others.
    """
    if not page.permissions_for_user(user).can_set_view_restrictions():
        return False
    below = Gallery.objects.filter(main_page__path__startswith=page.path)
    return not below.exclude(pk__in=galleries_for(user, "share").values("pk")).exists()


def _answers(page) -> list[tuple[str, str]]:
    above = index_policy.policy_above(page)
    inherited = (
        _("As its place on the site: “%(page)s” decides") % {"page": above.page.title}
        if above
        else _("People with a link, unless a gallery says something else")
    )
    return [(INHERITED, inherited), *ANSWERS]


def _initial(page) -> dict:
    policy = AccessPolicy.objects.filter(page=page).first()
    offers, asked = (policy.offers_zip, policy.may_be_asked) if policy else (None, None)
    given = {value: name for name, value in OFFERS.items()}
    return {
        "answer": index_policy.present_answer(page),
        "people": "\n".join(user.get_username() for user in policy.users.all()) if policy else "",
        "groups": [*policy.groups.all()] if policy else [],
        "offers_zip": given[offers],
        "may_be_asked": given[asked],
    }
