"""The selection for other programs: names for their search fields, a smart collection, CSV.

How the fields read several names:

- Lightroom Classic, Library filter "Text", *Filename*, *Contains*: finds any of the terms between
  commas or blanks. Source: Adobe's help, "Find photos in the catalog", and the SDK's Programmers
  Guide, "Searching for photos by metadata values", where it is the operation ``any``.
- Capture One, search field of the library: finds any of the terms between blanks. Its maker
  documents no more than that the field looks through names; proofing services hand over lists so.
- Finder and Explorer: ``OR`` in capitals between terms; a phrase in double quotes is taken as it
  stands. Sources: Apple's help, "Narrow your search results on Mac", and Microsoft's Advanced
  Query Syntax.

All of them look for parts of names: ``IMG_452`` also finds ``IMG_4521``, and a name that holds a
comma or a blank is several terms to the first two (``camera_names.search_warnings``). The plain
list has none of these limits, and the smart collection not the first: its rules are beginnings.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Literal
from uuid import UUID, uuid5

from .names import PICTURE_EXTENSIONS, last_component, name_key
from .spreadsheets import FORMULA_BEGINNINGS, CellValue, SelectionRow, selection_table

Program = Literal["lightroom", "capture_one", "finder", "explorer", "plain"]

# The same names make the same collection, so that importing it again replaces it.
NAMESPACE = UUID("6e1a3a6e-5d0b-4b5e-9a52-5a4f8f0c2f11")

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_CSV = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_PLAIN_TERM = re.compile(r"\w+")


def search_text(names: Iterable[str], program: Program) -> str:
    """``names`` without extensions, each once, joined as ``program``'s search field reads them.

    An empty text for no names. Raises KeyError for an unknown program.
    """
    return _JOINED[program](_stems(names))


def smart_collection(names: Iterable[str], title: str) -> str:
    """A Lightroom Classic smart collection (.lrsmcol) of the files with these names.

    One rule for each name, "starts with" the stem and its dot, so that the RAW is found whatever
    its extension. The file is the Lua table that Lightroom itself exports; names of criteria and
    operations are those of the SDK's Programmers Guide.
    """
    rules = "".join(
        "\t\t{\n"
        '\t\t\tcriteria = "filename",\n'
        '\t\t\toperation = "beginsWith",\n'
        f"\t\t\tvalue = {_lua_text(f'{stem}.')},\n"
        '\t\t\tvalue2 = "",\n'
        "\t\t},\n"
        for stem in _stems(names)
    )
    name = _lua_text(_CONTROL_CHARACTERS.sub(" ", title).strip())
    return (
        "s = {\n"
        f'\tid = "{str(uuid5(NAMESPACE, name + rules)).upper()}",\n'
        f"\tinternalName = {name},\n"
        f"\ttitle = {name},\n"
        '\ttype = "LibrarySmartCollection",\n'
        f'\tvalue = {{\n{rules}\t\tcombine = "union",\n\t}},\n'
        "\tversion = 0,\n}\n"
    )


def selection_csv(rows: Iterable[SelectionRow], time_zone: tzinfo) -> str:
    """The selection as CSV text (RFC 4180), with the columns of the workbook.

    Spreadsheet programs read formulas in CSV too, so a text that begins like one gets a ``'`` in
    front, as OWASP advises ("CSV Injection"). To be encoded as ``utf-8-sig``, without whose first
    bytes Excel takes UTF-8 for something else.
    """
    columns = selection_table(rows, time_zone)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow([neutralised(column.header) for column in columns])
    for values in zip(*(column.values for column in columns), strict=True):
        writer.writerow([_csv_value(value) for value in values])
    return stream.getvalue()


def neutralised(text: str) -> str:
    """``text`` so that no spreadsheet program takes it for a formula."""
    visible = _NOT_IN_CSV.sub("", text)
    return f"'{visible}" if visible.lstrip(" ").startswith(FORMULA_BEGINNINGS) else visible


def _lua_text(text: str) -> str:
    """A text as Lua reads it (Reference Manual 5.1, 2.1)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _csv_value(value: CellValue) -> str:
    if value is None:
        return ""
    return neutralised(value) if isinstance(value, str) else str(value)


def _stems(names: Iterable[str]) -> list[str]:
    """The names without folder and extension; a RAW and its JPEG are one."""
    stems: dict[str, str] = {}
    for stem in filter(None, map(_stem, names)):
        stems.setdefault(name_key(stem), stem)
    return list(stems.values())


def _stem(name: str) -> str:
    visible = _CONTROL_CHARACTERS.sub("", last_component(name)).strip()
    stem, _dot, extension = visible.rpartition(".")
    return stem.strip() if extension.lower() in PICTURE_EXTENSIONS else visible


def _any_of(stems: Iterable[str]) -> str:
    return " OR ".join(_term(stem) for stem in stems)


def _term(stem: str) -> str:
    """Quoted where an operator or a blank could be read into it."""
    if _PLAIN_TERM.fullmatch(stem) and stem not in ("AND", "OR", "NOT"):
        return stem
    return '"' + stem.replace('"', "") + '"'


_JOINED: dict[str, Callable[[list[str]], str]] = {
    "lightroom": ", ".join,
    "capture_one": " ".join,
    "finder": _any_of,
    "explorer": _any_of,
    "plain": "\n".join,
}
