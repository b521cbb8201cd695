"""What is done with several galleries at once, from their list: with all of them or with none.

Whatever keys a request names, only galleries of this user are met, and one that is not theirs stops
the whole act; "all" is what their list shows.
"""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.admin.widgets.button import ListingButton

from ..delivery.losses import what_goes
from ..models import AccessPolicy, Gallery
from ..permissions import galleries_for, gallery_policy
from . import who_sees
from .deleting_gallery import delete_with_pages
from .visibility import ANSWERS, MembersForm
from .who_sees import INHERITED, LINKS


class GalleriesBulkAction(BulkAction):
    """``question`` and ``consequences`` are said before; ``needed`` is what one must be allowed to
    do with each of them.
    """

    models = [Gallery]
    template_name = "pumbaphoto_wagtail/admin/bulk_galleries.html"
    needed = "share"
    question = ""
    button = ""
    consequences: tuple = ()

    @property
    def mine(self) -> QuerySet[Gallery]:
        return galleries_for(self.request.user, self.needed)

    def get_all_objects_in_listing_query(self, parent_id: str | None) -> QuerySet:
        # The list is above: it shows the column whose ticks lead here.
        from .galleries import GalleryIndexView

        listing = GalleryIndexView()
        listing.setup(self.request)
        shown = listing.get_queryset().order_by().values("pk")
        return self.mine.filter(pk__in=shown).values_list("pk", flat=True)

    def get_queryset(self, model: type[Gallery], object_ids: Iterable) -> list[Gallery]:
        keys = {str(key) for key in object_ids}
        found = self.mine.filter(pk__in=[key for key in keys if key.isdecimal()])
        galleries = [*found.select_related("site", "main_page").order_by("pk")]
        if not keys or len(galleries) != len(keys):
            raise PermissionDenied
        return galleries

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            question=self.question,
            button=self.button,
            button_class="serious" if "serious" in self.classes else "",
            consequences=self.consequences,
            **kwargs,
        )

    def do(self, gallery: Gallery) -> bool:
        """Do it with one; whether it made a difference."""
        raise NotImplementedError

    def get_execution_context(self) -> dict:
        return {"view": self}

    @classmethod
    def execute_action(
        cls, objects: list[Gallery], *, view: GalleriesBulkAction
    ) -> tuple[int, int]:
        return sum(view.do(gallery) for gallery in objects), len(objects)


class GalleriesRuleForm(MembersForm):
    """Who can see these galleries without a link."""

    is_listed = forms.BooleanField(
        label=gettext_lazy("Listed"),
        required=False,
        help_text=gettext_lazy("Index pages and search engines may name them to who can see them."),
    )

    def __init__(self, data=None, **options) -> None:
        super().__init__(data, **{"initial": {"answer": LINKS}, **options})
        self.fields["answer"].choices = ANSWERS
        # Whether there are ZIPs, and one may ask, stays as each gallery has it.
        del self.fields["offers_zip"], self.fields["may_be_asked"]


class SetVisibilityBulkAction(GalleriesBulkAction):
    display_name = gettext_lazy("Set who can see")
    action_type = "set_visibility"
    aria_label = gettext_lazy("Set who can see the chosen galleries")
    action_priority = 10
    form_class = GalleriesRuleForm
    question = gettext_lazy("Who can see these galleries?")
    button = gettext_lazy("Set it for all of them")
    consequences = (
        gettext_lazy("What was set before is replaced. Links stay as they are."),
        gettext_lazy("Photos with a rule of their own keep it."),
    )

    def do(self, gallery: Gallery) -> bool:
        data = self.cleaned_form.cleaned_data
        return who_sees.set_visibility(
            gallery,
            actor=self.request.user,
            answer=data["answer"],
            users=data["people"],
            groups=data.get("groups", ()),
            is_listed=data["is_listed"],
            **_kept(gallery),
        )

    def get_success_message(self, done: int, chosen: int) -> str:
        words = ngettext("Set for %(count)d gallery.", "Set for %(count)d galleries.", chosen)
        return words % {"count": chosen}


