"""What demo and production share: an ordinary Wagtail site that installs PumbaPhoto."""

import os
from datetime import timedelta
from pathlib import Path

SITE_DIR = Path(__file__).resolve().parent.parent.parent
# Everything the running site writes, outside the code.
DATA_DIR = Path(os.environ.get("STUDIO_DATA_DIR") or SITE_DIR / "var")
# Where the photographs live; in production a mounted volume.
VOLUME_DIR = Path(os.environ.get("STUDIO_VOLUME_DIR") or DATA_DIR / "volume")

INSTALLED_APPS = [
    "studio",
    # PumbaPhoto and what it stands on.
    "pumbaphoto_wagtail",
    "pumbaphoto_wagtail.pages",
    "wagtail_modeladmin",
    "django_q",
    "axes",
    # Wagtail.
    "wagtail.contrib.settings",
    "wagtail.contrib.sitemaps",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    # Django.
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "studio.content_security_policy.enforce",
    # The last one: it sees whether a login was refused.
    "axes.middleware.AxesMiddleware",
]

# Five wrong passwords for one name from one address, and that pair waits for five minutes; others
# go on. nginx bounds how many names one address may try.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "pumbaphoto_wagtail.client_address.login_address"
AXES_LOCKOUT_CALLABLE = "pumbaphoto_wagtail.proofing.logins.locked_out"
AXES_RESET_ON_SUCCESS = True
# Trying on does not make the wait longer, or somebody else could keep a photographer out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Who logged in when is nobody's business here, and what was mistyped may be a password.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

ROOT_URLCONF = "example_site.urls"
WSGI_APPLICATION = "example_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "Europe/Stockholm"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"

WAGTAIL_SITE_NAME = "Maria Lindqvist Photography"
# Where pages that ask visitors to log in lead, and where they come to without such a page.
WAGTAIL_FRONTEND_LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None


def nas(name: str) -> dict:
    """A PumbaPhoto storage in a directory of the photo volume, outside MEDIA_ROOT."""
    return {
        "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
        "OPTIONS": {"location": str(VOLUME_DIR / name)},
    }


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "pumbaphoto_incoming": nas("incoming"),
    "pumbaphoto_originals": nas("originals"),
    "pumbaphoto_renditions": nas("renditions"),
    "pumbaphoto_exports": nas("exports"),
    "pumbaphoto_cold": nas("cold"),
    "pumbaphoto_published": nas("published"),
}

# The queue is the host site's; PumbaPhoto has two clusters of its own in it, one for photographs
# and one for mail and slow work: Q_CLUSTER_NAME=pumbaphoto manage.py qcluster
Q_CLUSTER = {
    "name": "studio",
    "orm": "default",
    "timeout": 120,
    "retry": 300,
    "ALT_CLUSTERS": {
        "pumbaphoto": {
            "workers": 2,
            "queue_limit": 2,
            "bulk": 1,
            "timeout": 120,
            "retry": 300,
            "save_limit": -1,
            "poll": 0.2,
            "recycle": 500,
            "max_attempts": 5,
        },
        "pumbaphoto-slow": {
            "workers": 1,
            "queue_limit": 1,
            "bulk": 1,
            "timeout": 1800,
            "retry": 4000,
            "save_limit": -1,
            "poll": 0.2,
            "max_attempts": 5,
        },
    },
}
