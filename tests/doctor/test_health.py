"""Health for monitoring: numbers for whoever knows the key, whatever is ill; nothing for others."""

import threading
import time
from datetime import timedelta
from itertools import groupby

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client, override_settings
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from pumbaphoto_wagtail import __version__, testing, workers
from pumbaphoto_wagtail.doctor import facts, health, volumes
from pumbaphoto_wagtail.models import (
    Inspection,
    InspectionScope,
    Message,
    MessageKind,
    Stage,
    StoredFile,
)
from pumbaphoto_wagtail.storage import NASStorage
from tests.intake.fake_clamd import FakeClamd

from .fuse_that_hangs import hanging_file_system

KEY = "0123456789abcdef"
ADDRESS = "/galleries/health/"
PLANTED = ("Qqanna", "Qqgallery", "Qqphoto", "Qqhost", "qq@example.com")


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    # Whatever room this machine has is enough.
    monkeypatch.setattr(volumes, "NEARLY_FULL_BYTES", 0)
    health.forget()
    yield
    health.forget()


@pytest.fixture
def clamd():
    def behave(connection):
        connection.recv(100)
        moment = timezone.now()
        connection.sendall(f"ClamAV 1.4.3/27500/{moment:%a %b %d %H:%M:%S %Y}\0".encode())

    server = FakeClamd(behave)
    yield server.address
    server.close()


@pytest.fixture
def keyed(settings, clamd):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "HEALTH_KEY": KEY, "CLAMD_ADDRESS": clamd}
    return settings


@pytest.fixture
def beating(db):
    Schedule.objects.filter(name="pumbaphoto.reconcile").delete()
    return Schedule.objects.create(
        name="pumbaphoto.reconcile", func="x", minutes=1, next_run=timezone.now()
    )


def ask(key=KEY, address=ADDRESS, **headers):
    return Client().get(address, headers={"Authorization": f"Bearer {key}", **headers})


# --- Who is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["", KEY, "Bearer ", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"bearer {KEY}", "Bearer é"],
)
def test_without_the_key_there_is_nothing_here(db, keyed, said):
    assert Client().get(ADDRESS, headers={"Authorization": said}).status_code == 404


@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer None"])
def test_without_a_key_in_the_settings_nobody_is_told(db, settings, said):
    assert Client().get(ADDRESS, headers={"Authorization": said}).status_code == 404


def test_a_signed_in_superuser_without_the_key_is_told_nothing(db, keyed):
    browser = Client()
    browser.force_login(testing.make_photographer("chief", is_superuser=True))

    assert browser.get(ADDRESS).status_code == 404


def test_the_key_reads_and_does_nothing_else(db, keyed):
    said = {"Authorization": f"Bearer {KEY}"}

    assert Client().post(ADDRESS, headers=said).status_code == 405
    assert Client().post(ADDRESS).status_code == 404
    assert Client().head(ADDRESS, headers=said).content == b""


def test_it_needs_no_session_and_sets_no_cookie(db, keyed, django_assert_max_num_queries):
    answer = ask()

    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert answer["Cache-Control"] == "no-store"


def test_monitoring_may_ask_as_often_as_it_likes(db, keyed, django_assert_num_queries):
    ask()
    with django_assert_num_queries(0):
        assert {ask().status_code for _time in range(50)} <= {200, 503}


# --- What is told --------------------------------------------------------------------------------


def test_a_site_that_is_well(db, keyed, beating):
    workers.note_host("Qqhost", "pumbaphoto")
    answer = ask()
    found = answer.json()

    assert (answer.status_code, found["state"]) == (200, "ok"), found
    assert found["version"] == __version__
    assert found["database"]["seconds"] < 3
    assert found["scanner"]["answers"] is True
    assert found["storages"]["volumes"]["pumbaphoto_originals"]["free_bytes"] > 0
    assert found["queue"]["waiting"] == {"pumbaphoto": 0, "pumbaphoto-slow": 0}
    assert found["queue"]["hosts"] == 1


def test_work_and_mail_are_counted_and_timed(db, keyed, beating):
    link = testing.make_link(testing.make_gallery(has_page=False))
    long_ago = timezone.now() - timedelta(minutes=20)
    OrmQ.objects.create(key="pumbaphoto", payload="x", lock=long_ago)
    owed = {"kind": MessageKind.LINK, "gallery": link.gallery, "share_link": link}
    Message.objects.create(key="a", **owed)
    Message.objects.create(key="b", failed_at=timezone.now(), **owed)
    Inspection.objects.create(started_at=long_ago, finished_at=long_ago, finding_count=3)
    testing.make_stored_file(stage=Stage.MISSING)
    answer = ask()
    found = answer.json()

    assert answer.status_code == 503, "photos wait, and nobody works on them"
    assert found["queue"]["waiting"]["pumbaphoto"] == 1
    assert 1190 < found["queue"]["oldest_seconds"] < 1300
    assert (found["outbox"]["waiting"], found["outbox"]["failed"]) == (1, 1)
    assert (found["inspection"]["findings"], found["inspection"]["state"]) == (3, "attention")
    assert found["files"]["stages"]["missing"] == 1
    assert set(found["files"]["stages"]) == set(Stage.values)


def test_nobody_reconciling_is_trouble(db, keyed, beating):
    Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=6))

    assert ask().status_code == 503
    assert ask().json()["queue"]["state"] == "trouble"


def test_a_night_of_the_scrub_is_told_beside_the_last_whole_look(db, keyed, beating):
    earlier, now = timezone.now() - timedelta(days=3), timezone.now()
    Inspection.objects.create(started_at=earlier, finished_at=earlier, finding_count=0)
    Inspection.objects.create(
        started_at=now, finished_at=now, finding_count=2, scope=InspectionScope.SCRUB
    )

    found = ask().json()

    assert (found["inspection"]["findings"], found["inspection"]["state"]) == (0, "ok")
    assert (found["scrub"]["findings"], found["scrub"]["state"]) == (2, "attention")


