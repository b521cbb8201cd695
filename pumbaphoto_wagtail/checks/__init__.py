"""System checks: what is set wrong, and the line that puts it right.

Importing the package registers them. Errors are numbered E, warnings W. The first sentence of each
check's docstring stands in docs/system-checks.md, which a test keeps so.
"""

from . import (
    database,
    deployment,
    logins,
    mounts,
    options,
    project,
    published,
    queue,
    scanner,
    site,
    storages,
)

__all__ = [
    "database",
    "deployment",
    "logins",
    "mounts",
    "options",
    "project",
    "published",
    "queue",
    "scanner",
    "site",
    "storages",
]
