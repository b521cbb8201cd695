"""Real objects for tests, of this package and of sites that build on it.

Each factory makes one thing with everything it needs and sensible defaults, stores real bytes
through the configured storages, and returns the saved object. Call :func:`make_storages` once
before the first of them.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from io import BytesIO
from itertools import count
from typing import Any
from uuid import uuid4

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.core.files.storage import storages
from django.utils import timezone
from PIL import Image
from wagtail.coreutils import get_supported_content_language_variant
from wagtail.models import AbstractPage, Collection, GroupCollectionPermission, Locale, Site

from .intake.clamd_process import running_clamd as running_clamd
from .intake.gallery_pages import gallery_page_model, index_page_types
from .mail_sink import smtp_sink as smtp_sink
from .many_photos import COLOURS, TIER_SIDES
from .many_photos import make_many_photos as make_many_photos
from .models import (
    AccessPolicy,
    Client,
    Delivery,
    DeliveryItem,
    Edit,
    EditStatus,
    FileRole,
    Gallery,
    Library,
    MatchMethod,
    Photo,
    PhotoFile,
    Rendition,
    Section,
    ShareLink,
    Stage,
    StoredFile,
    Verdict,
    Video,
    Visibility,
    base_page_model,
)
from .proofing.portfolio import IndexKind
from .storage import ORIGINALS, RENDITIONS, NASStorage, initialise_volume, write_new

_numbers = count(1)


def make_storages() -> None:
    """Initialise every configured storage of ours, as the operator's command does."""
    for alias in django_settings.STORAGES:
        if alias.startswith("pumbaphoto_") and isinstance(storages[alias], NASStorage):
            initialise_volume(storages[alias], alias.removeprefix("pumbaphoto_"))


