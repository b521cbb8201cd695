from __future__ import annotations

import uuid
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page, Site

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.intake.rerendering import render_all, render_missing
from pumbaphoto_wagtail.models import Gallery, base_page_model


class Command(BaseCommand):
    help = gettext_lazy("Queue photos for new pictures: those that lack some, or all of them.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "--missing",
            action="store_true",
            help=gettext_lazy("Photos without a picture in some tier, as it is configured now."),
        )
        which.add_argument(
            "--tier",
            choices=sorted(settings.TIERS),
            help=gettext_lazy("Photos without a picture in this tier."),
        )
        which.add_argument("--all", action="store_true", help=gettext_lazy("All photos."))
        parser.add_argument(
            "--gallery",
            type=uuid.UUID,
            metavar="UUID",
            help=gettext_lazy("Only the photos of this gallery."),
        )
        parser.add_argument(
            "--below",
            metavar="PATH",
            help=gettext_lazy(
                "Only the photos of galleries below the page at this address, such as /portfolio/."
            ),
        )
        parser.add_argument(
            "--site", metavar="HOSTNAME", help=gettext_lazy("The site of that address.")
        )
        parser.add_argument(
            "--cleared",
            action="store_true",
            help=gettext_lazy("Also pictures that were given up to save space."),
        )

    def handle(self, **options: object) -> None:
        galleries = self._galleries(**options)
        try:
            if options["all"]:
                done = render_all(galleries=galleries)
            else:
                tiers = [options["tier"]] if options["tier"] else None
                done = render_missing(
                    galleries=galleries, tiers=tiers, with_cleared=options["cleared"]
                )
        except StorageOffline as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("%(files)d files looked at, %(queued)d queued for rendering.")
            % {"files": done.files, "queued": done.queued}
        )

    def _galleries(self, **options: object) -> QuerySet[Gallery] | None:
        """Those that are named; None where none are."""
        galleries = Gallery.objects.all()
        if options["gallery"]:
            galleries = galleries.filter(uuid=options["gallery"])
            if not galleries:
                raise CommandError(_("There is no such gallery."))
        if options["below"]:
            page = self._page(options["below"], options["site"])
            galleries = galleries.filter(main_page__path__startswith=page.path)
        return galleries if options["gallery"] or options["below"] else None

    @staticmethod
    def _page(address: str, hostname: str | None) -> Page:
        sites = Site.objects.filter(hostname=hostname) if hostname else Site.objects.all()
        site = sites.order_by("-is_default_site").select_related("root_page").first()
        wanted = f"{site.root_page.url_path}{address.strip('/')}".rstrip("/") if site else ""
        page = base_page_model().objects.filter(url_path=f"{wanted}/").first()
        if site is None or page is None:
            raise CommandError(_("There is no such page."))
        return page
