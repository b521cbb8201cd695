"""The photographer's admin at 500 galleries, one of 5,000 photos, beside Wagtail's own pages.

``python -m tests.benchmarks.admin`` asks every page twice: in a studio that has begun, and in a
large one, whose pages must ask the database as often. Then each page and Wagtail's index of as many
images is timed in alternating rounds, by one photographer, in one process, without a network.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from tests.benchmarks import report

GALLERIES = int(os.environ.get("BENCH_GALLERIES", 500))
PHOTOS = int(os.environ.get("BENCH_GALLERY_PHOTOS", 5000))
ACTIVE_LINKS = 30
LOG_ENTRIES = 10_000
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 5))
TABS = (
    *("photos", "selections", "edits", "board", "exports", "sharing", "delivery", "keeping"),
    *("history", "settings"),
)
IMAGES = "Wagtail: images"
SLOWEST_SECONDS = 1.0
# Of the longest list, in the time that Wagtail takes for its images.
MEDIAN_RATIO = 1.5


def main() -> int:
    with TemporaryDirectory(prefix="pumba-bench-") as data:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
            "PUMBAPHOTO_TEST_DATA": data,
        }
        django.setup()
        _prepare()
        studio = Studio()
        before = studio.count_queries()
        studio.grow()
        report_admin(studio, before)
    if results := os.environ.get("BENCH_RESULTS"):
        report.save_goals(Path(results))
    return 0


def _prepare() -> None:
    from django.core.management import call_command

    from pumbaphoto_wagtail import testing

    call_command("migrate", verbosity=0)
    testing.make_storages()


class Studio:
    """A studio with one photographer, who looks at all pages; small until it has grown."""

    def __init__(self) -> None:
        from django.test import Client
        from wagtail.models import Collection

        from pumbaphoto_wagtail import testing

        self.site = testing.make_site()
        self.collection = Collection.get_first_root_node().add_child(name="Studio")
        self.maria = testing.make_photographer("maria", collection=self.collection)
        _let_see_images(self.maria, self.collection)
        self.browser = Client()
        self.browser.force_login(self.maria)
        self._add_images(3)
        self.large = self._add_shoot("The large wedding", photos=20)
        for number in range(3):
            self._add_shoot(f"Shoot {number}", photos=5)

    def grow(self) -> None:
        """Up to :data:`GALLERIES`, and :data:`PHOTOS` in one."""
        self._add_images(GALLERIES)
        self._fill(self.large, PHOTOS)
        for number in range(GALLERIES - 1):
            self._add_shoot(f"Wedding {number}", photos=5, is_shared=number < ACTIVE_LINKS)
        self._log(LOG_ENTRIES)

    # --- What is in it

    def _add_images(self, amount: int) -> None:
        from wagtail.images import get_image_model
        from wagtail.images.tests.utils import get_test_image_file

        model = get_image_model()
        first = model.objects.create(
            title="Image", file=get_test_image_file(), collection=self.collection
        )
        model.objects.bulk_create(
            model(
                title=f"Image {number}",
                file=first.file.name,
                width=first.width,
                height=first.height,
                collection=self.collection,
                uploaded_by_user=self.maria,
            )
            for number in range(amount - 1)
        )

    def _add_shoot(self, title: str, *, photos: int, is_shared: bool = True):
        from pumbaphoto_wagtail import testing

        gallery = testing.make_gallery(
            title,
            owner=self.maria,
            collection=self.collection,
            site=self.site,
            has_page=is_shared,
            shoot_date="2026-07-12",
        )
        gallery.clients.add(testing.make_client(f"Client of {title}", collection=self.collection))
        self._fill(gallery, photos)
        if is_shared:
            self._share(gallery)
        return gallery

    def _fill(self, gallery, amount: int) -> None:
        """Photos, a fifth of them edited, and what was refused beside them."""
        from pumbaphoto_wagtail import testing
        from pumbaphoto_wagtail.models import Edit, EditStatus, Upload, UploadBatch, UploadState

        photos = testing.make_many_photos(gallery, amount)
        edited = photos[: amount // 5]
        files = testing.make_many_photos(gallery, len(edited), is_hidden=True)
        Edit.objects.bulk_create(
            Edit(
                gallery=gallery,
                photo=photo,
                stored_file=other.picture,
                status=EditStatus.UNMATCHED if number % 50 == 0 else EditStatus.MATCHED,
            )
            for number, (photo, other) in enumerate(zip(edited, files, strict=True))
        )
        batch = UploadBatch.objects.create(gallery=gallery, uploader=self.maria)
        Upload.objects.bulk_create(
            Upload(
                batch=batch,
                file_name=photo.name,
                length=1000,
                state=UploadState.REFUSED if number % 10 == 0 else UploadState.ACCEPTED,
                reason="No photo." if number % 10 == 0 else "",
                stored_file=None if number % 10 == 0 else photo.picture,
            )
            for number, photo in enumerate(photos)
        )

    def _share(self, gallery) -> None:
        """Two people who have chosen a tenth of all, one of them has sent it."""
        from django.utils import timezone

        from pumbaphoto_wagtail import testing
        from pumbaphoto_wagtail.models import Pick

        photos = [*gallery.photos.filter(is_hidden=False)]
        for number, name in enumerate(("Anna", "Tom")):
            link = testing.make_link(gallery, name, email=f"{name.lower()}@example.com")
            selection = link.selections.create(
                round=1, submitted_at=None if number else timezone.now()
            )
            Pick.objects.bulk_create(
                Pick(
                    selection=selection,
                    photo=photo,
                    is_favourite=True,
                    note="please",
                    picked_at=timezone.now(),
                )
                for photo in photos[number :: max(1, min(10, len(photos) // 3))]
            )

    def _log(self, amount: int) -> None:
        from django.contrib.contenttypes.models import ContentType
        from django.utils import timezone
        from wagtail.models import ModelLogEntry

        content_type = ContentType.objects.get_for_model(type(self.large))
        galleries = [*type(self.large).objects.all()]
        ModelLogEntry.objects.bulk_create(
            ModelLogEntry(
                content_type=content_type,
                object_id=str(gallery.pk),
                label=gallery.title,
                action="pumbaphoto.upload",
                user=self.maria,
                timestamp=timezone.now(),
            )
            for number in range(amount)
            for gallery in [self.large if number % 2 else galleries[number % len(galleries)]]
        )

    # --- Asking

    def pages(self) -> dict[str, str]:
        """Every page by its name: Wagtail's first, our lists, the tabs of the largest gallery."""
        from django.urls import reverse

        from pumbaphoto_wagtail.admin.addresses import gallery_url
        from tests.admin_addresses import menu_addresses

        found = {IMAGES: reverse("wagtailimages:index"), "home": reverse("wagtailadmin_home")}
        for address in sorted(menu_addresses(self.maria)):
            found[address.removeprefix("/admin/").strip("/")] = address
        index = reverse("pumbaphoto_galleries:index")
        found |= {"list, searched": f"{index}?q=wedding", "list, page 3": f"{index}?p=3"}
        return found | {f"tab {tab}": gallery_url(self.large, tab) for tab in TABS}

    def count_queries(self) -> dict[str, int]:
        """Statements of each page, asked for the second time."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = {}
        for name, address in self.pages().items():
            self._ask(address)
            with CaptureQueriesContext(connection) as queries:
                self._ask(address)
            counts[name] = len(queries)
        return counts

    def _ask(self, address: str) -> int:
        response = self.browser.get(address)
        # A page that is not there yet in a small studio is answered all the same.
        assert response.status_code in (200, 302, 404), (address, response.status_code)
        return sum(map(len, response)) if response.streaming else len(response.content)

    def time_pages(self, rounds: int) -> dict[str, tuple[float, float, int]]:
        """Median processor and wall seconds of each page, and its bytes."""
        taken: dict[str, list[tuple[float, float]]] = {}
        sizes = {}
        for _round in range(rounds):
            for name, address in self.pages().items():
                with _timed(taken.setdefault(name, [])):
                    sizes[name] = self._ask(address)
        return {
            name: (*(statistics.median(column) for column in zip(*times, strict=True)), sizes[name])
            for name, times in taken.items()
        }


def _let_see_images(user, collection) -> None:
    from django.contrib.auth.models import Permission
    from wagtail.models import GroupCollectionPermission

    for codename in ("add_image", "change_image", "choose_image"):
        GroupCollectionPermission.objects.create(
            group=user.groups.get(),
            collection=collection,
            permission=Permission.objects.get(codename=codename),
        )


@contextmanager
def _timed(taken: list[tuple[float, float]]) -> Iterator[None]:
    begun = time.process_time(), time.perf_counter()
    yield
    taken.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))


def report_admin(studio: Studio, before: dict[str, int]) -> None:
    """The table of all pages, and what was to be reached."""
    report.heading(f"The admin: {GALLERIES} galleries, one of {PHOTOS} photos, {ROUNDS} rounds")
    counts = studio.count_queries()
    times = studio.time_pages(ROUNDS)
    wagtails = times[IMAGES][0]
    report.table(
        ("page", "queries, small", "large", "processor ms", "wall ms", "of images", "kB"),
        [
            (
                name,
                before.get(name, "-"),
                counts[name],
                1000 * processor,
                1000 * wall,
                processor / wagtails,
                size / 1000,
            )
            for name, (processor, wall, size) in times.items()
        ],
    )
    grown = [name for name in counts if name in before and counts[name] > before[name]]
    report.note(f"more queries when large: {', '.join(grown) or 'none'}")
    report.goal("pages with more queries in a large studio", len(grown), 0, at_most=True)
    ours = {name: taken for name, taken in times.items() if name != IMAGES}
    slowest = max(ours, key=lambda name: ours[name][0])
    report.goal(
        f"slowest page, processor ({slowest})", ours[slowest][0], SLOWEST_SECONDS, at_most=True
    )
    ratio = statistics.median(taken[0] for taken in ours.values()) / wagtails
    report.goal("median page / Wagtail's images", ratio, MEDIAN_RATIO, at_most=True)


if __name__ == "__main__":
    sys.exit(main())
