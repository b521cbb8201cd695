"""A studio to look at: a photographer, galleries in different states, three years of portfolio."""

from __future__ import annotations

import time
import uuid
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings as django_settings
from django.contrib.auth import get_permission_codename, get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.storage import FileSystemStorage
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import (
    AbstractPage,
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Site,
)

from pumbaphoto_wagtail.admin.creation import (
    create_gallery,
    find_or_create_client,
    index_pages_for,
)
from pumbaphoto_wagtail.delivery.matching import match_edits
from pumbaphoto_wagtail.delivery.sending import deliver
from pumbaphoto_wagtail.intake import batches, receiving
from pumbaphoto_wagtail.intake.gallery_pages import index_page_types, new_page
from pumbaphoto_wagtail.intake.pipeline import render_file, scan_file
from pumbaphoto_wagtail.management.demo_shoots import (
    CAFE,
    CONFIRMATION,
    FAMILY,
    IN_PORTFOLIO,
    SHOOTS,
    WEDDING,
    Shoot,
)
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    AccessPolicy,
    Gallery,
    Purpose,
    ShareLink,
    UploadBatch,
    Visibility,
    base_page_model,
)
from pumbaphoto_wagtail.proofing.links import address, create_link
from pumbaphoto_wagtail.proofing.picks import set_favourite, set_note
from pumbaphoto_wagtail.proofing.portfolio import IndexKind
from pumbaphoto_wagtail.proofing.submission import submit_selection

USERNAME, PASSWORD = "maria", "demo"
COLLECTION = "Maria Lindqvist"
GROUP = "Photographers"
PICTURE_EXTENSIONS = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}
EDITED_FOLDER = "edited"
SETTLE_SECONDS = 600

PORTFOLIO = "Portfolio"
DAYS_LATE = 4
DAYS_OPEN = 5


class Command(BaseCommand):
    help = _("Fill a demonstration studio: a photographer, three galleries, a portfolio, once.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--photos",
            type=Path,
            required=True,
            help=_("A folder of photographs; edits of them may lie in its folder “edited”."),
        )

    def handle(self, *, photos: Path, **options: object) -> None:
        if not django_settings.DEBUG:
            raise CommandError("This makes accounts with known passwords: only with DEBUG.")
        names = _pictures_in(photos)
        if len(names) < len(SHOOTS):
            raise CommandError(f"{photos} holds no photographs (JPEG, PNG or TIFF).")
        photographer = make_photographer()
        first = 0
        for shoot in SHOOTS:
            count = max(1, round(len(names) * shoot.share))
            part = names[first : first + count]
            first += count
            if part and not Gallery.objects.filter(title=shoot.title, owner=photographer).exists():
                self.stdout.write(f"  {shoot.title}: {len(part)} photographs")
                self.fill(shoot, photographer, photos, part)
        self.introduce(photographer)

    def fill(self, shoot: Shoot, photographer, photos: Path, names: list[str]) -> None:
        gallery = make_gallery(shoot, photographer)
        files = dict(zip(_paths(shoot, names), _read(photos, names), strict=True))
        send(gallery, Purpose.ORIGINAL, files)
        if shoot in IN_PORTFOLIO:
            show_to_everybody(gallery)
            return
        date_by_photographs(gallery)
        link = create_link(
            gallery,
            actor=photographer,
            recipient=shoot.client,
            client=gallery.clients.first(),
        )
        if shoot is WEDDING:
            create_link(
                gallery,
                actor=photographer,
                recipient="Grandmother Siv",
                purpose="family",
                decides=False,
                downloads="web",
            )
            return
        if shoot is CONFIRMATION:
            be_late(link)
            return
        choose(link, shoot)
        if shoot is CAFE:
            send(gallery, Purpose.EDIT, _edits(photos, link) | _riddles(photos, gallery))
            match_edits(gallery.pk)
        if shoot is FAMILY:
            send(gallery, Purpose.EDIT, _edits(photos, link))
            match_edits(gallery.pk)
            gallery.refresh_from_db()
            deliver(gallery, actor=photographer, words="Thank you for a lovely morning!")
            end_soon(link)

    def introduce(self, photographer) -> None:
        """Every account and every link, as a newcomer needs them."""
        write = self.stdout.write
        write(f"\n  Photographer: {USERNAME} / {PASSWORD}")
        for gallery in Gallery.objects.filter(owner=photographer).order_by("pk"):
            write(f"\n  {gallery.title} ({gallery.get_state_display()})")
            for link in gallery.share_links.all():
                write(f"    {link.recipient}: {address(link)}")
            if gallery.is_listed and gallery.main_page:
                write(f"    Everybody: {gallery.main_page.full_url}")
        write("")


