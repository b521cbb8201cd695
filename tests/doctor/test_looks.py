"""What the doctor says of each thing it looks at, and what to do where it is not well."""

import smtplib
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from django.core import mail
from django.core.checks import Error, Warning
from django.test import override_settings
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from pumbaphoto_wagtail import testing, workers
from pumbaphoto_wagtail.conf import GIBIBYTE
from pumbaphoto_wagtail.doctor import (
    database,
    machine,
    project,
    scanner,
    services,
    storages,
    versions,
)
from pumbaphoto_wagtail.doctor.mounts import judge_mount
from pumbaphoto_wagtail.doctor.probe import JUDGES, judge, probe_storage
from pumbaphoto_wagtail.intake.scanner_proof import Proof
from pumbaphoto_wagtail.models import Message, MessageKind, WorkerHost
from pumbaphoto_wagtail.storage import NASStorage
from pumbaphoto_wagtail.storage.mounts import Mount, Rights
from pumbaphoto_wagtail.storage.probing import TRIALS, Trial
from tests.intake.fake_clamd import FakeClamd
from tests.live import free_port
from tests.mailing import smtp_backend

SECRET = "hidden-password"
NOTED = "attention"


def states(rows) -> dict[str, str]:
    rows = list(rows)
    assert all(row.to_do for row in rows if row.state != "ok"), "every finding says what to do"
    assert SECRET not in "".join(row.words + row.to_do for row in rows)
    return {row.name: row.state for row in rows}


# --- Versions, machine, files --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "state"),
    [((5, 2, 15), "attention"), ((5, 2, 16), "ok"), ((6, 0, 6), "attention"), ((6, 0, 7), "ok"),
     ((6, 1, 0), "ok"), ((7, 0, 0), "ok"), ((5, 1, 99), "attention"), ((4, 2, 30), "attention")],
)  # fmt: skip
def test_a_django_with_known_holes_is_told(number, state):
    assert versions.django_is_patched(number).state == state


def test_what_is_installed_is_told(monkeypatch):
    assert "PumbaPhoto" in states(versions.look_at_versions())
    monkeypatch.setattr(versions, "_version", lambda name: "")
    found = {row.name: row for row in versions.look_at_versions()}

    assert found["Optional parts"].state == "attention"
    assert "raw" in found["Optional parts"].to_do
    assert "libvips" not in found


@pytest.mark.parametrize(
    ("total", "address", "state"),
    [
        (8 * GIBIBYTE, "unix:/run/clamd.ctl", "ok"),
        (4 * GIBIBYTE, "unix:/run/clamd.ctl", "attention"),
        (4 * GIBIBYTE, "tcp:scanner:3310", "ok"),
        (2 * GIBIBYTE, "tcp:scanner:3310", "attention"),
    ],
)
def test_memory_is_enough_for_what_runs(total, address, state):
    with override_settings(PUMBAPHOTO={"CLAMD_ADDRESS": address}):
        assert machine.memory_is_enough(total).state == state


def test_looking_as_root_is_told(monkeypatch):
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    assert states(machine.look_at_machine())["User"] == "attention"
    monkeypatch.setattr(machine.os, "geteuid", lambda: 54321)
    assert states(machine.look_at_machine())["User"] == "ok"


def test_fonts_that_are_missing_are_told(monkeypatch, tmp_path):
    assert states(machine.look_at_own_files())["Fonts"] == "ok"
    monkeypatch.setattr(machine.lettering, "FONTS", tmp_path)
    assert states(machine.look_at_own_files())["Fonts"] == "trouble"


def test_static_files_of_another_release_are_told(tmp_path, settings):
    shipped, collected = tmp_path / "shipped", tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [shipped]
    settings.STATIC_ROOT = collected
    assert machine._bundle().state == "trouble"

    for folder in (shipped, collected):
        (folder / "pumbaphoto_wagtail").mkdir(parents=True)
        for name in machine.BUNDLE:
            (folder / "pumbaphoto_wagtail" / name).write_text(name)
    assert machine._bundle().state == "ok"

    (collected / "pumbaphoto_wagtail" / "gallery.js").write_text("of last year")
    (collected / "pumbaphoto_wagtail" / "admin.css").unlink()
    found = machine._bundle()
    assert (found.state, found.to_do) == ("attention", "manage.py collectstatic")
    assert "gallery.js, admin.css" in found.words
    settings.DEBUG = True
    assert machine._bundle().state == "ok"


