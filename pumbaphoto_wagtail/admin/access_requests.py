"""Requests for access: who asks to see what, and the photographer's answer, given once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet

from ..models import AccessRequest, RequestState, base_page_model
from ..permissions import galleries_for, gallery_policy
from ..proofing import granting
from ..viewers import OPEN
from .index_visibility import may_decide
from .link_snippet import TagColumn
from .security import protect
from .waiting_scope import Found, Scope
from .who_sees import names_in_words, names_nobody

NAMESPACE = "pumbaphoto_access"
TONES = {
    RequestState.OPEN: "attention",
    RequestState.GRANTED: "done",
    RequestState.REFUSED: "open",
}
# How somebody is let in, or not.
ASKER, ADDRESSEE, LINK, ACCOUNT, REFUSED = "asker", "addressee", "link", "account", "refused"


def requests_for(user) -> QuerySet[AccessRequest]:
    """The requests that this member of staff answers: for galleries that they may share, and for
    index pages for whose galleries they may decide.
    """
    asked = AccessRequest.objects.filter(gallery__isnull=True).order_by().values("page").distinct()
    pages = base_page_model().objects.filter(pk__in=asked)
    pages = [page.pk for page in pages if may_decide(user, page)]
    theirs = Q(gallery__in=galleries_for(user, "share").values("pk"))
    return AccessRequest.objects.filter(theirs | Q(gallery__isnull=True, page__in=pages))


def request_url(request: AccessRequest) -> str:
    return reverse(f"{NAMESPACE}:answer", args=[request.uuid])


def who_asks_for_access(scope: Scope) -> list[Found]:
    """Galleries that somebody asks to see."""
    mine = galleries_for(scope.user, "share").values("pk")
    found = AccessRequest.objects.filter(
        state=RequestState.OPEN, gallery__in=scope.galleries
    ).filter(gallery__in=mine)
    words = _("%(name)s asks to see the photos")
    return [
        Found(gallery_id=one.gallery_id, words=words % {"name": one.name})
        for one in found.order_by("pk")[: scope.at_most]
    ]


# --- The list ------------------------------------------------------------------------------------


class AccessRequestFilterSet(WagtailFilterSet):
    class Meta:
        model = AccessRequest
        fields = ["state"]


class AccessRequestsView(generic.IndexView):
    """All requests that this user answers, the open ones first."""

    model = AccessRequest
    permission_policy = gallery_policy
    any_permission_required = ["share"]
    page_title = gettext_lazy("Requests for access")
    header_icon = "user"
    index_url_name = f"{NAMESPACE}:index"
    index_results_url_name = f"{NAMESPACE}:index_results"
    filterset_class = AccessRequestFilterSet
    search_fields = ["name", "email", "page__title"]
    is_searchable = True
    paginate_by = 25
    default_ordering = "-created_at"
    columns = [
        TitleColumn("name", label=gettext_lazy("Who"), sort_key="name", get_url=request_url),
        Column("email", label=gettext_lazy("E-mail"), sort_key="email"),
        Column("page", label=gettext_lazy("What"), accessor="page.title"),
        TagColumn(
            "state",
            label=gettext_lazy("State"),
            accessor=lambda one: {"label": one.get_state_display(), "tone": TONES[one.state]},
            sort_key="state",
        ),
        DateColumn("created_at", label=gettext_lazy("Asked"), sort_key="created_at"),
    ]

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return protect(super().dispatch(request, *args, **kwargs))

    def get_base_queryset(self) -> QuerySet[AccessRequest]:
        return requests_for(self.request.user).select_related("page")

    def search_queryset(self, queryset: QuerySet[AccessRequest]) -> QuerySet[AccessRequest]:
        if not self.is_searching:
            return queryset
        words = self.search_query
        return queryset.filter(
            Q(name__icontains=words) | Q(email__icontains=words) | Q(page__title__icontains=words)
        )

    def order_queryset(self, queryset: QuerySet[AccessRequest]) -> QuerySet[AccessRequest]:
        is_answered = Case(
            When(state=RequestState.OPEN, then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        )
        if self.ordering == self.default_ordering:
            return queryset.order_by(is_answered, "-pk")
        return super().order_queryset(queryset)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


# --- One request ---------------------------------------------------------------------------------


class AnswerForm(forms.Form):
    """How somebody is let in."""

    how = forms.ChoiceField(label=gettext_lazy("Your answer"), widget=forms.RadioSelect)

    def __init__(self, data=None, *, request: AccessRequest) -> None:
        ways = ways_in(request)
        super().__init__(data, initial={"how": ways[0][0]})
        self.fields["how"].choices = [*ways, (REFUSED, _("Refuse: nobody is told anything"))]


def ways_in(request: AccessRequest) -> list[tuple[str, str]]:
    """The ways in which somebody may be let in, the likeliest first."""
    known = granting.account_with_address(request.email)
    ways = []
    if request.user is not None and request.user.is_active:
        words = _("Let in the account they were signed in with: %(account)s")
        ways.append((ASKER, words % {"account": _in_words(request.user)}))
    if known is not None and known != request.user:
        words = _("Let in the account that has the address %(email)s")
        ways.append((ADDRESSEE, words % {"email": request.email}))
    if request.gallery is not None:
        words = _("Send a link to %(email)s, for looking and nothing else")
        ways.append((LINK, words % {"email": request.email}))
    elif known is None:
        words = _("Make an account for %(email)s, which opens this page and nothing else")
        ways.append((ACCOUNT, words % {"email": request.email}))
    return ways


def _in_words(user) -> str:
    email = getattr(user, user.get_email_field_name())
    return f"{user.get_full_name() or user.get_username()} ({email or _('no address')})"


class AnswerView(WagtailAdminTemplateMixin, FormView):
    """One request, and the answer to it."""

    template_name = "pumbaphoto_wagtail/admin/access_request.html"
    form_class = AnswerForm
    header_icon = "user"
    page_title = gettext_lazy("Request for access")

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return protect(super().dispatch(request, *args, **kwargs))

    @cached_property
    def asked(self) -> AccessRequest:
        mine = requests_for(self.request.user).select_related("page", "gallery", "user")
        found = mine.filter(uuid=self.kwargs["request_uuid"]).first()
        if found is None:
            self._refuse()
        return found

    def _refuse(self) -> NoReturn:
        """Colleagues know of the gallery, and are told; to all others there is nothing."""
        theirs = galleries_for(self.request.user).values("pk")
        requests = AccessRequest.objects.filter(gallery__in=theirs)
        if requests.filter(uuid=self.kwargs["request_uuid"]).exists():
            raise PermissionDenied
        raise Http404

    def get_page_subtitle(self) -> str:
        return self.asked.name

    def get_form_kwargs(self) -> dict:
        data = self.request.POST if self.request.method == "POST" else None
        return {"data": data, "request": self.asked}

    def form_valid(self, form: AnswerForm) -> HttpResponse:
        acts: dict[str, Callable[[], bool]] = {
            ASKER: lambda: granting.let_in(self.asked, self.asked.user, actor=self.request.user),
            ADDRESSEE: lambda: granting.let_in(
                self.asked,
                granting.account_with_address(self.asked.email),
                actor=self.request.user,
            ),
            LINK: lambda: granting.give_link(self.asked, actor=self.request.user),
            ACCOUNT: lambda: granting.make_account(self.asked, actor=self.request.user),
            REFUSED: lambda: granting.refuse(self.asked, actor=self.request.user),
        }
        how = form.cleaned_data["how"]
        try:
            is_new = acts[how]()
        except ValidationError as error:
            form.add_error("how", error)
            return self.form_invalid(form)
        if not is_new:
            messages.warning(self.request, _("This was answered already; nothing was changed."))
        elif how == REFUSED:
            messages.success(self.request, _("Refused. Nobody is told."))
        else:
            words = _("%(name)s may look now, and is told by e-mail.")
            messages.success(self.request, words % {"name": self.asked.name})
        return redirect(reverse(f"{NAMESPACE}:index"))

    def get_breadcrumbs_items(self) -> list[dict]:
        label = AccessRequestsView.page_title
        return [
            *self.breadcrumbs_items,
            {"url": reverse(f"{NAMESPACE}:index"), "label": label},
            {"url": "", "label": self.asked.name},
        ]

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            asked=self.asked,
            is_open=self.asked.state == RequestState.OPEN,
            surroundings=_surroundings(self.asked),
            **kwargs,
        )


def _surroundings(request: AccessRequest) -> str:
    """What becomes of what its surroundings have decided until now, if an account is let in."""
    decides = granting.deciding_policy(request)
    own = request.gallery_id if request.gallery_id else request.page_id
    if decides is None or own in (decides.gallery_id, decides.page_id):
        return ""
    if decides.visibility in OPEN or names_nobody(decides):
        return ""
    words = _("With an account, this gets a rule of its own: the account, and %(names)s as before.")
    return words % {"names": names_in_words(decides)}


# --- The menu ------------------------------------------------------------------------------------


class AnswersMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return gallery_policy.user_has_permission(request.user, "share")


class AccessRequestViewSet(ViewSet):
    """Who asks for access."""

    name = NAMESPACE
    url_prefix = "pumbaphoto/access"
    icon = "user"
    menu_label = gettext_lazy("Requests for access")
    menu_name = "pumbaphoto-access"
    menu_item_class = AnswersMenuItem

    def get_urlpatterns(self) -> list:
        return [
            path("", AccessRequestsView.as_view(), name="index"),
            path("results/", AccessRequestsView.as_view(results_only=True), name="index_results"),
            path("<uuid:request_uuid>/", AnswerView.as_view(), name="answer"),
        ]
