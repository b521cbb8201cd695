"""The management commands, as their own help tells of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.utils.translation import override

import pumbaphoto_wagtail

from .markdown import code, table

FOLDER = Path(pumbaphoto_wagtail.__file__).parent / "management" / "commands"


def names() -> list[str]:
    """Every command of the package."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def parser_of(name: str) -> argparse.ArgumentParser:
    """What reads the command's line; SystemExit or CommandError say that it is wrong."""
    return load_command_class("pumbaphoto_wagtail", name).create_parser("manage.py", name)


def as_markdown() -> str:
    """A heading for each command, with its help and its options."""
    with override("en"):
        return "\n\n".join(_command(name) for name in names())


def _command(name: str) -> str:
    parser = parser_of(name)
    parts = [f"## {name}", str(parser.description)]
    rows = [(_option(one), one.help or "", _default(one)) for one in _own_options(name, parser)]
    if rows:
        parts.append(table(("option", "meaning", "default"), rows))
    return "\n\n".join(parts)


def _own_options(name: str, parser: argparse.ArgumentParser) -> list[argparse.Action]:
    general = {one.dest for one in BaseCommand().create_parser("manage.py", name)._actions}
    return [one for one in parser._actions if one.dest not in general]


def _option(action: argparse.Action) -> str:
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    if not action.option_strings:
        return code(value)
    return code(f"{action.option_strings[-1]} {value}".strip())


def _default(action: argparse.Action) -> str:
    if action.default in (None, False, "", []) or action.nargs == 0:
        return ""
    return "" if action.dest == "threads" else code(action.default)
