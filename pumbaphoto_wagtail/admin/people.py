"""Photographers who leave: their galleries stay somebody's."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from wagtail.admin import messages

from ..models import Gallery


def refuse_to_delete_owners(
    request: HttpRequest, users: Iterable[AbstractBaseUser]
) -> HttpResponse | None:
    """A way back with the reason, if any of these users owns galleries; None if none does.

    The database would refuse as well, but without words.
    """
    if request.method != "POST":
        return None
    for user in users:
        count = Gallery.with_deleted.filter(owner=user.pk).count()
        if count:
            words = ngettext(
                "%(user)s owns %(count)d gallery. Deactivate the account, or delete the gallery"
                " first.",
                "%(user)s owns %(count)d galleries. Deactivate the account, or delete the galleries"
                " first.",
                count,
            )
            messages.error(request, words % {"user": user, "count": count})
            return redirect("wagtailusers_users:index")
    return None


def refuse_bulk_deletion(
    request: HttpRequest, action_type: str, objects: Iterable
) -> HttpResponse | None:
    """The same for several users at once."""
    users = [found for found in objects if isinstance(found, get_user_model())]
    return refuse_to_delete_owners(request, users) if action_type == "delete" else None