def temporary_storages(path: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """STORAGES with initialised photo storages of their own under ``path``.

    For ``override_settings(STORAGES=temporary_storages(tmp_path))``; every other alias stays.
    """
    configured = dict(django_settings.STORAGES)
    for name in ("incoming", "originals", "renditions", "exports", "cold", "published"):
        storage = NASStorage(os.path.join(path, name))
        initialise_volume(storage, name)
        configured[f"pumbaphoto_{name}"] = {
            "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
            "OPTIONS": {"location": storage.location},
        }
    return configured


# --- People --------------------------------------------------------------------------------------


def make_user(username: str = "", **fields: Any) -> AbstractUser:
    """A user with the password "password"; staff of nothing until told otherwise."""
    username = username or f"user{next(_numbers)}"
    fields.setdefault("email", f"{username}@example.com")
    return get_user_model().objects.create_user(username=username, password="password", **fields)


def make_photographer(
    username: str = "", *, collection: Collection | None = None, **fields: Any
) -> AbstractUser:
    """A user who may enter the admin, do everything with galleries of ``collection``, and change
    and scan its libraries.
    """
    user = make_user(username, **fields)
    group = Group.objects.create(name=f"Photographers {next(_numbers)}")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    names = [f"{action}_gallery" for action in ("add", "change", "delete", "share", "deliver")]
    names += ["change_library", "scan_library"]
    for permission in Permission.objects.filter(
        content_type__app_label="pumbaphoto_wagtail", codename__in=names
    ):
        GroupCollectionPermission.objects.create(
            group=group,
            collection=collection or Collection.get_first_root_node(),
            permission=permission,
        )
    user.groups.add(group)
    return user


def make_client(name: str = "Anna Smith", **fields: Any) -> Client:
    fields.setdefault("email", "anna@example.com")
    return Client.objects.create(name=name, **fields)


def make_library(title: str = "Archive", *, owner: AbstractUser, **fields: Any) -> Library:
    """A library of a photographer; ``storage`` is an alias that the test has to set up."""
    fields.setdefault("storage", "library")
    fields.setdefault("site", make_site())
    return Library.objects.create(title=title, owner=owner, **fields)


# --- Galleries and their pages -------------------------------------------------------------------


def make_site() -> Site:
    """The default site, made with a root page if the database has none."""
    site = Site.objects.filter(is_default_site=True).first()
    if site:
        return site
    _make_what_migrations_made()
    model = base_page_model()
    root = model.get_first_root_node() or model.add_root(instance=model(title="Root", slug="root"))
    home = root.add_child(instance=model(title="Home", slug=f"home-{next(_numbers)}"))
    return Site.objects.create(
        hostname="localhost", root_page=home, is_default_site=True, site_name="Test studio"
    )


def _make_what_migrations_made() -> None:
    """A test that flushes the database takes the rows of data migrations away for the next one."""
    language = get_supported_content_language_variant(django_settings.LANGUAGE_CODE)
    Locale.objects.get_or_create(language_code=language)
    if Collection.get_first_root_node() is None:
        Collection.add_root(instance=Collection(name="Root"))


def make_index_page(
    kind: str = IndexKind.CLIENT_AREA, *, site: Site | None = None, **fields: Any
) -> AbstractPage:
    """A page of the site's first type that galleries are put below."""
    site = site or make_site()
    fields.setdefault("title", "Clients")
    fields.setdefault("slug", f"clients-{next(_numbers)}")
    return site.root_page.specific.add_child(instance=index_page_types()[0](kind=kind, **fields))


def make_page(
    gallery: Gallery, *, index_page: AbstractPage | None = None, **fields: Any
) -> AbstractPage:
    """A page that presents ``gallery``; it becomes the main page if there is none."""
    if index_page is None and index_page_types():
        index_page = make_index_page(site=gallery.site)
    # A site may put its galleries right below its home page.
    index_page = index_page or gallery.site.root_page.specific
    fields.setdefault("title", gallery.title)
    fields.setdefault("slug", f"gallery-{next(_numbers)}")
    page = index_page.add_child(instance=gallery_page_model()(gallery=gallery, **fields))
    if gallery.main_page is None:
        gallery.main_page = base_page_model().objects.get(pk=page.pk)
        gallery.save(update_fields=["main_page"])
    return page


def make_gallery(title: str = "Smith wedding", *, has_page: bool = True, **fields: Any) -> Gallery:
    """A gallery of its own photographer, with a live page under a client area."""
    fields["site"] = fields.get("site") or make_site()
    fields["owner"] = fields.get("owner") or make_user(first_name="Maria", last_name="Sol")
    gallery = Gallery.objects.create(title=title, **fields)
    if has_page and gallery.main_page is None:
        make_page(gallery)
    return gallery


def make_section(gallery: Gallery, title: str = "Ceremony", **fields: Any) -> Section:
    return Section.objects.create(gallery=gallery, title=title, **fields)


def make_policy(
    visibility: str = Visibility.PUBLIC, *, users=(), groups=(), **target: Any
) -> AccessPolicy:
    """An access policy for ``page=``, ``gallery=`` or ``photo=``."""
    policy = AccessPolicy.objects.create(visibility=visibility, **target)
    policy.users.set(users)
    policy.groups.set(groups)
    return policy


def make_link(gallery: Gallery, recipient: str = "Anna", **fields: Any) -> ShareLink:
    """A share link as the photographer makes one, with the owner as its maker."""
    from .proofing.links import create_link

    return create_link(gallery, actor=gallery.owner, recipient=recipient, **fields)


# --- Files and photographs -----------------------------------------------------------------------


def jpeg_bytes(width: int = 60, height: int = 40, colour: str = COLOURS[0]) -> bytes:
    """A small, real JPEG; no two calls give the same bytes."""
    picture = Image.new("RGB", (width, height), colour)
    comment = f"picture {next(_numbers)}".encode()
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=80, comment=comment)
    return buffer.getvalue()


def make_stored_file(
    content: bytes | None = None,
    *,
    original_name: str = "IMG_0001.jpg",
    name_on_disk: str = "",
    **fields: Any,
) -> StoredFile:
    """A file in the originals, scanned and ready unless ``stage`` and ``verdict`` say otherwise."""
    content = jpeg_bytes() if content is None else content
    uuid = uuid4()
    fields.setdefault("storage", ORIGINALS)
    fields.setdefault("collection", Collection.get_first_root_node())
    fields.setdefault("format", "jpeg")
    fields.setdefault("stage", Stage.READY)
    fields.setdefault("verdict", Verdict.CLEAN)
    extension = original_name.rpartition(".")[2].lower()
    name = name_on_disk or f"{uuid.hex[:2]}/{uuid}.{extension}"
    write_new(fields["storage"], name, content)
    return StoredFile.objects.create(
        uuid=uuid,
        name=name,
        original_name=original_name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        crc32=zlib.crc32(content),
        **fields,
    )


def make_rendition(
    stored_file: StoredFile, tier: str, *, content: bytes | None = None, **fields: Any
) -> Rendition:
    """A picture as row and bytes; ``fields`` are ``width``, ``height`` and perhaps others."""
    content = content or jpeg_bytes(fields["width"], fields["height"])
    digest = hashlib.sha256(content).hexdigest()
    name = f"{stored_file.uuid.hex[:2]}/{stored_file.uuid}/{tier}-{digest[:16]}.jpg"
    write_new(RENDITIONS, name, content)
    return Rendition.objects.create(
        stored_file=stored_file,
        tier=tier,
        recipe=f"test {fields.get('watermark', '')}".strip()[:64],
        size=len(content),
        digest=digest,
        crc32=zlib.crc32(content),
        storage=RENDITIONS,
        name=name,
        **fields,
    )


