"""System checks: what is set wrong, and the line that puts it right.

Importing the package registers them. Errors are numbered E, warnings W; docs/reference lists them.
"""

from . import logins, options, published, queue, scanner, site, storages

__all__ = ["logins", "options", "published", "queue", "scanner", "site", "storages"]
