"""Serving a gallery page: looking, and choosing with plain forms where JavaScript is off.

A page type gives itself in; what it needs is a ``gallery``, ``render()`` and an address.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from .. import access
from ..exceptions import LimitExceeded, SelectionClosed, StaleState, TransitionNotAllowed
from ..intake.clearing import note_looked_at
from ..models import Gallery, Photo, ShareLink
from ..permissions import may
from ..studio import remember_studio
from . import links, picks, submission
from .asking_access_page import unseen
from .choosing import Choosing
from .door import closed
from .headers import secure_gallery_page, secure_own_page
from .pictures import Pictures, photo_pictures
from .portfolio_ways import Ways, ways_from
from .presentation import Presentation, present
from .social_cards import may_be_found

# What is answered with the present page and a sentence.
REFUSALS = (SelectionClosed, StaleState, TransitionNotAllowed, LimitExceeded)


class SeeOther(HttpResponseRedirect):
    """After a form: get the page anew, so that going back sends nothing twice."""

    status_code = 303


def serve_gallery(page, request: HttpRequest) -> HttpResponse:
    """The wall; a POST gives or takes one heart, or takes a sent selection back."""
    presentation = _presentation(page, request)
    if presentation is None:
        return refuse(request, page.gallery)
    if request.method == "POST":
        return _after_form(page, request, presentation)
    cover = cover_pictures(page, request) or presentation.cover
    return render_page(page, request, presentation, cover=cover, ways=_ways(page, request))


def _ways(page, request: HttpRequest) -> Ways | None:
    """The ways through the portfolio; none for who came with a link, to this gallery alone."""
    if links.viewer(request).link_for(page.gallery):
        return None
    return ways_from(page, page.gallery, request)


def serve_preview(page, request: HttpRequest) -> HttpResponse:
    """The page as it is being edited, also before it has a gallery that this editor may see."""
    presentation = _presentation(page, request)
    context = {"presentation": presentation, "page_url": ""}
    if presentation is not None:
        context["cover"] = cover_pictures(page, request) or presentation.cover
    return page.render(request, context_overrides=context)


def refuse(request: HttpRequest, gallery: Gallery | None) -> HttpResponse:
    """Who has come with a link before is told that it is closed, and comes to the closed page if
    the gallery is archived; nobody else learns anything.
    """
    viewer = links.viewer(request)
    if gallery is not None and viewer.known_link_for(gallery) and not viewer.link_for(gallery):
        address = reverse("pumbaphoto_wagtail:closed_gallery", args=[gallery.uuid])
        return secure_gallery_page(SeeOther(address))
    if gallery is not None and links.is_remembered(request, gallery):
        return secure_own_page(closed(request))
    raise Http404


def is_unseen(page, request: HttpRequest) -> bool:
    """Whether a page presents nothing that this viewer may know of."""
    viewer = links.viewer(request)
    return page.gallery is None or not access.may_see_gallery(viewer, page.gallery)


def refuse_unseen(page, request: HttpRequest, *, is_for_script: bool) -> HttpResponse:
    """As :func:`refuse`; where visitors may ask for access, they find the form for it, as they do
    where nothing is. A script, which reads no friendly page, is told that nothing is there.
    """
    try:
        answer = refuse(request, page.gallery)
    except Http404:
        answer = None
    if answer is None or is_for_script:
        return unseen(request, page, target=page)
    return answer


def let_holders_through(next_step: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wagtail's page restrictions narrow who comes without a link, and nobody else.

    An ``on_serve_page`` hook that wraps all others.
    """

    def serve(page, request: HttpRequest, args: list, kwargs: dict) -> HttpResponse:
        gallery = getattr(page, "gallery", None)
        if isinstance(gallery, Gallery) and _has_own_way_in(request, gallery):
            response = page.serve(request, *args, **kwargs)
            links.keep_remembering(request, response)
            return response
        return next_step(page, request, args, kwargs)

    return serve


def _has_own_way_in(request: HttpRequest, gallery: Gallery) -> bool:
    viewer = links.viewer(request)
    if viewer.link_for(gallery) or may(viewer.user, "view", gallery):
        return True
    # The page itself tells a former holder that the link is closed, rather than asking to log in.
    return links.is_remembered(request, gallery)


def _presentation(page, request: HttpRequest) -> Presentation | None:
    return present(request, page.gallery) if page.gallery is not None else None


def render_page(
    page, request: HttpRequest, presentation: Presentation, *, status: int = 200, **context
) -> HttpResponse:
    """The page with what this viewer sees; ``template`` names another than its own."""
    remember_studio(request, page.gallery)
    if page.gallery.published_at is not None:
        # Its pictures are sent without anybody being asked, so none of them tells.
        note_looked_at(page.gallery)
    template = context.pop("template", None)
    context |= {"presentation": presentation, "page_url": page.get_url(request)}
    response = page.render(request, template=template, context_overrides=context)
    response.status_code = status
    return secure_gallery_page(response, is_public=may_be_found(page, request))


def cover_pictures(page, request: HttpRequest) -> Pictures | None:
    """The pictures of the photo chosen as the page's cover, if this viewer may see it."""
    photo = page.cover
    if photo is None or page.gallery is None or photo.gallery_id != page.gallery.pk:
        return None
    viewer = links.viewer(request)
    if not access.may_see_photo(viewer, photo, "display"):
        return None
    return photo_pictures(photo, viewer)


# --- Plain forms ---------------------------------------------------------------------------------


def _after_form(page, request: HttpRequest, presentation: Presentation) -> HttpResponse:
    if presentation.choosing is None:
        raise PermissionDenied
    try:
        anchor = _act(presentation.choosing, request.POST)
    except (Photo.DoesNotExist, ShareLink.DoesNotExist):
        return refuse(request, page.gallery)
    except REFUSALS as error:
        return render_page(
            page, request, present(request, page.gallery), status=409, error=str(error)
        )
    query = request.META.get("QUERY_STRING", "")
    return secure_gallery_page(
        SeeOther(page.get_url(request) + (f"?{query}" if query else "") + anchor)
    )


def _act(choosing: Choosing, data: QueryDict) -> str:
    """Do what the button says; the anchor to come back to."""
    if "take-back" in data:
        submission.take_back(choosing.link, choosing.list_name)
        return ""
    photo = posted_photo(data.get("give-heart") or data.get("take-heart") or "")
    picks.set_favourite(choosing.link, photo, "give-heart" in data, choosing.list_name)
    return f"#photo-{photo.uuid}"


def posted_photo(text: str) -> Photo:
    """The photo that a form names; Http404 for none."""
    return get_object_or_404(Photo, uuid=posted_uuid(text))


def posted_uuid(text: str) -> UUID:
    """The UUID in a form; Http404 for anything else."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
