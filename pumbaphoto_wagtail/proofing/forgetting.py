"""Erasing what is known of a client: name and address, links, what was picked and written.

The photographs and what was delivered of them are the studio's and stay, and so do the titles of
galleries, which are nobody's to change by the way. Consents go, so what was published by them is
taken down. Of the log the acts stay and the names go; the entry of erasing tells whom it was about
to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from ..delivery import publishing
from ..models import (
    AccessRequest,
    ChangeRequest,
    Client,
    Consent,
    Delivery,
    Gallery,
    LinkVisit,
    Message,
    Pick,
    Selection,
    ShareLink,
)
from ..workflow import lock_gallery

ERASE = "pumbaphoto.erase_client"
# What stands in a log entry's label where the name stood.
NOBODY = "—"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a client, in numbers."""

    galleries: int
    links: int
    family_links: int
    selections: int
    picks: int
    notes: int
    wishes: int
    consents: int
    messages: int
    visits: int

    def as_data(self) -> dict[str, int]:
        return {"links": self.links + self.family_links, "selections": self.selections}


def links_of(client: Client) -> QuerySet[ShareLink]:
    """A client's own links: made for them, or to their address in one of their galleries."""
    theirs = Q(client=client)
    if client.email:
        theirs |= Q(gallery__clients=client, email__iexact=client.email, client=None)
    return ShareLink.objects.filter(pk__in=ShareLink.objects.filter(theirs).values("pk"))


def what_is_known(client: Client) -> Known:
    """What would go with a client."""
    links = _with_family(client)
    picks = Pick.objects.filter(selection__share_link__in=links)
    return Known(
        galleries=client.galleries.count(),
        links=links_of(client).count(),
        family_links=links.count() - links_of(client).count(),
        selections=Selection.objects.filter(share_link__in=links).count(),
        picks=picks.filter(is_favourite=True).count(),
        notes=picks.exclude(note="").count(),
        wishes=ChangeRequest.objects.filter(share_link__in=links).count(),
        consents=Consent.objects.filter(share_link__in=links).count(),
        messages=Message.objects.filter(share_link__in=links).count(),
        visits=LinkVisit.objects.filter(share_link__in=links).count(),
    )


def galleries_with(client: Client) -> QuerySet[Gallery]:
    """The galleries that something of a client hangs on, deleted ones as well."""
    of_links = links_of(client).values("gallery")
    return Gallery.with_deleted.filter(Q(clients=client) | Q(pk__in=of_links)).distinct()


@transaction.atomic
def forget(client: Client, *, actor) -> Known:
    """Erase a client and all that is known of them."""
    known = what_is_known(client)
    galleries = [lock_gallery(one) for one in galleries_with(client).order_by("pk")]
    links = [*_with_family(client).values_list("pk", "recipient")]
    keys, names = {key for key, _name in links}, {client.name, *(name for _key, name in links)}
    Pick.objects.filter(selection__share_link__in=keys).delete()
    Selection.objects.filter(share_link__in=keys).delete()
    _requests_of(client, keys).delete()
    ShareLink.objects.filter(pk__in=keys).delete()
    # They name whom they are for.
    Delivery.objects.filter(gallery__in=galleries).update(print_release=None)
    for gallery in galleries:
        publishing.take_down_unallowed(gallery)
    _forget_in_log(client, galleries, keys, names - {""})
    log(client, ERASE, user=actor, title=NOBODY, data=known.as_data(), deleted=True)
    client.delete()
    return known


def _with_family(client: Client) -> QuerySet[ShareLink]:
    """A client's links, and those that were shared on by them."""
    own = links_of(client).values("pk")
    return ShareLink.objects.filter(Q(pk__in=own) | Q(shared_by__in=own))


def _requests_of(client: Client, links: set[int]) -> QuerySet[AccessRequest]:
    """What they asked to see, of galleries that this studio has."""
    theirs = Q(share_link__in=links)
    if client.email:
        in_studio = Q(gallery__collection=client.collection)
        in_studio |= Q(gallery__in=galleries_with(client).values("pk"))
        theirs |= Q(email__iexact=client.email) & in_studio
    return AccessRequest.objects.filter(theirs)


def _forget_in_log(
    client: Client, galleries: list[Gallery], links: set[int], names: set[str]
) -> None:
    of_client = ContentType.objects.get_for_model(Client)
    ModelLogEntry.objects.filter(content_type=of_client, object_id=str(client.pk)).delete()
    of_gallery = ContentType.objects.get_for_model(Gallery)
    entries = ModelLogEntry.objects.filter(
        content_type=of_gallery, object_id__in=[str(one.pk) for one in galleries]
    )
    changed = []
    for entry in entries.iterator():
        named = {name for name in ("recipient", "by") if entry.data.get(name) in names}
        if entry.data.get("link") in links:
            named |= {"recipient", "by"} & entry.data.keys()
        if named:
            entry.data = {name: value for name, value in entry.data.items() if name not in named}
            changed.append(entry)
    ModelLogEntry.objects.bulk_update(changed, ["data"], batch_size=500)
