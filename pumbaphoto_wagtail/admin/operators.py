"""Operators: who may look at the operational log, and at which rows of it.

The permission to view a record opens its rooms. Which rows are seen there is decided by the
galleries they belong to, so that two studios on one site never see each other's; who runs the site
for all of them is a superuser, or may view the galleries of the root collection.
"""

from __future__ import annotations

from django.contrib.auth import get_permission_codename
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from wagtail.models import Collection

from ..models import Edit, PhotoFile, StoredFile, Upload
from ..permissions import galleries_for, gallery_policy
from .status import is_operator

# How a file belongs to a gallery: the model that points to it, and its way to the gallery.
_WAYS = ((Upload, "batch__gallery"), (PhotoFile, "photo__gallery"), (Edit, "gallery"))


def may_enter(user, model: type[Model]) -> bool:
    """Whether somebody may look at the log's records of this kind."""
    if not (user.is_active and user.is_authenticated):
        return False
    name = get_permission_codename("view", model._meta)
    return is_operator(user) or user.has_perm(f"{model._meta.app_label}.{name}")


def runs_everything(user) -> bool:
    """Whether somebody runs the site for all studios: a superuser, or who may view the galleries of
    the root collection.
    """
    seen = gallery_policy.collections_user_has_any_permission_for(user, ["view", "change"])
    return user.is_superuser or seen.filter(pk=Collection.get_first_root_node().pk).exists()


def files_for(user, action: str = "view") -> QuerySet[StoredFile]:
    """The files that belong to a gallery with which this member of staff may do ``action``.

    A superuser sees those of nobody as well.
    """
    if user.is_superuser:
        return StoredFile.objects.all()
    galleries = galleries_for(user, action)
    belongs = Q(pk__in=[])
    for model, path in _WAYS:
        rows = model.objects.filter(stored_file=OuterRef("pk"), **{f"{path}__in": galleries})
        belongs |= Q(Exists(rows))
    return StoredFile.objects.filter(belongs)


def give_galleries(files: list[StoredFile], user) -> None:
    """Set ``gallery`` on each file: one that it came to and that may be seen, or None."""
    keys = [file.pk for file in files]
    found: dict[int, int] = {}
    for model, path in reversed(_WAYS):
        rows = model.objects.filter(stored_file__in=keys).order_by("-pk")
        found.update(rows.values_list("stored_file", path))
    galleries = galleries_for(user).in_bulk(set(found.values()))
    for file in files:
        file.gallery = galleries.get(found.get(file.pk))
