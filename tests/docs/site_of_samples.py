"""A site made of the developer's guide: its models, blocks and settings in a project of their own.

Run in a process of its own, since models of another site have no place beside those of the tests.
Writes the messages of the system checks, one a line; an error of the samples ends it.
"""

from __future__ import annotations

import sys
import types

import django
from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks

from tests import settings as bare_site
from tests.docs.pages import DOCS, blocks

# Samples that define models, all in one app.
MODELS = ("models", "blocks", "fields")
AFTER = ("hooks", "listed", "acts")


def sample(name: str) -> str:
    """The code of the block of this name in the developer's guide."""
    page = f"docs/{(DOCS / 'developers-guide.md').name}"
    return next(one.text for one in blocks() if one.page == page and one.name == name)


def main() -> None:
    studio = types.ModuleType("studio")
    studio.__path__ = []
    models = types.ModuleType("studio.models")
    sys.modules |= {"studio": studio, "studio.models": models, "studio.apps": studio}
    studio.StudioConfig = type("StudioConfig", (AppConfig,), {"name": "studio", "path": "/nowhere"})
    values = {name: value for name, value in vars(bare_site).items() if name.isupper()}
    own = {}
    exec(sample("page-model"), own)
    installed = [*values["INSTALLED_APPS"], "studio.apps.StudioConfig"]
    values |= {"INSTALLED_APPS": installed, "PUMBAPHOTO": values["PUMBAPHOTO"] | own["PUMBAPHOTO"]}
    settings.configure(**values)
    load = AppConfig.import_models

    def import_models(config: AppConfig) -> None:
        if config.name == "studio":
            for name in MODELS:
                exec(compile(sample(name), name, "exec"), vars(models))
            config.models_module = models
            config.models = apps.all_models["studio"]
        else:
            load(config)

    AppConfig.import_models = import_models
    django.setup()
    for name in AFTER:
        exec(compile(sample(name), name, "exec"), {"__name__": f"studio.{name}"})
    said = checks.run_checks(tags=["models", "pumbaphoto"])
    print("\n".join(f"{one.id} {one.msg}" for one in said))


if __name__ == "__main__":
    sys.exit(main())
