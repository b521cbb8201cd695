"""B69: times of photographs shifted by hand, and taken from their cameras again."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import piexif
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from PIL import Image
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.photo_acts import ACTS, undo
from pumbaphoto_wagtail.admin.times_of_photos import ShiftTimesForm
from pumbaphoto_wagtail.delivery.moving import move_photos
from pumbaphoto_wagtail.intake import clocks
from pumbaphoto_wagtail.intake.times_by_hand import read_camera_time
from pumbaphoto_wagtail.models import Photo, Stage, StoredFile, TimeSource, Verdict

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def gallery(studios):
    """One photo of each of two cameras, one published from elsewhere, one without any time."""
    gallery = testing.make_gallery(owner=studios.maria, collection=studios.collection)
    for number, camera in enumerate(("Canon", "Nikon")):
        testing.make_many_photos(
            gallery,
            1,
            camera=camera,
            taken_at=NOON + number * HOUR,
            ordered_at=NOON + number * HOUR,
            taken_at_source=TimeSource.EXIF,
        )
    testing.make_many_photos(gallery, 1, camera="copy", ordered_at=NOON)
    testing.make_many_photos(gallery, 1, camera="none")
    return gallery


@pytest.fixture
def act(gallery, studios):
    def do(name, actor=studios.maria, photos=None, **data):
        wanted = Photo.objects.all() if photos is None else photos
        return ACTS[name].run(gallery, wanted, actor, data)

    return do


def times(gallery):
    """What was added to each photograph's time, by its camera; None for one without a time."""
    rows = gallery.photos.values_list("camera", "taken_at", "ordered_at", "time_shift")
    known = {"Canon": NOON, "Nikon": NOON + HOUR, "copy": NOON}
    for camera, taken_at, *_rest in rows:
        assert taken_at in (None, known.get(camera))
    return {camera: at - known[camera] if at else None for camera, _taken, at, _shift in rows}


def test_b69_times_are_shifted_and_what_the_camera_said_stays(act, gallery, studios):
    done = act("shift_times", span=timedelta(days=10, hours=4))
    added = timedelta(days=10, hours=4)
    assert times(gallery) == {"Canon": added, "Nikon": added, "copy": added, "none": None}
    assert done.changed == 3
    assert done.message == (
        "3 photos are 10 days 4 h later now. 1 photo has no time that could be shifted so far."
    )
    act("shift_times", span=-2 * HOUR)
    assert times(gallery)["Canon"] == added - 2 * HOUR


def test_b69_a_shift_is_taken_back_where_nobody_shifted_since(act, gallery, studios):
    done = act("shift_times", span=HOUR)
    act("shift_times", span=HOUR, photos=gallery.photos.filter(camera="Nikon"))
    assert undo(gallery, done.undo, studios.maria).changed == 2
    nothing = timedelta()
    assert times(gallery) == {"Canon": nothing, "Nikon": 2 * HOUR, "copy": nothing, "none": None}
    assert undo(gallery, done.undo, studios.maria).changed == 0


def test_b69_the_cameras_times_come_back_and_can_be_taken_back(act, gallery, studios):
    act("shift_times", span=HOUR)
    done = act("times_from_camera", photos=gallery.photos.filter(camera="Canon"))
    assert done.message == "1 photo stands at its camera’s time again."
    assert times(gallery)["Canon"] == timedelta()
    assert not gallery.photos.filter(camera="Canon", time_shift__isnull=False).exists()
    undo(gallery, done.undo, studios.maria)
    assert times(gallery)["Canon"] == HOUR


def test_a_cameras_clock_adds_to_what_was_shifted_by_hand(act, gallery, studios):
    act("shift_times", span=HOUR, photos=gallery.photos.filter(camera="Nikon"))
    clocks.set_clock(gallery, "name:Nikon", timedelta(minutes=5), actor=studios.maria)
    assert times(gallery)["Nikon"] == timedelta(minutes=65)
    act("times_from_camera", photos=gallery.photos.filter(camera="Nikon"))
    assert times(gallery)["Nikon"] == timedelta(minutes=5)


def test_two_frames_of_one_moment_agree_whatever_was_shifted(act, gallery, studios):
    act("shift_times", span=HOUR, photos=gallery.photos.filter(camera="Nikon"))
    canon, nikon = gallery.photos.filter(taken_at__isnull=False).order_by("taken_at")
    clocks.align(nikon, canon, actor=studios.maria)
    nikon.refresh_from_db()
    assert nikon.ordered_at == canon.ordered_at


