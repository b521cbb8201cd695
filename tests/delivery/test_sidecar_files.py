"""ZIPs of sidecars: what goes in, what comes back, and what hostile ones do."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from pumbaphoto_wagtail.delivery import sidecar_files
from pumbaphoto_wagtail.delivery.sidecar_files import (
    READ_ME,
    KnownPhoto,
    marks_of,
    merge,
    sidecar_archive,
)
from pumbaphoto_wagtail.delivery.sidecars import Marks, new_sidecar
from pumbaphoto_wagtail.delivery.spreadsheets import SelectionRow
from pumbaphoto_wagtail.exceptions import SidecarRefused

NOW = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
FIVE = Marks(rating=5)
OWN = new_sidecar(Marks(rating=1, instructions="mine"), now=NOW)


def photos(*names, folders=()):
    folders = [*folders, *[""] * len(names)]
    return [KnownPhoto(key=key, name=name, folder=folders[key]) for key, name in enumerate(names)]


def opened(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return stream.getvalue()


def merged(*uploads, known=("IMG_1.CR2",), chosen=(0,), folders=()):
    marks = dict.fromkeys(chosen, FIVE)
    return merge(uploads, photos(*known, folders=folders), marks, now=NOW)


def sidecars(result):
    return {name: data for name, data in opened(result.archive).items() if name != READ_ME}


class TestNewOnes:
    def test_each_chosen_photo_gets_one_named_after_the_camera_s_file(self):
        known = photos("IMG_1.CR2", "IMG_2.jpg", "Anna.B", "IMG_4.CR2")
        found = opened(sidecar_archive(known, {0: FIVE, 1: FIVE, 2: FIVE}, now=NOW))

        assert [*found] == ["IMG_1.xmp", "IMG_2.xmp", "Anna.B.xmp", READ_ME]
        assert b'xmp:Rating="5"' in found["IMG_1.xmp"]

    def test_photos_of_one_name_get_theirs_in_their_folders(self):
        known = photos("IMG_1.CR2", "IMG_1.NEF", folders=["Anna", "Tom's camera"])

        found = opened(sidecar_archive(known, {0: FIVE, 1: FIVE}, now=NOW))

        assert [*found][:2] == ["Anna/IMG_1.xmp", "Tom's camera/IMG_1.xmp"]

    def test_the_photographer_is_warned(self):
        text = opened(sidecar_archive(photos("A.jpg"), {0: FIVE}, now=NOW))[READ_ME].decode()

        assert "overwrites what your catalogue holds" in text

    @pytest.mark.parametrize("name", ["../../x.CR2", "CON.jpg", "a\\b.jpg", "a:b.jpg", ".jpg"])
    def test_no_name_leads_out_of_the_folder_or_breaks_a_system(self, name):
        (path, _read_me) = opened(sidecar_archive(photos(name), {0: FIVE}, now=NOW))

        assert not {*path} & {*'/\\:*?"<>|'}
        assert path.endswith(".xmp")
        assert not path.startswith("CON.")


class TestMarks:
    def test_hearts_give_rating_label_and_keywords(self):
        rows = [
            SelectionRow(file_name="A", photo=1, recipient="Anna", list="To edit", note="lighter"),
            SelectionRow(file_name="A", photo=1, recipient="Tom", list="To edit"),
        ]

        assert marks_of(rows, rating=5, label="Green") == {
            1: Marks(
                rating=5,
                label="Green",
                keywords=("To edit", "Chosen by Anna", "Chosen by Tom"),
                instructions="Anna: lighter",
            )
        }

    def test_a_note_without_a_heart_marks_nothing_as_chosen(self):
        rows = [SelectionRow(file_name="A", photo=1, note="not this", picked=False, list="To edit")]

        assert marks_of(rows, rating=5, label="Red") == {1: Marks(instructions="not this")}


class TestMerging:
    @pytest.mark.parametrize("name", ["IMG_1.xmp", "img_1.XMP", "IMG_1.CR2.xmp", "IMG_1.dng.xmp"])
    def test_a_sidecar_is_found_by_its_name_whatever_program_named_it(self, name):
        result = merged((name, OWN))

        (data,) = sidecars(result).values()
        assert b'Rating="5"' in data
        assert b"mine" in data

    def test_a_longer_name_is_another_photo(self):
        result = merged(("IMG_12.xmp", OWN))

        assert (result.merged, result.unchosen) == (0, ["IMG_12.xmp"])

    def test_a_zip_comes_back_with_its_folders(self):
        data = packed([("Card/IMG_1.xmp", OWN), ("Card/IMG_2.xmp", OWN), ("__MACOSX/._x", b"")])

        result = merged(("mine.zip", data), known=("IMG_1.CR2", "IMG_2.CR2"))

        assert [*sidecars(result)] == ["Card/IMG_1.xmp"]
        assert result.unchosen == ["Card/IMG_2.xmp"]
        assert "Card/IMG_2.xmp" in opened(result.archive)[READ_ME].decode()

    def test_of_two_photos_with_that_name_nothing_is_guessed(self):
        result = merged(("IMG_1.xmp", OWN), known=("IMG_1.CR2", "IMG_1.jpg"))

        assert (result.merged, result.unclear) == (0, ["IMG_1.xmp"])

    def test_the_folder_tells_which_of_two_it_is(self):
        data = packed([("Shoot/Tom/IMG_1.xmp", OWN), ("Shoot/Anna/IMG_1.xmp", OWN)])

        result = merged(
            ("mine.zip", data), known=("IMG_1.CR2", "IMG_1.NEF"), folders=["Tom", "Anna"]
        )

        assert [*sidecars(result)] == ["Shoot/Tom/IMG_1.xmp"]
        assert result.unchosen == ["Shoot/Anna/IMG_1.xmp"]

    def test_what_is_no_sidecar_is_named_and_the_others_come_back(self):
        result = merged(("IMG_1.xmp", OWN), ("IMG_1.jpg", b"\xff\xd8"), ("IMG_1.xmp", b"<x/>"))

        assert result.merged == 1
        assert result.refused == ["IMG_1.jpg", "IMG_1.xmp"]


class TestHostileZips:
    @pytest.mark.parametrize(
        "data",
        [
            b"PK\x03\x04 and nothing more",
            packed([("IMG_1.xmp", OWN)])[:-30],
            packed([("IMG_1.xmp", OWN)], zipfile.ZIP_LZMA),
            packed([("IMG_1.xmp", OWN)], zipfile.ZIP_STORED).replace(b"mine", b"evil"),
            packed([("inner.zip", packed([("IMG_1.xmp", OWN)]))]),
            packed([("IMG_1.xmp", bytes(9 * 1024 * 1024))]),
        ],
        ids=["torn", "cut", "lzma", "wrong crc", "nested", "bomb"],
    )
    def test_nothing_of_it_is_merged(self, data):
        result = merged(("mine.zip", data))

        assert result.merged == 0
        assert len(result.refused) == 1

    @pytest.mark.parametrize(
        "name", ["../../../etc/IMG_1.xmp", "/etc/IMG_1.xmp", "C:\\Windows\\IMG_1.xmp"]
    )
    def test_its_paths_lead_nowhere(self, name):
        (path,) = sidecars(merged(("mine.zip", packed([(name, OWN)]))))

        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert not {":", "\\"} & {*path}

    def test_too_many_files_are_refused(self, monkeypatch):
        monkeypatch.setattr(sidecar_files, "MAX_FILES", 3)

        with pytest.raises(SidecarRefused):
            merged(("mine.zip", packed([(f"{number}.xmp", OWN) for number in range(4)])))

    def test_too_many_bytes_are_refused(self, monkeypatch):
        monkeypatch.setattr(sidecar_files, "MAX_UNPACKED_BYTES", 3 * len(OWN))

        with pytest.raises(SidecarRefused):
            merged(("mine.zip", packed([(f"{number}.xmp", OWN) for number in range(4)])))

    def test_a_name_cannot_write_lines_of_its_own_into_what_is_told(self):
        data = packed([("evil\nREAD THIS.xmp", OWN), ("IMG_1.xmp", OWN)])

        text = opened(merged(("mine.zip", data)).archive)[READ_ME].decode()

        assert "\nREAD THIS" not in text
