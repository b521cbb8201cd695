"""A long upload is use of the session."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from pumbaphoto_wagtail.admin.addresses import galleries_url

HOUR = timedelta(hours=1)


def time_left() -> timedelta:
    return Session.objects.get().expire_date - timezone.now()


def nearly_over() -> None:
    Session.objects.update(expire_date=timezone.now() + HOUR)


def test_a_sites_own_sessions_begin_anew(maria):
    nearly_over()

    maria.get(galleries_url("session"))

    assert time_left() > timedelta(seconds=django_settings.SESSION_COOKIE_AGE) - HOUR


def test_a_short_session_lasts_for_two_days(studios, log_in, settings):
    settings.SESSION_COOKIE_AGE = 900

    answer = log_in(studios.maria).get(galleries_url("session"))

    assert timedelta(days=2) - HOUR < time_left() <= timedelta(days=2)
    assert int(answer.cookies[settings.SESSION_COOKIE_NAME]["max-age"]) == 2 * 24 * 3600


def test_a_session_that_ends_with_the_browser_still_does(studios, log_in, settings):
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True

    answer = log_in(studios.maria).get(galleries_url("session"))

    assert not answer.cookies[settings.SESSION_COOKIE_NAME]["max-age"]


@pytest.mark.django_db
def test_who_is_not_logged_in_gets_no_session(client):
    assert client.get(galleries_url("session")).status_code == 302
    assert not Session.objects.exists()
