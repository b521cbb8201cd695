"""The check on guessing passwords: fires where nobody slows it down, or a lock never ends."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from pumbaphoto_wagtail.checks.logins import check_guessing


def said() -> list[str]:
    return [message.id for message in check_guessing(None)]


@pytest.fixture
def with_axes(settings):
    settings.AUTHENTICATION_BACKENDS = [
        "axes.backends.AxesStandaloneBackend",
        *django_settings.AUTHENTICATION_BACKENDS,
    ]
    return settings


def test_a_site_whose_passwords_can_be_guessed_is_told():
    assert said() == ["pumbaphoto.W020"]


def test_so_is_one_that_locks_people_out_for_ever(with_axes):
    with_axes.AXES_COOLOFF_TIME = None
    assert said() == ["pumbaphoto.W020"]


def test_a_site_that_lets_people_wait_is_silent(with_axes):
    with_axes.AXES_COOLOFF_TIME = timedelta(minutes=5)
    assert said() == []
