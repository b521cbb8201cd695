"""What every view of a gallery shares: who may enter, the furniture around it, refusals."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button

from ..exceptions import PumbaphotoError
from ..models import Gallery
from ..permissions import galleries_for, may
from .addresses import galleries_url, gallery_url
from .figures import Figures
from .quarantine import scanner_alarm
from .security import protect
from .steps import presentable_state, steps_for, what_next
from .watermark_words import watermark_words

# The tabs of the workspace: name of the address, title.
TABS = (
    ("photos", _("Photos")),
    ("selections", _("Selections")),
    ("edits", _("Edits")),
    ("sharing", _("Sharing")),
    ("delivery", _("Delivery")),
    ("keeping", _("Archive")),
    ("history", _("History")),
    ("settings", _("Settings")),
)


def find_gallery(user, uuid: UUID) -> Gallery:
    """The gallery, if this user may know of it. Raises Http404 otherwise."""
    gallery = (
        galleries_for(user)
        .select_related("collection", "site", "owner", "main_page")
        .prefetch_related("clients")
        .filter(uuid=uuid)
        .first()
    )
    if gallery is None:
        raise Http404
    return gallery


class GalleryView(WagtailAdminTemplateMixin, TemplateView):
    """One view of one gallery.

    ``permission_required`` is what its visitors must be allowed to do with the gallery, and
    ``post_permission_required`` what those must who send something. Whatever goes wrong on
    purpose (a step that is not possible any more, a link that is gone) becomes a page with status
    409 that says so and shows the gallery as it is now.
    """

    permission_required = "view"
    post_permission_required = "change"
    header_icon = "pumbaphoto-gallery"
    tab = ""
    gallery: Gallery

    def setup(self, request: HttpRequest, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        self.gallery = find_gallery(request.user, kwargs["uuid"])

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        needed = {self.permission_required}
        if request.method == "POST":
            needed.add(self.post_permission_required)
        if not all(self.may(action) for action in needed):
            raise PermissionDenied
        try:
            response = super().dispatch(request, *args, **kwargs)
        except PumbaphotoError as error:
            response = self.refuse(error)
        return protect(response)

    def may(self, action: str) -> bool:
        return may(self.request.user, action, self.gallery)

    def refuse(self, error: PumbaphotoError) -> HttpResponse:
        """Say why it was not done, on the workspace as it is now."""
        self.gallery = find_gallery(self.request.user, self.gallery.uuid)
        self.__dict__.pop("figures", None)
        messages.error(self.request, str(error))
        view = RefusalView()
        view.setup(self.request, uuid=self.gallery.uuid)
        view.tab = self.tab
        context = view.get_context_data(reason=str(error))
        return view.render_to_response(context, status=409)

    def back_to(self, name: str, **keys) -> HttpResponseRedirect:
        return redirect(gallery_url(self.gallery, name, **keys))

    @cached_property
    def figures(self) -> Figures:
        return Figures(self.gallery)

    def get_page_title(self) -> str:
        return self.gallery.title

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": galleries_url(), "label": gettext("Galleries")},
            {"url": gallery_url(self.gallery), "label": self.gallery.title},
        ]

    def get_header_more_buttons(self) -> list[Button]:
        page = self.gallery.main_page
        if page is None:
            return []
        buttons = []
        if page.permissions_for_user(self.request.user).can_edit():
            edit_url = reverse("wagtailadmin_pages:edit", args=[page.pk])
            buttons.append(Button(gettext("Edit its page"), url=edit_url, icon_name="edit"))
        if page.live and page.url:
            buttons.append(
                Button(gettext("See its page"), url=page.url, icon_name="view", priority=1001)
            )
        return buttons

    def get_tabs(self) -> list[dict]:
        counts = {
            "photos": self.figures.photos["all"],
            "selections": self.figures.picks["selected"],
            "edits": self.figures.edits["all"],
            "sharing": self.figures.links["open"],
            "delivery": self.figures.deliveries,
        }
        return [
            {
                "name": name,
                "label": label,
                "url": gallery_url(self.gallery, name),
                "count": counts.get(name),
                "is_current": name == self.tab,
            }
            for name, label in TABS
        ]

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "gallery": self.gallery,
            "figures": self.figures,
            "state": presentable_state(self.gallery),
            "steps": steps_for(self.gallery, self.request.user, self.figures),
            "what_next": what_next(self.gallery, self.figures),
            "watermark": watermark_words(self.gallery),
            "tabs": self.get_tabs(),
            "alarm": scanner_alarm(self.request.user),
            "may_change": self.may("change"),
            "may_share": self.may("share"),
            "may_deliver": self.may("deliver"),
        }


class RefusalView(GalleryView):
    """What is shown when something could not be done."""

    template_name = "pumbaphoto_wagtail/admin/refusal.html"
