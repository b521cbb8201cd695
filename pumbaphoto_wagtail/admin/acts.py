"""The steps of a gallery that are taken by a button: asked first where that is due."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from wagtail.admin import messages

from .. import workflow
from ..exceptions import StaleState, TransitionNotAllowed
from ..models import State
from .addresses import gallery_url
from .rooms import GalleryView
from .steps import ACTS_BY_NAME, Act, consequences_of


class StepView(GalleryView):
    """``GET`` asks whether to take a step, ``POST`` takes it."""

    template_name = "pumbaphoto_wagtail/admin/step.html"

    @cached_property
    def action_and_act(self) -> tuple[str, Act]:
        try:
            return ACTS_BY_NAME[self.kwargs["step_name"]]
        except KeyError:
            raise Http404 from None

    def find_way(self) -> workflow.Way:
        """The step from where the gallery is. Raises TransitionNotAllowed if there is none."""
        action, _act = self.action_and_act
        for way in workflow.ways_from(self.gallery.state, self.gallery.kind):
            if way.action == action:
                if not self.may(way.permission):
                    raise PermissionDenied
                return way
        raise TransitionNotAllowed(str(workflow.REFUSALS[State(self.gallery.state)]))

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.find_way()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        _action, act = self.action_and_act
        # What the page believed when it was made: if the gallery has moved on, nothing happens.
        if request.POST.get("state", self.gallery.state) != self.gallery.state:
            raise StaleState(str(workflow.REFUSALS[State(self.gallery.state)]))
        self.find_way()
        chosen = {act.choice.name: act.choice.name in request.POST} if act.choice else {}
        act.act(self.gallery, actor=request.user, **chosen)
        messages.success(request, act.done)
        return self.back_to("photos")

    def get_context_data(self, **kwargs) -> dict:
        _action, act = self.action_and_act
        return super().get_context_data(
            act=act,
            is_ticked=bool(act.choice and act.choice.is_ticked()),
            consequences=consequences_of(act, self.figures),
            act_label=self.find_way().label,
            act_url=gallery_url(self.gallery, "step", step_name=act.name),
            **kwargs,
        )
