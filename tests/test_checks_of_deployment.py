"""System checks of the project, its deployment, database and mounts: each fires, and is silent."""

import re
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import django
import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.test import override_settings
from wagtail.models import Site

import pumbaphoto_wagtail
from pumbaphoto_wagtail import testing, workers
from pumbaphoto_wagtail.checks import database, deployment, mounts, project, queue, storages
from pumbaphoto_wagtail.doctor import versions
from pumbaphoto_wagtail.storage import NASStorage
from pumbaphoto_wagtail.storage.mounts import Mount

from . import checks_page
from .doctor.fuse_that_hangs import hanging_file_system
from .mailing import mailing_by
from .test_checks import chosen, clusters, places, said

__all__ = ["places"]
CHECKS = Path(pumbaphoto_wagtail.__file__).parent / "checks"


# --- All of them ---------------------------------------------------------------------------------


def test_every_number_that_is_used_is_in_the_docstring_of_a_check():
    used = set()
    for path in CHECKS.glob("*.py"):
        used |= set(re.findall(r'"pumbaphoto\.([EW]\d{3})"', path.read_text()))
    told = [
        number for check in checks_page.our_checks() for number in checks_page.numbers_of(check)
    ]

    assert used == set(told)
    assert len(told) == len(set(told)), "a number means one thing"


def test_the_page_of_checks_tells_of_each():
    text = checks_page.PAGE.read_text()

    assert checks_page.page_with(text) == text, "run: python -m tests.checks_page"


@pytest.mark.faults
def test_f36_a_nas_that_hangs_holds_the_checks_for_a_moment(tmp_path, places, monkeypatch):
    monkeypatch.setattr(storages, "PATIENCE_SECONDS", 0.1)
    with hanging_file_system(tmp_path / "nas") as nas:
        for alias in ("pumbaphoto_originals", "pumbaphoto_incoming"):
            places[alias]["OPTIONS"]["location"] = str(nas / alias)
        with override_settings(STORAGES=places, MEDIA_ROOT=str(nas / "media")):
            messages = run_checks(tags=["pumbaphoto"])

    away = " ".join(message.msg for message in messages if message.id == "pumbaphoto.W001")
    assert "'pumbaphoto_originals'" in away
    assert "'pumbaphoto_incoming'" in away
    assert "pumbaphoto.E003" not in [message.id for message in messages]


# --- The project ---------------------------------------------------------------------------------


class OwnSessions(project.import_string(project.MIDDLEWARE[0])):
    """A site's own, made from Django's."""


@pytest.mark.parametrize("name", project.MIDDLEWARE)
def test_middleware_that_is_missing_is_named(name):
    left = [each for each in django_settings.MIDDLEWARE if each != name]
    with override_settings(MIDDLEWARE=left):
        (message,) = project.check_middleware(None)

    assert (message.id, name in message.msg) == ("pumbaphoto.E020", True)


def test_middleware_of_the_sites_own_is_as_good():
    own = [f"{__name__}.OwnSessions", "no.such.middleware", *django_settings.MIDDLEWARE[2:]]
    with override_settings(MIDDLEWARE=own):
        assert said(project.check_middleware) == []


@pytest.mark.parametrize(("is_there", "count"), [(True, 0), (False, len(project.APPS))])
def test_apps_that_are_missing_are_named(monkeypatch, is_there, count):
    monkeypatch.setattr(project.apps, "is_installed", lambda name: is_there)

    assert said(project.check_apps) == ["E025"] * count


@pytest.mark.parametrize(("value", "expected"), [(True, []), (False, ["E022"])])
def test_times_have_a_zone(value, expected):
    with override_settings(USE_TZ=value):
        assert said(project.check_times) == expected


def of_templates(**files):
    """The check of base.html, where templates are these."""
    engine = deepcopy(django_settings.TEMPLATES[0])
    engine["APP_DIRS"] = False
    loader = ("django.template.loaders.locmem.Loader", {f"{n}.html": t for n, t in files.items()})
    engine["OPTIONS"]["loaders"] = [
        loader,
        "django.template.loaders.app_directories.Loader"
        if "base" in files
        else ("django.template.loaders.filesystem.Loader", [str(CHECKS.parent / "templates")]),
    ]
    with override_settings(TEMPLATES=[engine]):
        return said(project.check_base_template)


