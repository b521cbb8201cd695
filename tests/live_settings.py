"""Settings of a live site: the example studio, on ports and in folders of a test's own.

:class:`tests.live.LiveSite` says in the environment variable LIVE_OPTIONS, as JSON, what differs
from one test to the next; PGDATABASE and the like name a PostgreSQL server, if there is one.
"""

import json
import os

from example_site.settings.base import *  # noqa: F403
from example_site.settings.base import DATA_DIR

from tests.faults.clock import put_wrong
from tests.mailing import SMTP, mail_settings

OPTIONS = json.loads(os.environ["LIVE_OPTIONS"])

DEBUG = False
SECRET_KEY = "of a live site that lives for one test"
ALLOWED_HOSTS = ["127.0.0.1"]
WAGTAILADMIN_BASE_URL = OPTIONS["address"]
ROOT_URLCONF = "tests.live_urls"
# For those sites that stand behind nginx and HTTPS; nobody else sends this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if os.environ.get("PGDATABASE"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PGDATABASE"],
            "HOST": os.environ["PGHOST"],
            "USER": os.environ["PGUSER"],
            "OPTIONS": OPTIONS.get("connection", {}),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "studio.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
    }
}

globals().update(mail_settings(SMTP, host=OPTIONS["mail"][0], port=OPTIONS["mail"][1]))
DEFAULT_FROM_EMAIL = "Maria Lindqvist <maria@example.com>"

# The photographer's own folders, where a test has made them.
STORAGES["pumbaphoto_library"] = {  # noqa: F405
    "BACKEND": "pumbaphoto_wagtail.storage.LibraryStorage",
    "OPTIONS": {"location": str(DATA_DIR / "library")},
}

# Originals elsewhere than on the NAS, and a queue elsewhere than in the database, where a test has
# them.
STORAGES |= OPTIONS.get("storages", {})  # noqa: F405
Q_CLUSTER |= OPTIONS.get("queue", {})  # noqa: F405

# As an operator writes down what pumbaphoto_init_storage has printed, where a test wants it.
for alias, volume in OPTIONS.get("volumes", {}).items():
    STORAGES[alias]["OPTIONS"]["volume"] = volume

PUMBAPHOTO = {
    "CSP": "enforce",
    "CLAMD_ADDRESS": OPTIONS["scanner"],
    "DISK_RESERVE_BYTES": 0,
    "DISK_RESERVE_SHARE": 0.0,
    **OPTIONS["package"],
}

# Whatever goes wrong has to be found in a program's log.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"hide_tokens": {"()": "pumbaphoto_wagtail.tokens.HideTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["hide_tokens"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}

# A process whose clock is wrong by so many seconds. libfaketime would do it for whole processes,
# but Python's own waiting fails with it, or never ends.
if os.environ.get("LIVE_CLOCK"):
    put_wrong(float(os.environ["LIVE_CLOCK"]))

# Photographs that kill, stop or bloat what renders them (tests/faults/poison.py).
if os.environ.get("LIVE_POISON"):
    INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.poison.Poison"]  # noqa: F405
    clusters = Q_CLUSTER["ALT_CLUSTERS"]
    clusters["pumbaphoto"] |= {"timeout": int(os.environ["LIVE_POISON"])}
