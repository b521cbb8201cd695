"""The head of a workspace, on every tab: where the gallery stands, what is possible and why not."""

import re

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.rooms import TABS
from pumbaphoto_wagtail.models import State

from .conftest import in_state


@pytest.mark.parametrize("tab", [name for name, _title in TABS])
def test_every_tab_begins_with_the_state_and_the_next_step(tab, maria, gallery, submitted):
    page = maria.get(gallery_url(gallery, tab)).content.decode()
    head = page.split('id="pumba-head"')[1].split("</header>")[0]

    assert "Selections Submitted" in head
    assert "Start editing when you are ready" in head
    assert "Start editing" in head.split("<ul")[1]
    assert page.index('id="pumba-head"') < page.index('id="pumba-tabs"')


def test_a_step_that_is_not_possible_can_be_reached_and_says_why(maria, gallery, link):
    page = maria.get(gallery_url(gallery)).content.decode()

    button = re.search(r'<button type="button"[^>]*aria-disabled="true"[^>]*>', page).group()
    described = re.search(r'aria-describedby="([\w-]+)"', button).group(1)
    assert " disabled" not in button
    assert re.search(rf'id="{described}">Nobody has chosen anything yet\.<', page)


def test_a_new_gallery_says_that_sharing_comes_after_its_photos(maria, studios):
    empty = testing.make_gallery(owner=studios.maria, collection=studios.collection)

    steps = maria.get(gallery_url(empty)).context["steps"]

    assert (steps[0].label, steps[0].reason) == ("Share…", "There are no photos yet.")


def test_the_delivery_tab_leaves_the_move_to_the_archive_tab(maria, gallery, photos):
    in_state(gallery, State.ARCHIVED)

    page = maria.get(gallery_url(gallery, "delivery")).content.decode()

    assert "on their way" in page
    assert gallery_url(gallery, "keeping") in page.split("on their way")[1][:200]
    assert "to go" not in page
