"""How large the database grows, and what its hot queries cost there:
``python -m tests.benchmarks.thousand_studios [GALLERIES] [PHOTOS]`` (50 of 4,000).

One gallery with a photograph, its edit, delivery, links and mails is made by the package; the
others are copies of these rows in a PostgreSQL of its own. What is printed was measured, but for
what is called an estimate.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import django

from tests.postgresql import private_server

# As a server comes, with statistics, but not waiting for the disk.
SERVER = "-c listen_addresses='' -c fsync=off -c shared_buffers=512MB -c max_wal_size=4GB"
EDITS, PICKS = 60, 150
# The goal of docs/growing.md: what a thousand studios have after some years.
ALL_GALLERIES, ALL_PHOTOS = 1000, 4_000_000
SLOW_SECONDS = 0.05
# A table of so many rows is not to be read whole by what runs every minute.
LARGE_ROWS = 10_000


def main(galleries: int, photos: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["PUMBAPHOTO_TEST_DATABASE"] = "postgresql"
    with private_server(SERVER) as server:
        os.environ |= server
        django.setup()
        from django.core.management import call_command

        from pumbaphoto_wagtail.testing import make_storages

        call_command("migrate", verbosity=0)
        make_storages()
        begin = time.perf_counter()
        sample = plant()
        grow(sample, galleries, photos)
        print(f"{galleries} galleries of {photos} photographs: {time.perf_counter() - begin:.0f} s")
        sizes(galleries, photos)
        every_minute()
        pages(sample)


def plant() -> dict[str, Any]:
    """One of everything, by the package's own means."""
    from django.utils import timezone

    from pumbaphoto_wagtail import models, testing

    testing.make_site()
    maria = testing.make_photographer("maria")
    gallery = testing.make_gallery("The Berg wedding", owner=maria)
    photo = testing.make_photo(gallery, width=6000, height=4000, content=testing.jpeg_bytes())
    edit = testing.make_edit(gallery, photo)
    delivery = testing.make_delivery(gallery, [edit])
    link = testing.make_link(gallery, email="anna@example.com")
    selection = models.Selection.objects.create(share_link=link, submitted_at=timezone.now())
    pick = models.Pick.objects.create(
        selection=selection, photo=photo, note="the veil, please", picked_at=timezone.now()
    )
    batch = models.UploadBatch.objects.create(
        gallery=gallery, uploader=maria, settled_at=timezone.now()
    )
    upload = models.Upload.objects.create(
        batch=batch,
        client_key=uuid4(),
        file_name=photo.name,
        announced_name=photo.name,
        length=photo.picture.size,
        durable_offset=photo.picture.size,
        state=models.UploadState.ACCEPTED,
        stored_file=photo.picture,
        finished_at=timezone.now(),
    )
    message = models.Message.objects.create(
        key="a message", kind="upload_settled", gallery=gallery, recipient=maria,
        batch=batch, sent_at=timezone.now(),
    )  # fmt: skip
    transition = models.Transition.objects.create(
        gallery=gallery, from_state="active", to_state="submitted", actor=maria
    )
    # As long as of a real photograph.
    models.StoredFile.objects.update(
        identity={"camera": "NIKON Z 8", "serial": "6001234", "taken": "2026-06-20T15:04:05.12"},
        scanner_version="ClamAV 1.4.3/27500/Thu Nov 20 10:05:00 2026",
        scanned_at=timezone.now(),
        proved_at=timezone.now(),
        visual_key="k" * 64,
    )
    return {
        "maria": maria, "gallery": gallery, "photo": photo, "file": photo.picture, "edit": edit,
        "edited": edit.stored_file, "delivery": delivery, "item": delivery.items.get(),
        "link": link, "selection": selection, "pick": pick, "batch": batch, "upload": upload,
        "message": message, "transition": transition, "photo_file": photo.files.get(),
    }  # fmt: skip


def clone(row: Any, first: int, count: int, **columns: str) -> None:
    """Copies of a row with keys from ``first`` on; ``columns`` are SQL over the number ``n``."""
    from django.db import connection

    table = row._meta.db_table
    names = [field.column for field in row._meta.concrete_fields]
    values = {"id": f"{first} + n"} | columns
    if "uuid" in names:
        values.setdefault("uuid", "gen_random_uuid()")
    listed = ", ".join(f'"{name}"' for name in names)
    chosen = ", ".join(values.get(name, f's."{name}"') for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {chosen} FROM {table} s, "
            f"generate_series(1, {count}) n WHERE s.id = {row.pk}"
        )


