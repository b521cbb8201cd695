from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Site

from pumbaphoto_wagtail.intake.clearing import clear_renditions


class Command(BaseCommand):
    help = gettext_lazy(
        "Give up renditions beyond what a site's settings allow, of the galleries first that "
        "nobody looked at for longest. They are made again when somebody looks."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site", metavar="HOSTNAME", help=gettext_lazy("Only of this site."))
        parser.add_argument(
            "--full",
            action="store_true",
            help=gettext_lazy("All that can be made again, whatever the settings allow."),
        )
        parser.add_argument(
            "--dry-run", action="store_true", help=gettext_lazy("Only say what would go.")
        )

    def handle(self, **options: object) -> None:
        site = None
        if options["site"]:
            site = Site.objects.filter(hostname=options["site"]).first()
            if site is None:
                raise CommandError(_("There is no such site."))
        done = clear_renditions(site=site, is_full=options["full"], is_dry_run=options["dry_run"])
        words = _("%(count)d renditions would go: %(size)s.") if options["dry_run"] else ""
        words = words or _("%(count)d renditions cleared: %(size)s.")
        size = filesizeformat(done.freed_bytes)
        self.stdout.write(words % {"count": done.renditions, "size": size})
