"""What everybody may see, by the shipped nginx from the published tree; limits; the library."""

from __future__ import annotations

import json
import re

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from pumbaphoto_wagtail.models import Gallery, Photo, Rendition
from tests.serving.browsers import Raw
from tests.serving.plant import MADE_UP_AVIF, WALL_PHOTOS
from tests.serving.test_nginx import KEPT, SAFE
from tests.uploads.servers import DEPLOY, Front

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

PUBLISHED = re.compile(r"/galleries/published/[0-9a-f-]{36}/[0-9a-z-]+\.(?:jpg|webp|avif)")
TAKE_BACK = """
import time
from pumbaphoto_wagtail.models import AccessPolicy, Visibility
policy = AccessPolicy.objects.get(gallery=%d)
policy.visibility = Visibility.MEMBERS
began = time.monotonic()
policy.save()
print("seconds", time.monotonic() - began)
"""


def with_small_bursts(text: str) -> str:
    """So that a test need not ask so often; what is shipped is looked at as text."""
    return re.sub(r"(zone=(?:pages|originals|zips)) burst=\d+", r"\1 burst=9", text)


@pytest.fixture(scope="module")
def limited(site, plain):
    with Front(site, with_small_bursts, beside=plain, is_hurried=False) as front:
        yield front


@pytest.fixture
def anybody(plain) -> Raw:
    return Raw(plain)


@pytest.fixture
def tree(site, planted):
    return site.volume("published") / planted["wide"]["uuid"]


@pytest.fixture
def grid(planted) -> str:
    return planted["wide"]["pictures"][1][0]


def on_disk(tree, address: str):
    return tree / address.rpartition("/")[2]


def asked(front, since: int) -> list[str]:
    """The lines of nginx's log, from one on, whose answer came from the site."""
    lines = front.log("studio.log").splitlines()[since:]
    return [line for line in lines if not line.endswith("upstream - s")]


def lines_in(front) -> int:
    return len(front.log("studio.log").splitlines())


# --- Hits ----------------------------------------------------------------------------------------


def test_f16_a_published_picture_comes_from_the_disk_with_its_headers_once_each(
    site, plain, anybody, tree, grid
):
    before = lines_in(plain)
    answer = anybody.ask(grid)
    assert (answer.status, answer.body) == (200, on_disk(tree, grid).read_bytes())
    expected = {**SAFE, "Cache-Control": KEPT, "Content-Type": "image/jpeg"}
    for name, value in expected.items():
        assert answer.headers.get_all(name) == [value], name
    assert "Set-Cookie" not in answer.headers
    etag = answer.headers["ETag"]
    again = anybody.ask(grid, If_None_Match=etag)
    assert (again.status, again.body, again.headers["Cache-Control"]) == (304, b"", KEPT)
    part = anybody.ask(grid, Range="bytes=10-19", If_Range=etag)
    assert (part.status, part.body) == (206, answer.body[10:20])
    assert anybody.ask(grid, Range=f"bytes={len(answer.body)}-").status == 416
    head = anybody.ask(grid, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(answer.body))
    for method in ("POST", "PUT", "DELETE"):
        assert anybody.ask(grid, method, b"x").status in (403, 405)
    site.wait_until(lambda: lines_in(plain) >= before + 8, what="the log")
    assert asked(plain, before) == []


def test_other_formats_have_their_own_type(anybody, planted):
    answer = anybody.ask(planted["wide"]["avif"])
    assert (answer.status, answer.body) == (200, MADE_UP_AVIF)
    assert answer.headers.get_all("Content-Type") == ["image/avif"]
    assert "image/webp webp;" in (DEPLOY / "nginx.conf").read_text()


def test_f17_a_page_of_a_hundred_pictures_costs_the_site_two_requests(site, limited, planted):
    """The page and the list of what hangs further down; through the limits as they are shipped,
    and with smaller bursts.
    """
    visitor = Raw(limited)
    before = lines_in(limited)
    page = visitor.ask(planted["wide"]["page"])
    found = set(PUBLISHED.findall(page.body.decode()))
    feed = visitor.ask(f"{planted['wide']['page']}photos/?page=2")
    found |= set(PUBLISHED.findall(json.dumps(json.loads(feed.body))))
    grids = {address for address in found if "-grid-" in address and address.endswith(".jpg")}
    assert len(grids) == WALL_PHOTOS
    statuses = [visitor.ask(address).status for address in sorted(grids)]
    assert statuses == [200] * WALL_PHOTOS
    site.wait_until(lambda: lines_in(limited) >= before + 2 + WALL_PHOTOS, what="the log")
    assert len(asked(limited, before)) == 2


