"""What the reference names is there, and nothing that is there is left out."""

import importlib
import re
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import global_settings
from django.dispatch import Signal

import pumbaphoto_wagtail
from docs.from_code import commands, options, parts, routes, targets, templates
from pumbaphoto_wagtail import signals, testing
from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.models import MessageKind
from tests.test_rooms import FLOORS, OUTSIDE

from .pages import DOCS, ROOT, paths, text_of

REFERENCE = DOCS / "reference"
PACKAGE = Path(pumbaphoto_wagtail.__file__).parent
SHORTEST_MEANING = 20
NAME = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`")
KEY = re.compile(r"PUMBAPHOTO\[\"(\w+)\"\]")
# Names in capitals that are not ours: of django-q2, Wagtail, other packages and systems, the shell.
FOREIGN = re.compile(
    r"(ALT|AXES|BENCH|IMG|MEDIA|O|PYTEST|Q|SECURE|STUDIO|VIEWER|WAGTAIL\w*|X)_"
    r"|GALLERY_(PHOTO_STORAGE|PATTERNS|IGNORES|RESIZE_PRESETS)|INSTALLED_APPS$|SET_NULL$"
)


def test_every_setting_has_words_of_its_own():
    found = {option.key: option.meaning for option in options.read_options()}
    assert set(found) == set(DEFAULTS)
    assert [key for key, meaning in found.items() if len(meaning) < SHORTEST_MEANING] == []
    assert [option.key for option in options.read_options() if not option.heading] == []


def test_a_size_and_a_time_are_told_as_people_say_them():
    words = {option.key: options.in_words(option) for option in options.read_options()}
    assert words["MAX_FILE_BYTES"] == "512 MiB"
    assert words["UPLOAD_EXPIRY_SECONDS"] == "7 days"
    assert words["LINK_DAYS"] == "days"
    assert words["CSP"] == ""


def test_every_setting_that_a_page_names_exists():
    wrong = {}
    for path in paths():
        text = path.read_text()
        named = {name for name in NAME.findall(text) if not FOREIGN.match(name)}
        unknown = (named | set(KEY.findall(text))) - set(DEFAULTS) - set(dir(global_settings))
        unknown -= known_elsewhere()
        if unknown:
            wrong[path.name] = sorted(unknown)
    assert wrong == {}


@cache
def known_elsewhere() -> set[str]:
    """Names that the repository itself has: of make's variables, of shell and of deployment."""
    folders = ("example_site/deploy", "tests/benchmarks", "tests/faults", "tests/intake")
    sources = [ROOT / "Makefile"]
    sources += [path for folder in folders for path in (ROOT / folder).glob("**/*.*")]
    text = "".join(path.read_text(errors="replace") for path in sources if path.is_file())
    return set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", text))


def test_every_command_and_its_options_have_words():
    text = parts()["commands"]()
    assert [name for name in commands.names() if f"## {name}" not in text] == []
    assert len(commands.names()) > 8
    assert "|  |" not in re.sub(r"\|  \|$", "|", text, flags=re.MULTILINE)


def test_every_target_that_make_offers_is_there():
    named = targets.read_targets()
    known = re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(named) > 15
    assert [name for name in named if name not in known] == []


def test_every_address_says_what_answers():
    assert [one.pattern for one in routes.read_routes() if not one.meaning] == []


def test_every_name_of_the_python_reference_can_be_imported():
    names = re.findall(
        r"^\| `(pumbaphoto_wagtail\.[\w.]+)`", text_of(REFERENCE / "python.md"), re.M
    )
    assert len(names) > 50
    missing = []
    for name in names:
        module, _, last = name.rpartition(".")
        try:
            if not hasattr(importlib.import_module(module), last):
                importlib.import_module(name)
        except ImportError:
            missing.append(name)
    assert missing == []


def test_every_factory_that_the_guide_names_exists():
    section = (DOCS / "developers-guide.md").read_text().split("## Testing your site", 1)[1]
    table = section.split("|---|---|", 1)[1]
    named = re.findall(r"`(\w+)`", table)
    public = {name for name in vars(testing) if name.startswith(("make_", "temporary_"))}
    assert sorted(public - set(named)) == []
    assert [name for name in named if not hasattr(testing, name)] == []


def test_every_signal_is_told_of():
    told = (REFERENCE / "signals.md").read_text()
    names = [name for name, value in vars(signals).items() if isinstance(value, Signal)]
    assert names
    assert [name for name in names if f"## {name}\n" not in told] == []


def test_every_kind_of_mail_has_its_templates():
    named = parts()["mail-templates"]()
    assert [kind.value for kind in MessageKind if f"`mail/{kind.value}`" not in named] == []


def test_every_template_and_block_that_a_page_names_exists():
    wrong = []
    for path in paths():
        text = path.read_text()
        named = re.findall(r"pumbaphoto_wagtail/((?:\w+/)*\w+\.(?:html|txt))", text)
        wrong += [name for name in named if not (templates.ROOT / name).is_file()]
    blocks = {block for file in templates.ROOT.rglob("*.html") for block in blocks_of(file)}
    named = re.findall(r"`(pumba_\w+)`", (DOCS / "restyling.md").read_text())
    assert named
    assert (wrong, [name for name in named if name not in blocks]) == ([], [])


def blocks_of(file: Path) -> list[str]:
    return templates.blocks_of(str(file.relative_to(templates.ROOT)))


def test_every_custom_property_is_told_of_and_no_other():
    source = (PACKAGE / "static_src" / "gallery" / "tokens.css").read_text()
    ours = re.search(r":where\(:root\) \{(.*?)\n\}", source, re.DOTALL)[1]
    # The colour in force is one of two palettes, and set by neither of them.
    in_force = {f"--pumba-{name}" for name in re.findall(r"--pumba-light-([\w-]+):", ours)}
    names = set(re.findall(r"^  (--pumba-[\w-]+):", ours, re.MULTILINE)) - in_force
    told = set(re.findall(r"`(--pumba-[\w-]+)`", (DOCS / "restyling.md").read_text()))
    assert names - told == set()
    everywhere = "".join(path.read_text() for path in PACKAGE.glob("static_src/**/*.css"))
    assert [name for name in told if name not in everywhere] == []


def test_permissions_in_the_reference_exist():
    named = re.findall(r"`pumbaphoto_wagtail\.((?:\w+)_\w+)`", parts()["permissions"]())
    known = set()
    for model in apps.get_app_config("pumbaphoto_wagtail").get_models():
        options_of = model._meta
        known |= {f"{action}_{options_of.model_name}" for action in options_of.default_permissions}
        known |= {codename for codename, _words in options_of.permissions}
    assert named
    assert [name for name in named if name not in known] == []


@pytest.mark.parametrize("name", sorted(parts()))
def test_no_part_is_empty(name):
    assert len(parts()[name]()) > 100


def test_the_architecture_names_every_room():
    told = (DOCS / "architecture.md").read_text()
    rooms = {room for floor in FLOORS for room in floor} | OUTSIDE - {"migrations"}
    assert sorted(room for room in rooms if not re.search(rf"\b{room}\b", told)) == []
