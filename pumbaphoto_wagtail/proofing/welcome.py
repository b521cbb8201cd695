"""Where somebody who was given an account chooses its password, and comes to what was granted."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from wagtail.models import Site

from ..models import AccessRequest, RequestState
from .headers import secure_own_page
from .words import studio_name


class WelcomeView(PasswordResetConfirmView):
    """Django's own form for a new password, for an account that has none yet and for once.

    Its token stands in the address only until it is opened: Django keeps it in the session and
    leads to an address without it.
    """

    template_name = "pumbaphoto_wagtail/proofing/welcome.html"
    post_reset_login = True
    post_reset_login_backend = django_settings.AUTHENTICATION_BACKENDS[0]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return secure_own_page(super().dispatch(request, *args, **kwargs))

    @cached_property
    def granted(self) -> AccessRequest | None:
        found = AccessRequest.objects.filter(state=RequestState.GRANTED, user__is_active=True)
        try:
            return found.select_related("user", "page").get(uuid=self.kwargs["uidb64"])
        except (AccessRequest.DoesNotExist, ValidationError):
            return None

    def get_user(self, uidb64: str) -> AbstractBaseUser | None:
        user = self.granted.user if self.granted else None
        return user if user and not user.has_usable_password() else None

    def get_success_url(self) -> str:
        return self.granted.page.get_url(self.request) or "/"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site = Site.find_for_request(self.request)
        return super().get_context_data(studio=studio_name(site) if site else "", **kwargs)
