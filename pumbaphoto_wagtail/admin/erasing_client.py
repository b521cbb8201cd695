"""Erasing a client's data: what goes is named, and the name has to be typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from ..models import Client, Gallery
from ..permissions import client_policy, galleries_for, may
from ..proofing import forgetting
from .deleting_gallery import delete_with_pages
from .security import protect


class EraseClientForm(forms.Form):
    """The client's name, typed once more, and which galleries go with them."""

    galleries = forms.ModelMultipleChoiceField(
        Gallery.objects.none(),
        label=gettext_lazy("Delete these galleries as well, with all photos"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    name = forms.CharField(
        label=gettext_lazy("Type the name to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data=None, *, client: Client, user) -> None:
        super().__init__(data)
        self.client = client
        theirs = galleries_for(user, "delete").filter(clients=client)
        self.fields["galleries"].queryset = theirs
        if not theirs.exists():
            del self.fields["galleries"]

    def clean_name(self) -> str:
        typed = self.cleaned_data["name"]
        if typed.split() != self.client.name.split():
            raise forms.ValidationError(_("This is not the name."))
        return typed


class EraseClientView(WagtailAdminTemplateMixin, FormView):
    """``GET`` says what is known of a client, ``POST`` with the name erases it.

    For whoever may delete the client, and may share every gallery in which something of theirs is:
    otherwise nothing is erased, rather than a part of it.
    """

    form_class = EraseClientForm
    template_name = "pumbaphoto_wagtail/admin/erase_client.html"
    header_icon = "group"
    page_title = gettext_lazy("Erase all data")

    def setup(self, request: HttpRequest, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        deletable = client_policy.instances_user_has_permission_for(request.user, "delete")
        key = str(kwargs["pk"])
        self.client = get_object_or_404(deletable, pk=key if key.isdecimal() else 0)

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return protect(super().dispatch(request, *args, **kwargs))

    @cached_property
    def foreign(self) -> int:
        """Galleries with something of the client that this user may not share."""
        galleries = forgetting.galleries_with(self.client).filter(deleted_at=None)
        return sum(not may(self.request.user, "share", one) for one in galleries)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.foreign:
            return self.render_to_response(self.get_context_data(), status=409)
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict:
        return {
            "data": self.request.POST or None,
            "client": self.client,
            "user": self.request.user,
        }

    @transaction.atomic
    def form_valid(self, form: EraseClientForm) -> HttpResponse:
        for gallery in form.cleaned_data.get("galleries", ()):
            delete_with_pages(gallery, actor=self.request.user)
        forgetting.forget(self.client, actor=self.request.user)
        messages.success(self.request, _("The client’s data is erased."))
        return redirect(_clients_url("list"))

    def form_invalid(self, form: EraseClientForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": _clients_url("list"), "label": _("Clients")},
            {"url": _clients_url("inspect", self.client.pk), "label": self.client.name},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            client=self.client,
            goes=known_in_words(forgetting.what_is_known(self.client)),
            foreign=self.foreign,
            back_url=_clients_url("inspect", self.client.pk),
            **kwargs,
        )


def known_in_words(known: forgetting.Known) -> list[str]:
    """What goes, line by line; what there is none of is left out."""
    counts: Iterable[tuple[int, Callable[[int], str]]] = (
        (
            known.links,
            lambda n: ngettext(
                "%(count)s share link: it opens nothing any more",
                "%(count)s share links: they open nothing any more",
                n,
            ),
        ),
        (
            known.family_links,
            lambda n: ngettext(
                "%(count)s link that was shared with family or friends",
                "%(count)s links that were shared with family or friends",
                n,
            ),
        ),
        (
            known.selections,
            lambda n: ngettext(
                "%(count)s selection, also where it was sent",
                "%(count)s selections, sent ones too",
                n,
            ),
        ),
        (known.notes, lambda n: ngettext("%(count)s note", "%(count)s notes", n)),
        (
            known.wishes,
            lambda n: ngettext("%(count)s change asked for", "%(count)s changes asked for", n),
        ),
        (
            known.consents,
            lambda n: ngettext(
                "%(count)s consent: what was published by it alone is taken down",
                "%(count)s consents: what was published by them alone is taken down",
                n,
            ),
        ),
        (known.messages, lambda n: ngettext("%(count)s e-mail", "%(count)s e-mails", n)),
        (
            known.visits,
            lambda n: ngettext("%(count)s day of visits", "%(count)s days of visits", n),
        ),
    )
    lines = [words(count) % {"count": localize(count)} for count, words in counts if count]
    return [
        _("name, e-mail address, phone and language"),
        *lines,
        _("the name in the history of every gallery, and print releases"),
    ]


def _clients_url(name: str, *args: object) -> str:
    if Client.snippet_viewset is None:
        raise Http404
    return reverse(Client.snippet_viewset.get_url_name(name), args=args)
