"""Camera clocks: two shooters' photos brought into one order.

The photographer ticks two frames of one moment, one of each camera, and says which camera is right.
Everything is plain forms: what is ticked, searched and paged stands in the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from ..exceptions import ClockNotSet
from ..intake import clocks
from ..intake.clocks import Camera
from ..models import Photo
from .clock_words import standing
from .rooms import GalleryView
from .thumbnails import give_pictures

FRAMES_PER_PAGE = 24


class ShiftForm(forms.Form):
    """How far a clock is off, typed in."""

    direction = forms.ChoiceField(
        label=gettext_lazy("This clock is"),
        choices=[("behind", gettext_lazy("behind")), ("ahead", gettext_lazy("ahead"))],
    )
    days = forms.IntegerField(
        label=gettext_lazy("days"), min_value=0, max_value=21_900, required=False
    )
    hours = forms.IntegerField(
        label=gettext_lazy("hours"), min_value=0, max_value=23, required=False
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("minutes"), min_value=0, max_value=59, required=False
    )
    seconds = forms.DecimalField(
        label=gettext_lazy("seconds"),
        min_value=0,
        max_value=59,
        max_digits=8,
        decimal_places=6,
        required=False,
    )

    def get_shift(self) -> timedelta:
        """What has to be added to the camera's times."""
        names = ("days", "hours", "minutes", "seconds")
        span = timedelta(**{name: float(self.cleaned_data[name] or 0) for name in names})
        return span if self.cleaned_data["direction"] == "behind" else -span


def shift_form(camera: Camera, data=None) -> ShiftForm:
    """The form for one camera, filled with what holds at present."""
    seconds = abs(camera.shift.total_seconds())
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(int(minutes), 60)
    days, hour = divmod(hours, 24)
    initial = {
        "direction": "ahead" if camera.shift < timedelta() else "behind",
        "days": days,
        "hours": hour,
        "minutes": minute,
        "seconds": f"{second:g}",
    }
    return ShiftForm(data, initial=initial, prefix=camera.mark)


