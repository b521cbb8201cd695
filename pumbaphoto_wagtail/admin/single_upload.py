"""Uploading one file without JavaScript, through the same intake as all others.

Django keeps a form's file in its temporary folder until the request was read, since the length of
a part is only known at its end; so this is for single files up to a limit, and written twice.
"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST
from wagtail.admin import messages

from ..conf import settings
from ..exceptions import PumbaphotoError
from ..intake.formats import FORMATS
from ..intake.single import receive_single
from ..models import Gallery, Purpose, SameName, State, Upload, UploadState
from ..permissions import may
from .addresses import gallery_url
from .rooms import find_gallery
from .watermark import check_upload, use_upload

MEGABYTE = 10**6
LIMIT_BYTES = 100 * MEGABYTE
# What a form has beside its file: boundaries, names, the token.
FORM_BYTES = 100_000
# The rooms that have such a form.
ROOMS = {
    Purpose.ORIGINAL: "photos",
    Purpose.EDIT: "edits",
    Purpose.WATERMARK: "watermark",
}
PURPOSES = {purpose.value: purpose for purpose in ROOMS}


def single_upload_form(gallery: Gallery, purpose: Purpose) -> dict:
    """What the plain form needs to know."""
    accepted = [FORMATS[name] for name in settings.ALLOWED_FORMATS]
    return {
        "url": gallery_url(gallery, "single_upload"),
        "purpose": purpose.value,
        "limit_megabytes": limit_bytes() // MEGABYTE,
        "accept": ",".join(f".{ending}" for kind in accepted for ending in kind.extensions),
        "same_name": [
            (SameName.KEEP_BOTH, _("keep both")),
            (SameName.REPLACE, _("replace it; hearts and notes stay")),
            (SameName.SKIP, _("leave the gallery as it is")),
        ],
    }


def limit_bytes() -> int:
    return min(LIMIT_BYTES, settings.MAX_FILE_BYTES)


# The token is checked below, once it is known that this body may be read at all.
@csrf_exempt
@require_POST
def single_upload(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take one file from the plain form; what became of it is said on the page it came from."""
    gallery = find_gallery(request.user, uuid)
    if not may(request.user, "change", gallery):
        raise PermissionDenied
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit() or int(length) > limit_bytes() + FORM_BYTES:
        messages.error(request, _too_large())
        return redirect(gallery_url(gallery))
    try:
        # Reading the form writes its file to the temporary folder, which may be full.
        request.FILES  # noqa: B018
    except OSError:
        messages.error(request, _("The file could not be read in. Try again in a while."))
        return redirect(gallery_url(gallery))
    return _take(request, gallery)


@csrf_protect
def _take(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    purpose = PURPOSES.get(request.POST.get("purpose", ""), Purpose.ORIGINAL)
    file = request.FILES.get("file")
    if gallery.state == State.ARCHIVED:
        messages.error(request, _("This gallery is archived."))
    elif purpose == Purpose.WATERMARK and not may(request.user, "share", gallery):
        raise PermissionDenied
    elif file is None:
        messages.error(request, _("No file was chosen."))
    elif file.size > limit_bytes():
        messages.error(request, _too_large())
    else:
        _receive(request, gallery, purpose)
    return redirect(gallery_url(gallery, ROOMS[purpose]))


def _receive(request: HttpRequest, gallery: Gallery, purpose: Purpose) -> None:
    file = request.FILES["file"]
    decision = request.POST.get("same_name", "")
    try:
        if purpose == Purpose.WATERMARK:
            check_upload(file, file.size)
        upload = receive_single(
            gallery,
            uploader=request.user,
            purpose=purpose,
            name=file.name,
            size=file.size,
            chunks=file.chunks(),
            decision=SameName(decision) if decision in SameName.values else SameName.UNDECIDED,
        )
    except PumbaphotoError as error:
        messages.error(request, _("“%(name)s”: %(reason)s") % {"name": file.name, "reason": error})
    else:
        if purpose == Purpose.WATERMARK:
            use_upload(request, gallery, upload)
        else:
            _tell(request, upload)


def _tell(request: HttpRequest, upload: Upload) -> None:
    words = {"name": upload.file_name, "reason": upload.reason}
    if upload.state == UploadState.REFUSED:
        messages.error(request, _("“%(name)s” was refused: %(reason)s") % words)
    elif upload.state == UploadState.DUPLICATE:
        messages.warning(request, _("“%(name)s”: %(reason)s") % words)
    else:
        messages.success(
            request,
            _("“%(name)s” is here. It appears after the virus scan.") % words,
        )


def _too_large() -> str:
    limit = limit_bytes() // MEGABYTE
    return _("Without JavaScript a file may have up to %(limit)d MB.") % {"limit": limit}
