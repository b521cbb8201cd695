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
    from wagtail.models import Collection, Locale, Site

    call_command("migrate", run_syncdb=True, verbosity=0)
    Locale.objects.create(language_code="en")
    base = HomePage.base_page_model
    root = base.add_root(instance=base(title="Root", slug="root"))
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


def galleries() -> dict[str, int]:
    """A gallery with its first index page: what of it opens, for its maker and for a client."""
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import reverse
    from wagtail.models import Site

    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.admin.creation import create_gallery
    from pumbaphoto_wagtail.proofing.links import address, create_link

    chief, site = get_user_model().objects.get(), Site.objects.get()
    gallery = create_gallery(actor=chief, title="Coast", site=site, makes_index=True)
    testing.make_photo(gallery)
    page = gallery.main_page
    editor, client = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    editor.force_login(chief)
    link = address(create_link(gallery, actor=chief, recipient="Anna"))
    edited = {
        f"edit {each.specific_class.__name__}": reverse("wagtailadmin_pages:edit", args=[each.pk])
        for each in (page, page.get_parent())
    }
    visited = {"page": page.url, "slideshow": f"{page.url}slideshow/"}
    asked = {name: editor.get(path).status_code for name, path in (edited | visited).items()}
    asked["nobody"] = client.get(page.url).status_code
    asked["link"] = client.get(link.partition("localhost")[2]).status_code
    asked["client"] = client.get(page.url).status_code
    asked["index"] = editor.get(page.get_parent().url).status_code
    page.specific.delete()
    gallery.refresh_from_db()
    return asked | {"photos after the page went": gallery.photos.count()}


def checks() -> str:
    """What ``manage.py check`` says, errors and warnings alike."""
    said = io.StringIO()
    call_command("check", fail_level="CRITICAL", stdout=said, stderr=said)
    return said.getvalue()


if __name__ == "__main__":
    django.setup()
    call_command("pumbaphoto_init_storage", stdout=io.StringIO())
    make_site()
    json.dump({"checks": checks(), "statuses": statuses(), "galleries": galleries()}, sys.stdout)
