"""The cover of a page, chosen among the photographs of its gallery."""

from __future__ import annotations

from django.db.models import ForeignKey
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.panels import FieldPanel

from ..models import Photo
from .gallery_widget import UnguessableChoiceField, UnguessableChooser
from .thumbnails import give_pictures

NAMESPACE = "pumbaphoto_cover_chooser"
BELOW = "below"


class AdminCoverChooser(UnguessableChooser):
    """Offers the photographs of the gallery that stands in the form's field ``gallery``."""

    choose_one_text = _("Choose a cover")
    choose_another_text = _("Choose another cover")
    clear_choice_text = _("No cover of its own")
    template_name = "pumbaphoto_wagtail/admin/cover_widget.html"
    chooser_modal_url_name = f"{NAMESPACE}:choose"
    icon = "image"
    classname = "pumba-cover-chooser"
    model = Photo
    show_edit_link = False
    linked_fields = {"gallery": "#id_gallery"}

    def get_value_data_from_instance(self, instance: Photo) -> dict:
        data = super().get_value_data_from_instance(instance)
        return {**data, "picture": picture_address(instance)}

    def get_context(self, name: str, value_data: dict, attrs: dict) -> dict:
        context = super().get_context(name, value_data, attrs)
        return {**context, "picture": value_data.get("picture", "")}


class AdminIndexCoverChooser(AdminCoverChooser):
    """Offers the photographs of all galleries below the index page that is being edited."""

    linked_fields: dict[str, str] = {}
    # The index page's primary key; its panel knows it.
    below: int | None = None

    def get_chooser_modal_url(self) -> str:
        return f"{super().get_chooser_modal_url()}?{urlencode({BELOW: self.below or ''})}"


class IndexCoverPanel(FieldPanel):
    """The cover of an index page, once there can be something below it."""

    def __init__(self, field_name: str = "cover", **kwargs) -> None:
        super().__init__(field_name, **{"widget": AdminIndexCoverChooser, **kwargs})

    class BoundPanel(FieldPanel.BoundPanel):
        def __init__(self, **kwargs) -> None:
            super().__init__(**kwargs)
            if self.bound_field is not None:
                self.bound_field.field.widget.below = self.instance.pk

        def is_shown(self) -> bool:
            return self.instance.pk is not None and super().is_shown()


def picture_address(photo: Photo) -> str:
    """The address of its small picture; empty while there is none."""
    give_pictures([photo])
    return photo.pictures.grid.url if photo.pictures else ""


register_form_field_override(
    ForeignKey,
    to=Photo,
    override={"form_class": UnguessableChoiceField, "widget": AdminCoverChooser},
)