ALL_BLOCKS = "{% block extra_css %}{% endblock %}{% block content %}{% endblock %}" + (
    "{% if request %}{% block extra_js %}{% endblock %}{% endif %}"
)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"base": ALL_BLOCKS}, []),
        ({"base": '{% extends "root.html" %}', "root": ALL_BLOCKS}, []),
        ({"base": "{% extends whatever %}"}, []),
        ({"base": "<html></html>"}, ["E023"] * 3),
        ({"base": "{% block content %}{% endblock %}"}, ["E023"] * 2),
        ({"base": '{% extends "gone.html" %}'}, ["E023"]),
        ({}, ["E023"]),
        ({"base": "{% endblock %}"}, []),
    ],
    ids=["whole", "extends", "later", "none", "some", "gone", "missing", "broken"],
)
def test_the_sites_base_has_what_gallery_pages_need(files, expected):
    assert of_templates(**files) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 1024, ["W034"]),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", None, []),
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", 100, ["W034"]),
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", 10_000, []),
    ],
)
def test_forms_of_ours_are_taken(name, value, expected):
    with override_settings(**{name: value}):
        assert said(project.check_bodies) == expected


@pytest.mark.parametrize(
    ("more", "expected"), [([], []), (["django.middleware.gzip.GZipMiddleware"], ["W028"])]
)
def test_downloads_keep_their_length(more, expected):
    with override_settings(MIDDLEWARE=[*more, *django_settings.MIDDLEWARE]):
        assert said(project.check_compression) == expected


# --- Deployment ----------------------------------------------------------------------------------

GOOD = {
    "SESSION_COOKIE_SAMESITE": "Lax",
    "CSRF_COOKIE_SAMESITE": "Strict",
    "SECURE_REFERRER_POLICY": "no-referrer, same-origin",
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
}


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        ({}, 0),
        ({"SECURE_PROXY_SSL_HEADER": None, "SECURE_REFERRER_POLICY": None}, 0),
        ({"SESSION_COOKIE_SAMESITE": "None"}, 1),
        ({"SESSION_COOKIE_SAMESITE": False, "CSRF_COOKIE_SAMESITE": None}, 2),
        ({"SECURE_REFERRER_POLICY": "no-referrer"}, 1),
        ({"SECURE_REFERRER_POLICY": ["same-origin", "no-referrer"]}, 1),
        ({"SECURE_PROXY_SSL_HEADER": ("X-Forwarded-Proto", "https")}, 1),
    ],
    ids=str,
)
def test_cookies_and_headers_that_break_forms_or_protection(changed, count):
    with override_settings(**(GOOD | changed)):
        assert said(deployment.check_cookies) == ["E009"] * count


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", ["W022"]), ("X-Forwarded-For", ["W022"]), ("Forwarded", ["W022"]), ("X-Real-IP", [])],
)
def test_a_header_names_clients(header, expected):
    with chosen(TRUSTED_ADDRESS_HEADER=header):
        assert said(deployment.check_client_addresses) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, []),
        ({"2026": "k3y-" * 20}, ["W023"]),
        ({"2026": "short1!"}, ["W023"]),
        ({"2026": "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop"}, []),
        ("wrong", []),
    ],
    ids=["none", "simple", "short", "long", "not understood"],
)
def test_keys_of_links_cannot_be_guessed(keys, expected):
    with chosen(LINK_KEYS=keys):
        assert said(deployment.check_link_keys) == expected
        assert not any("k3y" in str(message) for message in deployment.check_link_keys(None))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://studio.se", []),
        ("http://studio.se", ["W024"]),
        ("https://localhost:8000", ["W024"]),
        ("http://127.0.0.1", ["W024"]),
        ("", []),
        (None, []),
    ],
)
def test_buttons_of_mails_lead_to_the_site(address, expected):
    with override_settings(WAGTAILADMIN_BASE_URL=address):
        assert said(deployment.check_base_url) == expected


@pytest.mark.parametrize(
    ("kind", "sender", "expected"),
    [
        ("smtp", "Maria <maria@studio.se>", []),
        ("console", "Maria <maria@studio.se>", ["W025"]),
        ("smtp", "webmaster@localhost", ["W025"]),
        ("dummy", "webmaster@localhost", ["W025", "W025"]),
    ],
)
def test_mail_leaves_and_comes_from_somebody(kind, sender, expected):
    backend = f"django.core.mail.backends.{kind}.EmailBackend"
    with mailing_by(backend), override_settings(DEFAULT_FROM_EMAIL=sender):
        assert said(deployment.check_mail_leaves) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["W026"]),
        ({"a": {"()": "django.utils.log.RequireDebugFalse"}}, ["W026"]),
        ({"a": {"()": deployment.HIDE_TOKENS}}, []),
        ({"a": {"()": pumbaphoto_wagtail.tokens.HideTokens}}, []),
    ],
    ids=["none", "another", "by name", "itself"],
)
def test_tokens_are_taken_out_of_the_log(filters, expected):
    with override_settings(LOGGING={"version": 1, "filters": filters}):
        assert said(deployment.check_logging) == expected


