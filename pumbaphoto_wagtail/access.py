"""Who may see which byte, now: the one resolver that everything asks.

Each rule stands here twice, once for a single object and once as a queryset, and a property test
holds the two together. A viewer is a user, the share links their browser holds, and the page
passwords they have given; a token, a cookie or a request is turned into one in ``proofing.links``.

For photographs, in this order:

1. staff who may view the gallery see all of it that was scanned;
2. a valid share link of the gallery shows its shown, unhidden photographs, within its sections;
3. policies: a photo's own overrides its gallery's, a gallery's those of the index pages above its
   main page, the nearest first. No policy: nobody. Wagtail's page restrictions narrow this.

Nothing unscanned and nothing deleted is ever visible, whoever asks. A photograph of a gallery with
a watermark is there for staff alone until the mark is drawn into what clients look at; and whoever
looks at it as a proof gets :func:`proof_renditions`, which are clean in no tier but the smallest.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.lookups import IsNull

from .conf import UNMARKED_TIER
from .models import (
    TRUSTED_VERDICTS,
    AccessPolicy,
    Delivery,
    DeliveryItem,
    Downloads,
    Gallery,
    LinkPurpose,
    Photo,
    Rendition,
    ShareLink,
    Stage,
    State,
    Visibility,
)
from .permissions import galleries_for, may
from .viewers import DECIDING, Viewer, allows, is_valid, known_links, valid_links

__all__ = [
    "ORIGINAL",
    "Viewer",
    "deliveries_visible_to",
    "galleries_visible_to",
    "gives",
    "is_marked_as_wanted",
    "is_valid",
    "items_visible_to",
    "known_links",
    "link_shows",
    "links_show",
    "listed_galleries",
    "mark_in",
    "marked_as_wanted",
    "may_download",
    "may_see_gallery",
    "may_see_item",
    "may_see_photo",
    "newest_items",
    "photos_of_staff_and_links",
    "photos_through_links",
    "photos_visible_to",
    "proof_renditions",
    "shown_by",
    "shows_delivered",
    "valid_links",
]

ORIGINAL = "original"
# The format of renditions that is always made.
SHOWN_BY_ALL = "jpeg"
# What must be there with the mark drawn in before a photograph is shown.
MARKED_TIERS = ("view", "display")


# --- One object ----------------------------------------------------------------------------------


def may_see_gallery(viewer: Viewer, gallery: Gallery) -> bool:
    """Whether this viewer may know that the gallery exists."""
    if may(viewer.user, "view", gallery) or viewer.link_for(gallery):
        return True
    return _is_open_to_visitors(viewer, gallery) and _gallery_policy_allows(viewer, gallery)


def may_see_photo(viewer: Viewer, photo: Photo, tier: str) -> bool:
    """Whether this viewer may see this photograph in this tier, now.

    ``tier`` is one of the configured tiers or :data:`ORIGINAL`.
    """
    picture = photo.picture
    if picture is None or picture.verdict not in TRUSTED_VERDICTS:
        return False
    if photo.deleted_at is not None:
        return False
    gallery = photo.gallery
    if may(viewer.user, "view", gallery):
        return True
    if picture.stage != Stage.READY or not photo.is_shown or photo.is_hidden:
        return False
    if not is_marked_as_wanted(photo):
        return False
    link = viewer.link_for(gallery)
    if link and link_shows(link, photo, tier):
        return True
    return (
        tier != ORIGINAL
        and not photo.is_couple_only
        and _is_open_to_visitors(viewer, gallery)
        and _photo_policy_allows(viewer, photo)
    )


def is_marked_as_wanted(photo: Photo) -> bool:
    """Whether the mark that the photo's gallery wants is drawn in; always true where none is."""
    key = photo.gallery.watermark_key
    if not key:
        return True
    made = photo.picture.renditions.all()
    marked = {row.tier for row in made if row.watermark == key and row.format == SHOWN_BY_ALL}
    return marked.issuperset(MARKED_TIERS)


def mark_in(gallery: Gallery, tier: str) -> str:
    """The key of the mark that proofs of a gallery carry in a tier; empty for clean ones."""
    return "" if tier == UNMARKED_TIER else gallery.watermark_key


def proof_renditions(photo: Photo) -> list[Rendition]:
    """What a photograph is shown by as a proof, to whoever may see it, staff as well.

    The photographer looks at the same pictures as the client, so that no address of a clean one
    ever stands in a page or a cache that a client may come by.
    """
    made = photo.picture.renditions.all()
    return [row for row in made if row.watermark == mark_in(photo.gallery, row.tier)]


def link_shows(link: ShareLink, photo: Photo, tier: str) -> bool:
    """Whether a photograph that is presented is within what a valid link shows."""
    if photo.gallery.state == State.ARCHIVED:
        return False
    if tier == ORIGINAL and not link.may_download_originals:
        return False
    if photo.is_couple_only and link.purpose != LinkPurpose.CLIENT:
        return False
    sections = {section.pk for section in link.sections.all()}
    return not sections or photo.section_id in sections


