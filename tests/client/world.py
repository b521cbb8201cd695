"""A small world for the tests of the client's side: two studios, and everybody who comes by.

What is known of each of them here is what a reader knows, in plain facts; the expected answers
are worked out from these and never from the code that is tested.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

from django.contrib.auth.models import Group, Permission
from django.test import Client as Browser
from django.utils import timezone
from wagtail.models import Collection, GroupCollectionPermission, PageViewRestriction

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    AccessRequest,
    ChangeRequest,
    Downloads,
    FileRole,
    Gallery,
    LibraryScan,
    LinkPurpose,
    Photo,
    PhotoFile,
    Purpose,
    ScanState,
    Selection,
    ShareLink,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    Verdict,
)
from pumbaphoto_wagtail.proofing import links

from .addresses import Route

EVERYTHING = frozenset({"view", "change", "delete", "share", "deliver"})
CEREMONY, PARTY = "Ceremony", "Party"
PASSWORD = "a page's password"


@dataclass(frozen=True, kw_only=True)
class Holds:
    """What an open share link allows its holder."""

    chooses: bool = True
    is_couples: bool = True
    downloads: str = "full"
    originals: bool = False
    section: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Who:
    """Somebody at a browser, in plain facts.

    ``staff`` is what they may do with studio A's galleries, ``has_galleries`` whether they have
    any at all. ``was_in`` says that their browser came with a link that is closed now, and
    ``has_expired`` that nobody took it back.
    """

    name: str
    browser: Browser = field(repr=False)
    holds: Holds | None = None
    was_in: bool = False
    has_expired: bool = False
    is_let_in: bool = False
    staff: frozenset[str] = frozenset()
    has_galleries: bool = False
    is_signed_in: bool = False
    enters_admin: bool = False
    # Looks after the whole installation, and not after galleries alone.
    is_operator: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Thing:
    """A photograph of the gallery and what is remarkable about it."""

    name: str
    photo: Photo
    section: str = CEREMONY
    is_shown: bool = True
    is_couples: bool = False
    is_scanned: bool = True
    is_ready: bool = True

    @property
    def is_finished(self) -> bool:
        """Whether its section may be downloaded already."""
        return self.section == PARTY


@dataclass(frozen=True, kw_only=True, eq=False)
class Delivered:
    """A delivered file and what is remarkable about it."""

    name: str
    item: object
    section: str = CEREMONY
    is_newest: bool = True
    is_couples: bool = False
    is_scanned: bool = True
    is_hidden: bool = False


def at_rest(gallery: Gallery) -> Gallery:
    return Gallery.objects.select_related("main_page").get(pk=gallery.pk)


# --- Studios -------------------------------------------------------------------------------------


def make_studios() -> SimpleNamespace:
    """Two collections on one site, with who works there and who only enters the admin."""
    site = testing.make_site()
    root = Collection.get_first_root_node()
    one, other = (root.add_child(name=name) for name in ("Studio A", "Studio B"))
    outsider = testing.make_user("outsider", is_staff=True)
    outsider.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return SimpleNamespace(
        site=site,
        collection=one,
        other_collection=other,
        owner=testing.make_photographer("maria", collection=one, first_name="Maria"),
        assistant=_colleague("assistant", one, "add", "change"),
        onlooker=_colleague("onlooker", one, "share"),
        other=testing.make_photographer("bert", collection=other),
        outsider=outsider,
        chief=testing.make_user("chief", is_staff=True, is_superuser=True),
    )


def _colleague(name: str, collection: Collection, *actions: str):
    user = testing.make_user(name)
    group = Group.objects.create(name=f"Those like {name}")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for action in actions:
        permission = Permission.objects.get(
            content_type__app_label="pumbaphoto_wagtail", codename=f"{action}_gallery"
        )
        GroupCollectionPermission.objects.create(
            group=group, collection=collection, permission=permission
        )
    user.groups.add(group)
    return user


# --- A gallery with all that can hang in it ------------------------------------------------------


class Shoot:
    """One gallery of studio A with a photograph of every kind, delivered files, and records."""

    def __init__(self, studios: SimpleNamespace, title: str, *, index_page=None) -> None:
        self.studios = studios
        self.gallery = testing.make_gallery(
            title,
            owner=studios.owner,
            collection=studios.collection,
            site=studios.site,
            has_page=False,
            shows_before_after=True,
            asks_for_consent=True,
        )
        testing.make_page(self.gallery, index_page=index_page)
        self.sections = {
            name: testing.make_section(
                self.gallery, name, position=place, is_finished=name == PARTY
            )
            for place, name in enumerate((CEREMONY, PARTY))
        }
        self.things = self._things()
        # Of the party, as a photograph of it would be.
        self.film = testing.make_video(
            self.gallery, section=self.sections[PARTY], thumbnail=self.thing("shown").photo.picture
        )
        self.delivered = self._delivered()

    def photo(self, name: str, **fields) -> Photo:
        fields.setdefault("section", self.sections[CEREMONY])
        photo = testing.make_photo(self.gallery, f"{name}.jpg", **fields)
        raw = testing.make_stored_file(
            original_name=f"{name}.cr2", collection=self.studios.collection, format="cr2"
        )
        PhotoFile.objects.create(photo=photo, stored_file=raw, role=FileRole.RAW)
        return photo

    def _things(self) -> list[Thing]:
        unscanned, infected, unready = (self.photo(n) for n in ("unscanned", "infected", "unready"))
        _set(unscanned, stage=Stage.RECEIVED, verdict=Verdict.NONE)
        _set(infected, stage=Stage.INFECTED, verdict=Verdict.INFECTED)
        _set(unready, stage=Stage.RENDERING)
        return [
            Thing(name="shown", photo=self.photo("shown")),
            Thing(name="hidden", photo=self.photo("hidden", is_hidden=True), is_shown=False),
            Thing(name="not yet", photo=self.photo("later", is_shown=False), is_shown=False),
            Thing(
                name="for the couple",
                photo=self.photo("couple", is_couple_only=True),
                is_couples=True,
            ),
            Thing(
                name="of the party",
                photo=self.photo("party", section=self.sections[PARTY]),
                section=PARTY,
            ),
            Thing(
                name="hidden at the party",
                photo=self.photo("secret", section=self.sections[PARTY], is_hidden=True),
                section=PARTY,
                is_shown=False,
            ),
            Thing(name="unscanned", photo=unscanned, is_scanned=False),
            Thing(name="infected", photo=infected, is_scanned=False),
            Thing(name="not ready", photo=unready, is_ready=False),
        ]

    def thing(self, name: str) -> Thing:
        return next(thing for thing in self.things if thing.name == name)

    def _delivered(self) -> list[Delivered]:
        photos = {thing.name: thing.photo for thing in self.things}
        first = testing.make_edit(self.gallery, photos["shown"])
        edits = {
            "newest": testing.make_edit(self.gallery, photos["shown"], version=2, name="v2.jpg"),
            "of a hidden photo": testing.make_edit(self.gallery, photos["hidden"]),
            "for the couple": testing.make_edit(self.gallery, photos["for the couple"]),
            "of the party": testing.make_edit(self.gallery, photos["of the party"]),
            "a gift": testing.make_edit(self.gallery),
            "not scanned any more": testing.make_edit(
                self.gallery, photos["shown"], variant="web", name="web.jpg"
            ),
        }
        self.edit = edits["newest"]
        before = testing.make_delivery(self.gallery, [first])
        now = testing.make_delivery(self.gallery, [*edits.values()], print_release=b"%PDF-1.7")
        file = edits["not scanned any more"].stored_file
        StoredFile.objects.filter(pk=file.pk).update(stage=Stage.RECEIVED, verdict=Verdict.NONE)
        items = dict(zip(edits, now.items.order_by("position"), strict=True))
        return [
            Delivered(name="superseded", item=_only(before), is_newest=False),
            Delivered(name="newest", item=items["newest"]),
            Delivered(name="of a hidden photo", item=items["of a hidden photo"], is_hidden=True),
            Delivered(name="for the couple", item=items["for the couple"], is_couples=True),
            Delivered(name="of the party", item=items["of the party"], section=PARTY),
            Delivered(name="a gift", item=items["a gift"], section=""),
            Delivered(
                name="not scanned any more", item=items["not scanned any more"], is_scanned=False
            ),
        ]

    def add_records(self, link: ShareLink) -> None:
        """What the photographer's rooms have addresses for."""
        shown = self.thing("shown").photo
        self.link = link
        self.selection = choose(link, shown, note="Warmer")
        self.change = ChangeRequest.objects.create(photo=shown, share_link=link, words="Warmer")
        self.client = testing.make_client("Anna Berg", collection=self.studios.collection)
        self.gallery.clients.add(self.client)
        self.library = testing.make_library(
            owner=self.studios.owner, collection=self.studios.collection, site=self.studios.site
        )
        self.scan = LibraryScan.objects.create(library=self.library, state=ScanState.DONE)
        self.access_request = AccessRequest.objects.create(
            page=self.gallery.main_page,
            gallery=self.gallery,
            name="Cousin Bob",
            email="cousin@example.com",
            words="We were there, too.",
        )
        self.batch = UploadBatch.objects.create(
            gallery=self.gallery, uploader=self.studios.owner, purpose=Purpose.ORIGINAL
        )
        self.quarantined = testing.make_stored_file(
            b"not a photograph",
            original_name="invoice.jpg",
            stage=Stage.INFECTED,
            verdict=Verdict.INFECTED,
            collection=self.studios.collection,
        )
        self.upload = Upload.objects.create(
            batch=self.batch, file_name="invoice.jpg", length=16, stored_file=self.quarantined
        )

    @property
    def page_address(self) -> str:
        return at_rest(self.gallery).main_page.url