def test_it_names_nobody_and_nothing(db, keyed, beating):
    gallery = testing.make_gallery("Qqgallery", has_page=False)
    photo = testing.make_photo(gallery, "Qqphoto.jpg")
    StoredFile.objects.filter(pk=photo.picture.pk).update(
        reason="Qqphoto", original_name="Qqphoto.jpg"
    )
    link = testing.make_link(gallery, "Qqanna", email="qq@example.com")
    Message.objects.create(key="a", kind=MessageKind.LINK, gallery=gallery, share_link=link)
    workers.note_host("Qqhost", "pumbaphoto")
    Inspection.objects.create(
        started_at=timezone.now(),
        finished_at=timezone.now(),
        finding_count=1,
        findings=[{"subject": "Qqphoto"}],
    )
    for address in (ADDRESS, f"{ADDRESS}?format=prometheus"):
        said = ask(address=address).content.decode()
        assert [word for word in PLANTED if word.lower() in said.lower()] == []


def test_prometheus_reads_numbers_alone(db, keyed, beating):
    answer = ask(address=f"{ADDRESS}?format=prometheus")
    lines = answer.content.decode().splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines)

    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert len(found) == len(lines)
    assert found["pumbaphoto_state"] == "0"
    assert found['pumbaphoto_queue_waiting{cluster="pumbaphoto"}'] == "0"
    assert float(found['pumbaphoto_storages_volume_free_bytes{storage="pumbaphoto_cold"}']) > 0
    assert found['pumbaphoto_files_stage{stage="missing"}'] == "0"
    assert found[f'pumbaphoto_info{{version="{__version__}"}}'] == "1"
    assert all(float(value) >= 0 for value in found.values())
    names = [line.partition("{")[0].partition(" ")[0] for line in lines]
    runs = [name for name, _lines in groupby(names)]
    assert len(runs) == len(set(runs)), "lines of one metric stand together"


# --- Whatever is ill -----------------------------------------------------------------------------


def test_a_scanner_that_hangs_is_trouble_within_a_moment(db, keyed, beating, monkeypatch):
    monkeypatch.setattr(facts, "SCANNER_PATIENCE_SECONDS", 0.1)
    back = threading.Event()
    server = FakeClamd(lambda connection: back.wait(30))
    try:
        with override_settings(PUMBAPHOTO={"HEALTH_KEY": KEY, "CLAMD_ADDRESS": server.address}):
            found = ask().json()
    finally:
        back.set()
        server.close()

    assert (found["scanner"]["state"], found["state"]) == ("trouble", "trouble")
    assert found["scanner"]["answers"] is False


@pytest.mark.faults
def test_f36_a_nas_that_hangs_is_trouble_and_holds_nobody(
    db, keyed, beating, tmp_path, monkeypatch
):
    monkeypatch.setattr(volumes, "PATIENCE_SECONDS", 0.3)
    chosen = {**keyed.STORAGES, "pumbaphoto_cold": dict(keyed.STORAGES["pumbaphoto_cold"])}
    with hanging_file_system(tmp_path / "nas") as nas:
        chosen["pumbaphoto_originals"] = {
            "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
            "OPTIONS": {"location": str(nas / "originals")},
        }
        keyed.STORAGES = chosen
        started = time.monotonic()
        answer = ask()
        took = time.monotonic() - started

    found = answer.json()
    assert answer.status_code == 503
    assert took < 10
    assert found["storages"]["volumes"]["pumbaphoto_originals"]["answers"] is False
    assert found["storages"]["volumes"]["pumbaphoto_renditions"]["answers"] is True
    assert found["database"]["state"] == "ok"


def test_a_cold_disk_that_is_away_is_no_trouble(db, keyed, beating, monkeypatch):
    cold = keyed.STORAGES["pumbaphoto_cold"]["OPTIONS"]["location"]
    device = NASStorage.device
    monkeypatch.setattr(
        NASStorage,
        "device",
        lambda self: device(self) if self.location != cold else NASStorage("/nowhere").sentinel(),
    )
    answer = ask()

    assert (answer.status_code, answer.json()["state"]) == (200, "attention")


def test_a_database_that_is_away_is_told_and_breaks_nothing(db, keyed, monkeypatch):
    class Away:
        def cursor(self):
            raise OSError("connection refused")

        def close(self):
            """Nothing is open."""

    monkeypatch.setattr(health, "connections", {"default": Away()})
    answer = ask()
    found = answer.json()

    assert answer.status_code == 503
    assert found["database"] == {"state": "trouble", "seconds": None}
    assert found["queue"] == {"state": "trouble"}
    assert found["storages"]["state"] == "ok", "what needs no database is told all the same"


def test_a_look_that_fails_is_trouble_and_no_error_page(db, keyed, beating, monkeypatch):
    monkeypatch.setitem(health.LOOKS, "outbox", lambda: 1 / 0)

    assert ask().json()["outbox"] == {"state": "trouble"}


def test_the_ping_leaves_no_connection_behind(db):
    thread_found = []

    def ping():
        thread_found.append(health.ping_database())
        thread_found.append(connections["default"].connection)

    thread = threading.Thread(target=ping)
    thread.start()
    thread.join()

    assert thread_found[1] is None


def test_it_does_not_need_the_cache(db, keyed, beating, monkeypatch):
    for name in ("get", "set", "add"):
        monkeypatch.setattr(type(cache._connections["default"]), name, None, raising=False)

    assert ask().json()["storages"]["state"] == "ok"