def make_photographer():  # noqa: ANN201
    """The demo's photographer, with a group and a collection of their own."""
    users = get_user_model().objects
    found = users.filter(username=USERNAME).first()
    if found is not None:
        return found
    user = users.create_user(
        USERNAME, "maria@example.com", PASSWORD, first_name="Maria", last_name="Lindqvist"
    )
    group, _is_new = Group.objects.get_or_create(name=GROUP)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    root = Collection.get_first_root_node()
    collection = Collection.objects.filter(name=COLLECTION).first() or root.add_child(
        instance=Collection(name=COLLECTION)
    )
    for action in ("add", "change", "delete", "share", "deliver"):
        GroupCollectionPermission.objects.get_or_create(
            group=group,
            collection=collection,
            permission=Permission.objects.get(
                content_type__app_label="pumbaphoto_wagtail", codename=f"{action}_gallery"
            ),
        )
    home = Site.objects.get(is_default_site=True).root_page
    base = base_page_model()._meta
    for action in ("add", "change", "publish"):
        GroupPagePermission.objects.get_or_create(
            group=group,
            page=home,
            permission=Permission.objects.get(
                content_type__app_label=base.app_label,
                codename=get_permission_codename(action, base),
            ),
        )
    user.groups.add(group)
    return user


def make_gallery(shoot: Shoot, photographer) -> Gallery:
    """The gallery of a shoot, its page under the studio's client area."""
    site = Site.objects.get(is_default_site=True)
    collection = Collection.objects.get(name=COLLECTION)
    clients = []
    if shoot.client:
        clients = [
            find_or_create_client(
                actor=photographer, name=shoot.client, email=shoot.email, collection=collection
            )
        ]
    if shoot in IN_PORTFOLIO:
        index_page = make_portfolio(site, shoot.albums)
    else:
        index_page = index_pages_for(photographer).first()
    return create_gallery(
        actor=photographer,
        title=shoot.title,
        site=site,
        clients=clients,
        shoot_date=date.today() - timedelta(days=shoot.days_ago),
        preset=shoot.preset,
        collection=collection,
        index_page=index_page,
        makes_index=index_page is None,
    )


def make_portfolio(site: Site, albums: Iterable[str]) -> AbstractPage:
    """The page that names what everybody may see, in the site's menu, or an album below it."""
    model, index = index_page_types()[0], site.root_page
    for title in (PORTFOLIO, *albums):
        found = model.objects.child_of(index).filter(title=title).first()
        index = found or index.specific.add_child(
            instance=new_page(
                model, title=title, kind=IndexKind.PORTFOLIO, is_in_menus=title == PORTFOLIO
            )
        )
    return index


def show_to_everybody(gallery: Gallery) -> None:
    """Let visitors in without a link, and let the portfolio name it."""
    AccessPolicy.objects.update_or_create(
        gallery=gallery, defaults={"visibility": Visibility.PUBLIC}
    )
    Gallery.objects.filter(pk=gallery.pk).update(is_listed=True)


def send(gallery: Gallery, purpose: Purpose, files: dict[str, bytes]) -> UploadBatch:
    """Take files, folder and name to bytes, the way of every upload, to its end."""
    batch = batches.announce(
        gallery,
        uploader=gallery.owner,
        purpose=purpose,
        announcements=[
            batches.Announcement(
                name=Path(path).name,
                size=len(content),
                relative_path=path,
                last_modified=timezone.now(),
                client_key=uuid.uuid4(),
            )
            for path, content in files.items()
        ],
    )
    for upload, content in zip(batch.uploads.order_by("pk"), files.values(), strict=True):
        if upload.state not in FINAL_UPLOAD_STATES:
            with receiving.Writer(receiving.start(upload)) as writer:
                writer.append(0, [content])
    _await_end(batch)
    return batch


