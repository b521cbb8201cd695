"""What is known of a gallery's originals, ready to be asked about one edit after the other.

Pure rules. Building it takes time in proportion to the originals; asking about an edit costs a few
look-ups, however many originals there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from .edit_markers import BLACK_AND_WHITE, MAIN
from .findings import SHARED, Finding
from .frames import (
    NAME_KEYS,
    Identity,
    Moments,
    compare_moments,
    documents_of,
    is_same_camera,
    moment_of,
    shutter_key,
)
from .matching_rules import NAME_AND_FOLDER, EditName, NameIndex, NameMatch, OriginalName

# More photographs than these that share a trait are told by nothing: a template, a burst.
MOST_SHARING = 6
# Of one name so many photographs are looked at; beyond, only what a file says tells them apart.
MOST_CANDIDATES = 50
# What an editor tells by a name of its own making is followed no further than this.
SURE_NAME = 0.9


@dataclass(frozen=True, kw_only=True)
class Original:
    """A photograph: its names, what its files say of themselves, and when it was taken.

    ``moments`` are times on cameras' displays, as the files have them and with the camera's clock
    put right. ``is_grey`` is None where nobody knows.
    """

    key: Hashable
    names: tuple[str, ...]
    folder: str = ""
    identities: tuple[Identity, ...] = ()
    moments: tuple[datetime, ...] = ()
    is_grey: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """An edit: its name, its folder relative to what was dropped, and what it says of itself."""

    key: Hashable
    name: str
    folder: str = ""
    identity: Identity = field(default_factory=dict)
    is_grey: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Pointers:
    """The photographs that what a file says leads to, by how it leads there."""

    by_name: tuple[Hashable, ...] = ()
    by_earlier_name: tuple[Hashable, ...] = ()
    by_document: tuple[Hashable, ...] = ()
    by_shutter: tuple[Hashable, ...] = ()
    by_time: tuple[Hashable, ...] = ()

    def all(self) -> tuple[Hashable, ...]:
        """Each once, the strongest first."""
        ways = (self.by_shutter, self.by_name, self.by_document, self.by_time, self.by_earlier_name)
        return tuple(dict.fromkeys(one for way in ways for one in way))


class Known:
    """The originals of one gallery, by everything that can lead to them."""

    def __init__(self, originals: Iterable[Original], suffixes: Iterable[str]) -> None:
        self._originals = {original.key: original for original in originals}
        suffixes = tuple(suffixes)
        self._names = NameIndex(map(_as_named, self._originals.values()), suffixes)
        self._earlier_names = NameIndex(map(_as_once_named, self._originals.values()), suffixes)
        self._by_document: dict[str, set[Hashable]] = defaultdict(set)
        self._by_shutter: dict[tuple[str, int], set[Hashable]] = defaultdict(set)
        self._by_second: dict[datetime, set[Hashable]] = defaultdict(set)
        for original in self._originals.values():
            self._add(original)

    def __len__(self) -> int:
        return len(self._originals)

    def name(self, original: Hashable) -> str:
        """What to call an original."""
        return self._originals[original].names[0]

    def match_name(self, edit: Arrived) -> NameMatch:
        """What the edit's name says."""
        return self._names.match(EditName(key=edit.key, name=edit.name, folder=edit.folder))

    def pointers(self, edit: Arrived) -> Pointers:
        """Where what the edit says of itself leads."""
        identity = edit.identity
        told = [str(identity[key]) for key in NAME_KEYS if identity.get(key)]
        by_name = (self._named(name, edit.folder) for name in told)
        documents = (self._by_document.get(one, ()) for one in documents_of([identity]))
        return Pointers(
            by_name=_few(next(filter(None, by_name), ())),
            by_earlier_name=_few(_surely(self._earlier_names.match(_edit_name(edit)))),
            by_document=_few(
                {key for keys in documents if len(keys) <= MOST_SHARING for key in keys}
            ),
            by_shutter=_few(self._by_shutter.get(shutter_key(identity), ())),
            by_time=_few(self._taken_with(edit)),
        )

    def candidates(self, name: NameMatch, pointers: Pointers) -> tuple[Hashable, ...]:
        """The photographs in question, those of its name first."""
        return tuple(dict.fromkeys((*name.candidates[:MOST_CANDIDATES], *pointers.all())))

    def findings(
        self, edit: Arrived, key: Hashable, name: NameMatch, pointers: Pointers
    ) -> list[Finding]:
        """What speaks for and against one photograph, all but its looks."""
        original = self._originals[key]
        return [
            *self._of_names(original, name),
            *self._of_pointers(original, pointers, edit),
            *self._of_time(original, pointers, edit),
            *self._of_camera(original, edit),
        ]

    def variant(self, edit: Arrived, key: Hashable, name: NameMatch) -> str:
        """The variant of an edit of this photograph."""
        original = self._originals[key]
        return variant_of(name, is_grey=edit.is_grey, original_is_grey=original.is_grey)

    def _add(self, original: Original) -> None:
        for document in documents_of(original.identities):
            self._by_document[document].add(original.key)
        for identity in original.identities:
            if key := shutter_key(identity):
                self._by_shutter[key].add(original.key)
        for moment in original.moments:
            self._by_second[moment.replace(microsecond=0)].add(original.key)

    def _named(self, name: str, folder: str) -> tuple[Hashable, ...]:
        """The originals that a name told by an editor means; it may be a name of its own making."""
        asked = EditName(key=name, name=name, folder=folder)
        return _surely(self._names.match(asked)) or _surely(self._earlier_names.match(asked))

    def _taken_with(self, edit: Arrived) -> list[Hashable]:
        """The originals of the edit's moment: those to the sub-second, or those of its second."""
        moment = moment_of(edit.identity)
        if moment is None:
            return []
        near = self._by_second.get(moment.replace(microsecond=0), ())
        ways: dict[Moments, list[Hashable]] = defaultdict(list)
        for key in near:
            original = self._originals[key]
            if _is_same_camera(original, edit) is not False:
                ways[_moments(original, moment)].append(key)
        return ways[Moments.EXACT] or ways[Moments.SECOND]

    def _of_names(self, original: Original, name: NameMatch) -> Iterable[Finding]:
        if original.key not in name.candidates:
            return
        is_shared = len(name.candidates) > 1
        marks = "".join(reversed(name.marks))
        words_key = "name_stripped" if marks else "name_exact"
        if is_shared:
            words_key = "name_shared_stripped" if marks else "name_shared"
        yield Finding(
            photo=original.key,
            kind="name",
            words_key=words_key,
            data={"original": original.names[0], "marks": marks},
            score=SHARED if is_shared else name.confidence,
        )
        if name.method == NAME_AND_FOLDER and name.original == original.key:
            yield Finding.speaking(
                original.key, "folder", "folder_same", original=original.names[0]
            )

    def _of_pointers(
        self, original: Original, pointers: Pointers, edit: Arrived
    ) -> Iterable[Finding]:
        ways = (
            ("raw_name", pointers.by_name),
            ("document", pointers.by_document),
            ("shutter", pointers.by_shutter),
        )
        told = next((str(edit.identity[k]) for k in NAME_KEYS if edit.identity.get(k)), "")
        data = {"original": original.names[0], "told": told}
        for words_key, keys in ways:
            if original.key in keys:
                yield Finding.speaking(
                    original.key, "identity", words_key, is_shared=len(keys) > 1, **data
                )
            elif keys:
                other = {"other": self.name(keys[0])}
                yield Finding.against(
                    original.key, f"{words_key}_elsewhere", is_hard=True, **data, **other
                )
        if original.key in pointers.by_earlier_name:
            yield Finding.speaking(
                original.key,
                "identity",
                "name_earlier",
                is_shared=len(pointers.by_earlier_name) > 1,
                **data,
            )

    def _of_time(self, original: Original, pointers: Pointers, edit: Arrived) -> Iterable[Finding]:
        moment = moment_of(edit.identity)
        standing = _moments(original, moment)
        data = {"original": original.names[0], "taken": str(moment or "")[:22]}
        others = [key for key in pointers.by_time if key != original.key]
        if standing in (Moments.EXACT, Moments.SECOND):
            words_key = "time_exact" if standing == Moments.EXACT else "time_second"
            yield Finding.speaking(original.key, "time", words_key, is_shared=bool(others), **data)
            return
        if others and standing != Moments.UNKNOWN:
            is_hard = any(_moments(self._originals[key], moment) == Moments.EXACT for key in others)
            data["other"] = self.name(others[0])
            yield Finding.against(original.key, "time_elsewhere", is_hard=is_hard, **data)
        elif standing == Moments.ZONE:
            yield Finding.speaking(original.key, "time", "time_zone", **data)
        elif standing == Moments.DIFFERENT:
            yield Finding.against(original.key, "time_different", **data)

    def _of_camera(self, original: Original, edit: Arrived) -> Iterable[Finding]:
        agrees = _moments(original, moment_of(edit.identity)) in (Moments.EXACT, Moments.ZONE)
        # Makers and editors write one camera's number in different ways: the time knows better.
        if not agrees and _is_same_camera(original, edit) is False:
            yield Finding.against(original.key, "camera_different", original=original.names[0])


