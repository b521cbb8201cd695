"""A batch that is sent to a studio of several machines, and what has to become of it."""

from __future__ import annotations

import threading
import time
from typing import Any

from pumbaphoto_wagtail.models import Message, Stage
from tests.faults.ledger import assert_each_is_ready_once, files_of, gallery_of
from tests.machines.hosts import Studio
from tests.sending import Sender


def send_in_the_background(
    studio: Studio, files: dict[str, bytes]
) -> tuple[threading.Thread, dict[str, Any]]:
    """The thread that sends, and where its "ledger" will be."""
    sender, result = Sender(studio.address), {}
    gallery = gallery_of(studio)
    sending = threading.Thread(
        target=lambda: result.update(ledger=sender.send(gallery, files, lanes=3))
    )
    sending.start()
    return sending, result


def await_ready(studio: Studio, amount: int) -> None:
    ready = files_of(studio, gallery_of(studio)).filter(stage=Stage.READY)
    studio.wait_until(lambda: ready.count() >= amount, seconds=180, what="the first photos")


def assert_all_came(studio: Studio, files: dict[str, bytes], result: dict[str, Any]) -> None:
    """Each was acknowledged, is there once with its renditions, and one mail told of it."""
    acknowledged = result["ledger"].acknowledged
    assert_each_is_ready_once(studio, gallery_of(studio), files, acknowledged)
    studio.wait_until(lambda: studio.mail.messages, what="the mail about the batch")
    assert studio.rows(Message).filter(kind="upload_settled").count() == 1
    time.sleep(1)
    assert len(studio.mail.messages) == 1
