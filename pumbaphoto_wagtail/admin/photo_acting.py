"""What is done to chosen photos: one address for all acts, a question before those that need one,
and taking back.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..exceptions import PumbaphotoError
from .photo_acts import ACTS, Outcome, PhotoAct, undo
from .photo_choice import Choice, read_choice
from .photo_filters import Wanted
from .rooms import GalleryView
from .thumbnails import give_pictures

# Looked at before an act that is asked about.
PREVIEWED = 24
UNDO = "undo"


class PhotoActView(GalleryView):
    """``POST`` with ``act`` and a choice (see :mod:`photo_choice`) does it, or asks first.

    The grid's script sends ``Accept: application/json`` and gets ``question`` (a form, with what it
    is about), ``error``, or ``message`` with ``undo``; without a script each of these is a page.
    ``act=undo`` with ``token`` takes an act back.
    """

    tab = "photos"
    http_method_names = ("post",)
    # What an act needs is asked for each of them.
    post_permission_required = "view"
    template_name = "pumbaphoto_wagtail/admin/photo_act.html"

    @cached_property
    def is_for_script(self) -> bool:
        return "application/json" in self.request.headers.get("Accept", "")

    @cached_property
    def act(self) -> PhotoAct:
        act = ACTS.get(self.request.POST.get("act", ""))
        if act is None:
            raise PumbaphotoError(_("Nothing was said about what to do with the photos."))
        if not self.may(act.needs):
            raise PermissionDenied
        return act

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.POST.get("act") == UNDO:
            token = request.POST.get("token", "")
            return self._answer(undo(self.gallery, token, request.user), Wanted())
        act, choice = self.act, read_choice(self.gallery, request.POST)
        is_confirmed = "confirmed" in request.POST
        warnings = [] if is_confirmed else act.warn(self.gallery, choice.photos())
        form = self._form(is_confirmed=is_confirmed)
        if not is_confirmed and (form is not None or act.is_dangerous or warnings):
            return self._ask(choice, form, warnings)
        if form is not None and not form.is_valid():
            warnings = act.warn(self.gallery, choice.photos())
            return self._ask(choice, form, warnings, status=422)
        data = form.cleaned_data if form is not None else {}
        outcome = act.run(self.gallery, choice.photos(), request.user, data)
        return self._answer(outcome, choice.wanted)

    def _form(self, *, is_confirmed: bool) -> Form | None:
        if self.act.form_class is None:
            return None
        data = self.request.POST if is_confirmed else None
        return self.act.form_class(data, gallery=self.gallery, user=self.request.user)

    def _ask(
        self, choice: Choice, form: Form | None, warnings: list[str], *, status: int = 200
    ) -> HttpResponse:
        asked = {
            "act": self.act,
            "heading": _heading(self.act, len(choice.keys)),
            "warnings": warnings,
            "form": form,
            "choice": choice,
            **_concerned(choice),
        }
        if not self.is_for_script:
            return self.render_to_response(self.get_context_data(**asked), status=status)
        if form is not None and form.media.render_js():
            # A field with scripts of its own needs a page of its own.
            return JsonResponse({"page": True})
        context = {**asked, "gallery": self.gallery, "is_in_dialog": True}
        html = render_to_string(
            "pumbaphoto_wagtail/admin/photo_act_form.html", context, request=self.request
        )
        return JsonResponse({"heading": asked["heading"], "question": html}, status=status)

    def _answer(self, outcome: Outcome, wanted: Wanted) -> HttpResponse:
        if self.is_for_script:
            answer = {"changed": outcome.changed, "message": str(outcome.message)}
            return JsonResponse({**answer, "undo": outcome.undo})
        context = self.get_context_data(outcome=outcome, wanted=wanted)
        return self.render_to_response(context)

    def refuse(self, error: PumbaphotoError) -> HttpResponse:
        if self.is_for_script:
            return JsonResponse({"error": str(error)}, status=409)
        return super().refuse(error)


def _heading(act: PhotoAct, count: int) -> str:
    words = ngettext("%(act)s: %(count)d photo", "%(act)s: %(count)d photos", count)
    return words % {"act": act.label, "count": count}


def _concerned(choice: Choice) -> dict:
    """The first of the photos that an act is about, and how many others there are."""
    photos = [*choice.photos().in_order().select_related("picture")[:PREVIEWED]]
    give_pictures(photos)
    return {"photos": photos, "others": len(choice.keys) - len(photos)}
