"""What a photograph costs the database on its way, however many come with it.

The bounds are hardly above what was counted: whoever adds statements for each of 5,000 photographs
is to notice.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.intake import batches, receiving
from pumbaphoto_wagtail.models import Stage, StoredFile, UploadState
from pumbaphoto_wagtail.testing import COLOURS, jpeg_bytes

pytestmark = pytest.mark.django_db

# A scan with a verdict and a rendering of three tiers, savepoints and the questions for watermarks
# and for a photo that was deleted included, and two for what is written beside the original.
MOST_QUERIES_PER_PHOTO = 46
MOST_QUERIES_OF_A_LAST_BYTE = 14


def different_photos(amount: int) -> dict[str, bytes]:
    return {
        f"card/IMG_{number:04d}.jpg": jpeg_bytes(60, 40, COLOURS[0]) + number.to_bytes(4, "big")
        for number in range(amount)
    }


def queries_per_photo(arrivals, amount: int) -> list[int]:
    """Statements for each photo of a batch, but for the last one, which settles the batch."""
    batch = arrivals.receive(different_photos(amount))
    counted = []
    for key in StoredFile.objects.filter(uploads__batch=batch).order_by("pk"):
        with CaptureQueriesContext(connection) as queries:
            tasks.scan_file(key.pk)
        counted.append(len(queries))
    stages = StoredFile.objects.filter(uploads__batch=batch).values_list("stage", flat=True)
    assert set(stages) == {Stage.READY}
    return counted[:-1]


@pytest.mark.parametrize("amount", [5, 50])
def test_scan_and_rendering_cost_each_photo_of_a_batch_the_same_few_queries(
    arrivals, scanned_shoot, amount
):
    _first, *others = queries_per_photo(arrivals, amount)
    # The first one has the scanner proved.
    assert set(others) == {others[0]}
    assert others[0] <= MOST_QUERIES_PER_PHOTO


def test_a_photo_costs_the_same_with_forty_photos_in_the_gallery(arrivals, scanned_shoot):
    alone = queries_per_photo(arrivals, 4)[1]
    arrivals.receive({f"other/DSC_{n}.jpg": jpeg_bytes(48, 48) + bytes([n]) for n in range(40)})
    arrivals.process()
    for file in StoredFile.objects.all():
        assert file.stage == Stage.READY
    more = {
        f"more/IMG_{number}.jpg": jpeg_bytes(32, 32, COLOURS[1]) + bytes([number])
        for number in range(3)
    }
    batch = arrivals.receive(more)
    key = StoredFile.objects.filter(uploads__batch=batch).first().pk
    with CaptureQueriesContext(connection) as queries:
        tasks.scan_file(key)
    assert len(queries) == alone


def queries_of_last_byte(arrivals, amount: int) -> int:
    batch = arrivals.announce(*(f"{amount}/IMG_{number}.jpg" for number in range(amount)))
    upload = receiving.start(batch.uploads.first())
    with CaptureQueriesContext(connection) as queries, receiving.Writer(upload) as writer:
        writer.append(0, [bytes([amount])])
    return len(queries)


def test_a_files_arrival_costs_the_same_in_a_small_and_in_a_large_batch(arrivals):
    few, many = queries_of_last_byte(arrivals, 5), queries_of_last_byte(arrivals, 200)
    assert few == many <= MOST_QUERIES_OF_A_LAST_BYTE


def queries_to_announce(arrivals, names: list[str]) -> int:
    with CaptureQueriesContext(connection) as queries:
        arrivals.announce(*names)
    return len(queries)


def test_announcing_500_files_costs_no_more_than_their_rows_in_a_few_statements(arrivals):
    few = queries_to_announce(arrivals, [f"a/IMG_{number}.jpg" for number in range(5)])
    many = queries_to_announce(arrivals, [f"b/IMG_{number}.jpg" for number in range(500)])
    # SQLite takes 999 values in one statement, which is some forty rows.
    assert many - few <= 500 // 40


def test_a_poll_of_the_page_costs_the_same_for_every_size_of_batch(arrivals):
    def poll(batch) -> int:
        with CaptureQueriesContext(connection) as queries:
            batches.counts(batch), batches.progress(batch), batches.received_bytes(batch)
        return len(queries)

    assert (
        poll(arrivals.announce("a.jpg"))
        == poll(arrivals.announce(*(f"{number}.jpg" for number in range(300))))
        == 3
    )


def test_whether_a_batch_is_settled_is_read_from_an_index(arrivals):
    """And not from the rows of all uploads that have come to an end before."""
    batch = arrivals.announce(*(f"{number}.jpg" for number in range(20)))
    unfinished = batch.uploads.filter(state=UploadState.RECEIVED).order_by()
    with CaptureQueriesContext(connection) as queries:
        batches.settle(batch)
    asked = next(query["sql"] for query in queries if "LIMIT 1" in query["sql"])
    assert "NOT" not in asked
    if connection.vendor == "sqlite":
        assert "pumba_upload_batch_state" in unfinished.explain()
