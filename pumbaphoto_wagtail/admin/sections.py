"""The sections of a gallery: an arranging table, and the question before one is removed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from ..models import Section
from . import arranging
from .addresses import gallery_url
from .rooms import GalleryView

TITLE = "title-"
WAYS = {"up": -1, "down": 1}


class SectionsView(GalleryView):
    """Names, order and "may be downloaded now" of all sections; everything by plain buttons."""

    tab = "photos"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/sections.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return self._do()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self.render_to_response(self.get_context_data(), status=422)

    def _do(self) -> HttpResponse:
        data, actor = self.request.POST, self.request.user
        if "move" in data:
            return self._move(*data["move"].partition(":")[::2])
        if "new_title" in data:
            arranging.add_section(self.gallery, actor=actor, title=data["new_title"])
            messages.success(self.request, _("The section is there. Photos come into it by hand."))
            return self.back_to("sections")
        with transaction.atomic():
            changed = arranging.name_sections(self.gallery, _titles(data), actor=actor)
            # Who may not deliver gives nothing away for download either.
            if self.may("deliver"):
                finished = {int(key) for key in data.getlist("finished") if key.isdecimal()}
                changed += arranging.finish_sections(self.gallery, finished, actor=actor)
        messages.success(self.request, _("Saved.") if changed else _("Nothing was changed."))
        return self.back_to("sections")

    def _move(self, key: str, way: str) -> HttpResponse:
        if way not in WAYS or not key.isdecimal():
            raise Http404
        section = get_object_or_404(self.gallery.sections, pk=key)
        section.gallery = self.gallery
        arranging.move_section(section, actor=self.request.user, by=WAYS[way])
        # The same button is wanted again, so it gets the focus.
        return redirect(f"{gallery_url(self.gallery, 'sections')}?moved={key}&way={way}")

    def get_context_data(self, **kwargs) -> dict:
        sections = self.gallery.sections.annotate(
            count=Count("photos", filter=Q(photos__deleted_at=None))
        ).order_by("position", "pk")
        data = self.request.POST
        rows = [
            {
                "section": section,
                "key": str(section.pk),
                # What was typed stays, also where it could not be saved.
                "title": data.get(f"{TITLE}{section.pk}", section.title),
            }
            for section in sections
        ]
        return super().get_context_data(
            rows=rows,
            without=self.gallery.photos.kept().filter(section=None).count(),
            moved=self.request.GET.get("moved"),
            way=self.request.GET.get("way"),
            new_title=data.get("new_title", ""),
            **kwargs,
        )


class RemoveSectionView(GalleryView):
    """Where the photos go when a section is removed; or why it stays."""

    tab = "photos"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/remove_section.html"

    @cached_property
    def section(self) -> Section:
        section = get_object_or_404(self.gallery.sections, uuid=self.kwargs["section_uuid"])
        section.gallery = self.gallery
        return section

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.section  # noqa: B018  (404 before the page is made)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        section = self.section
        try:
            count = arranging.remove_section(section, actor=request.user, into=self._target())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self.render_to_response(self.get_context_data(), status=409)
        words = ngettext(
            "“%(title)s” is removed, and %(count)d photo was moved.",
            "“%(title)s” is removed, and %(count)d photos were moved.",
            count,
        )
        messages.success(request, words % {"title": section.title, "count": count})
        return self.back_to("sections")

    def _target(self) -> Section | None:
        key = self.request.POST.get("into", "")
        if not key:
            return None
        return get_object_or_404(self.gallery.sections, pk=key if key.isdecimal() else 0)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            section=self.section,
            count=self.section.photos.kept().count(),
            others=self.gallery.sections.exclude(pk=self.section.pk).order_by("position", "pk"),
            why_it_stays=arranging.why_it_stays(self.section),
            **kwargs,
        )


def _titles(data) -> dict[int, str]:
    return {
        int(name.removeprefix(TITLE)): title
        for name, title in data.items()
        if name.startswith(TITLE) and name.removeprefix(TITLE).isdecimal()
    }
