"""What befalls a machine in operation, one thing at a time, while a studio is at work on it.

``make drills`` has each of them last through a good part of a shoot, on PostgreSQL, with a volume
that fails as a NAS does. The suite has each misfortune of :mod:`tests.faults.misfortunes` once.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import requests
from django.db import connections

from pumbaphoto_wagtail.models import Message
from tests.faults import mail_line
from tests.faults.ill_volume import ill_volume
from tests.faults.mail_line import MailLine
from tests.faults.misfortunes import (
    KINDS,
    ONLY_ON_A_SERVER,
    Misfortunes,
    Volume,
)
from tests.faults.people import Diary
from tests.faults.studio import PACKAGE, Studio, odd_errors
from tests.faults.test_database import SAFE, cut_every_connection, restart, settle_copy
from tests.faults.test_every_call import IS_THOROUGH
from tests.live import LiveSite, live_site
from tests.postgresql import private_server

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]
ONLY_IN_DRILLS = pytest.mark.skipif(not IS_THOROUGH, reason="takes minutes: make drills")

PROGRAMS = ("clamd", "worker", "second worker", "slow worker", "watch", "web", "uploads")
TROUBLE_SECONDS = 12
PAGE_SECONDS = 5


@contextmanager
def busy_site(django_db_blocker, server: dict[str, str] | None) -> Iterator[LiveSite]:
    """A live site whose volumes and mail can be made to fail; nothing runs yet but clamd."""
    if os.geteuid():
        pytest.skip("only root may mount volumes")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        site = stack.enter_context(live_site(server, **PACKAGE))
        site.server = server
        if server:
            settle_copy(server)
        site.know_volumes()
        site.line = stack.enter_context(MailLine(site.mail))
        site.mail.port = site.line.port
        yield site


def studio_on(site: LiveSite, people: int = 2, **ways: bool) -> Studio:
    diary = Diary(site.directory / "diary.jsonl")
    return Studio(site, diary, people=people, seed=1, **ways)


# --- Each once, for the suite --------------------------------------------------------------------


def test_a_studio_survives_each_misfortune(django_db_blocker):
    with busy_site(django_db_blocker, None) as site, Volume(site) as volume, ExitStack() as stack:
        stack.callback(site.end)
        site.start(*PROGRAMS)
        studio = studio_on(site, people=1, is_hurried=True)
        they = Misfortunes(site, volume, site.line, None, seed=1, pause_seconds=0.1, length=0.3)
        studio.open()
        kinds = [name for name in KINDS if name not in ONLY_ON_A_SERVER]
        they.befall_each(kinds)
        they.end_all()
        studio.close()
        studio.check()
        assert set(they.counts) == set(kinds)
        assert not they.written_below
        assert not odd_errors(site), odd_errors(site)


# --- One at a time, for the drills ---------------------------------------------------------------


@pytest.fixture(scope="module")
def ill_site(django_db_blocker):
    """On PostgreSQL, with a volume that is ill on demand."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_server(SAFE))
        except RuntimeError as reason:
            pytest.skip(str(reason))
        site = stack.enter_context(busy_site(django_db_blocker, server))
        try:
            site.ill = stack.enter_context(ill_volume(site.directory / "volume"))
        except RuntimeError as reason:
            pytest.skip(f"FUSE is not to be had: {reason}")
        stack.callback(site.end)
        site.start(*PROGRAMS)
        yield site


Trouble = Callable[[LiveSite], Iterator[None]]


def being(**ill: object) -> Trouble:
    @contextmanager
    def trouble(site: LiveSite) -> Iterator[None]:
        site.ill.be(**ill)
        try:
            yield
        finally:
            site.ill.be()

    return trouble


def mailing(way: str, refusal: str = "") -> Trouble:
    @contextmanager
    def trouble(site: LiveSite) -> Iterator[None]:
        site.line.way, site.mail.refusal = way, refusal
        try:
            yield
        finally:
            site.line.way, site.mail.refusal = mail_line.PASSES, ""

    return trouble


def repeated(harm: Callable[[LiveSite], None], seconds: float) -> Trouble:
    """Done again and again, so long after the last time."""

    @contextmanager
    def trouble(site: LiveSite) -> Iterator[None]:
        end = threading.Event()

        def go_on() -> None:
            while not end.wait(seconds):
                harm(site)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    return trouble


@contextmanager
def hanging_volume(site: LiveSite) -> Iterator[None]:
    with site.ill.hanging():
        yield


@contextmanager
def scanner_away(site: LiveSite) -> Iterator[None]:
    site.kill("clamd")
    try:
        yield
    finally:
        site.start("clamd")


def clocks(**skews: int) -> Trouble:
    """Programs with wrong clocks, by their names with underscores."""
    names = {name.replace("_", " "): seconds for name, seconds in skews.items()}

    @contextmanager
    def trouble(site: LiveSite) -> Iterator[None]:
        for name, seconds in names.items():
            site.kill(name)
            site.environments[name] = {"LIVE_CLOCK": str(seconds)}
            site.start(name, awaits_web=False)
        try:
            yield
        finally:
            for name in names:
                site.kill(name)
                del site.environments[name]
                site.start(name, awaits_web=False)

    return trouble


