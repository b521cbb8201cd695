"""The upload log, for operators and for "where did that file go?".

The list is for operators; a single batch is also for those who may view its gallery, since their
uploader's summary leads there.
"""

from __future__ import annotations

import logging
from datetime import timedelta

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.log_actions import log

from ..exceptions import PumbaphotoError
from ..intake.receiving import abandon
from ..intake.resuming import resume
from ..models import (
    FINAL_UPLOAD_STATES,
    UNFINISHED_UPLOAD_STATES,
    Gallery,
    Purpose,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from ..permissions import galleries_for
from .day_range import DayRangeWidget
from .figures import counted
from .log_views import LogAct, LogAdmin, LogRecordView
from .reports.columns import BytesColumn, MomentColumn, gallery_column
from .running import duration_in_words

logger = logging.getLogger(__name__)

UPLOADS_SHOWN = 200
OUTCOMES = FINAL_UPLOAD_STATES
GIVEN_UP, RESUMED = "pumbaphoto.give_up_upload", "pumbaphoto.resume_upload"
OPEN_STATES = (UploadState.ANNOUNCED, UploadState.UPLOADING, UploadState.RECEIVED)


# --- What can be done ----------------------------------------------------------------------------


def _log(gallery: Gallery, action: str, user, count: int) -> None:
    log(gallery, action, user=user, data={"count": count})


def _resume_upload(upload: Upload, user) -> bool:
    if not resume(upload):
        return False
    _log(upload.batch.gallery, RESUMED, user, 1)
    return True


def _give_up_upload(upload: Upload, user) -> bool:
    if not _abandon(upload):
        return False
    _log(upload.batch.gallery, GIVEN_UP, user, 1)
    return True


def _abandon(upload: Upload) -> bool:
    try:
        return abandon(upload)
    except (PumbaphotoError, OSError) as error:
        # The row says so already; what lies on the storage is swept when it can be reached.
        logger.warning("the part of upload %s could not be removed yet: %r", upload.pk, error)
        return True


def _resume_batch(batch: UploadBatch, user) -> bool:
    open_uploads = batch.uploads.filter(state__in=OPEN_STATES).select_related("stored_file")
    count = sum(resume(upload) for upload in open_uploads)
    if count:
        _log(batch.gallery, RESUMED, user, count)
    return bool(count)


def _give_up_batch(batch: UploadBatch, user) -> bool:
    unfinished = batch.uploads.filter(state__in=OPEN_STATES).select_related("batch__gallery")
    count = sum(_abandon(upload) for upload in unfinished)
    if count:
        _log(batch.gallery, GIVEN_UP, user, count)
    return bool(count)


def _going_on(count: int) -> str:
    return ngettext("%(count)d goes on.", "%(count)d go on.", count)


def _given_up(count: int) -> str:
    return ngettext("%(count)d was given up.", "%(count)d were given up.", count)


RESUME_WORDS = gettext_lazy(
    "Wait for what has not arrived as long as for a new upload, and wake who works on the rest?"
)
GIVE_UP_WORDS = gettext_lazy(
    "Give up what has not arrived? Its bytes so far are deleted; what has arrived stays."
)


def _acts(resume_one, give_up_one) -> tuple[LogAct, LogAct]:
    return (
        LogAct(
            name="resume",
            label=gettext_lazy("Resume"),
            question=RESUME_WORDS,
            done=_going_on,
            do=resume_one,
        ),
        LogAct(
            name="give-up",
            label=gettext_lazy("Give up"),
            question=GIVE_UP_WORDS,
            done=_given_up,
            do=give_up_one,
            is_dangerous=True,
        ),
    )


# --- Batches -------------------------------------------------------------------------------------


class BatchFilterSet(WagtailFilterSet):
    purpose = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Purpose"),
        choices=Purpose.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    progress = django_filters.ChoiceFilter(
        label=gettext_lazy("Progress"),
        method="filter_progress",
        empty_label=gettext_lazy("All"),
        choices=[("open", gettext_lazy("under way")), ("settled", gettext_lazy("finished"))],
        widget=forms.RadioSelect,
    )
    created_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Announced"), widget=DayRangeWidget
    )

    def filter_progress(
        self, batches: QuerySet[UploadBatch], name: str, value: str
    ) -> QuerySet[UploadBatch]:
        return batches.filter(settled_at__isnull=value == "open")

    class Meta:
        model = UploadBatch
        fields = ["purpose", "progress", "created_at"]


