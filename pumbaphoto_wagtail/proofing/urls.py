"""Addresses of the door, of hearts and notes, and of every picture and download."""

from __future__ import annotations

from django.urls import path

from . import (
    colours,
    door,
    downloads,
    family_page,
    media,
    receipts,
    side_by_side,
    videos_page,
    views,
    welcome,
)

urlpatterns = [
    # Any text is taken, so that a link that was cut short in a mail, or came with more than itself,
    # meets the friendly page, and no error page that writes it down.
    path("s/<path:token>", door.door, name="door"),
    path("welcome/<str:uidb64>/<str:token>/", welcome.WelcomeView.as_view(), name="welcome"),
    path("link/", door.link_again, name="link_again"),
    path("colours/<slug:accent>-<slug:digest>.css", colours.colours, name="colours"),
    path("family/<uuid:gallery_uuid>/", family_page.family, name="family"),
    path("picks/<uuid:gallery_uuid>/", views.current, name="picks"),
    path("picks/<uuid:gallery_uuid>/acts/", views.acts, name="acts"),
    path("picks/<uuid:gallery_uuid>/side-by-side/", side_by_side.side_by_side, name="side_by_side"),
    path("picks/<uuid:gallery_uuid>/send/", views.send, name="send"),
    path("picks/<uuid:gallery_uuid>/take-back/", views.take_back, name="take_back"),
    path(
        "receipt/<uuid:gallery_uuid>/<slug:list_name>/<int:round_number>/",
        receipts.receipt,
        name="receipt",
    ),
    path(
        "media/photo/<uuid:photo_uuid>/<slug:tier>/<slug:digest>.<slug:extension>",
        media.photo_picture,
        name="photo_picture",
    ),
    # The web server looks in the published tree first, by these very names.
    path(
        "published/<uuid:gallery_uuid>/"
        "<uuid:photo_uuid>-<slug:tier>-<slug:digest>.<slug:extension>",
        media.published_picture,
        name="published_picture",
    ),
    path(
        "media/item/<uuid:item_uuid>/<slug:tier>/<slug:digest>.<slug:extension>",
        media.item_picture,
        name="item_picture",
    ),
    path(
        "media/file/<uuid:file_uuid>/<slug:tier>/<slug:digest>.<slug:extension>",
        media.file_picture,
        name="file_picture",
    ),
    path(
        "media/video/<uuid:video_uuid>/<slug:tier>/<slug:digest>.<slug:extension>",
        media.video_picture,
        name="video_picture",
    ),
    path("videos/<uuid:video_uuid>/play/", videos_page.play_video, name="play_video"),
    # Asked by nginx alone, which answers everybody else that there is no such address.
    *(
        path(
            f"verdict/{kind}/<uuid:uuid>/<slug:tier>/<slug:digest>.<slug:extension>",
            media.verdict,
            {"kind": kind},
            name=f"{kind}_verdict",
        )
        for kind in media.VERDICTS_ON
    ),
    path("download/photo/<uuid:photo_uuid>/raw", media.photo_original, {"role": "raw"}, name="raw"),
    path(
        "download/photo/<uuid:photo_uuid>/original",
        media.photo_original,
        {"role": "picture"},
        name="original",
    ),
    path("download/item/<uuid:item_uuid>", downloads.item, name="download_item"),
    path("download/item/<uuid:item_uuid>/web", downloads.item_in_web_size, name="download_web"),
]
