import pytest

from pumbaphoto_wagtail.proofing.limits import Tally


@pytest.mark.parametrize(
    ("tally", "count", "hint"),
    [
        (Tally(chosen=38, included=50), "38 of 50 chosen", ""),
        (Tally(chosen=38), "38 chosen", ""),
        (Tally(chosen=38, maximum=60), "38 of 60 chosen", ""),
        (Tally(chosen=3, minimum=10, included=20), "3 of 20 chosen", "choose 7 more"),
        (
            Tally(chosen=53, included=50, extras_words="at 15 €"),
            "53 chosen",
            "50 included, 3 extra at 15 €",
        ),
        (Tally(chosen=51, included=50), "51 chosen", "50 included, 1 extra"),
        (Tally(chosen=61, included=50, maximum=60), "61 chosen", "1 too many: at most 60"),
    ],
)
def test_what_is_said(tally, count, hint):
    assert (tally.count_words, tally.hint_words) == (count, hint)


@pytest.mark.parametrize(
    ("tally", "can_be_sent"),
    [
        (Tally(chosen=0), False),
        (Tally(chosen=0, notes=1), True),
        (Tally(chosen=1), True),
        (Tally(chosen=9, minimum=10), False),
        (Tally(chosen=10, minimum=10, maximum=10), True),
        (Tally(chosen=11, maximum=10), False),
        (Tally(chosen=99, included=50), True),
    ],
)
def test_what_can_be_sent(tally, can_be_sent):
    assert tally.can_be_sent is can_be_sent
