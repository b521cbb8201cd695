"""Cameras' clocks: a shift each, for the order only."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail.exceptions import ClockNotSet
from pumbaphoto_wagtail.intake.clocks import (
    LARGEST_SHIFT,
    align,
    camera_key,
    cameras_of,
    has_several_cameras,
    set_clock,
    shift_between,
)
from pumbaphoto_wagtail.models import CameraClock
from pumbaphoto_wagtail.testing import make_gallery, make_photo

NOON = datetime(2026, 6, 13, 12, 0, 0, tzinfo=UTC)
MARIA, TOM, SONY = ("Canon EOS R5", "033024001432"), ("NIKON Z 9", "6011873"), ("SONY ILCE-7M4", "")
# An hour, two minutes, thirteen and a quarter seconds behind.
BEHIND = timedelta(hours=1, minutes=2, seconds=13, milliseconds=250)


def photo(gallery, camera, minutes, name="", **fields):
    taken_at = fields.pop("taken_at", NOON + timedelta(minutes=minutes))
    model, serial = camera
    return make_photo(
        gallery,
        name or f"{model[:3]}_{minutes:04d}.jpg",
        camera=model,
        serial=serial,
        taken_at=taken_at,
        ordered_at=taken_at,
        is_rendered=False,
        **fields,
    )


@pytest.fixture
def gallery(db):
    return make_gallery("Smith wedding")


@pytest.fixture
def wedding(gallery):
    """Maria's frames at each tenth minute; Tom stands beside her, his clock is behind."""
    for minutes in (0, 10, 20):
        photo(gallery, MARIA, minutes, f"maria{minutes}.jpg")
        tom = NOON + timedelta(minutes=minutes + 5) - BEHIND
        photo(gallery, TOM, minutes, f"tom{minutes}.jpg", taken_at=tom)
    return gallery


def names(gallery):
    return [photo.name.removesuffix(".jpg") for photo in gallery.photos.in_order()]


def find(gallery, name):
    return gallery.photos.get(name=name)


def test_ticking_two_frames_of_one_moment_brings_the_order_together(wedding):
    assert names(wedding) == ["tom0", "tom10", "tom20", "maria0", "maria10", "maria20"]
    # Both of the cake, five minutes past for Maria.
    cake = photo(wedding, MARIA, 5, "cake.jpg")

    shift = align(find(wedding, "tom0.jpg"), cake, actor=wedding.owner)

    assert shift == BEHIND
    assert names(wedding) == ["maria0", "cake", "tom0", "maria10", "tom10", "maria20", "tom20"]


def test_what_the_camera_said_is_never_rewritten(wedding):
    before = dict(wedding.photos.values_list("pk", "taken_at"))

    set_clock(wedding, TOM[1], BEHIND, actor=wedding.owner)

    assert dict(wedding.photos.values_list("pk", "taken_at")) == before
    for tom in wedding.photos.filter(serial=TOM[1]):
        assert tom.ordered_at == tom.taken_at + BEHIND
    for maria in wedding.photos.filter(serial=MARIA[1]):
        assert maria.ordered_at == maria.taken_at


def test_a_clock_set_again_counts_from_the_cameras_own_time(wedding):
    set_clock(wedding, TOM[1], timedelta(hours=5), actor=wedding.owner)
    set_clock(wedding, TOM[1], timedelta(minutes=-1), actor=wedding.owner)

    tom = find(wedding, "tom0.jpg")
    assert tom.ordered_at == tom.taken_at - timedelta(minutes=1)
    assert CameraClock.objects.get().shift == timedelta(minutes=-1)


def test_no_shift_is_no_clock(wedding):
    set_clock(wedding, TOM[1], BEHIND, actor=wedding.owner)
    set_clock(wedding, TOM[1], timedelta(), actor=wedding.owner)

    assert not CameraClock.objects.exists()
    assert all(photo.ordered_at == photo.taken_at for photo in wedding.photos.all())


def test_frames_of_a_third_camera_are_aligned_to_a_corrected_one(wedding):
    set_clock(wedding, TOM[1], BEHIND, actor=wedding.owner)
    third = photo(wedding, SONY, 60, "third.jpg")

    align(third, find(wedding, "tom0.jpg"), actor=wedding.owner)

    assert find(wedding, "third.jpg").ordered_at == find(wedding, "tom0.jpg").ordered_at


def test_a_clock_belongs_to_one_gallery(wedding):
    other = make_gallery("Another")
    elsewhere = photo(other, TOM, 0)

    set_clock(wedding, TOM[1], BEHIND, actor=wedding.owner)

    elsewhere.refresh_from_db()
    assert elsewhere.ordered_at == elsewhere.taken_at


def test_two_bodies_of_one_model_have_two_clocks_by_their_serial_numbers(gallery):
    one, two = photo(gallery, ("X", "1"), 0), photo(gallery, ("X", "2"), 1)

    set_clock(gallery, "2", BEHIND, actor=gallery.owner)

    one.refresh_from_db(), two.refresh_from_db()
    assert (one.ordered_at, two.ordered_at) == (NOON, two.taken_at + BEHIND)


def test_cameras_without_serial_numbers_are_told_apart_by_their_names(gallery):
    sony, canon = photo(gallery, SONY, 0), photo(gallery, ("Canon EOS 30D", ""), 1)

    set_clock(gallery, camera_key("", SONY[0]), BEHIND, actor=gallery.owner)

    sony.refresh_from_db(), canon.refresh_from_db()
    assert sony.ordered_at == sony.taken_at + BEHIND
    assert canon.ordered_at == canon.taken_at


