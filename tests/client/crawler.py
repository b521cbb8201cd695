"""A visitor who follows everything: links, pictures, lists, forms that ask, and search boxes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs, urldefrag, urljoin, urlsplit, urlunsplit

from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.test import Client as Browser

ADDRESSES = ("href", "src", "data-url", "data-href", "action", "data-w-init-url")
# The way out, what is the same for everybody, and a page of Wagtail's that fails on purpose.
NOT_FOLLOWED = ("/logout/", "/static/", "/admin/sprite", "/admin/jsi18n", "/admin/failwhale/")
SITE = "testserver"
MOST = 1500


class Crawler:
    """Walks through the site in one browser and shows every answer to ``look``.

    ``words`` are put in every search box, one after the other; ``look`` gets the address, the
    answer's text, and the word that was asked for, which an answer may repeat. One that is not
    deep opens only what it was told to.
    """

    def __init__(
        self,
        browser: Browser,
        look: Callable[[str, str, str], None],
        words: Iterable[str] = (),
        *,
        is_deep: bool = True,
    ) -> None:
        self.browser = browser
        self.look = look
        self.words = [*words]
        self.is_deep = is_deep
        self.seen: set[str] = set()
        self.waiting: deque[tuple[str, str]] = deque()
        self.boxes: set[tuple[str, str]] = set()

    def walk(self, *starts: str) -> None:
        """Begin at these addresses and end when there is nothing new."""
        for address in starts:
            self.add(address)
        while self.waiting:
            assert len(self.seen) < MOST, "this does not end"
            address, asked = self.waiting.popleft()
            self.visit(address, asked)

    def add(self, address: str, asked: str = "") -> None:
        address = urldefrag(address).url
        parts = urlsplit(address)
        is_here = parts.scheme in ("", "http") and parts.netloc in ("", SITE, "localhost")
        if not is_here or any(part in parts.path for part in NOT_FOLLOWED):
            return
        # The same list in another order, or filtered by another day, tells nothing new.
        kind = parts.path + "?" + "&".join(sorted(parse_qs(parts.query))) + f" {asked}"
        if parts.path.startswith("/") and kind not in self.seen:
            self.seen.add(kind)
            self.waiting.append((urlunsplit(("", "", parts.path, parts.query, "")), asked))

    def visit(self, address: str, asked: str) -> None:
        response = self.browser.get(address)
        assert response.status_code < 500, f"{response.status_code} at {address}"
        if location := response.headers.get("Location"):
            self.look(address, location, asked)
            self.add(urljoin(address, location), asked)
            return
        text = text_of(response)
        self.look(address, text + str(response.headers), asked)
        if self.is_deep and not asked and "html" in response.headers.get("Content-Type", ""):
            self.read(address, text)

    def read(self, address: str, text: str) -> None:
        """Find what the page leads to."""
        soup = BeautifulSoup(text, "html.parser")
        for name in ADDRESSES:
            for element in soup.find_all(attrs={name: True}):
                if element.name != "form":
                    self.add(urljoin(address, element[name]))
        for form in soup.find_all("form"):
            if form.get("method", "get").lower() == "get":
                self.fill(urljoin(address, form.get("action") or address), form)

    def fill(self, action: str, form) -> None:
        """Ask a form for each of the words, and send it empty."""
        self.add(action)
        for box in form.find_all("input"):
            name = box.get("name")
            if not name or box.get("type", "text") not in ("text", "search"):
                continue
            path = urlsplit(action).path
            if (path, name) not in self.boxes:
                self.boxes.add((path, name))
                for word in self.words:
                    self.add(f"{path}?{name}={word}", word)


def text_of(response: HttpResponse) -> str:
    """What was sent, as far as it is text; of what is packed or a picture the raw letters."""
    content = b"".join(response) if response.streaming else response.content
    return content.decode("utf-8", "replace")
