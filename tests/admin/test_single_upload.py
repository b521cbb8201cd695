"""One file from a plain form, for a browser without JavaScript."""

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin import single_upload
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.models import Purpose, SameName, State, StoredFile, Upload, UploadState
from pumbaphoto_wagtail.storage import digest

pytestmark = pytest.mark.django_db


def photo(name="IMG_9.jpg", content=None):
    return SimpleUploadedFile(name, content or testing.jpeg_bytes(), content_type="image/jpeg")


def send(browser, gallery, **fields):
    """Send the form; the answer, and what it tells."""
    data = {"purpose": "original", "same_name": "keep", "file": photo()} | fields
    data = {name: value for name, value in data.items() if value is not None}
    response = browser.post(gallery_url(gallery, "single_upload"), data)
    return response, [str(message).strip() for message in get_messages(response.wsgi_request)]


def test_the_page_has_the_form_for_browsers_without_scripts(maria, gallery):
    page = maria.get(gallery_url(gallery)).content.decode()

    assert f'<form class="pumba-single" action="{gallery_url(gallery, "single_upload")}"' in page
    assert page.index("<noscript>", page.index("data-pumba-zone")) < page.index("pumba-single")


def test_a_file_is_received_as_any_other(maria, gallery):
    content = testing.jpeg_bytes()
    response, told = send(maria, gallery, file=photo(content=content))

    assert response.status_code == 302
    assert response["Location"] == gallery_url(gallery)
    assert told == ["“IMG_9.jpg” is here. It appears after the virus scan."]
    upload = Upload.objects.get()
    assert upload.state == UploadState.RECEIVED
    stored = upload.stored_file
    assert digest(stored.storage, stored.name).sha256 == stored.sha256
    assert stored.size == len(content)


def test_an_edit_comes_in_as_an_edit(maria, gallery):
    response, _told = send(maria, gallery, purpose="edit")

    assert response["Location"] == gallery_url(gallery, "edits")
    assert gallery.upload_batches.get().purpose == Purpose.EDIT


def test_what_is_no_photograph_is_refused_in_words(maria, gallery):
    _response, (told,) = send(maria, gallery, file=photo("notes.txt", b"twelve rolls"))

    assert "“notes.txt” was refused" in told
    assert not StoredFile.objects.filter(original_name="notes.txt").exists()


def test_the_same_bytes_twice_are_one_file(maria, gallery):
    content = testing.jpeg_bytes(71, 53)
    send(maria, gallery, file=photo(content=content))
    _response, (_first, told) = send(maria, gallery, file=photo(content=content))

    assert "already" in told
    assert StoredFile.objects.filter(size=len(content)).count() == 1


def test_the_answer_about_a_photo_exported_again_is_given_beforehand(maria, gallery):
    send(maria, gallery, same_name="replace")

    assert gallery.upload_batches.get().same_name == SameName.REPLACE


def test_without_a_file_nothing_happens(maria, gallery):
    _response, told = send(maria, gallery, file=None)

    assert told == ["No file was chosen."]
    assert not gallery.upload_batches.exists()


def test_a_larger_file_is_not_even_read(maria, gallery, monkeypatch):
    monkeypatch.setattr(single_upload, "LIMIT_BYTES", 1000)
    monkeypatch.setattr(single_upload, "FORM_BYTES", 1000)
    _response, told = send(maria, gallery, file=photo(content=b"x" * 5000))

    assert told == ["Without JavaScript a file may have up to 0 MB."]
    assert not gallery.upload_batches.exists()


def test_an_archived_gallery_takes_nothing(maria, gallery):
    gallery.state = State.ARCHIVED
    gallery.save()
    _response, told = send(maria, gallery)

    assert told == ["This gallery is archived."]


def test_a_storage_that_is_away_is_said_plainly_and_nothing_stays_open(maria, gallery, monkeypatch):
    def be_away(upload):
        raise StorageOffline

    monkeypatch.setattr("pumbaphoto_wagtail.intake.receiving.start", be_away)
    response, (told,) = send(maria, gallery)

    assert response.status_code == 302
    assert told == "“IMG_9.jpg”: The photo storage is not there at the moment."
    assert gallery.upload_batches.get().settled_at is not None


def test_a_full_temporary_folder_is_said_plainly(maria, gallery, monkeypatch):
    def be_full(self, raw_data, start):
        raise OSError(28, "No space left on device")

    for handler in ("MemoryFileUploadHandler", "TemporaryFileUploadHandler"):
        monkeypatch.setattr(
            f"django.core.files.uploadhandler.{handler}.receive_data_chunk", be_full
        )
    _response, told = send(maria, gallery)

    assert told == ["The file could not be read in. Try again in a while."]


def test_nobody_uploads_to_another_studios_gallery(gallery, studios, log_in):
    response = log_in(studios.bert).post(
        gallery_url(gallery, "single_upload"), {"purpose": "original", "file": photo()}
    )

    assert response.status_code == 404
    assert not gallery.upload_batches.exists()


def test_a_form_without_the_token_is_refused(gallery, studios):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(studios.maria)
    response = browser.post(
        gallery_url(gallery, "single_upload"), {"purpose": "original", "file": photo()}
    )

    assert response.status_code == 403
    assert not gallery.upload_batches.exists()


def test_a_batch_leads_to_its_page_in_the_log(maria, gallery, studios, log_in):
    send(maria, gallery)
    batch = gallery.upload_batches.get()
    url = gallery_url(gallery, "batch", batch_uuid=batch.uuid)

    assert "IMG_9.jpg" in maria.get(url, follow=True).content.decode()
    assert log_in(studios.bert).get(url).status_code == 404