def test_photos_of_no_known_time_or_camera_stay_where_they_are(gallery):
    photo(gallery, SONY, 0)
    timeless, nameless = photo(gallery, SONY, 1, taken_at=None), photo(gallery, ("", ""), 2)

    set_clock(gallery, camera_key("", SONY[0]), BEHIND, actor=gallery.owner)

    timeless.refresh_from_db(), nameless.refresh_from_db()
    assert timeless.ordered_at is None
    assert nameless.ordered_at == nameless.taken_at


@pytest.mark.parametrize("key", ["", "unknown", "name:", "name:unknown"])
def test_a_camera_that_took_nothing_has_no_clock(wedding, key):
    with pytest.raises(ClockNotSet, match="took none"):
        set_clock(wedding, key, BEHIND, actor=wedding.owner)


def test_a_shift_beyond_all_clocks_is_refused(wedding):
    with pytest.raises(ClockNotSet, match="that much"):
        set_clock(wedding, TOM[1], LARGEST_SHIFT * 2, actor=wedding.owner)


@pytest.mark.parametrize("year", [1826, 9998])
def test_a_moment_at_the_calendars_end_is_left_where_it_is(gallery, year):
    photo(gallery, TOM, 0)
    odd = photo(gallery, TOM, 1, taken_at=datetime(year, 6, 1, tzinfo=UTC))

    set_clock(gallery, TOM[1], LARGEST_SHIFT if year > 2000 else -LARGEST_SHIFT, actor=None)

    odd.refresh_from_db()
    assert odd.ordered_at == odd.taken_at


def test_frames_that_can_tell_nothing_are_refused(wedding):
    tom, maria = find(wedding, "tom0.jpg"), find(wedding, "maria0.jpg")
    timeless = photo(wedding, MARIA, 1, taken_at=None)
    nameless = photo(wedding, ("", ""), 1, "nameless.jpg")
    elsewhere = photo(make_gallery("Another"), MARIA, 0)

    for other in (find(wedding, "tom10.jpg"), timeless, nameless, elsewhere):
        with pytest.raises(ClockNotSet):
            align(tom, other, actor=wedding.owner)
    assert shift_between(maria, tom) == timedelta(minutes=5) - BEHIND
    assert not CameraClock.objects.exists()


def test_setting_a_clock_is_logged_once_and_not_for_nothing(wedding):
    set_clock(wedding, TOM[1], BEHIND, actor=wedding.owner)
    set_clock(wedding, TOM[1], BEHIND, actor=wedding.owner)

    entry = ModelLogEntry.objects.get(action="pumbaphoto.set_clock")
    assert entry.user == wedding.owner
    assert entry.data == {"camera": "NIKON Z 9", "serial_end": "1873", "seconds": 3733.25}


def test_cameras_are_listed_with_what_they_took(wedding):
    tomfolder = wedding.sections.create(title="Tom's camera", position=1)
    wedding.photos.filter(serial=TOM[1]).update(section=tomfolder)
    photo(wedding, TOM, 30)
    set_clock(wedding, TOM[1], BEHIND, actor=wedding.owner)

    tom, maria = cameras_of(wedding)

    assert (tom.name, tom.serial_end, tom.count, tom.shift) == ("NIKON Z 9", "1873", 4, BEHIND)
    assert tom.sections == ("Tom's camera",)
    assert (tom.first_at, tom.last_at) == (
        NOON + timedelta(minutes=5) - BEHIND,
        NOON + timedelta(minutes=30),
    )
    assert (maria.name, maria.count, maria.shift) == ("Canon EOS R5", 3, timedelta())


def test_a_gallery_of_one_camera_has_nothing_to_compare(gallery, django_assert_num_queries):
    photo(gallery, TOM, 0), photo(gallery, TOM, 1), photo(gallery, ("", ""), 2)
    photo(gallery, MARIA, 0, taken_at=None)

    with django_assert_num_queries(1):
        assert not has_several_cameras(gallery)
    photo(gallery, MARIA, 0)
    with django_assert_num_queries(1):
        assert has_several_cameras(gallery)


def test_ten_times_the_photos_ask_no_more_of_the_database(wedding, django_assert_num_queries):
    for minutes in range(30, 60):
        photo(wedding, TOM, minutes)

    with django_assert_num_queries(2):
        cameras_of(wedding)


def camera_jpeg(camera, time, colour, offset=None):
    exif = Image.Exif()
    exif[Base.Model] = camera[0]
    tags = {Base.DateTimeOriginal: time, Base.SubsecTimeOriginal: "25"}
    if camera[1]:
        tags[Base.BodySerialNumber] = camera[1]
    if offset:
        tags[Base.OffsetTimeOriginal] = offset
    exif.get_ifd(IFD.Exif).update(tags)
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.usefixtures("scanned_shoot")
@pytest.mark.parametrize("camera", [TOM, SONY], ids=["serial", "name"])
def test_photos_that_arrive_later_get_their_cameras_shift(shoot, arrivals, camera):
    arrivals({"1.jpg": camera_jpeg(camera, "2026:06:13 10:57:46", "red", "+02:00")})
    first = shoot.photos.get()
    set_clock(shoot, camera_key(first.serial, first.camera), BEHIND, actor=shoot.owner)

    arrivals({"2.jpg": camera_jpeg(camera, "2026:06:13 11:00:00", "blue", "+02:00")})

    later = shoot.photos.get(name="2.jpg")
    assert later.taken_at == datetime(2026, 6, 13, 9, 0, 0, 250000, tzinfo=UTC)
    assert later.ordered_at == later.taken_at + BEHIND
    assert later.taken_at_offset_minutes == 120
