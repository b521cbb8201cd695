"""The quarantine: files that were found infected, were no photos, or could not be scanned.

Whoever may change the gallery that a file came to may look at it and have it scanned again, and
whoever may delete that gallery may delete it; nobody else learns that it exists.
"""

from __future__ import annotations

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.ui.components import Component
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.menus import ModelAdminMenuItem
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import IndexView, InspectView

from ..intake.quarantine import delete_held_back, held_back, scan_again
from ..intake.waiting import Alarm, alarm
from ..models import Gallery, Stage, StoredFile, Upload
from ..permissions import galleries_for, gallery_policy
from .log_views import LONGEST_KEY
from .operators import may_enter
from .security import protect

FILES_PER_PAGE = 100


def files_for(user) -> QuerySet[StoredFile]:
    """The files that this member of staff may decide about, with ``gallery_title`` and
    ``gallery_uuid`` of the gallery that each came to, and whether they ``may_delete`` it.
    """
    uploads = Upload.objects.filter(stored_file=OuterRef("pk")).order_by("pk")
    came = uploads.filter(batch__gallery__in=galleries_for(user, "change"))
    listed = held_back() | Q(stage__in=(Stage.WAITING, Stage.DELETED))
    return StoredFile.objects.filter(listed, Exists(came)).annotate(
        gallery_title=Subquery(came.values("batch__gallery__title")[:1]),
        gallery_uuid=Subquery(
            came.values("batch__gallery__uuid")[:1], output_field=Gallery._meta.get_field("uuid")
        ),
        why=Subquery(came.values("reason")[:1], output_field=CharField()),
        may_delete=Exists(uploads.filter(batch__gallery__in=galleries_for(user, "delete"))),
    )


def scanner_alarm(user) -> Alarm | None:
    """What to tell this member of staff about files that wait for the scanner for too long."""
    return alarm(files_for(user)) if alarm() else None


class ScannerAlarmPanel(Component):
    """On the home page: the virus scanner does not answer, and files wait for it."""

    name = "pumbaphoto_scanner_alarm"
    template_name = "pumbaphoto_wagtail/admin/scanner_alarm.html"
    order = 10

    def __init__(self, found: Alarm) -> None:
        self.found = found

    def get_context_data(self, parent_context: dict) -> dict:
        return {"alarm": self.found}


def add_alarm_panel(request: HttpRequest, panels: list) -> None:
    """Tell those whose files wait."""
    if found := scanner_alarm(request.user):
        panels.append(ScannerAlarmPanel(found))


class WhatHappened(SimpleListFilter):
    title = gettext_lazy("what happened")
    parameter_name = "what"

    # Name in the address: words, and the stage that is meant.
    KINDS = {
        "infected": (gettext_lazy("virus found"), Stage.INFECTED),
        "refused": (gettext_lazy("no photo"), Stage.FAILED),
        "blocked": (gettext_lazy("could not be scanned"), Stage.BLOCKED),
        "waiting": (gettext_lazy("waiting for the virus scanner"), Stage.WAITING),
        "deleted": (gettext_lazy("deleted"), Stage.DELETED),
    }

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [(name, words) for name, (words, _stage) in self.KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        kind = self.KINDS.get(self.value())
        return queryset.filter(stage=kind[1]) if kind else queryset


WORDS_OF_STAGE = {stage: words for words, stage in WhatHappened.KINDS.values()}


class OfFilesHeldBack(PermissionHelper):
    """Who may change galleries decides about their files; the rest is the queryset's business."""

    def user_can_list(self, user) -> bool:
        return gallery_policy.user_has_permission(user, "change")

    def user_has_any_permissions(self, user) -> bool:
        return self.user_can_list(user)

    def user_can_inspect_obj(self, user, file: StoredFile) -> bool:
        return files_for(user).filter(pk=file.pk).exists()

    def user_can_create(self, user) -> bool:
        return False

    def user_can_edit_obj(self, user, file: StoredFile) -> bool:
        return False

    def user_can_delete_obj(self, user, file: StoredFile) -> bool:
        return False


def describe(file: StoredFile) -> StoredFile:
    """The file, with the words and the possible acts that a template shows."""
    file.what = WORDS_OF_STAGE.get(file.stage, file.get_stage_display())
    file.can_be_scanned = file.stage in (
        Stage.INFECTED,
        Stage.FAILED,
        Stage.BLOCKED,
        Stage.WAITING,
    )
    held_back_for_good = (Stage.INFECTED, Stage.FAILED, Stage.BLOCKED)
    file.can_be_deleted = file.may_delete and file.is_owned and file.stage in held_back_for_good
    return file


class ForgivingIndexView(IndexView):
    """An address with filters that nobody offered shows the whole list, not an error; and asks the
    database nothing: ``?uploads__batch__uploader__password__startswith=`` would tell a secret.
    """

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return protect(super().dispatch(request, *args, **kwargs))
        except IncorrectLookupParameters:
            return redirect(self.index_url)

    def get_filters(self, request: HttpRequest) -> tuple:
        filters, has_filters, others, is_distinct = super().get_filters(request)
        if others:
            raise IncorrectLookupParameters
        return filters, has_filters, others, is_distinct


class QuarantineIndexView(ForgivingIndexView):
    def get_page_title(self) -> str:
        return _("Quarantine")

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        for file in context["object_list"]:
            describe(file)
        return context | {
            "alarm": scanner_alarm(self.request.user),
            "act_url": self.model_admin.act_url(),
        }


class InspectQuarantinedFileView(InspectView):
    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            raise PermissionDenied
        self.file = files_for(request.user).filter(pk=self.instance.pk).first()
        if self.file is None:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            file=describe(self.file), act_url=self.model_admin.act_url(), **kwargs
        )


