"""System checks: each fires on what is wrong, says the line to write, and is silent otherwise."""

import threading
from copy import deepcopy
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.core.checks import Error, Warning, run_checks
from django.core.checks.registry import registry
from django.db import connection, models
from django.test import override_settings
from django.urls import include, path

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.checks import options, published, queue, scanner, site, storages
from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.clamd_process import find_clamd
from pumbaphoto_wagtail.models import StoredFile, Verdict
from pumbaphoto_wagtail.storage import NASStorage, initialise_volume
from tests.mailing import mailing_by

NAS = "pumbaphoto_wagtail.storage.NASStorage"


def said(check, **kwargs) -> list[str]:
    """The identities of what a check says; everything it says has a hint."""
    messages = check(app_configs=None, **kwargs)
    assert all(message.hint for message in messages)
    assert all(
        isinstance(message, Error if ".E" in message.id else Warning) for message in messages
    )
    return [message.id.removeprefix("pumbaphoto.") for message in messages]


def chosen(**keys):
    return override_settings(PUMBAPHOTO=keys)


# --- All of them ---------------------------------------------------------------------------------


# From Django 6.1 on the checks of models ask the database what it can.
@pytest.mark.django_db
def test_the_test_project_is_set_right():
    ours = [message for message in run_checks() if message.id.startswith("pumbaphoto.")]
    missing = [message for message in ours if message.id == "pumbaphoto.W010"]

    # The bundle is built, not committed.
    assert [message for message in ours if message not in missing] == []


def test_every_check_is_registered_and_documented():
    checks = [*registry.registered_checks, *registry.deployment_checks]
    ours = [check for check in checks if check.__module__.startswith("pumbaphoto_wagtail.")]

    assert len(ours) == 50
    assert all(check.__doc__ for check in ours)


# --- The dictionary ------------------------------------------------------------------------------


def test_every_default_follows_its_own_rule():
    assert set(options.RULES) == set(DEFAULTS)
    assert [key for key, value in DEFAULTS.items() if not options.RULES[key][0](value)] == []
    with chosen(**DEFAULTS):
        assert said(options.check_options) == []


@pytest.mark.parametrize(
    ("key", "meant"),
    [("CLAMD_ADRESS", "CLAMD_ADDRESS"), ("tiers", "TIERS"), ("LINKKEYS", "LINK_KEYS")],
)
def test_an_unknown_key_is_told_what_was_meant(key, meant):
    with chosen(**{key: 1}):
        (message,) = options.check_options(None)

    assert message.id == "pumbaphoto.E010"
    assert message.hint == f'Did you mean "{meant}"?'


def test_a_key_like_no_other_is_to_be_removed():
    with chosen(XYZZY=1):
        (message,) = options.check_options(None)

    assert message.hint.startswith("Remove it")


@pytest.mark.parametrize("value", [None, [], "x"])
def test_the_dictionary_is_one(value):
    with override_settings(PUMBAPHOTO=value):
        assert said(options.check_options) == ["E010"]


