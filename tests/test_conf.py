"""The package's settings: defaults under the site's own, read on every access."""

import pytest
from django.test import override_settings

from pumbaphoto_wagtail.conf import DEFAULTS, settings


def test_what_the_site_leaves_out_has_its_default():
    with override_settings(PUMBAPHOTO={}):
        assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS


def test_a_site_without_the_dictionary_has_the_defaults(settings):
    from pumbaphoto_wagtail.conf import settings as ours

    del settings.PUMBAPHOTO
    assert ours.CSP == "report-only"


def test_what_the_site_sets_counts_at_once():
    with override_settings(PUMBAPHOTO={"CSP": "enforce"}):
        assert settings.CSP == "enforce"
    assert settings.CSP == "report-only"


def test_what_the_site_sets_to_nothing_is_not_replaced_by_the_default():
    with override_settings(PUMBAPHOTO={"WORKER_MEMORY_BYTES": 0, "MAIL_RETRY_SECONDS": ()}):
        assert settings.WORKER_MEMORY_BYTES == 0
        assert settings.MAIL_RETRY_SECONDS == ()


def test_our_own_typing_errors_show_at_once():
    with (
        override_settings(PUMBAPHOTO={"LINK_DAY": 3}),
        pytest.raises(AttributeError, match="LINK_DAY"),
    ):
        _ = settings.LINK_DAY