def choose(link: ShareLink, *photos: Photo, note: str = "") -> Selection:
    """A selection of the first round that was not sent, with these hearts."""
    selection = Selection.objects.create(share_link=link)
    for photo in photos:
        selection.picks.create(photo=photo, is_favourite=True, note=note, picked_at=timezone.now())
    return selection


def _set(photo: Photo, **fields) -> None:
    StoredFile.objects.filter(photo_files__photo=photo).update(**fields)
    photo.picture.refresh_from_db()


def _only(delivery):
    return delivery.items.get()


# --- People --------------------------------------------------------------------------------------


def come_with(link: ShareLink, browser: Browser | None = None, **data) -> Browser:
    """A browser in which somebody has opened a share link, with its PIN if that is given."""
    browser = browser or Browser()
    address = f"/galleries/s/{links.token(link)}"
    answer = browser.post(address, data) if data else browser.get(address)
    assert answer.status_code in (200, 303), answer.status_code
    return browser


def signed_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def _link(gallery: Gallery, name: str, **fields) -> ShareLink:
    return testing.make_link(gallery, name, **fields)


def holders(shoot: Shoot) -> list[Who]:
    """Everybody who has an open link of the gallery, of every kind of link."""
    gallery, party = shoot.gallery, shoot.sections[PARTY]
    family = {"purpose": LinkPurpose.FAMILY, "decides": False}
    made = {
        "the couple": ({}, Holds()),
        "the couple, with originals": (
            {"may_download_originals": True},
            Holds(originals=True),
        ),
        "family that chooses": (
            family | {"downloads": Downloads.WEB},
            Holds(is_couples=False, downloads="web"),
        ),
        "family that looks": (
            family | {"may_choose": False, "downloads": Downloads.NONE},
            Holds(chooses=False, is_couples=False, downloads="none"),
        ),
        "guests of the party": (
            {"purpose": LinkPurpose.PARTY, "decides": False, "sections": [party]},
            Holds(is_couples=False, section=PARTY),
        ),
        "the couple at the party": ({"sections": [party]}, Holds(section=PARTY)),
        "album designer": (
            {"purpose": LinkPurpose.ALBUM_DESIGNER, "decides": False, "list": "album"}
            | {"may_choose": False, "may_download_originals": True},
            Holds(chooses=False, is_couples=False, originals=True),
        ),
    }
    found = [
        Who(name=name, browser=come_with(_link(gallery, name, **fields)), holds=holds)
        for name, (fields, holds) in made.items()
    ]
    with_pin = come_with(_link(gallery, "PIN given", pin="735911"), pin="735911")
    return [*found, Who(name="PIN given", browser=with_pin, holds=Holds())]