def grow(sample: dict[str, Any], galleries: int, photos: int) -> None:
    from django.db import connection

    from pumbaphoto_wagtail.models import Message, Rendition

    first, files, edits = 1000, galleries * photos, galleries * EDITS
    edited = first + files
    of_gallery = f"{first} + 1 + (n - 1) / {photos}"
    of_edit = f"{first} + 1 + (n - 1) / {EDITS}"
    digest = "md5(n::text) || md5((n + 1)::text)"
    spread = "now() - (n % 1000) * interval '1 day'"
    # Half are archived, and moved; some are at work.
    lies_in = (
        f"CASE WHEN ((n - 1) / {photos} + 1) % 4 < 2 THEN 'pumbaphoto_cold'"
        " ELSE 'pumbaphoto_originals' END"
    )
    state = "(ARRAY['archived','archived','delivered','active'])[1 + n % 4]"
    clone(sample["gallery"], first, galleries, title="'Wedding ' || n", state=state,
          main_page_id="NULL", created_at=spread)  # fmt: skip
    clone(sample["batch"], first, galleries, gallery_id=f"{first} + n")
    place = "gen_random_uuid()::text || '/' || gen_random_uuid()::text || '.jpg'"
    kept = "'pumbaphoto_originals'"
    for row, at, count, storage in (
        (sample["file"], first, files, lies_in),
        (sample["edited"], edited, edits, kept),
    ):
        clone(row, at, count, name=place, storage=storage, sha256=digest, created_at=spread,
              size="8000000", crc32="n", proved_at=spread, stage_changed_at=spread)  # fmt: skip
        for tier, rendition in enumerate(row.renditions.all()):
            clone(rendition, 10_000_000 * (tier + 1) + at, count, stored_file_id=f"{at} + n",
                  name=place, digest=digest)  # fmt: skip
    clone(sample["photo"], first, files, gallery_id=of_gallery, picture_id=f"{first} + n",
          name="'IMG_' || n || '.jpg'", name_key="'img_' || n || '.jpg'", frame_key="'f' || n",
          position="n", taken_at=spread, ordered_at=spread)  # fmt: skip
    clone(sample["photo_file"], first, files, photo_id=f"{first} + n",
          stored_file_id=f"{first} + n")  # fmt: skip
    clone(sample["upload"], first, files, batch_id=of_gallery, client_key="gen_random_uuid()",
          stored_file_id=f"{first} + n", file_name="'IMG_' || n || '.jpg'",
          relative_path="'Card 1/IMG_' || n || '.jpg'")  # fmt: skip
    clone(sample["link"], first, galleries, gallery_id=f"{first} + n",
          token_sha256=digest)  # fmt: skip
    clone(sample["selection"], first, galleries, share_link_id=f"{first} + n")
    clone(sample["pick"], first, galleries * PICKS,
          selection_id=f"{first} + 1 + (n - 1) / {PICKS}",
          photo_id=f"{first} + 1 + (n - 1) / {PICKS} * {photos} + (n - 1) % {PICKS}")  # fmt: skip
    clone(sample["edit"], first, edits, gallery_id=of_edit, stored_file_id=f"{edited} + n",
          photo_id=f"{first} + 1 + (n - 1) / {EDITS} * {photos} + (n - 1) % {EDITS}")  # fmt: skip
    clone(sample["delivery"], first, galleries, gallery_id=f"{first} + n")
    clone(sample["item"], first, edits, delivery_id=of_edit, edit_id=f"{first} + n",
          stored_file_id=f"{edited} + n", member_name="'IMG_' || n || '.jpg'",
          photo_id="NULL")  # fmt: skip
    clone(sample["message"], first, galleries * 8, gallery_id=f"{first} + 1 + (n - 1) / 8",
          key="'message ' || n")  # fmt: skip
    clone(sample["transition"], first, galleries * 4,
          gallery_id=f"{first} + 1 + (n - 1) / 4", at=spread)  # fmt: skip
    assert Message.objects.count() > galleries
    assert Rendition.objects.count() >= 3 * files
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


# --- What it weighs ------------------------------------------------------------------------------


