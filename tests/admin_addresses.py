"""The addresses of all our rooms in the admin, as the menu and the snippets name them."""

from __future__ import annotations

from collections.abc import Iterator

from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse
from wagtail.admin.menu import admin_menu
from wagtail.snippets.models import get_snippet_models

OURS = "pumbaphoto"
OUR_REPORTS = "/reports/galleries/"


def menu_addresses(user) -> Iterator[str]:
    """What the menu, the reports and the settings lead this user to in our rooms."""
    # The menu is complete once the addresses are known.
    request = RequestFactory().get(reverse("wagtailadmin_home"))
    request.user = user
    waiting = admin_menu.menu_items_for_request(request)
    while waiting:
        item = waiting.pop()
        if menu := getattr(item, "menu", None):
            waiting += menu.menu_items_for_request(request)
        elif any(part in getattr(item, "url", "") for part in (OURS, OUR_REPORTS)):
            yield item.url


def snippet_addresses() -> Iterator[str]:
    """To add, change, inspect and follow one of each kind of snippet of ours."""
    for model in get_snippet_models():
        if not model._meta.app_label.startswith(OURS):
            continue
        one = model.objects.first()
        for name in ("add", "edit", "inspect", "history", "usage"):
            if name != "add" and one is None:
                continue
            try:
                yield reverse(
                    model.snippet_viewset.get_url_name(name),
                    args=[] if name == "add" else [one.pk],
                )
            except NoReverseMatch:
                # Not every kind has every view.
                continue
