"""A studio's own words for its e-mails: a snippet with a list, a checked form, a live preview and
a test to oneself.
"""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import PreviewSidePanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.action_menu import ActionMenuItem
from wagtail.snippets.views import snippets

from .. import tasks
from ..mail.own_words import ALWAYS, OF_KIND, placeholders, unknown_placeholders
from ..models import MailTemplate, MessageKind
from .judged_snippets import (
    JudgedDeleteBulkAction,
    JudgedEditView,
    JudgedIndexView,
    JudgedSnippetViewSet,
    KeptInCollectionForm,
)
from .mail_previews import (
    OwnWordsPreviewView,
    PreviewableWords,
    PreviewFrameView,
    PreviewsView,
)
from .studio_settings import language_choices

SEND_TEST = "action-send-test"


class MailTemplateForm(KeptInCollectionForm):
    """Takes only names in braces that mean something in an e-mail of the kind."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["language"]
        self.fields["language"] = forms.ChoiceField(
            label=field.label,
            help_text=field.help_text,
            required=False,
            choices=language_choices(_("Every language")),
        )

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())

    def clean(self) -> dict:
        data = super().clean()
        kind = data.get("kind")
        if not (data.get("subject") or data.get("words", "").strip()):
            self.add_error("words", _("Write a subject, or words, or both."))
        for name in ("subject", "words"):
            if kind and (unknown := unknown_placeholders(kind, data.get(name, ""))):
                self.add_error(name, _not_known(kind, unknown))
        if kind and self._is_there_already(data):
            self.add_error(
                "kind", _("There are words for this e-mail and language in the collection already.")
            )
        return data

    def _is_there_already(self, data: dict) -> bool:
        # Not left to the constraint, since with one collection the form has no field for it.
        collection = data.get("collection") or self.instance.collection
        same = MailTemplate.objects.filter(
            collection=collection, kind=data["kind"], language=data.get("language", "")
        )
        return same.exclude(pk=self.instance.pk).exists()


def _not_known(kind: str, unknown: list[str]) -> str:
    words = _("%(unknown)s means nothing in this e-mail. It knows %(known)s.")
    return words % {"unknown": _braced(unknown), "known": _braced(placeholders(kind))}


def _braced(names) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


class PlaceholdersPanel(HelpPanel):
    """The names that may stand in braces, each with what it stands for, and where."""

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("template", "pumbaphoto_wagtail/admin/mail_placeholders.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(self, parent_context=None) -> dict:
            context = super().get_context_data(parent_context)
            return {**context, "always": _named(ALWAYS), "of_kinds": self._of_kinds()}

        @staticmethod
        def _of_kinds() -> list[tuple[str, list]]:
            return [(MessageKind(kind).label, _named(names)) for kind, names in OF_KIND.items()]


def _named(names: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"{{{name}}}", words) for name, words in names.items()]


class WithPreview:
    """Wagtail's own preview panel beside the form."""

    def preview_address(self) -> str:
        raise NotImplementedError

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()
        words = PreviewableWords(self.request.user)
        panel = PreviewSidePanel(words, self.request, preview_url=self.preview_address())
        return MediaContainer([*panels, panel])

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)
        if SEND_TEST in self.request.POST:
            self._send_test(form.instance)
        return response

    def get_success_url(self) -> str:
        if SEND_TEST in self.request.POST:
            return reverse(self.edit_url_name, args=[self.object.pk])
        return super().get_success_url()

    def _send_test(self, own: MailTemplate) -> None:
        user = self.request.user
        if not user.email:
            messages.error(self.request, _("Your account has no e-mail address to send a test to."))
            return
        tasks.wake("send_test_letter", own.pk, user.pk)
        messages.success(
            self.request, _("A test is on its way to %(address)s.") % {"address": user.email}
        )


class CreateMailTemplateView(WithPreview, snippets.CreateView):
    def get_initial(self) -> dict:
        kind = self.request.GET.get("kind", "")
        return {"kind": kind} if kind in MessageKind.values else {}

    def preview_address(self) -> str:
        return reverse(MailTemplate.snippet_viewset.get_url_name("preview_words"))


class EditMailTemplateView(WithPreview, JudgedEditView):
    def preview_address(self) -> str:
        address = MailTemplate.snippet_viewset.get_url_name("preview_own_words")
        return reverse(address, args=[self.object.pk])


class MailTemplateIndexView(JudgedIndexView):
    def get_base_queryset(self) -> QuerySet[MailTemplate]:
        return super().get_base_queryset().select_related("collection")

    @property
    def header_buttons(self) -> list[HeaderButton]:
        address = reverse(MailTemplate.snippet_viewset.get_url_name("previews"))
        previews = HeaderButton(_("E-mail previews"), url=address, icon_name="mail")
        return [*super().header_buttons, previews]


class LanguageColumn(Column):
    def get_value(self, instance: MailTemplate) -> str:
        return dict(language_choices(_("Every language"))).get(instance.language, instance.language)


class SendTestMenuItem(ActionMenuItem):
    """Beside "Save": saves, and sends the e-mail to whoever has written it."""

    name = SEND_TEST
    label = gettext_lazy("Save and send me a test")
    icon_name = "mail"

    def is_shown(self, context: dict) -> bool:
        return context["model"] is MailTemplate and super().is_shown(context)


class MailTemplateViewSet(JudgedSnippetViewSet):
    """The words a studio sends instead of the package's own."""

    model = MailTemplate
    icon = "mail"
    menu_label = gettext_lazy("E-mail texts")
    menu_name = "pumbaphoto-mails"
    menu_order = 260
    inspect_view_enabled = False
    index_view_class = MailTemplateIndexView
    add_view_class = CreateMailTemplateView
    edit_view_class = EditMailTemplateView
    list_display = [
        "__str__",
        LanguageColumn("language", label=gettext_lazy("Language"), sort_key="language"),
        Column("subject", label=gettext_lazy("Subject")),
        Column("collection", label=gettext_lazy("Collection"), sort_key="collection"),
    ]
    list_filter = {"kind": ["exact"], "language": ["exact"], "collection": ["exact"]}
    list_export = ["kind", "language", "collection", "subject", "words"]
    export_filename = "e-mail-texts"
    search_fields = ["subject", "words"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [FieldPanel("kind"), FieldPanel("language"), FieldPanel("collection")],
                heading=gettext_lazy("Which e-mail"),
            ),
            MultiFieldPanel(
                [FieldPanel("subject"), FieldPanel("words"), PlaceholdersPanel()],
                heading=gettext_lazy("Your words"),
            ),
        ],
        base_form_class=MailTemplateForm,
    )

    def get_urlpatterns(self) -> list:
        return [
            path("previews/", PreviewsView.as_view(), name="previews"),
            path("previews/frame/", PreviewFrameView.as_view(), name="preview_frame"),
            path("preview-words/", OwnWordsPreviewView.as_view(), name="preview_words"),
            path(
                "preview-words/<int:pk>/", OwnWordsPreviewView.as_view(), name="preview_own_words"
            ),
            *super().get_urlpatterns(),
        ]


class DeleteMailTemplatesBulkAction(JudgedDeleteBulkAction):
    models = [MailTemplate]
