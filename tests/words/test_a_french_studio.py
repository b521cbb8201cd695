"""A studio whose language is French speaks it: pages, e-mails, and the documents that it makes."""

from __future__ import annotations

import io
import zipfile
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.print_release import default_words
from pumbaphoto_wagtail.mail.composing import compose
from pumbaphoto_wagtail.models import MessageKind
from pumbaphoto_wagtail.notifications import owe
from pumbaphoto_wagtail.proofing import links
from tests.client.world import come_with, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(settings, monkeypatch):
    settings.LANGUAGE_CODE = "fr"
    monkeypatch.setattr(trans_real, "_default", None)
    maria = testing.make_photographer("maria", first_name="Maria")
    made = testing.make_gallery("Mariage", owner=maria, site=testing.make_site(), minimum=2)
    testing.make_photo(made, "one.jpg")
    return made


def test_clients_read_french(gallery):
    link = testing.make_link(gallery, "Anna")

    page = come_with(link).get(gallery.main_page.url).content.decode()

    assert "Choisissez vos coups de cœur" in page
    assert "encore 2 à choisir" in page


def test_the_door_says_its_language(gallery):
    link = testing.make_link(gallery, "Anna", pin="123456")

    page = Client().get(f"/galleries/s/{links.token(link)}").content.decode()

    assert '<html lang="fr"' in page
    assert "Saisissez votre code PIN" in page


def test_emails_are_french_with_french_dates(gallery):
    link = testing.make_link(gallery, "Anna", email="anna@example.com")
    message = owe(MessageKind.LINK, key="link", gallery=gallery, share_link=link)

    email = compose(message)

    assert email.subject == "Vos photos à regarder : Mariage"
    assert "Bonjour Anna, Maria a mis «\u00a0Mariage\u00a0» en ligne pour vous." in email.body


def test_documents_are_french(gallery):
    address = reverse("pumbaphoto_galleries:export", args=[gallery.uuid, "workbook"])

    book = signed_in(gallery.owner).get(address).getvalue()

    with zipfile.ZipFile(io.BytesIO(book)) as sheets:
        assert "Sélections" in unescape(sheets.read("xl/workbook.xml").decode())
    assert "Le client nommé ci-dessus" in default_words(gallery)
