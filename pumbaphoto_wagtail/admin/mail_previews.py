"""E-mails looked at before anybody gets one: beside their own words while these are written, and
each kind as it would be sent today.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Site

from ..mail.contexts import CLIENT_KINDS
from ..mail.letters import Letter, write_letter
from ..mail.logos import logo_png
from ..mail.own_words import own_words_for, unknown_placeholders
from ..mail.samples import sample_context
from ..models import Gallery, MailTemplate, MessageKind, StudioSettings
from ..permissions import galleries_for, mail_template_policy
from ..studio import studio_for
from .security import protect
from .studio_settings import language_choices

HTML, TEXT = "html", "text"
# Galleries whose names a preview can be made with: the last ones.
GALLERIES_OFFERED = 10
# No script runs, nothing is fetched and no form leads anywhere; an e-mail has its style in itself.
FRAME_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def may_see_previews(user) -> bool:
    """Whoever writes the words of e-mails, or keeps a studio's settings."""
    return mail_template_policy.user_has_any_permission(user, ["add", "change"]) or user.has_perm(
        f"{StudioSettings._meta.app_label}.change_{StudioSettings._meta.model_name}"
    )


@dataclass(frozen=True, kw_only=True)
class Preview:
    """An e-mail to look at: of a kind, with a gallery's names or sample ones, in a language."""

    kind: str
    user: object
    site: Site
    gallery: Gallery | None = None
    language: str = ""
    own: MailTemplate | None = None

    @cached_property
    def letter(self) -> Letter:
        studio = studio_for(self.site)
        language = self.language or studio.language
        own = self.own
        with translation.override(language):
            if own is None and self.gallery is not None:
                own = own_words_for(self.gallery, self.kind, language)
            context = sample_context(
                self.kind,
                studio,
                site=self.site,
                photographer=self.user.get_full_name() or self.user.get_username(),
                gallery=self.gallery,
            )
            png = b64encode(logo_png(studio.logo)).decode()
            return write_letter(
                self.kind,
                context,
                studio,
                own=own,
                logo_address=f"data:image/png;base64,{png}" if png else "",
                is_preview=True,
            )

    def response(self, form: str) -> HttpResponse:
        """The frame's document, which can do nothing."""
        if form == TEXT:
            text = f"{self.letter.subject}\n\n{self.letter.text}"
            response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        else:
            response = HttpResponse(self.letter.html)
        response["Content-Security-Policy"] = FRAME_POLICY
        response["X-Frame-Options"] = "SAMEORIGIN"
        response["Cache-Control"] = "private, no-store"
        return protect(response)


class PreviewableWords:
    """What Wagtail's side panel asks of something it previews."""

    preview_sizes = [
        {
            "name": "mobile",
            "icon": "mobile-alt",
            "device_width": 390,
            "label": gettext_lazy("Preview in mobile size"),
        },
        {
            "name": "desktop",
            "icon": "desktop",
            "device_width": 800,
            "label": gettext_lazy("Preview in desktop size"),
        },
    ]
    default_preview_size = "mobile"
    default_preview_mode = HTML

    def __init__(self, user) -> None:
        galleries = offered_galleries(user)
        self.preview_modes = [
            (HTML, _("As an e-mail")),
            (TEXT, _("As plain text")),
            *(
                (str(gallery.uuid), _("With “%(gallery)s”") % {"gallery": gallery})
                for gallery in galleries
            ),
        ]


def offered_galleries(user) -> list[Gallery]:
    """The galleries this user made or changed last."""
    return [*galleries_for(user).order_by("-pk")[:GALLERIES_OFFERED]]


