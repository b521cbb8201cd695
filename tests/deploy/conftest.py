"""The machine for the tests that start everything from the shipped files."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from wagtail.models import Site

from tests.deploy.machine import DOMAINS, SERVICES, Machine, skip_unless_possible
from tests.live import _postgresql_template
from tests.postgresql import programs

PASSWORD = "password"
# As production keeps it.
KEPT_PASSWORD = PBKDF2PasswordHasher().encode(PASSWORD, "salt")


@pytest.fixture
def names(monkeypatch) -> None:
    """The studios' domains are names of this machine, as they are for Chromium anyhow."""
    ask = socket.getaddrinfo

    def answer(host, *arguments, **options):
        is_ours = host in DOMAINS or host in {domain.encode() for domain in DOMAINS}
        return ask("127.0.0.1" if is_ours else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture
def machine(request, names, monkeypatch, postgresql_server, django_db_setup, django_db_blocker):
    """Everything running, with the studio of the other live tests in its database."""
    skip_unless_possible()
    pytest.importorskip("gunicorn")
    with django_db_blocker.unblock(), Machine() as machine:
        template = _postgresql_template(postgresql_server["PGHOST"])
        copy_database(machine, postgresql_server, template)
        set_up(machine)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", machine.certificate)
        machine.start("clamd", "nginx", *SERVICES)
        machine.await_front()
        yield machine


def copy_database(machine: Machine, server: dict[str, str], name: str) -> None:
    """Migrating takes longer than the whole test; ``make deploy-test`` does it."""
    dump = subprocess.run(
        [programs() / "pg_dump", "--no-owner", "--no-acl", name],
        env={**os.environ, **server},
        capture_output=True,
        check=True,
    ).stdout
    socket_directory = machine.home / "postgresql"
    psql = [programs() / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", socket_directory, "studio"]
    command = b"SET ROLE studio;\n" + dump
    subprocess.run(psql, input=command, stdout=subprocess.DEVNULL, check=True, user="root")


def set_up(machine: Machine) -> None:
    """What is left to be said to a studio that is migrated: the volume, its domain, passwords.

    In one process, since each of them starts Django once more.
    """
    commands = [
        ("createcachetable",),
        ("collectstatic", "--noinput", "--verbosity=0"),
        ("pumbaphoto_init_storage",),
        ("pumbaphoto_setup_site", DOMAINS[1], f"--port={machine.port}", "--name=Lisa North"),
    ]
    code = "from django.core.management import call_command\n" + "\n".join(
        f"call_command{command}" for command in commands
    )
    machine.manage("shell", "--no-imports", "-c", code)
    machine.rows(Site).filter(is_default_site=True).update(hostname=DOMAINS[0], port=machine.port)
    machine.rows(get_user_model()).filter(username="maria").update(password=KEPT_PASSWORD)