def former_holders(shoot: Shoot) -> list[Who]:
    """Everybody whose link does not open anything, for every reason there is."""
    gallery = shoot.gallery
    now = timezone.now()
    expired, revoked, renewed, parent = (
        _link(gallery, name) for name in ("expired", "revoked", "renewed", "parent")
    )
    child = _link(gallery, "child", may_choose=False, decides=False)
    ShareLink.objects.filter(pk=child.pk).update(shared_by=parent)
    pin_changed = _link(gallery, "PIN changed", pin="111111")
    browsers = {
        "link expired": come_with(expired),
        "link revoked": come_with(revoked),
        "link renewed": come_with(renewed),
        "shared by a revoked link": come_with(child),
        "PIN changed since": come_with(pin_changed, pin="111111"),
    }
    ShareLink.objects.filter(pk=expired.pk).update(expires_at=now - timedelta(minutes=1))
    links.revoke(revoked, gallery.owner)
    links.revoke(parent, gallery.owner)
    links.renew(renewed, gallery.owner)
    another = ShareLink.objects.get(pk=_link(gallery, "another PIN", pin="222222").pk).pin_hash
    ShareLink.objects.filter(pk=pin_changed.pk).update(pin_hash=another)
    return [
        Who(
            name=name, browser=browser, was_in=True, has_expired=browser is browsers["link expired"]
        )
        for name, browser in browsers.items()
    ]


