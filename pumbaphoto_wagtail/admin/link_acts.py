"""One link of a gallery: changing what it opens, looking through it, closing and renewing it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from ..access import is_valid
from ..exceptions import TransitionNotAllowed
from ..models import ShareLink
from ..proofing import links, preview_as
from .addresses import gallery_url
from .link_forms import ChangeLinkForm
from .rooms import GalleryView


class OneLinkView(GalleryView):
    """An act on one link of the gallery; ``GET`` asks, ``POST`` does it."""

    tab = "sharing"
    permission_required = "share"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/link_act.html"
    question = ""
    consequences: tuple = ()
    button = ""
    act_name = ""

    @cached_property
    def link(self) -> ShareLink:
        return get_object_or_404(self.gallery.share_links, uuid=self.kwargs["link_uuid"])

    def do(self) -> str:
        """Do it; what to tell the photographer."""
        raise Http404

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.link  # noqa: B018  (404 before the page is made)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        messages.success(request, self.do())
        return self.back_to("sharing")

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            link=self.link,
            question=self.question % {"recipient": self.link.recipient},
            consequences=self.consequences,
            button=self.button,
            act_url=gallery_url(self.gallery, self.act_name, link_uuid=self.link.uuid),
            **kwargs,
        )


class RevokeLinkView(OneLinkView):
    act_name = "revoke_link"
    question = gettext_lazy("Revoke the link of %(recipient)s?")
    consequences = (
        gettext_lazy("It opens nothing from now on, on every device."),
        gettext_lazy("What they shared with family closes as well."),
        gettext_lazy("Hearts and notes stay. “Renew” gives the same person a new address."),
    )
    button = gettext_lazy("Yes, revoke it")

    def do(self) -> str:
        links.revoke(self.link, self.request.user)
        return _("The link of %(recipient)s opens nothing any more.") % {
            "recipient": self.link.recipient
        }


class RevokeAllLinksView(GalleryView):
    """Close every link of the gallery at once; ``GET`` asks, ``POST`` does it."""

    tab = "sharing"
    permission_required = "share"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/link_act.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        closed = links.revoke_all(self.gallery, request.user)
        words = ngettext("%(count)d link revoked.", "%(count)d links revoked.", closed)
        messages.success(request, words % {"count": closed})
        return self.back_to("sharing")

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            question=_("Revoke all links of this gallery?"),
            consequences=(
                _("None of them opens anything from now on, on any device."),
                _("Hearts and notes stay. “Renew” gives the same person a new address."),
            ),
            button=_("Yes, revoke all of them"),
            act_url=gallery_url(self.gallery, "revoke_all_links"),
            **kwargs,
        )


class RenewLinkView(OneLinkView):
    act_name = "renew_link"
    question = gettext_lazy("Give %(recipient)s a new address?")
    consequences = (
        gettext_lazy("The old address stops working at once."),
        gettext_lazy("What they shared with family closes as well."),
        gettext_lazy("Hearts and notes stay. Send them the new address."),
    )
    button = gettext_lazy("Yes, renew it")

    @cached_property
    def link(self) -> ShareLink:
        # Whoever shared a link on makes another, rather than the photographer for them.
        mine = self.gallery.share_links.filter(shared_by=None)
        return get_object_or_404(mine, uuid=self.kwargs["link_uuid"])

    def do(self) -> str:
        links.renew(self.link, self.request.user)
        return _("The new link for %(recipient)s is ready to be copied.") % {
            "recipient": self.link.recipient
        }


class ChangeLinkView(GalleryView):
    """What one link opens, for whom, and until when; its address stays."""

    tab = "sharing"
    permission_required = "share"
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/change_link.html"

    @cached_property
    def link(self) -> ShareLink:
        # What a client shared on follows the client's own link.
        mine = self.gallery.share_links.filter(shared_by=None)
        link = get_object_or_404(mine, uuid=self.kwargs["link_uuid"])
        link.gallery = self.gallery
        return link

    @cached_property
    def form(self) -> ChangeLinkForm:
        return ChangeLinkForm(self.request.POST or None, link=self.link)

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.link  # noqa: B018  (404 before the page is made)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.form.is_valid():
            messages.validation_error(request, _("The link could not be changed."), self.form)
            return self.render_to_response(self.get_context_data(), status=422)
        changed = self.form.save(request.user)
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return self.back_to("sharing")

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(link=self.link, form=self.form, **kwargs)


class PreviewView(OneLinkView):
    """``POST`` opens the gallery's page as the link's recipient sees it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        link, page = self.link, self.gallery.main_page
        if not is_valid(link, timezone.now()):
            raise TransitionNotAllowed(_("This link opens nothing at present."))
        if page is None or not page.live or not page.get_url(request):
            raise TransitionNotAllowed(_("The gallery has no published page to look at yet."))
        preview_as.begin(request, link)
        return redirect(page.get_url(request))
