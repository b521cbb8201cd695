"""I5 and I10 for the published tree: it holds what everybody may see, whole, and nothing else.

What it lacks is no finding: the site is asked for what the web server does not find there.
"""

from __future__ import annotations

from collections.abc import Iterator

from .. import published
from ..exceptions import StorageOffline
from ..published import everybody
from ..published.settling import tree
from ..storage import PublishedTree, digest
from .findings import GRACE, Finding, Inspection, Severity
from .volumes import look_at

HINT = "reconcile takes it away; if it stays, its log says why."


def check(inspection: Inspection) -> Iterator[Finding]:
    found = tree()
    if found is None or found.alias in inspection.absent:
        return
    try:
        yield from _check_tree(inspection, found)
    except (StorageOffline, OSError) as error:
        yield from look_at(inspection, found.alias)
        yield _finding(found, f"the published tree could not be listed: {error}", "")


def _check_tree(inspection: Inspection, found: PublishedTree) -> Iterator[Finding]:
    layout = found.layout()
    wanted = {str(uuid): key for key, uuid in everybody.galleries().values_list("pk", "uuid")}
    one = inspection.gallery
    folders = layout.folders if one is None else layout.folders & {str(one.uuid)}
    for folder in sorted(folders):
        yield from _check_folder(inspection, found, folder, wanted.get(folder))
    if one is not None:
        return
    for name in sorted(layout.strange):
        yield _finding(found, "not a file of ours", name, Severity.WARNING)
    notes = {*layout.gone, *(note for each in layout.work.values() for note in each)}
    for name in sorted(notes):
        if found.is_old(name, GRACE.total_seconds()):
            yield _finding(found, "left by a crash, and never cleared up", name, Severity.WARNING)


def _check_folder(
    inspection: Inspection, found: PublishedTree, folder: str, key: int | None
) -> Iterator[Finding]:
    present = found.names(folder)
    inspection.looked_at["published pictures"] += len(present)
    stray = present - _allowed(key)
    if stray or key is None:
        # Once more: whoever takes something back takes it out a moment later.
        stray = found.names(folder) - _allowed(key)
        if key is None and folder in found.layout().folders:
            yield _finding(found, "published, and not everybody may see this gallery", folder)
    for name in sorted(stray) if key is not None else ():
        yield _finding(found, "published, and not everybody may see it", f"{folder}/{name}")
    if inspection.is_hashing:
        yield from _check_bytes(found, folder, present - stray)


def _allowed(key: int | None) -> set[str]:
    pictures = everybody.pictures_of(key) if key is not None else None
    return {*pictures.sources} if pictures is not None else set()


def _check_bytes(found: PublishedTree, folder: str, names: set[str]) -> Iterator[Finding]:
    for name in sorted(names):
        try:
            sha256 = digest(found.alias, f"{folder}/{name}").sha256
        except FileNotFoundError:
            continue
        if sha256[: published.DIGEST_LENGTH] not in name:
            yield Finding(
                invariant="I4",
                severity=Severity.ERROR,
                what="published picture with other bytes than its name says",
                where=f"{found.alias}/{folder}/{name}",
                hint="Delete its folder: reconcile makes it anew.",
            )


def _finding(
    found: PublishedTree, what: str, name: str, severity: Severity = Severity.ERROR
) -> Finding:
    where = f"{found.alias}/{name}".rstrip("/")
    return Finding(invariant="I5", severity=severity, what=what, where=where, hint=HINT)
