"""The studio's settings, one set for each site, below Wagtail's own "Settings"."""

from __future__ import annotations

from django import forms
from django.apps import apps
from django.conf import settings as django_settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.contrib.settings.registry import register_setting
from wagtail.permissions import policy_registry

from ..conf import settings
from ..models import StudioSettings, WatermarkPreset
from ..studio import SITE_WIDE, studio_for

# A link that is open for no day opens nothing; a day to choose must be one.
AT_LEAST_ONE = ("due_days", "link_days", "link_days_after_delivery")
MOST_DAYS = 3650
KEEPS_SITES = "wagtailcore.change_site"


def language_choices(nothing: str) -> list[tuple[str, str]]:
    """The languages of the site by their names, after the words for none of them."""
    return [("", nothing), *((code, _name(code, name)) for code, name in django_settings.LANGUAGES)]


def _name(code: str, name: str) -> str:
    try:
        return get_language_info(code)["name_translated"]
    except KeyError:
        return str(name)


class StudioSettingsForm(WagtailAdminModelForm):
    """Says beside each field what holds while it is empty, and refuses what cannot hold."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        fields = self.fields
        general = studio_for(self.instance.site if self.instance.site_id else None)
        fields["studio_name"].widget.attrs["placeholder"] = general.name
        fields["language"] = forms.ChoiceField(
            label=fields["language"].label,
            help_text=fields["language"].help_text,
            required=False,
            choices=language_choices(_("As the site")),
        )
        for name, option in SITE_WIDE.items():
            fields[name].widget.attrs["placeholder"] = str(getattr(settings, option))
        for name in (*SITE_WIDE, "due_days"):
            self._bound_days(name)
        if "watermark" in fields:
            fields["watermark"].queryset = self._marks()

    def _bound_days(self, name: str) -> None:
        least = 1 if name in AT_LEAST_ONE else 0
        field = self.fields[name]
        field.min_value, field.max_value = least, MOST_DAYS
        field.validators += [MinValueValidator(least), MaxValueValidator(MOST_DAYS)]
        field.widget.attrs |= {"min": least, "max": MOST_DAYS}

    def _marks(self) -> QuerySet[WatermarkPreset]:
        """Those this user may choose, and the one that is chosen already."""
        policy = policy_registry.get_by_type(WatermarkPreset)
        mine = policy.instances_user_has_any_permission_for(self.for_user, ["choose"])
        return mine | WatermarkPreset.objects.filter(pk=self.instance.watermark_id)

    def clean_accent(self) -> str:
        return self.cleaned_data["accent"].lower()

    def clean_sender_name(self) -> str:
        return " ".join(self.cleaned_data["sender_name"].split())

    def clean(self) -> dict:
        data = super().clean()
        most = data.get("maximum")
        for name in ("minimum", "included"):
            if most is not None and data.get(name) is not None and data[name] > most:
                self.add_error(name, _("This is more than “at most”."))
        return data


StudioSettings.edit_handler = ObjectList(
    [
        MultiFieldPanel(
            [FieldPanel("studio_name"), FieldPanel("logo"), FieldPanel("accent")],
            heading=gettext_lazy("Your studio"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("sender_name"),
                FieldPanel("sender_email"),
                FieldPanel("language"),
                FieldPanel("signature"),
                HelpPanel(template="pumbaphoto_wagtail/admin/mail_previews_help.html"),
            ],
            heading=gettext_lazy("E-mails"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel(
                    [FieldPanel("minimum"), FieldPanel("included"), FieldPanel("maximum")]
                ),
                FieldPanel("extras_words"),
                FieldPanel("due_days"),
                FieldPanel("watermark"),
            ],
            heading=gettext_lazy("New galleries"),
            help_text=gettext_lazy("What a kind of shoot says by itself goes before this."),
        ),
        MultiFieldPanel(
            [FieldPanel("link_days"), FieldPanel("link_days_after_delivery")],
            heading=gettext_lazy("Share links"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("due_soon_days"),
                FieldPanel("link_expiring_days"),
                FieldPanel("archive_suggested_after_days"),
            ],
            heading=gettext_lazy("Reminders and the archive"),
        ),
        MultiFieldPanel([FieldPanel("keeps_robots_out")], heading=gettext_lazy("Search engines")),
        # Whoever looks after several studios' sites says how much room each has, and not they.
        MultiFieldPanel(
            [
                FieldPanel("owner", permission=KEEPS_SITES),
                FieldPanel("quota_gigabytes", permission=KEEPS_SITES),
                FieldPanel("rendition_gigabytes", permission=KEEPS_SITES),
                FieldPanel("rendition_days", permission=KEEPS_SITES),
            ],
            heading=gettext_lazy("Room on the storage"),
        ),
    ],
    base_form_class=StudioSettingsForm,
)


def register() -> None:
    """Put the settings into Wagtail's menu; a check says so where its app for them is missing."""
    if apps.is_installed("wagtail.contrib.settings"):
        register_setting(StudioSettings, icon="pumbaphoto-gallery", order=150)
