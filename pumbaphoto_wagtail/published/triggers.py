"""Looking after what may change who sees a picture, as soon as it is committed.

Acts of ours say so themselves (:func:`changed`). What Wagtail does with pages and restrictions,
and what anybody saves as a policy, is heard by signals: no code of ours runs then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from wagtail.models import PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move

from ..models import AccessPolicy, Gallery, Photo, base_page_model
from . import settling

# Of a gallery's fields those that decide who sees its pictures, and which.
DECIDING_FIELDS = frozenset({"main_page", "state", "deleted_at", "watermark_key"})


class _Look:
    """One look after a transaction, however much it has changed."""

    def __init__(self, gallery_ids: Iterable[int]) -> None:
        self.gallery_ids = {*gallery_ids}

    def __call__(self) -> None:
        settling.look(self.gallery_ids)


def changed(*gallery_ids: int) -> None:
    """Say that something may have changed who sees what: with pages, policies or restrictions, and
    with the photos of the galleries given.

    Once the transaction is committed, what may not be seen any more is taken away, at once where
    the disk answers in time. Nothing happens where no pictures are published.
    """
    if not settling.is_on():
        return
    connection = transaction.get_connection()
    # A savepoint that is rolled back takes its look with it, so each has one of its own.
    open_savepoints = set(connection.savepoint_ids)
    for savepoints, look, *_robust in connection.run_on_commit:
        if isinstance(look, _Look) and savepoints == open_savepoints:
            look.gallery_ids.update(gallery_ids)
            return
    transaction.on_commit(_Look(gallery_ids), robust=True)


# --- What others do ------------------------------------------------------------------------------


def connect() -> None:
    """Listen; called once, when the app is ready."""
    uid = "pumbaphoto.published"
    for signal in (page_published, page_unpublished, post_page_move):
        signal.connect(_something_changed, dispatch_uid=uid)
    for signal in (post_save, post_delete):
        signal.connect(_something_changed, sender=PageViewRestriction, dispatch_uid=uid)
        signal.connect(_policy_changed, sender=AccessPolicy, dispatch_uid=uid)
    post_save.connect(_gallery_saved, sender=Gallery, dispatch_uid=uid)
    post_delete.connect(_something_changed, sender=Gallery, dispatch_uid=uid)
    post_delete.connect(_photo_deleted, sender=Photo, dispatch_uid=uid)
    # Of whatever type a page is, its row as a page goes as well.
    post_delete.connect(_something_changed, sender=base_page_model(), dispatch_uid=uid)


def _something_changed(**signal: Any) -> None:
    changed()


def _policy_changed(instance: AccessPolicy, **signal: Any) -> None:
    if instance.photo_id is None:
        changed()
    else:
        changed(*Photo.objects.filter(pk=instance.photo_id).values_list("gallery", flat=True))


def _gallery_saved(instance: Gallery, update_fields: Any = None, **signal: Any) -> None:
    if update_fields is None or DECIDING_FIELDS.intersection(update_fields):
        changed(instance.pk)


def _photo_deleted(instance: Photo, **signal: Any) -> None:
    changed(instance.gallery_id)
