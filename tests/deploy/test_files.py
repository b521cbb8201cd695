"""The files of a deployment: filled, read by the programs they are for, and compared."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.deploy.units import UNITS, environment_file, read_unit, unit_names
from tests.live import ROOT, SITE
from tests.uploads.servers import DEPLOY, make_certificate

WRITE = [sys.executable, str(DEPLOY / "write.py")]
VOLUME = "41d05f2a-b07f-4467-b045-346c1c5b2ec1"
DISKS = f"Cold-2027=/mnt/cold-2027 Cold-2028=/mnt/cold-2028={VOLUME}"
LIBRARIES = "pumbaphoto_library=/srv/library"
# systemd-analyze's figure from 0 (safe) to 10; a service without any of these lines has 9.6.
MOST_EXPOSED = 1.8
ALWAYS_ON = ("pages", "uploads", "photographs", "slow", "scanner")
BY_THE_CLOCK = ("reconcile", "verify-quick", "verify", "sessions", "housekeeping", "doctor")
SANDBOX = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "MemoryDenyWriteExecute": "yes",
    "UMask": "0027",
    "LimitCORE": "0",
    "TasksMax": "128",
    "OOMPolicy": "continue",
    "User": "studio",
}


def write(to: Path, *values: str) -> subprocess.CompletedProcess:
    return subprocess.run([*WRITE, "--to", str(to), *values], capture_output=True, text=True)


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Path:
    """The folder that stands for a machine, as an operator has it filled."""
    root = tmp_path_factory.mktemp("machine")
    done = write(
        root,
        "--busy",
        "DOMAIN=maria.example lisa.example",
        f"COLD_DISKS={DISKS}",
        f"LIBRARIES={LIBRARIES}",
    )
    assert done.returncode == 0, done.stderr
    return root


def services() -> list[str]:
    return [f"studio-{name}.service" for name in (*ALWAYS_ON, *BY_THE_CLOCK)]


# --- write.py


def test_every_file_of_the_folder_is_written_or_run(machine):
    written = {path.name for path in machine.rglob("*") if path.is_file()}
    assert written >= {"studio", "studio.conf", "Cold-2027_server.conf", "studio.target"}
    run_from_the_code = {"write.py", "gunicorn_pages.py", "gunicorn_uploads.py"}
    renamed = {
        "nginx.conf", "postgresql.conf", "logrotate.conf", "tmpfiles.conf", "disk_server.conf",
    }  # fmt: skip
    there = {path.name for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert there - run_from_the_code - renamed <= written


def test_no_place_is_left_open(machine):
    for path in machine.rglob("*"):
        if path.is_file():
            assert not re.search(r"@[A-Z_]+@", path.read_text()), path


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["DOMAIN="],
        ["DOMAIN=a.example", "DOMIAN=b"],
        ["DOMAIN=a.example", "COLD_DISKS=cold"],
        ["DOMAIN=a.example", "COLD_DISKS=Cold=relative/path"],
        ["DOMAIN=a.example; include /etc/shadow"],
        ["DOMAIN=a.example", "EMAIL_HOST=mail'\nSECRET_KEY='x"],
        ["DOMAIN"],
    ],
)
def test_a_wrong_value_is_an_error_and_nothing_is_written(tmp_path, values):
    assert write(tmp_path / "out", *values).returncode == 2
    assert not (tmp_path / "out").exists()


def test_secrets_are_new_each_time_closed_to_others_and_never_written_over(tmp_path):
    found = []
    for name in ("one", "other"):
        write(tmp_path / name, "DOMAIN=a.example")
        path = tmp_path / name / "etc/studio/studio.env"
        assert path.stat().st_mode & 0o777 == 0o600
        found.append(re.findall(r"^(?:SECRET|HEALTH)_KEY='(.{32,})'$", path.read_text(), re.M))
    assert len(found[0]) == len(found[1]) == 2
    assert not set(found[0]) & set(found[1])
    assert "is kept" in write(tmp_path / "one", "DOMAIN=b.example").stdout
    assert found[0][0] in (tmp_path / "one" / "etc/studio/studio.env").read_text()


def test_one_certificate_and_one_server_take_several_domains(machine):
    text = (machine / "etc/nginx/conf.d/studio.conf").read_text()
    assert text.count("server_name maria.example lisa.example;") == 2
    assert "/etc/letsencrypt/live/maria.example/fullchain.pem" in text
    settings = (machine / "etc/studio/studio.env").read_text()
    assert "ALLOWED_HOSTS='maria.example,lisa.example'" in settings


@pytest.mark.parametrize("alias", ["Cold-2027", "Cold-2028", "pumbaphoto_library"])
def test_each_disk_has_a_place_in_nginx(machine, alias):
    text = (machine / "etc/nginx/studio.d" / f"{alias}_server.conf").read_text()
    assert f"location ^~ /protected/{alias}/ {{" in text
    assert "internal;" in text


# --- Units


@pytest.mark.parametrize("name", services())
def test_a_service_is_in_its_sandbox(machine, name):
    unit = read_unit(machine, name)
    said = {setting: unit.one(setting) for setting in SANDBOX}
    assert said == SANDBOX
    assert unit.all("CapabilityBoundingSet") == []
    assert unit.all("SystemCallFilter") == ["@system-service", "~@privileged", "@chown"]
    assert unit.words("RequiresMountsFor", "Unit") == ["/srv/photos"]
    assert unit.one("PartOf", "Unit") == "studio.target"
    assert unit.one("MemoryHigh")
    assert unit.one("MemoryMax")


@pytest.mark.parametrize("name", services())
def test_the_code_its_settings_and_static_files_cannot_be_written_by_a_service(machine, name):
    closed = ("/srv/studio/site", "/srv/studio/venv", "/srv/studio/data/static", "/etc")
    for path in read_unit(machine, name).words("ReadWritePaths"):
        directory = Path(path.removeprefix("-"))
        assert not any(Path(one).is_relative_to(directory) for one in closed)
        assert not any(directory.is_relative_to(one) for one in closed)


def test_what_only_looks_can_write_nowhere(machine):
    for name in ("verify", "verify-quick", "sessions", "doctor"):
        assert read_unit(machine, f"studio-{name}.service").words("ReadWritePaths") == []


@pytest.mark.parametrize("name", ["pages", "photographs", "slow", "reconcile"])
def test_further_disks_may_be_away_and_are_writable_when_there(machine, name):
    paths = read_unit(machine, f"studio-{name}.service").words("ReadWritePaths")
    assert {"-/mnt/cold-2027", "-/mnt/cold-2028"} <= set(paths)


@pytest.mark.parametrize("name", ALWAYS_ON)
def test_a_service_ends_in_order_and_comes_back(machine, production, name):
    unit = read_unit(machine, f"studio-{name}.service")
    assert unit.one("Restart") == "always"
    assert unit.one("StartLimitIntervalSec", "Unit") == "0"
    # A signal to each of them would end django-q2's workers, and gunicorn's, in mid-work.
    assert unit.one("KillMode") == "mixed"
    assert float(unit.one("TimeoutStopSec")) > patience(unit.command, production)


def patience(command: list[str], settings: dict) -> int:
    """For how many seconds a service finishes what it has begun."""
    for word in command:
        if Path(word).name.startswith("gunicorn_"):
            text = (DEPLOY / Path(word).name).read_text()
            return int(re.search(r"^graceful_timeout = (\d+)", text, re.M)[1])
    return settings["task_seconds"]


def test_decoding_takes_one_thread_for_each_worker(machine):
    for name in ("photographs", "slow"):
        environment = read_unit(machine, f"studio-{name}.service").words("Environment")
        assert {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1"} <= set(environment)


def test_those_who_read_what_strangers_send_speak_to_nobody_outside(machine):
    for name in ("uploads", "photographs", "scanner", *BY_THE_CLOCK):
        unit = read_unit(machine, f"studio-{name}.service")
        assert (unit.one("IPAddressDeny"), unit.one("IPAddressAllow")) == ("any", "localhost")


def test_the_target_starts_everything(machine):
    wanted = read_unit(machine, "studio.target").words("Wants", "Unit")
    timers = [f"studio-{name}.timer" for name in BY_THE_CLOCK]
    assert sorted(wanted) == sorted([*(f"studio-{name}.service" for name in ALWAYS_ON), *timers])
    assert unit_names(machine, "timer") == sorted(timers)
    assert unit_names(machine, "service") == sorted(services())


@pytest.fixture(scope="module")
def installed(machine, tmp_path_factory) -> Path:
    """The same with all that the units name, as systemd wants to see it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    root = tmp_path_factory.mktemp("installed")
    shutil.copytree(machine / "etc", root / "etc")
    python = root / "srv/studio/venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/true")
    (root / "bin").mkdir()
    shutil.copy("/bin/true", root / "bin" / "true")
    for name in ("sysinit", "basic", "shutdown", "network-online", "timers", "multi-user"):
        (root / UNITS / f"{name}.target").write_text("[Unit]\nDescription=Of systemd\n")
    return root


