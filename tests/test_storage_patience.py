"""A volume that hangs holds nobody who asks it, and no more than one thread for each question."""

import threading
import time

import pytest

from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.storage import all_in_time, in_time


@pytest.fixture
def hanging():
    """A volume that does not answer until it is told to; counts who asks."""
    back = threading.Event()
    asked = []

    def ask():
        asked.append(1)
        back.wait(30)
        return "there"

    ask.asked, ask.back = asked, back
    yield ask
    back.set()


def test_an_answer_is_passed_on():
    assert in_time(lambda: 42, 5) == 42


def test_so_is_what_the_volume_refuses_with():
    def away():
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError, match="gone"):
        in_time(away, 5)


def test_silence_is_a_volume_that_is_away(hanging):
    with pytest.raises(StorageOffline, match=r"no answer within 0\.05 seconds"):
        in_time(hanging, 0.05)


def test_one_that_hangs_holds_up_no_other(hanging):
    answers = all_in_time({"away": hanging, "there": lambda: 42}, 0.2)

    assert answers["there"] == 42
    assert isinstance(answers["away"], StorageOffline)


def test_the_next_question_does_not_wait_behind_one_that_hangs(hanging):
    for _attempt in range(3):
        all_in_time({"originals": hanging}, 0.05)

    assert len(hanging.asked) == 1


def test_once_it_answers_it_is_asked_again(hanging):
    all_in_time({"cold": hanging}, 0.05)
    hanging.back.set()
    deadline = time.monotonic() + 10
    answer = None
    while answer != "there" and time.monotonic() < deadline:
        answer = all_in_time({"cold": hanging}, 5)["cold"]

    assert answer == "there"


def test_whoever_has_an_answer_may_ask_again_at_once():
    for number in range(200):
        assert all_in_time({"quick": lambda number=number: number}, 5) == {"quick": number}
