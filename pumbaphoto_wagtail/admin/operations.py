"""The upload log, for operators and for "where did that file go?"; read only.

Made with wagtail-modeladmin, which fits records that are listed, filtered and looked at but never
edited. Its views ask for model-wide permissions; the classes here ask about the gallery instead.
"""

from __future__ import annotations

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import IndexView, InspectView

from ..models import FINAL_UPLOAD_STATES, Upload, UploadBatch
from ..permissions import galleries_for, gallery_policy, may
from .figures import counted

UPLOADS_SHOWN = 200
OUTCOMES = FINAL_UPLOAD_STATES


class ThroughTheGallery(PermissionHelper):
    """What hangs on a gallery is judged through it, and nothing of the log is ever edited."""

    def user_can_list(self, user) -> bool:
        return gallery_policy.user_has_permission(user, "view")

    def user_has_any_permissions(self, user) -> bool:
        return self.user_can_list(user)

    def user_can_inspect_obj(self, user, batch: UploadBatch) -> bool:
        return may(user, "view", batch.gallery)

    def user_can_create(self, user) -> bool:
        return False

    def user_can_edit_obj(self, user, batch: UploadBatch) -> bool:
        return False

    def user_can_delete_obj(self, user, batch: UploadBatch) -> bool:
        return False


class ForgivingIndexView(IndexView):
    """An address with filters that nobody offered shows the whole list, not an error."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return super().dispatch(request, *args, **kwargs)
        except IncorrectLookupParameters:
            return redirect(self.index_url)


class UploadBatchIndexView(ForgivingIndexView):
    def get_page_title(self) -> str:
        return _("Upload log")


class InspectUploadBatchView(InspectView):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.uploads = self.instance.uploads.select_related("stored_file")

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            raise PermissionDenied
        if not may(request.user, "view", self.instance.gallery):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            uploads=self.uploads[:UPLOADS_SHOWN],
            uploads_left_out=max(0, self.uploads.count() - UPLOADS_SHOWN),
            **kwargs,
        )


class UploadBatchAdmin(ModelAdmin):
    """What was announced, by whom, and what became of it."""

    model = UploadBatch
    menu_label = gettext_lazy("Upload log")
    menu_item_name = "pumbaphoto-upload-log"
    menu_icon = "list-ul"
    add_to_admin_menu = False
    inspect_view_enabled = True
    inspect_view_fields = ["gallery", "purpose", "uploader", "created_at", "settled_at"]
    inspect_template_name = "pumbaphoto_wagtail/admin/upload_batch.html"
    permission_helper_class = ThroughTheGallery
    index_view_class = UploadBatchIndexView
    inspect_view_class = InspectUploadBatchView
    list_display = ("gallery", "purpose", "uploader", "created_at", "announced", "outcome")
    list_filter = ("purpose", "created_at")
    list_export = (
        "gallery",
        "purpose",
        "uploader",
        "created_at",
        "announced",
        *OUTCOMES,
        "settled_at",
    )
    search_fields = ("gallery__title", "uploads__file_name")
    ordering = ("-pk",)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadBatch]:
        states = {
            f"{state.value}_count": counted(Upload.objects.filter(state=state), "batch")
            for state in FINAL_UPLOAD_STATES
        }
        return (
            UploadBatch.objects.filter(gallery__in=galleries_for(request.user))
            .select_related("gallery", "uploader")
            .annotate(announced_count=counted(Upload.objects.all(), "batch"), **states)
            .order_by(*self.ordering)
        )

    def get_admin_urls_for_registration(self) -> tuple:
        """The list and the single batch alone: there is no address that edits or deletes."""
        names = {self.url_helper.get_action_url_name(action) for action in ("index", "inspect")}
        return tuple(url for url in super().get_admin_urls_for_registration() if url.name in names)

    def get_permissions_for_registration(self) -> QuerySet:
        """None: the log is judged by the permissions on galleries."""
        return super().get_permissions_for_registration().none()

    def announced(self, batch: UploadBatch) -> int:
        return batch.announced_count

    announced.short_description = gettext_lazy("Files")
    announced.admin_order_field = "announced_count"

    def outcome(self, batch: UploadBatch) -> str:
        """What became of the files, in the words of the final states."""
        counts = [(getattr(batch, f"{state.value}_count"), state.label) for state in OUTCOMES]
        known = [f"{count} {label}" for count, label in counts if count]
        under_way = batch.announced_count - sum(count for count, _label in counts)
        if under_way:
            known.append(_("%(count)d under way") % {"count": under_way})
        return " · ".join(known)

    outcome.short_description = gettext_lazy("What became of them")

    def accepted(self, batch: UploadBatch) -> int:
        return batch.accepted_count

    def duplicate(self, batch: UploadBatch) -> int:
        return batch.duplicate_count

    def refused(self, batch: UploadBatch) -> int:
        return batch.refused_count

    def abandoned(self, batch: UploadBatch) -> int:
        return batch.abandoned_count
