"""One shoot on several pages: translations, aliases and copies of a gallery's page.

``copy_for_translation`` and ``create_alias`` are what Wagtail's simple_translation does when a page
is translated or synchronised; ``test_localize.py`` does it with wagtail-localize's own editor.
"""

import re

import pytest
from wagtail.models import Locale

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.admin import who_sees
from pumbaphoto_wagtail.admin.gallery_pages import keep_main_page
from pumbaphoto_wagtail.models import Gallery, Photo, ShareLink, StoredFile, Visibility
from pumbaphoto_wagtail.pages.models import GalleryPage
from pumbaphoto_wagtail.proofing.links import address
from pumbaphoto_wagtail.secret_addresses import has_secret_ending, pages_of


@pytest.fixture(autouse=True)
def languages(settings):
    settings.WAGTAIL_I18N_ENABLED = True
    settings.LANGUAGES = settings.WAGTAIL_CONTENT_LANGUAGES = [
        ("en", "English"),
        ("fr", "Français"),
    ]


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery("Coast")
    for _number in range(2):
        testing.make_photo(gallery)
    page = page_of(gallery)
    page.cover = gallery.photos.first()
    page.save()
    return gallery


def page_of(gallery) -> GalleryPage:
    return GalleryPage.objects.get(pk=Gallery.objects.get(pk=gallery.pk).main_page_id)


def translated(page, *, is_alias=False) -> GalleryPage:
    """The page in French, with the pages above it, published."""
    french, _is_new = Locale.objects.get_or_create(language_code="fr")
    made = page.copy_for_translation(french, copy_parents=True, alias=is_alias)
    if not is_alias:
        made.title = "La côte"
        made.save_revision().publish()
        made.refresh_from_db()
    return made


CANONICAL = re.compile(r'rel="canonical" href="http://localhost([^"]+)"')
HERE = {"host": "localhost"}
MADE = {
    "a translation": translated,
    "an alias in another language": lambda page: translated(page, is_alias=True),
    "an alias": lambda page: page.create_alias(update_slug="coast-too"),
    "a copy": lambda page: page.copy(update_attrs={"slug": "coast-too"}),
}


@pytest.fixture(params=MADE, ids=str)
def other(request, gallery):
    """Another page of the same gallery."""
    return MADE[request.param](page_of(gallery)).specific


def visits(client, gallery):
    """What is answered at each of the gallery's pages."""
    return [client.get(page.get_url(), headers=HERE) for page in pages_of(gallery)]


def test_another_page_shows_the_same_shoot_and_copies_nothing(gallery, other):
    assert other.gallery == gallery
    assert other.cover == page_of(gallery).cover
    assert other.pk != page_of(gallery).pk
    assert (Photo.objects.count(), StoredFile.objects.count(), Gallery.objects.count()) == (2, 2, 1)
    assert {page.pk for page in pages_of(gallery)} == {other.pk, page_of(gallery).pk}


def test_links_lead_to_the_main_page_whatever_else_is_published(gallery, other, client):
    main = page_of(gallery)
    keep_main_page(other, gallery.owner)

    response = client.get(address(testing.make_link(gallery)), headers=HERE)
    assert response.status_code == 303
    assert response["Location"].startswith(main.get_url())
    assert page_of(gallery) == main


def test_who_has_a_link_sees_the_photos_on_each_page(gallery, other, client):
    client.get(address(testing.make_link(gallery)), headers=HERE)
    pages = visits(client, gallery)

    assert [page.status_code for page in pages] == [200, 200]
    photos = [str(photo.uuid).encode() for photo in gallery.photos.all()]
    assert all(photo in page.content for page in pages for photo in photos)


def test_nobody_else_sees_any_of_them(gallery, other, client):
    pages = visits(client, gallery)

    assert [page.status_code for page in pages] == [404, 404]


def test_deleting_another_page_harms_nothing(gallery, other):
    main = page_of(gallery)
    other.delete()

    assert page_of(gallery) == main
    assert (Photo.objects.count(), StoredFile.objects.count()) == (2, 2)


def test_deleting_the_main_page_leaves_photos_links_and_the_other_page(gallery, other, client):
    link = testing.make_link(gallery)
    page_of(gallery).delete()

    gallery.refresh_from_db()
    assert gallery.main_page is None
    assert (Photo.objects.count(), ShareLink.objects.count()) == (2, 1)
    left = pages_of(gallery)
    assert other.pk in {page.pk for page in left} or other.alias_of_id is not None
    assert client.get(address(link), headers=HERE).status_code < 500


def test_sitemaps_name_both_pages_only_where_everybody_may_find_them(gallery, rf):
    pages = [page_of(gallery), translated(page_of(gallery))]
    request = rf.get("/sitemap.xml", headers=HERE)
    assert [page.get_sitemap_urls(request) for page in pages] == [[], []]

    testing.make_policy(Visibility.PUBLIC, gallery=gallery)
    Gallery.objects.update(is_listed=True)
    pages = [GalleryPage.objects.get(pk=page.pk) for page in pages]
    assert [len(page.get_sitemap_urls(rf.get("/sitemap.xml"))) for page in pages] == [1, 1]


def test_each_page_of_an_unlisted_gallery_has_an_address_that_nobody_can_guess(gallery):
    french = translated(page_of(gallery))
    who_sees.set_visibility(gallery, actor=None, answer=who_sees.UNLISTED)

    french.refresh_from_db()
    assert has_secret_ending(page_of(gallery).slug)
    assert has_secret_ending(french.slug)


def test_a_translation_below_another_index_page_opens_nothing(gallery):
    french = translated(page_of(gallery))
    testing.make_policy(Visibility.PUBLIC, page=french.get_parent())

    assert not access.may_see_page(access.Viewer(), GalleryPage.objects.get(pk=french.pk))


def test_words_of_the_page_are_each_pages_own(gallery):
    french = translated(page_of(gallery))

    assert french.title == "La côte"
    assert page_of(gallery).title == "Coast"
    assert french.locale.language_code == "fr"


def test_a_translation_is_found_under_its_own_address_and_a_copy_under_the_first(gallery, client):
    testing.make_policy(Visibility.PUBLIC, gallery=gallery)
    Gallery.objects.update(is_listed=True)
    main = page_of(gallery)
    made = [translated(main), main.copy(update_attrs={"slug": "coast-too"})]
    pages = [client.get(page.get_url(), headers=HERE).content.decode() for page in made]

    found = [CANONICAL.search(page)[1] for page in pages]
    assert found == [made[0].get_url(), main.get_url()]