@dataclass(kw_only=True)
class Column:
    """The frames of one of the two cameras that are compared; ``name`` is its part of the form."""

    name: str
    camera: Camera
    page: Page
    ticked: Photo | None

    @property
    def has_ticked_elsewhere(self) -> bool:
        return self.ticked is not None and self.ticked not in self.page.object_list


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One way to put two frames together: whose clock is right, and what that says of the other."""

    right: Camera
    wrong: Camera
    frame: Photo
    to_frame: Photo
    shift: timedelta

    @property
    def words(self) -> str:
        return _("%(camera)s is %(standing)s") % {
            "camera": self.wrong.label,
            "standing": standing(self.shift),
        }


class ClocksView(GalleryView):
    """The cameras of a gallery, and two of them beside each other."""

    tab = "photos"
    permission_required = "change"
    template_name = "pumbaphoto_wagtail/admin/clocks.html"

    @cached_property
    def cameras(self) -> list[Camera]:
        return clocks.cameras_of(self.gallery)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        act = request.POST.get("act")
        if act == "align":
            return self._align(request.POST.get("frame"), request.POST.get("to_frame"))
        camera = self._find_camera(request.POST.get("camera"))
        if act == "reset":
            return self._set(camera, timedelta())
        form = shift_form(camera, request.POST)
        if form.is_valid():
            return self._set(camera, form.get_shift())
        messages.validation_error(request, _("The clock could not be set."), form)
        context = self.get_context_data(refused=form)
        return self.render_to_response(context, status=422)

    def _align(self, frame: str | None, to_frame: str | None) -> HttpResponse:
        found = [self._find_frame(text) for text in (frame, to_frame)]
        if None in found:
            raise Http404
        clocks.align(*found, actor=self.request.user)
        return self._say_done(clocks.camera_key(found[0].serial, found[0].camera))

    def _set(self, camera: Camera, shift: timedelta) -> HttpResponse:
        clocks.set_clock(self.gallery, camera.key, shift, actor=self.request.user)
        return self._say_done(camera.key)

    def _say_done(self, key: str) -> HttpResponse:
        self.__dict__.pop("cameras", None)
        camera = next(camera for camera in self.cameras if camera.key == key)
        words = {"camera": camera.label, "standing": standing(camera.shift)}
        messages.success(
            self.request,
            _("%(camera)s: %(standing)s. The photos stand in their new order.") % words,
        )
        return self.back_to("clocks")

    def _find_camera(self, mark: str | None) -> Camera:
        for camera in self.cameras:
            if camera.mark == mark:
                return camera
        raise Http404

    def _find_frame(self, text: str | None) -> Photo | None:
        try:
            uuid = UUID(text or "")
        except ValueError:
            return None
        return self.gallery.photos.kept().select_related("picture").filter(uuid=uuid).first()

    def get_context_data(self, **kwargs) -> dict:
        refused = kwargs.pop("refused", None)
        columns = self.get_columns()
        answers, problem = self.get_answers(columns)
        self._give_pictures(columns)
        return super().get_context_data(
            rows=[self._row(camera, refused) for camera in self.cameras],
            cameras=self.cameras,
            columns=columns,
            answers=answers,
            problem=problem,
            query=self.query,
            moment=self.moment,
            **kwargs,
        )

    @staticmethod
    def _row(camera: Camera, refused: ShiftForm | None) -> dict:
        is_refused = refused is not None and refused.prefix == camera.mark
        return {
            "camera": camera,
            "standing": standing(camera.shift),
            "form": refused if is_refused else shift_form(camera),
            "is_open": is_refused,
        }

    @cached_property
    def query(self) -> str:
        return self.request.GET.get("q", "").strip()[:255]

    @cached_property
    def moment(self) -> datetime | None:
        """The time to begin at, as a person reads it from the page: in the site's time zone."""
        try:
            moment = parse_datetime(self.request.GET.get("at", ""))
        except ValueError:
            return None
        if moment is None or not 1900 <= moment.year < 9900:
            return None
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)

    def get_columns(self) -> list[Column]:
        """The two cameras to compare: those asked for, the two with the most photos otherwise."""
        if len(self.cameras) < 2:
            return []
        asked = [self.request.GET.get(name) for name in ("one", "other")]
        one = next((c for c in self.cameras if c.mark == asked[0]), self.cameras[0])
        rest = [camera for camera in self.cameras if camera is not one]
        other = next((camera for camera in rest if camera.mark == asked[1]), rest[0])
        return [self._column("one", one), self._column("other", other)]

    def _column(self, name: str, camera: Camera) -> Column:
        frames = self.get_frames(camera)
        paginator = Paginator(frames, FRAMES_PER_PAGE)
        number = self.request.GET.get(f"{name}_page")
        if number is None or "fresh" in self.request.GET:
            earlier = frames.filter(ordered_at__lt=self.moment or self._meeting()).count()
            number = earlier // FRAMES_PER_PAGE + 1
        page = paginator.get_page(number)
        page.object_list = [*page.object_list]
        ticked = self._find_frame(self.request.GET.get(f"{name}_frame"))
        is_its_own = ticked and clocks.camera_key(ticked.serial, ticked.camera) == camera.key
        return Column(name=name, camera=camera, page=page, ticked=ticked if is_its_own else None)

    def _meeting(self) -> datetime:
        """When the last of the cameras had begun: from here on two of them can show one moment."""
        return max(camera.first_at + camera.shift for camera in self.cameras)

    def get_frames(self, camera: Camera) -> QuerySet[Photo]:
        """A camera's frames in the order of their corrected times, those with the searched name."""
        frames = clocks.photos_of(self.gallery, camera.key).select_related("picture")
        for word in self.query.split():
            frames = frames.filter(name__icontains=word)
        return frames.order_by("ordered_at", "name_key", "pk")

    def get_answers(self, columns: list[Column]) -> tuple[list[Answer], str]:
        """Both ways to put the ticked frames together; or why there are none."""
        if "compare" not in self.request.GET:
            return [], ""
        if len(columns) < 2 or None in [column.ticked for column in columns]:
            return [], _("Tick one frame of each camera.")
        try:
            return [self._answer(*columns), self._answer(*reversed(columns))], ""
        except ClockNotSet as error:
            return [], str(error)

    def _answer(self, right: Column, wrong: Column) -> Answer:
        return Answer(
            right=right.camera,
            wrong=wrong.camera,
            frame=wrong.ticked,
            to_frame=right.ticked,
            shift=clocks.shift_between(wrong.ticked, right.ticked),
        )

    def _give_pictures(self, columns: list[Column]) -> None:
        ticked = [column.ticked for column in columns if column.ticked]
        give_pictures([frame for column in columns for frame in column.page.object_list] + ticked)
