"""What of ours lies in a collection: Wagtail names it before it refuses to delete one."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from django.utils.translation import ngettext

from ..models import Client, Gallery, Library, MailTemplate, StoredFile, WatermarkPreset
from .addresses import galleries_url


def describe_galleries(collection) -> dict | None:
    count = Gallery.with_deleted.filter(collection=collection).count()
    return _described(
        count, lambda n: ngettext("%(count)d gallery", "%(count)d galleries", n), galleries_url()
    )


def describe_clients(collection) -> dict | None:
    count = Client.objects.filter(collection=collection).count()
    url = reverse(Client.snippet_viewset.get_url_name("list")) if count else ""
    return _described(count, lambda n: ngettext("%(count)d client", "%(count)d clients", n), url)


def describe_files(collection) -> dict | None:
    """Also those that wait for a disk to be plugged in, to be deleted from it."""
    count = StoredFile.objects.filter(collection=collection).count()
    return _described(
        count,
        lambda n: ngettext("%(count)d file of galleries", "%(count)d files of galleries", n),
        galleries_url(),
    )


def describe_words_and_marks(collection) -> dict | None:
    kept = (WatermarkPreset, MailTemplate)
    count = sum(model.objects.filter(collection=collection).count() for model in kept)
    return _described(
        count,
        lambda n: ngettext(
            "%(count)d watermark or e-mail text", "%(count)d watermarks and e-mail texts", n
        ),
        galleries_url(),
    )


def describe_libraries(collection) -> dict | None:
    count = Library.objects.filter(collection=collection).count()
    url = reverse(Library.snippet_viewset.get_url_name("list")) if count else ""
    return _described(count, lambda n: ngettext("%(count)d library", "%(count)d libraries", n), url)


def _described(count: int, words: Callable[[int], str], url: str) -> dict | None:
    if not count:
        return None
    return {"count": count, "count_text": words(count) % {"count": count}, "url": url}