GRID = DEFAULTS["TIERS"]["grid"]
WRONG = [
    ("CSP", "on"),
    ("CSP", None),
    ("GALLERY_PAGE_MODEL", "GalleryPage"),
    ("MAX_FILE_BYTES", "512 MB"),
    ("MAX_FILE_BYTES", 0),
    ("MAX_FILE_BYTES", True),
    ("MAX_FILE_BYTES", -1),
    ("DISK_RESERVE_SHARE", 5),
    ("DISK_RESERVE_SHARE", "0.05"),
    ("LEASE_SECONDS", 0),
    ("ALLOWED_FORMATS", "jpeg"),
    ("ALLOWED_FORMATS", ("jpeg", "gif")),
    ("ALLOWED_FORMATS", ()),
    ("ALLOWED_FORMATS", (1,)),
    ("CLAMD_ADDRESS", "127.0.0.1:3310"),
    ("CLAMD_ADDRESS", "unix:run/clamd.ctl"),
    ("CLAMD_ADDRESS", "tcp:localhost"),
    ("CLAMD_ADDRESS", "tcp:localhost:clamd"),
    ("DEMO_WITHOUT_SCANNER", 1),
    ("TIERS", {}),
    ("TIERS", {"grid": GRID}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "mode": "crop"}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "quality": 101}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "width": 0}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "colour": "red"}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": (300, 300)}),
    ("TIERS", [300, 800, 2400]),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "width": 70_000}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "formats": ("avif",)}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "formats": {"jpeg": 80}}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "formats": {"webp": 0}}}),
    ("PRESETS", {"wedding": {"label": "Wedding"}}),
    ("PRESETS", {"wedding": {"label": "Wedding", "kind": "event"}}),
    ("PRESETS", {"wedding": {"label": "Wedding", "kind": "choose", "max": 5}}),
    ("PRESETS", {"wedding": {"label": "Wedding", "kind": "choose", "maximum": "5"}}),
    ("RENDITION_ENGINE", "vips"),
    ("EDIT_SUFFIXES", "edit"),
    ("EDIT_SUFFIXES", ("edit", "")),
    ("LINK_KEYS", ["secret"]),
    ("LINK_KEYS", {"2026": b"secret"}),
    ("LINK_KEYS", {"2026": ""}),
    ("LINK_KEYS", {"x" * 51: "secret"}),
    ("LINK_COOKIE_NAME", "two words"),
    ("X_ACCEL_PREFIX", "protected"),
    ("QUEUE_CLUSTER", ""),
    ("MAIL_RETRY_SECONDS", 60),
    ("MAIL_RETRY_SECONDS", (60, 0)),
]


@pytest.mark.parametrize(("key", "value"), WRONG, ids=str)
def test_a_wrong_value_is_named_with_one_that_is_right(key, value):
    with chosen(**{key: value}):
        (message,) = options.check_options(None)

    assert message.id == "pumbaphoto.E011"
    assert f'PUMBAPHOTO["{key}"]' in message.msg
    assert message.hint.startswith(f'"{key}": ')


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_a_hint_is_a_line_that_would_be_right(key):
    message = options.wrong_value(key, object())
    line = eval(f"{{{message.hint}}}")

    assert options.RULES[key][0](line[key])


def test_no_secret_is_repeated():
    with chosen(LINK_KEYS={"2026": b"do not show me"}):
        (message,) = options.check_options(None)

    assert "do not show me" not in str(message)


RIGHT = [
    ("CLAMD_ADDRESS", "tcp:[::1]:3310"),
    ("CLAMD_ADDRESS", "tcp:clamd.local:3310"),
    ("ALLOWED_FORMATS", ["jpeg"]),
    ("TIERS", {**DEFAULTS["TIERS"], "hero": {**GRID, "mode": "fill"}}),
    ("TIERS", {**DEFAULTS["TIERS"], "grid": {**GRID, "formats": {"webp": 80}}}),
    ("LINK_KEYS", {"2025": "a", "2026": "b"}),
    ("X_ACCEL_PREFIX", "/protected/"),
    ("MAIL_RETRY_SECONDS", []),
    ("PRESETS", {}),
    ("LEASE_SECONDS", 1.5),
]


@pytest.mark.parametrize(("key", "value"), RIGHT, ids=str)
def test_a_right_value_is_left_alone(key, value):
    with chosen(**{key: value}):
        assert said(options.check_options) == []


# --- Storages ------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path):
    """STORAGES in a directory of their own, initialised; a test changes what it wants."""
    names = ("incoming", "originals", "renditions", "exports", "cold")
    chosen = deepcopy(django_settings.STORAGES)
    for name in names:
        location = str(tmp_path / name)
        chosen[f"pumbaphoto_{name}"] = {"BACKEND": NAS, "OPTIONS": {"location": location}}
        initialise_volume(NASStorage(location), name)
    return chosen


STORAGE_CHECKS = [
    storages.check_aliases,
    storages.check_privacy,
    storages.check_separation,
    storages.check_devices,
    storages.check_volumes,
    storages.check_volumes_for_deployment,
]


