"""A real clamd for the tests, with the EICAR signature alone."""

from __future__ import annotations

import tempfile

import pytest

from pumbaphoto_wagtail.intake.clamd_process import find_clamd
from pumbaphoto_wagtail.testing import running_clamd


@pytest.fixture(scope="session")
def clamd():
    """A running clamd, configured as the package says for the default file size."""
    if find_clamd() is None:
        pytest.skip("clamd is not installed")
    # Not pytest's own directory: its name is too long for a socket.
    with tempfile.TemporaryDirectory(prefix="pumba") as directory, running_clamd(directory) as it:
        yield it
