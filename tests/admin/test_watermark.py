"""The watermark's own page: what may be set, what is said, and what it shows beforehand."""

import io

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.intake import watermark
from pumbaphoto_wagtail.intake.marking import set_watermark
from pumbaphoto_wagtail.models import Purpose, Rendition, Stage, State, StoredFile
from tests.intake.test_watermark import broken, logo, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(studios):
    return testing.make_gallery(
        owner=studios.maria, collection=studios.collection, site=studios.site
    )


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery, width=600, height=400)


def set_text(browser, gallery, text, act="text"):
    response = browser.post(gallery_url(gallery, "watermark"), {"text": text, "act": act})
    gallery.refresh_from_db()
    return response


def send_logo(browser, gallery, content=None, name="logo.png"):
    file = SimpleUploadedFile(name, content or png(logo()), content_type="image/png")
    response = browser.post(
        gallery_url(gallery, "single_upload"), {"purpose": "watermark", "file": file}
    )
    gallery.refresh_from_db()
    return response, [str(message).strip() for message in get_messages(response.wsgi_request)]


def page(browser, gallery, name="watermark"):
    return browser.get(gallery_url(gallery, name)).content.decode()


def test_settings_lead_to_it(maria, gallery):
    settings = page(maria, gallery, "settings")

    assert "The proofs are shown without a watermark." in settings
    assert gallery_url(gallery, "watermark") in settings


def test_a_text_is_set_and_how_far_it_is_stands_on_every_tab(maria, gallery, photo):
    testing.make_photo(gallery)
    response = set_text(maria, gallery, "Studio Maria")
    assert response["Location"] == gallery_url(gallery, "watermark")
    assert gallery.watermark == "Studio Maria"

    photo.gallery.refresh_from_db()
    testing.make_marked(photo)
    words = "The watermark is drawn into 1 of 2 photos; the others are not shown yet."
    for name in ("watermark", "photos", "settings"):
        assert words in page(maria, gallery, name)
    testing.make_marked(gallery.photos.exclude(pk=photo.pk).get())
    assert "drawn into all 2 photos." in page(maria, gallery)


def test_why_photos_are_not_shown_stands_there(maria, gallery, photo):
    set_text(maria, gallery, "Studio Maria")
    StoredFile.objects.update(reason="The font is gone.", render_requested_at=None)

    assert "The font is gone." in page(maria, gallery, "photos")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Studio \ue000", "U+E000"),
        ("\u200b\u200b", "nothing in this text"),
        ("", "required"),
        ("M" * 101, "at most 100"),
    ],
    ids=["no font", "unseen", "empty", "long"],
)
def test_a_text_that_cannot_be_drawn_is_refused_and_changes_nothing(maria, gallery, text, words):
    response = set_text(maria, gallery, text)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert gallery.watermark_key == ""


def test_it_is_seen_first_and_nothing_has_changed(maria, gallery, photo):
    response = set_text(maria, gallery, "Mária & „Tom“", act="try")
    assert "Nothing has been changed yet." in response.content.decode()
    assert gallery.watermark_key == ""

    address = f"{gallery_url(gallery, 'watermark_preview')}?text=M%C3%A1ria"
    answer = maria.get(address)
    assert answer["Content-Type"] == "image/jpeg"
    assert "no-store" in answer["Cache-Control"]
    assert Image.open(io.BytesIO(answer.content)).size == (600, 400)


def test_a_preview_of_what_cannot_be_drawn_says_so(maria, gallery):
    assert maria.get(f"{gallery_url(gallery, 'watermark_preview')}?text=").status_code == 409


def test_the_page_shows_the_clients_picture_and_the_admin_clean_ones(maria, gallery, photo):
    set_text(maria, gallery, "Studio Maria")
    photo.gallery.refresh_from_db()
    marked = testing.make_marked(photo)
    view = next(row for row in marked if row.tier == "view")
    clean = Rendition.objects.get(tier="grid", watermark="")

    assert view.digest[:16] in page(maria, gallery)
    assert view.digest[:16] not in page(maria, gallery, "photos")
    assert clean.digest[:16] in page(maria, gallery, "photos")


def test_it_is_taken_away(maria, gallery, photo):
    set_text(maria, gallery, "Studio Maria")
    set_text(maria, gallery, "", act="remove")

    assert (gallery.watermark, gallery.watermark_key) == ("", "")
    assert "no watermark at the moment" in page(maria, gallery)


def test_a_picture_arrives_like_any_file_and_is_the_mark_at_once(maria, gallery, monkeypatch):
    monkeypatch.setattr(watermark, "_opened", lambda mark: pytest.fail("decoded"))
    response, (told,) = send_logo(maria, gallery)

    assert response["Location"] == gallery_url(gallery, "watermark")
    assert told == "“logo.png” is drawn into the proofs once it has been checked for viruses."
    assert gallery.watermark_image.stage == Stage.RECEIVED
    assert gallery.watermark_key
    assert gallery.upload_batches.get().purpose == Purpose.WATERMARK
    assert "logo.png" in page(maria, gallery)


def test_the_same_picture_again_is_the_same_file(maria, gallery):
    data = png(logo(colour=(1, 2, 3, 255)))
    send_logo(maria, gallery, data)
    image = gallery.watermark_image
    set_text(maria, gallery, "Studio Maria")
    assert gallery.watermark_image is None

    send_logo(maria, gallery, data)
    assert gallery.watermark_image == image


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (testing.jpeg_bytes(), "logo.png", "This is no PNG."),
        (png(logo())[:-30], "logo.png", "damaged"),
        (png(logo()).replace(b"IDAT", b"IDAX"), "logo.png", "damaged"),
        (png(Image.new("1", (6000, 6000))), "logo.png", "too large for a watermark"),
        (png(logo()), "logo.svg", "refused"),
    ],
    ids=["JPEG", "cut off", "changed", "bomb", "name"],
)
def test_a_picture_that_cannot_be_a_mark_is_refused_at_once(maria, gallery, content, name, words):
    _response, (told,) = send_logo(maria, gallery, content, name)

    assert words in told
    assert gallery.watermark_key == ""
    assert not StoredFile.objects.filter(original_name=name).exists()


def test_damage_that_only_decoding_finds_is_not_looked_for_before_the_scan(maria, gallery):
    send_logo(maria, gallery, broken(png(logo())))

    assert gallery.watermark_image.stage == Stage.RECEIVED


def test_an_archived_gallery_takes_no_picture(maria, gallery):
    gallery.state = State.ARCHIVED
    gallery.save()
    _response, told = send_logo(maria, gallery)

    assert told == ["This gallery is archived."]


def test_only_who_may_change_the_gallery_may_see_the_picture(maria, gallery, client):
    from pumbaphoto_wagtail.proofing.pictures import file_pictures

    file = testing.make_stored_file(png(logo()), original_name="logo.png", format="png")
    testing.make_renditions(file, width=120, height=80)
    set_watermark(gallery, actor=gallery.owner, image=file)
    address = file_pictures(file).view.url

    assert maria.get(address).status_code == 200
    assert client.get(address).status_code == 404


def test_the_log_names_the_act(maria, gallery):
    set_text(maria, gallery, "Studio Maria")

    assert "Watermark of the proofs changed" in page(maria, gallery, "history")
