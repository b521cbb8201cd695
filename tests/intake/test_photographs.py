"""Which files are one photograph, whoever is first, and where photographs stand."""

from __future__ import annotations

import pytest

from pumbaphoto_wagtail.exceptions import AnsweredOtherwise
from pumbaphoto_wagtail.intake import same_name
from pumbaphoto_wagtail.intake.arrival import arrivals_of
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.metadata import read_metadata
from pumbaphoto_wagtail.intake.photographs import natural_key, take_in
from pumbaphoto_wagtail.intake.rerendering import render_again
from pumbaphoto_wagtail.models import (
    Photo,
    PhotoFile,
    SameName,
    Stage,
    StoredFile,
    Upload,
    Verdict,
)
from pumbaphoto_wagtail.storage import open_file
from tests.intake.test_pipeline import photograph
from tests.test_workflow import at_once


def taking_in(upload: Upload):
    """What a worker does with one scanned file, without its renditions."""
    file = StoredFile.objects.get(pk=upload.stored_file_id)
    with open_file(file.storage, file.name) as source:
        metadata = read_metadata(source, FORMATS[file.format])

    def act():
        present = StoredFile.objects.get(pk=file.pk)
        return take_in(present, arrivals_of(present)[0], metadata)

    return act


def together(acts: list) -> list:
    """What several workers give or raise that begin at the same moment, in no order."""
    waiting = list(acts)
    return at_once(lambda: waiting.pop()(), times=len(acts))


def scanned(arrivals, files: dict[str, bytes]) -> list[Upload]:
    batch = arrivals.receive(files)
    StoredFile.objects.filter(uploads__batch=batch).update(stage=Stage.CLEAN, verdict=Verdict.CLEAN)
    return list(batch.uploads.order_by("pk"))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestTwoWorkersAtTheSameMoment:
    def test_make_one_photo_of_the_two_files_of_a_frame(self, shoot, arrivals):
        uploads = scanned(arrivals, {"IMG_1.jpg": photograph(), "IMG_1.jpeg": photograph(700)})
        acts = [taking_in(upload) for upload in uploads]
        # As far as it is looked at here, a RAW is a file of another format.
        StoredFile.objects.filter(pk=uploads[1].stored_file_id).update(format="cr2")
        results = together(acts)
        assert results == [Photo.objects.get()] * 2
        assert PhotoFile.objects.count() == 2

    def test_make_one_photo_of_the_same_bytes(self, shoot, arrivals):
        first = scanned(arrivals, {"IMG_1.jpg": photograph()})
        StoredFile.objects.update(sha256="0" * 64)
        second = scanned(arrivals, {"IMG_2.jpg": photograph()})
        digest = second[0].stored_file.sha256
        StoredFile.objects.update(sha256=digest)
        results = together([taking_in(first[0]), taking_in(second[0])])
        assert Photo.objects.count() == PhotoFile.objects.count() == 1, results
        assert sorted(type(result).__name__ for result in results) == ["AlreadyThere", "Photo"]

    @pytest.mark.parametrize(
        ("decision", "photos", "versions"), [("replace", 1, 9), ("keep", 9, 9)]
    )
    def test_bring_each_export_of_a_frame_once(self, shoot, arrivals, decision, photos, versions):
        first = scanned(arrivals, {"IMG_1.jpg": photograph()})
        taking_in(first[0])()
        acts = []
        for number in range(8):
            # Of another size each, or the manifest knows it by name, size and time.
            content = photograph(600) + bytes(number + 1)
            upload = scanned(arrivals, {"IMG_1.jpg": content})[0]
            same_name.answer(upload.batch, SameName(decision))
            acts += [taking_in(upload)] * 2
        results = together(acts)
        assert not [result for result in results if not isinstance(result, Photo)], results
        assert Photo.objects.count() == photos
        assert PhotoFile.objects.count() == versions
        assert PhotoFile.objects.filter(is_current=True).count() == photos

    def test_answer_once_while_files_are_held(self, shoot, arrivals):
        first = scanned(arrivals, {"IMG_1.jpg": photograph()})
        taking_in(first[0])()
        batch = scanned(arrivals, {"IMG_1.jpg": photograph(700)})[0].batch
        decisions = [SameName.REPLACE, SameName.KEEP_BOTH, SameName.SKIP] * 4

        def answering(decision):
            def act():
                try:
                    same_name.answer(type(batch).objects.get(pk=batch.pk), decision)
                except AnsweredOtherwise:
                    return None
                return decision

            return act

        results = together([answering(decision) for decision in decisions])
        batch.refresh_from_db()
        assert results.count(batch.same_name) == 4, results
        assert results.count(None) == 8, results


