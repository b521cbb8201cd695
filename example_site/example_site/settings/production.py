"""Production: PostgreSQL, HTTPS behind nginx, everything particular from environment variables.

Without a default and so required: SECRET_KEY, ALLOWED_HOSTS, BASE_URL, DATABASE_NAME. The volume is
STUDIO_VOLUME_DIR, static and media files are below STUDIO_DATA_DIR.
"""

import os

from .base import *  # noqa: F403
from .base import STORAGES

DEBUG = False
SECRET_KEY = os.environ["SECRET_KEY"]
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
    }
}

# manage.py createcachetable makes its table. All processes have to see the same counters.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "studio_cache",
    }
}

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
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
SECURE_HSTS_INCLUDE_SUBDOMAINS = os.environ.get("HSTS_INCLUDE_SUBDOMAINS") == "1"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

PUMBAPHOTO = {
    # Strict inside this site's own pages as well: nothing of theirs needs more.
    "CSP": "enforce",
    "CLAMD_ADDRESS": os.environ.get("CLAMD_ADDRESS", "unix:/run/clamav/clamd.ctl"),
    "X_ACCEL_PREFIX": os.environ.get("X_ACCEL_PREFIX", "/protected/"),
    # nginx sends what everybody may see from here without asking.
    "PUBLISHED_STORAGE": os.environ.get("PUBLISHED_STORAGE", "pumbaphoto_published"),
    "TRUSTED_ADDRESS_HEADER": os.environ.get("TRUSTED_ADDRESS_HEADER", "X-Real-IP"),
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
