"""A studio in which something of every kind waits: one gallery for each kind, as rows."""

from datetime import timedelta
from itertools import count

from django.utils import timezone
from wagtail.models import Collection

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    AccessRequest,
    ChangeRequest,
    Consent,
    Delivery,
    Edit,
    EditStatus,
    Gallery,
    Message,
    MessageKind,
    Photo,
    Pick,
    Publication,
    Selection,
    ShareLink,
    Stage,
    State,
    StoredFile,
    Transition,
    Upload,
    UploadBatch,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.proofing.links import give_address

DAY = timedelta(days=1)
_numbers = count(1)


def gallery_of(studios, title, **fields) -> Gallery:
    """A gallery of studio A, without a page."""
    fields.setdefault("owner", studios.maria)
    fields.setdefault("collection", studios.collection)
    return testing.make_gallery(title, has_page=False, site=studios.site, **fields)


def link_of(gallery, recipient="Anna", **fields) -> ShareLink:
    """An open link, as a row."""
    fields.setdefault("email", "anna@example.com")
    fields.setdefault("expires_at", timezone.now() + 60 * DAY)
    link = ShareLink(gallery=gallery, recipient=recipient, **fields)
    give_address(link)
    link.save()
    return link


def selection_of(link, hearts=2, *, photos=None, sent=True, **fields) -> Selection:
    """What the holder of a link has chosen, and sent unless told otherwise."""
    selection = link.selections.create(submitted_at=timezone.now() if sent else None, **fields)
    photos = photos or [photo_of(link.gallery) for _number in range(hearts)]
    Pick.objects.bulk_create(
        Pick(selection=selection, photo=photo, is_favourite=True, picked_at=timezone.now())
        for photo in photos[:hearts]
    )
    return selection


def photo_of(gallery, **fields) -> Photo:
    """A photo, as a row."""
    number = next(_numbers)
    return Photo.objects.create(
        gallery=gallery, name=f"IMG_{number}.jpg", frame_key=f"world-{number}", **fields
    )


def file_of(**fields) -> StoredFile:
    """A stored file, as a row."""
    number = next(_numbers)
    fields = {"stage": Stage.READY, "verdict": Verdict.CLEAN, "size": 1000} | fields
    return StoredFile.objects.create(
        collection=fields.pop("collection", None) or Collection.get_first_root_node(),
        storage="pumbaphoto_originals",
        name=f"world/{number}.jpg",
        original_name=f"IMG_{number}.jpg",
        sha256=f"{number:064d}",
        crc32=number,
        **fields,
    )


def delivered_of(studios, title, *, days_ago=5, **fields) -> Gallery:
    """A gallery that was delivered so many days ago."""
    gallery = gallery_of(studios, title, state=State.DELIVERED, **fields)
    Transition.objects.create(
        gallery=gallery, from_state=State.EDITING, to_state=State.DELIVERED, round=1
    )
    steps = Transition.objects.filter(gallery=gallery)
    steps.update(at=timezone.now() - days_ago * DAY)
    delivery = Delivery.objects.create(gallery=gallery, number=1, actor=studios.maria)
    Delivery.objects.filter(pk=delivery.pk).update(sent_at=timezone.now() - days_ago * DAY)
    return gallery


# --- One gallery for each kind -------------------------------------------------------------------


def files(studios):
    gallery = gallery_of(studios, "Files")
    batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
    infected = file_of(stage=Stage.INFECTED, verdict=Verdict.INFECTED)
    rows = ((UploadState.REFUSED, None), (UploadState.ACCEPTED, infected))
    for state, file in rows:
        Upload.objects.create(batch=batch, file_name="a", length=1, state=state, stored_file=file)
    return gallery


def mails(studios):
    gallery = gallery_of(studios, "Mails")
    Message.objects.create(
        key=f"failed-{gallery.pk}",
        kind=MessageKind.LINK,
        gallery=gallery,
        share_link=link_of(gallery),
        failed_at=timezone.now(),
    )
    return gallery


def same_name(studios):
    gallery = gallery_of(studios, "Same name")
    batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
    Upload.objects.create(batch=batch, file_name="a", length=1, state=UploadState.ASKED)
    return gallery


def access(studios):
    gallery = gallery_of(studios, "Access")
    page = testing.make_page(gallery)
    AccessRequest.objects.create(page=page, gallery=gallery, name="Bob", email="bob@example.com")
    return gallery


def photos_asked(studios):
    gallery = gallery_of(studios, "Asked for", state=State.ARCHIVED)
    Transition.objects.create(
        gallery=gallery, from_state=State.DELIVERED, to_state=State.ARCHIVED, round=1
    )
    Message.objects.create(
        key=f"asked-{gallery.pk}",
        kind=MessageKind.PHOTOS_ASKED,
        gallery=gallery,
        recipient=studios.maria,
        share_link=link_of(gallery),
    )
    return gallery


def changes(studios):
    gallery = delivered_of(studios, "Changes", days_ago=0)
    link = link_of(gallery)
    ChangeRequest.objects.create(photo=photo_of(gallery), share_link=link, words="Warmer")
    return gallery


def selections(studios):
    gallery = gallery_of(studios, "Selections", state=State.SUBMITTED)
    selection_of(link_of(gallery), 3)
    return gallery


def extras(studios):
    gallery = gallery_of(studios, "Extras", state=State.EDITING, included=2, extras_words="at 15 €")
    selection_of(link_of(gallery), 5, opened_at=timezone.now())
    return gallery


def edits(studios):
    gallery = gallery_of(studios, "Edits", state=State.EDITING)
    Edit.objects.create(gallery=gallery, stored_file=file_of(), status=EditStatus.UNMATCHED)
    return gallery


def not_shown(studios):
    gallery = gallery_of(studios, "Not shown")
    photo_of(gallery, is_shown=False)
    return gallery


def late(studios):
    gallery = gallery_of(studios, "Late", due_date=timezone.localdate() - 9 * DAY)
    link_of(gallery, last_used_at=timezone.now())
    return gallery


def link_ends(studios):
    gallery = gallery_of(studios, "Link ends")
    link_of(gallery, expires_at=timezone.now() + 3 * DAY)
    return gallery


def not_downloaded(studios):
    gallery = delivered_of(studios, "Not downloaded")
    link_of(gallery)
    return gallery


def consents(studios):
    gallery = delivered_of(studios, "Consents", days_ago=0)
    photo, now = photo_of(gallery), timezone.now()
    Consent.objects.create(photo=photo, share_link=link_of(gallery), withdrawn_at=now)
    Publication.objects.create(photo=photo, withdrawn_at=now)
    return gallery


def archive(studios):
    return delivered_of(studios, "Archive", days_ago=1, archive_on=timezone.localdate())


EVERY_KIND = {
    function.__name__: function
    for function in (
        *(files, mails, same_name, photos_asked, changes, consents, selections, extras, edits),
        *(not_shown, late, link_ends, not_downloaded, archive, access),
    )
}


def fill(studios, times=1) -> None:
    """Something of every kind, so many times."""
    for _time in range(times):
        for make in EVERY_KIND.values():
            make(studios)
