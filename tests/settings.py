"""Settings of the test project: the package in a bare Wagtail site.

SQLite by default; ``PUMBAPHOTO_TEST_DATABASE=postgresql`` takes the server that ``make test``
started (PGHOST and the like name it).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.mailing import mail_settings

BASE_DIR = Path(__file__).resolve().parent.parent
# In memory nothing waits for a disk; containers often have too little of it there.
MEMORY, ENOUGH_BYTES = "/dev/shm", 4 * 1024**3


def _new_folder() -> str:
    """A folder that goes with this process."""
    is_roomy = os.path.isdir(MEMORY) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    folder = tempfile.mkdtemp(prefix="pumbaphoto-", dir=MEMORY if is_roomy else None)
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


DATA_DIR = Path(os.environ.get("PUMBAPHOTO_TEST_DATA") or _new_folder())

DEBUG = False
SECRET_KEY = "test"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.urls"
WAGTAIL_SITE_NAME = "Test studio"
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    "tests.testapp",
    "pumbaphoto_wagtail",
    "pumbaphoto_wagtail.pages",
    "wagtail_modeladmin",
    "django_q",
    "wagtail.contrib.settings",
    "wagtail.contrib.sitemaps",
    "wagtail.api.v2",
    "rest_framework",
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
    "django.contrib.admin",
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
]

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

if os.environ.get("PUMBAPHOTO_TEST_DATABASE") == "postgresql":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("PGDATABASE", "pumbaphoto"),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "test.sqlite3",
            # A file, not memory: threads of a test take each other's locks as processes would.
            "TEST": {"NAME": DATA_DIR / "test-run.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }

Q_CLUSTER = {
    "name": "host",
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

# Wagtail's indexes of words and references, which few tests ask: ``searchable`` fills them.
TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
TASKS_AT_ONCE = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"


def _nas(name: str) -> dict:
    return {
        "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
        "OPTIONS": {"location": str(DATA_DIR / "volume" / name)},
    }


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    **{
        f"pumbaphoto_{name}": _nas(name)
        for name in ("incoming", "originals", "renditions", "exports", "cold", "published")
    },
}
globals().update(mail_settings("django.core.mail.backends.locmem.EmailBackend"))
PUMBAPHOTO = {"DISK_RESERVE_SHARE": 0.0, "DISK_RESERVE_BYTES": 0}
