"""A gallery's watermark: which pictures are made for it, and that nothing is shown without."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ
from PIL import Image
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.exceptions import MarkNotDrawn
from pumbaphoto_wagtail.intake import marking, rerendering, watermark
from pumbaphoto_wagtail.intake.marking import (
    draw_watermarks,
    marking_progress,
    set_watermark,
)
from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.intake.reconciling import reconcile
from pumbaphoto_wagtail.intake.rerendering import render_again, render_missing
from pumbaphoto_wagtail.models import (
    FileRole,
    Gallery,
    Message,
    Photo,
    PhotoFile,
    Pick,
    Purpose,
    Rendition,
    Selection,
    Stage,
    StoredFile,
    UploadState,
)
from pumbaphoto_wagtail.storage import RENDITIONS, digest, storage_for, walk
from pumbaphoto_wagtail.verification import Inspection, verify

from .test_pipeline import photograph
from .test_watermark import broken, logo, png


@pytest.fixture
def photographed(shoot, arrivals, settings):
    """Two photographs with their renditions, as the demonstration makes them: without a scanner."""
    settings.DEBUG = True
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DEMO_WITHOUT_SCANNER": True}
    arrivals({"IMG_1.jpg": photograph(), "IMG_2.jpg": photograph(taken="2026:07:01 12:00:01")})
    OrmQ.objects.all().delete()
    return shoot


@pytest.fixture
def upload_logo(photographed, arrivals):
    """A picture that arrives as a gallery's watermark, and is not looked at yet."""

    def upload(data=None, name="logo.png", gallery=photographed):
        batch = arrivals.receive({name: data or png(logo())}, Purpose.WATERMARK)
        return batch.uploads.get()

    return upload


def turn_on(gallery, text="Studio Maria", image=None):
    return set_watermark(gallery, actor=gallery.owner, text=text, image=image)


def render_what_was_asked() -> int:
    asked = list(StoredFile.objects.filter(render_requested_at__isnull=False))
    for file in asked:
        assert render_file(file.pk) == Stage.READY
    return len(asked)


def visible(gallery) -> int:
    """How many photographs a client sees, asked both ways."""
    gallery = Gallery.objects.get(pk=gallery.pk)
    link = testing.make_link(gallery)
    viewer = access.Viewer(links=(link,))
    seen = set(access.photos_visible_to(viewer, "view"))
    photos = Photo.objects.filter(gallery=gallery)
    assert seen == {photo for photo in photos if access.may_see_photo(viewer, photo, "view")}
    return len(seen)


def opened(rendition: Rendition) -> Image.Image:
    with storage_for(rendition.storage).open(rendition.name) as file:
        return Image.open(io.BytesIO(file.read())).convert("RGB")


def wrong() -> list[str]:
    return [finding.what for finding in verify(Inspection()) if finding.severity == "error"]


# --- On, off, and another one --------------------------------------------------------------------


def test_switched_on_nothing_is_shown_until_the_mark_is_drawn(photographed):
    assert visible(photographed) == 2
    originals = {file.pk: digest(file.storage, file.name) for file in StoredFile.objects.all()}
    clean = set(Rendition.objects.values_list("tier", "digest", "name"))

    turn_on(photographed)
    assert visible(photographed) == 0
    assert set(StoredFile.objects.values_list("stage", flat=True)) == {Stage.READY}
    assert marking_progress(photographed) == marking.MarkingProgress(marked=0, total=2)

    draw_watermarks(photographed.pk)
    assert render_what_was_asked() == 2
    assert visible(photographed) == 2
    assert marking_progress(photographed).left == 0
    assert (
        set(Rendition.objects.filter(watermark="").values_list("tier", "digest", "name")) == clean
    )
    marked = Rendition.objects.exclude(watermark="")
    assert {row.tier for row in marked} == {"view", "display"}
    assert {row.watermark for row in marked} == {photographed.watermark_key}
    assert len(marked) == 4
    for file in StoredFile.objects.all():
        assert digest(file.storage, file.name) == originals[file.pk]
    assert wrong() == []


def test_the_act_is_logged_once_and_wakes_a_worker_in_its_transaction(photographed):
    assert turn_on(photographed) is True
    assert turn_on(photographed) is False

    entry = ModelLogEntry.objects.get(action=marking.SET_WATERMARK)
    assert entry.data == {"kind": "text", "text": "Studio Maria"}
    assert OrmQ.objects.count() == 1


def test_a_text_that_cannot_be_drawn_changes_nothing(photographed):
    with pytest.raises(MarkNotDrawn):
        turn_on(photographed, "Studio \ue000")

    photographed.refresh_from_db()
    assert photographed.watermark_key == ""
    assert visible(photographed) == 2


