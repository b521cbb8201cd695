"""In which order a slideshow shows photographs: pure rules, tried with many seeds."""

import random
from collections import Counter
from itertools import groupby
from uuid import UUID

import pytest

from pumbaphoto_wagtail.proofing import slide_order

SIZES = (0, 1, 2, 3, 7, 50)
MANNERS = [
    {"is_shuffled": shuffled, "is_half_first": half}
    for shuffled in (False, True)
    for half in (False, True)
]


def albums_of(*sizes, seed=0):
    chance = random.Random(seed)
    return [[UUID(int=chance.getrandbits(128)) for _ in range(size)] for size in sizes]


def in_turn(albums, seed="a", **manner):
    manner = {"is_shuffled": True, "is_half_first": False, **manner}
    return slide_order.in_turn(albums, seed=seed, **manner)


@pytest.mark.parametrize("manner", MANNERS, ids=str)
def test_b62_every_photo_comes_once_whatever_the_seed_and_the_sizes(manner):
    for number in range(60):
        chance = random.Random(number)
        albums = albums_of(*(chance.choice(SIZES) for _ in range(chance.randrange(5))), seed=number)
        turn = in_turn(albums, seed=f"s{number}", **manner)
        assert Counter(turn) == Counter(photo for album in albums for photo in album)


def test_x80_an_album_with_one_photo_has_its_turn_in_the_first_part():
    for seed in "abcdefghij":
        albums = albums_of(1, 40)
        assert albums[0][0] in in_turn(albums, seed=seed, is_half_first=True)[:21]


def test_b62_one_half_of_each_album_rounded_up_comes_before_any_other_half():
    albums = albums_of(0, 1, 2, 5, 8)
    first = in_turn(albums, is_half_first=True)[: 0 + 1 + 1 + 3 + 4]
    assert [len(set(album) & set(first)) for album in albums] == [0, 1, 1, 3, 4]


def test_b62_which_half_is_the_seeds_choice():
    [album] = albums_of(40)
    halves = {frozenset(in_turn([album], seed=seed, is_half_first=True)[:20]) for seed in "abcd"}
    assert len(halves) == 4


def test_in_their_order_halves_keep_the_order_of_their_albums():
    albums = albums_of(6, 7)
    place = {photo: at for at, photo in enumerate(albums[0] + albums[1])}
    turn = [place[photo] for photo in in_turn(albums, is_shuffled=False, is_half_first=True)]
    assert turn[:7] == sorted(turn[:7])
    assert turn[7:] == sorted(turn[7:])


def test_in_their_order_albums_follow_each_other():
    albums = albums_of(3, 2)
    assert in_turn(albums, is_shuffled=False) == albums[0] + albums[1]


def test_b62_shuffled_albums_are_mixed_with_each_other():
    albums = albums_of(30, 30)
    turn = in_turn(albums)
    assert len([*groupby(photo in albums[0] for photo in turn)]) > 10


def test_the_same_seed_gives_the_same_order_and_another_another():
    albums = albums_of(20)
    assert in_turn(albums, seed="a") == in_turn(albums, seed="a") != in_turn(albums, seed="b")


@pytest.mark.parametrize("gone", range(0, 30, 7))
def test_what_goes_or_comes_moves_no_other_shuffled_photo(gone):
    [album] = albums_of(30)
    fewer = album[:gone] + album[gone + 1 :]
    assert [photo for photo in in_turn([album]) if photo != album[gone]] == in_turn([fewer])


def test_a_name_stands_for_the_uuids_that_begin_with_it():
    photo = UUID("0123456789ab4def8123456789abcdef")
    first, last = slide_order.range_of(slide_order.name_of(photo))
    assert first < photo < last
    assert slide_order.name_of(first) == slide_order.name_of(last) == "0123456789ab"


def test_a_version_tells_what_is_there_and_not_in_which_order():
    [album] = albums_of(9)
    assert slide_order.version_of(album) == slide_order.version_of(album[::-1])
    assert slide_order.version_of(album) != slide_order.version_of(album[1:])


@pytest.mark.parametrize("text", ["", "a b", "ä", "a" * 41, "../x", "a\n"])
def test_nothing_else_is_a_seed(text):
    assert not slide_order.SEED.fullmatch(text)
