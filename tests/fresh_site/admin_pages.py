"""Run within a fresh site by its own Python: how its admin answers a superuser.

Its tables are made without the migrations, which take half a minute, so the pages and people that
those would make are made here. Prints as JSON what the checks say and each address's status.
"""

import io
import json
import sys

import django
from django.core.management import call_command


def make_site() -> None:
    """The tables, a front page with its site, somebody who may do everything."""
    from django.contrib.auth import get_user_model
    from home.models import HomePage
    from wagtail.models import Collection, Locale, Page, Site

    call_command("migrate", run_syncdb=True, verbosity=0)
    Locale.objects.create(language_code="en")
    root = Page.add_root(instance=Page(title="Root", slug="root"))
    home = root.add_child(instance=HomePage(title="Home", slug="home"))
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    Collection.add_root(name="Root")
    get_user_model().objects.create_superuser("chief", "chief@example.com", "password")


def addresses() -> list[str]:
    """Wagtail's home page, and whatever our menu, reports and settings lead to."""
    from django.contrib.auth import get_user_model
    from django.test import RequestFactory
    from django.urls import reverse
    from wagtail.admin.menu import admin_menu

    request = RequestFactory().get("/admin/")
    request.user = get_user_model().objects.get()
    found = [reverse("wagtailadmin_home"), reverse("pumbaphoto_galleries:add")]
    waiting = admin_menu.menu_items_for_request(request)
    while waiting:
        item = waiting.pop()
        if menu := getattr(item, "menu", None):
            waiting += menu.menu_items_for_request(request)
        elif getattr(item, "url", ""):
            found.append(item.url)
    return found


def statuses() -> dict[str, int]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    browser = Client(HTTP_HOST="localhost")
    browser.force_login(get_user_model().objects.get())
    return {
        address: browser.get(address, follow=True).status_code
        for address in addresses()
        if address.startswith("/admin/")
    }


def checks() -> str:
    """What ``manage.py check`` says, errors and warnings alike."""
    said = io.StringIO()
    call_command("check", fail_level="CRITICAL", stdout=said, stderr=said)
    return said.getvalue()


if __name__ == "__main__":
    django.setup()
    call_command("pumbaphoto_init_storage", stdout=io.StringIO())
    make_site()
    json.dump({"checks": checks(), "statuses": statuses()}, sys.stdout)
