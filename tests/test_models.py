"""What the database itself refuses, whoever writes."""

import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone
from wagtail.models import Collection, Page, ReferenceIndex

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    AccessPolicy,
    CameraClock,
    Consent,
    Delivery,
    DeliveryItem,
    Edit,
    EditStatus,
    FileRole,
    Gallery,
    Message,
    Photo,
    PhotoFile,
    Pick,
    Rendition,
    Section,
    Selection,
    ShareLink,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    Verdict,
    Visibility,
)
from pumbaphoto_wagtail.models.file import OPENED_STAGES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def refused(act) -> bool:
    """Whether the database refuses, leaving the test's own transaction usable."""
    try:
        with transaction.atomic():
            act()
            # SQLite looks at deferred foreign keys only at the end.
            connection.check_constraints()
    except IntegrityError:
        return True
    return False


@pytest.fixture
def gallery():
    return testing.make_gallery(has_page=False)


@pytest.fixture
def photo(gallery):
    return testing.make_many_photos(gallery, 1)[0]


@pytest.fixture
def link(gallery):
    return ShareLink.objects.create(gallery=gallery, recipient="Anna", token_sha256="a" * 64)


# --- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("verdict", Verdict)
def test_nothing_unscanned_reaches_a_stage_where_it_was_opened(photo, stage, verdict):
    is_trusted = verdict in (Verdict.CLEAN, Verdict.NOT_SCANNED_DEMO)
    is_legal = (is_trusted or stage not in OPENED_STAGES) and (
        stage != Stage.INFECTED or verdict == Verdict.INFECTED
    )
    file = StoredFile.objects.filter(pk=photo.picture_id)

    assert refused(lambda: file.update(stage=stage, verdict=verdict)) is not is_legal


def test_one_place_holds_one_file(photo):
    other = testing.make_many_photos(photo.gallery, 1)[0].picture
    picture = photo.picture

    assert refused(
        lambda: StoredFile.objects.filter(pk=other.pk).update(
            storage=picture.storage, name=picture.name
        )
    )


def test_a_rendition_is_made_once_for_a_recipe(photo):
    fields = {
        "stored_file": photo.picture,
        "tier": "grid",
        "width": 1,
        "height": 1,
        "size": 1,
        "digest": "0",
        "storage": "s",
        "name": "n",
    }
    Rendition.objects.create(recipe="plain", **fields)

    assert refused(lambda: Rendition.objects.create(recipe="plain", **fields))
    assert not refused(lambda: Rendition.objects.create(recipe="marked", **fields))


def test_a_file_in_use_cannot_be_deleted(photo):
    with pytest.raises(ProtectedError):
        photo.picture.delete()


# --- Leases --------------------------------------------------------------------------------------


def test_a_lease_is_held_by_one_until_it_ends_or_is_given_back(photo):
    now, one, other = timezone.now(), uuid.uuid4(), uuid.uuid4()
    until = now + timedelta(minutes=5)
    files = StoredFile.objects

    assert files.take_lease(photo.picture_id, holder=one, now=now, until=until)
    assert not files.take_lease(photo.picture_id, holder=other, now=now, until=until)
    assert not files.release_lease(photo.picture_id, holder=other)
    assert files.release_lease(photo.picture_id, holder=one)
    assert files.take_lease(photo.picture_id, holder=other, now=now, until=until)
    assert files.take_lease(photo.picture_id, holder=one, now=until, until=until)


# --- Galleries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "is_legal"),
    [
        ({}, True),
        ({"minimum": 5, "maximum": 5}, True),
        ({"minimum": 6, "maximum": 5}, False),
        ({"included": 6, "maximum": 5}, False),
        ({"minimum": 6}, True),
        ({"included": 5, "maximum": 5}, True),
    ],
)
def test_limits_stand_in_order(gallery, limits, is_legal):
    rows = Gallery.objects.filter(pk=gallery.pk)

    assert refused(lambda: rows.update(title="Limited", **limits)) is not is_legal


def test_a_deleted_page_leaves_its_gallery():
    gallery = testing.make_gallery()
    Page.objects.get(pk=gallery.main_page_id).delete()

    gallery.refresh_from_db()
    assert gallery.main_page is None


@pytest.mark.parametrize("what", ["gallery", "client", "file"])
def test_a_collection_that_holds_anything_of_ours_cannot_be_deleted(what):
    collection = Collection.get_first_root_node().add_child(name="Studio A")
    if what == "gallery":
        testing.make_gallery(has_page=False, collection=collection)
    elif what == "client":
        testing.make_client(collection=collection)
    else:
        photo = testing.make_many_photos(testing.make_gallery(has_page=False), 1)[0]
        StoredFile.objects.filter(pk=photo.picture_id).update(collection=collection)

    with pytest.raises(ProtectedError):
        collection.delete()
    assert Collection.objects.filter(pk=collection.pk).exists()