class InspectUploadBatchView(LogRecordView):
    def get_context_data(self, **kwargs) -> dict:
        uploads = self.instance.uploads.select_related("stored_file")
        return super().get_context_data(
            uploads=uploads[:UPLOADS_SHOWN],
            uploads_left_out=max(0, uploads.count() - UPLOADS_SHOWN),
            **kwargs,
        )


class UploadBatchAdmin(LogAdmin):
    """What was announced, by whom, and what became of it."""

    model = UploadBatch
    menu_label = gettext_lazy("Upload log")
    menu_item_name = "pumbaphoto-upload-log"
    menu_icon = "list-ul"
    export_filename = "uploads"
    inspect_template_name = "pumbaphoto_wagtail/admin/log/batch.html"
    inspect_view_class = InspectUploadBatchView
    inspect_view_fields = [
        *("gallery", "purpose", "uploader", "created_at", "announced", "outcome"),
        *("settled_at", "duration"),
    ]
    list_display = (
        *("when", "gallery", "purpose", "uploader", "announced", "outcome", "duration"),
    )
    list_export = (
        *("gallery", "purpose", "uploader", "created_at", "announced"),
        *OUTCOMES,
        *("under_way", "settled_at", "seconds"),
    )
    columns = {"gallery": gallery_column("gallery")}
    filterset_class = BatchFilterSet
    ordering = ("-pk",)
    acts = _acts(_resume_batch, _give_up_batch)

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadBatch]:
        batches = UploadBatch.objects.filter(gallery__in=galleries_for(request.user))
        return batches.select_related("gallery", "uploader").order_by(*self.ordering)

    def records_for(self, request: HttpRequest) -> QuerySet[UploadBatch]:
        return self.get_queryset(request)

    def complete(self, rows: list[UploadBatch], user) -> None:
        keys = [batch.pk for batch in rows]
        states = {
            f"{state.value}_count": counted(Upload.objects.filter(state=state), "batch")
            for state in OUTCOMES
        }
        found = UploadBatch.objects.filter(pk__in=keys).order_by()
        counts = found.annotate(announced_count=counted(Upload.objects.all(), "batch"), **states)
        by_key = {row["pk"]: row for row in counts.values("pk", "announced_count", *states)}
        for batch in rows:
            batch.counts = by_key[batch.pk]

    def search(self, queryset: QuerySet[UploadBatch], words: str) -> QuerySet[UploadBatch]:
        named = Upload.objects.filter(file_name__icontains=words).order_by().values("batch")
        return queryset.filter(Q(gallery__title__icontains=words) | Q(pk__in=named))

    def actable(self, user, act: LogAct) -> QuerySet[UploadBatch]:
        batches = UploadBatch.objects.filter(gallery__in=galleries_for(user, act.needs))
        return batches.select_related("gallery")

    def when(self, batch: UploadBatch) -> str:
        return MomentColumn("created_at").get_value(batch)

    when.short_description = gettext_lazy("Announced")

    def announced(self, batch: UploadBatch) -> int:
        return batch.counts["announced_count"]

    announced.short_description = gettext_lazy("Files")

    def under_way(self, batch: UploadBatch) -> int:
        return self.announced(batch) - sum(self._ended(batch, state) for state in OUTCOMES)

    under_way.short_description = gettext_lazy("Under way")

    def _ended(self, batch: UploadBatch, state: UploadState) -> int:
        return batch.counts[f"{state.value}_count"]

    def outcome(self, batch: UploadBatch) -> str:
        """What became of the files, in the words of the final states."""
        counts = [(self._ended(batch, state), state.label) for state in OUTCOMES]
        known = [f"{count} {label}" for count, label in counts if count]
        if under_way := self.under_way(batch):
            known.append(_("%(count)d under way") % {"count": under_way})
        return " · ".join(known)

    outcome.short_description = gettext_lazy("What became of them")

    def seconds(self, batch: UploadBatch) -> int | None:
        if batch.settled_at is None:
            return None
        return round((batch.settled_at - batch.created_at).total_seconds())

    seconds.short_description = gettext_lazy("Seconds")

    def duration(self, batch: UploadBatch) -> str:
        if batch.settled_at is None:
            return ""
        return duration_in_words(self.seconds(batch))

    duration.short_description = gettext_lazy("It took")

    def accepted(self, batch: UploadBatch) -> int:
        return self._ended(batch, UploadState.ACCEPTED)

    def duplicate(self, batch: UploadBatch) -> int:
        return self._ended(batch, UploadState.DUPLICATE)

    def refused(self, batch: UploadBatch) -> int:
        return self._ended(batch, UploadState.REFUSED)

    def abandoned(self, batch: UploadBatch) -> int:
        return self._ended(batch, UploadState.ABANDONED)