def test_systemd_understands_every_unit(installed):
    names = [
        name for kind in ("service", "timer", "target") for name in unit_names(installed, kind)
    ]
    ours = [name for name in names if name.startswith("studio")]
    done = subprocess.run(
        ["systemd-analyze", "verify", f"--root={installed}", "--man=no", *ours],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_finds_every_service_well_shut(installed):
    for name in services():
        done = subprocess.run(
            [
                *("systemd-analyze", "security", "--offline=true", f"--root={installed}"),
                *("--no-pager", f"--threshold={int(MOST_EXPOSED * 10)}", name),
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


# --- What other programs read


def test_nginx_understands_its_configuration(machine, tmp_path):
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(nginx).exists():
        pytest.skip("nginx is not installed")
    make_certificate(tmp_path)
    done = write(
        tmp_path / "root",
        "--busy",
        "DOMAIN=maria.example lisa.example",
        f"COLD_DISKS={DISKS}",
        f"LIBRARIES={LIBRARIES}",
        f"CERTIFICATE={tmp_path / 'certificate.pem'}",
        f"CERTIFICATE_KEY={tmp_path / 'key.pem'}",
        f"LOG_DIR={tmp_path}",
        f"CACHE_DIR={tmp_path / 'cache'}",
        f"SNIPPET_DIR={tmp_path / 'root/etc/nginx/studio.d'}",
        "HTTP_PORT=64180",
        "HTTPS_PORT=64143",
    )
    assert done.returncode == 0, done.stderr
    main = tmp_path / "nginx.conf"
    site = tmp_path / "root/etc/nginx/conf.d/studio.conf"
    main.write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log {tmp_path}/a; include {site}; }}\n"
    )
    tested = subprocess.run(
        [nginx, "-t", "-c", main, "-e", "stderr"], capture_output=True, text=True
    )
    assert tested.returncode == 0, tested.stderr
    assert "warn" not in tested.stderr
    assert "listen [::]:64143 ssl http2;" in site.read_text()


