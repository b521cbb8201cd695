"""Rules of the house that a reader cannot be expected to check by eye."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pumbaphoto_wagtail"
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style\b|\sstyle=\"|\son[a-z]+=\""
    r"|javascript:|\|\s*safe\b|mark_safe"
)
DISK = re.compile(
    r"(?<![\w.])open\(|\bshutil\.|\bos\.(rename|replace|remove|unlink|link|mkdir|makedirs|open)\("
    r"|\.(read|write)_(bytes|text)\("
)
# Joined here, so that no file of the project, this one included, holds such an address.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("proxy", "golang", "org"),
    )
]
LONGEST_MODULE = 400


def files(*suffixes: str, under: Path = ROOT) -> list[Path]:
    """What git knows or would add below a folder, so that build products do not count."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", str(under)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip("not a git working tree")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and path.suffix in (suffixes or {path.suffix})]


def findings(pattern: re.Pattern, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def ruff(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ruff", *arguments, "."]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_ruff_finds_nothing():
    done = ruff("check", "--output-format", "concise")

    assert done.returncode == 0, done.stdout


def test_code_is_formatted():
    done = ruff("format", "--check")

    assert done.returncode == 0, done.stdout


@pytest.mark.postgresql
@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration():
    output = StringIO()
    try:
        call_command("makemigrations", "--check", "--dry-run", stdout=output)
    except SystemExit:
        pytest.fail(output.getvalue())


def test_f25_b12_no_inline_script_or_style_and_nothing_unescaped():
    # An e-mail has no policy and no file beside it: its looks stand in this one template.
    looks_of_mails = PACKAGE / "templates" / "pumbaphoto_wagtail" / "mail" / "looks.html"
    paths = [path for path in files(".html", ".py", under=PACKAGE) if path != looks_of_mails]

    assert findings(INLINE, paths) == []


def test_only_storage_touches_the_disk():
    paths = [
        path
        for path in files(".py", under=PACKAGE)
        if path.name != "storage.py" and path.parent.name not in {"storage", "migrations"}
    ]

    assert findings(DISK, paths) == []


def test_no_file_names_a_package_registry():
    pattern = re.compile("|".join(re.escape(host) for host in REGISTRIES))

    assert findings(pattern, files()) == []


def test_modules_stay_short():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in files(".py", under=PACKAGE)
        if path.parent.name != "migrations"
    }

    assert {name: length for name, length in lengths.items() if length >= LONGEST_MODULE} == {}


def test_scripts_are_sound_shell():
    scripts = [*files(".sh"), ROOT / ".ci" / "run"]
    broken = [
        script.name for script in scripts if subprocess.run(["bash", "-n", str(script)]).returncode
    ]

    assert broken == []
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