class OwnWordsPreviewView(View):
    """The words that are being written, for Wagtail's preview panel: ``POST`` takes them from the
    form, ``GET`` shows them. They are kept in the session and nowhere else.
    """

    http_method_names = ("get", "post", "delete")
    FIELDS = ("kind", "language", "subject", "words")

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not mail_template_policy.user_has_any_permission(request.user, ["add", "change"]):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def key(self) -> str:
        return f"pumbaphoto-words-{self.kwargs.get('pk', 'new')}"

    @cached_property
    def saved(self) -> MailTemplate | None:
        if "pk" not in self.kwargs:
            return None
        mine = mail_template_policy.instances_user_has_permission_for(self.request.user, "change")
        found = mine.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def post(self, request: HttpRequest, **kwargs) -> JsonResponse:
        self.saved  # noqa: B018  (404 for what is not this user's)
        written = {name: request.POST.get(name, "").replace("\0", "") for name in self.FIELDS}
        is_valid = written["kind"] in MessageKind.values and not any(
            unknown_placeholders(written["kind"], written[name]) for name in ("subject", "words")
        )
        if is_valid:
            request.session[self.key] = written
        is_available = is_valid or self.saved is not None or self.key in request.session
        return JsonResponse({"is_valid": is_valid, "is_available": is_available})

    def get(self, request: HttpRequest, **kwargs) -> HttpResponse:
        saved = self.saved
        written = request.session.get(self.key)
        own = MailTemplate(**written) if written else saved
        if own is None or own.kind not in MessageKind.values:
            raise Http404
        mode = request.GET.get("mode", HTML)
        gallery = next(
            (one for one in offered_galleries(request.user) if str(one.uuid) == mode), None
        )
        site = gallery.site if gallery else Site.find_for_request(request)
        preview = Preview(
            kind=own.kind,
            user=request.user,
            site=site,
            gallery=gallery,
            language=own.language,
            own=own,
        )
        return preview.response(mode)

    def delete(self, request: HttpRequest, **kwargs) -> JsonResponse:
        request.session.pop(self.key, None)
        return JsonResponse({"success": True})


class PreviewForm(forms.Form):
    """Which e-mail to look at."""

    kind = forms.ChoiceField(label=gettext_lazy("E-mail"), choices=MessageKind.choices)
    gallery = forms.ModelChoiceField(
        Gallery.objects.none(),
        label=gettext_lazy("Gallery"),
        to_field_name="uuid",
        required=False,
        empty_label=gettext_lazy("An example"),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    show = forms.ChoiceField(
        label=gettext_lazy("As"),
        required=False,
        choices=[(HTML, gettext_lazy("an e-mail")), (TEXT, gettext_lazy("plain text"))],
    )

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        keys = [gallery.pk for gallery in offered_galleries(user)]
        self.fields["gallery"].queryset = galleries_for(user).filter(pk__in=keys).order_by("-pk")
        self.fields["language"].choices = language_choices(_("As the studio"))


class PreviewsMixin:
    """For who may see previews; the form says which, and what it does not say has a default."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not may_see_previews(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def form(self) -> PreviewForm:
        first = {"kind": MessageKind.LINK, "show": HTML}
        return PreviewForm({**first, **self.request.GET.dict()}, user=self.request.user)


class PreviewsView(PreviewsMixin, WagtailAdminTemplateMixin, TemplateView):
    """One e-mail at a time, as it would be sent today: with a gallery in its studio's own words."""

    template_name = "pumbaphoto_wagtail/admin/mail_previews.html"
    page_title = gettext_lazy("E-mail previews")
    header_icon = "mail"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)
        return framing(protect(response))

    def get_breadcrumbs_items(self) -> list[dict]:
        address = MailTemplate.snippet_viewset.get_url_name("list")
        return [
            *self.breadcrumbs_items,
            {"url": reverse(address), "label": _("E-mail texts")},
            {"url": "", "label": _("Previews")},
        ]

    def get_context_data(self, **kwargs) -> dict:
        frame = reverse(MailTemplate.snippet_viewset.get_url_name("preview_frame"))
        kind = self.form["kind"].value()
        return super().get_context_data(
            form=self.form,
            frame_url=f"{frame}?{self.request.GET.urlencode()}",
            goes_to_client=kind in CLIENT_KINDS,
            may_write=mail_template_policy.user_has_permission(self.request.user, "add"),
            add_url=reverse(MailTemplate.snippet_viewset.get_url_name("add")),
            kind=kind,
            **kwargs,
        )


class PreviewFrameView(PreviewsMixin, View):
    """The e-mail itself."""

    http_method_names = ("get",)

    def get(self, request: HttpRequest, **kwargs) -> HttpResponse:
        if not self.form.is_valid():
            raise Http404
        chosen = self.form.cleaned_data
        gallery = chosen["gallery"]
        preview = Preview(
            kind=chosen["kind"],
            user=request.user,
            site=gallery.site if gallery else Site.find_for_request(request),
            gallery=gallery,
            language=chosen["language"],
        )
        return preview.response(chosen["show"])


def framing(response: HttpResponse) -> HttpResponse:
    """Let a page of ours show frames of ours, which the policy of all admin pages does not."""
    policy = response["Content-Security-Policy"]
    response["Content-Security-Policy"] = f"{policy}; frame-src 'self'"
    return response
