from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PumbaphotoPagesConfig(AppConfig):
    name = "pumbaphoto_wagtail.pages"
    label = "pumbaphoto_pages"
    verbose_name = _("PumbaPhoto pages")
    default_auto_field = "django.db.models.BigAutoField"
