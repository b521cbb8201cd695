"""tus-js-client in Chromium: pause and resume, a reload in the middle, and the bad line.

The page is the test's own, of the same origin and under the policy that our pages have, so that the
client is the only thing in it; the photographer's page is driven in ``tests/browser``.
"""

from __future__ import annotations

import json
import os
import uuid
from hashlib import sha256

import pytest

from pumbaphoto_wagtail.models import StoredFile, Upload
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import gallery_of, verify
from tests.live import ROOT
from tests.uploads import node
from tests.uploads.proxy import BadLine
from tests.uploads.test_chaos import SEED, killed_again_and_again

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

BUNDLE = ROOT / "node_modules" / "tus-js-client" / "dist" / "tus.min.js"
SCRIPT = ROOT / "tests" / "uploads" / "page.js"
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'"
PAGE = """<!doctype html><title>Uploads</title><input type="file" id="files" multiple>
<script type="application/json" id="settings">%s</script>
<script src="tus.js"></script><script src="page.js"></script>"""
CHUNK_BYTES = 64 * 1024


@pytest.fixture
def open_page(browser, maria, site):
    """Opens the page at an address, with settings; the policy must not have been violated."""
    if not BUNDLE.exists():
        pytest.skip("tus-js-client is not installed")
    context = browser.new_context()
    complaints: list[str] = []
    gallery = gallery_of(site)

    def page_at(address: str, **settings):
        context.add_cookies(
            [{"name": name, "value": maria.cookies[name], "url": address} for name in maria.cookies]
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
        )
        document = {
            "endpoint": f"/galleries/uploads/{gallery.uuid}/",
            "chunkSize": CHUNK_BYTES,
            "retryDelays": node.RETRY_MILLISECONDS,
            "keys": {},
            **settings,
        }
        html = PAGE % json.dumps(document)
        headers = {"Content-Security-Policy": POLICY}
        page.route("**/upload-page/", lambda route: route.fulfill(
            body=html, content_type="text/html", headers=headers
        ))  # fmt: skip
        page.route("**/upload-page/tus.js", lambda route: route.fulfill(path=BUNDLE))
        page.route("**/upload-page/page.js", lambda route: route.fulfill(path=SCRIPT))
        page.goto(f"{address}/upload-page/")
        return page

    yield page_at
    context.close()
    assert complaints == []


@pytest.fixture
def files(tmp_path) -> dict[str, bytes]:
    name = uuid.uuid4().hex[:8]
    files = {f"{name}-{number}.jpg": jpeg_bytes() + os.urandom(200_000) for number in range(25)}
    node.write_files(tmp_path, files)
    return files


def choose(page, folder, names) -> None:
    page.set_input_files("#files", [str(folder / name) for name in names])


def wait_until(page, condition: str) -> None:
    """Playwright's own waiting evaluates texts in the page, which the policy forbids."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(200)
    pytest.fail(f"waited in vain for {condition}: {page.evaluate('said')}")


def assert_stored(site, page, files: dict[str, bytes]) -> None:
    wait_until(page, f"said.done.length + said.failed.length === {len(files)}")
    assert page.evaluate("said.failed") == []
    assert sorted(page.evaluate("said.done")) == sorted(files)
    for name, content in files.items():
        stored = site.rows(StoredFile).get(original_name=name)
        assert stored.sha256 == sha256(content).hexdigest()


def test_paused_and_resumed(site, server, open_page, files, tmp_path):
    page = open_page(server.address, pauseAt=100_000)
    choose(page, tmp_path, list(files)[:4])
    assert_stored(site, page, dict(list(files.items())[:4]))


def test_reloaded_and_found_again(site, server, open_page, files, tmp_path):
    name = next(iter(files))
    page = open_page(server.address, stopAt=100_000)
    choose(page, tmp_path, [name])
    wait_until(page, "said.accepted === 2")
    page = open_page(server.address)
    choose(page, tmp_path, [name])
    assert_stored(site, page, {name: files[name]})
    assert page.evaluate("said.resumed") == 1
    assert site.rows(Upload).filter(file_name=name).count() == 1


@pytest.mark.skipif(
    os.environ.get("BROWSER_TESTS") != "all",
    reason="make browser runs it; test_chaos.py does the same with another client",
)
def test_over_a_bad_line_to_a_server_that_is_killed(
    site, server, maria, open_page, files, tmp_path
):
    keys = {name: {"clientKey": str(uuid.uuid4())} for name in files}
    bad_line = BadLine(server.port, seed=SEED, cuts_heads=False)
    with bad_line as line, killed_again_and_again(server) as kills:
        page = open_page(f"http://127.0.0.1:{line.port}", keys=keys, chunkSize=32 * 1024)
        choose(page, tmp_path, files)
        assert_stored(site, page, files)
    assert line.faults
    assert kills
    verify(site)
