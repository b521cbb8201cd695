"""What the browser's uploader needs to know, and its words in the user's language."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ..conf import DAY, settings
from ..models import Gallery, Purpose, UploadBatch
from .addresses import galleries_url, gallery_url
from .rooms import GalleryView
from .single_upload import single_upload_form

# Batches that are still under way when the page is opened, so that their progress is shown again.
OPEN_BATCHES_SHOWN = 5
# A shoot of 200 GB takes a day at 20 Mbit/s, and a laptop sleeps at night.
UPLOAD_SESSION_SECONDS = 2 * DAY
LOG_VIEW = "pumbaphoto_wagtail_uploadbatch_modeladmin_inspect"


def uploader_options(gallery: Gallery, purpose: Purpose, user) -> dict:
    """Addresses, limits and words of the uploader, to be written into the page as JSON."""
    under_way = (
        gallery.upload_batches.filter(purpose=purpose, settled_at=None)
        .select_related("uploader")
        .order_by("-pk")
    )
    return {
        "purpose": purpose.value,
        "manifestUrl": reverse("pumbaphoto_wagtail:manifest", args=[gallery.uuid]),
        "batches": [_open_batch(gallery, batch, user) for batch in under_way[:OPEN_BATCHES_SHOWN]],
        # The browser puts the batch's own identity in the place of this one.
        "logUrl": gallery_url(gallery, "batch", batch_uuid=UUID(int=0)),
        "sessionUrl": galleries_url("session"),
        "loginUrl": reverse("wagtailadmin_login"),
        "chunkBytes": settings.CHUNK_BYTES,
        "maxBatchFiles": settings.MAX_BATCH_FILES,
        "words": uploader_words(),
    }


def uploader_context(gallery: Gallery, purpose: Purpose, user) -> dict:
    """What the template of the uploader takes."""
    return {
        "options": uploader_options(gallery, purpose, user),
        "single": single_upload_form(gallery, purpose),
    }


def _open_batch(gallery: Gallery, batch: UploadBatch, user) -> dict:
    """A batch of an earlier visit: how to follow it, what to call it, whose it is."""
    started = date_format(timezone.localtime(batch.created_at), "SHORT_DATETIME_FORMAT")
    if batch.uploader is None or batch.uploader == user:
        title = started
    else:
        title = _("%(time)s, by %(person)s") % {
            "time": started,
            "person": batch.uploader.get_full_name() or batch.uploader.get_username(),
        }
    return {
        "url": reverse("pumbaphoto_wagtail:batch", args=[gallery.uuid, batch.uuid]),
        "title": title,
        "isMine": batch.uploader == user,
    }


def uploader_words() -> dict[str, str]:
    """Every sentence of the uploader. A name in braces is filled in by the browser."""
    return {
        "reading": _("Looking through the folders…"),
        "announcing": _("Asking what is already here…"),
        "nothing": _("There was no file in what you dropped."),
        "waiting": _("waiting"),
        "uploading": _("uploading"),
        "paused": _("paused"),
        "retrying": _("connection lost, trying again"),
        "uploaded": _("uploaded"),
        "scanning": _("virus scan"),
        "scannerWaiting": _("waiting for the virus scanner"),
        "rendering": _("making pictures"),
        "ready": _("ready"),
        "already": _("already here"),
        "refused": _("refused"),
        "failed": _("failed"),
        "removed": _("removed"),
        "missing": _("not arrived yet"),
        "asking": _("waits for your answer"),
        "fileOf": _("{done} of {total} files"),
        "bytesOf": _("{done} of {total}"),
        "speed": _("{speed}/s"),
        "left": _("{time} left"),
        "lessThanAMinute": _("less than a minute"),
        "minutes": _("{count} min"),
        "hours": _("{hours} h {minutes} min"),
        "allReady": _("All {count} files are ready"),
        "readyOf": _("{ready} of {count} files are ready"),
        "afterUpload": _(
            "Everything is uploaded. You may close this page; the rest goes on by itself."
        ),
        "scanningCount": _("{count} in the virus scan"),
        "waitingCount": _("{count} waiting for the virus scanner"),
        "renderingCount": _("{count} being made into pictures"),
        "lostCount": _("{count} could not be used"),
        "alreadySummary": _("{count} were here already and were not sent again."),
        "refusedSummary": _("{count} × {reason}"),
        "refusedTitle": _("Left out: {count}"),
        "lostTitle": _("Could not be used: {count}"),
        "lost": _("could not be used"),
        "failedTitle": _("Failed: {count}"),
        "showThem": _("Show them"),
        "removedSummary": _("{count} removed"),
        "askedCount": _("{count} need your decision"),
        "removeFile": _("Remove {name}"),
        "retryFile": _("Retry {name}"),
        "ask": _("{count} files have the names of photos that are in the gallery already."),
        "askOne": _("One file has the name of a photo that is in the gallery already."),
        "andMore": _("and {count} more"),
        "companions": _(
            "The proofs go first ({proofs}), so that choosing can begin. With the {count} RAW "
            "files beside them it is {all}."
        ),
        "amountAndTime": _("{size}, about {time}"),
        "visit": _(
            "Upload of {title}: {missing} of {total} files have not arrived. Drop the same folder "
            "again to go on where it stopped."
        ),
        "visitOfOther": _("Upload of {title}: {missing} of {total} files have not arrived."),
        "visitElsewhere": _(
            "Upload of {title}: under way in another window, {missing} of {total} files to go."
        ),
        "giveUpVisit": _(
            "What has not arrived will not be sent. What has arrived stays in the gallery."
        ),
        "giveUpRest": _(
            "{count} files that have not arrived will not be sent. What has arrived stays."
        ),
        "announcedSum": _("{count} files:"),
        "acceptedSum": _("{count} accepted"),
        "refusedSum": _("{count} left out"),
        "duplicateSum": _("{count} here already"),
        "abandonedSum": _("{count} given up"),
        "inTheLog": _("See them in the upload log"),
        "serverTrouble": _("The server cannot take files at the moment. It is tried again."),
        "unreadable": _("This file was changed or moved since you dropped it. Drop it once more."),
        "login": _("You have been logged out. Log in again in a new tab; the upload then goes on."),
        "offline": _("No connection. The upload goes on when it is back."),
        "leave": _("Files are still being uploaded."),
        "announceFailed": _("The server did not take the list of files: {reason}"),
        "progressLive": _("{done} of {total} files uploaded."),
    }


class BatchView(GalleryView):
    """A batch's page in the upload log, by the identity that the browser knows."""

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        batch = get_object_or_404(self.gallery.upload_batches, uuid=kwargs["batch_uuid"])
        return redirect(LOG_VIEW, batch.pk)


@require_GET
def session(request: HttpRequest) -> JsonResponse:
    """Whether the browser is still logged in, and the token that its next requests must carry.

    Logging in changes the token, and a page that stayed open only has the old one. While files are
    sent the page asks every few minutes, and that is use of the session: it begins anew, and lasts
    for an upload over a bad line whatever the site's own sessions do.
    """
    ends_with_browser = request.session.get_expire_at_browser_close()
    if not ends_with_browser and request.session.get_expiry_age() < UPLOAD_SESSION_SECONDS:
        request.session.set_expiry(UPLOAD_SESSION_SECONDS)
    request.session.modified = True
    response = JsonResponse({"csrfToken": get_token(request)})
    response["Cache-Control"] = "no-store"
    return response