def test_a_photo_takes_its_shift_along_to_another_gallery(act, gallery, studios):
    act("shift_times", span=HOUR)
    other = testing.make_gallery("Other", owner=studios.maria, collection=gallery.collection)
    move_photos(gallery, gallery.photos.all(), other, actor=studios.maria)
    assert times(other) == {"Canon": HOUR, "Nikon": HOUR, "copy": HOUR, "none": None}


def test_a_shift_beyond_all_clocks_is_left_and_said(act, gallery):
    most = clocks.LARGEST_SHIFT
    act("shift_times", span=most)
    done = act("shift_times", span=HOUR)
    assert (done.changed, times(gallery)["Canon"]) == (0, most)


def test_who_may_not_change_the_gallery_shifts_nothing(act, studios):
    for name in ("shift_times", "times_from_camera"):
        with pytest.raises(PermissionDenied):
            act(name, actor=testing.make_user(), span=HOUR)


def test_each_act_has_its_line_in_the_history(act, gallery):
    act("shift_times", span=-HOUR)
    act("times_from_camera")
    entries = ModelLogEntry.objects.filter(object_id=gallery.pk).order_by("pk")
    assert [entry.message for entry in entries][-2:] == [
        "3 photos put 1 h earlier",
        "Times from the cameras again: 5 photos",
    ]


@pytest.mark.parametrize("text", ["soon", "99999d", "0h", "1h 1h", "9999999w"])
def test_b69_what_cannot_be_understood_is_said_at_the_field(gallery, text):
    form = ShiftTimesForm({"span": text}, gallery=gallery)
    assert form.errors["span"]


# --- From the file -------------------------------------------------------------------------------


def with_exif(gallery, **fields):
    """A photo whose file says when it was taken, and whose row does not know that."""
    buffer = BytesIO()
    told = {piexif.ExifIFD.DateTimeOriginal: b"2026:07:12 18:00:01"}
    told[piexif.ExifIFD.OffsetTimeOriginal] = b"+02:00"
    Image.new("RGB", (60, 40)).save(buffer, "JPEG", exif=piexif.dump({"Exif": told}))
    return testing.make_photo(gallery, content=buffer.getvalue(), is_rendered=False, **fields)


def test_b65_a_worker_reads_the_cameras_time_where_another_stood(act, gallery, studios):
    early = datetime(2020, 1, 1, tzinfo=UTC)
    photo = with_exif(gallery, taken_at=early, taken_at_source=TimeSource.PATH, camera="Leica")
    Photo.objects.filter(pk=photo.pk).update(time_shift=HOUR)
    clocks.set_clock(gallery, "name:Leica", timedelta(minutes=5), actor=studios.maria)
    assert read_camera_time(photo.pk)
    photo.refresh_from_db()
    assert photo.taken_at == datetime(2026, 7, 12, 16, 0, 1, tzinfo=UTC)
    assert (photo.taken_at_source, photo.taken_at_offset_minutes) == (TimeSource.EXIF, 120)
    assert photo.ordered_at == photo.taken_at + HOUR + timedelta(minutes=5)
    assert not read_camera_time(photo.pk)


def test_a_file_that_says_nothing_or_was_not_scanned_changes_nothing(gallery):
    silent = testing.make_photo(gallery, is_rendered=False)
    unscanned = with_exif(gallery)
    file = StoredFile.objects.filter(pk=unscanned.picture_id)
    file.update(stage=Stage.RECEIVED, verdict=Verdict.NONE)
    assert not any(read_camera_time(photo.pk) for photo in (silent, unscanned))
    assert not read_camera_time(999_999)


# --- On the screen -------------------------------------------------------------------------------


def test_b69_the_grid_asks_by_how_much_and_takes_it_back(gallery, maria):
    address = reverse("pumbaphoto_galleries:photo_act", args=[gallery.uuid])
    photo = gallery.photos.get(camera="Canon")
    asked = maria.post(address, {"act": "shift_times", "photo": photo.pk})
    assert 'name="span"' in asked.content.decode()
    data = {**asked.context["choice"].data, "act": "shift_times", "confirmed": "1"}
    refused = maria.post(address, {**data, "span": "soon"})
    assert refused.status_code == 422
    assert "Write it as 10d 4h" in refused.content.decode()
    done = maria.post(address, {**data, "span": "-90m"})
    assert "1 photo is 1 h 30 min earlier now." in done.content.decode()
    assert times(gallery)["Canon"] == timedelta(minutes=-90)
    maria.post(address, {"act": "undo", "token": done.context["outcome"].undo})
    assert times(gallery)["Canon"] == timedelta()
