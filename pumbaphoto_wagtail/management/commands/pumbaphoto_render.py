from __future__ import annotations

import uuid
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.intake.rerendering import render_all, render_missing
from pumbaphoto_wagtail.models import Gallery


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

    def handle(self, **options: object) -> None:
        gallery = None
        if options["gallery"]:
            gallery = Gallery.objects.filter(uuid=options["gallery"]).first()
            if gallery is None:
                raise CommandError(_("There is no such gallery."))
        try:
            if options["all"]:
                done = render_all(gallery=gallery)
            else:
                tiers = [options["tier"]] if options["tier"] else None
                done = render_missing(gallery=gallery, tiers=tiers)
        except StorageOffline as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("%(files)d files looked at, %(queued)d queued for rendering.")
            % {"files": done.files, "queued": done.queued}
        )
