"""The films of a gallery: added by their address, and arranged among the photographs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from ..exceptions import FilmRefused
from ..intake import videos
from ..intake.names import split_extension
from ..models import Gallery, Photo, Stage, Video
from ..proofing.pictures import Pictures
from ..proofing.videos import in_order, thumbnail_pictures
from .addresses import gallery_url
from .rooms import GalleryView

WAYS = {"up": -1, "down": 1}
# What becomes of a thumbnail that is no picture to show, in words.
NO_PICTURE = {
    Stage.INFECTED: gettext_lazy("A virus was found in its picture, which is in quarantine."),
    Stage.BLOCKED: gettext_lazy("Its picture could not be scanned, and is not shown."),
    Stage.FAILED: gettext_lazy("Its picture is damaged, and is not shown."),
    Stage.MISSING: gettext_lazy("Its picture is missing from the storage."),
    Stage.DELETED: gettext_lazy("Its picture was deleted from the quarantine."),
}


class FilmForm(forms.Form):
    """A film's title and place; the photograph it follows is called by its file's name."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=videos.LONGEST_TITLE,
        required=False,
        help_text=gettext_lazy("Left empty, it is called as it is where it comes from."),
    )
    section = forms.ModelChoiceField(
        label=gettext_lazy("Section"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("None: before all sections"),
    )
    after = forms.CharField(
        label=gettext_lazy("After the photo"),
        max_length=255,
        required=False,
        help_text=gettext_lazy(
            "The photo’s file name, for instance IMG_0042. Left empty, the film comes first in its"
            " section."
        ),
    )

    def __init__(self, *args, gallery: Gallery, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.gallery = gallery
        self.fields["section"].queryset = gallery.sections.order_by("position", "pk")

    def clean(self) -> dict:
        data = super().clean()
        if data.get("after"):
            data["after"] = self._photo(data["after"].strip(), data.get("section"))
        return {**data, "after": data.get("after") or None}

    def _photo(self, name: str, section) -> Photo | None:
        found = self._called(name)
        in_section = [photo for photo in found if photo.section_id == (section and section.pk)]
        if len(found) > 1 and len(in_section) == 1:
            found = in_section
        if len(found) == 1:
            return found[0]
        words = _("Several photos are called so: choose the section as well.")
        self.add_error("after", words if found else _("No photo of this gallery is called so."))
        return None

    def _called(self, name: str) -> list[Photo]:
        photos = self.gallery.photos.kept().in_order()
        exact = [*photos.filter(name__iexact=name)]
        if exact:
            return exact
        stem = name.casefold()
        begun = photos.filter(name__istartswith=f"{name}.")
        return [photo for photo in begun if split_extension(photo.name)[0].casefold() == stem]


class NewFilmForm(FilmForm):
    """The same, with the address of a film that is not there yet."""

    address = forms.CharField(
        label=gettext_lazy("Address of the film"),
        max_length=2000,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "As you copy it at YouTube, Vimeo or wherever the film is. Nothing is loaded from there"
            " before a visitor presses play."
        ),
    )
    field_order = ["address", "title", "section", "after"]


@dataclass(frozen=True, kw_only=True)
class FilmRow:
    """One film in the list, with where it may be moved to and how far asking about it is."""

    video: Video
    pictures: Pictures | None
    is_first: bool
    is_last: bool

    @property
    def key(self) -> str:
        return str(self.video.pk)

    @property
    def is_awaited(self) -> bool:
        return self.video.fetched_at is None and self.video.retry_at is not None

    @property
    def words(self) -> str:
        """What is known of it, or why it is not."""
        video = self.video
        if video.fetched_at is not None:
            return self._words_of_picture()
        if video.retry_at is None:
            return video.reason or _("It could not be asked about.")
        if not video.reason:
            return _("Being fetched …")
        if video.retry_at <= timezone.now():
            return _("%(reason)s It is being tried again.") % {"reason": video.reason}
        return _("%(reason)s It is tried again by itself.") % {"reason": video.reason}

    def _words_of_picture(self) -> str:
        file = self.video.thumbnail
        if file is None:
            return _("It has no picture.")
        if self.pictures is not None:
            return ""
        return str(NO_PICTURE.get(file.stage, _("Its picture is being scanned …")))


class FilmsView(GalleryView):
    """All films in the order in which clients meet them, and a form for one more."""

    tab = "photos"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/films.html"

    @cached_property
    def form(self) -> NewFilmForm:
        return NewFilmForm(
            self.request.POST if self.request.method == "POST" else None,
            gallery=self.gallery,
            initial={"after": self.request.GET.get("after", "")},
        )

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        for name in ("move", "hide", "show", "fetch"):
            if name in request.POST:
                return getattr(self, f"_{name}")(request.POST[name])
        return self._add()

    def _add(self) -> HttpResponse:
        if self.form.is_valid():
            data = self.form.cleaned_data
            try:
                video = videos.add_video(self.gallery, actor=self.request.user, **data)
            except FilmRefused as refusal:
                self.form.add_error("address", ValidationError(str(refusal)))
            else:
                words = _("The film is there: %(film)s") % {"film": video}
                messages.success(self.request, words)
                return self.back_to("films")
        return self.render_to_response(self.get_context_data(), status=422)

    def _move(self, said: str) -> HttpResponse:
        key, _colon, way = said.partition(":")
        if way not in WAYS:
            raise Http404
        videos.move_video(self._film(key), actor=self.request.user, by=WAYS[way])
        # The same button is wanted again, so it gets the focus.
        return redirect(f"{gallery_url(self.gallery, 'films')}?moved={key}&way={way}")

    def _hide(self, key: str) -> HttpResponse:
        videos.hide_video(self._film(key), actor=self.request.user)
        messages.success(self.request, _("Clients do not see this film any more."))
        return self.back_to("films")

    def _show(self, key: str) -> HttpResponse:
        videos.hide_video(self._film(key), actor=self.request.user, is_hidden=False)
        messages.success(self.request, _("Clients see this film again."))
        return self.back_to("films")

    def _fetch(self, key: str) -> HttpResponse:
        videos.ask_again(self._film(key), actor=self.request.user)
        messages.success(self.request, _("It is being asked about once more."))
        return self.back_to("films")

    def _film(self, key: str) -> Video:
        return get_object_or_404(self.gallery.videos, pk=key if key.isdecimal() else 0)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            rows=rows_of(self.gallery),
            form=self.form,
            moved=self.request.GET.get("moved"),
            way=self.request.GET.get("way"),
            **kwargs,
        )


