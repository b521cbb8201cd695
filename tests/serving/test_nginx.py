"""Photographs through the shipped nginx, by both recipes: who gets which bytes, and how."""

import pytest
from django.utils import timezone

from pumbaphoto_wagtail.models import ShareLink
from tests.serving.browsers import Raw
from tests.serving.plant import ODD_NAME
from tests.uploads.photographer import Photographer
from tests.uploads.servers import DEPLOY

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

# Said of every picture, whoever sends it.
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
}
KEPT = "private, max-age=31536000, immutable"


@pytest.fixture
def grid(planted) -> str:
    return planted["photos"][0]["grid"]


@pytest.fixture
def stored(site, planted) -> bytes:
    return (site.volume("renditions") / planted["photos"][0]["names"]["grid"]).read_bytes()


def test_a_picture_comes_whole_and_with_its_headers_once_each(anna, grid, stored):
    answer = anna.ask(grid)
    assert (answer.status, answer.body) == (200, stored)
    expected = {**SAFE, "Cache-Control": KEPT, "Content-Type": "image/jpeg"}
    for name, value in expected.items():
        assert answer.headers.get_all(name) == [value], name
    assert "Set-Cookie" not in answer.headers
    assert not [name for name in answer.headers if name.startswith(("X-Accel", "X-Pumba"))]


def test_pages_are_compressed_but_not_those_that_hold_an_address_that_opens_something(
    anna, planted, grid
):
    page = anna.ask(planted["page"], Accept_Encoding="gzip")
    assert (page.status, page.headers["Content-Encoding"]) == (200, "gzip")
    for address in (f"/galleries/family/{planted['private']}/", grid):
        answer = anna.ask(address, Accept_Encoding="gzip")
        assert (answer.status, answer.headers["Content-Encoding"]) == (200, None)


def test_an_unchanged_picture_is_not_sent_again(anna, grid):
    etag = anna.ask(grid).headers["ETag"]
    answer = anna.ask(grid, If_None_Match=etag)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["Cache-Control"] == KEPT


