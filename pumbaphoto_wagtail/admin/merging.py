"""Merging a selection into sidecars that the photographer sends, and sending them back.

Nothing of it is kept: what is sent stays in memory, is scanned before anybody looks into it, and
is gone with the answer.
"""

from __future__ import annotations

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from ..delivery import sidecar_files
from ..exceptions import FileRefused
from ..intake.bytes_scan import require_clean
from .exports import LIMIT_BYTES, MEGABYTE, ExportingView, as_file

# What a form has beside its files: boundaries, names, the token.
FORM_BYTES = 100_000


class _InMemory(MemoryFileUploadHandler):
    """Keeps files of any size in memory; how much may come is known before."""

    def handle_raw_input(self, *_args, **_kwargs) -> None:
        self.activated = True


# The token is checked below, once it is known that this body may be read at all.
@method_decorator(csrf_exempt, name="dispatch")
class MergeSidecarsView(ExportingView):
    """``POST`` with ``sidecars``: .xmp files, or ZIPs of them."""

    http_method_names = ["post"]
    # Nothing of the gallery is changed: who may see the selection may take it along.
    post_permission_required = "view"

    def setup(self, request: HttpRequest, *args, **kwargs) -> None:
        request.upload_handlers = [_InMemory(request)]
        super().setup(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        _require_small(request)
        try:
            request.FILES  # noqa: B018
        except (TooManyFilesSent, MultiPartParserError, OSError) as error:
            raise FileRefused(
                _("The files could not be read in. Send more than a hundred as a ZIP.")
            ) from error
        return self._answer(request)

    @method_decorator(csrf_protect)
    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        uploads = [(file.name, file.read()) for file in request.FILES.getlist("sidecars")]
        if not uploads:
            raise FileRefused(_("No file was chosen."))
        for _name, data in uploads:
            require_clean(data)
        found = sidecar_files.merge(
            uploads, self.known_photos(), self.marks(request.POST), now=timezone.localtime()
        )
        if not found.merged:
            raise FileRefused(_nothing_merged(found))
        return as_file(found.archive, f"{self.file_name} XMP.zip", sidecar_files.CONTENT_TYPE)


def _require_small(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit() or int(length) > LIMIT_BYTES + FORM_BYTES:
        limit = {"limit": LIMIT_BYTES // MEGABYTE}
        raise FileRefused(_("At most %(limit)d MB can be sent at once.") % limit)


def _nothing_merged(found: sidecar_files.Merging) -> str:
    if found.unclear:
        return _("Several photos have these names, so nothing was written.")
    if found.unchosen:
        return _("None of these sidecars belongs to a photo that was chosen.")
    return _("None of these files is a sidecar that could be read.")
