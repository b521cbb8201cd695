"""A site of its own for a studio, with all it begins with; or what one lacks of that.

Several studios share an installation: each has a domain, pages, a collection, a group and settings
of its own, and nobody of one meets anything of another. Whatever is there already stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Model
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from wagtail.models import Collection, Page, Site

from ..access_tree import index_models
from ..exceptions import SiteNotSetUp
from ..intake.gallery_pages import new_page
from ..models import StudioSettings, base_page_model
from ..proofing.portfolio import IndexKind
from .creation import make_first_index
from .groups import ASSISTANTS, PHOTOGRAPHERS, set_up_group

PASSWORD_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is wanted. Without a ``home_type`` the home page is the portfolio itself; ``owner`` is
    a user name, and ``email`` that of an owner who has no account yet. Of the studio's settings
    None leaves what there is.
    """

    hostname: str
    port: int = 80
    name: str = ""
    owner: str = ""
    email: str = ""
    language: str | None = None
    quota_gigabytes: int | None = None
    keeps_robots_out: bool | None = None
    home_type: type[Page] | None = None
    about_type: type[Page] | None = None
    is_default: bool = False
    has_assistants: bool = False

    @property
    def studio_name(self) -> str:
        return self.name or self.hostname


@transaction.atomic
def set_up_site(plan: Plan) -> Iterator[str]:
    """Make or complete a site; each thing that was done, in a sentence, when all of it is.

    Raises SiteNotSetUp, and has then changed nothing.
    """
    return iter([*_set_up(plan)])


def _set_up(plan: Plan) -> Iterator[str]:
    site = Site.objects.filter(hostname=plan.hostname, port=plan.port).first()
    if site is None:
        site = yield from _make_site(plan)
    home = site.root_page.specific
    portfolio = yield from _portfolio(home)
    clients = yield from _client_area(site, home)
    if plan.about_type is not None:
        yield from _about(home, plan.about_type)
    collection = yield from _collection(plan)
    yield from _groups(plan, site, collection)
    owner = yield from _owner(plan)
    yield from _settings(plan, site, owner)
    for page, words in ((portfolio, "Portfolio"), (clients, "Client area")):
        if page is not None:
            yield f"{words}: {page.full_url}"


# --- Pages ---------------------------------------------------------------------------------------


def _make_site(plan: Plan) -> Iterator[str]:
    home_type = plan.home_type or next(iter(_index_types()), None)
    if home_type is None:
        raise SiteNotSetUp("No page type of this site lists galleries: name one as its home page.")
    root = base_page_model().get_first_root_node()
    fields = {"kind": IndexKind.PORTFOLIO} if home_type in _index_types() else {}
    home = _add_page(root, home_type, plan.studio_name, plan.hostname.replace(".", "-"), **fields)
    if plan.is_default:
        Site.objects.filter(is_default_site=True).update(is_default_site=False)
    site = Site(
        hostname=plan.hostname,
        port=plan.port,
        site_name=plan.studio_name,
        root_page=base_page_model().objects.get(pk=home.pk),
        is_default_site=plan.is_default,
    )
    try:
        site.full_clean()
    except ValidationError as error:
        raise SiteNotSetUp(" ".join(error.messages)) from error
    site.save()
    yield f"Made the site {site.root_url} with the home page {home.title}."
    return site


def _add_page(parent: Page, model: type[Page], title: str, slug: str, **fields: object) -> Page:
    if not model.can_create_at(parent):
        raise SiteNotSetUp(f"A {model._meta.verbose_name} cannot be made below {parent.title}.")
    taken = set(parent.get_children().values_list("slug", flat=True))
    slug, number = slugify(slug)[:200], 1
    while slug in taken:
        number += 1
        slug = f"{slug.removesuffix(f'-{number - 1}')}-{number}"
    try:
        page = parent.add_child(instance=new_page(model, title=title, slug=slug, **fields))
    except ValidationError as error:
        words = " ".join(error.messages)
        raise SiteNotSetUp(f"A {model._meta.verbose_name} needs more than that: {words}") from error
    page.save_revision().publish()
    return page


def _portfolio(home: Page) -> Iterator[str]:
    """The page that lists galleries: the home page itself, one below it, or a new one."""
    present = _index(home, IndexKind.PORTFOLIO)
    model = next(iter(_index_types()), None)
    if present is not None or model is None:
        return present
    page = _add_page(
        home, model, "Portfolio", "portfolio", kind=IndexKind.PORTFOLIO, is_in_menus=True
    )
    yield f"Made the page {page.title}, which lists what visitors may see."
    return page


