"""More than one machine: object storage, Redis, and worker hosts in network namespaces.

What takes longer is run by ``make machines``; the suite keeps one short test of each.
"""

import os

import pytest

from tests.machines.buckets import bucket, object_storage
from tests.machines.hosts import bridge
from tests.machines.redis_server import redis_server

__all__ = ["bridge", "bucket", "object_storage", "redis_server"]


def pytest_collection_modifyitems(items):
    if os.environ.get("MACHINES") == "all":
        return
    for item in items:
        if item.get_closest_marker("machines"):
            item.add_marker(pytest.mark.skip(reason="make machines runs this"))
