"""What staff may do, gallery by gallery: Wagtail's collection permissions, plus ownership.

Whatever hangs on a gallery (photos, links, selections, edits, deliveries, uploads) is judged
through the gallery. Views ask :func:`galleries_for` for lists and :func:`may` for single ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth import get_permission_codename, get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Model, Q, QuerySet
from wagtail.models import Collection
from wagtail.permission_policies import BasePermissionPolicy
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permissions import register_permission_policy

from .models import Client, Gallery, Library, MailTemplate, Selection, ShareLink, WatermarkPreset

# What an owner may do with their own gallery, wherever they may add one.
OWNER_ACTIONS = frozenset({"view", "change", "delete", "share", "deliver"})


class GalleryPermissionPolicy(CollectionPermissionPolicy):
    """Collection permissions for add, view, change, delete, share and deliver.

    Who may change a gallery may also view it, and who owns one may do everything with it as long
    as they may still add galleries to its collection.
    """

    def _granting(self, actions: Iterable[str]) -> set[str]:
        granting = set(actions)
        if "view" in granting:
            granting |= {"change", "share", "deliver"}
        return granting

    def user_has_any_permission(self, user, actions) -> bool:
        granting = self._granting(actions)
        if granting & OWNER_ACTIONS:
            granting.add("add")
        return super().user_has_any_permission(user, granting)

    def user_has_permission(self, user, action) -> bool:
        return self.user_has_any_permission(user, [action])

    def user_has_any_permission_for_instance(self, user, actions, instance) -> bool:
        if not user.is_authenticated:
            # Before the collection is loaded: visitors ask this for every picture.
            return False
        if instance.deleted_at is not None:
            return False
        granting = self._granting(actions)
        if granting & OWNER_ACTIONS and instance.owner_id == user.pk:
            granting.add("add")
        return super().user_has_any_permission_for_instance(user, granting, instance)

    def user_has_permission_for_instance(self, user, action, instance) -> bool:
        return self.user_has_any_permission_for_instance(user, [action], instance)

    def instances_user_has_any_permission_for(self, user, actions) -> QuerySet[Gallery]:
        granting = self._granting(actions)
        if not (user.is_active and user.is_authenticated):
            return self.model._default_manager.none()
        if user.is_superuser:
            return self.model._default_manager.all()
        allowed = Q(collection__in=list(self._collections_with_perm(user, granting)))
        if granting & OWNER_ACTIONS:
            allowed |= Q(
                owner=user, collection__in=list(self._collections_with_perm(user, ["add"]))
            )
        return self.model._default_manager.filter(allowed)


class BesideGalleriesPolicy(CollectionPermissionPolicy):
    """What lies beside the galleries of a collection (its clients, watermarks, words of e-mails)
    follows them: who may add or change galleries there keeps these, too.
    """

    ACTIONS = {
        "add": ("add",),
        "view": ("view", "add", "change"),
        "choose": ("view", "add", "change"),
        "change": ("add", "change"),
        "delete": ("delete",),
    }

    def __init__(self, model: type[Model]) -> None:
        super().__init__(model, auth_model=Gallery)

    def _granting(self, actions: Iterable[str]) -> set[str]:
        return {granted for action in actions for granted in self.ACTIONS.get(action, ())}

    def user_has_permission(self, user, action) -> bool:
        return super().user_has_any_permission(user, self._granting([action]))

    def user_has_any_permission(self, user, actions) -> bool:
        return super().user_has_any_permission(user, self._granting(actions))

    def user_has_permission_for_instance(self, user, action, instance) -> bool:
        return super().user_has_any_permission_for_instance(
            user, self._granting([action]), instance
        )

    def user_has_any_permission_for_instance(self, user, actions, instance) -> bool:
        return super().user_has_any_permission_for_instance(user, self._granting(actions), instance)

    def instances_user_has_any_permission_for(self, user, actions) -> QuerySet:
        return super().instances_user_has_any_permission_for(user, self._granting(actions))

    def collections_user_has_any_permission_for(self, user, actions) -> QuerySet[Collection]:
        return super().collections_user_has_any_permission_for(user, self._granting(actions))


class StudioWordsPolicy(BesideGalleriesPolicy):
    """What speaks for the studio is changed by who may add galleries there, not by assistants."""

    ACTIONS = BesideGalleriesPolicy.ACTIONS | {"change": ("add",)}


class LibraryPermissionPolicy(CollectionPermissionPolicy):
    """Whoever adds or changes the galleries of a collection sees its libraries and picks from them.

    To add a library, which opens a folder of the server, to change one and to scan it are
    permissions of their own, given by collection like those on galleries.
    """

    SEEING = ("view", "choose")
    OWN = ("add", "change", "delete", "scan")

    def _codenames(self, actions: Iterable[str]) -> set[str]:
        actions = set(actions)
        names = {get_permission_codename(action, self.model._meta) for action in actions}
        if actions & set(self.SEEING):
            names |= {get_permission_codename(one, Gallery._meta) for one in ("add", "change")}
        if "view" in actions:
            names |= {get_permission_codename(one, self.model._meta) for one in self.OWN}
        return names

    def _get_user_permission_objects_for_actions(self, user, actions) -> set:
        names = self._codenames(actions)
        given = self.get_cached_permissions_for_user(user)
        return {one for one in given if one.permission.codename in names}

    def _get_permission_objects_for_actions(self, actions) -> QuerySet[Permission]:
        return Permission.objects.filter(
            content_type__app_label=self.model._meta.app_label,
            codename__in=self._codenames(actions),
        )


class OnGalleryPolicy(BasePermissionPolicy):
    """What hangs on a gallery is judged through it, and is never made or deleted by itself.

    ``path`` leads from it to its gallery. ``actions`` says for each action what one must be
    allowed to do with the gallery; what is not among them nobody may, superusers included.
    """

    def __init__(self, model: type[Model], *, path: str, actions: dict[str, str]) -> None:
        super().__init__(model)
        self.path = path
        self.actions = actions

    def user_has_permission(self, user, action) -> bool:
        needed = self.actions.get(action)
        return needed is not None and gallery_policy.user_has_permission(user, needed)

    def user_has_any_permission(self, user, actions) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)

    def users_with_any_permission(self, actions) -> QuerySet:
        needed = {self.actions[action] for action in actions if action in self.actions}
        if not needed:
            return get_user_model().objects.none()
        return gallery_policy.users_with_any_permission(needed)

    def user_has_permission_for_instance(self, user, action, instance) -> bool:
        return self.user_has_any_permission_for_instance(user, [action], instance)

    def user_has_any_permission_for_instance(self, user, actions, instance) -> bool:
        allowed = self.instances_user_has_any_permission_for(user, actions)
        return allowed.filter(pk=instance.pk).exists()

    def instances_user_has_any_permission_for(self, user, actions) -> QuerySet:
        needed = {self.actions[action] for action in actions if action in self.actions}
        if not needed:
            return self.model._default_manager.none()
        galleries = gallery_policy.instances_user_has_any_permission_for(user, needed)
        return self.model._default_manager.filter(**{f"{self.path}__in": galleries.values("pk")})


gallery_policy = GalleryPermissionPolicy(Gallery)
client_policy = BesideGalleriesPolicy(Client)
watermark_preset_policy = StudioWordsPolicy(WatermarkPreset)
mail_template_policy = StudioWordsPolicy(MailTemplate)
library_policy = LibraryPermissionPolicy(Library)
link_policy = OnGalleryPolicy(
    ShareLink, path="gallery", actions={"view": "view", "change": "share"}
)
selection_policy = OnGalleryPolicy(Selection, path="share_link__gallery", actions={"view": "view"})
# Wagtail's own views ask these.
POLICIES = (
    gallery_policy,
    client_policy,
    watermark_preset_policy,
    mail_template_policy,
    library_policy,
    link_policy,
    selection_policy,
)


def register() -> None:
    """Let Wagtail ask our policies, before anybody asks for the first time; twice does no harm.

    Which app is ready first follows INSTALLED_APPS: standing after ``wagtail.snippets``, our
    hooks are looked for before we are ready.
    """
    for policy in POLICIES:
        register_permission_policy(policy.model, policy)


def may(user, action: str, gallery: Gallery) -> bool:
    """Whether this member of staff may do ``action`` (view, change, delete, share, deliver)."""
    return gallery_policy.user_has_permission_for_instance(user, action, gallery)


def galleries_for(user, action: str = "view") -> QuerySet[Gallery]:
    """The galleries with which this member of staff may do ``action``."""
    return gallery_policy.instances_user_has_permission_for(user, action)