# --- Database ------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_database_of_this_run_is_looked_at():
    found = states(database.look_at_database())

    assert found["Migrations"] == "ok"
    assert {"Database", "Database server"} <= set(found)


@pytest.mark.django_db
def test_migrations_that_wait_are_told(monkeypatch):
    plan = [("pumbaphoto_wagtail.0099_more", False)]
    monkeypatch.setattr(database.MigrationExecutor, "migration_plan", lambda self, nodes: plan)

    found = database._migrations(database.connections["default"])
    assert (found.state, "0099_more" in found.words) == ("trouble", True)


@pytest.mark.parametrize(
    ("changed", "state"),
    [({}, "ok"), ({"fsync": "off"}, "trouble"), ({"synchronous_commit": "off"}, "trouble"),
     ({"synchronous_commit": "remote_apply"}, "ok")],
)  # fmt: skip
def test_a_database_that_forgets_is_told(changed, state):
    assert database.durability(dict.fromkeys(database.DURABLE, "on") | changed).state == state


@pytest.mark.parametrize(("name", "state"), [("UTF8", "ok"), ("SQL_ASCII", "trouble")])
def test_a_database_that_cannot_write_names_is_told(name, state):
    assert database.encoding({"server_encoding": name}).state == state


@pytest.mark.parametrize(
    ("ahead", "state"),
    [(0.0, "ok"), (-1.5, "ok"), (3.0, "attention"), (-90.0, "trouble"), (4000.0, "trouble")],
)
def test_clocks_that_differ_are_told(ahead, state):
    assert database.clocks("A clock", ahead).state == state


# --- Storages and mounts -------------------------------------------------------------------------


@pytest.fixture
def one(tmp_path, settings, monkeypatch):
    """One storage of the settings, on a volume with room."""
    monkeypatch.setattr(storages, "NEARLY_FULL_BYTES", 0)
    location = tmp_path / "nas"
    storage = NASStorage(location)
    sentinel = storages_initialised(storage)
    options = {"location": str(location), "volume": str(sentinel.uuid)}
    settings.STORAGES = settings.STORAGES | {
        "pumbaphoto_originals": {
            "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
            "OPTIONS": options,
        }
    }
    return location, options


def storages_initialised(storage):
    from pumbaphoto_wagtail.storage import initialise_volume

    return initialise_volume(storage, "originals")


def look(alias="pumbaphoto_originals"):
    return {row.name: row for row in storages.look_at_storage(alias)}


@pytest.mark.django_db
def test_a_storage_that_is_well_is_one_row(one):
    found = look()

    assert found["pumbaphoto_originals"].state == "ok"
    assert not [name for name in found if name.startswith("pumbaphoto_originals:")]


@pytest.mark.django_db
def test_a_storage_whose_volume_is_not_named_is_told_how(one, settings):
    _location, options = one
    volume = options.pop("volume")
    settings.STORAGES = dict(settings.STORAGES)
    found = look()["pumbaphoto_originals"]

    assert found.state == "attention"
    assert volume in found.to_do


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["no sentinel", "no directory"])
def test_a_storage_that_is_away_is_trouble(one, fault):
    location, _options = one
    (location / ".pumbaphoto-volume").unlink()
    if fault == "no directory":
        location.rmdir()

    assert {name: row.state for name, row in look().items()} == {"pumbaphoto_originals": "trouble"}


@pytest.mark.django_db
def test_room_that_runs_out_is_told(one, monkeypatch):
    monkeypatch.setattr(NASStorage, "reserve_left", lambda self: -1)
    assert look()["pumbaphoto_originals: room"].state == "trouble"
    monkeypatch.setattr(NASStorage, "reserve_left", lambda self: 10)
    monkeypatch.setattr(storages, "NEARLY_FULL_BYTES", 100)
    assert look()["pumbaphoto_originals: room"].state == "attention"


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "ok"),
        ({"mode": 0o750}, "ok"),
        ({"mode": 0o755}, "attention"),
        ({"may_write": False}, "trouble"),
        ({"may_read": False}, "trouble"),
    ],
    ids=str,
)
def test_rights_are_the_services(changed, state):
    sound = {"user": 7, "owner": 7, "mode": 0o700, "may_read": True, "may_write": True}

    assert storages.right_to_write("a", "/srv", Rights(**(sound | changed))).state == state


