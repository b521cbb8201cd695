"""A server that speaks S3, run by moto in this process, and a bucket of its own for each test."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

REGION = "eu-central-1"


@dataclass(frozen=True)
class Bucket:
    """``options`` are those of ``storages.backends.s3.S3Storage``."""

    options: dict[str, str]

    @property
    def name(self) -> str:
        return self.options["bucket_name"]

    def client(self):
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.options["endpoint_url"],
            aws_access_key_id=self.options["access_key"],
            aws_secret_access_key=self.options["secret_key"],
            region_name=REGION,
        )

    def names(self) -> list[str]:
        """The names of all objects, however many."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def get(self, name: str) -> bytes:
        return self.client().get_object(Bucket=self.name, Key=name)["Body"].read()

    def put(self, name: str, content: bytes) -> None:
        self.client().put_object(Bucket=self.name, Key=name, Body=content)

    def delete(self, name: str) -> None:
        self.client().delete_object(Bucket=self.name, Key=name)


def new_bucket(endpoint: str) -> Bucket:
    bucket = Bucket(
        {
            "bucket_name": f"photos-{uuid.uuid4().hex[:12]}",
            "endpoint_url": endpoint,
            "access_key": "studio",
            "secret_key": "of a studio",
            "region_name": REGION,
        }
    )
    bucket.client().create_bucket(
        Bucket=bucket.name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return bucket


@contextmanager
def running_object_storage(address: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The endpoint of a new, empty server."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=address, port=port, verbose=False)
    server.start()
    try:
        host, chosen = server.get_host_and_port()
        yield f"http://{host}:{chosen}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def object_storage() -> Iterator[str]:
    pytest.importorskip("moto.server", reason="moto[server] is not installed")
    pytest.importorskip("storages.backends.s3", reason="django-storages[s3] is not installed")
    with running_object_storage() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(object_storage) -> Bucket:
    return new_bucket(object_storage)