class UnsetVisibilityBulkAction(GalleriesBulkAction):
    display_name = gettext_lazy("Unset who can see")
    action_type = "unset_visibility"
    aria_label = gettext_lazy("Unset who can see the chosen galleries")
    action_priority = 20
    question = gettext_lazy("Unset who can see these galleries?")
    button = gettext_lazy("Yes, unset it")
    consequences = (
        gettext_lazy("Each is seen as its place on the site says; where nothing is said, by link."),
    )

    def do(self, gallery: Gallery) -> bool:
        return who_sees.set_visibility(
            gallery,
            actor=self.request.user,
            answer=INHERITED,
            is_listed=gallery.is_listed,
            **_kept(gallery),
        )

    def get_success_message(self, done: int, chosen: int) -> str:
        words = ngettext("%(count)d rule was deleted.", "%(count)d rules were deleted.", done)
        return words % {"count": done}


class CountedForm(forms.Form):
    """How many galleries go, typed."""

    count = forms.IntegerField(
        label=gettext_lazy("Type how many galleries go, to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class DeleteGalleriesBulkAction(GalleriesBulkAction):
    display_name = gettext_lazy("Delete")
    action_type = "delete"
    aria_label = gettext_lazy("Delete the chosen galleries")
    action_priority = 100
    classes = {"serious"}
    needed = "delete"
    form_class = CountedForm
    question = gettext_lazy("Delete these galleries for good?")
    button = gettext_lazy("Yes, delete them for good")
    consequences = (
        gettext_lazy("This cannot be taken back. From the next moment on nobody can open them."),
        gettext_lazy("Selections, deliveries, share links and pages that are yours go with them."),
        gettext_lazy("Files that other galleries use stay."),
    )

    def object_context(self, gallery: Gallery) -> dict:
        losses = what_goes(gallery)
        words = ngettext(
            "%(count)d photo, %(edits)d edits, %(links)d links, %(size)s",
            "%(count)d photos, %(edits)d edits, %(links)d links, %(size)s",
            losses.photos,
        )
        return {
            "item": gallery,
            "words": words
            % {
                "count": losses.photos,
                "edits": losses.edits,
                "links": losses.links,
                "size": filesizeformat(losses.size),
            },
        }

    def form_valid(self, form: CountedForm) -> object:
        galleries, _without_access = self.get_actionable_objects()
        if form.cleaned_data["count"] != len(galleries):
            form.add_error("count", _("These are not so many."))
            return self.form_invalid(form)
        return super().form_valid(form)

    def do(self, gallery: Gallery) -> bool:
        delete_with_pages(gallery, actor=self.request.user)
        return True

    def get_success_message(self, done: int, chosen: int) -> str:
        words = ngettext("%(count)d gallery is deleted.", "%(count)d galleries are deleted.", done)
        return words % {"count": done}


def _kept(gallery: Gallery) -> dict[str, bool | None]:
    """What is not asked for here, as the gallery has it."""
    policy = AccessPolicy.objects.filter(gallery=gallery).first()
    return {
        "offers_zip": policy.offers_zip if policy else None,
        "may_be_asked": policy.may_be_asked if policy else None,
    }


def bulk_buttons(request: HttpRequest) -> list[ListingButton]:
    """The acts with several galleries that this user may do with some."""
    meta = Gallery._meta
    found = bulk_action_registry.get_bulk_actions_for_model(meta.app_label, meta.model_name)
    return sorted(
        ListingButton(
            action.display_name,
            reverse(
                "wagtail_bulk_action", args=[meta.app_label, meta.model_name, action.action_type]
            ),
            attrs={"aria-label": action.aria_label, "data-bulk-action-button": ""},
            priority=action.action_priority,
            classname=" ".join(sorted(action.classes | {"bulk-action-btn"})),
        )
        for action in found
        if issubclass(action, GalleriesBulkAction)
        and gallery_policy.user_has_permission(request.user, action.needed)
    )