def test_parts_of_a_picture_are_sent_while_it_is_the_same(anna, grid, stored):
    etag = anna.ask(grid).headers["ETag"]
    part = anna.ask(grid, Range="bytes=10-19", If_Range=etag)
    assert (part.status, part.body) == (206, stored[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(stored)}"
    anew = anna.ask(grid, Range="bytes=10-19", If_Range='"another"')
    assert (anew.status, anew.body) == (200, stored)
    beyond = anna.ask(grid, Range=f"bytes={len(stored)}-")
    assert beyond.status == 416


def test_head_tells_the_length_without_the_bytes(anna, grid, stored):
    answer = anna.ask(grid, "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(stored))


def test_pictures_are_only_read(anna, grid):
    assert anna.ask(grid, "POST", b"x").status in (403, 405)
    assert anna.ask(grid, "DELETE").status in (403, 405)


def test_a_stranger_is_told_what_is_told_of_a_picture_that_never_was(front, stranger, planted):
    known = planted["photos"][0]
    unknown = known["grid"].replace(known["uuid"], "0b7d1f5e-6c1d-4f0e-9a53-5f2f5a0c1d11")
    refused, missing = stranger.ask(known["grid"]), stranger.ask(unknown)
    assert (refused.status, missing.status) == (404, 404)
    assert refused.body == missing.body == b""
    dated = ("Date", "Server")
    told = [
        [pair for pair in each.headers.items() if pair[0] not in dated]
        for each in (refused, missing)
    ]
    assert told[0] == told[1]
    assert refused.headers["Cache-Control"] == "private, no-store"


def test_photos_for_the_couple_only_are_not_for_family(front, anna, planted):
    family = Raw(front)
    family.open(planted["tokens"]["family"])
    assert anna.ask(planted["couple_only"]["grid"]).status == 200
    assert family.ask(planted["couple_only"]["grid"]).status == 404
    assert family.ask(planted["photos"][0]["grid"]).status == 200


def test_a_public_gallery_needs_no_cookie(stranger, planted):
    assert stranger.ask(planted["public"]["grid"]).status == 200


def test_a_photographers_session_sees_without_a_link(front, planted, grid, stored):
    maria = Photographer(front.address, front.certificate)
    answer = maria.ask("GET", grid)
    assert (answer.status_code, answer.content) == (200, stored)


@pytest.mark.parametrize(
    "cookies",
    ["{theirs}; {mine}", "{mine}; {theirs}", "{mine}; pumbaphoto_links=forged; {theirs}"],
)
def test_two_cookies_of_one_name_open_no_more_than_one_of_them(front, anna, planted, cookies):
    """nginx takes the first and Django the last: neither may lend its verdict to the other."""
    family = Raw(front)
    family.open(planted["tokens"]["family"])
    photo = planted["couple_only"]["view"]
    both = Raw(front, cookies.format(mine=anna.cookies, theirs=family.cookies))
    both.ask(photo)
    assert family.ask(photo).status == 404
    assert anna.ask(photo).status == 200
    assert Raw(front).ask(photo).status == 404


@pytest.mark.parametrize(
    "spelled",
    [
        "/galleries/media/photo/{open}/../{closed}/grid/{name}",
        "/galleries/media/photo/{open}/%2e%2e/{closed}/grid/{name}",
        "/galleries/media/photo/{open}/%2e%2e%2f{closed}/grid/{name}",
        "/galleries/media/photo/{open}%2f..%2f{closed}/grid/{name}",
        "//galleries//media//photo//{closed}//grid//{name}",
        "/galleries/media/photo/{closed}/./grid/{name}",
        "/galleries/media/photo/{closed}/grid/{name}%00.jpg",
        "/galleries/media/photo/{closed}/grid/{name}/..;/{name}",
        "/galleries/media/photo/{closed}/grid\\..\\grid/{name}",
        "/galleries/media/photo/{closed}/grid/{name}?/galleries/media/photo/{open}/grid/{name}",
        "/galleries/media/photo/{open}/grid/{name}",
        "/galleries/%6dedia/photo/{closed}/grid/{name}",
    ],
)
def test_no_spelling_of_an_address_opens_what_another_would_not(stranger, planted, spelled):
    closed, public = planted["photos"][1], planted["public"]
    # So that there is a verdict on what everybody may see.
    assert stranger.ask(public["grid"]).status == 200
    path = spelled.format(
        closed=closed["uuid"], open=public["uuid"], name=closed["grid"].rpartition("/")[2]
    )
    answer = stranger.ask(path)
    # A digest of another photo leads to the picture that everybody may see.
    assert answer.status in (302, 400, 404), path
    assert b"\xff\xd8\xff" not in answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/protected/pumbaphoto_renditions/{name}",
        "/protected/pumbaphoto_incoming/.pumbaphoto-volume",
        "/protected/pumbaphoto_originals/../incoming/.pumbaphoto-volume",
        "/protected/pumbaphoto_originals/%2e%2e/incoming/.pumbaphoto-volume",
        "/protected/pumbaphoto_originals%2f..%2f..%2fstudio.sqlite3",
        "//protected//pumbaphoto_renditions//{name}",
        "/galleries/../protected/pumbaphoto_renditions/{name}",
        "/static/../volume/renditions/{name}",
        "/static/..%2f..%2fstudio.sqlite3",
        "/static../volume/renditions/{name}",
        "/media../volume/renditions/{name}",
        "/media/%2e%2e/volume/renditions/{name}",
        "/media/..%5c..%5cstudio.sqlite3",
        "/pumbaphoto-verdict",
        "/galleries/verdict/photo/{uuid}/grid/{digest}",
        "//galleries/%76erdict/photo/{uuid}/grid/{digest}",
    ],
)
def test_nothing_internal_is_reached_from_outside(anna, planted, path):
    photo = planted["photos"][0]
    answer = anna.ask(
        path.format(
            name=photo["names"]["grid"],
            uuid=photo["uuid"],
            digest=photo["grid"].rpartition("/")[2],
        )
    )
    assert answer.status in (301, 400, 404), path
    assert b"\xff\xd8\xff" not in answer.body
    assert b"SQLite" not in answer.body
    assert "X-Pumbaphoto-File" not in answer.headers


def test_a_link_that_somebody_planted_on_the_volume_is_not_followed(site, anna, planted, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"nobody's business")
    path = site.volume("renditions") / planted["photos"][2]["names"]["grid"]
    aside = path.rename(path.with_suffix(".aside"))
    try:
        path.symlink_to(secret)
        answer = anna.ask(planted["photos"][2]["grid"])
        assert answer.status in (403, 404)
        assert b"nobody" not in answer.body
    finally:
        path.unlink()
        aside.rename(path)