@pytest.mark.parametrize(("prefix", "expected"), [("", ["W027"]), ("/protected/", [])])
def test_files_are_left_to_the_web_server(prefix, expected):
    with chosen(X_ACCEL_PREFIX=prefix):
        assert said(deployment.check_sending) == expected


@pytest.mark.parametrize(
    ("installed", "formats", "number", "expected"),
    [
        (True, ("jpeg", "cr3"), (6, 0, 9), []),
        (False, ("jpeg",), (6, 0, 9), []),
        (False, ("jpeg", "cr3"), (6, 0, 9), ["W029"]),
        (True, ("jpeg",), (5, 2, 1), ["W030"]),
        (True, ("jpeg",), (5, 1, 99), ["W030"]),
        (True, ("jpeg",), (9, 0, 0), []),
    ],
)
def test_what_is_installed_can_do_what_is_asked(monkeypatch, installed, formats, number, expected):
    monkeypatch.setattr(versions, "_version", lambda name: "1.0" if installed else "")
    monkeypatch.setattr(django, "VERSION", (*number, "final", 0))
    with chosen(ALLOWED_FORMATS=formats):
        assert said(deployment.check_installed) == expected


# --- The database --------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "expected"), [(True, ["W021"]), (False, [])])
def test_no_transaction_waits_for_the_storage(monkeypatch, value, expected):
    monkeypatch.setattr(database, "options_of", lambda alias: {"ATOMIC_REQUESTS": value})

    assert said(database.check_requests) == expected


@pytest.mark.parametrize(
    ("age", "is_looked_at", "expected"),
    [(0, False, []), (60, True, []), (60, False, ["W033"]), (None, False, ["W033"])],
)
def test_kept_connections_are_looked_at(monkeypatch, age, is_looked_at, expected):
    options = {"CONN_MAX_AGE": age, "CONN_HEALTH_CHECKS": is_looked_at}
    monkeypatch.setattr(database, "options_of", lambda alias: options)

    assert said(database.check_kept_connections) == expected


def mount_like(kind="nfs4", at="/srv/photos", **options):
    return Mount(mountpoint=at, kind=kind, source="nas:/photos", options=options)


def vendor(monkeypatch, name):
    monkeypatch.setattr(
        database,
        "connections",
        {"default": SimpleNamespace(vendor=name, settings_dict={"NAME": "x"})},
    )


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [("sqlite", "nfs4", ["E026"]), ("sqlite", "ext4", []), ("postgresql", "nfs4", [])],
)
def test_sqlite_lies_on_a_disk_of_this_machine(monkeypatch, name, kind, expected):
    vendor(monkeypatch, name)
    monkeypatch.setattr(database, "mount_of", lambda place: mount_like(kind))

    assert said(database.check_sqlite_place) == expected


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("postgresql", {"synchronous_commit": "off"}, ["E024"]),
        ("postgresql", {"fsync": "off", "full_page_writes": "off"}, ["E024", "E024"]),
        ("postgresql", {"synchronous_commit": "local"}, []),
        ("sqlite", {"fsync": "off"}, []),
    ],
)
def test_postgresql_keeps_what_it_says(monkeypatch, name, told, expected):
    vendor(monkeypatch, name)
    sound = dict.fromkeys(database.DURABLE, "on")
    monkeypatch.setattr(database, "server_settings", lambda connection: sound | told)

    assert said(database.check_durability, databases=["default"]) == expected
    assert said(database.check_durability, databases=None) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "allowed", "expected"),
    [
        ("localhost", ["*"], ["W032"]),
        ("studio.se", ["*"], []),
        ("studio.se", [".se"], []),
        ("studio.se", ["other.se"], ["W032"]),
    ],
)
def test_links_of_a_site_lead_to_it(host, allowed, expected):
    gallery = testing.make_gallery(has_page=False)
    Site.objects.filter(pk=gallery.site_id).update(hostname=host)
    with override_settings(ALLOWED_HOSTS=allowed):
        assert said(database.check_site_addresses, databases=["default"]) == expected
        assert said(database.check_site_addresses, databases=None) == []