class QuarantineMenuItem(ModelAdminMenuItem):
    """For operators; photographers are led there from the files themselves."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_enter(request.user, StoredFile) and super().is_shown(request)


class QuarantineAdmin(ModelAdmin):
    """Files that are held back, and the records of those that were deleted."""

    model = StoredFile
    base_url_path = "pumbaphoto/quarantine"
    menu_label = gettext_lazy("Quarantine")
    menu_item_name = "pumbaphoto-quarantine"
    menu_icon = "warning"
    add_to_admin_menu = False
    index_template_name = "pumbaphoto_wagtail/admin/quarantine.html"
    inspect_view_enabled = True
    inspect_view_fields = ["original_name"]
    inspect_template_name = "pumbaphoto_wagtail/admin/quarantined_file.html"
    permission_helper_class = OfFilesHeldBack
    index_view_class = QuarantineIndexView
    inspect_view_class = InspectQuarantinedFileView
    list_display = ("original_name", "gallery", "what", "virus_name", "size", "stage_changed_at")
    list_filter = (WhatHappened,)
    search_fields = ("original_name", "relative_path", "virus_name")
    ordering = ("-stage_changed_at", "-pk")
    list_per_page = FILES_PER_PAGE

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredFile]:
        return files_for(request.user).order_by(*self.ordering)

    def register_admin_url_finders(self) -> None:
        """None: there is no address at which a file is edited."""

    def get_menu_item(self, order: int | None = None) -> QuarantineMenuItem:
        return QuarantineMenuItem(self, order or self.get_menu_order())

    def inspect_view(self, request: HttpRequest, instance_pk: str) -> HttpResponse:
        # Modeladmin hands whatever stands in the address to the database.
        if not instance_pk.isdecimal() or len(instance_pk) > LONGEST_KEY:
            raise Http404
        return super().inspect_view(request, instance_pk)

    def get_admin_urls_for_registration(self) -> tuple[URLPattern, ...]:
        """The list, the single file, and the one address that acts."""
        names = {self.url_helper.get_action_url_name(action) for action in ("index", "inspect")}
        views = tuple(url for url in super().get_admin_urls_for_registration() if url.name in names)
        return (
            *views,
            path(f"{self.base_url_path}/act/", self.act, name="pumbaphoto_quarantine_act"),
        )

    def get_permissions_for_registration(self) -> QuerySet:
        """None: it is judged by the permissions on galleries."""
        return super().get_permissions_for_registration().none()

    def act_url(self) -> str:
        return self.url_helper.index_url + "act/"

    def act(self, request: HttpRequest) -> HttpResponse:
        """Scan or delete the files that were chosen; deleting asks once more before it is done."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.permission_helper.user_can_list(request.user):
            raise PermissionDenied
        act = request.POST.get("act")
        files = self.chosen_files(request)
        if not files:
            messages.warning(request, _("No file was chosen, or none of them is here any more."))
        elif act == "delete" and "confirmed" not in request.POST:
            return self.ask_about_deleting(request, files)
        elif act == "delete":
            self.tell(request, _delete(files, request.user), len(files))
        elif act == "scan":
            self.tell(request, _scan(files, request.user), len(files))
        return redirect(self.url_helper.index_url)

    def chosen_files(self, request: HttpRequest) -> list[StoredFile]:
        """Those of the chosen files that this user may decide about; others are not told of."""
        keys = [key for key in request.POST.getlist("file") if key.isdecimal()]
        keys = [key for key in keys if len(key) <= LONGEST_KEY]
        chosen = self.get_queryset(request).filter(pk__in=keys[:FILES_PER_PAGE])
        return [describe(file) for file in chosen]

    def ask_about_deleting(self, request: HttpRequest, files: list[StoredFile]) -> HttpResponse:
        deletable = [file for file in files if file.can_be_deleted]
        context = {
            "files": deletable,
            "left_out": len(files) - len(deletable),
            "size": sum(file.size for file in deletable),
            "act_url": self.act_url(),
            "index_url": self.url_helper.index_url,
            "page_title": _("Delete from quarantine"),
            "header_icon": "bin",
        }
        return TemplateResponse(
            request, "pumbaphoto_wagtail/admin/delete_quarantined.html", context
        )

    def tell(self, request: HttpRequest, sentence: tuple[int, str], asked: int) -> None:
        done, words = sentence
        if done:
            messages.success(request, words)
        if left := asked - done:
            messages.warning(
                request,
                ngettext(
                    "%(count)d file was left as it is: somebody is at work on it, or has been.",
                    "%(count)d files were left as they are: somebody is at work on them, or has"
                    " been.",
                    left,
                )
                % {"count": left},
            )


def _scan(files: list[StoredFile], user) -> tuple[int, str]:
    done = sum(scan_again(file, actor=user) for file in files if file.can_be_scanned)
    words = ngettext(
        "%(count)d file is scanned again. If it is found clean, it becomes a photo.",
        "%(count)d files are scanned again. Those found clean become photos.",
        done,
    )
    return done, words % {"count": done}


def _delete(files: list[StoredFile], user) -> tuple[int, str]:
    done = sum(delete_held_back(file, actor=user) for file in files if file.can_be_deleted)
    words = ngettext(
        "%(count)d file was deleted. Its record stays.",
        "%(count)d files were deleted. Their records stay.",
        done,
    )
    return done, words % {"count": done}
