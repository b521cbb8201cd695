"""The example site is a sound Wagtail site under each of its settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    """The studio set up, and then set up again."""
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
