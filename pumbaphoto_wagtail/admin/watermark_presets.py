"""Watermarks that a studio keeps: words or a picture, for the galleries of a collection.

Words are written here. A picture comes from a gallery whose watermark it is, where it was scanned
and drawn; a file that no gallery has taken in belongs to nobody.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

from django import forms
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View
from PIL import Image
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, NumberColumn, Table
from wagtail.log_actions import log

from ..exceptions import MarkNotDrawn
from ..intake.marking import read_image, set_watermark
from ..intake.watermark import Mark, check_text, draw, mark_key
from ..models import Gallery, Stage, WatermarkPreset
from ..permissions import galleries_for, watermark_preset_policy
from .addresses import gallery_url
from .judged_snippets import (
    JudgedDeleteBulkAction,
    JudgedIndexView,
    JudgedInspectView,
    JudgedSnippetViewSet,
    KeptInCollectionForm,
    visible,
)
from .security import protect
from .steps import presentable_state

# What a mark is drawn on to be looked at.
CARD_SIZE, CARD_COLOUR = (800, 533), (122, 128, 125)


def key_of(preset: WatermarkPreset) -> str:
    """The key of galleries that carry this mark."""
    image = preset.image
    return mark_key(text=preset.words, image_sha256=image.sha256 if image else "")


def take_preset(gallery: Gallery, preset: WatermarkPreset, *, actor) -> bool:
    """Give a gallery this mark; False if it had it already."""
    return set_watermark(gallery, actor=actor, text=preset.words, image=preset.image)


def may_keep_mark(user, gallery: Gallery) -> bool:
    """Whether this user may keep the gallery's present mark for others of its collection."""
    where = watermark_preset_policy.collections_user_has_permission_for(user, "add")
    return bool(gallery.watermark_key) and where.filter(pk=gallery.collection_id).exists()


def keep_mark(gallery: Gallery, *, title: str, actor) -> WatermarkPreset:
    """Keep the mark that a gallery has under a name."""
    preset = WatermarkPreset.objects.create(
        title=title,
        words=gallery.watermark,
        image=gallery.watermark_image,
        collection=gallery.collection,
    )
    log(preset, "wagtail.create", user=actor)
    return preset


class WatermarkPresetForm(KeptInCollectionForm):
    """Words that can be drawn, unless there is a picture."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.image_id:
            del self.fields["words"]
        else:
            self.fields["words"].required = True

    def clean_words(self) -> str:
        words = self.cleaned_data["words"].replace("\r\n", "\n")
        try:
            check_text(words)
        except MarkNotDrawn as failure:
            raise forms.ValidationError(str(failure)) from failure
        return words


class MarkColumn(Column):
    """The mark as it is drawn."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/mark.html"

    def get_value(self, preset: WatermarkPreset) -> str:
        return preview_url(preset)


def preview_url(preset: WatermarkPreset) -> str:
    return reverse(WatermarkPreset.snippet_viewset.get_url_name("preview"), args=[preset.pk])


def count_uses(presets: Iterable[WatermarkPreset], user) -> None:
    """Set ``use_count`` on each: how many galleries that this user may see carry the mark."""
    presets = [*presets]
    keys = {preset.pk: key_of(preset) for preset in presets}
    carrying = galleries_for(user).filter(watermark_key__in=keys.values()).order_by()
    counts = dict(carrying.values_list("watermark_key").annotate(Count("pk")))
    for preset in presets:
        preset.use_count = counts.get(keys[preset.pk], 0)


class WatermarkPresetIndexView(JudgedIndexView):
    def get_base_queryset(self) -> QuerySet[WatermarkPreset]:
        return super().get_base_queryset().select_related("image", "collection")

    def get_table(self, object_list: Iterable[WatermarkPreset]) -> Table:
        count_uses(object_list, self.request.user)
        return super().get_table(object_list)


class InspectWatermarkPresetView(JudgedInspectView):
    """The mark, and the galleries that carry it."""

    template_name = "pumbaphoto_wagtail/admin/watermark_preset.html"

    def get_context_data(self, **kwargs) -> dict:
        carrying = galleries_for(self.request.user).filter(watermark_key=key_of(self.object))
        rows = [
            {"gallery": one, "url": gallery_url(one), "state": presentable_state(one)}
            for one in carrying
        ]
        return super().get_context_data(preview=preview_url(self.object), rows=rows, **kwargs)


class PresetPreviewView(View):
    """A card with the mark drawn in, as a JPEG."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        mine = visible(WatermarkPreset, request.user).select_related("image")
        preset = mine.filter(pk=pk).first()
        if preset is None:
            raise Http404
        try:
            marked = draw(Image.new("RGB", CARD_SIZE, CARD_COLOUR), _mark_of(preset))
        except (MarkNotDrawn, OSError) as failure:
            words = str(failure)
            return HttpResponse(words, status=409, content_type="text/plain; charset=utf-8")
        buffer = io.BytesIO()
        marked.save(buffer, "JPEG", quality=85)
        return protect(HttpResponse(buffer.getvalue(), content_type="image/jpeg"))


def _mark_of(preset: WatermarkPreset) -> Mark:
    image = preset.image
    if image is None:
        return Mark(key=key_of(preset), text=preset.words)
    if not image.is_trusted or image.stage != Stage.READY:
        raise MarkNotDrawn(_("The watermark’s picture has not been checked yet."))
    return Mark(key=key_of(preset), image=read_image(image))


class WatermarkPresetViewSet(JudgedSnippetViewSet):
    """The studio's marks."""

    model = WatermarkPreset
    icon = "image"
    menu_label = gettext_lazy("Watermarks")
    menu_name = "pumbaphoto-watermarks"
    menu_order = 230
    index_view_class = WatermarkPresetIndexView
    inspect_view_class = InspectWatermarkPresetView
    inspect_template_name = InspectWatermarkPresetView.template_name
    inspect_view_fields = ["title", "words", "image", "collection"]
    list_display = [
        "title",
        MarkColumn("mark", label=gettext_lazy("Mark"), width="20%"),
        Column("words", label=gettext_lazy("Words")),
        Column("image", label=gettext_lazy("Picture")),
        NumberColumn("use_count", label=gettext_lazy("Galleries"), width="12%"),
    ]
    ordering = "title"
    list_export = ["title", "words", "image"]
    export_filename = "watermarks"
    search_fields = ["title", "words"]
    edit_handler = ObjectList(
        [
            FieldPanel("title"),
            FieldPanel(
                "words",
                widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
                help_text=gettext_lazy(
                    "Your name, for instance. To keep a picture, set it as the watermark of a"
                    " gallery and keep it there."
                ),
            ),
            FieldPanel("collection"),
        ],
        base_form_class=WatermarkPresetForm,
    )

    def get_urlpatterns(self) -> list:
        preview = path("preview/<int:pk>/", PresetPreviewView.as_view(), name="preview")
        return [*super().get_urlpatterns(), preview]


class DeleteWatermarkPresetsBulkAction(JudgedDeleteBulkAction):
    models = [WatermarkPreset]

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext(
            "%(count)d watermark deleted.", "%(count)d watermarks deleted.", num_parent_objects
        ) % {"count": num_parent_objects}
