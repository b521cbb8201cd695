"""What is in a live site before a test begins: a front page, a photographer, empty galleries.

``python -m tests.live_studio`` migrates the database that the settings name and fills it, once
for all live sites of a test run: they get copies.
"""

import django
from django.core.management import call_command

PHOTOGRAPHER = "maria"
GALLERIES = ("A day by the sea", "Two days", "Three days", "Four days")


def plant() -> None:
    """Fill a migrated database."""
    from django.contrib.auth.models import Permission
    from studio.models import HomePage
    from wagtail.models import Collection, GroupPagePermission, Page, Site

    from pumbaphoto_wagtail.testing import make_gallery, make_photographer

    root = Page.get_first_root_node()
    welcome = root.get_children().get()
    welcome.slug = "welcome"
    welcome.save()
    home = root.add_child(instance=HomePage(title="Home", slug="home"))
    Site.objects.update(root_page=home, hostname="127.0.0.1", site_name="Maria Lindqvist")
    Page.objects.get(pk=welcome.pk).delete()
    collection = Collection.get_first_root_node().add_child(name="Maria Lindqvist")
    maria = make_photographer(
        PHOTOGRAPHER, collection=collection, first_name="Maria", last_name="Lindqvist"
    )
    for codename in ("add_page", "change_page", "publish_page"):
        permission = Permission.objects.get(
            content_type__app_label="wagtailcore", codename=codename
        )
        GroupPagePermission.objects.create(
            group=maria.groups.get(), page=home, permission=permission
        )
    for title in GALLERIES:
        make_gallery(title, owner=maria, collection=collection, has_page=False)


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    plant()
