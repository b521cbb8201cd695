"""The studio in its e-mails: sender, logo, accent, signature, language; and trying once more."""

import socket
from datetime import timedelta
from email import message_from_bytes, policy
from io import BytesIO

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image
from wagtail.images import get_image_model
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import notifications, testing
from pumbaphoto_wagtail.mail.composing import compose, plain_words
from pumbaphoto_wagtail.models import Message, MessageKind, StudioSettings
from pumbaphoto_wagtail.notifications import owe, send_message, try_again
from tests.mailing import SMTP, mailing_by


@pytest.fixture
def gallery(db):
    return testing.make_gallery("Smith wedding", has_page=False)


@pytest.fixture
def message(gallery):
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    return owe(MessageKind.LINK, key="1", gallery=gallery, share_link=link)


def a_logo(settings, tmp_path, name="logo.png", kind="PNG"):
    settings.MEDIA_ROOT = tmp_path
    buffer = BytesIO()
    Image.new("RGB", (900, 300), "#8a4b2d").save(buffer, kind)
    file = ContentFile(buffer.getvalue(), name=name)
    return get_image_model().objects.create(title="Logo", file=file)


def written(message):
    return compose(Message.objects.get(pk=message.pk))


def received(message):
    return message_from_bytes(written(message).message().as_bytes(), policy=policy.default)


def test_a_studios_sender_colours_and_signature(gallery, message):
    StudioSettings.objects.create(
        site=gallery.site,
        studio_name="Åsa & Co",
        sender_email="hello@example.com",
        accent="#8a4b2d",
        signature="Storgatan 1\n<b>Lund</b>",
    )
    letter = received(message)
    html = letter.get_body(("html",)).get_content()
    text = letter.get_body(("plain",)).get_content()

    assert letter["From"].addresses[0].display_name == "Åsa & Co"
    assert letter["From"].addresses[0].addr_spec == "hello@example.com"
    assert letter["Reply-To"] == gallery.owner.email
    assert 'bgcolor="#8a4b2d"' in html
    assert "Åsa &amp; Co" in html
    assert "Storgatan 1<br>&lt;b&gt;Lund&lt;/b&gt;" in html
    assert text.replace("\r\n", "\n").endswith("\n-- \nStorgatan 1\n<b>Lund</b>\n")


def test_the_logo_goes_along_and_nothing_is_remote(gallery, message, settings, tmp_path):
    StudioSettings.objects.create(
        site=gallery.site, studio_name="Maria", logo=a_logo(settings, tmp_path)
    )
    letter = received(message)
    picture = next(part for part in letter.walk() if part.get_content_type() == "image/png")
    html = letter.get_body(("html",)).get_content()

    assert letter.get_content_type() == "multipart/related"
    content_id = picture["Content-ID"].strip("<>")
    assert f'src="cid:{content_id}"' in html
    assert 'alt="Maria"' in html
    assert picture.get_content_disposition() == "inline"
    assert max(Image.open(BytesIO(picture.get_content())).size) == 480
    assert html.count("src=") == 1
    assert "url(" not in html


def test_a_logo_that_is_gone_stops_no_message(gallery, message, settings, tmp_path):
    logo = a_logo(settings, tmp_path)
    StudioSettings.objects.create(site=gallery.site, logo=logo)
    logo.file.storage.delete(logo.file.name)

    assert send_message(message.pk)
    assert "cid:" not in mail.outbox[0].alternatives[0][0]


def test_one_language_of_the_studio_for_clients_without_one(gallery, message):
    StudioSettings.objects.create(site=gallery.site, language="de")

    assert '<html lang="de">' in written(message).alternatives[0][0]


def test_right_to_left_is_written_from_there(gallery, message):
    StudioSettings.objects.create(site=gallery.site, language="ar")

    assert '<html lang="ar" dir="rtl">' in written(message).alternatives[0][0]


def test_a_letter_has_one_button_and_can_be_read_in_the_dark(message):
    html = written(message).alternatives[0][0]

    assert html.count("<a ") == 1
    assert "prefers-color-scheme: dark" in html
    assert 'name="color-scheme" content="light dark"' in html


def test_what_is_copied_is_what_would_be_mailed(message):
    words = plain_words(Message.objects.get(pk=message.pk))

    assert words.startswith("Hello Anna, ")
    assert words.strip().splitlines()[-1].startswith("http://localhost/galleries/s/")
    assert words.split("\n\n")[0] in written(message).body


# --- Once more -----------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_message_that_was_given_up_is_tried_once_more(gallery, message):
    Message.objects.update(attempts=6, failed_at=None)
    with mailing_by(SMTP, host="127.0.0.1", port=closed_port(), timeout=5):
        assert not send_message(message.pk)
    message.refresh_from_db()
    assert message.failed_at is not None

    assert try_again(message, gallery.owner)
    assert (message.attempts, message.failed_at, message.retry_at) == (0, None, None)
    entry = ModelLogEntry.objects.get(action="pumbaphoto.retry_message")
    assert entry.user == gallery.owner
    assert send_message(message.pk)


def test_what_has_left_or_is_leaving_is_not_tried_again(gallery, message):
    Message.objects.update(
        lease_until=timezone.now() + timedelta(minutes=1), lease_holder=message.uuid
    )
    assert not try_again(message, gallery.owner)
    Message.objects.update(lease_until=None, sent_at=timezone.now())
    assert not try_again(message, gallery.owner)
    assert not ModelLogEntry.objects.filter(action="pumbaphoto.retry_message").exists()


def test_a_sites_own_broken_template_is_told_and_loses_no_message(gallery, message, settings):
    broken = {"pumbaphoto_wagtail/mail/link_words.txt": "{% broken %}"}
    loaders = [
        ("django.template.loaders.locmem.Loader", broken),
        "django.template.loaders.app_directories.Loader",
    ]
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "APP_DIRS": False, "OPTIONS": {"loaders": loaders}}
    ]
    assert not notifications.send_message(message.pk)
    message.refresh_from_db()

    assert message.error.startswith("TemplateSyntaxError")
    assert message.retry_at is not None