def _is_open_to_visitors(viewer: Viewer, gallery: Gallery) -> bool:
    page = gallery.main_page
    if gallery.state == State.ARCHIVED or page is None or not page.live:
        return False
    if gallery.deleted_at is not None:
        return False
    return not any(page.path.startswith(path) for path in viewer.closed_paths)


def _gallery_policy_allows(viewer: Viewer, gallery: Gallery) -> bool:
    policy = getattr(gallery, "policy", None)
    if policy is not None and policy.visibility in DECIDING:
        return allows(policy, viewer)
    covering = (allowed for path, allowed in viewer.page_policies if _is_under(gallery, path))
    return next(covering, False)


def _is_under(gallery: Gallery, path: str) -> bool:
    return gallery.main_page is not None and gallery.main_page.path.startswith(path)


def _photo_policy_allows(viewer: Viewer, photo: Photo) -> bool:
    policy = getattr(photo, "policy", None)
    if policy is not None and policy.visibility in DECIDING:
        return allows(policy, viewer)
    return _gallery_policy_allows(viewer, photo.gallery)


# --- Querysets -----------------------------------------------------------------------------------


def galleries_visible_to(viewer: Viewer) -> QuerySet[Gallery]:
    """The galleries for which :func:`may_see_gallery` says yes."""
    return Gallery.objects.filter(
        Q(pk__in=galleries_for(viewer.user).values("pk"))
        | Q(pk__in=[link.gallery_id for link in viewer.live_links])
        | (_open_to_visitors(viewer, "") & _gallery_policy(viewer, ""))
    )


def listed_galleries(viewer: Viewer) -> QuerySet[Gallery]:
    """What an index page may name to this viewer."""
    return galleries_visible_to(viewer).filter(is_listed=True)


def photos_visible_to(viewer: Viewer, tier: str) -> QuerySet[Photo]:
    """The photographs for which :func:`may_see_photo` says yes in ``tier``."""
    trusted = Q(picture__verdict__in=TRUSTED_VERDICTS)
    staff = Q(gallery__in=galleries_for(viewer.user).values("pk"))
    visitors = Q(pk__in=[])
    if tier != ORIGINAL:
        visitors = (
            Q(is_couple_only=False) & _open_to_visitors(viewer, "gallery__") & _photo_policy(viewer)
        )
    return Photo.objects.kept().filter(
        trusted & (staff | (_presented() & (links_show(viewer, tier) | visitors)))
    )


def photos_through_links(viewer: Viewer, tier: str) -> QuerySet[Photo]:
    """The photographs that the viewer's links show, whatever else they may see."""
    trusted = Q(picture__verdict__in=TRUSTED_VERDICTS)
    return Photo.objects.filter(trusted & _presented() & links_show(viewer, tier))


def photos_of_staff_and_links(viewer: Viewer, tier: str) -> QuerySet[Photo]:
    """What staff see as such and what links show; no policy, which lets in visitors, is asked."""
    trusted = Q(picture__verdict__in=TRUSTED_VERDICTS)
    staff = Q(gallery__in=galleries_for(viewer.user).values("pk"))
    return Photo.objects.kept().filter(
        trusted & (staff | (_presented() & links_show(viewer, tier)))
    )


def _presented() -> Q:
    return Q(picture__stage=Stage.READY, is_shown=True, is_hidden=False) & marked_as_wanted()


def marked_as_wanted() -> Q:
    """The photographs for which :func:`is_marked_as_wanted` says yes."""
    drawn = Q()
    for tier in MARKED_TIERS:
        drawn &= Exists(
            Rendition.objects.filter(
                stored_file=OuterRef("picture"),
                tier=tier,
                format=SHOWN_BY_ALL,
                watermark=OuterRef("gallery__watermark_key"),
            )
        )
    return Q(gallery__watermark_key="") | drawn


def links_show(viewer: Viewer, tier: str) -> Q:
    """The photographs for which :func:`link_shows` says yes, for any link of the viewer."""
    shown = Q(pk__in=[])
    for link in viewer.live_links:
        if tier == ORIGINAL and not link.may_download_originals:
            continue
        through_link = Q(gallery=link.gallery_id) & ~Q(gallery__state=State.ARCHIVED)
        if link.purpose != LinkPurpose.CLIENT:
            through_link &= Q(is_couple_only=False)
        sections = [section.pk for section in link.sections.all()]
        if sections:
            through_link &= Q(section__in=sections)
        shown |= through_link
    return shown


def _open_to_visitors(viewer: Viewer, prefix: str) -> Q:
    is_open = Q(**{f"{prefix}main_page__live": True}) & ~Q(**{f"{prefix}state": State.ARCHIVED})
    is_open &= Q(**{f"{prefix}deleted_at__isnull": True})
    for path in viewer.closed_paths:
        is_open &= ~Q(**{f"{prefix}main_page__path__startswith": path})
    return is_open