def all_said(chosen, **settings) -> list[str]:
    with override_settings(STORAGES=chosen, **settings):
        return [identity for check in STORAGE_CHECKS for identity in said(check)]


def test_storages_that_are_right_are_left_alone(places):
    assert all_said(places) == []


@pytest.mark.parametrize("name", ["incoming", "originals", "renditions", "exports", "cold"])
def test_m2_m4_a_missing_storage_is_named_with_its_line(places, name):
    del places[f"pumbaphoto_{name}"]

    assert all_said(places) == ["E012"]
    with override_settings(STORAGES=places):
        (message,) = storages.check_aliases(None)
    assert message.hint.startswith(f'STORAGES["pumbaphoto_{name}"] = ')


def test_the_cold_storage_is_the_one_the_site_names(places):
    places["tape"] = places.pop("pumbaphoto_cold")

    assert all_said(places) == ["E012"]
    assert all_said(places, PUMBAPHOTO={"COLD_STORAGE": "tape"}) == []


def test_a_cold_disk_without_a_sentinel_is_warned_of(places, tmp_path):
    plain = "django.core.files.storage.FileSystemStorage"
    options = {"location": tmp_path / "usb"}
    with override_settings(STORAGES=places):
        assert said(storages.check_cold_disk) == []
    places["pumbaphoto_cold"] = {"BACKEND": plain, "OPTIONS": options}
    with override_settings(STORAGES=places):
        assert said(storages.check_cold_disk) == ["W014"]


@pytest.mark.django_db
def test_a_cold_disk_that_the_settings_have_forgotten_is_warned_of(monkeypatch):
    photo = testing.make_photo(testing.make_gallery(has_page=False), is_rendered=False)
    assert said(storages.check_shelf, databases=["default"]) == []

    StoredFile.objects.filter(pk=photo.picture.pk).update(storage="Cold-2019")
    assert said(storages.check_shelf, databases=["default"]) == ["W013"]
    assert "'Cold-2019'" in storages.check_shelf(None, databases=["default"])[0].msg
    assert said(storages.check_shelf, databases=None) == []
    monkeypatch.setattr(StoredFile._meta, "db_table", "not_there_yet")
    assert said(storages.check_shelf, databases=["default"]) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"BACKEND": "no.such.Storage"},
        {"BACKEND": NAS},
        {"BACKEND": NAS, "OPTIONS": {"location": "/srv", "volume": "not a uuid"}},
    ],
    ids=["backend", "no location", "volume"],
)
def test_a_storage_that_cannot_be_built_is_named(places, broken):
    places["pumbaphoto_originals"] = broken

    assert all_said(places) == ["E012"]


def test_uploads_need_a_storage_that_can_be_appended_to(places):
    places["pumbaphoto_incoming"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}

    assert "E012" in all_said(places)


def test_any_storage_may_hold_originals(places):
    places["pumbaphoto_originals"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}

    assert all_said(places) == []


@pytest.mark.parametrize("name", ["MEDIA_ROOT", "STATIC_ROOT"])
def test_a_storage_inside_a_public_directory_is_an_error(places, tmp_path, name):
    assert all_said(places, **{name: str(tmp_path / "incoming")}) == ["E003"]
    assert all_said(places, **{name: str(tmp_path)}) == ["E003"] * 5
    assert all_said(places, **{name: str(tmp_path / "in")}) == []


def test_a_storage_that_a_link_leads_into_media_is_an_error(places, tmp_path):
    (tmp_path / "media").symlink_to(tmp_path / "incoming")

    assert all_said(places, MEDIA_ROOT=str(tmp_path / "media")) == ["E003"]


def test_djangos_own_file_storage_is_looked_at_as_well(places, tmp_path):
    places["pumbaphoto_renditions"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "media" / "renditions")},
    }

    assert all_said(places, MEDIA_ROOT=str(tmp_path / "media")) == ["E003"]


