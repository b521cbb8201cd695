"""More than one machine: object storage, Redis, and worker hosts in network namespaces.

What takes longer is run by ``make machines``.
"""

from tests.machines.buckets import bucket, object_storage

__all__ = ["bucket", "object_storage"]
