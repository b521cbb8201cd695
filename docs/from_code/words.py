"""Names that are stable and appear outside of the code: of mails, acts, permissions, stages."""

from __future__ import annotations

from django.apps import apps
from django.utils.translation import override
from wagtail.log_actions import registry

from pumbaphoto_wagtail.mail.own_words import OF_KIND, placeholders
from pumbaphoto_wagtail.models import MessageKind, Stage

from .markdown import code, table

OURS = "pumbaphoto."
DEFAULT_ACTIONS = ("add", "change", "delete", "view")
# Whom Wagtail's group form offers them for.
GIVEN_TO = ("gallery", "library", "storedfile")


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
        rows = []
        for name in GIVEN_TO:
            options = apps.get_model("pumbaphoto_wagtail", name)._meta
            if name != "storedfile":
                rows += [
                    (code(f"pumbaphoto_wagtail.{action}_{name}"), f"Can {action} {options.verbose_name}")
                    for action in DEFAULT_ACTIONS[:3]
                ]
            rows += [
                (code(f"pumbaphoto_wagtail.{codename}"), str(label))
                for codename, label in options.permissions
            ]
        rows.append((code("pumbaphoto_wagtail.view_storedfile"), "Can view stored file"))
        return table(("permission", "words"), rows)


def stages() -> str:
    """Every stage that a file may be in."""
    with override("en"):
        return table(("stage", "in the admin"), [(code(one.value), str(one.label)) for one in Stage])
