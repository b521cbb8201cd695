"""A live site used as people use it, and misuse it: no token is written down anywhere."""

import http.client
from urllib.parse import urlencode

import pytest
from django_q.models import OrmQ, Task

from pumbaphoto_wagtail.models import Message
from tests.serving.browsers import Raw

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]


def uses(front, tokens: dict[str, str], photo: dict) -> None:
    """Everything that is done with a token, by its holder and by others."""
    anna, stranger = Raw(front), Raw(front)
    anna.open(tokens["client"])
    for token in tokens.values():
        address = f"/galleries/s/{token}"
        # A browser that sends the whole address as its referrer, to a file that is not there.
        said = f"{front.address}{address}"
        for path in ("/static/nothing.css", "/media/nothing.jpg", "/nothing", photo["grid"]):
            anna.ask(path, Referer=said)
        for spelled in (
            address,
            f"{address}/",
            f"{address}/more",
            f"{address}.",
            f"{address}?utm_source=mail",
            f"//galleries//s//{token}",
            f"/galleries/%73/{token}",
            f"/galleries/s%2f{token}",
            f"/galleries/x/../s/{token}",
            f"/galleries/s/{token[:-1]}%{ord(token[-1]):x}",
            f"/s/{token}",
            f"/elsewhere/s/{token}",
            f"/galleries/S/{token}",
            f"/admin/login/?next=/galleries/s/{token}",
        ):
            for method in ("GET", "HEAD", "POST", "PUT"):
                stranger.ask(spelled, method, b"pin=1" if method == "POST" else b"", Referer=said)
        stranger.ask(address, User_Agent="WhatsApp/2.23.20.0")
        _plain(front, address)
    form = urlencode({"email": "anna@example.com"}).encode()
    stranger.ask("/galleries/link/", "POST", form, Referer=front.address)


def _plain(front, address: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.plain_port, timeout=60)
    connection.request("GET", address, headers={"Host": "127.0.0.1"})
    connection.getresponse().read()
    connection.close()


def ask_by_mail(front) -> None:
    """As a browser fills in the form."""
    browser = Raw(front)
    page = browser.ask("/galleries/link/")
    browser.cookies = page.headers["Set-Cookie"].partition(";")[0]
    token = page.body.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = urlencode({"email": "ANNA@example.com", "csrfmiddlewaretoken": token}).encode()
    answer = browser.ask(
        "/galleries/link/",
        "POST",
        form,
        Content_Type="application/x-www-form-urlencoded",
        Referer=f"{front.address}/galleries/link/",
    )
    assert answer.status == 200, answer.body


def test_no_token_is_written_down(site, plain, busy, planted):
    tokens = planted["tokens"]
    for front in (plain, busy):
        uses(front, tokens, planted["photos"][0])
    ask_by_mail(plain)
    site.start("slow worker")
    mails = site.wait_until(lambda: site.mail.messages, what="the link by mail")
    assert tokens["client"] in mails[0].get_body(("plain",)).get_content()
    site.wait_until(lambda: site.rows(Message).filter(sent_at=None).count() == 0, what="the mark")
    site.kill("slow worker")

    tasks = [str(row.task) for row in site.rows(OrmQ)]
    tasks += [f"{row.args} {row.kwargs} {row.result}" for row in site.rows(Task)]
    written = {"queue": "\n".join(tasks).encode()}
    folders = [
        site.directory / "log",
        plain.home / "log",
        busy.home / "log",
        busy.home / "verdicts",
    ]
    for folder in folders:
        written |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    # The tables of the outbox, the queue, sessions and histories are in it, whatever they hold.
    for path in site.directory.glob("studio.sqlite3*"):
        written[str(path)] = path.read_bytes()
    assert len(written) > 8
    for name, token in tokens.items():
        for spelled in (token, token.replace("-", ""), token[:-1]):
            found = [place for place, text in written.items() if spelled.encode() in text]
            assert not found, f"{name}: {found}"
    assert b"/galleries/s/***" in written[str(plain.home / "log" / "studio.log")]
