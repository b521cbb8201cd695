"""The live site as it is in production: connections to the database are kept."""

from tests.live_settings import *  # noqa: F403
from tests.live_settings import DATABASES

DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
ROOT_URLCONF = "tests.benchmarks.client_urls"
