"""The groups of a studio, with all that photographers and their assistants need in Wagtail.

Whatever a site has given or taken by hand stays: only what is missing is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from wagtail.images.models import Image
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    GroupSitePermission,
    Site,
)

from ..intake.gallery_pages import index_page_types
from ..models import Gallery, Library, StudioSettings, base_page_model


@dataclass(frozen=True, kw_only=True)
class Role:
    """What one kind of colleague may do.

    ``galleries``, ``libraries`` and ``images`` are actions in the studio's collection, ``pages``
    actions below its index pages; ``keeps_studio`` is the name, the looks and the defaults of the
    studio.
    """

    galleries: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    keeps_studio: bool = False


PHOTOGRAPHERS = Role(
    galleries=("add", "change", "delete", "share", "deliver"),
    # Which folder of the server a library is remains the operator's choice.
    libraries=("change", "scan"),
    images=("add", "change", "choose"),
    pages=("add", "change", "publish"),
    keeps_studio=True,
)
# They bring in photos and edits, sort and match them. Nothing they do reaches a client.
ASSISTANTS = Role(galleries=("change",))


@dataclass(frozen=True, kw_only=True)
class Given:
    """One permission that a group did not have before; ``where`` is empty for all sites."""

    permission: Permission
    where: str = ""

    def __str__(self) -> str:
        return f"{self.permission.name} ({self.where})" if self.where else self.permission.name


def set_up_group(
    name: str,
    role: Role,
    *,
    collection: Collection,
    pages: Iterable[Model] = (),
    site: Site | None = None,
) -> list[Given]:
    """Give the group ``name`` what its role needs; what was missing, in the order it was given.

    The group is made if there is none. ``pages`` are those below which its members write, and
    ``site`` is the one whose studio they keep; without it they keep the studio of every site.
    """
    group, _is_new = Group.objects.get_or_create(name=name)
    return [
        *_give_to_all(group, role, of_studio=site is None),
        *(_give_on_site(group, site, role) if site else ()),
        *_give_in_collection(group, collection, _of(Gallery, role.galleries)),
        *_give_in_collection(group, collection, _of(Library, role.libraries)),
        # Wagtail keeps these on its own model, whichever one the site uses.
        *_give_in_collection(group, collection, _of(Image, role.images)),
        *(given for page in pages for given in _give_below(group, page, role.pages)),
    ]


def index_pages() -> QuerySet:
    """The pages of this site below which galleries can stand, the first ones first.

    A page type of the host's that takes any parent is not looked for: that would be every page.
    """
    types = ContentType.objects.get_for_models(*index_page_types()).values()
    return base_page_model().objects.filter(content_type__in=types).order_by("path")


def _give_to_all(group: Group, role: Role, *, of_studio: bool) -> Iterable[Given]:
    wanted = [_permission("wagtailadmin", "access_admin")]
    if role.keeps_studio and of_studio:
        wanted += _of(StudioSettings, ["change"])
    for permission in wanted:
        if not group.permissions.filter(pk=permission.pk).exists():
            group.permissions.add(permission)
            yield Given(permission=permission)


def _give_on_site(group: Group, site: Site, role: Role) -> Iterable[Given]:
    for permission in _of(StudioSettings, ["change"]) if role.keeps_studio else ():
        _row, is_new = GroupSitePermission.objects.get_or_create(
            group=group, site=site, permission=permission
        )
        if is_new:
            yield Given(permission=permission, where=site.hostname)


def _give_in_collection(
    group: Group, collection: Collection, wanted: Iterable[Permission]
) -> Iterable[Given]:
    for permission in wanted:
        _row, is_new = GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=permission
        )
        if is_new:
            yield Given(permission=permission, where=collection.name)


def _give_below(group: Group, page: Model, actions: Iterable[str]) -> Iterable[Given]:
    base = base_page_model()
    for permission in _of(base, actions):
        _row, is_new = GroupPagePermission.objects.get_or_create(
            group=group, page_id=page.pk, permission=permission
        )
        if is_new:
            yield Given(permission=permission, where=page.title)


def _of(model: type[Model], actions: Iterable[str]) -> list[Permission]:
    return [
        _permission(model._meta.app_label, f"{action}_{model._meta.model_name}")
        for action in actions
    ]


def _permission(app_label: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
