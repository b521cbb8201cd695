"""What stands beside a file, read with suspicion: anybody who can write to the volume may have
written it, and a disk may have bent it.
"""

from __future__ import annotations

import uuid
from typing import Any

from ..intake.names import clean_text
from ..storage import read_sidecar

MOST_VERSIONS = 10_000
# The texts, and how long each may be in the database.
_TEXTS = {
    "sha256": 64,
    "original_name": 255,
    "relative_path": 1024,
    "purpose": 10,
    "section": 255,
    "gallery_title": 255,
    "gallery_kind": 10,
    "site": 255,
    "owner": 255,
    "collection": 255,
}


def words_beside(alias: str, name: str) -> dict[str, Any]:
    """A sidecar's words, each of the kind and length it has in the database; empty where there is
    none, or nothing that one could act upon.
    """
    try:
        words = read_sidecar(alias, name)
        found = {key: _text(words.get(key))[:length] for key, length in _TEXTS.items()}
        found |= {key: str(uuid.UUID(words[key])) for key in ("file", "gallery")}
        found |= {key: _uuid_or_nothing(words.get(key)) for key in ("upload", "photo")}
        version = min(max(1, int(words.get("version") or 1)), MOST_VERSIONS)
        return found | {"size": int(words["size"]), "version": version}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _text(value: object) -> str:
    return clean_text(str(value or ""))


def _uuid_or_nothing(text: object) -> str:
    return str(uuid.UUID(str(text))) if text else ""