def visitors(shoot: Shoot) -> list[Who]:
    """Those who come without a link, and those at the door who have not given the PIN."""
    locked = come_with(_link(shoot.gallery, "PIN not given", pin="394712"))
    return [
        Who(name="anonymous", browser=Browser()),
        Who(name="PIN not given", browser=locked),
        Who(
            name="signed in, unknown",
            browser=signed_in(testing.make_user()),
            is_signed_in=True,
        ),
    ]


def staff(studios: SimpleNamespace) -> list[Who]:
    """Everybody who may enter the admin."""
    kinds = {
        "photographer": (studios.owner, EVERYTHING),
        "assistant": (studios.assistant, {"view", "change"}),
        "colleague who shares": (studios.onlooker, {"view", "share"}),
        "superuser": (studios.chief, EVERYTHING),
        "photographer of studio B": (studios.other, frozenset()),
        "staff without rights": (studios.outsider, frozenset()),
    }
    return [
        Who(
            name=name,
            browser=signed_in(user),
            staff=frozenset(actions),
            has_galleries=bool(actions) or user == studios.other,
            is_signed_in=True,
            enters_admin=True,
            is_operator=user == studios.chief,
        )
        for name, (user, actions) in kinds.items()
    ]


def restrict(page, kind: str, *, groups=()) -> PageViewRestriction:
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=kind, password=PASSWORD
    )
    restriction.groups.set(groups)
    return restriction


def give_password(browser: Browser, restriction: PageViewRestriction) -> Browser:
    """Remember a page's password in the browser's session, as Wagtail's own form does."""
    session = browser.session
    session[PageViewRestriction.passed_view_restrictions_session_key] = [restriction.pk]
    session.save()
    browser.cookies["sessionid"] = session.session_key
    return browser


# --- What addresses are made of ------------------------------------------------------------------


def values_of(
    shoot: Shoot, route: Route, thing: object = None, tier: str = "grid"
) -> dict[str, object]:
    """What has to be put into an address to meet this gallery, or this thing of it."""
    photo = getattr(thing, "photo", None) or shoot.thing("shown").photo
    item = getattr(thing, "item", None) or shoot.delivered[1].item
    file = item.stored_file if hasattr(thing, "item") else photo.picture
    section = shoot.sections[PARTY]
    of_photos = ("page:", "pumbaphoto_api:photos:")
    of_gallery = not (route.name.startswith(of_photos) or route.name.endswith("_verdict"))
    of_thing = item.uuid if hasattr(thing, "item") else photo.uuid
    return {
        "page": shoot.page_address.lstrip("/"),
        "page_pk": shoot.gallery.main_page_id,
        "gallery_uuid": shoot.gallery.uuid,
        # Within a page it is a photograph's, in the admin the gallery's.
        "uuid": shoot.gallery.uuid if of_gallery else of_thing,
        "photo_uuid": photo.uuid,
        "video_uuid": shoot.film.uuid,
        "item_uuid": item.uuid,
        "delivery_uuid": item.delivery.uuid,
        "file_uuid": file.uuid,
        "tier": tier,
        "digest": file.renditions.get(tier=tier).digest[:16],
        "extension": "jpg",
        "token": "0" * 32,
        "batch_uuid": shoot.batch.uuid,
        "upload_uuid": shoot.upload.uuid,
        "link_uuid": shoot.link.uuid,
        "selection_pk": shoot.selection.pk,
        "edit_pk": shoot.edit.pk,
        "section_pk": section.pk,
        "section_uuid": section.uuid,
        "wish_pk": shoot.change.pk,
        "step_name": "reopen",
        "kind": "csv",
        "message_kind": "due_soon",
        "list_name": "to_edit",
        "scan_uuid": shoot.scan.uuid,
        "request_uuid": shoot.access_request.uuid,
        "uidb64": shoot.access_request.uuid,
        "pk": _kept(shoot, route.name).pk,
        "instance_pk": _record_of(shoot, file, route.name).pk,
    }


def _kept(shoot: Shoot, name: str):
    """What beside galleries a number in an address names."""
    if "_library:" in name:
        return shoot.library
    return shoot.gallery.site if "sites:" in name else shoot.client


def _record_of(shoot: Shoot, file: StoredFile, name: str):
    """What a room that lists records of one kind is asked about."""
    rooms = {
        "quarantine": shoot.quarantined,
        "pumbaphoto_files": file,
        "uploadbatch": shoot.batch,
        "wagtail_upload_": shoot.upload,
    }
    return next((record for room, record in rooms.items() if room in name), shoot.batch)
