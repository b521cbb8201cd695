"""Names that are stable and appear outside of the code: of mails, acts, permissions, stages."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import override
from wagtail.log_actions import registry

from pumbaphoto_wagtail.mail.own_words import OF_KIND, placeholders
from pumbaphoto_wagtail.models import Gallery, Library, MessageKind, Stage

from .markdown import code, table

OURS = "pumbaphoto."
OURS_IN_DJANGO = "pumbaphoto_wagtail."


def mail_words() -> str:
    """Each kind of mail with the names that its own words may hold in braces."""
    with override("en"):
        rows = [
            (code(kind.value), str(kind.label).capitalize(), _names(kind)) for kind in MessageKind
        ]
        return table(("kind", "when", "names in braces"), rows)


def _names(kind: MessageKind) -> str:
    names = [code("{" + name + "}") for name in placeholders(kind)]
    own = [f"`{{{name}}}`: {words}" for name, words in OF_KIND.get(kind, {}).items()]
    return f"{', '.join(names)}{' (' + '; '.join(own) + ')' if own else ''}"


def log_actions() -> str:
    """The acts in Wagtail's log, by their stable names."""
    with override("en"):
        rows = [
            (code(action), str(label))
            for action, label in sorted(registry.get_choices())
            if action.startswith(OURS)
        ]
        return table(("action", "what it says"), rows)


def permissions() -> str:
    """What can be given to a group, beside Wagtail's own."""
    with override("en"):
        rows = [(code(f"{OURS_IN_DJANGO}{name}"), words) for name, words in _permissions()]
        return table(("permission", "words"), rows)


def _permissions() -> Iterator[tuple[str, str]]:
    for model in (Gallery, Library):
        options = model._meta
        for action in ("add", "change", "delete"):
            yield f"{action}_{options.model_name}", f"Can {action} {options.verbose_name}"
        for codename, label in options.permissions:
            yield codename, str(label)
    yield "view_storedfile", "Can view stored file: the log of uploads, scans and e-mails"


def stages() -> str:
    """Every stage that a file may be in."""
    with override("en"):
        rows = [(code(stage.value), str(stage.label)) for stage in Stage]
        return table(("stage", "in the admin"), rows)