def test_logrotate_has_nginx_open_its_logs_anew(machine, tmp_path):
    logrotate = shutil.which("logrotate") or "/usr/sbin/logrotate"
    if not Path(logrotate).exists():
        pytest.skip("logrotate is not installed")
    text = (machine / "etc/logrotate.d/studio").read_text()
    assert "kill -USR1" in text
    assert "copytruncate" not in text
    path = tmp_path / "studio"
    path.write_text(text)
    done = subprocess.run(
        [logrotate, "-d", "-s", tmp_path / "state", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr
    # Debian's own rules are for all of this folder; a log in two of them is an error in both.
    assert "/var/log/nginx" not in text


def test_clamd_gets_what_the_package_says_for_the_default_size(machine):
    output = StringIO()
    call_command("pumbaphoto_clamd_conf", "--threads", "2", stdout=output)
    said = output.getvalue()
    shipped = settings_of((machine / "etc/clamav/clamd.conf").read_text())
    assert settings_of(said).items() <= shipped.items()
    signature = (machine / "var/lib/clamav/pumbaphoto.ldb").read_text().strip()
    assert f"# {signature}" in said.splitlines()


def settings_of(text: str) -> dict[str, str]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split(" ", 1) for line in lines)


def test_postgresql_loses_nothing_and_writes_down_nobodys_words(machine):
    path = machine / "etc/postgresql/15/main/conf.d/studio.conf"
    lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
    said = {name.strip(): value.strip() for name, value in (line.split("=", 1) for line in lines)}
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert said[name] == "on"
    assert said["idle_in_transaction_session_timeout"] == "5min"
    # Both would put values, names of files and notes, into the server's log.
    assert said["log_min_error_statement"] == "panic"
    assert said["log_error_verbosity"] == "terse"


# --- Production settings

ASK = """
import json
import django
django.setup()
from django.conf import settings
from django.core.checks import Tags, WARNING, run_checks
tags = [Tags.security, Tags.caches, Tags.files, Tags.urls, Tags.templates, Tags.staticfiles]
found = run_checks(tags=tags, include_deployment_checks=True)
package = settings.PUMBAPHOTO
print(json.dumps({
    "storages": {name: one.get("OPTIONS", {}) for name, one in settings.STORAGES.items()},
    "package": [package[name] for name in ("COLD_STORAGE", "LIBRARY_STORAGES", "HEALTH_KEY")],
    "hosts": settings.ALLOWED_HOSTS,
    "warnings": [str(one) for one in found if one.level >= WARNING and not one.is_silenced()],
    "task_seconds": settings.Q_CLUSTER["ALT_CLUSTERS"]["pumbaphoto"]["timeout"],
}))
"""


@pytest.fixture(scope="module")
def production(machine) -> dict:
    """What production's settings make of the filled file of secrets."""
    said = environment_file(machine / "etc/studio/studio.env")
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={"PATH": os.environ["PATH"], **said, "PYTHONPATH": f"{SITE}{os.pathsep}{ROOT}"},
        cwd=SITE,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_settings_take_everything_from_the_file_of_secrets(production):
    modes = {"file_permissions_mode": 0o640, "directory_permissions_mode": 0o750}
    storages = production["storages"]
    for name in ("incoming", "originals", "renditions", "exports", "cold", "published"):
        assert storages[f"pumbaphoto_{name}"] == {"location": f"/srv/photos/{name}", **modes}
    assert storages["Cold-2027"] == {"location": "/mnt/cold-2027", **modes}
    assert storages["Cold-2028"] == {"location": "/mnt/cold-2028", "volume": VOLUME, **modes}
    assert storages["pumbaphoto_library"] == {"location": "/srv/library"}
    cold, libraries, health_key = production["package"]
    assert (cold, libraries, len(health_key)) == ("Cold-2028", ["pumbaphoto_library"], 32)
    assert production["hosts"] == ["maria.example", "lisa.example"]


def test_django_finds_nothing_to_warn_of_in_production(production):
    """Its own checks; those that ask the database, clamd and the volume are asked of a live one."""
    assert production["warnings"] == []