@pytest.mark.parametrize("location", ["incoming", "incoming/deeper"])
def test_storages_inside_each_other_are_an_error(places, tmp_path, location):
    location = str(tmp_path / location)
    initialise_volume(NASStorage(location), "cold")
    places["pumbaphoto_cold"]["OPTIONS"]["location"] = location

    assert all_said(places) == ["E008"]


def test_incoming_and_originals_on_different_devices_are_an_error(places, tmp_path, monkeypatch):
    devices = {str(tmp_path / "incoming"): 1, str(tmp_path / "originals"): 2}
    monkeypatch.setattr(NASStorage, "device", lambda self: devices[self.location])

    assert all_said(places) == ["E002"]


def test_a_volume_that_is_away_is_a_warning_and_an_error_before_use(places, tmp_path):
    (tmp_path / "originals" / ".pumbaphoto-volume").unlink()

    assert all_said(places) == ["W001", "E001"]


def test_another_volume_is_named(places):
    expected = "12345678-1234-4234-8234-123456789abc"
    places["pumbaphoto_cold"]["OPTIONS"]["volume"] = expected

    with override_settings(STORAGES=places):
        (message,) = storages.check_volumes(None)
    assert expected in message.msg


def test_a_volume_that_hangs_does_not_hang_the_command(places, monkeypatch):
    waiting = threading.Event()
    monkeypatch.setattr(storages, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(NASStorage, "sentinel", lambda self: waiting.wait(30))
    try:
        with override_settings(STORAGES=places):
            messages = storages.check_volumes(None)
    finally:
        waiting.set()

    assert len(messages) == 5
    assert all("no answer within" in message.msg for message in messages)


# --- The queue -----------------------------------------------------------------------------------


def clusters(host=None, **ours):
    """Q_CLUSTER with our two clusters, the first of them changed."""
    chosen = deepcopy(django_settings.Q_CLUSTER) | (host or {})
    chosen["ALT_CLUSTERS"]["pumbaphoto"] |= ours
    return override_settings(Q_CLUSTER=chosen)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ({}, []),
        ({"timeout": None}, ["E007"]),
        ({"retry": 240}, ["E007"]),
        ({"retry": 241}, []),
        ({"queue_limit": 4}, ["E007"]),
        ({"workers": 4, "queue_limit": 4}, []),
        ({"save_limit": 250}, ["W007"]),
        ({"bulk": 2}, ["W008"]),
    ],
    ids=str,
)
def test_our_clusters_never_start_a_task_twice(ours, expected):
    with clusters(**ours):
        assert said(queue.check_queue) == expected


def test_what_a_cluster_leaves_out_is_the_hosts():
    chosen = deepcopy(django_settings.Q_CLUSTER)
    del chosen["ALT_CLUSTERS"]["pumbaphoto"]["timeout"]
    del chosen["ALT_CLUSTERS"]["pumbaphoto"]["save_limit"]

    with override_settings(Q_CLUSTER=chosen):
        assert said(queue.check_queue) == ["W007"]
    with override_settings(Q_CLUSTER=chosen | {"timeout": 299, "save_limit": -1}):
        assert said(queue.check_queue) == ["E007"]


def test_without_a_queue_limit_it_is_the_square_of_the_workers():
    chosen = deepcopy(django_settings.Q_CLUSTER)
    del chosen["ALT_CLUSTERS"]["pumbaphoto"]["queue_limit"]

    with override_settings(Q_CLUSTER=chosen):
        assert said(queue.check_queue) == ["E007"]


@pytest.mark.parametrize(
    ("host", "ours", "expected"),
    [
        ({"redis": "redis://queue/0", "orm": None}, {}, []),
        ({}, {"redis": "redis://queue/0"}, ["E021"]),
        ({}, {"orm": None}, ["E021"]),
        ({"orm": "queue"}, {}, ["E021", "E021"]),
    ],
    ids=["Redis for all", "Redis for one", "Redis by leaving out", "no such database"],
)
def test_whoever_asks_for_work_asks_the_queue_that_the_workers_look_into(host, ours, expected):
    pytest.importorskip("redis")
    with clusters(host=host, **ours):
        assert said(queue.check_queue) == expected


