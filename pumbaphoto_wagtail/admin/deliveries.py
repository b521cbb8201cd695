"""The Delivery tab: what would go, what is missing, what was sent."""

from __future__ import annotations

from django import forms
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from ..access import valid_links
from ..delivery import cold, sending
from ..delivery.plan import why_not
from ..delivery.print_release import default_words
from ..models import Delivery, Gallery, State
from .going import ALL, Going, what_goes, why_held_back
from .publishing import about_consent
from .rooms import GalleryView
from .thumbnails import give_pictures
from .wishes import asked_of_the_photographer

MISSING_SHOWN = 24


class DeliverForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Words to your client"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("They stand in the e-mail and above the photos. May be empty."),
    )

    include_unselected = forms.BooleanField(
        label=gettext_lazy("Deliver those, too, that the client did not select"), required=False
    )
    has_release = forms.BooleanField(
        label=gettext_lazy("With a print release"),
        required=False,
        help_text=gettext_lazy(
            "A PDF that lets your client have the photos printed. Labs ask for it."
        ),
    )
    release_words = forms.CharField(
        label=gettext_lazy("Words of the print release"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("Names and dates stand above them in the PDF."),
    )

    def clean(self) -> dict:
        data = super().clean()
        if data.get("has_release") and not data.get("release_words", "").strip():
            self.add_error("release_words", _("Write what the client may do with the photos."))
        return data


class DeliveryView(GalleryView):
    """Looking at a delivery before it goes is the confirmation; the button sends it."""

    tab = "delivery"
    post_permission_required = "deliver"
    template_name = "pumbaphoto_wagtail/admin/delivery.html"

    @property
    def is_looking(self) -> bool:
        """Whether only another folder is wanted: what has been typed and ticked stays."""
        return "folder" in self.request.POST

    @cached_property
    def form(self) -> DeliverForm:
        initial = {"release_words": default_words(self.gallery)}
        if self.is_looking:
            return DeliverForm(initial=initial | self.request.POST.dict())
        return DeliverForm(self.request.POST or None, initial=initial)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.is_looking or not self.form.is_valid():
            return self.render_to_response(self.get_context_data())
        data, is_part = self.form.cleaned_data, "part" in request.POST
        delivery = sending.deliver(
            self.gallery,
            actor=request.user,
            words=data["words"],
            include_unselected=data["include_unselected"],
            only=_ticked(request.POST.getlist("photo")) if is_part else None,
            print_release=data["release_words"] if data["has_release"] else "",
            expected_state=request.POST.get("state", ""),
            # Of a part only what is ticked has to be as it was.
            expected_plan="" if is_part else request.POST.get("plan", ""),
        )
        messages.success(request, _done_words(delivery, self.gallery))
        return self.back_to("delivery")

    def get_context_data(self, **kwargs) -> dict:
        deliveries = self._deliveries()
        plan = sending.what_would_go(self.gallery)
        missing = [*plan.missing[:MISSING_SHOWN]]
        give_pictures(missing)
        return super().get_context_data(
            form=self.form,
            plan=plan,
            going=self._going(plan),
            held_back=[(one, why_held_back(one)) for one in plan.held_back[:MISSING_SHOWN]],
            can_send=not plan.refusal or self._can_send_unselected(plan),
            missing=missing,
            missing_left_out=len(plan.missing) - len(missing),
            recipients=self._recipients(),
            deliveries=deliveries.order_by("-number"),
            is_looking=self.is_looking,
            is_moving=cold.misplaced(self.gallery).exists(),
            about_consent=about_consent(self.gallery),
            **asked_of_the_photographer(self.gallery),
            **kwargs,
        )

    def _going(self, plan: sending.DeliveryPlan) -> Going:
        """Those of the folder that is wanted, or of all where that is ALL."""
        folder = self.request.POST.get("folder", ALL)
        ticked = _ticked(self.request.POST.getlist("photo"))
        return what_goes(self.gallery, plan, None if folder == ALL else folder, ticked)

    def _deliveries(self) -> QuerySet[Delivery]:
        return (
            self.gallery.deliveries.select_related("actor")
            .defer("print_release")
            .annotate(
                item_count=Count("items"),
                byte_count=Sum("items__size"),
                has_release=Q(print_release__isnull=False),
            )
        )

    def _can_send_unselected(self, plan: sending.DeliveryPlan) -> bool:
        """Whether there is something to send once the unselected ones go, too."""
        return bool(plan.unselected) and not why_not(self.gallery, plan.unselected)

    def _recipients(self) -> list[str]:
        """Who will get an e-mail, by name."""
        return [link.recipient for link in valid_links().filter(gallery=self.gallery) if link.email]


def _ticked(values: list[str]) -> set[int]:
    """The keys of the ticked files; what is no key names none."""
    return {int(text) for text in values if text.isascii() and text.isdigit() and len(text) < 19}


def _done_words(delivery: Delivery, gallery: Gallery) -> str:
    count = delivery.items.count()
    words = ngettext("%(count)d photo is delivered.", "%(count)d photos are delivered.", count)
    done = words % {"count": count}
    if gallery.state == State.DELIVERED:
        return done
    return _("%(done)s The others stay here until you send them.") % {"done": done}
