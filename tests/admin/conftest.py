from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone
from wagtail.models import Collection, GroupPagePermission

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import State, Upload, UploadBatch, UploadState
from pumbaphoto_wagtail.proofing import picks


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def studios(db):
    """Two studios on one site: a collection and a photographer each, and who belongs to neither."""
    site = testing.make_site()
    root = Collection.get_first_root_node()
    one, other = (root.add_child(name=name) for name in ("Studio A", "Studio B"))
    outsider = testing.make_user("outsider")
    outsider.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return SimpleNamespace(
        site=site,
        collection=one,
        other_collection=other,
        maria=testing.make_photographer("maria", collection=one, first_name="Maria"),
        bert=testing.make_photographer("bert", collection=other),
        outsider=outsider,
        chief=testing.make_user("chief", is_staff=True, is_superuser=True),
    )


@pytest.fixture
def log_in():
    """A browser in which somebody is logged in."""

    def log_in(user):
        browser = Browser()
        browser.force_login(user)
        return browser

    return log_in


@pytest.fixture
def maria(studios, log_in):
    """The browser of studio A's photographer."""
    return log_in(studios.maria)


@pytest.fixture
def gallery(studios):
    """A gallery of studio A with four photos, shared with Anna, who has chosen two."""
    gallery = testing.make_gallery(
        "Smith wedding", owner=studios.maria, collection=studios.collection, site=studios.site
    )
    gallery.clients.add(testing.make_client("Anna Smith", collection=studios.collection))
    for number in range(1, 5):
        testing.make_photo(gallery, f"IMG_{number:04d}.jpg")
    return gallery


@pytest.fixture
def photos(gallery):
    return [*gallery.photos.in_order()]


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, "Anna", email="anna@example.com")


@pytest.fixture
def selection(link, photos):
    """What Anna has chosen and not sent: two hearts, one of them with a note."""
    for photo in photos[:2]:
        picks.set_favourite(link, photo, True)
    return picks.set_note(link, photos[0], "Black and white, please")


@pytest.fixture
def submitted(selection, gallery):
    """Anna's selection, sent: the gallery waits for the photographer."""
    selection.submitted_at = timezone.now()
    selection.save()
    gallery.state = State.SUBMITTED
    gallery.save()
    return selection


@pytest.fixture
def batch(gallery, studios, photos):
    """An upload of three files: one accepted, one refused, one with a virus."""
    batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
    infected = testing.make_stored_file(
        b"infected",
        original_name="invoice.jpg",
        stage="infected",
        verdict="infected",
        virus_name="Eicar-Test-Signature",
        collection=gallery.collection,
    )
    files = (
        ("IMG_0001.jpg", UploadState.ACCEPTED, "", photos[0].picture),
        ("IMG_0001.xmp", UploadState.REFUSED, "Sidecar files are no photos.", None),
        ("invoice.jpg", UploadState.ACCEPTED, "", infected),
    )
    for name, state, reason, stored_file in files:
        Upload.objects.create(
            batch=batch,
            file_name=name,
            state=state,
            reason=reason,
            length=10,
            stored_file=stored_file,
        )
    return batch


@pytest.fixture
def may_write_pages():
    """Let a user's groups add (and publish) pages below one."""

    def allow(user, page, *, publish=True):
        for codename in ("add_page", *(["publish_page"] if publish else [])):
            GroupPagePermission.objects.create(
                group=user.groups.get(),
                page=page,
                permission=Permission.objects.get(
                    codename=codename, content_type__app_label="wagtailcore"
                ),
            )

    return allow


def in_state(gallery, state):
    """The gallery, put into a state without the way there."""
    gallery.state = state
    gallery.save(update_fields=["state"])
    return gallery


def words_of(response):
    """The messages on the page a response leads to or is."""
    return [str(message).strip() for message in response.context["messages"]]


@pytest.fixture
def shelf(tmp_path, settings):
    """A folder of real photographs on a storage that libraries may be made of."""
    root = tmp_path / "nas"
    for path in SHELVED:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        # Bytes behind a picture's end are no part of it, and make each a file of its own.
        place.write_bytes(testing.jpeg_bytes() + path.encode())
    reader = "pumbaphoto_wagtail.storage.LibraryStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "library": {"BACKEND": reader, "OPTIONS": {"location": str(root)}},
    }
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LIBRARY_STORAGES": ["library"]}
    return root


SHELVED = (
    "2024-06-01 Smith wedding/IMG_2.jpg",
    "2024-06-01 Smith wedding/IMG_10.jpg",
    "2024-06-01 Smith wedding/Party/IMG_11.jpg",
    "2024-06-01 Smith wedding/rejected/IMG_3.jpg",
    "top.jpg",
)


@pytest.fixture
def library(studios, shelf):
    """A library of studio A."""
    return testing.make_library(
        "Archive", owner=studios.maria, collection=studios.collection, site=studios.site
    )