def empty_the_queue(site: LiveSite) -> None:
    with connections[site.alias].cursor() as cursor:
        cursor.execute("DELETE FROM django_q_ormq")
    connections[site.alias].close()


def deploy(site: LiveSite) -> None:
    """SIGTERM to everything, and all of it again, as after an update."""
    for name in PROGRAMS[1:]:
        site.signal_first(name, signal.SIGTERM)
    for name in PROGRAMS[1:]:
        site.stop(name, seconds=15)
        site.start(name, awaits_web=False)


def kill_mailer(site: LiveSite) -> None:
    """In the moment in which the mail server has taken a message."""
    taken = len(site.mail.messages)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        if len(site.mail.messages) > taken:
            site.kill("slow worker")
            site.start("slow worker")
            return
        time.sleep(0.001)


TWO_HOURS = 7200
TROUBLES: dict[str, Trouble] = {
    "volume answers ESTALE": being(open="ESTALE", getattr="ESTALE", rename="ESTALE", link="ESTALE"),
    "volume full at write": being(write="ENOSPC"),
    "volume full at fsync": being(fsync="ENOSPC"),
    "volume full at close": being(flush="ENOSPC"),
    "volume full at link and rename": being(link="ENOSPC", rename="ENOSPC", mkdir="ENOSPC"),
    "volume over quota": being(write="EDQUOT", fsync="EDQUOT"),
    "volume with read errors": being(read="EIO"),
    "volume read-only": being(
        create="EROFS", write="EROFS", link="EROFS", rename="EROFS", unlink="EROFS", mkdir="EROFS"
    ),
    "volume slow": being(seconds=2),
    "volume hanging": hanging_volume,
    "database restarted": repeated(lambda site: restart(site.server), 4),
    "connections cut": repeated(lambda site: cut_every_connection(site.server), 0.7),
    "queue purged": repeated(empty_the_queue, 0.5),
    "no mail server": mailing(mail_line.REFUSES),
    "mail server hanging": mailing(mail_line.HANGS),
    "mail server slow": mailing(mail_line.SLOW),
    "mail server with 4xx": mailing(mail_line.PASSES, "451 Try again later"),
    "mail server with 5xx": mailing(mail_line.PASSES, "554 No"),
    "mail taken and dropped": mailing(mail_line.DROPS),
    "mailer killed after 250": repeated(kill_mailer, 0.1),
    "scanner away": scanner_away,
    "everything deployed anew": repeated(deploy, 3),
    "workers two hours ahead": clocks(worker=TWO_HOURS, second_worker=TWO_HOURS),
    "workers two hours behind": clocks(worker=-TWO_HOURS, slow_worker=-TWO_HOURS),
    "mailer two hours ahead": clocks(slow_worker=TWO_HOURS),
    "web two hours ahead": clocks(web=TWO_HOURS, uploads=TWO_HOURS),
    "web two hours behind": clocks(web=-TWO_HOURS, uploads=-TWO_HOURS),
    # The night in which an hour comes twice, and the one in which it does not come.
    "clocks a day ahead": clocks(web=86_400, uploads=86_400, worker=86_400, slow_worker=86_400),
}


@ONLY_IN_DRILLS
@pytest.mark.parametrize("name", TROUBLES)
def test_work_waits_and_goes_on_by_itself(ill_site, name):
    site = ill_site
    studio = studio_on(site)
    mails = len({message["Message-ID"] for message in site.mail.messages})
    studio.open()
    site.wait_until(lambda: studio.diary.counts()["original"] >= 3, what="the first files")
    began = time.monotonic()
    with TROUBLES[name](site):
        pages = Pages(site)
        while time.monotonic() < began + TROUBLE_SECONDS:
            pages.look()
            time.sleep(0.3)
    # The address of a page needs no volume, however ill it is.
    if name.startswith(("volume", "mail", "no mail", "queue", "scanner")):
        assert not pages.troubles, pages.troubles
    ended = time.monotonic()
    studio.close()
    print(
        f"{name}: whole after {time.monotonic() - ended:.0f} s, {dict(studio.diary.counts())},"
        f" answers {dict(studio.answers)}, mails {studio.mail_figures()}"
    )
    studio.check()
    assert studio.diary.counts()["done"] >= 2
    assert not site.rows(Message).filter(sent_at=None).exists()
    assert len({message["Message-ID"] for message in site.mail.messages}) > mails
    assert not odd_errors(site), odd_errors(site)


class Pages:
    """Somebody who looks at pages that need no photograph, and notes what was not answered."""

    def __init__(self, site: LiveSite) -> None:
        self.site = site
        self.troubles: list[str] = []

    def look(self) -> None:
        for path in ("/", "/admin/login/"):
            try:
                answer = requests.get(self.site.address + path, timeout=PAGE_SECONDS)
                if answer.status_code != 200:
                    self.troubles.append(f"{path}: {answer.status_code}")
            except requests.RequestException as error:
                self.troubles.append(f"{path}: {type(error).__name__}")
