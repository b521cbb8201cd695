"""The reports under Wagtail's Reports menu; ``REPORTS`` is what there is, in this order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.urls import include, path
from wagtail.admin.menu import MenuItem

from .base import NAMESPACE, GalleryReport, ReportMenuItem
from .deliveries import DeliveryReport
from .integrity import IntegrityReport
from .slow_steps import SlowStepReport
from .storage import StorageReport
from .visits import VisitReport

REPORTS: tuple[type[GalleryReport], ...] = (
    StorageReport,
    DeliveryReport,
    VisitReport,
    SlowStepReport,
    IntegrityReport,
)
# After Wagtail's own.
FIRST_ORDER = 1500


def admin_urls() -> list:
    """Their addresses, below those of Wagtail's own reports."""
    addresses = [pattern for report in REPORTS for pattern in report.get_urls()]
    return [path("reports/galleries/", include((addresses, NAMESPACE), namespace=NAMESPACE))]


def menu_items() -> list[Callable[[], MenuItem]]:
    """What makes the entry of each, shown to those who may read it."""
    return [
        partial(ReportMenuItem, report, FIRST_ORDER + place) for place, report in enumerate(REPORTS)
    ]
