"""The page that answers where nothing is, or nothing for this visitor: with a form to ask."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Site

from ..client_address import network_of
from . import asking, asking_access, links
from .answering_first import AnswerFirst
from .headers import secure_own_page
from .words import studio_name

TEMPLATE = "pumbaphoto_wagtail/proofing/ask_for_access.html"
# A field that nobody sees: whoever fills it in is a program, and is thanked like all others.
HONEYPOT = "website"
FIELD = "pumba-ask__field"


class AskForm(forms.Form):
    """Who asks, and why."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name", "class": FIELD}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "class": FIELD}),
    )
    words = forms.CharField(
        label=_("A few words, if you like"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": FIELD}),
    )
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
    )

    def clean_name(self) -> str:
        """On one line: it stands in the subject of an e-mail."""
        return " ".join(self.cleaned_data["name"].split())


def unseen(request: HttpRequest, page: Page, target: Page | None = None) -> HttpResponse:
    """The answer to an address below ``page`` at which there is nothing that this visitor may see.

    ``target`` is what is there all the same; None if nothing is. Raises Http404 where nobody may
    ask. But for what is kept of a question, nothing here depends on ``target``.
    """
    if not asking_access.offers_form(links.viewer(request), page):
        raise Http404
    site = Site.find_for_request(request)
    context = {"studio": studio_name(site) if site else ""}
    if request.method != "POST":
        context["form"] = AskForm(initial=_known_of(request.user))
        return _answer(request, context, status=404)
    form = AskForm(request.POST)
    if not form.is_valid():
        return _answer(request, context | {"form": form}, status=404)
    return _take(request, form.cleaned_data, target, context)


def unseen_below(request: HttpRequest, page: Page) -> HttpResponse:
    """As :func:`unseen`, where nothing is."""
    return unseen(request, page)


def _take(
    request: HttpRequest, data: dict[str, str], target: Page | None, context: dict
) -> HttpResponse:
    network = network_of(request)
    if not asking_access.may_ask(network, data["email"]):
        response = _answer(request, context | {"is_too_often": True}, status=429)
        response["Retry-After"] = str(asking.WINDOW_SECONDS)
        return response
    response = AnswerFirst(request, TEMPLATE, context | {"is_answered": True})
    if target is not None and not data[HONEYPOT]:
        user = request.user if request.user.is_authenticated else None
        written = {name: data[name] for name in ("name", "email", "words")}
        response.then(lambda: asking_access.ask(target, user=user, network=network, **written))
    return secure_own_page(response)


def _answer(request: HttpRequest, context: dict, *, status: int) -> HttpResponse:
    return secure_own_page(TemplateResponse(request, TEMPLATE, context, status=status))


def _known_of(user) -> dict[str, str]:
    if not user.is_authenticated:
        return {}
    return {"name": user.get_full_name(), "email": getattr(user, user.get_email_field_name())}
