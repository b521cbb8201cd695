"""What a worker learns of a film, and its picture: fetched from a stranger, and treated as one."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.delivery import erasing, losses
from pumbaphoto_wagtail.delivery.places import misplaced
from pumbaphoto_wagtail.exceptions import NotFetched
from pumbaphoto_wagtail.intake import outside, video_fetching, video_thumbnails, videos
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.intake.outside import fetch_picture, is_public
from pumbaphoto_wagtail.intake.reconciling import sweep_parts
from pumbaphoto_wagtail.intake.space import bytes_kept
from pumbaphoto_wagtail.models import Stage, StoredFile, Verdict, Video
from pumbaphoto_wagtail.storage import INCOMING, ORIGINALS, RENDITIONS, walk
from pumbaphoto_wagtail.testing import jpeg_bytes, make_photo
from pumbaphoto_wagtail.verification import Inspection, verify

from . import films
from .films import FILM, Provider, answer

LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return films.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    with films.pictures_server(certificate) as server:
        yield server


@pytest.fixture
def provider(settings, monkeypatch):
    monkeypatch.setattr(Provider, "answers", {FILM: answer()})
    monkeypatch.setattr(Provider, "asked", [])
    with films.finders(settings, films.PROVIDER):
        yield Provider


@pytest.fixture
def video(scanned_shoot, provider, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "FILM_HOSTS_INSIDE": ["localhost"]}
    return videos.add_video(scanned_shoot, actor=scanned_shoot.owner, address=FILM)


def with_picture(provider, server, content: bytes) -> None:
    server.pages["/1.jpg"] = (200, {"Content-Type": "image/jpeg"}, content)
    provider.answers[FILM] = answer(thumbnail_url=f"{server.url}/1.jpg")


def work() -> None:
    """What the workers of both clusters find to do."""
    while entry := OrmQ.objects.order_by("pk").first():
        name, keys = entry.func().rpartition(".")[2], entry.task["args"]
        entry.delete()
        getattr(tasks, name)(*keys)


# --- The provider's answer -----------------------------------------------------------------------


def test_b36_a_worker_learns_of_a_film_and_no_request_does(video, provider):
    assert (video.title, video.fetched_at, provider.asked) == ("", None, [])
    work()
    video.refresh_from_db()
    assert (video.title, video.provider, video.width, video.height) == (
        "Our day",
        "Films",
        1280,
        720,
    )
    assert video.player_url == "https://player.films.example/42"
    assert video.fetched_at
    assert not video.retry_at
    assert not video.reason
    assert video_fetching.fetch_video(video.pk) is False
    assert provider.asked == [FILM]


def test_what_the_photographer_calls_a_film_stays(scanned_shoot, provider):
    video = videos.add_video(
        scanned_shoot, actor=scanned_shoot.owner, address=FILM, title="The dance"
    )
    work()
    video.refresh_from_db()
    assert video.title == "The dance"


@pytest.mark.parametrize(
    "said",
    [
        answer(type="photo", html='<img src="https://films.example/1.jpg">'),
        answer(type="link", html=None),
        answer(html='<script src="https://films.example/x.js"></script>'),
        answer(html='<iframe src="http://player.films.example/42"></iframe>'),
    ],
)
def test_b37_what_is_no_film_is_said_to_be_none_and_not_asked_about_again(video, provider, said):
    provider.answers[FILM] = said
    assert video_fetching.fetch_video(video.pk) is False
    video.refresh_from_db()
    assert "no film" in video.reason
    assert (video.player_url, video.retry_at, video.fetched_at) == ("", None, None)


@pytest.mark.parametrize(
    "said",
    [
        answer(title="A\0B\x1b" + "x" * 999, provider_name="P" * 300, width="10" * 30, height=-1),
        answer(title=None, provider_name=None, width=None, height="x"),
        answer(title=["list"], provider_name={}, width={}, height=float("inf")),
    ],
)
def test_a_strange_answer_harms_nothing(video, provider, said):
    provider.answers[FILM] = said
    assert video_fetching.fetch_video(video.pk) is True
    video.refresh_from_db()
    assert "\0" not in video.title
    assert (video.width, video.height) == (None, None)


class Broken(Provider):
    def find_embed(self, url, max_width=None, max_height=None):
        raise KeyError(url)


def test_a_provider_that_does_not_answer_is_asked_later_and_later_and_then_given_up(
    video, provider, settings
):
    waits = []
    with films.finders(settings, f"{__name__}.Broken"):
        for _attempt in range(len(video_fetching.RETRY_SECONDS) + 1):
            Video.objects.filter(pk=video.pk).update(retry_at=timezone.now())
            assert video_fetching.fetch_video(video.pk) is False
            video.refresh_from_db()
            waits.append(
                video.retry_at and round((video.retry_at - timezone.now()).total_seconds())
            )
    assert waits[:-1] == pytest.approx([*video_fetching.RETRY_SECONDS], abs=5)
    assert waits[-1] is None
    assert "could not be read" in video.reason
    videos.ask_again(video, actor=video.gallery.owner)
    work()
    video.refresh_from_db()
    assert video.fetched_at
    assert not video.reason


def test_a_film_whose_worker_died_is_found_by_reconciling_and_by_one_worker_alone(video, provider):
    OrmQ.objects.all().delete()
    assert video_fetching.reconcile() == {"films asked about": 1}
    OrmQ.objects.all().delete()
    died = timezone.now() + timedelta(seconds=60)
    Video.objects.filter(pk=video.pk).update(retry_at=died, fetch_attempts=1)
    assert video_fetching.reconcile() == {"films asked about": 0}
    assert video_fetching.fetch_video(video.pk) is False
    assert provider.asked == []
    Video.objects.filter(pk=video.pk).update(retry_at=timezone.now())
    tasks.reconcile()
    work()
    assert provider.asked == [FILM]


# --- The picture ---------------------------------------------------------------------------------


def test_b38_a_films_picture_is_scanned_before_it_is_decoded_and_then_rendered(
    video, provider, server
):
    with_picture(provider, server, jpeg_bytes(480, 360))
    tasks.fetch_video(video.pk)
    video.refresh_from_db()
    file = video.thumbnail
    assert (file.stage, file.verdict, file.storage) == (Stage.RECEIVED, Verdict.NONE, INCOMING)
    assert not file.renditions.exists()
    assert tasks.render_file(file.pk) is None
    work()
    file.refresh_from_db()
    assert (file.stage, file.verdict, file.storage) == (Stage.READY, Verdict.CLEAN, ORIGINALS)
    # X81: a picture that is smaller than a tier is there in it all the same.
    assert {row.tier: row.width for row in file.renditions.all()} == {
        "grid": 300,
        "view": 480,
        "display": 480,
    }
    assert list(walk(INCOMING)) == []
    (path, headers), *more = server.asked
    assert (path, more) == ("/1.jpg", [])
    assert not {"Cookie", "Referer", "Authorization"} & set(headers)


def test_i2_an_infected_picture_is_quarantined_and_never_decoded(video, provider, server):
    with_picture(provider, server, b"\xff\xd8\xff\xe0" + eicar())
    work()
    video.refresh_from_db()
    assert (video.thumbnail.stage, video.thumbnail.storage) == (Stage.INFECTED, INCOMING)
    assert video.thumbnail.name.startswith("quarantine/")
    assert not video.thumbnail.renditions.exists()


@pytest.mark.parametrize(
    "content", [b"GIF89a" + b"x" * 99, b"<html>", b"<svg/>", b"RIFF\0\0\0\0WEBP"]
)
def test_what_is_no_picture_is_not_even_kept(video, provider, server, content):
    with_picture(provider, server, content)
    assert video_fetching.fetch_video(video.pk) is False
    video.refresh_from_db()
    assert video.reason
    assert video.retry_at
    # What the provider said stands all the same: the film plays.
    assert video.title == "Our day"
    assert video.player_url
    assert video.thumbnail is None
    assert not StoredFile.objects.exists()
    assert list(walk(INCOMING)) == []


def test_a_damaged_picture_leaves_a_plain_tile(video, provider, server):
    with_picture(provider, server, b"\xff\xd8\xff\xe0" + b"\0" * 500)
    work()
    video.refresh_from_db()
    assert video.fetched_at
    assert video.thumbnail.stage == Stage.FAILED
    assert not video.thumbnail.renditions.exists()


def test_asked_again_a_new_picture_takes_the_old_ones_place_and_the_same_one_stays(
    video, provider, server
):
    with_picture(provider, server, jpeg_bytes(480, 360))
    work()
    first = Video.objects.get().thumbnail
    videos.ask_again(video, actor=video.gallery.owner)
    work()
    assert Video.objects.get().thumbnail == first
    with_picture(provider, server, jpeg_bytes(640, 360))
    videos.ask_again(video, actor=video.gallery.owner)
    work()
    second = Video.objects.get().thumbnail
    assert second != first
    assert second.stage == Stage.READY
    assert StoredFile.objects.get() == second
    assert len([*walk(RENDITIONS)]) == second.renditions.count()


def test_i5_a_films_picture_is_known_counted_and_goes_with_it(video, provider, server):
    with_picture(provider, server, jpeg_bytes(480, 360))
    work()
    gallery, file = video.gallery, StoredFile.objects.get()
    assert [*verify(Inspection())] == []
    assert bytes_kept(gallery.site) == file.size
    lost = losses.what_goes(gallery)
    assert (lost.videos, lost.files) == (1, 1)
    assert lost.size > file.size
    assert not misplaced(gallery).exists()
    assert videos.remove_video(video, actor=gallery.owner) is True
    assert videos.remove_video(video, actor=gallery.owner) is False
    assert not StoredFile.objects.exists()
    assert [*walk(ORIGINALS), *walk(RENDITIONS), *walk(INCOMING)] == []


def test_a_gallery_that_is_deleted_takes_its_films_along(video, provider, server):
    with_picture(provider, server, jpeg_bytes(480, 360))
    make_photo(video.gallery)
    work()
    erasing.delete_gallery(video.gallery, actor=video.gallery.owner)
    work()
    assert not Video.objects.exists()
    assert not StoredFile.objects.exists()
    assert [*walk(ORIGINALS), *walk(RENDITIONS), *walk(INCOMING)] == []


def test_a_film_that_goes_while_its_picture_is_fetched_leaves_nothing(video):
    Video.objects.filter(pk=video.pk).delete()
    with pytest.raises(NotFetched):
        video_thumbnails.keep(video, jpeg_bytes())
    assert not StoredFile.objects.exists()
    assert list(walk(INCOMING)) == []
    assert sweep_parts() == 0


# --- The way to it -------------------------------------------------------------------------------


def fetch(server, path: str = "/1.jpg", **more) -> bytes:
    return fetch_picture(f"{server.url}{path}", max_bytes=LIMIT, inside=["localhost"], **more)


def test_a_picture_is_fetched_by_https_and_through_a_few_redirects(server):
    server.pages["/1.jpg"] = (200, {}, b"whole")
    server.pages["/a"] = (302, {"Location": "/b"}, b"")
    server.pages["/b"] = (301, {"Location": f"{server.url}/1.jpg"}, b"")
    assert fetch(server) == fetch(server, "/a") == b"whole"
    server.pages["/b"] = (307, {"Location": "/a"}, b"")
    with pytest.raises(NotFetched, match="on and on"):
        fetch(server, "/a")


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost/1.jpg", "file:///etc/passwd", "ftp://localhost/1", "https://", "", "x"),
        *(
            "https://user:word@localhost/1.jpg",
            "https://localhost:x/",
            "https://[::1",
            "//localhost/1",
        ),
    ],
)
def test_ssrf_nothing_but_https_is_asked(url):
    with pytest.raises(NotFetched):
        fetch_picture(url, max_bytes=LIMIT, inside=["localhost"])


def test_ssrf_a_private_address_is_not_asked_and_be_it_by_a_redirect(server):
    server.pages["/1.jpg"] = (200, {}, b"secret")
    with pytest.raises(NotFetched, match="not a public server"):
        fetch_picture(f"{server.url}/1.jpg", max_bytes=LIMIT)
    assert server.asked == []
    by_number = server.url.replace("localhost", "127.0.0.1")
    server.pages["/a"] = (302, {"Location": f"{by_number}/1.jpg"}, b"")
    with pytest.raises(NotFetched, match="not a public server"):
        fetch(server, "/a")
    server.pages["/a"] = (302, {"Location": "http://localhost/1.jpg"}, b"")
    with pytest.raises(NotFetched, match="https"):
        fetch(server, "/a")
    assert [path for path, _headers in server.asked] == ["/a", "/a"]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::"),
        *("fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "2002:7f00:1::"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:db8::1"),
    ],
)
def test_ssrf_addresses_in_here_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["142.250.1.1", "2a00:1450::1", "::ffff:8.8.8.8"])
def test_addresses_out_there_are(address):
    assert is_public(address)


def test_only_who_proves_to_be_the_host_is_believed(server, monkeypatch):
    server.pages["/1.jpg"] = (200, {}, b"whole")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotFetched, match="did not answer"):
        fetch(server)
    assert server.asked == []


def test_what_is_too_large_or_missing_or_cut_off_is_left(server):
    server.pages["/1.jpg"] = (200, {}, b"x" * (LIMIT + 1))
    with pytest.raises(NotFetched, match="too large"):
        fetch(server)
    server.pages["/1.jpg"] = (200, {"Content-Length": "999"}, b"cut")
    with pytest.raises(NotFetched, match="whole"):
        fetch(server)
    server.pages["/1.jpg"] = (200, {}, b"")
    with pytest.raises(NotFetched, match="empty"):
        fetch(server)
    with pytest.raises(NotFetched, match="404"):
        fetch(server, "/2.jpg")


def test_a_server_that_drips_does_not_hold_a_worker(server, monkeypatch):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        for _turn in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)

    server.pages["/1.jpg"] = drip
    monkeypatch.setattr(outside, "WHOLE_SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(NotFetched, match="too long"):
        fetch(server)
    assert time.monotonic() - began < 3
