"""Beside wagtail-localize: what its editor translates is a page of the same shoot.

It wants to be installed, so that these tests run in a pytest of their own, with its settings.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from wagtail.models import Locale

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, Photo, StoredFile
from pumbaphoto_wagtail.pages.models import GalleryPage
from pumbaphoto_wagtail.proofing.links import address

SETTINGS = "tests.localize_settings"
IS_BESIDE = "wagtail_localize" in django_settings.INSTALLED_APPS
HERE = {"host": "localhost"}

beside_localize = pytest.mark.skipif(not IS_BESIDE, reason=f"runs with {SETTINGS}, see below")


@pytest.mark.skipif(IS_BESIDE, reason="this is that other pytest")
def test_translations_by_wagtail_localize_in_a_site_that_has_it():
    pytest.importorskip("wagtail_localize")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nomigrations"),
            *(f"--ds={SETTINGS}", __file__),
        ],
        cwd=Path(__file__).resolve().parent.parent,
        env={name: value for name, value in os.environ.items() if "PYTEST" not in name},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 3 passed" in done.stdout.replace("\n", " "), done.stdout


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery("Coast")
    for _number in range(2):
        testing.make_photo(gallery)
    page = GalleryPage.objects.get(pk=gallery.main_page_id)
    page.cover = gallery.photos.first()
    page.save_revision().publish()
    return gallery


@pytest.fixture
def french(gallery, django_capture_on_commit_callbacks):
    """The gallery's page as wagtail-localize's editor has made it from translated words."""
    from wagtail_localize.models import StringTranslation, Translation, TranslationSource
    from wagtail_localize.operations import TranslationCreator

    locale, _is_new = Locale.objects.get_or_create(language_code="fr")
    page = GalleryPage.objects.get(pk=gallery.main_page_id)
    TranslationCreator(user=gallery.owner, target_locales=[locale]).create_translations(page)
    source, _is_new = TranslationSource.get_or_create_from_instance(page)
    title = source.stringsegment_set.get(context__path="title")
    StringTranslation.objects.create(
        translation_of=title.string, locale=locale, context=title.context, data="La côte"
    )
    translation = Translation.objects.get(source=source, target_locale=locale)
    with django_capture_on_commit_callbacks(execute=True):
        translation.save_target(user=gallery.owner, publish=True)
    return GalleryPage.objects.get(translation_key=page.translation_key, locale=locale)


@beside_localize
def test_the_translation_presents_the_same_gallery_with_words_of_its_own(gallery, french):
    assert french.title == "La côte"
    assert french.live
    assert french.gallery == gallery
    assert french.cover == gallery.photos.first()
    assert (Gallery.objects.count(), Photo.objects.count(), StoredFile.objects.count()) == (1, 2, 2)


@beside_localize
def test_links_lead_to_the_main_page_and_open_the_translation(gallery, french, client):
    main = Gallery.objects.get(pk=gallery.pk).main_page
    response = client.get(address(testing.make_link(gallery)), headers=HERE)
    assert response["Location"].startswith(main.get_url())

    shown = client.get(french.get_url(), headers=HERE)
    assert shown.status_code == 200
    assert "La côte" in shown.content.decode()
    assert all(str(photo.uuid).encode() in shown.content for photo in gallery.photos.all())


@beside_localize
def test_who_has_no_link_sees_nothing_and_a_deleted_translation_takes_nothing(
    gallery, french, client
):
    assert client.get(french.get_url(), headers=HERE).status_code == 404

    french.delete()

    gallery.refresh_from_db()
    assert gallery.main_page is not None
    assert Photo.objects.count() == 2
