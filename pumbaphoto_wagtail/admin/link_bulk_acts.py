"""What is done with several share links at once, of one gallery or of many."""

from __future__ import annotations

from datetime import date, datetime, time

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..models import Selection, ShareLink
from ..proofing import links
from ..proofing.link_changes import extend_link
from .gallery_forms import BrowserDateInput
from .judged_snippets import JudgedBulkAction, NothingToDelete
from .link_words import presentable_link_state


class LinksBulkAction(JudgedBulkAction):
    """``question`` and ``consequences`` are said before, with what each link is now."""

    models = [ShareLink]
    template_name = "pumbaphoto_wagtail/admin/bulk_links.html"
    question = ""
    button = ""
    button_class = ""
    consequences: tuple = ()

    def get_queryset(self, model: type[ShareLink], object_ids) -> list[ShareLink]:
        found = super().get_queryset(model, object_ids)
        # In one order, so that two who do this at once do not wait for each other.
        return [*found.select_related("gallery__site", "shared_by").order_by("gallery", "pk")]

    def object_context(self, link: ShareLink) -> dict:
        return {"item": link, "state": presentable_link_state(link, self.now)}

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            question=self.question,
            button=self.button,
            button_class=self.button_class,
            consequences=self.consequences,
            **kwargs,
        )

    @staticmethod
    def do(link: ShareLink, actor, form: forms.Form) -> bool:
        """Do it with one; whether it made a difference."""
        raise NotImplementedError

    @classmethod
    def execute_action(cls, objects: list[ShareLink], **kwargs) -> tuple[int, int]:
        view = kwargs["self"]
        done = [cls.do(link, view.request.user, view.cleaned_form) for link in objects]
        return sum(done), len(done)


class RevokeLinksBulkAction(LinksBulkAction):
    display_name = gettext_lazy("Revoke")
    action_type = "revoke"
    aria_label = gettext_lazy("Revoke the chosen share links")
    action_priority = 20
    classes = {"serious"}
    question = gettext_lazy("Revoke these links?")
    button = gettext_lazy("Yes, revoke them")
    button_class = "serious"
    consequences = (
        gettext_lazy("They open nothing from now on, on every device."),
        gettext_lazy("What their holders shared with family closes as well."),
        gettext_lazy("Hearts and notes stay. “Renew” gives a person a new address."),
    )

    @staticmethod
    def do(link: ShareLink, actor, form: forms.Form) -> bool:
        was_open = not ShareLink.objects.filter(pk=link.pk).exclude(revoked_at=None).exists()
        links.revoke(link, actor)
        return was_open

    def get_success_message(self, done: int, chosen: int) -> str:
        return ngettext("%(count)d link revoked.", "%(count)d links revoked.", done) % {
            "count": done
        }


class ExtendLinksForm(forms.Form):
    expires_on = forms.DateField(label=gettext_lazy("Open until"), widget=BrowserDateInput)

    def clean_expires_on(self) -> date:
        day = self.cleaned_data["expires_on"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return day

    @property
    def last_moment(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.cleaned_data["expires_on"], time.max))


class ExtendLinksBulkAction(LinksBulkAction):
    display_name = gettext_lazy("Extend")
    action_type = "extend"
    aria_label = gettext_lazy("Extend the chosen share links")
    action_priority = 10
    form_class = ExtendLinksForm
    question = gettext_lazy("Until when shall these links be open?")
    button = gettext_lazy("Extend them")
    consequences = (
        gettext_lazy("Links that have expired open again, with the same address."),
        gettext_lazy("Links that are open longer stay so, and what was revoked stays closed."),
        gettext_lazy("What a client shared with family follows the client’s own link."),
    )

    @staticmethod
    def do(link: ShareLink, actor, form: ExtendLinksForm) -> bool:
        return extend_link(link, until=form.last_moment, actor=actor)

    def get_success_message(self, done: int, chosen: int) -> str:
        words = ngettext("%(count)d link extended.", "%(count)d links extended.", done)
        left = chosen - done
        if left:
            words += " " + ngettext(
                "%(left)d was left as it is.", "%(left)d were left as they are.", left
            )
        return words % {"count": done, "left": left}


class KeepLinksAndSelections(NothingToDelete):
    models = [ShareLink, Selection]