# --- Misses --------------------------------------------------------------------------------------


def test_what_is_not_in_the_tree_is_asked_of_the_site(anybody, tree, planted):
    address = planted["wide"]["pictures"][2][1]
    path = on_disk(tree, address)
    before = path.read_bytes()
    aside = path.rename(path.with_name("aside"))
    try:
        answer = anybody.ask(address)
        assert (answer.status, answer.body) == (200, before)
        assert answer.headers.get_all("Cache-Control") == [KEPT]
    finally:
        aside.rename(path)


def test_an_old_digest_leads_to_the_present_picture(anybody, grid):
    answer = anybody.ask(re.sub(r"-[0-9a-f]{16}\.jpg", "-0123456789abcdef.jpg", grid))
    assert (answer.status, answer.headers["Location"]) == (302, grid)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_cleared_picture_is_waited_for_and_asked_for_once(site, anybody, tree, planted):
    address = planted["wide"]["pictures"][3][2]
    uuid = address.rpartition("/")[2][:36]
    rows = site.rows(Rendition).filter(stored_file__pictured_photos__uuid=uuid, tier="display")
    on_disk(tree, address).unlink()
    rows.update(cleared_at=timezone.now())
    queued = site.rows(OrmQ).count()
    for _ in range(10):
        answer = anybody.ask(address)
        assert (answer.status, answer.headers["Content-Type"]) == (202, "image/svg+xml")
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert site.rows(OrmQ).count() == queued + 1


@pytest.mark.parametrize(
    "spelled",
    [
        "/galleries/published/{uuid}/../../renditions/.pumbaphoto-volume",
        "/galleries/published/{uuid}/%2e%2e/%2e%2e/renditions/.pumbaphoto-volume",
        "/galleries/published/{uuid}/%2e%2e%2f.pumbaphoto-volume",
        "/galleries/published/{uuid}/%252e%252e%252f.pumbaphoto-volume",
        "/galleries/published/..%2f..%2fstudio.sqlite3",
        "/galleries/published/.pumbaphoto-volume",
        "/galleries/published/.seal-{uuid}-0",
        "/galleries/published/{uuid}/",
        "/galleries/published/{uuid}",
        "/galleries/published/",
        "/galleries/published../originals/.pumbaphoto-volume",
        "/galleries/published/{uuid}/{name}%00.jpg",
        "/galleries/published/{uuid}/{name}/",
        "/galleries/published/{uuid}/{name}/..;/{name}",
        "/galleries/published/{uuid}/{upper}",
        "/galleries/published/{uuid}/{name}.JPG",
        "/galleries/PUBLISHED/{uuid}/{name}",
        "/galleries/published/{uuid}\\{name}",
        "/galleries/published/{uuid}/x{name}",
    ],
)
def test_f8_no_other_spelling_gives_anything_away(plain, anybody, planted, grid, spelled):
    name = grid.rpartition("/")[2]
    uuid = planted["wide"]["uuid"]
    path = spelled.format(uuid=uuid, name=name, upper=name.replace(".jpg", ".JPG"))
    answer = anybody.ask(path)
    assert answer.status in (301, 400, 404), path
    assert b"\xff\xd8\xff" not in answer.body
    assert b"SQLite" not in answer.body
    assert b"uuid" not in answer.body


def test_links_that_somebody_planted_in_the_tree_are_not_followed(anybody, tree, planted, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"nobody's business")
    address = planted["wide"]["pictures"][4][0]
    path = on_disk(tree, address)
    whole = path.read_bytes()
    aside = path.rename(path.with_name("aside"))
    path.symlink_to(secret)
    try:
        assert anybody.ask(address).body == whole, "the site is asked"
        # A name that no photo has.
        stray = address.replace(path.name[:36], "0b7d1f5e-6c1d-4f0e-9a53-5f2f5a0c1d11")
        on_disk(tree, stray).symlink_to(secret)
        assert anybody.ask(stray).status == 404
        on_disk(tree, stray).unlink()
    finally:
        path.unlink()
        aside.rename(path)
    folder = tree.with_name("11111111-1111-4111-8111-111111111111")
    folder.symlink_to(tree)
    try:
        answer = anybody.ask(address.replace(tree.name, folder.name))
        assert answer.status == 404
    finally:
        folder.unlink()