def test_a_storage_that_cannot_be_built_is_trouble():
    assert states(storages.look_at_storage("nowhere")) == {"nowhere": "trouble"}


def test_storages_of_others_are_asked(monkeypatch, settings):
    assert states(storages.look_at_storage("default")) == {"default": "ok"}
    monkeypatch.setattr(type(storages.storages["default"]), "exists", lambda self, name: 1 / 0)
    assert states(storages.look_at_storage("default")) == {"default": "trouble"}


def mounted(kind="nfs4", at="/srv/photos", **options):
    return Mount(mountpoint=at, kind=kind, source="nas:/photos", options=options)


CAUTIOUS = dict.fromkeys(("nosuid", "nodev", "noexec"), "")


@pytest.mark.parametrize(
    ("mount", "hosts", "state"),
    [
        (mounted(**CAUTIOUS), 1, "ok"),
        (mounted(**CAUTIOUS), 2, "attention"),
        (mounted(**CAUTIOUS, lookupcache="pos"), 2, "ok"),
        (mounted(**CAUTIOUS, lookupcache="pos", local_lock="none"), 2, "ok"),
        (mounted(**CAUTIOUS, lookupcache="pos", local_lock="all"), 2, "attention"),
        (mounted(**CAUTIOUS, lookupcache="pos", nolock=""), 2, "attention"),
        (mounted(**CAUTIOUS, nolock=""), 1, "ok"),
        (mounted(), 1, "attention"),
        (mounted(**CAUTIOUS, soft=""), 1, "trouble"),
        (mounted(**CAUTIOUS, ro=""), 1, "trouble"),
        (mounted(kind="vfat"), 1, "trouble"),
        (mounted(kind="tmpfs"), 1, "attention"),
        (mounted(kind="ext4"), 1, "ok"),
        (mounted(kind="ext4", at="/"), 1, "attention"),
        (None, 1, "attention"),
    ],
)
def test_mounts_are_judged(mount, hosts, state):
    rows = list(judge_mount("/srv/photos", mount, hosts))

    assert rows[0].state == state
    assert states(rows)


def test_what_cannot_be_seen_of_a_mountpoint_is_said():
    rows = list(judge_mount("/srv/photos", mounted(kind="ext4"), 1))

    assert "chattr +i" in rows[-1].words


@pytest.mark.django_db
def test_the_volumes_clock_is_compared():
    assert states(storages.look_at_volume_clock()) == {"Volume's clock": "ok"}


# --- Trials of a volume --------------------------------------------------------------------------


def test_every_trial_has_a_judge():
    assert set(JUDGES) == set(TRIALS)


