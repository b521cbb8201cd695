"""Everything is looked at, each look within its bound, and no look takes the others with it."""

import json
import os
import time

import pytest
from django.core.management import CommandError, call_command

from pumbaphoto_wagtail.doctor import diagnosis, examining
from pumbaphoto_wagtail.doctor.diagnosis import Diagnosis, attention, trouble, well
from pumbaphoto_wagtail.doctor.examining import HUNG, Look, examine, exit_code
from pumbaphoto_wagtail.doctor.storages import look_at_storage
from pumbaphoto_wagtail.management.commands import pumbaphoto_doctor
from pumbaphoto_wagtail.storage.apart import lines_from_child

from .fuse_that_hangs import hanging_file_system

# A child of a process with threads is what this is about.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")


def look(*rows, name="A look", seconds=5):
    return Look(name=name, ask=lambda: rows, seconds=seconds)


def fail():
    raise ValueError("broken\nin lines")


def test_rows_come_in_the_order_of_their_looks():
    looks = [look(well("a", "1"), attention("b", "2", "do")), look(trouble("c", "3", "do"))]

    assert [row.name for row in examine(looks)] == ["a", "b", "c"]


def test_a_look_that_fails_is_a_row_and_no_more():
    rows = list(examine([Look(name="It", ask=fail), look(well("b", "2"))]))

    assert rows[0] == trouble("It", "ValueError: broken", "Look at the log.")
    assert rows[1].name == "b"


def test_a_look_that_hangs_is_told_within_its_bound():
    hanging = Look(name="It", ask=lambda: time.sleep(60), seconds=0.2)
    started = time.monotonic()
    rows = list(examine([hanging, look(well("b", "2"))]))

    assert [(row.name, row.state) for row in rows] == [("It", "trouble"), ("b", "ok")]
    assert time.monotonic() - started < 20


def test_a_process_that_dies_is_told():
    rows = list(examine([look(well("a", "1")), Look(name="It", ask=lambda: os._exit(3))]))

    assert rows[-1] == trouble("It", "no answer, or its process ended", HUNG)


def test_what_two_looks_say_alike_is_told_once():
    assert len(list(examine([look(well("a", "1")), look(well("a", "1"))]))) == 1


@pytest.mark.faults
def test_f36_a_nas_that_hangs_holds_no_command(tmp_path, settings, monkeypatch):
    with hanging_file_system(tmp_path / "nas") as nas:
        settings.STORAGES = settings.STORAGES | {
            "pumbaphoto_originals": {
                "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
                "OPTIONS": {"location": str(nas)},
            }
        }
        asked = Look(
            name="originals", ask=lambda: look_at_storage("pumbaphoto_originals"), seconds=0.5
        )
        started = time.monotonic()
        rows = list(examine([asked, look(well("b", "2"))]))
        took = time.monotonic() - started

    assert took < 10
    assert [(row.name, row.state) for row in rows] == [("originals", "trouble"), ("b", "ok")]
    assert "no answer within 0.5 seconds" in rows[0].words


# --- The child -----------------------------------------------------------------------------------


def test_a_child_tells_lines_of_any_length_and_letters():
    text = "ö" * 100_000

    assert list(lines_from_child(lambda tell: [tell(text), tell("a\nb")], 20)) == [text, "a b"]


def test_a_child_writes_nowhere_else(capfd):
    def work(tell):
        os.write(1, b"not to be seen")
        os.write(2, b"nor this")
        tell("done")

    assert list(lines_from_child(work, 20)) == ["done"]
    assert capfd.readouterr() == ("", "")


def test_a_child_that_hangs_is_killed():
    def work(tell):
        tell(str(os.getpid()))
        time.sleep(60)

    (number,) = lines_from_child(work, 0.3)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number), 0)


def test_a_child_has_database_connections_of_its_own(db, django_assert_num_queries):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE only_here (n integer)")

    def work(tell):
        from django.db import connection as of_child

        tell(str(of_child.connection is None))

    assert list(lines_from_child(work, 20)) == ["True"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM only_here")
        assert cursor.fetchone() == (0,)


# --- The command ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], 0),
        ([well("a", "1")], 0),
        ([well("a", "1"), attention("b", "2", "do")], 1),
        ([attention("b", "2", "do"), trouble("c", "3", "do"), well("a", "1")], 2),
    ],
)
def test_the_exit_code_is_the_worst_row(rows, code):
    assert exit_code(rows) == code


def run(monkeypatch, capsys, rows, *arguments):
    monkeypatch.setattr(examining, "looks", lambda: [look(*rows)])
    with pytest.raises(SystemExit) as ended:
        call_command("pumbaphoto_doctor", *arguments)
    return ended.value.code, capsys.readouterr().out


ROWS = [well("One", "is well"), trouble("Two", "is broken", "mend it")]


def test_the_table_tells_state_words_and_what_to_do(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, ROWS)

    assert code == 2
    assert [line.split() for line in said.splitlines()] == [
        ["ok", "One", "is", "well"],
        ["TROUBLE", "Two", "is", "broken"],
        ["→", "mend", "it"],
    ]


def test_json_tells_the_same(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, ROWS, "--json")
    found = json.loads(said)

    assert (code, found["exit_code"]) == (2, 2)
    assert [Diagnosis(**row) for row in found["rows"]] == ROWS


def test_a_storage_that_is_not_there_cannot_be_probed():
    with pytest.raises(CommandError, match="there are pumbaphoto_originals, "):
        call_command("pumbaphoto_doctor", "--probe", "nowhere")


def test_all_storages_are_probed_or_one():
    asked = pumbaphoto_doctor.Command._probes
    assert len(asked("all")) == 6
    assert [each.name for each in asked("pumbaphoto_cold")] == ["pumbaphoto_cold"]


def test_everything_has_a_look_of_its_own():
    names = [each.name for each in examining.looks()]

    assert len(names) == len(set(names))
    assert {"Database", "clamd", "Queue", "Mail", "Settings", "pumbaphoto_cold"} <= set(names)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.00032, "0.32 ms"), (0.5, "500 ms"), (1.5, "1.5 s"), (1200, "20 min"), (1e6, "12 days")],
)
def test_times_are_told_in_words(seconds, words):
    assert diagnosis.seconds_in_words(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1536, "1.5 KiB"), (512 * 2**20, "512 MiB"), (5 * 2**40, "5.0 TiB")],
)
def test_sizes_are_told_in_words(size, words):
    assert diagnosis.bytes_in_words(size) == words
