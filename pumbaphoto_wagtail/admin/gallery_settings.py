"""The Settings tab."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.log_actions import log

from .gallery_forms import GallerySettingsForm
from .rooms import GalleryView


class SettingsView(GalleryView):
    """Title, clients, dates, limits, words."""

    tab = "settings"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/settings.html"

    def get_form(self) -> GallerySettingsForm:
        return GallerySettingsForm(
            self.request.POST or None, instance=self.gallery, user=self.request.user
        )

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        form = self.get_form()
        if not form.is_valid():
            self.gallery.refresh_from_db()
            messages.validation_error(request, _("The settings could not be saved."), form)
            return self.render_to_response(self.get_context_data(form=form))
        with transaction.atomic():
            self._save(form)
            log(self.gallery, "wagtail.edit", user=request.user, data={"fields": form.changed_data})
        messages.success(request, _("Saved."))
        return self.back_to("settings")

    def _save(self, form: GallerySettingsForm) -> None:
        """Save what was changed and nothing else: the state may have moved on meanwhile."""
        about_clients = {"clients", "client_name", "client_email"}
        changed = [name for name in form.changed_data if name not in about_clients]
        form.instance.save(update_fields=changed)
        if "clients" in form.changed_data:
            form.instance.clients.set(form.cleaned_data["clients"])
        new = form.named_client(form.user, form.instance.collection)
        if new:
            form.instance.clients.add(new)

    def get_context_data(self, **kwargs) -> dict:
        kwargs.setdefault("form", self.get_form())
        return super().get_context_data(may_delete=self.may("delete"), **kwargs)
