"""Imports point downwards only, and pure rules stay pure: read from the code itself."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "pumbaphoto_wagtail"
NAME = PACKAGE.name

# From the ground up; a room may use those on its own floor and below.
FLOORS = (
    {"client_address", "storage", "conf", "contrast", "exceptions", "tokens"},
    {"models"},
    {
        *("access", "access_delivered", "access_tree"),
        "albums",
        "delivery_report",
        "finished",
        "link_visits",
        "missing_files",
        "permissions",
        "published",
        "mail",
        "notifications",
        *("reminders", "secret_addresses"),
        "studio",
        "upload_report",
        "video_access",
        "viewers",
        *("workers", "idle_workers"),
    },
    {"workflow"},
    {"intake"},
    {"delivery", "wrong_clocks"},
    {"verification", "doctor"},
    {"proofing"},
    {"api"},
    {"admin"},
    {"pages", "page_mixin", "index_mixin", "slideshow_mixin", "blocks", "templatetags"},
)
# They reach into every room; of them all, rooms know only how to wake a task, and the signal.
OUTSIDE = {
    *("apps", "checks", "urls", "wagtail_hooks", "tasks", "testing", "mail_sink", "signals"),
    *("many_photos", "management", "migrations", "housekeeping"),
}
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Rules without a database: tested without one, and usable by anybody.
PURE = {
    "contrast",
    "tokens",
    *(
        f"intake.{name}"
        for name in (
            *("clamd_client", "clamd_configuration", "colour", "containers", "scanner_proof"),
            *("engines.pillow", "engines.vips", "formats", "identity"),
            *("lettering", "metadata", "names", "picture", "protocol", "raw", "renditions"),
            *("tiers", "tiff", "time_spans", "watermark"),
        )
    ),
    *(
        f"delivery.{name}"
        for name in (
            *("camera_names", "contact_sheet", "pdf_document", "pdf_fonts", "pdf_text"),
            *("selections_workbook", "sidecar_files", "sidecars", "spreadsheets", "workbook"),
            *("byte_ranges", "edit_markers", "findings", "frames", "handoff", "known"),
            *("matching_rules", "names", "weighing", "zip_layout", "zip_names"),
        )
    ),
}
IMPURE_LIBRARIES = ("django.db", "django.contrib", "wagtail")


@cache
def modules() -> dict[str, Path]:
    """Every module by its dotted name below the package ("" is the package itself)."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def package_of(module: str) -> list[str]:
    is_package = modules()[module].name == "__init__.py"
    parts = module.split(".") if module else []
    return parts if is_package else parts[:-1]


def imports(module: str) -> Iterator[tuple[str, str]]:
    """(module, name) of each import in a module, also of those inside functions; absolute names,
    and without a name where a module itself is imported.
    """
    for node in ast.walk(ast.parse(modules()[module].read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package_of(module)
                above = above[: len(above) - node.level + 1]
                base = ".".join([NAME, *above, *([node.module] if node.module else [])])
            yield from ((base, alias.name) for alias in node.names)


def own_imports(module: str) -> Iterator[str]:
    """Dotted names below the package of the modules that a module imports."""
    for base, name in imports(module):
        if base == NAME or base.startswith(f"{NAME}."):
            below = base.removeprefix(NAME).removeprefix(".")
            longer = f"{below}.{name}".lstrip(".")
            yield longer if longer in modules() else below


def room(module: str) -> str:
    return module.partition(".")[0]


IN_ROOMS = [module for module in modules() if room(module) in FLOOR_OF]


def test_every_module_is_in_a_room_or_stands_outside():
    assert {room(module) for module in modules()} - {""} <= set(FLOOR_OF) | OUTSIDE


def test_imports_point_downwards():
    upward = {
        (module, target)
        for module in IN_ROOMS
        for target in own_imports(module)
        if FLOOR_OF.get(room(target), -1) > FLOOR_OF[room(module)]
    }

    assert upward == set()


def test_what_stands_outside_is_not_imported_from_within():
    known = {"tasks", "signals"}
    outside = {
        (module, target)
        for module in IN_ROOMS
        for target in own_imports(module)
        if room(target) in OUTSIDE - known
    }

    assert outside == set()


def names_of_tasks(module: str) -> set[str]:
    """What a module uses of ``tasks``, imported by name or through the module."""
    found = list(imports(module))
    named = {name for base, name in found if base == f"{NAME}.tasks"}
    if (NAME, "tasks") not in found:
        return named
    return named | {
        node.attr
        for node in ast.walk(ast.parse(modules()[module].read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "tasks"
    }


def test_of_the_tasks_only_waking_is_known_from_within():
    known = {name for module in IN_ROOMS for name in names_of_tasks(module)}
    assert known == {"wake", "wake_later", "queued", "queues_with_rows"}


def reached_from(module: str) -> set[str]:
    """All modules of ours that come along when a module is imported."""
    reached, waiting = set(), [module]
    while waiting:
        current = waiting.pop()
        if current and current not in reached:
            reached.add(current)
            waiting += own_imports(current)
    return reached


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_rules_know_no_database(module):
    impure = {
        (reached, base)
        for reached in reached_from(module)
        for base, _ in imports(reached)
        if base.startswith(IMPURE_LIBRARIES)
    }

    assert impure == set()


def test_the_reader_of_imports_sees_every_kind():
    found = set(own_imports("tasks"))

    assert {"conf", "intake.pipeline", "notifications"} <= found
    assert "exceptions" in set(own_imports("intake.clamd_client")), "absolute"
    assert "models.base" in set(own_imports("models.file")), "relative"
    assert "tokens" in set(own_imports("mail.addresses")), "a module from its package"