@pytest.mark.parametrize(
    ("name", "figures", "state"),
    [
        ("exclusive_create", {"names": 9, "given": 9, "given_twice": 0}, "ok"),
        ("exclusive_create", {"names": 9, "given": 9, "given_twice": 1}, "trouble"),
        ("exclusive_create", {"names": 9, "given": 8, "given_twice": 0}, "trouble"),
        ("links", {"made": 2, "counted": 2, "refuses_taken": True}, "ok"),
        ("links", {"made": 2, "counted": 1, "refuses_taken": True}, "attention"),
        ("links", {"made": 2, "counted": 2, "refuses_taken": False}, "trouble"),
        ("rename_under_reader", {"reads": 9, "torn": 0, "missing": 0, "is_done": True}, "ok"),
        ("rename_under_reader", {"reads": 9, "torn": 1, "missing": 0, "is_done": True}, "trouble"),
        ("rename_under_reader", {"reads": 9, "torn": 0, "missing": 1, "is_done": True}, NOTED),
        ("rename_under_reader", {"reads": 9, "torn": 0, "missing": 0, "is_done": False}, NOTED),
        ("unlink_while_open", {"is_readable": True, "is_kept": True, "before": 1}, "ok"),
        ("unlink_while_open", {"is_readable": False, "is_kept": False, "before": 1}, "attention"),
        ("small_writes", {"writes": 50, "p50": 0.01, "p95": 0.02}, "ok"),
        ("small_writes", {"writes": 50, "p50": 0.01, "p95": 0.5}, "attention"),
        ("small_writes", {"writes": 50, "p50": 0.01, "p95": 3.0}, "trouble"),
        ("large_write", {"bytes": 2**26, "seconds": 1, "read_seconds": 1, "is_same": True}, "ok"),
        ("large_write", {"bytes": 2**26, "seconds": 9, "read_seconds": 1, "is_same": True},
         "attention"),
        ("large_write", {"bytes": 2**26, "seconds": 1, "read_seconds": 1, "is_same": False},
         "trouble"),
        ("create_rate", {"files": 100, "seconds": 1}, "ok"),
        ("create_rate", {"files": 100, "seconds": 20}, "attention"),
        ("many_entries", {"made": 5, "listed": 5, "seconds": 0.1}, "ok"),
        ("many_entries", {"made": 5, "listed": 5, "seconds": 9}, "attention"),
        ("many_entries", {"made": 5, "listed": 4, "seconds": 0.1}, "trouble"),
        ("letter_case", {"is_told_apart": False}, "ok"),
        ("long_names", {"letters": 255, "others": 255}, "ok"),
        ("long_names", {"letters": 143, "others": 143}, "attention"),
        ("long_names", {"letters": 64, "others": 64}, "trouble"),
        ("unicode_names", {"given": 4, "kept": 4}, "ok"),
        ("unicode_names", {"given": 4, "kept": 3}, "attention"),
        ("short_names", {"has_second": False}, "ok"),
        ("short_names", {"has_second": True}, "attention"),
        ("clock", {"ahead": 0.0}, "ok"),
        ("clock", {"ahead": -200.0}, "trouble"),
        ("ownership", {"user": 7, "owner": 7, "keeps_mode": True}, "ok"),
        ("ownership", {"user": 7, "owner": 65534, "keeps_mode": True}, "attention"),
        ("ownership", {"user": 7, "owner": 7, "keeps_mode": False}, "attention"),
        ("room", {"free": 2**40, "total": 2**41, "files_free": 10**8, "files": 10**9}, "ok"),
        ("room", {"free": 2**40, "total": 2**41, "files_free": 0, "files": 0}, "ok"),
        ("room", {"free": 2**40, "total": 2**41, "files_free": 5, "files": 10**9}, "attention"),
        ("room", {"free": 2**20, "total": 2**41, "files_free": 0, "files": 0}, "attention"),
    ],
)  # fmt: skip
def test_a_trial_is_judged(name, figures, state):
    row = judge("originals", Trial(name=name, figures=figures))

    assert states([row]) == {f"originals: {name.replace('_', ' ')}": state}


def test_a_trial_that_failed_is_trouble():
    row = judge("originals", Trial(name="links", error="No space left on device"))

    assert (row.state, row.words) == ("trouble", "No space left on device")


@pytest.mark.faults
def test_a_volume_is_tried_out_as_a_whole(one, monkeypatch):
    from pumbaphoto_wagtail.storage import probing

    monkeypatch.setattr(probing, "MANY_ENTRIES", 50)
    monkeypatch.setattr(probing, "LARGE_BYTES", 2**20)
    rows = list(probe_storage("pumbaphoto_originals"))

    assert len(rows) == len(TRIALS)
    assert "trouble" not in states(rows).values()


def test_what_is_no_volume_is_not_tried_out():
    assert states(probe_storage("default")) == {"default": "ok"}
    assert states(probe_storage("nowhere")) == {"nowhere": "trouble"}


# --- clamd ---------------------------------------------------------------------------------------