@pytest.mark.django_db
def test_a_site_without_galleries_may_be_called_as_it_likes():
    assert said(database.check_site_addresses, databases=["default"]) == []


# --- Mounts --------------------------------------------------------------------------------------


@pytest.fixture
def mounted(monkeypatch):
    """Lets every volume be mounted like this."""

    def mounted(mount):
        monkeypatch.setattr(mounts, "mounts", lambda: {"pumbaphoto_originals": mount})

    return mounted


@pytest.mark.parametrize(
    ("mount", "hard", "kept", "shared"),
    [
        (mount_like(hard="", lookupcache="pos"), [], [], []),
        (mount_like(soft="", lookupcache="none"), ["E006"], [], []),
        (mount_like(softerr="", kind="nfs"), ["E006"], [], ["W003"]),
        (mount_like(kind="cifs", soft=""), [], [], []),
        (mount_like(kind="tmpfs"), [], ["W002"], []),
        (mount_like(kind="overlay"), [], ["W002"], []),
        (mount_like(kind="xfs"), [], [], []),
    ],
    ids=["right", "soft", "softerr", "cifs", "memory", "container", "disk"],
)
@pytest.mark.django_db
def test_mounts(mounted, mount, hard, kept, shared):
    mounted(mount)
    assert said(mounts.check_hard_mounts) == hard
    assert said(mounts.check_kept_volumes) == kept
    assert said(mounts.check_shared_mounts, databases=["default"]) == []

    workers.note_host("north", "pumbaphoto")
    workers.note_host("south", "pumbaphoto")
    assert said(mounts.check_shared_mounts, databases=["default"]) == shared
    assert said(mounts.check_shared_mounts, databases=None) == []


def test_the_volumes_mounts_are_read(places):
    with override_settings(STORAGES=places):
        assert set(mounts.mounts()) == set(storages.volumes())


@pytest.mark.parametrize(("left", "expected"), [(1, []), (-1, ["W004", "W004"])])
def test_less_room_than_the_reserve_is_told(places, monkeypatch, left, expected):
    monkeypatch.setattr(NASStorage, "reserve_left", lambda self: left)
    with override_settings(STORAGES=places):
        assert said(mounts.check_room) == expected


def test_volumes_are_named_with_the_line_to_write(places):
    with override_settings(STORAGES=places):
        assert said(mounts.check_named_volumes) == ["W006"] * 5
        for message in mounts.check_named_volumes(None):
            exec(message.hint, {"STORAGES": places})
    with override_settings(STORAGES=places):
        assert said(mounts.check_named_volumes) == []


def test_archiving_to_the_same_disk_frees_nothing(places, monkeypatch):
    with override_settings(STORAGES=places):
        assert said(mounts.check_cold_device) == ["W009"]
    monkeypatch.setattr(NASStorage, "device", lambda self: self.location)
    with override_settings(STORAGES=places):
        assert said(mounts.check_cold_device) == []


# --- Storages and queue --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"default_acl": "private", "querystring_auth": True}, []),
        ({"default_acl": "public-read"}, ["E003"]),
        ({"querystring_auth": False}, ["E003"]),
    ],
    ids=str,
)
def test_a_bucket_is_not_open_to_everybody(monkeypatch, options, expected):
    monkeypatch.setattr(storages, "built", lambda: {"bucket": SimpleNamespace(**options)})

    assert said(storages.check_privacy) == expected


@pytest.mark.parametrize(
    ("ours", "expected"), [({"max_attempts": 0}, ["W031"]), ({"max_attempts": 3}, [])]
)
def test_a_task_that_fails_is_given_up_some_day(ours, expected):
    with clusters(**ours):
        assert said(queue.check_queue) == expected


def test_mail_waits_behind_no_shoot():
    with chosen(SLOW_QUEUE_CLUSTER="pumbaphoto"):
        assert said(queue.check_queue) == ["W031"]


def test_the_line_for_a_missing_cluster_is_right():
    settings = deepcopy(django_settings.Q_CLUSTER)
    del settings["ALT_CLUSTERS"]["pumbaphoto"]
    with override_settings(Q_CLUSTER=settings):
        (message,) = queue.check_queue(None)
    exec(message.hint, {"Q_CLUSTER": settings})
    with override_settings(Q_CLUSTER=settings):
        assert said(queue.check_queue) == []


def test_a_header_is_named_as_it_is_sent():
    from pumbaphoto_wagtail.checks import options

    with chosen(TRUSTED_ADDRESS_HEADER="HTTP_X_REAL_IP"):
        assert said(options.check_options) == ["E011"]
