"""What the tests of deliveries begin with: a gallery whose client has chosen."""

from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Edit, EditStatus, Gallery, MatchMethod, Pick, Selection


def select(gallery, *photos, submitted=True, link=None, notes=(), round=None):
    """A selection of these photos by a deciding link of the gallery."""
    link = link or testing.make_link(gallery)
    selection = Selection.objects.create(
        share_link=link,
        round=round or gallery.round,
        submitted_at=timezone.now() if submitted else None,
    )
    notes = dict(zip(photos, notes, strict=False))
    Pick.objects.bulk_create(
        Pick(
            selection=selection,
            photo=photo,
            is_favourite=True,
            note=notes.get(photo, ""),
            picked_at=timezone.now(),
        )
        for photo in photos
    )
    return selection


def arrive(gallery, name, *, folder="", content=None):
    """An edit as intake leaves it: stored, scanned, rendered, not looked at."""
    file = testing.make_stored_file(content, original_name=name, relative_path=folder)
    return Edit.objects.create(gallery=gallery, stored_file=file)


def make_many_edits(gallery, photos):
    """Matched edits as rows, for counting queries."""
    files = [
        testing.make_stored_file(original_name=f"{photo.name}_edit.jpg", content=b"x%d" % photo.pk)
        for photo in photos
    ]
    return Edit.objects.bulk_create(
        Edit(
            gallery=gallery,
            photo=photo,
            stored_file=file,
            status=EditStatus.MATCHED,
            method=MatchMethod.STRIPPED_NAME,
        )
        for photo, file in zip(photos, files, strict=True)
    )


def present(gallery) -> Gallery:
    """The gallery's present row."""
    return Gallery.objects.get(pk=gallery.pk)
