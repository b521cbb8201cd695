"""A library of 20,000 small photographs in 400 folders: the first scan, the second, one folder
renamed, one removed, and the volume away. Run by ``python -m tests.benchmarks library``.

What is measured is the scan alone: the virus scan and the renditions of what it finds are the
queue's, and have benchmarks of their own.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from tests.benchmarks import report

FOLDERS = int(os.environ.get("BENCH_FOLDERS", 400))
FILES = int(os.environ.get("BENCH_FILES", 20_000))
# Of a scan that finds nothing new, on a slow machine that has other work.
SECOND_SCAN_SECONDS = 20.0
SECOND_SCAN_QUERIES = 30
SECOND_SCAN_WRITES = 5


def main() -> int:
    with TemporaryDirectory(prefix="pumba-bench-") as data:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
            "PUMBAPHOTO_TEST_DATA": data,
        }
        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.test import override_settings

        from pumbaphoto_wagtail import testing

        root = Path(data, "nas")
        storages = {
            **settings.STORAGES,
            "nas": {
                "BACKEND": "pumbaphoto_wagtail.storage.LibraryStorage",
                "OPTIONS": {"location": str(root)},
            },
        }
        with override_settings(STORAGES=storages):
            call_command("migrate", verbosity=0)
            testing.make_storages()
            _measure(root)
    if results := os.environ.get("BENCH_RESULTS"):
        report.save_goals(Path(results))
    return 0


def _measure(root: Path) -> None:
    library = _make_library()
    report.heading(f"A library of {FILES:,} photographs in {FOLDERS} folders")
    _make_files(root)
    rows = [_scan("first scan", library), second := _scan("second scan, nothing new", library)]
    _let_workers_read()
    (root / "2013-01 Shoot 7").rename(root / "2013-01 Shoot seven")
    rows.append(_scan("one folder renamed", library))
    shutil.rmtree(root / "2013-01 Shoot 8")
    rows.append(_scan("one folder removed", library))
    root.rename(root.with_name("away"))
    rows.append(_scan("volume away", library))
    root.mkdir()
    rows.append(_scan("empty mountpoint", library))
    columns = ("", "seconds", "queries", "writes", "state", "counts")
    report.table(columns, [tuple(row.values()) for row in rows])
    report.goal("seconds of the second scan", second["seconds"], SECOND_SCAN_SECONDS, at_most=True)
    report.goal("queries of the second scan", second["queries"], SECOND_SCAN_QUERIES, at_most=True)
    report.goal("writes of the second scan", second["writes"], SECOND_SCAN_WRITES, at_most=True)


def _make_library():
    from pumbaphoto_wagtail import testing
    from pumbaphoto_wagtail.models import Library

    site = testing.make_site()
    index = testing.make_index_page(title="Work", site=site)
    maria = testing.make_photographer("maria", is_superuser=True)
    return Library.objects.create(
        title="Archive", storage="nas", owner=maria, site=site, index_page=index
    )


def _make_files(root: Path) -> None:
    """Real JPEGs, each with other bytes behind its picture."""
    from PIL import Image

    stream = BytesIO()
    Image.linear_gradient("L").resize((64, 48)).save(stream, "JPEG")
    for number in range(FOLDERS):
        folder = root / f"2013-{number % 12 + 1:02} Shoot {number}"
        if number in (7, 8):
            folder = root / f"2013-01 Shoot {number}"
        folder.mkdir(parents=True)
        for file in range(FILES // FOLDERS):
            content = stream.getvalue() + f"{number}/{file}".encode()
            (folder / f"IMG_{file:04}.jpg").write_bytes(content)


def _scan(name: str, library) -> dict[str, object]:
    from pumbaphoto_wagtail.intake.library import ask_scan, run_scan

    scan = ask_scan(library, library.owner)
    with _counted() as statements:
        began = time.monotonic()
        run_scan(scan.pk, seconds=None)
        seconds = time.monotonic() - began
    scan.refresh_from_db()
    return {
        "name": name,
        "seconds": round(seconds, 2),
        "queries": sum(statements.values()),
        "writes": sum(statements[verb] for verb in ("INSERT", "UPDATE", "DELETE")),
        "state": scan.state,
        "counts": ", ".join(f"{kind} {count}" for kind, count in sorted(scan.counts.items())),
    }


@contextmanager
def _counted() -> Iterator[Counter]:
    from django.db import connection

    found: Counter = Counter()

    def count(execute, sql, params, many, context):
        found[sql.split(None, 1)[0].upper()] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield found


def _let_workers_read() -> None:
    """Know the files by their bytes, as after their virus scan."""
    from pumbaphoto_wagtail.models import StoredFile
    from pumbaphoto_wagtail.storage import digest

    files = [*StoredFile.objects.all()]
    for file in files:
        file.sha256 = digest(file.storage, file.name).sha256
    StoredFile.objects.bulk_update(files, ["sha256"], batch_size=500)


if __name__ == "__main__":
    sys.exit(main())
