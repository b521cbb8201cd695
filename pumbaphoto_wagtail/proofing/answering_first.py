"""Answers whose time tells nothing of the work that they set off."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.template.response import TemplateResponse

logger = logging.getLogger(__name__)


class AnswerFirst(TemplateResponse):
    """An answer that has left when the work begins."""

    work: Callable[[], object] | None = None

    def then(self, work: Callable[[], object]) -> AnswerFirst:
        self.work = work
        return self

    def close(self) -> None:
        # The web server closes a response when all of it was sent.
        work, self.work = self.work, None
        try:
            if work is not None:
                work()
        except Exception:  # nobody is left to be told, and the connection must be closed
            logger.exception("what somebody asked for could not be done")
        super().close()
