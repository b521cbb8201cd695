"""What a photographer has decided on the review board in this session, so that it can be taken
back step by step.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from ..delivery.decisions import Decision, Standing
from ..models import Edit, Gallery

KEY = "pumbaphoto_decisions"
KEPT = 50


@dataclass(frozen=True, kw_only=True)
class PastDecision:
    """One decision: how its edit stood before and after it."""

    edit: Edit
    before: Standing
    after: Standing

    @property
    def words(self) -> str:
        names = {"edit": self.edit, "photo": self.edit.photo}
        sentences = {
            Decision.LINK: _("“%(edit)s” belongs to “%(photo)s”."),
            Decision.AS_IT_IS: _("“%(edit)s” will be delivered as it is."),
            Decision.IGNORE: _("“%(edit)s” is left out."),
            None: _("“%(edit)s” waits for your decision again."),
        }
        return sentences[self.after.decision] % names


class PastDecisions:
    """Those of one gallery, the last one at the end."""

    def __init__(self, session: SessionBase, gallery: Gallery) -> None:
        self._session = session
        self._gallery = gallery
        self._key = str(gallery.uuid)

    def add(self, edit: Edit, before: Standing) -> None:
        """Remember that ``edit`` was decided about, which stood as ``before`` until now."""
        row = [edit.pk, str(before), str(Standing.of(edit))]
        self._save([*self._rows, row][-KEPT:])

    @cached_property
    def last(self) -> PastDecision | None:
        """The last decision, as long as nobody has decided about its edit since."""
        if not self._rows:
            return None
        pk, before, after = self._rows[-1]
        edits = self._gallery.edits.select_related("stored_file", "photo")
        edit = edits.filter(pk=pk).first()
        if edit is None:
            return None
        return PastDecision(edit=edit, before=Standing.read(before), after=Standing.read(after))

    def take_last(self) -> PastDecision | None:
        """The last decision, which is forgotten."""
        last = self.last
        self._save(self._rows[:-1])
        return last

    @property
    def _rows(self) -> list[list]:
        return self._session.get(KEY, {}).get(self._key, [])

    def _save(self, rows: list[list]) -> None:
        self._session[KEY] = {**self._session.get(KEY, {}), self._key: rows}
