"""Make a site for a studio: domain, pages, collection, group, settings and an account."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.conf import settings as django_settings
from django.core.management.base import BaseCommand, CommandError
from wagtail.api.v2.utils import page_models_from_string
from wagtail.models import Page

from pumbaphoto_wagtail.admin.setting_up_site import Plan, set_up_site
from pumbaphoto_wagtail.exceptions import SiteNotSetUp

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
LARGEST_PORT = 65535


class Command(BaseCommand):
    help = (
        "Make a site with all that a studio needs: its domain and home page, a portfolio and a "
        "client area, a collection, a group of photographers, and the studio's settings. Run again "
        "it adds what is missing; what is there stays, but for the settings that are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("hostname", help="The domain, as browsers send it: lisa.example.com")
        parser.add_argument("--port", type=int, default=80, help="80 if left out; 443 for HTTPS.")
        parser.add_argument("--name", default="", help="The studio's name, as clients know it.")
        parser.add_argument(
            "--owner",
            default="",
            help="User name of who keeps the site. Without an account one is made, with a password "
            "that is shown once.",
        )
        parser.add_argument("--email", default="", help="Of an owner whose account is made.")
        parser.add_argument("--language", help="Of the studio's e-mails: a code of LANGUAGES.")
        parser.add_argument(
            "--quota-gigabytes", type=int, help="How much its files may take; 0 for no limit."
        )
        parser.add_argument(
            "--keep-robots-out",
            action="store_true",
            default=None,
            help="Keep search engines out of all its galleries, the public ones as well.",
        )
        parser.add_argument(
            "--home-page-type",
            metavar="APP.MODEL",
            help="Page type of the home page. Left out, the home page is the portfolio itself.",
        )
        parser.add_argument(
            "--about-page-type",
            metavar="APP.MODEL",
            help="Page type of an About page below the home page. Left out, there is none.",
        )
        parser.add_argument(
            "--assistants", action="store_true", help="Make a group of assistants as well."
        )
        parser.add_argument(
            "--default", action="store_true", help="Answer for domains that no site has, too."
        )

    def handle(self, *, hostname: str, **options: Any) -> None:
        plan = Plan(
            hostname=_hostname(hostname),
            port=_port(options["port"]),
            name=" ".join(options["name"].split()),
            owner=options["owner"],
            email=options["email"],
            language=_language(options["language"]),
            quota_gigabytes=_not_negative(options["quota_gigabytes"]),
            keeps_robots_out=options["keep_robots_out"],
            home_type=_page_type(options["home_page_type"]),
            about_type=_page_type(options["about_page_type"]),
            is_default=options["default"],
            has_assistants=options["assistants"],
        )
        try:
            for sentence in set_up_site(plan):
                self.stdout.write(sentence)
        except SiteNotSetUp as error:
            raise CommandError(str(error)) from error


def _hostname(text: str) -> str:
    """As Wagtail compares it: without scheme, port and path, in small letters."""
    name = text.strip().lower().rstrip(".")
    if not _HOST.fullmatch(name) or ".." in name:
        raise CommandError(f"{text} is no host name. Say it as lisa.example.com, and --port apart.")
    return name


def _port(port: int) -> int:
    if not 0 < port <= LARGEST_PORT:
        raise CommandError(f"{port} is no port.")
    return port


def _language(code: str | None) -> str | None:
    if code is not None and code not in dict(django_settings.LANGUAGES):
        raise CommandError(f"{code} is none of the LANGUAGES of this installation.")
    return code


def _not_negative(amount: int | None) -> int | None:
    if amount is not None and amount < 0:
        raise CommandError("A quota is at least 0.")
    return amount


def _page_type(name: str | None) -> type[Page] | None:
    if name is None:
        return None
    try:
        [model] = page_models_from_string(name)
    except (LookupError, ValueError) as error:
        raise CommandError(f"{name} is no page type. Name it as app.Model.") from error
    return model
