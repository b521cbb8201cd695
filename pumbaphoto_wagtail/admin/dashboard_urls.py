"""The admin addresses of the dashboard, directly below ``pumbaphoto/``."""

from __future__ import annotations

from django.urls import path

from . import dashboard, reminding

urlpatterns = [
    path("", dashboard.DashboardView.as_view(), name="index"),
    path("news/", dashboard.DashboardNewsView.as_view(), name="news"),
    path(
        "message/<uuid:uuid>/<uuid:link_uuid>/<slug:message_kind>/",
        reminding.ReadyMessageView.as_view(),
        name="ready_message",
    ),
]