@contextmanager
def clamd_that_says(answer: str):
    def behave(connection):
        connection.recv(100)
        connection.sendall(f"{answer}\0".encode())

    server = FakeClamd(behave)
    try:
        with override_settings(PUMBAPHOTO={"CLAMD_ADDRESS": server.address}):
            yield
    finally:
        server.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("signatures", "state"),
    [
        (f"27500/{datetime.now(UTC):%a %b %d %H:%M:%S %Y}", "ok"),
        ("27500/Thu Nov 20 10:05:00 2025", "attention"),
        ("", "attention"),
    ],
    ids=["of today", "old", "local ones"],
)
def test_signatures_are_of_today(signatures, state):
    with clamd_that_says(f"ClamAV 1.4.3/{signatures}".rstrip("/")):
        found = states(scanner.look_at_scanner())

    assert found == {"clamd": "ok", "Virus signatures": state}


@pytest.mark.django_db
def test_a_scanner_that_is_away_is_told_once(tmp_path):
    with override_settings(PUMBAPHOTO={"CLAMD_ADDRESS": f"unix:{tmp_path}/none"}):
        assert states(scanner.look_at_scanner()) == {"clamd": "trouble"}
        assert list(scanner.look_at_self_test()) == []


@pytest.mark.django_db
def test_a_demo_without_a_scanner_is_told():
    with override_settings(DEBUG=True, PUMBAPHOTO={"DEMO_WITHOUT_SCANNER": True}):
        assert states(scanner.look_at_scanner()) == {"clamd": "attention"}
        assert list(scanner.look_at_self_test()) == []


def test_both_ways_to_hand_a_file_over_are_proved(monkeypatch):
    passed, failed = Proof(is_passed=True), Proof(is_passed=False, explanation="MaxFileSize")
    monkeypatch.setattr(scanner, "prove", lambda client, size: failed)
    monkeypatch.setattr(scanner, "self_test", lambda client: passed)
    with clamd_that_says("ClamAV 1.4.3/27500/x"):
        found = states(scanner.look_at_self_test())

    assert found == {
        "clamd: files sent over the connection": "trouble",
        "clamd: files handed over as descriptors": "ok",
    }


# --- Queue, mail, cache, web ---------------------------------------------------------------------


@pytest.mark.django_db
def test_a_queue_nobody_works_on_is_trouble():
    Schedule.objects.filter(name="pumbaphoto.reconcile").delete()
    assert states(services.look_at_queue())["Reconciling"] == "trouble"

    beat = Schedule(name="pumbaphoto.reconcile", func="x", minutes=1, next_run=timezone.now())
    beat.save()
    workers.note_host("north", "pumbaphoto")
    assert set(states(services.look_at_queue()).values()) == {"ok"}

    OrmQ.objects.create(key="pumbaphoto", payload="x", lock=timezone.now() - timedelta(hours=1))
    WorkerHost.objects.update(version="0.0.1")
    found = states(services.look_at_queue())
    assert (found["Queue pumbaphoto"], found["Worker machines"]) == ("trouble", "attention")


@pytest.mark.django_db
def test_mails_that_were_given_up_are_told():
    link = testing.make_link(testing.make_gallery("Qqsecret", has_page=False), "Qqanna")
    assert states(services.look_at_mail())["Outbox"] == "ok"
    Message.objects.create(
        key="a",
        kind=MessageKind.LINK,
        gallery=link.gallery,
        share_link=link,
        failed_at=timezone.now(),
    )
    rows = list(services.look_at_mail())

    assert states(rows)["Outbox"] == "attention"
    assert "Qq" not in str(rows)


@contextmanager
def mail_server():
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def test_a_mail_server_is_greeted_and_nothing_sent():
    with mail_server() as port:
        found = services.ask_server(smtp_backend(host="127.0.0.1", port=port))
        assert found.state == "ok"
        refused = smtp_backend(
            host="127.0.0.1", port=port, username="maria", password=SECRET, use_tls=True
        )
        assert states([services.ask_server(refused)]) == {"Mail server": "trouble"}

    assert states([services.ask_server(smtp_backend(host="127.0.0.1", port=port))]) == {
        "Mail server": "trouble"
    }


