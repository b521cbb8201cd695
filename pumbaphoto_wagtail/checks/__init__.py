"""System checks: what is set wrong, and the line that puts it right.

Importing the package registers them. Errors are numbered E, warnings W; docs/reference lists them.
"""

from . import options, published, queue, scanner, site, storages

__all__ = ["options", "published", "queue", "scanner", "site", "storages"]
