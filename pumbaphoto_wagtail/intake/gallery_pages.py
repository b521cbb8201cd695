"""The page that presents a gallery, and how any page of ours is put below another."""

from __future__ import annotations

import secrets
from typing import Any

from django.apps import apps
from django.utils.text import slugify
from wagtail.log_actions import log

from ..conf import settings
from ..models import Gallery, base_page_model

SLUG_LENGTH = 60


def gallery_page_model() -> type:
    """The page type that presents galleries on this site."""
    return apps.get_model(settings.GALLERY_PAGE_MODEL)


def parent_page_types() -> list[type]:
    """The page types that a gallery's page may be put below; one gallery never below another."""
    model = gallery_page_model()
    return [one for one in model.allowed_parent_page_models() if not issubclass(one, model)]


def index_page_types() -> list[type]:
    """Of those the ones that are meant for it: made to hold galleries, or named by the page type.

    Where the site's page type names none, its galleries may lie below any page, and a page is not
    an index for that.
    """
    types, base = parent_page_types(), base_page_model()
    if getattr(gallery_page_model(), "parent_page_types", None) is None:
        return [one for one in types if getattr(one, "holds_galleries", False)]
    return [one for one in types if one is not base]


def make_page(gallery: Gallery, index_page, actor) -> None:
    """Present a new gallery on a page below an index page; it is the gallery's main one."""
    # Never in a menu by itself, whatever the site's page type starts with.
    page = new_page(
        gallery_page_model(),
        title=gallery.title,
        gallery=gallery,
        slug=_slug(gallery),
        is_in_menus=False,
    )
    publish_below(index_page, page, actor)
    gallery.main_page = base_page_model().objects.get(pk=page.pk)
    gallery.save(update_fields=["main_page"])


def new_page(model: type, *, is_in_menus: bool | None = None, **fields: Any) -> Any:
    """A page that is not saved yet, in menus or not; None leaves it to its type."""
    page = model(**fields)
    if is_in_menus is not None:
        # A site's own base page need not know of menus, and then keeps nothing of this.
        page.show_in_menus = is_in_menus
    return page


def _slug(gallery: Gallery) -> str:
    """A slug nobody can guess: the title, and a random ending."""
    return f"{slugify(gallery.title)[:SLUG_LENGTH].strip('-') or 'gallery'}-{secrets.token_hex(4)}"


def publish_below(parent, page, actor) -> None:
    """Add a page as the page editor would: a draft with a revision, then live if allowed."""
    page.live = False
    page.owner = actor
    page.draft_title = page.title
    parent.add_child(instance=page)
    log(page, "wagtail.create", user=actor, content_changed=True)
    revision = page.save_revision(user=actor)
    if actor is None or parent.permissions_for_user(actor).can_publish_subpage():
        revision.publish(user=actor)
        page.refresh_from_db()