def test_a_queue_in_redis_needs_its_client(monkeypatch):
    monkeypatch.setattr(queue, "find_spec", lambda name: None)
    with clusters(host={"orm": None}):
        assert said(queue.check_queue) == ["E021", "E021"]


def test_the_hosts_own_cluster_is_the_hosts_business():
    with clusters(host={"timeout": 500, "retry": 60, "bulk": 10, "save_limit": 250}):
        assert said(queue.check_queue) == []


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [({}, ["E007", "E007"]), ({"name": "host", "timeout": 5, "retry": 9}, ["E007", "E007"])],
)
def test_missing_clusters_are_named_with_their_line(cluster, expected):
    with override_settings(Q_CLUSTER=cluster):
        assert said(queue.check_queue) == expected


def test_a_site_without_django_q_settings_is_told():
    with override_settings():
        del django_settings.Q_CLUSTER
        assert said(queue.check_queue) == ["E007", "E007"]


@pytest.mark.parametrize(
    "ours",
    [{"timeout": None, "retry": 300}, {"retry": 10}, {"save_limit": 0}, {"bulk": 5}],
    ids=str,
)
def test_the_line_of_a_queue_hint_puts_it_right(ours):
    with clusters(**ours):
        (message,) = queue.check_queue(None)
        chosen = deepcopy(django_settings.Q_CLUSTER)
        exec(message.hint, {"Q_CLUSTER": chosen})
    with override_settings(Q_CLUSTER=chosen):
        assert said(queue.check_queue) == []


# --- The scanner ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("debug", "demo", "expected"),
    [(False, True, ["E015"]), (True, True, []), (False, False, []), (True, False, [])],
)
def test_the_demo_without_a_scanner_needs_debug(debug, demo, expected):
    with override_settings(DEBUG=debug, PUMBAPHOTO={"DEMO_WITHOUT_SCANNER": demo}):
        assert said(scanner.check_demo_setting) == expected


@pytest.mark.django_db
def test_files_of_a_demo_are_an_error_without_debug():
    testing.make_many_photos(testing.make_gallery(has_page=False), 2)
    assert said(scanner.check_demo_verdicts, databases=["default"]) == []

    StoredFile.objects.update(verdict=Verdict.NOT_SCANNED_DEMO)
    assert said(scanner.check_demo_verdicts, databases=["default"]) == ["E016"]
    assert said(scanner.check_demo_verdicts, databases=None) == []
    with override_settings(DEBUG=True):
        assert said(scanner.check_demo_verdicts, databases=["default"]) == []


@pytest.mark.django_db
def test_a_database_without_tables_yet_is_not_asked(monkeypatch):
    monkeypatch.setattr(StoredFile._meta, "db_table", "not_there_yet")

    assert said(scanner.check_demo_verdicts, databases=["default"]) == []


def test_a_scanner_that_is_away_is_an_error(tmp_path):
    with chosen(CLAMD_ADDRESS=f"unix:{tmp_path}/clamd.ctl"):
        assert said(scanner.check_scanner) == ["E004"]


@pytest.fixture(scope="module")
def clamd():
    if not find_clamd():
        pytest.skip("clamd is not installed")
    # Directly under /tmp: a socket's path has at most 107 characters.
    with (
        TemporaryDirectory(prefix="pumba") as directory,
        testing.running_clamd(directory, max_file_bytes=2 * 1024 * 1024) as running,
    ):
        yield running.address


def test_a_scanner_that_looks_to_the_end_is_left_alone(clamd):
    with chosen(CLAMD_ADDRESS=clamd, MAX_FILE_BYTES=2 * 1024 * 1024):
        assert said(scanner.check_scanner) == []


def test_a_scanner_that_stops_early_is_an_error(clamd):
    with chosen(CLAMD_ADDRESS=clamd, MAX_FILE_BYTES=16 * 1024 * 1024):
        assert said(scanner.check_scanner) == ["E004"]


