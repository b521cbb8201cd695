"""A provider of films for tests: Wagtail's own finder interface, and a server of pictures."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from wagtail.embeds.exceptions import EmbedNotFoundException
from wagtail.embeds.finders import get_finders
from wagtail.embeds.finders.base import EmbedFinder

FILM = "https://films.example/watch/42"


class Provider(EmbedFinder):
    """Knows the films of films.example, and YouTube's; ``answers`` says what of each."""

    answers: dict[str, dict] = {}
    asked: list[str] = []

    def accept(self, url):
        return url.startswith(("https://films.example/", "https://www.youtube.com/"))

    def find_embed(self, url, max_width=None, max_height=None):
        self.asked.append(url)
        if url not in self.answers:
            raise EmbedNotFoundException
        return self.answers[url]


def answer(**said) -> dict:
    """What oEmbed answers of a film."""
    return {
        "type": "video",
        "title": "Our day",
        "provider_name": "Films",
        "author_name": "",
        "thumbnail_url": None,
        "width": 1280,
        "height": 720,
        "html": '<iframe src="https://player.films.example/42" onload="x()"></iframe>',
        **said,
    }


class Handler(BaseHTTPRequestHandler):
    """Answers with what ``server.pages`` has: (status, headers, body) or a function doing it."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        page = self.server.pages.get(self.path, (404, {}, b""))
        if callable(page):
            page(self)
            return
        status, headers, body = page
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


def make_certificate(folder) -> str:
    """A certificate for "localhost" with its key, in one file."""
    path = folder / "localhost.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(path), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (folder / "certificate.pem").read_text())
    return str(path)


@contextmanager
def pictures_server(certificate: str) -> Iterator[ThreadingHTTPServer]:
    """An https server on "localhost"; ``url`` is where it is."""
    server = ThreadingHTTPServer(("localhost", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.pages, server.asked = {}, []
    server.url = f"https://localhost:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def finders(settings, *classes: str) -> Iterator[None]:
    """Wagtail's finders of embeds, as settings; it remembers those it has made."""
    before = getattr(
        settings, "WAGTAILEMBEDS_FINDERS", [{"class": "wagtail.embeds.finders.oembed"}]
    )
    settings.WAGTAILEMBEDS_FINDERS = [{"class": name} for name in classes]
    get_finders.cache_clear()
    try:
        yield
    finally:
        settings.WAGTAILEMBEDS_FINDERS = before
        get_finders.cache_clear()


PROVIDER = f"{__name__}.Provider"