def test_switched_off_the_clean_pictures_are_shown_at_once_and_the_others_go(photographed):
    turn_on(photographed)
    render_what_was_asked()
    turn_on(photographed, "")

    assert visible(photographed) == 2
    assert StoredFile.objects.filter(render_requested_at__isnull=False).count() == 0
    draw_watermarks(photographed.pk)
    assert not Rendition.objects.exclude(watermark="").exists()
    assert set(walk(RENDITIONS)) == set(Rendition.objects.values_list("name", flat=True))


def test_another_text_takes_the_place_of_the_first(photographed):
    turn_on(photographed)
    render_what_was_asked()
    first = photographed.watermark_key
    turn_on(photographed, "Maria Photography")

    assert visible(photographed) == 0
    render_what_was_asked()
    assert visible(photographed) == 2
    assert first not in Rendition.objects.values_list("watermark", flat=True)
    assert set(walk(RENDITIONS)) == set(Rendition.objects.values_list("name", flat=True))


def test_back_to_the_first_text_before_anything_was_drawn_it_is_shown_at_once(photographed):
    turn_on(photographed)
    render_what_was_asked()
    turn_on(photographed, "Something else")
    assert visible(photographed) == 0
    turn_on(photographed)

    assert visible(photographed) == 2


def test_hearts_stay_whatever_becomes_of_the_watermark(photographed):
    link = testing.make_link(photographed)
    selection = Selection.objects.create(share_link=link)
    Pick.objects.create(
        selection=selection,
        photo=photographed.photos.first(),
        is_favourite=True,
        picked_at=timezone.now(),
    )
    before = set(Pick.objects.values_list("pk", "photo", "is_favourite"))

    for text in ("Studio Maria", "Another", ""):
        turn_on(photographed, text)
        render_what_was_asked()
    assert set(Pick.objects.values_list("pk", "photo", "is_favourite")) == before
    assert selection.picks.count() == 1


def test_a_photograph_that_arrives_later_is_marked_from_its_first_rendering(photographed, arrivals):
    turn_on(photographed)
    render_what_was_asked()
    arrivals({"IMG_3.jpg": photograph(taken="2026:07:01 12:00:02")})

    assert visible(photographed) == 3


# --- One file in several galleries ---------------------------------------------------------------


@pytest.fixture
def also(photographed):
    """Another gallery that shows the first one's photographs."""
    other = testing.make_gallery()
    for photo in photographed.photos.all():
        shown = Photo.objects.create(
            gallery=other, picture=photo.picture, name=photo.name, frame_key=photo.frame_key
        )
        PhotoFile.objects.create(photo=shown, stored_file=photo.picture, role=FileRole.PICTURE)
    return other


def test_two_galleries_show_one_file_with_a_mark_each(photographed, also):
    turn_on(photographed)
    turn_on(also, "Family Müller")
    render_what_was_asked()

    assert visible(photographed) == visible(also) == 2
    keys = {"", photographed.watermark_key, also.watermark_key}
    assert set(Rendition.objects.values_list("watermark", flat=True)) == keys
    for gallery in (photographed, also):
        for photo in Photo.objects.filter(gallery=gallery):
            shown = {row.watermark for row in access.proof_renditions(photo) if row.tier == "view"}
            assert shown == {gallery.watermark_key}


def test_one_gallerys_mark_is_none_of_the_others_business(photographed, also):
    turn_on(photographed)

    assert visible(also) == 2
    render_what_was_asked()
    turn_on(also, "Family Müller")
    render_what_was_asked()
    turn_on(photographed, "")
    draw_watermarks(photographed.pk)
    assert visible(also) == 2
    assert set(Rendition.objects.values_list("watermark", flat=True)) == {"", also.watermark_key}


# --- A picture as the mark -----------------------------------------------------------------------


def test_a_picture_is_drawn_once_it_was_scanned_and_nothing_is_shown_before(
    photographed, upload_logo, arrivals, monkeypatch
):
    opened_marks = []
    real = watermark._opened.__wrapped__
    monkeypatch.setattr(watermark, "_opened", lambda mark: opened_marks.append(1) or real(mark))
    upload = upload_logo()
    turn_on(photographed, "", upload.stored_file)
    assert visible(photographed) == 0
    render_what_was_asked()
    assert visible(photographed) == 0
    assert opened_marks == [], "nothing decodes it before it was scanned"

    arrivals.process_one(upload.stored_file_id)
    draw_watermarks(photographed.pk)
    render_what_was_asked()
    assert visible(photographed) == 2
    upload.refresh_from_db()
    assert upload.state == UploadState.ACCEPTED
    assert not photographed.edits.exists()
    assert photographed.photos.count() == 2
    assert wrong() == []


