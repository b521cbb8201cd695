"""Searching a portfolio by the titles that visitors read, and by nothing else of a gallery."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from wagtail.models import Page

from ..models import Gallery, base_page_model

PARAMETER = "q"
LONGEST = 100
WORD = re.compile(r"\w+")


def words_of(request: HttpRequest) -> str:
    """What is searched for; empty for nothing."""
    wanted = request.GET.get(PARAMETER, "")
    readable = "".join(sign if sign.isprintable() else " " for sign in wanted)
    return " ".join(readable.split())[:LONGEST].strip()


def found_pages(index: Page, words: str) -> Q:
    """The pages below an index page whose title has all the words, or beginnings of them.

    Asked of Wagtail's search, which knows letters of all alphabets, and of the titles themselves,
    which have parts of words and what the index has not taken in yet.
    """
    return Q(pk__in=_by_search(index, words)) | _by_title(words, "")


def found(galleries: QuerySet[Gallery], index: Page, words: str) -> QuerySet[Gallery]:
    """Of galleries below an index page those whose page is among :func:`found_pages`."""
    by_search = Q(main_page__in=_by_search(index, words))
    return galleries.filter(by_search | _by_title(words, "main_page__"))


def _by_search(index: Page, words: str) -> list[int]:
    wanted = " ".join(WORD.findall(words))
    if not wanted:
        return []
    pages = base_page_model().objects.live().descendant_of(index)
    return [page.pk for page in pages.autocomplete(wanted, operator="and")]


def _by_title(words: str, prefix: str) -> Q:
    has_all = Q()
    for word in words.split():
        has_all &= Q(**{f"{prefix}title__icontains": word})
    return has_all
