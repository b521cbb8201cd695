from types import SimpleNamespace

import pytest

from pumbaphoto_wagtail.proofing.rounds import Choice, Difference, choices, difference

HEART = Choice(is_favourite=True)
NOTE = Choice(note="Warmer")
BOTH = Choice(is_favourite=True, note="Warmer")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, Difference()),
        ({1: BOTH}, {1: BOTH}, Difference()),
        ({}, {1: HEART}, Difference(added=(1,))),
        ({1: HEART}, {}, Difference(removed=(1,))),
        ({}, {1: NOTE}, Difference(noted=(1,))),
        ({1: NOTE}, {}, Difference(noted=(1,))),
        ({1: BOTH}, {1: NOTE}, Difference(removed=(1,))),
        ({1: NOTE}, {1: BOTH}, Difference(added=(1,))),
        ({1: BOTH}, {}, Difference(removed=(1,), noted=(1,))),
        ({1: HEART}, {1: BOTH}, Difference(noted=(1,))),
        ({1: NOTE}, {1: Choice(note="Darker")}, Difference(noted=(1,))),
        ({1: HEART, 2: HEART}, {3: HEART, 2: HEART}, Difference(added=(3,), removed=(1,))),
    ],
)
def test_what_changed(before, after, expected):
    assert difference(before, after) == expected


def test_nothing_changed_is_false():
    assert not Difference()
    assert Difference(noted=(1,))


def test_any_name_of_a_photo_will_do():
    assert difference({}, {"IMG_1.jpg": HEART}).added == ("IMG_1.jpg",)


def test_picks_are_read_by_their_photo():
    pick = SimpleNamespace(photo_id=7, is_favourite=True, note="Warmer")
    assert choices([pick]) == {7: BOTH}