def test_a_mark_owes_no_mail_about_an_upload(photographed, upload_logo, arrivals):
    before = Message.objects.count()
    arrivals.process_one(upload_logo().stored_file_id)

    assert Message.objects.count() == before


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (broken(png(logo())), "logo.png", "damaged"),
        (png(Image.new("RGBA", (50, 50))), "logo.png", "transparent everywhere"),
        (testing.jpeg_bytes(), "logo.jpg", "PNG"),
    ],
    ids=["damaged", "transparent", "JPEG"],
)
def test_a_picture_that_cannot_be_drawn_keeps_the_photographs_unseen_and_says_why(
    photographed, upload_logo, arrivals, data, name, words
):
    upload = upload_logo(data, name)
    turn_on(photographed, "", upload.stored_file)
    arrivals.process_one(upload.stored_file_id)
    draw_watermarks(photographed.pk)
    render_what_was_asked()

    assert visible(photographed) == 0
    photographed.refresh_from_db()
    assert words in marking_progress(photographed).reasons[0]
    turn_on(photographed, "")
    assert visible(photographed) == 2


# --- Failures and races --------------------------------------------------------------------------


def test_what_cannot_be_drawn_is_not_shown_says_why_and_is_tried_again_after_a_rest(
    photographed, monkeypatch
):
    def fail(*arguments):
        raise OSError("the font is gone")

    turn_on(photographed)
    watermark._tile.cache_clear()
    monkeypatch.setattr(watermark, "letters", fail)
    render_what_was_asked()

    assert visible(photographed) == 0
    assert marking_progress(photographed).reasons == (
        "Not shown, for want of its watermark: The watermark could not be drawn: the font is gone",
    )
    assert Rendition.objects.filter(watermark="").count() == 6, "the photographer sees them"
    assert reconcile()["watermarks asked for"] == 0, "not before the rest is over"
    monkeypatch.undo()
    StoredFile.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert reconcile()["watermarks asked for"] == 2
    render_what_was_asked()
    assert visible(photographed) == 2
    assert set(StoredFile.objects.values_list("reason", flat=True)) == {""}


def test_a_watermark_set_while_pictures_are_being_made_is_drawn_as_well(photographed, monkeypatch):
    turn_on(photographed)
    real = rerendering.make_renditions

    def make(*arguments, **options):
        result = real(*arguments, **options)
        turn_on(photographed, "Another text")
        return result

    monkeypatch.setattr(rerendering, "make_renditions", make)
    file = photographed.photos.first().picture
    render_file(file.pk)
    file.refresh_from_db()
    assert file.render_requested_at is not None
    assert visible(photographed) == 0

    monkeypatch.undo()
    render_what_was_asked()
    assert visible(photographed) == 2


def test_a_request_that_was_lost_is_made_again_by_reconciling(photographed):
    turn_on(photographed)
    StoredFile.objects.update(render_requested_at=None)

    assert reconcile()["watermarks asked for"] == 2
    assert reconcile()["watermarks asked for"] == 0
    render_what_was_asked()
    assert visible(photographed) == 2
    assert reconcile()["watermarks asked for"] == 0


def test_missing_marked_pictures_are_asked_for_by_the_command(photographed):
    turn_on(photographed)
    render_what_was_asked()
    assert render_missing().queued == 0
    Rendition.objects.filter(tier="view").exclude(watermark="").first().delete()
    assert visible(photographed) == 1

    assert render_missing().queued == 1
    render_what_was_asked()
    assert visible(photographed) == 2


def test_a_lost_marked_file_comes_back_with_its_mark(photographed):
    turn_on(photographed)
    render_what_was_asked()
    row = Rendition.objects.exclude(watermark="").first()
    Path(storage_for(row.storage).location, row.name).unlink()

    assert render_missing().queued == 1
    render_what_was_asked()
    again = Rendition.objects.get(pk=row.pk)
    assert (again.digest, again.watermark) == (row.digest, row.watermark)
    assert wrong() == []


def test_rendering_anew_keeps_the_marks_that_are_wanted(photographed):
    turn_on(photographed)
    render_what_was_asked()
    before = set(Rendition.objects.values_list("digest", flat=True))
    for file in StoredFile.objects.all():
        assert render_again(file)
    render_what_was_asked()

    assert set(Rendition.objects.values_list("digest", flat=True)) == before


@pytest.mark.parametrize("amount", [2, 40])
def test_setting_a_watermark_asks_as_little_of_a_large_gallery(
    shoot, amount, django_assert_max_num_queries
):
    testing.make_many_photos(shoot, amount)
    with django_assert_max_num_queries(20, connection=connection):
        turn_on(shoot)