@pytest.mark.parametrize("what", ["owner", "site"])
def test_owner_and_site_of_a_gallery_cannot_be_deleted(gallery, what):
    with pytest.raises(ProtectedError):
        getattr(gallery, what).delete()


def test_a_gallery_without_selections_goes_with_all_its_rows(gallery, photo, link):
    section = Section.objects.create(gallery=gallery, title="Ceremony")
    link.sections.set([section])
    gallery.delete()

    assert not Photo.objects.exists()
    assert not ShareLink.objects.exists()
    assert not Section.objects.exists()


def test_clients_are_named_as_one_would_write_them(gallery):
    gallery.clients.set([testing.make_client("Anna"), testing.make_client("Tom")])

    assert gallery.client_names == "Anna & Tom"


# --- Sections and links --------------------------------------------------------------------------


def test_a_section_that_a_link_is_limited_to_cannot_be_deleted(gallery, link):
    section = Section.objects.create(gallery=gallery, title="Ceremony")
    link.sections.set([section])

    with pytest.raises(RestrictedError):
        section.delete()

    link.delete()
    section.delete()


def test_a_link_that_somebody_chose_with_cannot_be_deleted(link):
    Selection.objects.create(share_link=link)

    with pytest.raises(ProtectedError):
        link.delete()


def test_a_photo_that_somebody_picked_cannot_be_deleted(photo, link):
    selection = Selection.objects.create(share_link=link)
    Pick.objects.create(
        selection=selection, photo=photo, is_favourite=True, picked_at=timezone.now()
    )

    with pytest.raises(ProtectedError):
        photo.delete()


def test_a_deleted_section_leaves_its_photos(gallery, photo):
    section = Section.objects.create(gallery=gallery, title="Ceremony")
    Photo.objects.update(section=section)
    section.delete()

    photo.refresh_from_db()
    assert photo.section is None


# --- Once, and only once -------------------------------------------------------------------------


def twice(gallery, photo, link) -> dict:
    """For each unique thing: how to make it a second time."""
    file = photo.picture
    selection = Selection.objects.create(share_link=link)
    batch = UploadBatch.objects.create(gallery=gallery)
    delivery = Delivery.objects.create(gallery=gallery, number=1)
    item = {"delivery": delivery, "size": 1, "crc32": 1, "sha256": "0", "position": 1}
    now, key = timezone.now(), uuid.uuid4()
    edit = {"gallery": gallery, "photo": photo, "status": EditStatus.MATCHED}
    other = testing.make_many_photos(gallery, 1)[0].picture
    return {
        "frame": lambda n: Photo.objects.create(
            gallery=gallery, name="x", name_key="x", frame_key="same"
        ),
        "photo file": lambda n: PhotoFile.objects.create(
            photo=photo, stored_file=file, role=FileRole.PICTURE, version=n, is_current=False
        ),
        "current version": lambda n: PhotoFile.objects.create(
            photo=photo, stored_file=[file, other][n], role=FileRole.RAW, version=n
        ),
        "section": lambda n: Section.objects.create(gallery=gallery, title="Ceremony"),
        "camera clock": lambda n: CameraClock.objects.create(
            gallery=gallery, serial="1", shift=timedelta(n)
        ),
        "token": lambda n: ShareLink.objects.create(
            gallery=gallery, recipient="Tom", token_sha256="b" * 64
        ),
        "selection": lambda n: Selection.objects.create(share_link=link, round=2),
        "pick": lambda n: Pick.objects.create(
            selection=selection, photo=photo, is_favourite=True, picked_at=now
        ),
        "upload": lambda n: Upload.objects.create(
            batch=batch, client_key=key, file_name="x", length=1
        ),
        "edit": lambda n: Edit.objects.create(stored_file=file, version=n + 1, **edit),
        "edit version": lambda n: Edit.objects.create(
            stored_file=[file, other][n], version=9, **edit
        ),
        "delivery": lambda n: Delivery.objects.create(gallery=gallery, number=2),
        "member name": lambda n: DeliveryItem.objects.create(
            stored_file=[file, other][n], member_name="1.jpg", **item
        ),
        "delivered file": lambda n: DeliveryItem.objects.create(
            stored_file=file, member_name=f"{n}.jpg", **item
        ),
        "consent": lambda n: Consent.objects.create(photo=photo, share_link=link),
        "message": lambda n: Message.objects.create(
            key="k", kind="link", gallery=gallery, share_link=link
        ),
        "policy": lambda n: AccessPolicy.objects.create(gallery=gallery),
    }


