"""Addresses of films: one for each film, however it was copied, and where its player is.

A film's address is https and nothing else. YouTube's and Vimeo's are brought to one form, so that
the same film is known again, and their players are those that keep no cookies before the film
plays:

* ``youtube-nocookie.com/embed/ID`` is YouTube's "privacy enhanced mode"
  (support.google.com/youtube/answer/171780);
* ``dnt=1`` tells Vimeo's player to keep nothing (help.vimeo.com, "player parameters").

Of any other provider the player is the one that its own markup frames.
"""

from __future__ import annotations

import ipaddress
import re
from html.parser import HTMLParser
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlencode, urlsplit

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import FilmRefused

__all__ = ["film_address", "framed_player", "known_player", "provider_of"]

LONGEST_ADDRESS = 1024
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Names alone, as a content security policy may name them: no user, no port, no address in numbers.
_HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*")
_YOUTUBE_HOSTS = ("youtube.com", "youtube-nocookie.com", "youtu.be")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_FOLDERS = ("embed", "shorts", "live", "v", "e")
_VIMEO_ID = re.compile(r"\d{1,15}")
_VIMEO_KEY = re.compile(r"[0-9a-f]{6,40}")
# What says where somebody came from, and nothing of the film.
_NOT_OF_THE_FILM = re.compile(r"utm_\w+|fbclid|gclid|si|feature")


def film_address(text: str) -> str:
    """The one address of the film that somebody copied from wherever they watched it.

    ``http`` becomes ``https``. Raises FilmRefused, with the reason in words, for what is no such
    address.
    """
    parts = _split(text)
    if youtube := _youtube_id(parts):
        return f"https://www.youtube.com/watch?v={youtube}"
    if vimeo := _vimeo_id(parts):
        return f"https://vimeo.com/{'/'.join(filter(None, vimeo))}"
    query = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not _NOT_OF_THE_FILM.fullmatch(pair[0])
    ]
    address = parts._replace(query=urlencode(query), fragment="").geturl()
    if len(address) > LONGEST_ADDRESS:
        raise FilmRefused(_("This address is too long."))
    return address


def known_player(address: str) -> str:
    """The player of a film's own address at YouTube and Vimeo; empty for any other provider."""
    parts = urlsplit(address)
    if youtube := _youtube_id(parts):
        return f"https://www.youtube-nocookie.com/embed/{youtube}?autoplay=1&playsinline=1&rel=0"
    if vimeo := _vimeo_id(parts):
        number, key = vimeo
        query = {"dnt": 1, "autoplay": 1, **({"h": key} if key else {})}
        return f"https://player.vimeo.com/video/{number}?{urlencode(query)}"
    return ""


def provider_of(address: str) -> str:
    """What people call the site of a film: a name where it is known, its host elsewhere."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    if _is_at(parts, *_YOUTUBE_HOSTS):
        return "YouTube"
    return "Vimeo" if _is_at(parts, "vimeo.com") else host


def framed_player(html: str) -> str:
    """The address of the frame that a provider's markup holds; empty where there is none to use.

    Of the markup nothing else is ever used. It must be https at a name: what a player may frame is
    said in a header, into which no other text may come.
    """
    frames = _Frames()
    frames.feed(html)
    for source in frames.sources:
        source = source.strip()
        parts = _parted(f"https:{source}" if source.startswith("//") else source)
        if parts and parts.scheme == "https":
            player = _keeping_nothing(parts).geturl()
            return player if len(player) <= LONGEST_ADDRESS else ""
    return ""


def _keeping_nothing(parts: SplitResult) -> SplitResult:
    """The same player, without cookies where that can be asked for."""
    if _is_at(parts, "youtube.com"):
        return parts._replace(netloc="www.youtube-nocookie.com")
    if _is_at(parts, "vimeo.com"):
        return parts._replace(query=urlencode([*parse_qsl(parts.query), ("dnt", 1)]))
    return parts


class _Frames(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe" and (source := dict(attrs).get("src")):
            self.sources.append(source)


def _split(text: str) -> SplitResult:
    text = text.strip()
    if not text:
        raise FilmRefused(_("Paste the address of the film."))
    if not _SCHEME.match(text):
        text = f"https://{text.lstrip('/')}"
    parts = _parted(text)
    if parts is None or parts.scheme not in ("http", "https"):
        raise FilmRefused(_("This is not the address of a film on the web."))
    return parts._replace(scheme="https")


def _parted(text: str) -> SplitResult | None:
    """An address at a public name, in its parts; None for any other text."""
    if any(character.isspace() or not character.isprintable() for character in text):
        return None
    try:
        parts = urlsplit(text)
        is_plain = parts.username is None and parts.password is None and parts.port is None
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return None
    if not is_plain or not _HOST.fullmatch(host) or _is_number(host):
        return None
    return parts._replace(netloc=host)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_at(parts: SplitResult, *sites: str) -> bool:
    host = parts.hostname or ""
    return any(host == site or host.endswith(f".{site}") for site in sites)


def _youtube_id(parts: SplitResult) -> str:
    if not _is_at(parts, *_YOUTUBE_HOSTS):
        return ""
    steps = parts.path.strip("/").split("/")
    if _is_at(parts, "youtu.be"):
        found = steps[0]
    elif steps == ["watch"]:
        found = next(iter(parse_qs(parts.query).get("v", [])), "")
    elif len(steps) == 2 and steps[0] in _YOUTUBE_FOLDERS:
        found = steps[1]
    else:
        return ""
    return found if _YOUTUBE_ID.fullmatch(found) else ""


def _vimeo_id(parts: SplitResult) -> tuple[str, str] | None:
    """The number of a film at Vimeo, and the key that an unlisted one needs."""
    if not _is_at(parts, "vimeo.com"):
        return None
    steps = parts.path.strip("/").split("/")
    numbers = [place for place, step in enumerate(steps) if _VIMEO_ID.fullmatch(step)]
    if not numbers or "event" in steps:
        return None
    place = numbers[-1]
    if steps[:1] in (["showcase"], ["album"]) and place < 2:
        return None
    beyond = steps[place + 1 : place + 2]
    key = beyond[0] if beyond else next(iter(parse_qs(parts.query).get("h", [])), "")
    return steps[place], key if _VIMEO_KEY.fullmatch(key) else ""
