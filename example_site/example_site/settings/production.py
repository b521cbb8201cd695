"""Production: PostgreSQL, HTTPS behind nginx, everything particular from environment variables.

Without a default and so required: SECRET_KEY, ALLOWED_HOSTS, BASE_URL, DATABASE_NAME. The volume is
STUDIO_VOLUME_DIR, static and media files are below STUDIO_DATA_DIR. ``deploy/studio.env`` has all
of them, with what they mean.
"""

import os

from .base import *  # noqa: F403
from .base import STORAGES


def words(name: str, separator: str | None = None) -> list[str]:
    """What an environment variable lists; nothing where it is empty or not there."""
    return [word for word in os.environ.get(name, "").split(separator) if word]


def directories(name: str) -> dict[str, dict[str, str]]:
    """Storage alias -> options of its storage, of "ALIAS=/directory ALIAS=/directory=UUID"."""
    named = (word.split("=") for word in words(name))
    return {
        alias: {"location": location, **({"volume": volume[0]} if volume else {})}
        for alias, location, *volume in named
    }


DEBUG = False
SECRET_KEY = os.environ["SECRET_KEY"]
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS", ",")
# Each studio's domain; BASE_URL is where the links in the admin's own e-mails lead.
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
WAGTAILADMIN_BASE_URL = os.environ["BASE_URL"]
CSRF_TRUSTED_ORIGINS = [WAGTAILADMIN_BASE_URL]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["DATABASE_NAME"],
        "USER": os.environ.get("DATABASE_USER", ""),
        "PASSWORD": os.environ.get("DATABASE_PASSWORD", ""),
        "HOST": os.environ.get("DATABASE_HOST", ""),
        "PORT": os.environ.get("DATABASE_PORT", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A database on another machine that is gone is given up within a minute, not after the
        # system's two hours. A socket of this machine takes no notice.
        "OPTIONS": {
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 60_000,
        },
    }
}

# manage.py createcachetable makes its table. All processes have to see the same counters.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "studio_cache",
    }
}

# nginx runs as a user of its own and reads by the group what the site has said yes to; nobody else
# reads anything. What comes in keeps its mode on all its ways.
MODES = {"file_permissions_mode": 0o640, "directory_permissions_mode": 0o750}
FILE_UPLOAD_PERMISSIONS = MODES["file_permissions_mode"]
FILE_UPLOAD_DIRECTORY_PERMISSIONS = MODES["directory_permissions_mode"]
COLD_DISKS = directories("COLD_DISKS")
LIBRARIES = directories("LIBRARIES")


def nas_for_nginx(location: str, **options: str) -> dict:
    """A PumbaPhoto storage that nginx may read."""
    return {
        "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
        "OPTIONS": {"location": location, **MODES, **options},
    }


# The volume's UUID, once pumbaphoto_init_storage has told it, keeps any other volume out.
VOLUME = {"volume": uuid} if (uuid := os.environ.get("STUDIO_VOLUME_UUID")) else {}
STORAGES = {
    **{
        alias: nas_for_nginx(storage["OPTIONS"]["location"], **VOLUME)
        if alias.startswith("pumbaphoto_")
        else storage
        for alias, storage in STORAGES.items()
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    **{alias: nas_for_nginx(**options) for alias, options in COLD_DISKS.items()},
    **{
        alias: {
            "BACKEND": "pumbaphoto_wagtail.storage.LibraryStorage",
            "OPTIONS": options,
        }
        for alias, options in LIBRARIES.items()
    },
}

EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS") == "1"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "webmaster@localhost")

# nginx speaks HTTPS to the world and says so in this header, which it always sets itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = int(os.environ.get("HSTS_SECONDS", str(365 * 24 * 3600)))
# Whether names below the studio's domain, a webmail say, speak HTTPS is not this site's to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if not COLD_DISKS:
    # Until a disk is bought archived galleries lie in a folder of the volume, which is known.
    SILENCED_SYSTEM_CHECKS.append("pumbaphoto.W009")
# Share links' addresses lead nowhere else, and forms still say where they come from.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Lax"

PUMBAPHOTO = {
    # Strict inside this site's own pages as well: nothing of theirs needs more.
    "CSP": "enforce",
    "CLAMD_ADDRESS": os.environ.get("CLAMD_ADDRESS", "unix:/run/clamav/clamd.ctl"),
    "X_ACCEL_PREFIX": os.environ.get("X_ACCEL_PREFIX", "/protected/"),
    # nginx sends what everybody may see from here without asking.
    "PUBLISHED_STORAGE": os.environ.get("PUBLISHED_STORAGE", "pumbaphoto_published"),
    "TRUSTED_ADDRESS_HEADER": os.environ.get("TRUSTED_ADDRESS_HEADER", "X-Real-IP"),
    "HEALTH_KEY": os.environ.get("HEALTH_KEY", ""),
    "LIBRARY_STORAGES": tuple(LIBRARIES),
    # Galleries are archived to the newest disk; what lies on earlier ones stays there.
    "COLD_STORAGE": ["pumbaphoto_cold", *COLD_DISKS][-1],
}

# Into the journal, by standard error. Addresses of share links are secrets: what Django writes of a
# request goes through a filter that takes their tokens out.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"hide_tokens": {"()": "pumbaphoto_wagtail.tokens.HideTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["hide_tokens"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
