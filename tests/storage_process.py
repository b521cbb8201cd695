"""A process of its own that works on storages: what strace and kill -9 are aimed at.

``python -m tests.storage_process LOCATIONS CODE``: LOCATIONS is JSON {alias: directory}; CODE runs
with ``storage``, ``INCOMING``, ``ORIGINALS`` and ``nas`` (alias -> NASStorage) at hand. The name
of an error raised in it is printed.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(locations: dict[str, Path], code: str, *, strace: list[str] | None = None):
    """Run the code in a child and return the finished process; its output is text."""
    return subprocess.run(
        command(locations, code, strace=strace),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def command(locations: dict[str, Path], code: str, *, strace: list[str] | None = None):
    named = json.dumps({alias: str(path) for alias, path in locations.items()})
    tracer = ["strace", "-f", "-qq", *strace] if strace else []
    return [*tracer, sys.executable, "-m", "tests.storage_process", named, code]


def main(locations: str, code: str) -> None:
    import django
    from django.conf import settings

    settings.configure(
        USE_TZ=True,
        STORAGES={
            alias: {
                "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
                "OPTIONS": {"location": location},
            }
            for alias, location in json.loads(locations).items()
        },
    )
    django.setup()
    from pumbaphoto_wagtail import storage
    from pumbaphoto_wagtail.exceptions import PumbaphotoError

    names = {
        "storage": storage,
        "INCOMING": storage.INCOMING,
        "ORIGINALS": storage.ORIGINALS,
        "nas": storage.storage_for,
    }
    try:
        exec(code, names)
    except PumbaphotoError as error:
        print(type(error).__name__)


if __name__ == "__main__":
    main(*sys.argv[1:])
