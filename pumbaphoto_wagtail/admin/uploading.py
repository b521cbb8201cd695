"""What the browser's uploader needs to know, and its words in the user's language."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ..conf import settings
from ..models import Gallery, Purpose
from .addresses import galleries_url

# Batches that are still under way when the page is opened, so that their progress is shown again.
OPEN_BATCHES_SHOWN = 5


def uploader_options(gallery: Gallery, purpose: Purpose) -> dict:
    """Addresses, limits and words of the uploader, to be written into the page as JSON."""
    under_way = gallery.upload_batches.filter(purpose=purpose, settled_at=None).order_by("-pk")
    return {
        "purpose": purpose.value,
        "manifestUrl": reverse("pumbaphoto_wagtail:manifest", args=[gallery.uuid]),
        "batchUrls": [
            reverse("pumbaphoto_wagtail:batch", args=[gallery.uuid, batch.uuid])
            for batch in under_way[:OPEN_BATCHES_SHOWN]
        ],
        "sessionUrl": galleries_url("session"),
        "loginUrl": reverse("wagtailadmin_login"),
        "chunkBytes": settings.CHUNK_BYTES,
        "maxBatchFiles": settings.MAX_BATCH_FILES,
        "words": uploader_words(),
    }


def uploader_words() -> dict[str, str]:
    """Every sentence of the uploader. ``%…%`` is filled in by the browser."""
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
        "fileOf": _("%done% of %total% files"),
        "bytesOf": _("%done% of %total%"),
        "speed": _("%speed%/s"),
        "left": _("%time% left"),
        "lessThanAMinute": _("less than a minute"),
        "minutes": _("%count% min"),
        "hours": _("%hours% h %minutes% min"),
        "allReady": _("All %count% files are ready"),
        "readyOf": _("%ready% of %count% files are ready"),
        "afterUpload": _(
            "Everything is uploaded. You may close this page; the rest goes on by itself."
        ),
        "scanningCount": _("%count% in the virus scan"),
        "waitingCount": _("%count% waiting for the virus scanner"),
        "renderingCount": _("%count% being made into pictures"),
        "lostCount": _("%count% could not be used: see “Refused”"),
        "alreadySummary": _("%count% were here already and were not sent again."),
        "refusedSummary": _("%count% × %reason%"),
        "refusedTitle": _("Left out: %count%"),
        "login": _("You have been logged out. Log in again in a new tab; the upload then goes on."),
        "offline": _("No connection. The upload goes on when it is back."),
        "leave": _("Files are still being uploaded."),
        "announceFailed": _("The server did not take the list of files: %reason%"),
        "progressLive": _("%done% of %total% files uploaded."),
    }


@require_GET
def session(request: HttpRequest) -> JsonResponse:
    """Whether the browser is still logged in, and the token that its next requests must carry.

    Logging in changes the token, and a page that stayed open only has the old one.
    """
    response = JsonResponse({"csrfToken": get_token(request)})
    response["Cache-Control"] = "no-store"
    return response