def _allowing_policies(viewer: Viewer) -> QuerySet[AccessPolicy]:
    allowing = Q(visibility=Visibility.PUBLIC)
    if viewer.is_known:
        named = AccessPolicy.users.through.objects.filter(
            accesspolicy=OuterRef("pk"), user=viewer.user.pk
        )
        grouped = AccessPolicy.groups.through.objects.filter(
            accesspolicy=OuterRef("pk"), group__in=viewer.group_ids
        )
        allowing |= Q(visibility=Visibility.MEMBERS) & (Exists(named) | Exists(grouped))
    return AccessPolicy.objects.filter(allowing)


def _gallery_policy(viewer: Viewer, prefix: str) -> Q:
    own = Q(**{f"{prefix}policy__in": _allowing_policies(viewer).values("pk")})
    undecided = Q(**{f"{prefix}policy__isnull": True}) | Q(
        **{f"{prefix}policy__visibility": Visibility.INHERIT}
    )
    return own | (undecided & _page_policy(viewer, prefix))


def _page_policy(viewer: Viewer, prefix: str) -> Q:
    # From the outermost policy inwards, so that the nearest one has the last word.
    allowed = Q(pk__in=[])
    for path, is_let_in in reversed(viewer.page_policies):
        under = Q(**{f"{prefix}main_page__path__startswith": path})
        allowed = (allowed | under) if is_let_in else (allowed & ~under)
    return allowed


def _photo_policy(viewer: Viewer) -> Q:
    own = Q(policy__in=_allowing_policies(viewer).values("pk"))
    undecided = Q(policy__isnull=True) | Q(policy__visibility=Visibility.INHERIT)
    return own | (undecided & _gallery_policy(viewer, "gallery__"))


# --- What was delivered --------------------------------------------------------------------------


def items_visible_to(viewer: Viewer, gallery: Gallery) -> QuerySet[DeliveryItem]:
    """The delivered files of a gallery that this viewer may look at: the newest of each."""
    trusted = Q(stored_file__verdict__in=TRUSTED_VERDICTS)
    if may(viewer.user, "view", gallery):
        return DeliveryItem.objects.filter(trusted, delivery__gallery=gallery)
    link = viewer.link_for(gallery)
    if link is None or not shows_delivered(gallery):
        return DeliveryItem.objects.none()
    return shown_by(link, newest_items(gallery).filter(trusted))


def shown_by(link: ShareLink, items: QuerySet[DeliveryItem]) -> QuerySet[DeliveryItem]:
    """Of a gallery's delivered files those that a link is about: its sections, nothing hidden."""
    sections = [section.pk for section in link.sections.all()]
    if sections:
        items = items.filter(photo__section__in=sections)
    if link.purpose != LinkPurpose.CLIENT:
        items = items.exclude(photo__is_couple_only=True)
    return items.filter(Q(photo__isnull=True) | Q(photo__is_hidden=False))


def shows_delivered(gallery: Gallery) -> bool:
    """Whether the holders of links get what was delivered: always but in the archive, and there
    where the photographer keeps it online.
    """
    return gallery.state != State.ARCHIVED or gallery.keeps_delivered_online


def deliveries_visible_to(viewer: Viewer, gallery: Gallery) -> QuerySet[Delivery]:
    """The deliveries that this viewer may know of: those that held something for them, also where
    newer versions have taken its place.
    """
    if may(viewer.user, "view", gallery):
        return Delivery.objects.filter(gallery=gallery)
    link = viewer.link_for(gallery)
    if link is None or not shows_delivered(gallery):
        return Delivery.objects.none()
    shown = shown_by(link, DeliveryItem.objects.filter(delivery__gallery=gallery))
    return Delivery.objects.filter(gallery=gallery, pk__in=shown.values("delivery"))


def newest_items(gallery: Gallery) -> QuerySet[DeliveryItem]:
    """What was delivered of a gallery, of each variant of each photograph what was sent last."""
    items = DeliveryItem.objects.filter(delivery__gallery=gallery)
    return items.filter(~_superseded())


def _superseded() -> Exists:
    newer = DeliveryItem.objects.filter(
        # A finished photo is delivered without an edit; NULL equals nothing in SQL.
        Q(edit__variant=OuterRef("edit__variant"))
        | Q(edit__isnull=True) & IsNull(OuterRef("edit"), True),
        photo=OuterRef("photo"),
        delivery__number__gt=OuterRef("delivery__number"),
        delivery__gallery=OuterRef("delivery__gallery"),
    )
    return Exists(newer)


def may_see_item(viewer: Viewer, item: DeliveryItem) -> bool:
    """Whether this viewer may look at one delivered file."""
    return items_visible_to(viewer, item.delivery.gallery).filter(pk=item.pk).exists()


def may_download(viewer: Viewer, gallery: Gallery, size: str) -> bool:
    """Whether this viewer may download delivered files of a gallery in ``size`` (web or full)."""
    if may(viewer.user, "view", gallery):
        return True
    link = viewer.link_for(gallery)
    if link is None or not shows_delivered(gallery):
        return False
    return gives(link, size)


def gives(link: ShareLink, size: str) -> bool:
    """Whether a valid link lets its holder download in ``size`` (web or full)."""
    return link.downloads == Downloads.FULL or link.downloads == size == Downloads.WEB