def sizes(galleries: int, photos: int) -> None:
    """Bytes of each table with its indexes; and of all of it for a thousand studios."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint, pg_total_relation_size(oid), pg_indexes_size(oid)"
            " FROM pg_class WHERE relkind = 'r' AND relname LIKE 'pumbaphoto_%'"
            " AND reltuples > 0 ORDER BY 3 DESC"
        )
        rows = cursor.fetchall()
    print("\ntable | rows | MB with indexes | bytes per row, of which indexes")
    for name, count, size, indexes in rows[:14]:
        name = name.removeprefix("pumbaphoto_wagtail_")
        print(f"{name} | {count:,} | {size / 1e6:.1f} | {size // count}, {indexes // count}")
    whole = sum(size for _name, _count, size, _indexes in rows)
    each = whole / (galleries * photos)
    print(f"in all {whole / 1e6:.0f} MB, {each:.0f} bytes for each photograph")
    print(
        f"estimate for {ALL_GALLERIES:,} galleries of together {ALL_PHOTOS:,} photographs: "
        f"{each * ALL_PHOTOS / 1e9:.1f} GB"
    )


# --- What it takes -------------------------------------------------------------------------------


def timed(name: str, act: Callable[[], Any], *, is_often: bool = True) -> None:
    """Do it twice, and say of the second time how long it took and which tables were read whole."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    begin = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        act()
    seconds = time.perf_counter() - begin
    print(f"{name} | {len(queries)} | {seconds * 1000:.0f} ms")
    for query in queries.captured_queries:
        if float(query["time"]) > SLOW_SECONDS:
            print(f"    {float(query['time']) * 1000:.0f} ms: {query['sql'][:400]}")
        if is_often:
            for table in _read_whole(query["sql"]):
                print(f"    reads the whole of {table}: {query['sql'][:400]}")


def _read_whole(sql: str) -> list[str]:
    from django.db import connection

    if not sql.startswith("SELECT"):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0][0]["Plan"]
        large = _large_tables(cursor)
    return sorted({table for table in _scanned(plan) if table in large})


def _large_tables(cursor: Any) -> set[str]:
    cursor.execute(f"SELECT relname FROM pg_class WHERE relkind='r' AND reltuples > {LARGE_ROWS}")
    return {name for (name,) in cursor.fetchall()}


def _scanned(plan: dict[str, Any]) -> list[str]:
    found = [plan["Relation Name"]] if plan["Node Type"] in ("Seq Scan",) else []
    return found + [table for part in plan.get("Plans", ()) for table in _scanned(part)]


def every_minute() -> None:
    """What runs every minute whether or not there is anything to do, each room by itself."""
    from pumbaphoto_wagtail import notifications, published, reminders
    from pumbaphoto_wagtail.delivery import cold, erasing, keeping
    from pumbaphoto_wagtail.intake import lost_files, reconciling, video_fetching, waiting
    from pumbaphoto_wagtail.models import StoredFile
    from pumbaphoto_wagtail.verification import scrub

    print("\nwhat | queries | time")
    rooms = (published, cold, keeping, reminders, erasing, video_fetching, reconciling)
    for room in (*rooms, notifications):
        timed(f"reconcile: {room.__name__.rpartition('.')[2]}", room.reconcile)
    timed("files to scan", reconciling.scannable_ids)
    timed("files that wait for the scanner", waiting.alarm)
    now = django.utils.timezone.now()
    key = StoredFile.objects.order_by("pk").values_list("pk", flat=True)[5]
    timed("a file is taken", lambda: StoredFile.objects.filter(pk=key, lease_until=None).exists())
    timed("files in hands", lambda: StoredFile.objects.filter(lease_until__gt=now).exists())
    timed("how far the scrub is", scrub.progress, is_often=False)
    timed("nightly: lost files", lambda: [*lost_files._aliases()], is_often=False)


def pages(sample: dict[str, Any]) -> None:
    """What people look at."""
    from django.core.cache import cache
    from django.test import Client
    from django.urls import reverse

    from pumbaphoto_wagtail.admin.addresses import galleries_url, gallery_url
    from pumbaphoto_wagtail.models import Gallery

    client = Client()
    client.force_login(sample["maria"])

    def get(address: str) -> Callable[[], None]:
        def ask() -> None:
            cache.clear()
            answer = client.get(address, follow=True)
            assert answer.status_code == 200, (address, answer.status_code)

        return ask

    print("\npage | queries | time")
    timed("dashboard", get(reverse("wagtailadmin_home")))
    timed("galleries", get(galleries_url()))
    active = Gallery.objects.filter(state="active", pk__gt=1000).first()
    timed("a gallery in the admin", get(gallery_url(active)))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [50, 4000][len(given) :]))
