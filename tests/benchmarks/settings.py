"""The test project as a production site is set up: one cache for all processes, its own clamd."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATA_DIR, PUMBAPHOTO, Q_CLUSTER

if "OPTIONS" in DATABASES["default"]:  # noqa: F405
    DATABASES["default"]["OPTIONS"]["timeout"] = 60  # noqa: F405
# As the example site's production has it: a task must not connect anew.
DATABASES["default"]["CONN_MAX_AGE"] = 60  # noqa: F405
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
    }
}
Q_CLUSTER = {**Q_CLUSTER, "log_level": "WARNING"}
PUMBAPHOTO = {**PUMBAPHOTO, "CLAMD_ADDRESS": os.environ.get("BENCH_CLAMD", "unix:/nowhere")}
