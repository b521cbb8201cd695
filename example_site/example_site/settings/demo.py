"""The demo: one machine, SQLite, the queue in the database, mail into a folder."""

import os

from .base import *  # noqa: F403
from .base import DATA_DIR

DEBUG = True
SECRET_KEY = "only for the demo, which listens to this machine alone"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
WAGTAILADMIN_BASE_URL = os.environ.get("STUDIO_BASE_URL", "http://127.0.0.1:8000")

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "studio.sqlite3",
        # Web, workers and scanner write at the same time: without IMMEDIATE and WAL most of them
        # would find the database locked.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

# Shared between the processes, unlike memory.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
    }
}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = "Maria Lindqvist <maria@example.com>"

PUMBAPHOTO = {
    # Strict inside this site's own pages as well: nothing of theirs needs more.
    "CSP": "enforce",
    "CLAMD_ADDRESS": os.environ.get(
        "STUDIO_CLAMD_ADDRESS", f"unix:{DATA_DIR / 'scanner' / 'clamd.ctl'}"
    ),
    "DEMO_WITHOUT_SCANNER": os.environ.get("STUDIO_WITHOUT_SCANNER") == "1",
    # As by default, and a quarter smaller for browsers that know AVIF.
    "TIERS": {
        "grid": {
            "width": 300,
            "height": 300,
            "mode": "fit",
            "quality": 85,
            "formats": {"avif": 75},
        },
        "view": {
            "width": 800,
            "height": 800,
            "mode": "fit",
            "quality": 80,
            "formats": {"avif": 75},
        },
        "display": {"width": 2400, "height": 2400, "mode": "fit", "quality": 92},
    },
    # A laptop's disk is fuller than a photographer's volume.
    "DISK_RESERVE_BYTES": 1024**3,
    "DISK_RESERVE_SHARE": 0.01,
}

# Addresses of share links are secrets: requests are not logged. The queue speaks of failures only.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
