"""The order of versions: names decide, except where a client or the photographer has."""

from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.delivery.versions import Version, numbered


def version(key, number=0, order=(0, 1), **fields):
    return Version(key=key, number=number, order=order, **fields)


def test_the_first_is_number_one():
    assert numbered([], [version("a")]) == {"a": 1}


def test_later_versions_go_to_the_end():
    assert numbered([version("a", 1)], [version("b", order=(0, 2))]) == {"a": 1, "b": 2}


def test_equal_names_are_ordered_by_arrival():
    assert numbered([version("a", 1)], [version("b")]) == {"a": 1, "b": 2}


def test_an_earlier_version_that_arrives_later_goes_in_front():
    assert numbered([version("v2", 1, (0, 2))], [version("v1")]) == {"v1": 1, "v2": 2}


def test_final_stays_behind_every_number():
    present = [version("final", 1, (1, 1))]
    assert numbered(present, [version("v9", order=(0, 9))]) == {"v9": 1, "final": 2}


def test_nothing_goes_in_front_of_what_is_fixed():
    present = [version("v2", 1, (0, 2), is_fixed=True)]
    assert numbered(present, [version("v1")]) == {"v2": 1, "v1": 2}


def test_what_is_fixed_on_arrival_is_the_newest():
    present = [version("v2", 1, (0, 2))]
    assert numbered(present, [version("hand", is_fixed=True)]) == {"v2": 1, "hand": 2}


VERSIONS = st.builds(
    lambda order, is_fixed: (order, is_fixed),
    st.tuples(st.integers(0, 2), st.integers(1, 4)),
    st.booleans(),
)


@given(st.lists(VERSIONS, max_size=6), st.lists(VERSIONS, max_size=6))
def test_numbers_are_distinct_and_fixed_ones_stay(present, arrived):
    old = [
        version(("old", place), place + 1, order, is_fixed=is_fixed)
        for place, (order, is_fixed) in enumerate(present)
    ]
    new = [
        version(("new", place), 0, order, is_fixed=is_fixed)
        for place, (order, is_fixed) in enumerate(arrived)
    ]
    numbers = numbered(old, new)
    assert len(set(numbers.values())) == len(old) + len(new)
    for one in old:
        assert numbers[one.key] >= one.number
        if one.is_fixed:
            assert numbers[one.key] == one.number
