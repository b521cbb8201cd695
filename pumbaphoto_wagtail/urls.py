"""The addresses of the package; a site includes them before Wagtail's own."""

from __future__ import annotations

from django.urls import include, path

app_name = "pumbaphoto_wagtail"
urlpatterns = [
    path("", include("pumbaphoto_wagtail.intake.urls")),
    path("", include("pumbaphoto_wagtail.proofing.urls")),
    path("", include("pumbaphoto_wagtail.proofing.delivered_urls")),
    path("", include("pumbaphoto_wagtail.doctor.urls")),
]