# --- The site ------------------------------------------------------------------------------------

GOOD_SQLITE = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (GOOD_SQLITE, []),
        (GOOD_SQLITE | {"transaction_mode": "immediate"}, []),
        (GOOD_SQLITE | {"transaction_mode": "DEFERRED"}, ["W005"]),
        ({"transaction_mode": "IMMEDIATE"}, ["W005"]),
        ({}, ["W005"]),
    ],
    ids=str,
)
def test_sqlite_waits_for_its_lock(monkeypatch, options, expected):
    monkeypatch.setattr(site, "database", lambda: {"vendor": "sqlite", **options})

    assert said(site.check_database) == expected
    assert said(site.check_database_for_deployment) == ["E005"]


def test_postgresql_is_left_alone(monkeypatch):
    monkeypatch.setattr(site, "database", lambda: {"vendor": "postgresql"})

    assert said(site.check_database) == []
    assert said(site.check_database_for_deployment) == []


def test_the_database_asked_about_is_the_galleries():
    assert site.database()["vendor"] == connection.vendor
    assert site.database().items() >= django_settings.DATABASES["default"]["OPTIONS"].items()


class NotIncluded:
    urlpatterns = []


class Included:
    urlpatterns = [path("photos/", include("pumbaphoto_wagtail.urls"))]


class CaughtFirst:
    urlpatterns = [
        path("photos/<path:anything>", lambda request, anything: None),
        path("photos/", include("pumbaphoto_wagtail.urls")),
    ]


@pytest.mark.parametrize(
    ("urls", "expected"),
    [(Included, []), (NotIncluded, ["E013"]), (CaughtFirst, ["E013"])],
)
def test_the_addresses_are_included_and_reached(urls, expected):
    with override_settings(ROOT_URLCONF=urls):
        assert said(site.check_addresses) == expected


def test_a_project_without_addresses_is_not_asked():
    with override_settings(ROOT_URLCONF=None):
        assert said(site.check_addresses) == []


def test_wagtails_catch_all_before_ours_is_found():
    from wagtail import urls as wagtail_urls

    class WagtailFirst:
        urlpatterns = [path("", include(wagtail_urls)), *Included.urlpatterns]

    with override_settings(ROOT_URLCONF=WagtailFirst):
        assert said(site.check_addresses) == ["E013"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pumbaphoto_pages.GalleryPage", []),
        ("pumbaphoto_pages.NoSuchPage", ["E014"]),
        ("nowhere.GalleryPage", ["E014"]),
        ("nonsense", ["E014"]),
        (None, ["E014"]),
        ("pumbaphoto_pages.GalleryIndexPage", ["E014"]),
        ("pumbaphoto_wagtail.Gallery", ["E014"]),
    ],
)
def test_the_page_type_presents_galleries(name, expected):
    with chosen(GALLERY_PAGE_MODEL=name):
        assert said(site.check_page_model) == expected


def test_a_mixin_without_a_page_is_not_enough():
    from pumbaphoto_wagtail.page_mixin import GalleryPageMixin

    assert not site._presents_galleries(GalleryPageMixin)
    assert issubclass(GalleryPageMixin, models.Model)


def test_a_missing_bundle_is_named(tmp_path, settings):
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [tmp_path]
    assert said(site.check_static_files) == ["W010"]

    (tmp_path / "pumbaphoto_wagtail").mkdir()
    for name in site.BUNDLE:
        (tmp_path / "pumbaphoto_wagtail" / name).touch()
    assert said(site.check_static_files) == []

    (tmp_path / "pumbaphoto_wagtail" / "uploader.js").unlink()
    (message,) = site.check_static_files(None)
    assert "uploader.js" in message.msg
    assert "gallery.js" not in message.msg


