"""Uploads through the shipped nginx and both gunicorns: what they cost, and whom they hold up."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest
import requests

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.models import StoredFile, Upload, UploadState
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import gallery_of, verify
from tests.live import live_site
from tests.uploads import node
from tests.uploads.photographer import BODY_TYPE, Photographer
from tests.uploads.servers import DEPLOY, Front, Program

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

CHUNK_BYTES = 8 * MEBIBYTE
MEASURED_BYTES = 200 * MEBIBYTE
WRITTEN_PER_BYTE = 1.05
LANES = 4
NAIVE = """
    location /naive/ { proxy_pass http://unix:%s; client_max_body_size 300m; }

    # --- Doors
"""


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    pytest.importorskip("gunicorn")
    with (
        django_db_blocker.unblock(),
        live_site(MAX_FILE_BYTES=512 * MEBIBYTE, X_ACCEL_PREFIX="/protected/") as site,
    ):
        yield site


@pytest.fixture(scope="module")
def front(site):
    naive = NAIVE % (site.directory / "naive.sock")
    with Front(site, lambda text: text.replace("    # --- Doors\n", naive, 1)) as front:
        yield front


@pytest.fixture
def maria(front) -> Photographer:
    return Photographer(front.address, front.certificate)


@pytest.fixture
def gallery(site):
    return gallery_of(site)


# --- What is written to the disk


def written_bytes(programs: list[Program]) -> int:
    """What the programs have made the kernel write to block devices, since they began."""
    pids = [pid for program in programs for pid in program.pids()]
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/io").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


@pytest.fixture
def counted_disk(tmp_path):
    """Skips where the kernel does not count what is written, as on a file system in memory."""
    before = int(own_io()["write_bytes"])
    with (tmp_path / "probe").open("wb", buffering=0) as probe:
        probe.write(os.urandom(MEBIBYTE))
        os.fsync(probe.fileno())
    if int(own_io()["write_bytes"]) - before < MEBIBYTE:
        pytest.skip("this file system does not count written bytes")


def own_io() -> dict[str, str]:
    return dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())


@contextmanager
def naive_service(front: Front):
    program = Program(
        [
            *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--worker-class", "gthread"),
            *("--bind", f"unix:{front.site.directory / 'naive.sock'}", "tests.uploads.naive"),
        ],
        front.site.environment
        | {"NAIVE_DIR": str(front.site.directory), "DJANGO_SETTINGS_MODULE": ""},
        front.site.directory / "log" / "naive.log",
    )
    program.start()
    try:
        front.site.wait_until((front.site.directory / "naive.sock").exists, what="the naive way")
        yield program
    finally:
        program.kill()


def test_a_byte_that_is_uploaded_is_written_once(front, maria, gallery, counted_disk, tmp_path):
    maria.send(gallery, jpeg_bytes(), "warm.jpg", CHUNK_BYTES)
    contents = [os.urandom(MEASURED_BYTES // LANES) for _ in range(LANES)]
    before, began = written_bytes(front.programs), time.monotonic()
    with ThreadPoolExecutor(LANES) as pool:
        answers = list(
            pool.map(
                lambda number: maria.send(
                    gallery, contents[number], f"large-{number}.jpg", CHUNK_BYTES
                ),
                range(LANES),
            )
        )
    seconds = time.monotonic() - began
    ours = (written_bytes(front.programs) - before) / MEASURED_BYTES
    assert [answer.headers["X-Sha256"] for answer in answers] == [
        sha256(content).hexdigest() for content in contents
    ]
    assert [path for path in front.body_directory.rglob("*") if path.is_file()] == []

    form = tmp_path / "form.jpg"
    form.write_bytes(b"".join(contents))
    with naive_service(front) as naive:
        programs = [front.nginx, naive]
        before = written_bytes(programs)
        send = ["curl", "-sfk", "-F", f"file=@{form}", f"{front.address}/naive/"]
        subprocess.run(send, check=True, env=dict(os.environ))
        theirs = (written_bytes(programs) - before) / MEASURED_BYTES
    print(
        f"written per byte: {ours:.3f}, as a Django form behind nginx as it comes: {theirs:.3f}; "
        f"{MEASURED_BYTES / 1e6 / seconds:.0f} MB/s over HTTPS in {LANES} lanes"
    )
    assert ours < WRITTEN_PER_BYTE
    assert theirs > 1.9


def test_a_chunk_over_http_2_stays_in_memory_too(front, maria, gallery, counted_disk, tmp_path):
    path = maria.create(gallery, CHUNK_BYTES * 2)
    chunk = tmp_path / "chunk"
    chunk.write_bytes(os.urandom(CHUNK_BYTES))
    before = written_bytes([front.nginx])
    headers = {
        **maria.headers,
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": BODY_TYPE,
    }
    asked = [part for name in headers for part in ("-H", f"{name}: {headers[name]}")]
    done = subprocess.run(
        [
            *("curl", "-sk", "--http2", "-X", "PATCH", "--data-binary", f"@{chunk}", *asked),
            *("-o", "/dev/null", "-w", "%{http_version} %{http_code}", front.address + path),
        ],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "2 204"
    assert written_bytes([front.nginx]) - before < MEBIBYTE


# --- Who waits for whom


class SlowClient:
    """Sends the head of a PATCH and then a few bytes now and then, as a bad line does."""

    def __init__(self, maria: Photographer, port: int, path: str, length: int) -> None:
        self.socket = unverified().wrap_socket(socket.create_connection(("127.0.0.1", port)))
        head = {
            **maria.headers,
            "Host": f"127.0.0.1:{port}",
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": BODY_TYPE,
            "Content-Length": str(length),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.socket.sendall(f"PATCH {path} HTTP/1.1\r\n{lines}\r\n".encode() + b"x" * 1024)

    def trickle(self) -> None:
        with suppress(OSError):
            self.socket.sendall(b"x" * 512)

    def status(self) -> int | None:
        """The status, once there is an answer."""
        self.socket.settimeout(0.05)
        with suppress(OSError):
            return int(self.socket.recv(12).split()[1])
        return None


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def slow_clients(front: Front, maria: Photographer, gallery, amount: int, uploads: int):
    paths = [maria.create(gallery, MEBIBYTE, f"slow-{number}.jpg") for number in range(uploads)]
    clients = [
        SlowClient(maria, front.port, paths[number % uploads], MEBIBYTE) for number in range(amount)
    ]
    try:
        yield clients
    finally:
        for client in clients:
            client.socket.close()


# After this long a page is given up.
PAGE_SECONDS = 5


def page_seconds(front: Front, clients: list[SlowClient], amount: int = 12) -> list[float]:
    """How long pages took while the clients went on sending; one not had in time counts as that."""
    seconds = []
    for _ in range(amount):
        for client in clients:
            client.trickle()
        began = time.monotonic()
        with suppress(requests.Timeout):
            requests.get(
                f"{front.address}/admin/login/", verify=front.certificate, timeout=PAGE_SECONDS
            )
        seconds.append(time.monotonic() - began)
    return sorted(seconds)


def unbuffered_on_one_service(text: str) -> str:
    """The same front without what keeps slow clients away from threads."""
    lines = [line for line in text.splitlines() if not line.strip().startswith("limit_conn ")]
    return (
        "\n".join(lines)
        .replace("proxy_request_buffering on;", "proxy_request_buffering off;")
        .replace("http://studio_uploads", "http://studio_pages")
    )


def test_slow_clients_hold_up_no_page(site, front, gallery, monkeypatch):
    maria = Photographer(front.address, front.certificate)
    with slow_clients(front, maria, gallery, 24, 24) as clients:
        ours = page_seconds(front, clients)
    monkeypatch.setitem(site.package, "STORAGE_REQUESTS", 1000)
    with Front(site, unbuffered_on_one_service) as naked:
        maria = Photographer(naked.address, naked.certificate)
        with slow_clients(naked, maria, gallery, 24, 24) as clients:
            theirs = page_seconds(naked, clients, amount=4)
    print(
        f"a page beside 24 slow uploads: median {ours[len(ours) // 2]:.3f} s, worst "
        f"{ours[-1]:.3f} s; on one service without buffering: median {theirs[2]:.3f} s"
    )
    # More slow clients than threads, and yet no page was given up; the other way is for comparison,
    # since it depends on the machine's moment how many of its threads are held.
    assert ours[-1] < PAGE_SECONDS


def test_a_hundred_slow_clients_leave_room_for_another_photographer(front, site, gallery):
    maria = Photographer(front.address, front.certificate)
    with slow_clients(front, maria, gallery, 100, 4) as clients:
        for client in clients:
            client.trickle()
        refused = [status for client in clients if (status := client.status())]
        assert refused.count(503) >= 90
        other = Photographer(front.address, front.certificate)
        began = time.monotonic()
        answer = other.send(gallery, jpeg_bytes() + os.urandom(MEBIBYTE), "quick.jpg", CHUNK_BYTES)
        assert answer.status_code == 204
        assert time.monotonic() - began < 10


def test_a_refusal_is_understood_although_the_body_was_on_its_way(maria, gallery):
    path = maria.create(gallery, CHUNK_BYTES * 2)
    answer = maria.patch(path, 7, os.urandom(CHUNK_BYTES))
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "0")


def test_what_nginx_itself_refuses_is_said_as_the_protocol_says_it(maria, gallery):
    path = maria.create(gallery, 40 * MEBIBYTE)
    answer = maria.patch(path, 0, bytes(34 * MEBIBYTE))
    assert answer.status_code == 413
    assert answer.json()["error"]
    assert answer.headers["Tus-Resumable"] == "1.0.0"


# --- Trouble that passes


def test_nginx_and_gunicorn_may_be_restarted_on_the_way(front, site, maria, gallery, tmp_path):
    files = {f"r{number}.jpg": jpeg_bytes() + os.urandom(2 * MEBIBYTE) for number in range(6)}
    node.write_files(tmp_path, files)
    metadata = node.announced(maria, gallery, files)
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(
            node.send, maria, gallery, tmp_path, metadata, chunkSize=128 * 1024, lanes=2
        )
        received = site.rows(Upload).filter(
            batch__gallery=gallery.pk, file_name__startswith="r", durable_offset__gt=0
        )
        site.wait_until(lambda: received.count() >= 2, what="the first files")
        front.uploads.kill()
        time.sleep(1)
        front.uploads.start()
        site.wait_until(lambda: received.count() >= 4, what="further files")
        front.nginx.kill()
        front.nginx.start()
        outcome = sending.result()
    assert outcome.failed == {}
    assert outcome.acknowledged == {
        name: sha256(content).hexdigest() for name, content in files.items()
    }


def test_while_gunicorn_is_away_the_answer_is_one_that_clients_try_again(front, maria, gallery):
    path = maria.create(gallery, 10)
    front.uploads.kill()
    answer = maria.patch(path, 0, b"0123456789")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["error"]
    front.uploads.start()
    front.site.wait_until(lambda: maria.ask("HEAD", path).status_code == 200, what="gunicorn")
    assert maria.patch(path, 0, b"0123456789").status_code == 204


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_full_volume_is_507_and_the_client_goes_on_by_itself_when_there_is_room(
    front, site, maria, gallery, tmp_path
):
    files = {"full.jpg": jpeg_bytes() + os.urandom(3 * MEBIBYTE)}
    node.write_files(tmp_path, files)
    with small_volume(site, "4m") as incoming:
        metadata = node.announced(maria, gallery, files)
        # Somebody else fills it meanwhile.
        filler = incoming / "filler"
        filler.write_bytes(bytes(2 * MEBIBYTE))
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(
                node.send, maria, gallery, tmp_path, metadata, chunkSize=512 * 1024
            )
            row = site.rows(Upload).filter(file_name="full.jpg")
            site.wait_until(
                lambda: '" 507 ' in front.log("studio.log"), what="the volume to be full"
            )
            offset = row.get().durable_offset
            assert 0 < offset < len(files["full.jpg"])
            path = f"/galleries/uploads/{gallery.uuid}/{row.get().uuid}/"
            answer = maria.patch(path, offset, files["full.jpg"][offset : offset + MEBIBYTE])
            assert (answer.status_code, answer.headers["Retry-After"]) == (507, "30")
            assert "full" in answer.json()["error"]
            assert maria.offset(path) == offset
            filler.unlink()
            outcome = sending.result()
        stored = site.rows(StoredFile).get(original_name="full.jpg")
        assert outcome.acknowledged == {"full.jpg": stored.sha256}
        assert (incoming / stored.name).read_bytes() == files["full.jpg"]
        site.rows(Upload).filter(stored_file=stored.pk).delete()
        stored.delete()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_full_folder_for_bodies_harms_no_chunk_and_larger_ones_go_on_when_there_is_room(
    front, site, maria, gallery
):
    content = jpeg_bytes() + os.urandom(20 * MEBIBYTE)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=1777", "tmpfs", front.body_directory]
    path = maria.create(gallery, len(content), "body.jpg")
    subprocess.run(mount, check=True)
    try:
        (front.body_directory / "filler").write_bytes(bytes(60 * 1024))
        # nginx keeps a chunk as browsers send it in memory.
        assert maria.patch(path, 0, content[: 8 * MEBIBYTE]).status_code == 204
        assert maria.patch(path, 8 * MEBIBYTE, content[8 * MEBIBYTE :]).status_code == 500
        assert maria.offset(path) == 8 * MEBIBYTE
    finally:
        subprocess.run(["umount", "-l", front.body_directory], check=True)
    assert maria.patch(path, 8 * MEBIBYTE, content[8 * MEBIBYTE :]).status_code == 204
    stored = site.rows(StoredFile).get(original_name="body.jpg")
    assert site.bytes_of(stored.storage, stored.name) == content
    site.rows(Upload).filter(stored_file=stored.pk).delete()
    stored.delete()


@contextmanager
def small_volume(site, size: str):
    """A volume of its own size in the place of the incoming storage; the sentinel moves along."""
    incoming = site.volume("incoming")
    sentinel = (incoming / ".pumbaphoto-volume").read_bytes()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", incoming], check=True)
    try:
        (incoming / ".pumbaphoto-volume").write_bytes(sentinel)
        yield incoming
    finally:
        subprocess.run(["umount", "-l", incoming], check=True)


def test_an_absent_volume_is_503_and_the_client_goes_on_by_itself_when_it_is_back(
    front, site, maria, gallery, tmp_path
):
    files = {"away.jpg": jpeg_bytes() + os.urandom(MEBIBYTE)}
    node.write_files(tmp_path, files)
    metadata = node.announced(maria, gallery, files)
    sentinel = site.volume("incoming") / ".pumbaphoto-volume"
    hidden = sentinel.rename(tmp_path / "sentinel")
    time.sleep(1.1)  # A proven volume is trusted for a second.
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(node.send, maria, gallery, tmp_path, metadata, chunkSize=128 * 1024)
        site.wait_until(
            lambda: '" 503 ' in front.log("studio.log").split("away", 1)[-1], what="a refusal"
        )
        answer = maria.ask(
            "POST",
            f"/galleries/uploads/{gallery.uuid}/",
            Upload_Length="10",
            Upload_Metadata="filename YS5qcGc=",
        )
        assert answer.status_code == 503
        assert "/tmp" not in answer.text
        assert not sentinel.exists()
        sentinel.write_bytes(hidden.read_bytes())
        outcome = sending.result()
    assert outcome.acknowledged == {"away.jpg": sha256(files["away.jpg"]).hexdigest()}


# --- The rest of the front


def ask(front: Front, path: str, **headers: str) -> requests.Response:
    return requests.get(
        front.address + path, verify=front.certificate, headers=headers, allow_redirects=False
    )


def test_a_stored_photograph_comes_through_x_accel_with_its_headers(front, site, maria):
    folder = site.volume("originals") / "ab"
    folder.mkdir(exist_ok=True)
    (folder / "50%25 a.jpg").write_bytes(b"inside")
    assert ask(front, "/protected/pumbaphoto_originals/ab/50%25 a.jpg").status_code == 404
    assert ask(front, "/protected/pumbaphoto_incoming/.pumbaphoto-volume").status_code == 404


def test_no_token_of_a_share_link_is_in_a_log(front):
    token = "5c5716e1-0000-4000-8000-secretsecret"
    for path in (f"/galleries/s/{token}", f"/elsewhere/s/{token}?x=/s/{token}"):
        ask(front, path, Referer=f"{front.address}/galleries/s/{token}")
    for _ in range(30):
        last = ask(front, f"/galleries/s/{token}")
    assert last.status_code == 429
    assert "Please wait a moment" in last.text
    assert last.headers["Retry-After"] == "60"
    assert last.headers["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in last.headers["Content-Security-Policy"]
    # What was answered is logged some time later.
    front.site.wait_until(
        lambda: front.log("studio.log").count("/galleries/s/***") >= 31, what="the log"
    )
    for log in ("studio.log", "studio-errors.log", "main.log"):
        with suppress(FileNotFoundError):
            assert token not in front.log(log)


def test_another_host_name_gets_no_answer(front):
    with pytest.raises(requests.ConnectionError):
        ask(front, "/admin/login/", Host="evil.example")


def test_plain_http_is_led_to_https(front):
    connection = http.client.HTTPConnection("127.0.0.1", front.plain_port)
    connection.request("GET", "/x?y=1", headers={"Host": "127.0.0.1"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, "https://127.0.0.1/x?y=1")


def test_what_a_client_says_of_its_address_is_overwritten(front):
    assert "proxy_add_x_forwarded_for" not in front.configuration
    assert "proxy_set_header X-Real-IP         $remote_addr;" in front.configuration


def test_an_unknown_or_missing_value_of_the_template_is_an_error(tmp_path):
    write = [sys.executable, str(DEPLOY / "write.py"), "--to", str(tmp_path / "out")]
    for values in ([], ["DOMAIN=a.example", "DOMIAN=b"]):
        done = subprocess.run([*write, *values], capture_output=True, text=True)
        assert done.returncode == 2
        assert "missing or unknown" in done.stderr
    assert not (tmp_path / "out").exists()


def test_after_all_this_every_invariant_holds(site, front):
    states = set(site.rows(Upload).values_list("state", flat=True))
    assert UploadState.RECEIVED in states
    verify(site)
