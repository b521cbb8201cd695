"""Camera clocks in the admin: plain forms, by permission, with few queries."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.clock_words import spell, standing
from pumbaphoto_wagtail.intake.clocks import cameras_of, set_clock
from pumbaphoto_wagtail.models import CameraClock, State
from tests.admin.conftest import words_of

NOON = datetime(2026, 6, 13, 12, 0, 0, tzinfo=UTC)
BEHIND = timedelta(hours=1, minutes=2, seconds=13)
MARIA, TOM = ("Canon EOS R5", "033024001432"), ("NIKON Z 9", "6011873")


def give_times(photos, camera, *, start=NOON, section=None):
    for number, photo in enumerate(photos):
        photo.camera, photo.serial = camera
        photo.taken_at = photo.ordered_at = start + timedelta(minutes=number)
        photo.section = section
        photo.save()
    return photos


@pytest.fixture
def wedding(gallery, photos):
    """Two frames of Maria's; Tom's of the same moments, by a clock that is behind."""
    give_times(photos[:2], MARIA)
    give_times(photos[2:], TOM, start=NOON - BEHIND)
    return gallery


@pytest.fixture
def frames(wedding):
    return {photo.name: photo for photo in wedding.photos.all()}


@pytest.fixture
def address(wedding):
    return gallery_url(wedding, "clocks")


def marks(gallery):
    return {camera.name: camera.mark for camera in cameras_of(gallery)}


def comparing(frames):
    return {
        "compare": "1",
        "one_frame": frames["IMG_0001.jpg"].uuid,
        "other_frame": frames["IMG_0003.jpg"].uuid,
    }


def test_the_photos_tab_leads_to_the_clocks_of_several_cameras_only(wedding, maria, address):
    photos_tab = gallery_url(wedding)

    assert address in maria.get(photos_tab).content.decode()
    wedding.photos.update(camera=MARIA[0], serial=MARIA[1])
    assert address not in maria.get(photos_tab).content.decode()


def test_cameras_are_listed_with_the_end_of_their_serial_numbers(maria, address):
    page = maria.get(address).content.decode()

    assert "NIKON Z 9" in page
    assert "…1873" in page
    assert TOM[1] not in page
    assert MARIA[1] not in page
    assert "2 photos" in page


def test_two_ticked_frames_say_how_far_the_clocks_are_apart(maria, address, frames):
    page = maria.get(address, comparing(frames)).content.decode()

    assert "NIKON Z 9 …1873 is 1 h 2 min 13 s behind" in page
    assert "Canon EOS R5 …1432 is 1 h 2 min 13 s ahead" in page


def test_whoever_is_right_the_other_clock_is_set(wedding, maria, address, frames):
    page = maria.get(address, comparing(frames)).content.decode()
    forms = re.findall(
        r'name="frame" value="(.+?)">\s*<input type="hidden" name="to_frame" value="(.+?)"', page
    )
    frame, to_frame = forms[0]

    response = maria.post(
        address, {"act": "align", "frame": frame, "to_frame": to_frame}, follow=True
    )

    assert CameraClock.objects.get().serial == TOM[1]
    assert CameraClock.objects.get().shift == BEHIND
    tom = wedding.photos.get(name="IMG_0003.jpg")
    assert tom.ordered_at == wedding.photos.get(name="IMG_0001.jpg").taken_at
    assert tom.taken_at == NOON - BEHIND
    assert "NIKON Z 9 …1873: 1 h 2 min 13 s behind" in words_of(response)[0]
    assert "1 h 2 min 13 s behind" in response.content.decode()
    history = maria.get(gallery_url(wedding, "history")).content.decode()
    assert "Clock of NIKON Z 9 …1873: 1 h 2 min 13 s behind" in history


def test_one_frame_alone_is_asked_for_the_other(maria, address, frames):
    page = maria.get(address, {"compare": "1", "one_frame": frames["IMG_0001.jpg"].uuid})

    assert "Tick one frame of each camera." in page.content.decode()


@pytest.mark.parametrize("asked", ["", "x", "00000000-0000-0000-0000-000000000000", "' OR 1=1"])
def test_a_frame_that_is_none_is_not_ticked(maria, address, asked):
    query = {"compare": "1", "one_frame": asked, "other_frame": asked}

    assert "Tick one frame" in maria.get(address, query).content.decode()


def test_a_shift_can_be_typed_in_and_taken_back(wedding, maria, address):
    mark = marks(wedding)["NIKON Z 9"]
    typed = {
        f"{mark}-{name}": value
        for name, value in {
            "direction": "ahead",
            "days": "1",
            "hours": "",
            "minutes": "30",
            "seconds": "0.5",
        }.items()
    }

    maria.post(address, {"act": "set", "camera": mark, **typed})
    assert CameraClock.objects.get().shift == -timedelta(days=1, minutes=30, seconds=0.5)
    page = maria.get(address).content.decode()
    assert re.search(rf'name="{mark}-minutes" value="30"', page)
    assert re.search(rf'name="{mark}-seconds" value="0.5"', page)

    maria.post(address, {"act": "reset", "camera": mark})
    assert not CameraClock.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"minutes": "61"}, {"hours": "-1"}, {"seconds": "x"}, {"direction": "sideways"},
              {"days": "9" * 40}]
)  # fmt: skip
def test_a_shift_that_is_none_is_refused_beside_its_field(wedding, maria, address, wrong):
    mark = marks(wedding)["NIKON Z 9"]
    typed = {f"{mark}-{name}": value for name, value in ({"direction": "behind"} | wrong).items()}

    response = maria.post(address, {"act": "set", "camera": mark, **typed})

    assert response.status_code == 422
    assert "error-message" in response.content.decode()
    assert not CameraClock.objects.exists()


@pytest.mark.parametrize(
    "data",
    [{}, {"act": "set"}, {"act": "reset", "camera": "x"}, {"act": "align"},
     {"act": "align", "frame": "x", "to_frame": "y"}],
)  # fmt: skip
def test_a_form_of_nothing_is_not_found(maria, address, data):
    assert maria.post(address, data).status_code == 404


def test_two_frames_of_one_camera_are_refused_in_words(maria, address, frames):
    data = {"frame": frames["IMG_0003.jpg"].uuid, "to_frame": frames["IMG_0004.jpg"].uuid}

    response = maria.post(address, {"act": "align", **data})

    assert response.status_code == 409
    assert "same camera" in response.content.decode()


def test_frames_of_another_studios_gallery_are_not_found(studios, maria, address, frames):
    theirs = testing.make_gallery("Theirs", owner=studios.bert, collection=studios.other_collection)
    foreign = give_times([testing.make_photo(theirs)], ("SONY ILCE-1", "777"))[0]
    mine = frames["IMG_0001.jpg"]

    for data in ({"frame": foreign.uuid, "to_frame": mine.uuid},
                 {"frame": mine.uuid, "to_frame": foreign.uuid}):  # fmt: skip
        assert maria.post(address, {"act": "align", **data}).status_code == 404
    query = comparing(frames) | {"other_frame": foreign.uuid}
    assert foreign.name not in maria.get(address, query).content.decode()
    assert not CameraClock.objects.exists()


def test_another_studio_finds_no_clocks(studios, log_in, address):
    assert log_in(studios.bert).get(address).status_code == 404
    assert log_in(studios.bert).post(address, {"act": "reset"}).status_code == 404
    assert log_in(studios.outsider).get(address).status_code == 404


def test_whoever_may_only_look_sets_no_clock(studios, log_in, wedding, address):
    viewer = testing.make_photographer("viewer", collection=studios.collection)
    group = viewer.groups.get()
    group.collection_permissions.exclude(permission__codename="share_gallery").delete()
    browser = log_in(viewer)

    assert browser.get(gallery_url(wedding)).status_code == 200
    assert address not in browser.get(gallery_url(wedding)).content.decode()
    response = browser.post(address, {"act": "reset", "camera": marks(wedding)["NIKON Z 9"]})
    assert response.status_code in {302, 403}
    assert not CameraClock.objects.exists()


def test_the_columns_begin_where_both_cameras_were_there(studios, wedding, maria, address):
    for number in range(60):
        give_times(
            [testing.make_photo(wedding, f"early{number:02d}.jpg", is_rendered=False)],
            MARIA, start=NOON - timedelta(hours=5, minutes=-number),
        )  # fmt: skip

    page = maria.get(address).content.decode()

    assert "IMG_0001.jpg" in page
    assert "early00.jpg" not in page
    at = maria.get(address, {"at": "2026-06-13T07:00:00", "fresh": "1"}).content.decode()
    assert "early00.jpg" in at


def test_paging_and_searching_keep_what_is_ticked(wedding, maria, address, frames):
    for number in range(30):
        give_times(
            [testing.make_photo(wedding, f"late{number:02d}.jpg", is_rendered=False)],
            MARIA, start=NOON + timedelta(hours=1, minutes=number),
        )  # fmt: skip
    ticked = frames["IMG_0001.jpg"]
    query = {"one_page": ["1", "2"], "one_frame": ticked.uuid}

    page = maria.get(address, query).content.decode()

    assert "late29.jpg" in page
    assert f'value="{ticked.uuid}" checked' in page
    found = maria.get(address, {"q": "late 07", "fresh": "1"}).content.decode()
    assert "late07.jpg" in found
    assert "late08.jpg" not in found
    assert "IMG_0003.jpg" not in found


@pytest.mark.parametrize("at", ["x", "2026-13-45T99:99", "0001-01-01T00:00", "9999-12-31T23:59:59"])
def test_a_time_that_is_none_is_passed_over(maria, address, at):
    assert maria.get(address, {"at": at, "fresh": "1"}).status_code == 200


def test_a_third_camera_can_be_chosen(wedding, maria, address):
    give_times([testing.make_photo(wedding, "sony.jpg")], ("SONY ILCE-1", ""))
    sony = marks(wedding)["SONY ILCE-1"]

    assert "sony.jpg" not in maria.get(address).content.decode()
    page = maria.get(address, {"other": sony}).content.decode()
    assert "sony.jpg" in page
    assert "without a serial number" in page


def test_a_gallery_of_one_camera_or_none_says_so(gallery, maria):
    address = gallery_url(gallery, "clocks")

    page = maria.get(address)

    assert page.status_code == 200
    assert "No photo here tells its camera and time." in page.content.decode()


def test_the_page_runs_no_scripts_of_its_own_under_a_strict_policy(maria, address, frames):
    response = maria.get(address, comparing(frames))
    page = response.content.decode()
    main = page[page.index('class="pumba-clocks"') :]

    assert "script-src" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    assert not re.search(r"\son\w+=|\sstyle=", main)


def test_every_field_has_a_name_that_is_read_out(maria, address, frames):
    page = maria.get(address, comparing(frames)).content.decode()
    main = page[page.index('class="pumba-clocks"') : page.index("pumba-compare__submit")]

    fields = re.findall(r"<(?:input|select)(?![^>]*type=\"hidden\")[^>]*>", main)
    assert len(fields) > 10
    for field in fields:
        before = main[: main.index(field)]
        assert before.rfind("<label") > before.rfind("</label>"), field


def test_the_number_of_queries_does_not_grow_with_the_shoot(studios, maria):
    def count(amount):
        gallery = testing.make_gallery(
            f"Shoot of {amount}", owner=studios.maria, collection=studios.collection
        )
        for camera in (MARIA, TOM):
            many = testing.make_many_photos(gallery, amount)
            for number, photo in enumerate(many):
                photo.camera, photo.serial = camera
                photo.taken_at = photo.ordered_at = NOON + timedelta(seconds=number)
            gallery.photos.bulk_update(many, ["camera", "serial", "taken_at", "ordered_at"])
        maria.get(gallery_url(gallery, "clocks"))
        with CaptureQueriesContext(connection) as queries:
            assert maria.get(gallery_url(gallery, "clocks")).status_code == 200
        return len(queries)

    assert count(300) <= count(30)


def test_clocks_of_an_archived_gallery_can_be_looked_at(wedding, maria, address):
    wedding.state = State.ARCHIVED
    wedding.save()

    assert maria.get(address).status_code == 200


def test_clients_see_the_new_order_and_nothing_of_the_clocks(wedding, link):
    set_clock(wedding, TOM[1], BEHIND + timedelta(seconds=1), actor=None)

    names = [photo.name[4:8] for photo in wedding.photos.in_order()]

    assert names == ["0001", "0003", "0002", "0004"]


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=1, minutes=2, seconds=13), "1 h 2 min 13 s"),
        (timedelta(hours=-1, minutes=-2, seconds=-13), "1 h 2 min 13 s"),
        (timedelta(days=2, hours=3), "2 days 3 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(seconds=3599, milliseconds=900), "1 h"),
        (timedelta(milliseconds=420), "0.4 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=1), "1 min"),
    ],
)
def test_lengths_of_time_read_as_people_say_them(span, words):
    assert spell(span) == words


def test_a_shift_says_which_way_the_clock_is_off():
    assert standing(BEHIND) == "1 h 2 min 13 s behind"
    assert standing(-BEHIND) == "1 h 2 min 13 s ahead"
    assert standing(timedelta()) == "as the camera says"
