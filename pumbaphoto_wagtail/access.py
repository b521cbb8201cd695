"""Who may see which byte, now: the one resolver that everything asks.

Each rule stands here twice, once for a single object and once as a queryset, and a property test
holds the two together. A viewer is a user, the share links their browser holds, and the page
passwords they have given; a token, a cookie or a request is turned into one in ``proofing.links``.

For photographs, in this order:

1. staff who may view the gallery see all of it that was scanned;
2. a valid share link of the gallery shows its shown, unhidden photographs, within its sections;
3. policies: a photo's own overrides its gallery's, a gallery's those of the index pages above its
   main page, the nearest first (``access_tree``). No policy: nobody. Wagtail's page restrictions
   narrow this. What is for whoever knows its address may be seen and is named by nothing.

Nothing unscanned and nothing deleted is ever visible, whoever asks. A photograph of a gallery with
a watermark is there for staff alone until the mark is drawn into what clients look at; and whoever
looks at it as a proof gets :func:`proof_renditions`, which are clean in no tier but the smallest.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from wagtail.models import Page

from .access_delivered import (
    deliveries_visible_to,
    gives,
    items_visible_to,
    may_download,
    may_see_item,
    newest_items,
    shown_by,
    shows_delivered,
)
from .access_tree import (
    is_quiet,
    is_quiet_q,
    lets_in,
    lets_in_q,
    listed_pages,
    may_see_index,
    passes_restrictions,
    passes_restrictions_q,
    works_on,
)
from .models import (
    TRUSTED_VERDICTS,
    AccessPolicy,
    Gallery,
    LinkPurpose,
    Photo,
    Rendition,
    ShareLink,
    Stage,
    State,
    Visibility,
)
from .models.photo_rendition import proof_renditions
from .permissions import galleries_for, may
from .viewers import DECIDING, OPEN, Viewer, allows, is_valid, known_links, names, valid_links

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
    "listed_pages",
    "marked_as_wanted",
    "may_be_named",
    "may_download",
    "may_name_page",
    "may_see_gallery",
    "may_see_item",
    "may_see_page",
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


def may_be_named(viewer: Viewer, gallery: Gallery, on: Page | None = None) -> bool:
    """Whether a listing may name a gallery to this viewer: it may be seen, the photographer lets
    it be listed, and its address is no secret to them.

    An address is a secret where the gallery or an index page above it is for whoever knows the
    address. It is none to staff, to who holds a link and to members, who are named by the gallery
    or nearer to it than what keeps it secret; nor on a page which is itself below that index page.
    """
    if not gallery.is_listed or not may_see_gallery(viewer, gallery):
        return False
    if may(viewer.user, "view", gallery) or viewer.link_for(gallery):
        return True
    policy = getattr(gallery, "policy", None)
    if policy is not None and names(policy, viewer):
        return True
    if policy is not None and policy.visibility == Visibility.UNLISTED:
        return False
    return not is_quiet(viewer, gallery.main_page, on)


def may_see_page(viewer: Viewer, page: Page) -> bool:
    """Whether this viewer may see a page (as its own type) as a visitor of the site.

    A page that presents a gallery is judged by the gallery, any other by the index pages above.
    """
    gallery = getattr(page, "gallery", None)
    if not isinstance(gallery, Gallery):
        return not hasattr(page, "gallery") and may_see_index(viewer, page)
    if not page.live:
        return False
    if may(viewer.user, "view", gallery) or viewer.link_for(gallery):
        return True
    return passes_restrictions(viewer, page) and may_see_gallery(viewer, gallery)


def may_name_page(viewer: Viewer, page: Page, on: Page | None = None) -> bool:
    """Whether a menu, a sitemap or the page ``on`` may name a page to this viewer."""
    gallery = getattr(page, "gallery", None)
    if isinstance(gallery, Gallery):
        if not may_be_named(viewer, gallery, on):
            return False
        if page.pk == gallery.main_page_id:
            return may_see_page(viewer, page)
    is_known = not is_quiet(viewer, page, on) or works_on(viewer, page)
    return is_known and may_see_page(viewer, page)


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
    return passes_restrictions(viewer, page)


def _gallery_policy_allows(viewer: Viewer, gallery: Gallery) -> bool:
    policy = getattr(gallery, "policy", None)
    if policy is not None and policy.visibility in DECIDING:
        return allows(policy, viewer)
    return lets_in(viewer, gallery.main_page, undecided=False)


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


def listed_galleries(viewer: Viewer, on: Page | None = None) -> QuerySet[Gallery]:
    """What may be named to this viewer: those for which :func:`may_be_named` says yes.

    ``on`` is the page that names them. Without one it is a search, a feed or a sitemap.
    """
    has_own_way = Q(pk__in=galleries_for(viewer.user).values("pk")) | Q(
        pk__in=[link.gallery_id for link in viewer.live_links]
    )
    is_member = Q(policy__in=AccessPolicy.objects.filter(_naming(viewer)).values("pk"))
    is_unlisted = Q(policy__visibility=Visibility.UNLISTED)
    named = has_own_way | is_member | (~is_unlisted & ~is_quiet_q(viewer, "main_page__", on))
    return galleries_visible_to(viewer).filter(named, is_listed=True)


def photos_visible_to(viewer: Viewer, tier: str) -> QuerySet[Photo]:
    """The photographs for which :func:`may_see_photo` says yes in ``tier``, and that may be named.

    One that is for whoever knows its address is left out for visitors: no wall, count, feed or
    slideshow has it.
    """
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
    return is_open & passes_restrictions_q(viewer, f"{prefix}main_page__")


def _allowing_policies(viewer: Viewer) -> QuerySet[AccessPolicy]:
    allowing = Q(visibility__in=OPEN) | (Q(visibility=Visibility.MEMBERS) & _naming(viewer))
    return AccessPolicy.objects.filter(allowing)


def _naming(viewer: Viewer) -> Q:
    """The policies for which ``viewers.names`` says yes."""
    if not viewer.is_known:
        return Q(pk__in=[])
    named = AccessPolicy.users.through.objects.filter(
        accesspolicy=OuterRef("pk"), user=viewer.user.pk
    )
    grouped = AccessPolicy.groups.through.objects.filter(
        accesspolicy=OuterRef("pk"), group__in=viewer.group_ids
    )
    return Q(Exists(named)) | Q(Exists(grouped))


def _gallery_policy(viewer: Viewer, prefix: str) -> Q:
    own = Q(**{f"{prefix}policy__in": _allowing_policies(viewer).values("pk")})
    undecided = Q(**{f"{prefix}policy__isnull": True}) | Q(
        **{f"{prefix}policy__visibility": Visibility.INHERIT}
    )
    return own | (undecided & lets_in_q(viewer, f"{prefix}main_page__", undecided=False))


def _photo_policy(viewer: Viewer) -> Q:
    allowing = _allowing_policies(viewer).exclude(visibility=Visibility.UNLISTED)
    own = Q(policy__in=allowing.values("pk"))
    undecided = Q(policy__isnull=True) | Q(policy__visibility=Visibility.INHERIT)
    return own | (undecided & _gallery_policy(viewer, "gallery__"))
