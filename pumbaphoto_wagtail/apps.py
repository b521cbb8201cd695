from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PumbaphotoConfig(AppConfig):
    name = "pumbaphoto_wagtail"
    label = "pumbaphoto_wagtail"
    verbose_name = _("PumbaPhoto")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate
        from wagtail.permissions import register_permission_policy

        from . import checks, tasks  # noqa: F401
        from .models import Client, Gallery
        from .permissions import client_policy, gallery_policy

        register_permission_policy(Gallery, gallery_policy)
        register_permission_policy(Client, client_policy)
        post_migrate.connect(
            tasks.schedule_reconciling, sender=self, dispatch_uid="pumbaphoto.reconcile"
        )
