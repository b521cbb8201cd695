"""Two days to filter by."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget

from .gallery_forms import BrowserDateInput


class DayRangeWidget(DateRangePickerWidget):
    """Wagtail's, with the browser's own fields: Wagtail's are started by an inline script, which
    the policy of our pages forbids.
    """

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs)
        self.widgets = [
            BrowserDateInput(attrs={"aria-label": _("Date from")}),
            BrowserDateInput(attrs={"aria-label": _("Date to")}),
        ]