@pytest.mark.parametrize(("is_there", "expected"), [(True, []), (False, ["W015"])])
def test_without_wagtails_settings_nobody_can_name_the_studio(monkeypatch, is_there, expected):
    monkeypatch.setattr(site.apps, "is_installed", lambda name: is_there)

    assert said(site.check_studio_settings) == expected


@pytest.mark.parametrize(
    ("timeout", "expected"), [(None, ["W011"]), (0, ["W011"]), (30, []), (600, ["W011"])]
)
def test_a_mail_server_that_hangs_is_given_up_before_the_lease_ends(timeout, expected):
    with mailing_by(site.SMTP_BACKEND, timeout=timeout):
        assert said(site.check_mail) == expected


@pytest.mark.parametrize("backend", [{}, {"BACKEND": site.SMTP_BACKEND}])
@pytest.mark.parametrize(("timeout", "expected"), [(None, ["W011"]), (30, [])])
def test_mail_may_be_set_as_newer_djangos_want_it(monkeypatch, backend, timeout, expected):
    mailer = backend | {"OPTIONS": {"host": "mail.example.com", "timeout": timeout}}
    monkeypatch.setattr(site, "django_settings", SimpleNamespace(MAILERS={"default": mailer}))

    messages = site.check_mail(None)
    assert [message.id.removeprefix("pumbaphoto.") for message in messages] == expected
    assert all("MAILERS" in message.hint for message in messages)


def test_other_mail_backends_have_no_timeout_to_set():
    assert said(site.check_mail) == []


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ("django.core.cache.backends.locmem.LocMemCache", ["W012"]),
        ("django.core.cache.backends.dummy.DummyCache", ["W012"]),
        ("django.core.cache.backends.db.DatabaseCache", []),
    ],
)
def test_workers_share_the_cache(backend, expected):
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": "cache"}}):
        assert said(site.check_cache) == expected


# --- Published pictures --------------------------------------------------------------------------


def of_published(places, alias="pumbaphoto_published", **package) -> list[str]:
    keys = {"PUBLISHED_STORAGE": alias, "X_ACCEL_PREFIX": "/protected/", **package}
    with override_settings(STORAGES=places, PUMBAPHOTO=keys):
        return said(published.check_published) + said(storages.check_aliases)


def test_a_published_tree_of_its_own_is_right_and_none_as_well(places):
    testing.make_storages()
    places["pumbaphoto_published"] = {
        "BACKEND": NAS,
        "OPTIONS": {"location": f"{places['pumbaphoto_cold']['OPTIONS']['location']}-published"},
    }
    assert of_published(places) == []
    assert of_published(places, alias="") == []
    assert of_published(places, X_ACCEL_PREFIX="") == ["W017"]


def test_a_published_tree_is_a_directory_where_nothing_else_lies(places):
    assert of_published(places, alias="nowhere") == ["E012"]
    for alias in ("pumbaphoto_originals", "pumbaphoto_renditions", "pumbaphoto_incoming"):
        assert of_published(places, alias=alias) == ["E018"]
    assert of_published(places, alias="default") == ["E018"]
    assert of_published(places, LIBRARY_STORAGES=["pumbaphoto_published"]) == ["E018"]


def test_a_published_tree_on_another_disk_is_warned_of(places, monkeypatch):
    cold = places["pumbaphoto_published"]["OPTIONS"]["location"]
    monkeypatch.setattr(NASStorage, "device", lambda self: int(self.location == str(cold)))
    assert of_published(places) == ["W016"]


def test_a_published_tree_is_neither_in_media_nor_among_the_originals(places, settings):
    inside = dict(places["pumbaphoto_originals"]["OPTIONS"])
    places["pumbaphoto_published"] = {
        "BACKEND": NAS,
        "OPTIONS": {"location": f"{inside['location']}/published"},
    }
    keys = {"PUBLISHED_STORAGE": "pumbaphoto_published"}
    with override_settings(STORAGES=places, PUMBAPHOTO=keys):
        assert said(storages.check_separation) == ["E008"]
        settings.MEDIA_ROOT = inside["location"]
        assert "E003" in said(storages.check_privacy)
