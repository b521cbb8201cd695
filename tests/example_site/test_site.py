"""The example site is a sound Wagtail site under each of its settings."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.database_template import template_path

SITE = Path(__file__).resolve().parent.parent.parent / "example_site"
PRODUCTION = {
    "SECRET_KEY": "k" * 60 + "0123456789",
    "ALLOWED_HOSTS": "studio.example.com",
    "BASE_URL": "https://studio.example.com",
    "DATABASE_NAME": "studio",
}


@pytest.fixture(scope="module")
def manage(tmp_path_factory):
    """Runs a management command of the example site, with its data in a folder of its own."""
    data = tmp_path_factory.mktemp("studio")

    def run(*arguments, settings="demo", **environment):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=SITE,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": f"example_site.settings.{settings}",
                "STUDIO_DATA_DIR": str(data),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    run.data = data
    return run


def test_demo_settings_pass_the_checks(manage):
    done = manage("check", "--fail-level", "ERROR")

    assert done.returncode == 0, done.stderr


def test_production_settings_pass_djangos_own_checks_for_deployment(manage):
    done = manage(
        "check", "--deploy", "--tag", "security", "--fail-level", "ERROR",
        settings="production", **PRODUCTION,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    for warning in ("W008", "W012", "W016", "W018", "W019", "W022"):
        assert f"security.{warning}" not in done.stderr


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_settings_refuse_to_start_without(manage, name):
    environment = {key: value for key, value in PRODUCTION.items() if key != name}

    done = manage("check", settings="production", **environment)

    assert done.returncode != 0
    assert f"KeyError: '{name}'" in done.stderr


def test_no_page_has_changed_without_a_migration(manage):
    done = manage("makemigrations", "--check", "--dry-run")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def studio(manage):
    """The studio set up, and then set up again; most migrations have been run for the tests' own
    database.
    """
    if template_path().exists():
        shutil.copyfile(template_path(), manage.data / "studio.sqlite3")
    for command in (["migrate", "--verbosity=0"], ["set_up_studio"], ["set_up_studio"]):
        done = manage(*command)
        assert done.returncode == 0, done.stderr
    return manage


def test_setting_up_twice_makes_one_front_page(studio):
    count = "from studio.models import HomePage; print('pages', HomePage.objects.live().count())"

    done = studio("shell", "-c", count)

    assert "pages 1" in done.stdout


def test_f27_front_page_shows_the_studios_name_and_the_api_answers(studio):
    ask = (
        "from django.test import Client; c = Client(headers={'host': '127.0.0.1'}); "
        "said = [c.get(a) for a in ('/', '/api/v2/galleries/', '/robots.txt')]; "
        "print([r.status_code for r in said], 'Maria Lindqvist' in said[0].content.decode(), "
        "'Disallow: /admin/' in said[2].content.decode())"
    )

    done = studio("shell", "-c", ask)

    assert "[200, 200, 200] True True" in done.stdout, done.stderr


def test_studio_is_not_set_up_in_production(manage):
    done = manage("set_up_studio", settings="production", **PRODUCTION)

    assert done.returncode != 0
    assert "only with DEBUG" in done.stderr


GUESSING = """
import json
from datetime import timedelta
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.test import Client

get_user_model().objects.create_superuser("maria", "maria@example.com", "the right one")
get_user_model().objects.create_superuser("ben", "ben@example.com", "the right one")

def log_in(name, password, address, browser="one"):
    client = Client(REMOTE_ADDR=address, headers={"user-agent": browser, "host": "localhost"})
    return client.post("/admin/login/", {"username": name, "password": password})

here, there = "203.0.113.5", "203.0.113.6"
wrong = [log_in("maria", f"wrong {n}", here, f"browser {n}").status_code for n in range(5)]
locked = log_in("maria", "the right one", here)
nobody = [log_in("nobody", "wrong", here) for n in range(6)][-1]
said = {
    "wrong": wrong,
    "locked": [locked.status_code, locked["Retry-After"], locked.content == nobody.content],
    "elsewhere": log_in("maria", "the right one", there).status_code,
    "another": log_in("ben", "the right one", here).status_code,
    "policy": locked["Content-Security-Policy"],
}
for attempt in AccessAttempt.objects.all():
    attempt.attempt_time -= timedelta(minutes=5, seconds=1)
    attempt.save()
said["later"] = log_in("maria", "the right one", here).status_code
said["kept"] = [word for row in AccessAttempt.objects.values_list("post_data", flat=True)
                for word in row.split() if "wrong" in word]
print(json.dumps(said))
"""


def test_p65_five_wrong_passwords_for_one_name_from_one_address_have_to_wait(studio):
    done = studio("shell", "--no-imports", "-c", GUESSING)
    said = json.loads(done.stdout.splitlines()[-1])

    assert said["wrong"] == [200, 200, 200, 200, 429]
    # Neither a right password nor a name that nobody has is answered otherwise.
    assert said["locked"] == [429, "300", True]
    assert "default-src 'none'" in said["policy"]
    # Nobody keeps anybody else out.
    assert (said["elsewhere"], said["another"]) == (302, 302)
    assert said["later"] == 302
    assert said["kept"] == []