@pytest.mark.parametrize(
    "thing",
    [
        *("frame", "photo file", "current version", "section", "camera clock", "token"),
        *("selection", "pick", "upload", "edit", "edit version", "delivery", "member name"),
        *("delivered file", "consent", "message", "policy"),
    ],
)
def test_what_is_unique_cannot_be_made_twice(gallery, photo, link, thing):
    make = twice(gallery, photo, link)[thing]

    assert not refused(lambda: make(0))
    assert refused(lambda: make(1))


def test_a_consent_may_be_given_again_once_withdrawn(photo, link):
    Consent.objects.create(photo=photo, share_link=link, withdrawn_at=timezone.now())

    assert not refused(lambda: Consent.objects.create(photo=photo, share_link=link))


# --- Rows that make sense ------------------------------------------------------------------------


def test_a_policy_is_for_exactly_one_thing(gallery, photo):
    assert refused(lambda: AccessPolicy.objects.create(visibility=Visibility.PUBLIC))
    assert refused(lambda: AccessPolicy.objects.create(gallery=gallery, photo=photo))
    assert not refused(lambda: AccessPolicy.objects.create(photo=photo))


def test_a_pick_says_something(photo, link):
    selection = Selection.objects.create(share_link=link)
    fields = {"selection": selection, "photo": photo, "picked_at": timezone.now()}

    assert refused(lambda: Pick.objects.create(**fields))
    assert not refused(lambda: Pick.objects.create(note="not Aunt Gerda, please", **fields))


@pytest.mark.parametrize("status", EditStatus)
def test_a_matched_edit_has_its_photo(gallery, photo, status):
    needs_photo = status in (EditStatus.MATCHED, EditStatus.UNSELECTED)

    assert (
        refused(
            lambda: Edit.objects.create(gallery=gallery, stored_file=photo.picture, status=status)
        )
        is needs_photo
    )


@pytest.mark.parametrize(("offset", "is_legal"), [(0, True), (5, True), (6, False), (-1, False)])
def test_an_upload_never_counts_more_bytes_than_it_has(gallery, offset, is_legal):
    batch = UploadBatch.objects.create(gallery=gallery)

    assert (
        refused(
            lambda: Upload.objects.create(
                batch=batch, file_name="x", length=5, durable_offset=offset
            )
        )
        is not is_legal
    )


# --- Wagtail -------------------------------------------------------------------------------------


def test_no_row_of_ours_is_written_into_wagtails_reference_index():
    models = apps.get_app_config("pumbaphoto_wagtail").get_models(include_auto_created=True)
    indexed = [model for model in models if model in ReferenceIndex.indexed_models]

    assert indexed == []


def test_b31_photos_stand_in_the_order_of_sections_places_and_time(gallery):
    later = Section.objects.create(gallery=gallery, title="Party", position=2)
    earlier = Section.objects.create(gallery=gallery, title="Ceremony", position=1)
    noon = timezone.now()

    def add(name, **fields):
        return Photo.objects.create(
            gallery=gallery, name=name, name_key=name, frame_key=name, **fields
        )

    add("7", section=later)
    add("6", section=earlier)
    add("5", section=earlier, ordered_at=noon)
    add("4", position=1, ordered_at=noon - timedelta(hours=1))
    add("3b")
    add("3a")
    add("2", ordered_at=noon)
    add("1", ordered_at=noon - timedelta(minutes=1))

    found = [photo.name for photo in gallery.photos.in_order()]
    assert found == ["1", "2", "3a", "3b", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("stage", "verdict", "has_picture"),
    [
        (Stage.READY, Verdict.CLEAN, True),
        (Stage.READY, Verdict.NOT_SCANNED_DEMO, True),
        (Stage.CLEAN, Verdict.CLEAN, False),
        (Stage.INFECTED, Verdict.INFECTED, False),
    ],
)
def test_a_photo_has_a_picture_once_it_is_scanned_and_rendered(photo, stage, verdict, has_picture):
    StoredFile.objects.filter(pk=photo.picture_id).update(stage=stage, verdict=verdict)

    assert Photo.objects.with_picture().filter(pk=photo.pk).exists() is has_picture
    assert StoredFile.objects.ready().filter(pk=photo.picture_id).exists() is has_picture