class FilmView(GalleryView):
    """One film: its title and place, and taking it away."""

    tab = "photos"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/film.html"

    @cached_property
    def video(self) -> Video:
        return find_film(self.gallery, self.kwargs["video_uuid"])

    @cached_property
    def form(self) -> FilmForm:
        after = self.video.after
        return FilmForm(
            self.request.POST if self.request.method == "POST" else None,
            gallery=self.gallery,
            initial={
                "title": self.video.title,
                "section": self.video.section,
                "after": after.name if after else "",
            },
        )

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.video  # noqa: B018  (404 before the page is made)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        video, actor = self.video, request.user
        if "remove" in request.POST:
            videos.remove_video(video, actor=actor)
            messages.success(request, _("The film is gone from the gallery."))
            return self.back_to("films")
        if self.form.is_valid():
            try:
                changed = videos.change_video(video, actor=actor, **self.form.cleaned_data)
            except FilmRefused as refusal:
                self.form.add_error(None, ValidationError(str(refusal)))
            else:
                messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
                return self.back_to("films")
        return self.render_to_response(self.get_context_data(), status=422)

    def get_context_data(self, **kwargs) -> dict:
        row = next(row for row in rows_of(self.gallery) if row.video.pk == self.video.pk)
        return super().get_context_data(row=row, form=self.form, **kwargs)


def find_film(gallery: Gallery, uuid: UUID) -> Video:
    """A film of a gallery; Http404 for any other."""
    return get_object_or_404(gallery.videos.select_related("after", "section"), uuid=uuid)


def rows_of(gallery: Gallery) -> list[FilmRow]:
    """The films of a gallery, hidden ones too, in the order in which they hang."""
    films = [*in_order(gallery.videos.all())]
    order = {key: place for place, key in enumerate(_followed(films))}
    films.sort(key=lambda film: (_rank(film), order.get(film.after_id, -1), film.position, film.pk))
    places = [(film.after_id, None if film.after_id else film.section_id) for film in films]
    return [
        FilmRow(
            video=film,
            pictures=thumbnail_pictures(film),
            is_first=index == 0 or places[index - 1] != places[index],
            is_last=index + 1 == len(films) or places[index + 1] != places[index],
        )
        for index, film in enumerate(films)
    ]


def _rank(film: Video) -> tuple[int, int]:
    section = film.after.section if film.after else film.section
    return (section.position, section.pk) if section else (-1, -1)


def _followed(films: list[Video]) -> list[int]:
    keys = {film.after_id for film in films if film.after_id}
    return [*Photo.objects.filter(pk__in=keys).in_order().values_list("pk", flat=True)]