def make_renditions(stored_file: StoredFile, *, width: int, height: int) -> list[Rendition]:
    """One rendition for each tier, of the proportions of ``width`` and ``height``."""
    longer = max(width, height)
    shares = {tier: min(1, side / longer) for tier, side in TIER_SIDES.items()}
    return [
        make_rendition(
            stored_file,
            tier,
            width=max(1, round(width * share)),
            height=max(1, round(height * share)),
        )
        for tier, share in shares.items()
    ]


def make_marked(photo: Photo) -> list[Rendition]:
    """The pictures of a photograph that carry its gallery's watermark, as rows and bytes."""
    as_wanted = {"width": photo.width, "height": photo.height}
    as_wanted["watermark"] = photo.gallery.watermark_key
    return [make_rendition(photo.picture, tier, **as_wanted) for tier in ("view", "display")]


def make_photo(
    gallery: Gallery,
    name: str = "",
    *,
    width: int = 60,
    height: int = 40,
    content: bytes | None = None,
    is_rendered: bool = True,
    **fields: Any,
) -> Photo:
    """A photograph with its stored original and its pictures in all tiers."""
    number = next(_numbers)
    name = name or f"IMG_{number:04d}.jpg"
    if "picture" not in fields:
        content = content or jpeg_bytes(width, height, COLOURS[number % len(COLOURS)])
        fields["picture"] = make_stored_file(
            content, original_name=name, collection=gallery.collection
        )
        if is_rendered:
            make_renditions(fields["picture"], width=width, height=height)
    fields.setdefault("average_colour", COLOURS[number % len(COLOURS)])
    photo = Photo.objects.create(
        gallery=gallery,
        name=name,
        name_key=name.casefold(),
        frame_key=f"frame-{number}",
        width=width,
        height=height,
        **fields,
    )
    PhotoFile.objects.create(photo=photo, stored_file=photo.picture, role=FileRole.PICTURE)
    return photo


def make_video(gallery: Gallery, title: str = "Our day", **fields: Any) -> Video:
    """A film whose provider has answered, without a thumbnail."""
    fields.setdefault("url", f"https://films.example/{next(_numbers)}")
    fields.setdefault("provider", "Films")
    fields.setdefault("player_url", "https://player.films.example/42?autoplay=1")
    fields.setdefault("fetched_at", timezone.now())
    return Video.objects.create(gallery=gallery, title=title, **fields)


# --- Edits and deliveries ------------------------------------------------------------------------


def make_edit(
    gallery: Gallery, photo: Photo | None = None, *, name: str = "", **fields: Any
) -> Edit:
    """An edit with its stored file and its pictures, matched to ``photo`` if one is given."""
    stem = photo.name.rpartition(".")[0] if photo else "gift"
    width, height = (photo.width, photo.height) if photo else (60, 40)
    file = make_stored_file(
        jpeg_bytes(width, height, COLOURS[1]),
        original_name=name or f"{stem}_edit.jpg",
        collection=gallery.collection,
    )
    make_renditions(file, width=width, height=height)
    fields.setdefault("status", EditStatus.MATCHED if photo else EditStatus.AS_IT_IS)
    fields.setdefault("method", MatchMethod.STRIPPED_NAME if photo else MatchMethod.NONE)
    return Edit.objects.create(gallery=gallery, photo=photo, stored_file=file, **fields)


def make_delivery(gallery: Gallery, edits: list[Edit], **fields: Any) -> Delivery:
    """A delivery of ``edits`` as rows alone: no state moves and nobody is told."""
    number = gallery.deliveries.count() + 1
    delivery = Delivery.objects.create(
        gallery=gallery, number=number, actor=gallery.owner, sent_at=timezone.now(), **fields
    )
    DeliveryItem.objects.bulk_create(
        DeliveryItem(
            delivery=delivery,
            stored_file=edit.stored_file,
            edit=edit,
            photo=edit.photo,
            member_name=edit.stored_file.original_name,
            size=edit.stored_file.size,
            crc32=edit.stored_file.crc32,
            sha256=edit.stored_file.sha256,
            position=position,
        )
        for position, edit in enumerate(edits)
    )
    return delivery
