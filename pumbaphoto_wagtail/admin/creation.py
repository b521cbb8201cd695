"""How a gallery comes into being: the gallery, its page, and the index page the page lies under."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import date, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Collection, PageViewRestriction, Site
from wagtail.permission_policies.pages import PagePermissionPolicy

from ..conf import settings
from ..exceptions import MarkNotDrawn
from ..intake.gallery_pages import (
    index_page_types,
    make_page,
    parent_page_types,
    publish_below,
)
from ..intake.marking import set_watermark
from ..models import Client, Gallery, Kind
from ..permissions import client_policy
from ..studio import Studio, studio_for

PRESET_FIELDS = ("kind", "minimum", "included", "maximum", "extras_words")
# The preset that is not a setting: whatever this photographer's last gallery has.
LIKE_THE_LAST_ONE = "last"


def index_pages_for(user) -> QuerySet:
    """The pages under which this user may put a gallery's page."""
    parents = ContentType.objects.get_for_models(*parent_page_types())
    pages = PagePermissionPolicy().instances_user_has_permission_for(user, "add")
    return pages.filter(content_type__in=parents.values()).order_by("path")


def may_make_first_index(user, site: Site) -> bool:
    """Whether this user may make the site's first index page, below its home page."""
    home = site.root_page.specific
    model = _index_page_model()
    return (
        model is not None
        and model.can_create_at(home)
        and home.permissions_for_user(user).can_add_subpage()
    )


@transaction.atomic
def create_gallery(
    *,
    actor,
    title: str,
    site: Site,
    clients: Iterable[Client] = (),
    shoot_date: date | None = None,
    preset: str = "",
    collection: Collection | None = None,
    index_page=None,
    makes_index: bool = False,
) -> Gallery:
    """Make a gallery of ``actor`` and its page.

    ``preset`` is a key of ``PUMBAPHOTO["PRESETS"]``, :data:`LIKE_THE_LAST_ONE` or empty. The page
    is put under ``index_page``, or with ``makes_index`` under a new client area below the site's
    home page; with neither there is none. It is live if the actor may publish there, a draft
    otherwise.
    """
    if index_page is not None:
        site = index_page.get_site() or site
    elif makes_index:
        index_page = make_first_index(site, actor)
    gallery = Gallery(
        title=title,
        owner=actor,
        site=site,
        shoot_date=shoot_date,
        **preset_values(preset, actor, site),
    )
    if collection is not None:
        gallery.collection = collection
    gallery.save()
    gallery.clients.set(clients)
    log(gallery, "wagtail.create", user=actor)
    _put_mark(gallery, actor)
    if index_page is not None:
        make_page(gallery, index_page, actor)
    return gallery


def find_or_create_client(*, actor, name: str, email: str, collection: Collection | None) -> Client:
    """The client of that name and address among those this user may choose, or a new one."""
    known = client_policy.instances_user_has_permission_for(actor, "choose")
    client = known.filter(name__iexact=name, email__iexact=email).first()
    if client:
        return client
    client = Client(name=name, email=email)
    if collection is not None:
        client.collection = collection
    client.save()
    log(client, "wagtail.create", user=actor)
    return client


def preset_values(preset: str, actor, site: Site) -> dict:
    """The fields of a new gallery that a preset fills, and where it leaves them open the studio."""
    if preset == LIKE_THE_LAST_ONE:
        return _values_of_last(actor, site)
    chosen = settings.PRESETS.get(preset, {})
    values = {field: chosen[field] for field in PRESET_FIELDS if field in chosen}
    if values.setdefault("kind", Kind.CHOOSE) == Kind.FINISHED:
        return values
    studio = studio_for(site)
    due_days = chosen.get("due_days", studio.due_days)
    if due_days:
        values["due_date"] = timezone.localdate() + timedelta(days=due_days)
    return _limits_of(studio) | values if _fits(values, _limits_of(studio)) else values


def _limits_of(studio: Studio) -> dict:
    return {name: value for name, value in asdict(studio.limits).items() if value}


def _fits(values: dict, limits: dict) -> bool:
    """Whether a preset's own limits and the studio's are in order together."""
    both = limits | values
    most = both.get("maximum")
    least = max(both.get("minimum") or 0, both.get("included") or 0)
    return most is None or least <= most


def _put_mark(gallery: Gallery, actor) -> None:
    """The studio's watermark goes onto the proofs of its new galleries."""
    mark = studio_for(gallery.site).watermark
    if mark is None or gallery.kind == Kind.FINISHED:
        return
    # One that cannot be drawn any more must not stand in the way of a gallery.
    with suppress(MarkNotDrawn):
        set_watermark(gallery, actor=actor, text=mark.words, image=mark.image)


def last_gallery_of(actor, site: Site) -> Gallery | None:
    """The gallery this photographer made last on a site."""
    return Gallery.objects.filter(owner=actor, site=site).order_by("-pk").first()


def _values_of_last(actor, site: Site) -> dict:
    last = last_gallery_of(actor, site)
    if last is None:
        return {}
    values = {field: getattr(last, field) for field in PRESET_FIELDS}
    if last.due_date:
        given = last.due_date - timezone.localdate(last.created_at)
        values["due_date"] = timezone.localdate() + max(given, timedelta(0))
    return values


def _index_page_model() -> type | None:
    """The type of page that a first index is made of: one that is made to hold galleries."""
    types = index_page_types()
    return next((model for model in types if getattr(model, "holds_galleries", False)), None)


def make_first_index(site: Site, actor=None) -> Model | None:
    """A client area below the site's home page; None where no page type of the site is one.

    Without an actor it is the operator who makes it: then it is published.
    """
    model, home = _index_page_model(), site.root_page.specific
    if model is None or not model.can_create_at(home):
        return None
    index = model(title=_("Clients"), slug=_free_slug(home, "clients"))
    publish_below(home, index, actor)
    # Nothing of a client area is public. One row here covers every gallery below, and keeps them
    # out of sitemaps, searches and APIs; galleries with a row each would slow every page query.
    PageViewRestriction.objects.create(page=index, restriction_type=PageViewRestriction.LOGIN)
    return index


def _free_slug(parent, wish: str) -> str:
    taken = set(parent.get_children().values_list("slug", flat=True))
    return wish if wish not in taken else f"{wish}-{secrets.token_hex(2)}"
