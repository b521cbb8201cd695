"""What of ours lies in a collection: Wagtail names it before it refuses to delete one."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import ngettext

from ..models import Client, Gallery
from .addresses import galleries_url


def describe_galleries(collection) -> dict | None:
    count = Gallery.with_deleted.filter(collection=collection).count()
    if not count:
        return None
    words = ngettext("%(count)d gallery", "%(count)d galleries", count) % {"count": count}
    return {"count": count, "count_text": words, "url": galleries_url()}


def describe_clients(collection) -> dict | None:
    count = Client.objects.filter(collection=collection).count()
    if not count:
        return None
    words = ngettext("%(count)d client", "%(count)d clients", count) % {"count": count}
    url = reverse(Client.snippet_viewset.get_url_name("list"))
    return {"count": count, "count_text": words, "url": url}
