"""Addresses that nobody can guess, for what is seen by whoever knows them.

A page that is unlisted has a slug with an ending of 128 random bits. It gets one at the moment it
becomes unlisted, and keeps it whatever an old form or an old revision says. Its former address
leads nowhere: it is not redirected, since somebody may know that one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from django.apps import apps
from django.db.models import Model, Value
from django.db.models.functions import Concat, Substr
from wagtail.models import Page, Revision, Site, get_page_models

from .models import AccessPolicy, Gallery, Visibility, base_page_model

ENDING = re.compile(r"-[0-9a-f]{32}$")
LONGEST_SLUG = 255
REDIRECTS = "wagtail.contrib.redirects"


def has_secret_ending(slug: str) -> bool:
    return ENDING.search(slug) is not None


def with_secret_ending(slug: str, ending: str = "") -> str:
    """A slug that nobody can guess; with the ``ending`` of another one if that is given."""
    found = ENDING.search(ending)
    last = found[0] if found else f"-{secrets.token_hex(16)}"
    return slug[: LONGEST_SLUG - len(last)] + last


def is_unlisted(page: Page) -> bool:
    """Whether a page, or the gallery it presents, is itself for whoever knows the address."""
    policies = AccessPolicy.objects.filter(visibility=Visibility.UNLISTED)
    gallery_id = getattr(page, "gallery_id", None)
    if gallery_id is not None:
        return policies.filter(gallery=gallery_id).exists()
    return page.pk is not None and policies.filter(page=page.pk).exists()


def keep_secret(page: Page) -> None:
    """Before a page is saved: an unlisted one keeps its ending, or gets one."""
    if has_secret_ending(page.slug) or not is_unlisted(page):
        return
    stored = base_page_model().objects.filter(pk=page.pk).values_list("slug", flat=True).first()
    page.slug = with_secret_ending(page.slug, stored or "")


def hide_addresses(pages: Iterable[Page]) -> None:
    """Give pages that have become unlisted addresses which nobody can guess.

    Not by ``Page.save``, whose signal would make a redirect from the old address. A page at the
    root of a site has no slug in its address and is left alone.
    """
    for page in pages:
        if has_secret_ending(page.slug) or Site.objects.filter(root_page=page.pk).exists():
            continue
        slug = with_secret_ending(page.slug)
        old = page.url_path
        new = f"{old.rstrip('/').rpartition('/')[0]}/{slug}/"
        below = base_page_model().objects.descendant_of(page, inclusive=True)
        below.update(url_path=Concat(Value(new), Substr("url_path", len(old) + 1)))
        base_page_model().objects.filter(pk=page.pk).update(slug=slug)
        page.slug, page.url_path = slug, new
        _rewrite_revisions(page)
        _drop_redirects(page)


def pages_of(gallery: Gallery) -> list[Page]:
    """Every page that presents a gallery."""
    return [
        page
        for model in get_page_models()
        if presents_a_gallery(model)
        for page in model.objects.filter(gallery=gallery)
    ]


def presents_a_gallery(model: type[Model]) -> bool:
    fields = {field.name: field for field in model._meta.get_fields()}
    return "gallery" in fields and fields["gallery"].related_model is Gallery


def _rewrite_revisions(page: Page) -> None:
    """Publishing a draft, or going back to an old revision, must not bring the old slug back."""
    for revision in Revision.objects.for_instance(page).only("pk", "content"):
        content = revision.content | {"slug": page.slug, "url_path": page.url_path}
        Revision.objects.filter(pk=revision.pk).update(content=content)


def _drop_redirects(page: Page) -> None:
    if apps.is_installed(REDIRECTS):
        below = base_page_model().objects.descendant_of(page, inclusive=True)
        redirects = apps.get_model("wagtailredirects", "Redirect").objects
        redirects.filter(redirect_page__in=below.values("pk")).delete()
