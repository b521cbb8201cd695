"""Make the group of a studio's photographers, and that of their assistants."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Model
from wagtail.models import Collection, Site

from pumbaphoto_wagtail.admin.creation import make_first_index
from pumbaphoto_wagtail.admin.groups import (
    ASSISTANTS,
    PHOTOGRAPHERS,
    Role,
    index_pages,
    set_up_group,
)
from pumbaphoto_wagtail.models import base_page_model


class Command(BaseCommand):
    help = (
        "Make the groups of a studio with all they need: photographers do everything with its "
        "galleries, assistants upload and sort, but neither share, deliver nor delete. Run again "
        "it adds what is missing and takes nothing away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--name", default="Photographers", help="The group's name; Photographers if left out."
        )
        parser.add_argument(
            "--assistants",
            nargs="?",
            const="Assistants",
            metavar="NAME",
            help="Make a group of assistants, too; it is called Assistants if no name is given.",
        )
        parser.add_argument(
            "--collection",
            help=(
                "Name or number of the collection whose galleries are theirs. One of a new name "
                "is made. Left out, it is the root: every gallery of this installation."
            ),
        )
        parser.add_argument(
            "--page",
            action="append",
            metavar="PAGE",
            help=(
                "Number or address (/clients/) of a page below which they put galleries; may be "
                "given several times. Left out, it is every page that holds galleries, and if "
                "there is none, a client area is made below the site's home page."
            ),
        )

    @transaction.atomic
    def handle(
        self,
        *,
        name: str,
        assistants: str | None,
        collection: str | None,
        page: list[str] | None,
        **options: Any,
    ) -> None:
        if assistants == name:
            raise CommandError("Photographers and assistants need groups of different names.")
        place = self._collection(collection)
        self._set_up(name, PHOTOGRAPHERS, collection=place, pages=self._pages(page))
        if assistants:
            self._set_up(assistants, ASSISTANTS, collection=place)

    def _set_up(
        self, name: str, role: Role, *, collection: Collection, pages: list[Model] = ()
    ) -> None:
        is_known = Group.objects.filter(name=name).exists()
        given = set_up_group(name, role, collection=collection, pages=pages)
        if not given:
            self.stdout.write(f"{name}: has all it needs.")
            return
        self.stdout.write(f"{name}: {'was there' if is_known else 'made'}. Given now:")
        for one in given:
            self.stdout.write(f"  {one}")

    def _collection(self, wanted: str | None) -> Collection:
        root = Collection.get_first_root_node()
        if wanted is None:
            return root
        found = Collection.objects.filter(name=wanted)
        if not found and wanted.isdecimal():
            found = Collection.objects.filter(pk=wanted)
            if not found:
                raise CommandError(f"There is no collection number {wanted}.")
        if len(found[:2]) > 1:
            numbers = ", ".join(str(each.pk) for each in found)
            raise CommandError(f"Several collections are called {wanted}: {numbers}. Say a number.")
        if found:
            return found[0]
        self.stdout.write(f"Made the collection {wanted}.")
        return root.add_child(instance=Collection(name=wanted))

    def _pages(self, wanted: list[str] | None) -> list[Model]:
        if wanted:
            return [_page(text) for text in wanted]
        return [*index_pages()] or self._first_index()

    def _first_index(self) -> list[Model]:
        site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        index = make_first_index(site) if site else None
        if index is None:
            self.stdout.write(
                "No page holds galleries yet: make one, then run this again with --page."
            )
            return []
        self.stdout.write(f"Made the client area {index.title} ({index.url_path}).")
        return [index]


def _page(text: str) -> Model:
    pages = base_page_model().objects
    if text.isdecimal():
        found = pages.filter(pk=text).first()
    else:
        path = "/".join(part for part in text.split("/") if part)
        roots = Site.objects.values_list("root_page__url_path", flat=True)
        found = pages.filter(url_path__in=[f"{root}{path}/" for root in roots]).first()
    if found is None:
        raise CommandError(f"There is no page {text}.")
    return found