def test_a_folder_that_is_a_link_is_not_followed(site, anna, planted, tmp_path):
    folder = (site.volume("renditions") / planted["photos"][2]["names"]["grid"]).parent
    aside = folder.rename(folder.with_name(f"{folder.name}-aside"))
    try:
        folder.symlink_to(aside)
        answer = anna.ask(planted["photos"][2]["grid"])
        # The site does not follow it either, and says that something is wrong with its volume.
        assert answer.status in (400, 403, 404)
        assert b"\xff\xd8\xff" not in answer.body
    finally:
        folder.unlink()
        aside.rename(folder)


def test_an_original_is_saved_under_its_own_name_wherever_it_lies(site, anna, planted):
    """Names on disk are ours, but those of a referenced library are anybody's."""
    answer = anna.ask(planted["photos"][0]["original"])
    assert answer.status == 200
    assert answer.body == (site.volume("originals") / ODD_NAME).read_bytes()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert (
        "filename*=utf-8''Ebba%20%22%26%22%20Johan%20%E2%80%93%2050%25.jpg"
        in (answer.headers["Content-Disposition"])
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    for name, value in SAFE.items():
        assert answer.headers.get_all(name) == [value], name
    part = anna.ask(planted["photos"][0]["original"], Range="bytes=2-4")
    assert (part.status, part.body) == (206, answer.body[2:5])


def test_a_zip_goes_on_where_it_stopped(anna, planted):
    address = f"/galleries/download/gallery/{planted['private']}"
    whole = anna.ask(address)
    assert whole.headers["Content-Length"] == str(len(whole.body))
    rest = anna.ask(address, Range="bytes=100-", If_Range=whole.headers["ETag"])
    assert (rest.status, rest.body) == (206, whole.body[100:])


def test_a_picture_that_was_lost_is_waited_for(site, anna, planted):
    path = site.volume("renditions") / planted["photos"][2]["names"]["view"]
    aside = path.rename(path.with_suffix(".aside"))
    try:
        answer = anna.ask(planted["photos"][2]["view"])
        assert (answer.status, answer.headers["Content-Type"]) == (202, "image/svg+xml")
        # nginx keeps what the first answer said as well; of both, browsers take the stricter.
        assert "private, no-store" in answer.headers.get_all("Cache-Control")
    finally:
        aside.rename(path)
    assert anna.ask(planted["photos"][2]["view"]).status == 200


def test_a_revoked_link_opens_nothing_any_more(site, plain, busy, planted):
    """At the next request by the first recipe; by the other as soon as the verdict is over."""
    row = site.rows(ShareLink).filter(pk=planted["links"]["client"])
    before = row.values("revoked_at", "epoch").get()
    photo = planted["photos"][1]
    at_once = [
        planted["page"],
        f"{planted['page']}photos/",
        photo["original"],
        f"/galleries/download/gallery/{planted['private']}",
        f"/galleries/download/item/{planted['item']}",
        f"/galleries/picks/{planted['private']}/",
        f"/galleries/family/{planted['private']}/",
    ]
    browsers = {front: Raw(front) for front in (plain, busy)}
    for browser in browsers.values():
        browser.open(planted["tokens"]["client"])
        for path in (*at_once, photo["grid"]):
            assert browser.ask(path).status == 200, path
    try:
        row.update(revoked_at=timezone.now(), epoch=before["epoch"] + 1)
        for browser in browsers.values():
            for path in at_once:
                assert browser.ask(path).status == 404, path
            assert browser.ask(at_once[3], Range="bytes=10-").status == 404
        assert browsers[plain].ask(photo["grid"]).status == 404
        site.wait_until(
            lambda: browsers[busy].ask(photo["grid"]).status == 404,
            seconds=30,
            what="the verdict to be over",
        )
    finally:
        row.update(**before)


def test_a_verdict_is_kept_so_that_the_site_is_asked_once(site, busy, planted):
    """And what a verdict is kept for is shipped as less than thirty seconds."""
    browser = Raw(busy)
    browser.open(planted["tokens"]["client"])
    # Which no other test asks for.
    address = planted["photos"][1]["view"]
    for _ in range(5):
        assert browser.ask(address).status == 200

    def logged() -> list[str]:
        return [line for line in busy.log("studio.log").splitlines() if address in line]

    # What was answered is logged some time later.
    site.wait_until(lambda: len(logged()) >= 5, what="five lines in the log")
    lines = logged()
    assert len(lines) == 5
    # An upstream's time stands only where the site itself had sent the picture.
    assert all(line.endswith("upstream - s") for line in lines), lines
    assert "proxy_cache_valid 204 403 20s;" in (DEPLOY / "busy_server.conf").read_text()
