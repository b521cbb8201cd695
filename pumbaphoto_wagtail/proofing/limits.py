"""How many photos a client may choose, and what is said about it.

Only words: nothing is charged here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

# For a browser that counts by itself until it hears from us again; {n} stands for the number.
PHRASES = {
    "of": gettext_lazy("{n} of {target} chosen"),
    "chosen": gettext_lazy("{n} chosen"),
    "missing": gettext_lazy("choose {n} more"),
    "too_many": gettext_lazy("{n} too many: at most {target}"),
    "extra": gettext_lazy("{target} included, {n} extra {price}"),
}


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many were chosen, of how many. None means that there is no such limit.

    ``minimum`` and ``maximum`` are enforced, ``included`` is only spoken of.
    """

    chosen: int
    notes: int = 0
    minimum: int | None = None
    included: int | None = None
    maximum: int | None = None
    extras_words: str = ""

    @property
    def missing(self) -> int:
        """How many must still be chosen before the selection can be sent."""
        return max(0, (self.minimum or 0) - self.chosen)

    @property
    def extra(self) -> int:
        """How many are beyond what is included."""
        return max(0, self.chosen - self.included) if self.included is not None else 0

    @property
    def too_many(self) -> int:
        """How many are beyond the hard maximum."""
        return max(0, self.chosen - self.maximum) if self.maximum is not None else 0

    @property
    def is_full(self) -> bool:
        """Whether not one more may be chosen."""
        return self.maximum is not None and self.chosen >= self.maximum

    @property
    def is_empty(self) -> bool:
        return not (self.chosen or self.notes)

    @property
    def can_be_sent(self) -> bool:
        return not (self.is_empty or self.missing or self.too_many)

    @property
    def count_words(self) -> str:
        """ "38 of 50 chosen", or "53 chosen" where there is no number to hold it against."""
        target = self.included or self.maximum
        if target and self.chosen <= target:
            return _("%(chosen)d of %(target)d chosen") % {"chosen": self.chosen, "target": target}
        return ngettext("%(chosen)d chosen", "%(chosen)d chosen", self.chosen) % {
            "chosen": self.chosen
        }

    @property
    def hint_words(self) -> str:
        """What is missing, too much or extra; empty where there is nothing to say."""
        if self.missing:
            return ngettext("choose %(count)d more", "choose %(count)d more", self.missing) % {
                "count": self.missing
            }
        if self.too_many:
            return ngettext(
                "%(count)d too many: at most %(maximum)d",
                "%(count)d too many: at most %(maximum)d",
                self.too_many,
            ) % {"count": self.too_many, "maximum": self.maximum}
        if self.extra:
            return (
                ngettext(
                    "%(included)d included, %(count)d extra %(price)s",
                    "%(included)d included, %(count)d extra %(price)s",
                    self.extra,
                )
                % {"included": self.included, "count": self.extra, "price": self.extras_words}
            ).strip()
        return ""

    def as_json(self) -> dict[str, dict]:
        """``limits`` and ``words`` of every answer to a client's browser."""
        return {
            "limits": {
                **asdict(self),
                "missing": self.missing,
                "extra": self.extra,
                "can_be_sent": self.can_be_sent,
            },
            "words": {"count": self.count_words, "hint": self.hint_words},
        }