def _client_area(site: Site, home: Page) -> Iterator[str]:
    present = _index(home, IndexKind.CLIENT_AREA)
    if present is not None:
        return present
    page = make_first_index(site)
    if page is not None:
        yield f"Made the page {page.title}, where clients’ galleries are, closed to visitors."
    return page


def _index(home: Page, kind: str) -> Page | None:
    for model in _index_types():
        found = model.objects.descendant_of(home, inclusive=True).filter(kind=kind)
        if page := found.order_by("path").first():
            return page
    return None


def _index_types() -> list[type[Page]]:
    """The page types that say of themselves what they list."""
    return [
        model
        for model in index_models()
        if any(field.name == "kind" for field in model._meta.fields)
    ]


def _about(home: Page, model: type[Page]) -> Iterator[str]:
    if not model.objects.child_of(home).exact_type(model).exists():
        page = _add_page(home, model, "About", "about", is_in_menus=True)
        yield f"Made the page {page.title}."


# --- People --------------------------------------------------------------------------------------


def _collection(plan: Plan) -> Iterator[str]:
    """The studio's collection, by the name of its site, which no other site has."""
    name = _own_name(plan)
    root = Collection.get_first_root_node()
    found = root.get_children().filter(name=name).first()
    if found is None:
        found = root.add_child(instance=Collection(name=name))
        yield f"Made the collection {name}."
    return found


def _own_name(plan: Plan) -> str:
    return plan.hostname if plan.port in (80, 443) else f"{plan.hostname}:{plan.port}"


def _group_name(plan: Plan) -> str:
    return f"Photographers of {_own_name(plan)}"[:150]


def _groups(plan: Plan, site: Site, collection: Collection) -> Iterator[str]:
    wanted = [(_group_name(plan), PHOTOGRAPHERS, [site.root_page])]
    if plan.has_assistants:
        wanted.append((f"Assistants of {_own_name(plan)}"[:150], ASSISTANTS, []))
    for name, role, pages in wanted:
        given = set_up_group(name, role, collection=collection, pages=pages, site=site)
        if given:
            yield f"{name} were given: {', '.join(map(str, given))}."


def _owner(plan: Plan) -> Iterator[str]:
    if not plan.owner:
        return None
    users = get_user_model()
    owner = users._default_manager.filter(**{users.USERNAME_FIELD: plan.owner}).first()
    if owner is None:
        owner = yield from _make_owner(plan, users)
    group = Group.objects.get(name=_group_name(plan))
    if not owner.groups.filter(pk=group.pk).exists():
        owner.groups.add(group)
        yield f"{plan.owner} is one of the {group.name} now."
    return owner


def _make_owner(plan: Plan, users: type[AbstractUser]) -> Iterator[str]:
    password = get_random_string(PASSWORD_LENGTH)
    owner = users(**{users.USERNAME_FIELD: plan.owner})
    if plan.email:
        owner.email = users._default_manager.normalize_email(plan.email)
    owner.set_password(password)
    try:
        if plan.email:
            validate_email(plan.email)
        owner.clean_fields()
        owner.validate_unique()
    except ValidationError as error:
        raise SiteNotSetUp(" ".join(error.messages)) from error
    owner.save()
    yield f"Made the account {plan.owner} with the password {password} (it is shown once)."
    return owner


# --- Settings ------------------------------------------------------------------------------------


def _settings(plan: Plan, site: Site, owner: Model | None) -> Iterator[str]:
    """What was asked for is set; a name only where the studio has none."""
    kept, _is_new = StudioSettings.objects.get_or_create(site=site)
    wanted = {
        "studio_name": plan.name if not kept.studio_name else None,
        "owner": owner,
        "language": plan.language,
        "quota_gigabytes": plan.quota_gigabytes,
        "keeps_robots_out": plan.keeps_robots_out,
    }
    changed = [
        name
        for name, value in wanted.items()
        if value not in (None, "") and getattr(kept, name) != value
    ]
    for name in changed:
        setattr(kept, name, wanted[name])
    if changed:
        kept.save(update_fields=changed)
        words = ", ".join(
            str(StudioSettings._meta.get_field(name).verbose_name) for name in changed
        )
        yield f"Set of the studio: {words}."