# --- Taken back ----------------------------------------------------------------------------------


def test_what_is_taken_back_is_404_at_once(site, anybody, planted):
    narrow = planted["narrow"]
    addresses = [address for each in narrow["pictures"] for address in each]
    assert {anybody.ask(address).status for address in addresses} == {200}
    said = site.manage("shell", "-c", TAKE_BACK % narrow["pk"])
    # Whoever said so is answered when it is done: with the request that said it.
    assert {anybody.ask(address).status for address in addresses} == {404}
    assert anybody.ask(narrow["page"]).status in (302, 404)
    assert float(said.split("seconds")[1]) < 5
    assert site.rows(Gallery).get(pk=narrow["pk"]).published_at is None
    assert not (site.volume("published") / narrow["uuid"]).exists()
    assert site.rows(Photo).filter(gallery=narrow["pk"]).count() == 2


# --- Limits --------------------------------------------------------------------------------------

NOBODYS = "0b7d1f5e-6c1d-4f0e-9a53-5f2f5a0c1d11"


@pytest.mark.parametrize(
    ("address", "shipped"),
    [
        ("/nothing/", "limit_req zone=pages burst=200 nodelay;"),
        (f"/galleries/download/photo/{NOBODYS}/original", "zone=originals burst=120 nodelay;"),
        (f"/galleries/download/gallery/{NOBODYS}", "limit_req zone=zips burst=40 nodelay;"),
    ],
)
def test_f13_f14_f15_who_asks_too_often_is_told_to_wait(limited, planted, address, shipped):
    """For pages, files to keep and ZIPs apart; and never about a picture."""
    assert shipped in (DEPLOY / "nginx.conf").read_text()
    robot = Raw(limited)
    answers = [robot.ask(address) for _ in range(14 if "nothing" not in address else 60)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert answers[0].status == 404
    assert refused[-1].headers["Retry-After"] == "60"
    assert refused[-1].headers["Cache-Control"] == "private, no-store"
    assert robot.ask(planted["wide"]["pictures"][1][0]).status == 200
    assert robot.ask(planted["public"]["grid"]).status == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/.env", "/.git/config", "/x/.git/HEAD", "/wp-admin/setup.php", "/wp-login.php"),
        *("/a.PHP", "/backup.sql", "/xmlrpc.php?rsd", "/phpmyadmin/", "/%2eenv", "/.aws/x"),
    ],
)
def test_f19_what_nobody_asks_for_who_means_well_is_not_asked_of_the_site(anybody, path):
    answer = anybody.ask(path)
    assert (answer.status, answer.headers["Server"]) == (404, "nginx")
    assert b"<center>nginx</center>" in answer.body


# --- The photographer's own library --------------------------------------------------------------


def test_an_original_in_the_library_is_sent_from_there(plain, planted, tmp_path):
    anna = Raw(plain)
    anna.open(planted["tokens"]["client"])
    library = planted["library"]
    path = type(tmp_path)(library["path"])
    answer = anna.ask(library["original"])
    assert (answer.status, answer.body) == (200, path.read_bytes())
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    for name, value in SAFE.items():
        assert answer.headers.get_all(name) == [value], name
    assert Raw(plain).ask(library["original"]).status == 404
    for outside in ("2024/x.jpg", "../studio.sqlite3", "%2e%2e/studio.sqlite3"):
        assert anna.ask(f"/protected/pumbaphoto_library/{outside}").status in (400, 404)
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"nobody's business")
    aside = path.rename(path.with_name("aside"))
    path.symlink_to(secret)
    try:
        refused = anna.ask(library["original"])
        assert refused.status in (403, 404)
        assert b"nobody" not in refused.body
    finally:
        path.unlink()
        aside.rename(path)
