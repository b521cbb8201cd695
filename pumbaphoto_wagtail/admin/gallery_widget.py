"""A gallery in a form or a StreamField: chosen in a dialog, named by its UUID.

Wagtail's choosers say the title of whatever primary key they are sent. A gallery's is nobody's
business who may not see it, so what goes through the browser cannot be guessed.
"""

from __future__ import annotations

import json
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.widgets import BaseChooser

from ..models import Gallery

NAMESPACE = "pumbaphoto_gallery_chooser"


def script_module(name: str) -> forms.Script:
    """One of our bundles, for a form's media."""
    return forms.Script(versioned_static(f"pumbaphoto_wagtail/{name}"), type="module")


class UnguessableChooser(BaseChooser):
    """A chooser whose values are UUIDs, and that works on pages without inline scripts."""

    def get_instance(self, value: Model | UUID | str | None) -> Model | None:
        if value is None or isinstance(value, self.model):
            return value
        try:
            return self.model._default_manager.filter(uuid=value).first()
        except ValidationError:
            return None

    def get_value_data_from_instance(self, instance: Model) -> dict:
        return {**super().get_value_data_from_instance(instance), "id": str(instance.uuid)}

    def render(self, name, value, attrs=None, renderer=None) -> SafeString:
        value_data = self.get_value_data(value)
        options = self.get_js_init_options(attrs["id"], name, value_data)
        context = {
            **self.get_context(name, value_data or {}, attrs),
            "options": json.dumps(options),
            "chooser_template": self.template_name,
        }
        return render_to_string("pumbaphoto_wagtail/admin/chooser_widget.html", context)

    @cached_property
    def media(self) -> forms.Media:
        return super().media + forms.Media(
            js=[script_module("choosers.js")],
            css={"all": [versioned_static("pumbaphoto_wagtail/around.css")]},
        )


class AdminGalleryChooser(UnguessableChooser):
    """Chooses one gallery with which the user may do ``action``, or a new one.

    A new gallery gets a page of its own unless ``makes_page`` is off: where a page is being made
    for it.
    """

    choose_one_text = _("Choose a gallery")
    choose_another_text = _("Choose another gallery")
    link_to_chosen_text = _("Open the gallery")
    clear_choice_text = _("No gallery")
    chooser_modal_url_name = f"{NAMESPACE}:choose"
    icon = "pumbaphoto-gallery"
    model = Gallery

    def __init__(self, *, action: str = "view", makes_page: bool = True, **kwargs) -> None:
        super().__init__(**kwargs)
        self.action = action
        self.makes_page = makes_page

    def get_chooser_modal_url(self) -> str:
        asked = {} if self.action == "view" else {"to": self.action}
        if not self.makes_page:
            asked["page"] = "no"
        address = super().get_chooser_modal_url()
        return f"{address}?{urlencode(asked)}" if asked else address


class UnguessableChoiceField(forms.ModelChoiceField):
    """One by its UUID. Fields of models start with a primary key, which is no answer."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{**kwargs, "to_field_name": "uuid"})

    def prepare_value(self, value: object) -> object:
        if isinstance(value, int):
            return self.queryset.filter(pk=value).values_list("uuid", flat=True).first()
        return super().prepare_value(value)


register_form_field_override(
    ForeignKey,
    to=Gallery,
    override={"form_class": UnguessableChoiceField, "widget": AdminGalleryChooser},
)