def _await_end(batch: UploadBatch) -> None:
    """Scan and render beside the queue's workers, until every file has come to an end."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        pending = batch.uploads.exclude(state__in=FINAL_UPLOAD_STATES)
        keys = list(pending.values_list("stored_file", flat=True))
        if not keys:
            return
        for key in keys:
            scan_file(key)
            render_file(key)
        time.sleep(0.5)
    raise CommandError("The photographs were not scanned in time: is the virus scanner running?")


def date_by_photographs(gallery: Gallery) -> None:
    """The shoot was when its first photograph was taken, where the camera says so."""
    first = gallery.photos.aggregate(first=Min("taken_at"))["first"]
    if first is not None:
        gallery.shoot_date = timezone.localdate(first)
        gallery.save(update_fields=["shoot_date"])


def choose(link: ShareLink, shoot: Shoot) -> None:
    """What a client would do: hearts on some, words on a few, and send."""
    photos = list(link.gallery.photos.in_order())
    chosen = photos[::2] or photos
    for photo in chosen:
        set_favourite(link, photo, True)
    for photo, words in zip(chosen, shoot.notes, strict=False):
        set_note(link, photo, words)
    submit_selection(link)


def be_late(link: ShareLink) -> None:
    """A client who has looked, and put a single heart, when all should be sent."""
    gallery, today = link.gallery, timezone.localdate()
    set_favourite(link, gallery.photos.in_order().first(), True)
    ShareLink.objects.filter(pk=link.pk).update(last_used_at=timezone.now())
    Gallery.objects.filter(pk=gallery.pk).update(due_date=today - timedelta(days=DAYS_LATE))


def end_soon(link: ShareLink) -> None:
    """Let a link close in some days."""
    until = timezone.now() + timedelta(days=DAYS_OPEN)
    ShareLink.objects.filter(pk=link.pk).update(expires_at=until)


def _riddles(photos: Path, gallery: Gallery) -> dict[str, bytes]:
    """Two edits that need the photographer's word: one has the name of a photograph and the picture
    of another, the other comes from no photograph of the gallery.
    """
    names = [*gallery.photos.in_order().values_list("name", flat=True)]
    foreign = next((name for name in _pictures_in(photos) if name not in names), "")
    if len(names) < 2 or not foreign:
        return {}
    named, looking, *_others = names
    other, stranger = _read(photos, [looking, foreign])
    return {f"{Path(named).stem}_final.jpg": other, "album-cover-3.jpg": stranger}


def _edits(photos: Path, link: ShareLink) -> dict[str, bytes]:
    """Edits of what was chosen: those of the folder, else the photographs themselves renamed."""
    gallery = link.gallery
    chosen = gallery.photos.filter(picks__selection__share_link=link).order_by("name_key")
    folder = photos / EDITED_FOLDER
    edited = _pictures_in(folder) if folder.is_dir() else []
    stems = {Path(photo.name).stem for photo in chosen}
    mine = [name for name in edited if any(name.startswith(stem) for stem in stems)]
    if mine:
        return dict(zip(mine, _read(folder, mine), strict=True))
    originals = dict(zip(_pictures_in(photos), _read(photos, _pictures_in(photos)), strict=True))
    return {
        f"{Path(photo.name).stem}_edit{Path(photo.name).suffix}": originals[photo.name]
        for photo in chosen
        if photo.name in originals
    }


def _pictures_in(folder: Path) -> list[str]:
    _folders, names = FileSystemStorage(location=folder).listdir("")
    return sorted(name for name in names if Path(name).suffix.lower() in PICTURE_EXTENSIONS)


def _read(folder: Path, names: Iterable[str]) -> Iterable[bytes]:
    files = FileSystemStorage(location=folder)
    for name in names:
        with files.open(name) as stream:
            yield stream.read()


def _paths(shoot: Shoot, names: list[str]) -> list[str]:
    """Where each photograph lies in the dropped folder: the first sections share them evenly."""
    if not shoot.sections:
        return names
    size = -(-len(names) // len(shoot.sections))
    return [f"{shoot.sections[index // size]}/{name}" for index, name in enumerate(names)]