def variant_of(name: NameMatch, *, is_grey: bool | None, original_is_grey: bool | None) -> str:
    """The variant of its name; a black-and-white picture of a colour one is one of its own."""
    is_turned_grey = is_grey and original_is_grey is False
    return BLACK_AND_WHITE if name.variant == MAIN and is_turned_grey else name.variant


def _as_named(original: Original) -> OriginalName:
    return OriginalName(key=original.key, names=original.names, folder=original.folder)


def _as_once_named(original: Original) -> OriginalName:
    """By the names that it had before somebody renamed it."""
    told = (str(one[key]) for one in original.identities for key in NAME_KEYS if one.get(key))
    return OriginalName(key=original.key, names=tuple(told), folder=original.folder)


def _edit_name(edit: Arrived) -> EditName:
    return EditName(key=edit.key, name=edit.name, folder=edit.folder)


def _surely(found: NameMatch) -> tuple[Hashable, ...]:
    """Whom a name means, if it is not a counter alone that was taken off."""
    is_weak = len(found.candidates) == 1 and found.confidence < SURE_NAME
    return () if is_weak else found.candidates


def _few(keys: Iterable[Hashable]) -> tuple[Hashable, ...]:
    """The keys in a steady order, or none where there are so many that they tell nothing."""
    found = tuple(sorted(set(keys), key=str))
    return found if len(found) <= MOST_SHARING else ()


def _moments(original: Original, moment: datetime | None) -> Moments:
    """How an original stands to a moment, by the best of the times it is known to have."""
    order = (Moments.EXACT, Moments.SECOND, Moments.ZONE, Moments.DIFFERENT)
    found = {compare_moments(one, moment) for one in original.moments}
    return next((standing for standing in order if standing in found), Moments.UNKNOWN)


def _is_same_camera(original: Original, edit: Arrived) -> bool | None:
    answers = {is_same_camera(identity, edit.identity) for identity in original.identities}
    if True in answers:
        return True
    return False if False in answers else None