# --- Single files --------------------------------------------------------------------------------


class UploadFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"),
        choices=UploadState.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    still = django_filters.ChoiceFilter(
        label=gettext_lazy("Progress"),
        method="filter_still",
        empty_label=gettext_lazy("All"),
        choices=[("yes", gettext_lazy("has not arrived, and its time ends within a day"))],
        widget=forms.RadioSelect,
    )
    created_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Announced"), widget=DayRangeWidget
    )

    def filter_still(self, uploads: QuerySet[Upload], name: str, value: str) -> QuerySet[Upload]:
        soon = timezone.now() + timedelta(days=1)
        return uploads.filter(state__in=UNFINISHED_UPLOAD_STATES, expires_at__lte=soon)

    class Meta:
        model = Upload
        fields = ["state", "still", "created_at"]


class UploadAdmin(LogAdmin):
    """Every file that was ever announced, how far it has come, and why not further."""

    model = Upload
    menu_label = gettext_lazy("Uploaded files")
    menu_item_name = "pumbaphoto-uploads"
    menu_icon = "upload"
    export_filename = "uploaded-files"
    inspect_view_fields = [
        *("file_name", "relative_path", "gallery", "uploader", "state", "reason"),
        *("received", "created_at", "finished_at", "expires_at", "file_stage"),
    ]
    list_display = ("file_name", "gallery", "uploader", "state", "received", "created_at", "reason")
    list_export = (
        *("file_name", "relative_path", "gallery", "uploader", "state", "length"),
        *("durable_offset", "created_at", "finished_at", "expires_at", "file_stage", "reason"),
    )
    columns = {
        "gallery": gallery_column("batch.gallery"),
        "created_at": MomentColumn("created_at", label=gettext_lazy("Announced")),
    }
    filterset_class = UploadFilterSet
    ordering = ("-pk",)
    acts = _acts(_resume_upload, _give_up_upload)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        # Neither a join nor an IN: the newest fifty of 100,000 are read in the key's order, and not
        # sorted out of all that their batches have.
        batches = UploadBatch.objects.filter(
            pk=OuterRef("batch"), gallery__in=galleries_for(request.user)
        )
        return Upload.objects.filter(Exists(batches)).defer("metadata")

    def complete(self, rows: list[Upload], user) -> None:
        files = StoredFile.objects.only("stage")
        prefetch_related_objects(
            rows, "batch__gallery", "batch__uploader", Prefetch("stored_file", files)
        )

    def search(self, queryset: QuerySet[Upload], words: str) -> QuerySet[Upload]:
        titled = Q(batch__gallery__title__icontains=words)
        return queryset.filter(Q(file_name__icontains=words) | titled)

    def actable(self, user, act: LogAct) -> QuerySet[Upload]:
        uploads = Upload.objects.filter(batch__gallery__in=galleries_for(user, act.needs))
        return uploads.filter(state__in=OPEN_STATES).select_related("batch__gallery")

    def gallery(self, upload: Upload) -> str:
        return upload.batch.gallery.title

    gallery.short_description = gettext_lazy("Gallery")

    def uploader(self, upload: Upload) -> object:
        return upload.batch.uploader or ""

    uploader.short_description = gettext_lazy("Uploaded by")

    def received(self, upload: Upload) -> str:
        """How much of it is here."""
        whole = BytesColumn("length").get_value(upload)
        if upload.durable_offset in (0, upload.length):
            return whole
        here = BytesColumn("durable_offset").get_value(upload)
        return _("%(here)s of %(whole)s") % {"here": here, "whole": whole}

    received.short_description = gettext_lazy("Size")

    def file_stage(self, upload: Upload) -> str:
        return upload.stored_file.get_stage_display() if upload.stored_file else ""

    file_stage.short_description = gettext_lazy("Stage")
