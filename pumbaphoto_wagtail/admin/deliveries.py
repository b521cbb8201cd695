"""The Delivery tab: what would go, what is missing, what was sent."""

from __future__ import annotations

from django import forms
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from ..access import valid_links
from ..delivery import cold, sending
from ..delivery.plan import why_not
from .rooms import GalleryView
from .thumbnails import give_pictures
from .wishes import asked_of_the_photographer

MISSING_SHOWN = 24


class DeliverForm(forms.Form):
    words = forms.CharField(
        label=_("Words to your client"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("They stand in the e-mail and above the photos. May be empty."),
    )

    include_unselected = forms.BooleanField(
        label=_("Deliver those, too, that the client did not select"), required=False
    )


class DeliveryView(GalleryView):
    """Looking at a delivery before it goes is the confirmation; the button sends it."""

    tab = "delivery"
    post_permission_required = "deliver"
    template_name = "pumbaphoto_wagtail/admin/delivery.html"

    @cached_property
    def form(self) -> DeliverForm:
        return DeliverForm(self.request.POST or None)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data())
        delivery = sending.deliver(
            self.gallery,
            actor=request.user,
            words=self.form.cleaned_data["words"],
            include_unselected=self.form.cleaned_data["include_unselected"],
            expected_state=request.POST.get("state", ""),
        )
        count = delivery.items.count()
        messages.success(
            request,
            ngettext("%(count)d photo is delivered.", "%(count)d photos are delivered.", count)
            % {"count": count},
        )
        return self.back_to("delivery")

    def get_context_data(self, **kwargs) -> dict:
        deliveries = self.gallery.deliveries.select_related("actor").annotate(
            item_count=Count("items"), byte_count=Sum("items__size")
        )
        plan = sending.what_would_go(self.gallery)
        missing = [*plan.missing[:MISSING_SHOWN]]
        give_pictures(missing)
        return super().get_context_data(
            form=self.form,
            plan=plan,
            can_send=not plan.refusal or self._can_send_unselected(plan),
            missing=missing,
            missing_left_out=len(plan.missing) - len(missing),
            recipients=self._recipients(),
            deliveries=deliveries.order_by("-number"),
            moving=self._moving(),
            **asked_of_the_photographer(self.gallery),
            **kwargs,
        )

    def _can_send_unselected(self, plan: sending.DeliveryPlan) -> bool:
        """Whether there is something to send once the unselected ones go, too."""
        return bool(plan.unselected) and not why_not(self.gallery, plan.unselected)

    def _recipients(self) -> list[str]:
        """Who will get an e-mail, by name."""
        return [link.recipient for link in valid_links().filter(gallery=self.gallery) if link.email]

    def _moving(self) -> dict | None:
        """How far the files of an archived or restored gallery have come, while they move."""
        progress = cold.cold_progress(self.gallery)
        if progress.moved == progress.total:
            return None
        return {"progress": progress, "paused": cold.why_paused(self.gallery)}