class TestSections:
    def titles(self, gallery) -> list[str]:
        return list(gallery.sections.order_by("position").values_list("title", flat=True))

    def test_are_the_folders_below_what_all_share(self, scanned_shoot, arrivals):
        arrivals(
            {
                "Smith/Day 1/Church/a.jpg": photograph(701),
                "Smith/Day 1/Party/Band/b.jpg": photograph(702),
                "Smith/Day 2/c.jpg": photograph(703),
            }
        )
        assert self.titles(scanned_shoot) == ["Day 1 / Church", "Day 1 / Party / Band", "Day 2"]

    def test_of_the_second_day_join_those_of_the_first(self, scanned_shoot, arrivals):
        arrivals({"Smith/Church/a.jpg": photograph(701), "Smith/Party/b.jpg": photograph(702)})
        arrivals({"Smith/Garden/c.jpg": photograph(703), "Smith/Party/d.jpg": photograph(704)})
        assert self.titles(scanned_shoot) == ["Church", "Party", "Garden"]
        party = Photo.objects.filter(section__title="Party").values_list("name", flat=True)
        assert set(party) == {"b.jpg", "d.jpg"}

    def test_of_an_export_kept_beside_is_the_first_ones(self, scanned_shoot, arrivals):
        arrivals({"A/IMG_1.jpg": photograph(), "B/IMG_2.jpg": photograph(701)})
        batch = arrivals({"A/IMG_1.jpg": photograph(800)})
        same_name.answer(batch, SameName.KEEP_BOTH)
        arrivals.process()
        sections = Photo.objects.filter(name="IMG_1.jpg").values_list("section__title", flat=True)
        assert list(sections) == ["A", "A"]

    def test_stand_the_same_however_the_workers_race(self, scanned_shoot, arrivals):
        files = {f"S/Day {day}/IMG_{day}.jpg": photograph(700 + day) for day in (10, 2, 1)}
        arrivals.receive(files)
        for file in StoredFile.objects.order_by("-pk"):
            arrivals.process_one(file.pk)
        assert self.titles(scanned_shoot) == ["Day 1", "Day 2", "Day 10"]


class TestAfterTheFirstShare:
    def test_each_new_photo_waits_to_be_shown_and_a_replaced_one_stays(
        self, scanned_shoot, arrivals
    ):
        arrivals({"IMG_1.jpg": photograph()})
        scanned_shoot.first_shared_at = "2026-07-02T00:00:00Z"
        scanned_shoot.save()
        batch = arrivals({"IMG_1.jpg": photograph(800), "IMG_2.jpg": photograph(801)})
        same_name.answer(batch, SameName.REPLACE)
        arrivals.process()
        shown = dict(Photo.objects.values_list("name", "is_shown"))
        assert shown == {"IMG_1.jpg": True, "IMG_2.jpg": False}


class TestAVersionThatFails:
    def test_leaves_its_place_to_the_one_before_it_and_takes_it_when_it_can(
        self, scanned_shoot, arrivals, settings
    ):
        arrivals({"IMG_1.jpg": photograph()})
        batch = arrivals.receive({"IMG_1.jpg": photograph(800)})
        same_name.answer(batch, SameName.REPLACE)
        first, second = StoredFile.objects.order_by("pk")
        whole = settings.PUMBAPHOTO
        settings.PUMBAPHOTO = {**whole, "MAX_PIXELS": 10}
        arrivals.process()
        current = Photo.objects.get().files.filter(is_current=True)
        assert current.get().stored_file == first
        assert Photo.objects.get().picture == first

        settings.PUMBAPHOTO = whole
        second.refresh_from_db()
        assert second.stage == Stage.FAILED
        assert render_again(second)
        arrivals.process()
        assert current.get().stored_file == second
        assert Photo.objects.get().picture == second


class TestNaturalOrder:
    def test_counts_numbers_and_ignores_case(self):
        names = ["img_10.jpg", "IMG_9.jpg", "IMG_100.jpg", "Image.jpg"]
        assert sorted(names, key=natural_key) == [
            "Image.jpg",
            "IMG_9.jpg",
            "img_10.jpg",
            "IMG_100.jpg",
        ]