@pytest.mark.parametrize(
    ("options", "offers", "state"),
    [
        ({}, False, "ok"),
        ({}, True, "attention"),
        ({"use_tls": True}, True, "ok"),
        ({"use_ssl": True}, False, "ok"),
        ({"username": "maria", "password": SECRET}, False, "attention"),
    ],
    ids=str,
)
def test_passwords_go_encrypted(options, offers, state):
    row = services._judge_server(smtp_backend(host="mail", **options), "mail:25", offers)

    assert states([row]) == {"Mail server": state}


def test_mail_that_goes_nowhere_is_told():
    assert services._server().state == "attention"
    with override_settings(DEBUG=True):
        assert services._server().state == "ok"


def test_a_message_is_sent_where_it_is_asked_for(monkeypatch):
    assert services.send_mail_to("maria@example.com").state == "ok"
    assert mail.outbox[-1].to == ["maria@example.com"]

    def refuse(self):
        raise smtplib.SMTPRecipientsRefused({})

    monkeypatch.setattr(services.EmailMessage, "send", refuse)
    assert services.send_mail_to("maria@example.com").state == "trouble"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("backend", "hosts", "state"),
    [
        ("locmem.LocMemCache", 1, "attention"),
        ("dummy.DummyCache", 1, "attention"),
        ("filebased.FileBasedCache", 1, "ok"),
        ("filebased.FileBasedCache", 2, "attention"),
    ],
)
def test_the_cache_is_shared(backend, hosts, state, tmp_path):
    for number in range(hosts):
        workers.note_host(f"host-{number}", "pumbaphoto")
    chosen = {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": str(tmp_path)}
    with override_settings(CACHES={"default": chosen}):
        assert states(services.look_at_cache()) == {"Cache": state}


@pytest.mark.django_db
def test_a_cache_without_its_table_is_trouble(monkeypatch, tmp_path):
    chosen = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/proc"}
    with override_settings(CACHES={"default": chosen}):
        assert states(services.look_at_cache()) == {"Cache": "trouble"}


@pytest.mark.parametrize(
    ("prefix", "debug", "state"),
    [("", False, "attention"), ("", True, "ok"), ("/protected/", False, "ok")],
)
def test_downloads_are_left_to_the_web_server(prefix, debug, state):
    with override_settings(DEBUG=debug, PUMBAPHOTO={"X_ACCEL_PREFIX": prefix}):
        assert states(services.look_at_web())["Serving"] == state


@contextmanager
def web_server(status: int):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            right = self.headers["Authorization"] == f"Bearer {SECRET}"
            self.send_response(status if right else 500)
            self.end_headers()

        def log_message(self, *arguments):
            """The test's output stays empty."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "state"), [(200, "ok"), (503, "ok"), (404, "trouble"), (502, "trouble")]
)
def test_the_site_is_asked_as_monitoring_does(status, state):
    with (
        web_server(status) as address,
        override_settings(WAGTAILADMIN_BASE_URL=address, PUMBAPHOTO={"HEALTH_KEY": SECRET}),
    ):
        assert states(services.look_at_web())["Health address"] == state


@pytest.mark.parametrize(
    ("address", "state"),
    [("http://127.0.0.1:1", "trouble"), ("", NOTED), (None, NOTED)],
)
def test_a_site_that_does_not_answer_is_told(address, state):
    with override_settings(WAGTAILADMIN_BASE_URL=address, PUMBAPHOTO={"HEALTH_KEY": SECRET}):
        assert states(services.look_at_web())["Health address"] == state


# --- Settings ------------------------------------------------------------------------------------


def test_system_checks_are_rows(monkeypatch):
    found = [
        Warning("Odd.", hint="DEBUG = False", id="pumbaphoto.W999"),
        Error("Wrong.", id="other.E001"),
        Warning("Silent.", id="silent.W001"),
    ]
    monkeypatch.setattr(project.checks, "run_checks", lambda **options: found)
    with override_settings(SILENCED_SYSTEM_CHECKS=["silent.W001"]):
        rows = list(project.look_at_settings())
    assert states(rows) == {"other.E001": "trouble", "pumbaphoto.W999": "attention"}
    assert rows[1].to_do == "DEBUG = False"

    monkeypatch.setattr(project.checks, "run_checks", lambda **options: [])
    assert states(project.look_at_settings()) == {"Settings": "ok"}
