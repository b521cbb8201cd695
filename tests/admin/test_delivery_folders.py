"""Looking through the next delivery folder by folder: what was typed and ticked goes along."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import State

from .conftest import in_state

WORDS = {"words": "Here they are, with love", "has_release": "on", "release_words": "Print away"}


@pytest.fixture
def edits(gallery, photos, submitted):
    """An edit in each of two sections."""
    made = []
    for photo, title in zip(photos, ("Church", "Party"), strict=False):
        photo.section = testing.make_section(gallery, title)
        photo.save()
        made.append(testing.make_edit(gallery, photo))
    in_state(gallery, State.EDITING)
    return made


@pytest.fixture
def look(maria, gallery):
    def look(folder, **data):
        return maria.post(gallery_url(gallery, "delivery"), {**WORDS, **data, "folder": folder})

    return look


def shown(page):
    return [(one.folder, one.is_ticked) for one in page.context["going"].files]


def test_a_folder_is_shown_by_itself_and_nothing_is_sent(look, gallery, edits):
    page = look("Church")

    assert shown(page) == [("Church", False)]
    assert not gallery.deliveries.exists()


def test_all_folders_are_shown_again(look, edits):
    assert [folder for folder, _ticked in shown(look("/"))] == ["Church", "Party"]


def test_what_was_typed_is_still_there(look, edits):
    page = look("Church").content.decode()

    assert "Here they are, with love" in page
    assert "Print away" in page
    assert look("Church").context["form"]["has_release"].value()


def test_nothing_is_complained_of_before_it_is_sent(look, edits):
    page = look("Church", release_words="")

    assert not page.context["form"].errors


def test_what_was_ticked_stays_so_here_and_elsewhere(look, edits):
    church, party = (one.key for one in look("/").context["going"].files)
    page = look("Church", photo=[church, party])

    assert shown(page) == [("Church", True)]
    assert f'<input type="hidden" name="photo" value="{party}">' in page.content.decode()
    assert "1 ticked in another folder goes, too." in page.content.decode()


def test_keys_of_nothing_in_this_delivery_are_dropped(look, edits):
    page = look("Church", photo=["12345", "nonsense", "-1"])

    assert page.context["going"].ticked_elsewhere == []
