"""Nothing is shown to anybody that was never asked for in their language.

All words are put into brackets (:mod:`tests.words.pseudo`), the rooms are walked through, and what
stands outside of brackets must be somebody's own word, a name of a program or a kind of file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape

import pytest
from django.apps import apps
from django.http import HttpResponse
from pypdf import PdfReader

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.mail_previews import Preview
from pumbaphoto_wagtail.models import Gallery, MessageKind, State
from tests.admin_addresses import menu_addresses, snippet_addresses
from tests.client import world as people
from tests.client.addresses import routes
from tests.words.pseudo import (
    LANGUAGE,
    everything_translated,
    outside,
    pieces,
    say,
    sentences,
)

pytestmark = pytest.mark.django_db

# What the world of these tests is made of, and what is called the same in every language.
OWN = (
    r"\w+\.(?:jpg|cr2|mov|xmp|html?)|https?://\S+|\S+@\S+|/galleries/\S+|library(?::/)?|published|none⟧"
    r"|Anna Berg|Cousin Bob|Our day|Films|Test studio|wedding|Ceremony|Party|Warmer|Maria|maria"
    r"|Studio [AB]|We were there, too|the couple(?: at the party|, with originals)?|anna\b"
    r"|family that (?:looks|chooses)|guests of the party|album designer|PIN given"
    r"|chief|bert|assistant|onlooker|outsider|Those like|Photographers|Editors|Moderators"
    r"|Archive|Clients|Home|Root|Accueil|pumbaphoto(?:-slow)?|PumbaPhoto|Wagtail|webmaster|localhost"
    r"|Lightroom|Classic|Capture One|Finder|Explorer|XLSX|CSV|XMP|PDF|ZIP|SHA|CRC|UTC|Ctrl"
    r"|JPEG|PNG|TIFF|clients-\d+/"
    r"|DNG|RAW|HEIC|Canon CR\d?|Nikon NEF|Sony ARW|Olympus ORF|Panasonic RW\d?|Pentax PEF"
    r"|Samsung SRW|Fujifilm RAF|\b(?:grid|view|display)\b|\b[0-9a-f-]{12,}\b"
)
# Wagtail says these in English whatever the language is.
NOT_OURS = r"|\bActions\b|\bChoose\b|\bSearch\b|\bNone\b|index entries"
KNOWN = re.compile(OWN + NOT_OURS)
# Django's own page for what is not there.
NOT_FOUND = {"Not Found", "The requested resource was not found on this server."}
EXPORTS = ("workbook", "pictures", "contact-sheet")
OUR_APPS = ("pumbaphoto_wagtail", "pumbaphoto_pages")


def untranslated(texts: Iterator[str]) -> set[str]:
    return {text for text in texts if outside(text, KNOWN)}


def words_of(answer: HttpResponse, part: str) -> Iterator[str]:
    """What an answer says to people, whatever it is."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    content = answer.getvalue()
    if kind == "text/html":
        yield from pieces(content.decode(), part)
    elif kind == "application/json":
        for each in sentences(answer.json()):
            yield from pieces(each) if "<" in each else [each]
    elif kind == "text/csv":
        yield content.decode().splitlines()[0]
    elif kind == "application/pdf":
        yield from (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    elif kind.endswith("spreadsheetml.sheet"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for name in book.namelist():
                if name.startswith("xl/worksheets/") or name == "xl/workbook.xml":
                    sheet = unescape(book.read(name).decode())
                    yield from re.findall(r"<t[^>]*>([^<]+)</t>", sheet)
                    yield from re.findall(r'<sheet name="([^"]+)"', sheet)


@pytest.fixture
def shoot(settings) -> people.Shoot:
    settings.LANGUAGE_CODE = LANGUAGE
    studios = people.make_studios()
    made = people.Shoot(studios, "wedding")
    made.add_records(testing.make_link(made.gallery, "anna", email="anna@example.com"))
    return made


def test_brackets_are_closed_before_what_is_filled_in():
    assert say("%(name)s has <b>two</b> dogs") == "%(name)s ⟦has⟧ <b>⟦two⟧</b> ⟦dogs⟧"
    assert outside("⟦Of⟧ Anna, ⟦twice⟧ never", re.compile("Anna")) == ["never"]


# Bytes, and answers for programs: nobody reads them.
SILENT = re.compile(
    r"_api:|media|_verdict|download|upload|tus|batch|manifest|colours|health|print_release|zip"
)


def test_a_clients_pages_in_each_state(shoot):
    couple = people.come_with(shoot.link)
    addresses = {
        route.name: route.address(people.values_of(shoot, route))
        for route in routes()
        if not (SILENT.search(route.name) or route.template.startswith("admin/"))
    }
    found = set()
    with everything_translated():
        for state in State:
            Gallery.objects.filter(pk=shoot.gallery.pk).update(state=state)
            for name, address in addresses.items():
                # What hangs on the gallery's page follows its state, the rest does not.
                if state == State.ACTIVE or name.startswith("page:"):
                    found |= untranslated(words_of(couple.get(address), "body"))
    assert found - NOT_FOUND == set()


def test_the_photographers_rooms(shoot):
    chief = people.signed_in(shoot.studios.chief)
    addresses = {route.address(people.values_of(shoot, route)) for route in routes()}
    export = next(address for address in addresses if address.endswith("/csv/"))
    addresses |= {export.replace("/csv/", f"/{kind}/") for kind in EXPORTS}
    addresses |= {*menu_addresses(shoot.studios.chief), *snippet_addresses()}
    found = set()
    with everything_translated():
        for address in sorted(addresses):
            if address.startswith("/admin/"):
                answer = chief.get(address)
                if answer.status_code != 404:
                    found |= untranslated(words_of(answer, "main"))
    assert found == set()


def test_every_email(settings):
    settings.LANGUAGE_CODE = LANGUAGE
    site, maria = testing.make_site(), testing.make_photographer("maria")
    found = set()
    with everything_translated():
        for kind in MessageKind:
            letter = Preview(kind=kind, user=maria, site=site, language=LANGUAGE).letter
            found |= untranslated([letter.subject, letter.text, *pieces(letter.html)])
    assert found == set()


def test_what_models_call_things():
    """Choices, and what is shown of them: what a field is called where nobody sees it may stay."""
    texts = []
    with everything_translated():
        for label in OUR_APPS:
            for model in apps.get_app_config(label).get_models():
                texts += [model._meta.verbose_name, model._meta.verbose_name_plural]
                texts += [name for _codename, name in model._meta.permissions]
                for field in model._meta.get_fields():
                    if field.model is model and not field.auto_created:
                        texts += [name for _key, name in getattr(field, "choices", None) or ()]
                        texts.append(getattr(field, "help_text", ""))
        texts = [str(text) for text in texts]
    assert untranslated(texts) == set()
