"""The filters of the Edits tab, which are also what the review board walks through."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import UNDECIDED_STATUSES, EditStatus

ALL = "all"
DECIDE = "decide"


@dataclass(frozen=True, kw_only=True)
class EditFilter:
    """``name`` stands in addresses; without ``statuses`` it lets every edit through."""

    name: str
    label: Promise
    statuses: Collection[str] | None = None


FILTERS = (
    EditFilter(name=ALL, label=_("All")),
    EditFilter(name=DECIDE, label=_("To decide"), statuses=UNDECIDED_STATUSES),
    EditFilter(name="matched", label=_("Matched"), statuses=(EditStatus.MATCHED,)),
    EditFilter(name="as_it_is", label=_("As they are"), statuses=(EditStatus.AS_IT_IS,)),
    EditFilter(name="unselected", label=_("Not selected"), statuses=(EditStatus.UNSELECTED,)),
    EditFilter(name="ignored", label=_("Left out"), statuses=(EditStatus.IGNORED,)),
)


def find_filter(name: str) -> EditFilter:
    """The filter of that name, or the one that shows all."""
    return next((one for one in FILTERS if one.name == name), FILTERS[0])
