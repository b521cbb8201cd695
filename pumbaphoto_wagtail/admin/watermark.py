"""The watermark of a gallery's proofs: set, looked at beforehand, taken away.

A picture arrives through ``single_upload`` like any other file, and is decoded by nobody before it
was scanned; here it is only looked at from outside, so that what is plainly no PNG is refused at
once.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, JpegImagePlugin
from wagtail.admin import messages

from ..exceptions import FileRefused, MarkNotDrawn
from ..intake.marking import MAX_IMAGE_BYTES, set_watermark
from ..intake.tiers import JPEG
from ..intake.watermark import check_png, check_text, draw, text_mark
from ..models import Gallery, Photo, Purpose, Rendition, Upload, UploadState, WatermarkPreset
from ..proofing.pictures import Pictures, photo_pictures
from ..storage import open_file
from .addresses import gallery_url
from .judged_snippets import visible
from .rooms import GalleryView
from .watermark_presets import CARD_COLOUR, CARD_SIZE, keep_mark, may_keep_mark, take_preset


class WatermarkTextForm(forms.Form):
    """A text, drawn once on a card before it is taken."""

    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=100,
        required=True,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=gettext_lazy("Your name, for instance. In any script; a new line is one."),
    )

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        try:
            check_text(text)
        except MarkNotDrawn as failure:
            raise forms.ValidationError(str(failure)) from failure
        return text


class WatermarkView(GalleryView):
    """What is drawn into the proofs, how far that is, and another one."""

    tab = "settings"
    permission_required = "change"
    # Without its mark a proof is worth having: it is the photographer's to take away.
    post_permission_required = "share"
    template_name = "pumbaphoto_wagtail/admin/watermark.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.POST.get("act") == "remove":
            set_watermark(self.gallery, actor=request.user)
            messages.success(request, _("The proofs are shown without a watermark."))
            return self.back_to("watermark")
        if request.POST.get("act") == "preset":
            return self._take_preset(request.POST.get("preset", ""))
        if request.POST.get("act") == "keep":
            return self._keep(" ".join(request.POST.get("title", "").split())[:255])
        form = WatermarkTextForm(request.POST)
        if not form.is_valid():
            messages.validation_error(request, _("This watermark was not set."), form)
            return self._show(form)
        if request.POST.get("act") == "try":
            return self._show(form, tried=form.cleaned_data["text"])
        set_watermark(self.gallery, actor=request.user, text=form.cleaned_data["text"])
        messages.success(request, _("The watermark is being drawn into the proofs."))
        return self.back_to("watermark")

    @property
    def presets(self) -> QuerySet[WatermarkPreset]:
        return visible(WatermarkPreset, self.request.user, "choose")

    def _take_preset(self, key: str) -> HttpResponse:
        found = self.presets.filter(pk=key if key.isdecimal() else None)
        take_preset(self.gallery, get_object_or_404(found), actor=self.request.user)
        messages.success(self.request, _("The watermark is being drawn into the proofs."))
        return self.back_to("watermark")

    def _keep(self, title: str) -> HttpResponse:
        if not may_keep_mark(self.request.user, self.gallery):
            raise PermissionDenied
        if not title:
            messages.error(self.request, _("What shall it be called?"))
            return self.back_to("watermark")
        keep_mark(self.gallery, title=title, actor=self.request.user)
        messages.success(self.request, _("“%(title)s” is kept.") % {"title": title})
        return self.back_to("watermark")

    def _show(self, form: WatermarkTextForm, tried: str = "") -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, tried=tried))

    @cached_property
    def preview(self) -> Pictures | None:
        """A photograph as the client sees it, once one has its mark."""
        photo = _first_photo(self.gallery)
        if photo is None or not self.gallery.watermark_key:
            return None
        return photo_pictures(photo)

    def get_context_data(self, **kwargs) -> dict:
        kwargs.setdefault("form", WatermarkTextForm(initial={"text": self.gallery.watermark}))
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "image": self.gallery.watermark_image,
            "presets": self.presets,
            "may_keep": may_keep_mark(self.request.user, self.gallery),
            "preview": None if kwargs.get("tried") else self.preview,
            "upload_url": gallery_url(self.gallery, "single_upload"),
            "purpose": Purpose.WATERMARK.value,
            "limit_megabytes": MAX_IMAGE_BYTES // 2**20,
        }


class WatermarkPreviewView(GalleryView):
    """A photograph of the gallery, or a card, with ``text`` drawn in, as a JPEG."""

    permission_required = "change"
    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            marked = draw(_ground(self.gallery), text_mark(request.GET.get("text", "")[:100]))
        except MarkNotDrawn as failure:
            return HttpResponse(str(failure), status=409, content_type="text/plain; charset=utf-8")
        buffer = io.BytesIO()
        marked.save(buffer, "JPEG", quality=85)
        return HttpResponse(buffer.getvalue(), content_type="image/jpeg")


def _first_photo(gallery: Gallery) -> Photo | None:
    photos = Photo.objects.filter(gallery=gallery, is_hidden=False).with_picture()
    return photos.select_related("picture", "gallery").in_order().first()


def _ground(gallery: Gallery) -> Image.Image:
    photo = _first_photo(gallery)
    clean = Rendition.objects.filter(tier="view", format=JPEG, watermark="")
    rendition = photo and clean.filter(stored_file=photo.picture).first()
    if rendition is None:
        return Image.new("RGB", CARD_SIZE, CARD_COLOUR)
    try:
        with open_file(rendition.storage, rendition.name) as source:
            return JpegImagePlugin.JpegImageFile(source).convert("RGB")
    except FileNotFoundError:
        return Image.new("RGB", CARD_SIZE, CARD_COLOUR)


# --- A picture -----------------------------------------------------------------------------------


def check_upload(file: BinaryIO, size: int) -> None:
    """Raise FileRefused, in words, for what is plainly no picture to draw; nothing is decoded."""
    if size > MAX_IMAGE_BYTES:
        raise FileRefused(
            _("A watermark’s picture may have up to %(limit)d MB.")
            % {"limit": MAX_IMAGE_BYTES // 2**20}
        )
    try:
        check_png(file)
    except MarkNotDrawn as failure:
        raise FileRefused(str(failure)) from failure
    file.seek(0)


def use_upload(request: HttpRequest, gallery: Gallery, upload: Upload) -> None:
    """Take a picture that has arrived for the watermark, and say so."""
    words = {"name": upload.file_name, "reason": upload.reason}
    if upload.state == UploadState.REFUSED or upload.stored_file is None:
        messages.error(request, _("“%(name)s” was refused: %(reason)s") % words)
        return
    set_watermark(gallery, actor=request.user, image=upload.stored_file)
    messages.success(
        request,
        _("“%(name)s” is drawn into the proofs once it has been checked for viruses.") % words,
    )
