"""Prints as pip's constraints the lowest versions that setup.py allows, of what a site installs.

``python scripts/lowest_versions.py > constraints.txt``: what is promised there is then tested, by
``tox -e lowest``. Tools of the tests are left as they come.
"""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
# Of the extras those with which a site runs.
EXTRAS = ("raw", "fast", "s3", "redis", "logins")
LOWEST = re.compile(r"(?P<name>[\w.-]+)(\[[\w,]+\])?>=(?P<version>[\w.]+)$")


def lowest_versions() -> list[str]:
    """A line each, ``name==version``; nothing of what may be as old as it likes."""
    with mock.patch("setuptools.setup") as setup:
        runpy.run_path(str(ROOT / "setup.py"))
    said = setup.call_args.kwargs
    required = [*said["install_requires"]]
    for extra in EXTRAS:
        required += said["extras_require"][extra]
    found = (LOWEST.match(line) for line in required)
    return [f"{match['name']}=={match['version']}" for match in found if match]


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in lowest_versions()))
