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

        from . import checks, idle_workers, permissions, published, tasks, workers  # noqa: F401

        permissions.register()
        published.connect()
        workers.connect()
        idle_workers.connect()
        post_migrate.connect(
            tasks.schedule_reconciling, sender=self, dispatch_uid="pumbaphoto.reconcile"
        )
