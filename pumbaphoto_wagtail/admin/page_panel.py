"""The gallery on the edit view of the page that presents it."""

from __future__ import annotations

from wagtail.admin.panels import Panel

from ..permissions import may
from .addresses import gallery_url
from .figures import Figures
from .steps import presentable_state, what_next


class GalleryPanel(Panel):
    """The gallery that a page presents: read only, since the page form saves itself all the time
    and takes whatever lies in it for the page's own.
    """

    class BoundPanel(Panel.BoundPanel):
        template_name = "pumbaphoto_wagtail/admin/page_panel.html"

        def is_shown(self) -> bool:
            gallery = getattr(self.instance, "gallery", None)
            return gallery is not None and may(self.request.user, "view", gallery)

        def get_context_data(self, parent_context: dict | None = None) -> dict:
            gallery = self.instance.gallery
            figures = Figures(gallery)
            return {
                **super().get_context_data(parent_context),
                "gallery": gallery,
                "figures": figures,
                "state": presentable_state(gallery),
                "what_next": what_next(gallery, figures),
                "workspace_url": gallery_url(gallery),
            }
