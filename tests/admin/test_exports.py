"""The exports of a selection: a page that offers them, and the files."""

import csv
import io
import zipfile
from urllib.parse import unquote

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone
from openpyxl import load_workbook

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.delivery.sidecars import Marks, new_sidecar
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.models import Gallery, SelectionList
from pumbaphoto_wagtail.proofing import picks

from .test_selections import choose, gerda, several, tom

__all__ = ["choose", "gerda", "several", "tom"]

DEMO = {"DEMO_WITHOUT_SCANNER": True}


@pytest.fixture
def look(maria, gallery):
    def look(**query):
        return maria.get(gallery_url(gallery, "exports"), query)

    return look


@pytest.fixture
def take(maria, gallery):
    def take(kind, **query):
        response = maria.get(gallery_url(gallery, "export", kind=kind), query)
        assert response.status_code == 200
        return response.getvalue()

    return take


def texts(page):
    return {search["name"]: search["text"] for search in page.context["searches"]}


def csv_rows(data):
    return [*csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))]


def opened(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class TestThePage:
    def test_offers_the_names_for_each_program(self, look, selection):
        assert texts(look()) == {
            "lightroom": "IMG_0001, IMG_0002",
            "capture_one": "IMG_0001 IMG_0002",
            "finder": "IMG_0001 OR IMG_0002",
            "explorer": "IMG_0001 OR IMG_0002",
            "plain": "IMG_0001\nIMG_0002",
        }

    def test_follows_the_person_that_was_chosen(self, look, several):
        names = texts(look(show=f"of-{several['tom'].pk}"))["plain"]

        assert names == "IMG_0002\nIMG_0003"
        labels = [one["label"] for one in look().context["people"]]
        assert labels[-3:] == ["Anna", "Tom", "Gerda"]

    def test_follows_the_list(self, look, link, choose, gallery):
        Gallery.objects.filter(pk=gallery.pk).update(lists=[SelectionList.ALBUM])
        link.gallery.refresh_from_db()
        choose(link, 1)
        choose(link, 3, list_name=SelectionList.ALBUM)

        assert texts(look(list="album"))["plain"] == "IMG_0003"

    def test_a_renamed_proof_has_the_name_of_its_raw(self, look, link, gallery, photos):
        photos[0].picture.identity = {"raw_file_name": "_DSC4521.NEF"}
        photos[0].picture.save()
        picks.set_favourite(link, photos[0], True)

        page = look()

        assert texts(page)["plain"] == "_DSC4521"
        assert b"1 proof was renamed" in page.content

    def test_warns_of_what_a_search_cannot_tell_apart(self, look, link, gallery, photos):
        testing.make_photo(gallery, "IMG_0001.jpg", folder="Tom")
        testing.make_photo(gallery, "IMG_00023.jpg")
        odd = testing.make_photo(gallery, "Smith 017.jpg")
        for photo in (*photos[:2], odd):
            picks.set_favourite(link, photo, True)

        twins, parts, split = look().context["warnings"]

        assert "IMG_0001.jpg" in twins
        assert "IMG_0002.jpg finds IMG_00023.jpg" in parts
        assert "Smith 017.jpg" in split

    def test_says_so_where_nothing_was_chosen(self, look, gallery):
        page = look()

        assert page.status_code == 200
        assert b"nothing to hand over" in page.content

    def test_names_stay_text(self, look, link, gallery):
        photo = testing.make_photo(gallery, "<script>alert(1)</script>.jpg")
        picks.set_favourite(link, photo, True)

        assert b"<script>alert" not in look().content

    def test_is_reached_from_the_selections(self, maria, gallery, several):
        page = maria.get(gallery_url(gallery, "selections"), {"show": "common"})

        exports = maria.get(page.context["exports_url"])
        assert texts(exports)["plain"] == "IMG_0002"


class TestTheFiles:
    def test_csv_holds_the_picks_of_the_look(self, take, several):
        rows = csv_rows(take("csv", show="common"))

        assert [(row["File name"], row["Recipient"]) for row in rows] == [
            ("IMG_0002.jpg", "Anna"),
            ("IMG_0002.jpg", "Tom"),
        ]

    def test_the_workbook_has_a_sheet_for_each_recipient(self, take, several):
        book = load_workbook(io.BytesIO(take("workbook", show="all")))

        assert book.sheetnames == ["Gallery", "Selections", "Anna", "Tom", "Gerda"]

    def test_the_workbook_with_pictures_has_them(self, take, selection):
        book = load_workbook(io.BytesIO(take("pictures")))

        assert len(book.worksheets[1]._images) == 2

    def test_the_contact_sheet_has_pictures_and_notes(self, take, selection):
        (page,) = pypdf.PdfReader(io.BytesIO(take("contact-sheet"))).pages

        assert len(page.images) == 2
        for words in ("Smith wedding", "IMG_0001.jpg", "Black and white, please"):
            assert words in page.extract_text()

    def test_a_picture_that_is_gone_breaks_no_contact_sheet(self, take, selection, photos):
        for rendition in photos[0].picture.renditions.all():
            rendition.name = "gone/nowhere.jpg"
            rendition.save()

        assert len(pypdf.PdfReader(io.BytesIO(take("contact-sheet"))).pages) == 1

    def test_the_smart_collection_names_gallery_and_person(self, take, several):
        text = take("smart-collection", show=f"of-{several['tom'].pk}").decode()

        assert 'title = "Smith wedding: Tom"' in text
        assert 'value = "IMG_0003."' in text

    def test_sidecars_carry_what_the_form_says(self, take, selection):
        found = opened(take("sidecars", rating="3", label="Blue"))

        assert {"IMG_0001.xmp", "IMG_0002.xmp"} < {*found}
        assert b'xmp:Rating="3"' in found["IMG_0001.xmp"]
        assert b'xmp:Label="Blue"' in found["IMG_0001.xmp"]
        assert b"Black and white, please" in found["IMG_0001.xmp"]

    @pytest.mark.parametrize(("rating", "label"), [("9", "Pink"), ("-1", ""), ("x", "red")])
    def test_no_other_marks_can_be_asked_for(self, rating, label, take, selection):
        data = opened(take("sidecars", rating=rating, label=label))["IMG_0001.xmp"]

        assert b"xmp:Rating" not in data
        assert b"xmp:Label" not in data

    def test_there_are_no_others(self, maria, gallery, selection):
        assert maria.get(gallery_url(gallery, "export", kind="virus")).status_code == 404

    def test_any_title_makes_a_file_name(self, maria, gallery, link, photos):
        gallery.title = 'A\r\nSet-Cookie: x=1; "quoted" / 写真 <b>'
        gallery.save()
        picks.set_favourite(link, photos[0], True)

        response = maria.get(gallery_url(gallery, "export", kind="smart-collection"))

        name = response["Content-Disposition"].rpartition("''")[2]
        assert name.endswith(".lrsmcol")
        assert "Set-Cookie" not in response
        assert not {*unquote(name)} & {*'\r\n"/<>:'}

    def test_nobody_keeps_them(self, maria, gallery, selection):
        for kind in ("csv", "contact-sheet"):
            response = maria.get(gallery_url(gallery, "export", kind=kind))
            assert response["Cache-Control"].startswith("private, no-store")
            assert response["X-Content-Type-Options"] == "nosniff"
            assert response["Content-Disposition"].startswith("attachment")


class TestMerging:
    @pytest.fixture
    def send(self, maria, gallery, selection):
        def send(*files, browser=None, **fields):
            data = {"sidecars": [SimpleUploadedFile(*file) for file in files], **fields}
            address = gallery_url(gallery, "merge_sidecars")
            return (browser or maria).post(f"{address}?show=", data)

        return send

    @pytest.fixture
    def demo(self):
        with override_settings(DEBUG=True, PUMBAPHOTO=DEMO):
            yield

    def own(self):
        return new_sidecar(Marks(instructions="mine"), now=timezone.now())

    def test_the_sidecar_comes_back_with_the_selection_in_it(self, send, demo):
        response = send(("IMG_0001.xmp", self.own()), rating="4", label="Red")

        data = opened(response.getvalue())["IMG_0001.xmp"]
        assert b'Rating="4"' in data
        assert b"mine&#10;" in data

    def test_what_helps_nothing_is_said_and_not_sent(self, send, demo):
        for files in ([], [("IMG_9.xmp", self.own())], [("IMG_0001.xmp", b"no sidecar")]):
            response = send(*files)
            assert response.status_code == 409
            assert "Content-Disposition" not in response

    def test_too_much_at_once_is_refused_before_it_is_read(self, send, maria, gallery):
        response = maria.generic(
            "POST",
            gallery_url(gallery, "merge_sidecars"),
            b"x",
            content_type="multipart/form-data; boundary=x",
            CONTENT_LENGTH=str(40 * 10**6),
        )

        assert response.status_code == 409
        assert b"At most 32 MB" in response.content

    def test_too_many_files_are_told_to_come_as_a_zip(self, send, demo):
        response = send(*((f"IMG_{number}.xmp", b"x") for number in range(101)))

        assert response.status_code == 409
        assert b"as a ZIP" in response.content

    def test_without_the_scanner_nothing_is_read(self, send, tmp_path):
        with override_settings(PUMBAPHOTO={"CLAMD_ADDRESS": f"unix:{tmp_path}/none.ctl"}):
            response = send(("IMG_0001.xmp", self.own()))

        assert response.status_code == 409
        assert b"virus scanner did not answer" in response.content

    def test_a_virus_is_refused_by_name(self, send, clamd):
        with override_settings(
            PUMBAPHOTO={"CLAMD_ADDRESS": clamd.address, "MAX_FILE_BYTES": 2**21}
        ):
            assert send(("IMG_0001.xmp", self.own())).status_code == 200
            response = send(("IMG_0001.xmp", self.own() + eicar()))

        assert response.status_code == 409
        assert b"A virus was found" in response.content

    def test_another_site_cannot_send_the_form(self, send, demo, studios):
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(studios.maria)

        assert send(("IMG_0001.xmp", self.own()), browser=browser).status_code == 403
