"""Clients in forms: by the first letters of their name, among hundreds; or a new one by writing it.

Without JavaScript the name is written out, and found if it is known.
"""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from ..models import Client
from ..permissions import client_policy
from .creation import find_or_create_client

SUGGESTED = 8


def choosable_clients(user) -> QuerySet[Client]:
    return client_policy.instances_user_has_permission_for(user, "choose")


class SuggestClientsView(View):
    """``GET`` names the clients whose name or address begins, or goes on, with ``q``."""

    http_method_names = ("get",)

    def get(self, request: HttpRequest) -> JsonResponse:
        query = request.GET.get("q", "").strip()[:100]
        found = choosable_clients(request.user)
        by_name = found.filter(name__icontains=query)
        by_email = found.filter(email__icontains=query)
        clients = (by_name | by_email).order_by("name", "pk")[:SUGGESTED] if query else []
        rows = [
            {"id": client.pk, "name": client.name, "email": client.email, "about": client.email}
            for client in clients
        ]
        return JsonResponse({"clients": rows})


class ClientNameInput(forms.TextInput):
    """A name, with suggestions. ``key`` and ``email`` are the fields beside it that a known client
    fills; with ``ticks`` they are ticked in that field instead.
    """

    template_name = "pumbaphoto_wagtail/admin/client_input.html"

    def __init__(self, *, key: str = "", email: str = "", ticks: str = "") -> None:
        super().__init__(attrs={"autocomplete": "off", "dir": "auto"})
        self.beside = {"key": key, "email": email, "ticks": ticks}

    def get_context(self, name: str, value: object, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        url = reverse(f"{Client.snippet_viewset.url_namespace}:suggest")
        return {**context, "url": url, **self.beside}


class NewClientForm(forms.Form):
    """A name and an address that make a client, or find the one they belong to."""

    client_name = forms.CharField(
        label=gettext_lazy("Client"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Begin to write: who you know is found, anybody else is new."),
        widget=ClientNameInput(key="client", email="client_email"),
    )
    client_email = forms.EmailField(label=gettext_lazy("Client’s e-mail"), required=False)

    def clean(self) -> dict:
        data = super().clean()
        if data.get("client_email") and not (data.get("client_name") or data.get("client")):
            self.add_error("client_name", _("Who does this address belong to?"))
        return data

    def named_client(self, user, collection) -> Client | None:
        """The client that is named, made if there is none; None where none is."""
        data = self.cleaned_data
        # Not asked of those who may not say whom the gallery is for.
        name = " ".join(data.get("client_name", "").split())
        if not name:
            return None
        if not data["client_email"]:
            known = choosable_clients(user).filter(name__iexact=name)[:2]
            if len(known) == 1:
                return known[0]
        return find_or_create_client(
            actor=user, name=name, email=data["client_email"], collection=collection
        )


class KnownClientField(forms.ModelChoiceField):
    """The client that a suggestion named."""

    widget = forms.HiddenInput
    default_error_messages = {
        "invalid_choice": gettext_lazy("This client is not there any more. Write the name again."),
    }


class TickedClientsField(forms.ModelMultipleChoiceField):
    """The clients of a gallery, each to be kept or taken out. ``shown`` stand there."""

    widget = forms.CheckboxSelectMultiple

    def show(self, shown: QuerySet[Client]) -> None:
        self.widget.choices = [(client.pk, str(client)) for client in shown]
