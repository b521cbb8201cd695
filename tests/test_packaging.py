"""What is shipped: the wheel's contents, and what the frontend bundle is made of."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD_INPUTS = (
    "setup.py",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "pumbaphoto_wagtail",
    "tests",
    "example_site/manage.py",
)
ENTRY_POINTS = ("family.js", "gallery.js", "uploader.js", "workspace.js")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy, so that no earlier build leaks into it."""
    copy = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")
    for name in BUILD_INPUTS:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, copy / name)
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", target, copy]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(target.glob("*.whl"))) as archive:
        yield archive


@pytest.fixture(scope="module")
def contents(wheel):
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


def source_files(*parts, pattern="**/*"):
    folder = ROOT.joinpath("pumbaphoto_wagtail", *parts)
    return {
        str(path.relative_to(ROOT))
        for path in folder.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_holds_the_package_and_nothing_else(contents):
    expected = (
        source_files(pattern="**/*.py")
        | source_files("templates")
        | source_files("fonts")
        | source_files("static")
        | source_files("locale", pattern="**/*.mo")
    )

    assert contents == expected


def test_wheel_holds_the_bundle_and_the_licences_of_what_is_in_it(contents):
    bundle = "pumbaphoto_wagtail/static/pumbaphoto_wagtail/"

    assert {bundle + name for name in ENTRY_POINTS} <= contents
    assert f"{bundle}THIRD-PARTY-LICENSES.txt" in contents


def test_wheel_leaves_sources_of_the_bundle_tests_and_example_behind(contents):
    strangers = ("pumbaphoto_wagtail/static_src/", "tests/", "example_site/", "scripts/")

    assert [name for name in contents if name.startswith(strangers)] == []


def test_b52_b53_servers_are_started_by_no_command_or_script_of_ours(wheel, contents):
    folder = "pumbaphoto_wagtail/management/commands/"
    commands = {Path(name).stem for name in contents if name.startswith(folder)}

    assert "pumbaphoto_setup_site" in commands
    assert commands & {"gunicorn", "runserver", "qcluster"} == set()
    assert [name for name in wheel.namelist() if name.endswith("/entry_points.txt")] == []


def test_m76_f28_wheel_says_what_it_needs(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    metadata = wheel.read(name).decode()

    assert "Requires-Python: >=3.11" in metadata
    assert re.search(r"^Requires-Dist: wagtail>=8\.0$", metadata, re.MULTILINE)
    for extra in ("raw", "fast", "s3", "logins", "demo", "testing", "docs", "linting"):
        assert f"Provides-Extra: {extra}\n" in metadata


def test_requirements_have_no_upper_bounds(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    requirements = re.findall(r"^Requires-Dist: (.+)$", wheel.read(name).decode(), re.MULTILINE)

    assert [line for line in requirements if "<" in line or "==" in line.split(";")[0]] == []


def test_npm_packages_are_pinned_exactly():
    package = json.loads((ROOT / "package.json").read_text())
    versions = {**package["dependencies"], **package["devDependencies"]}.values()

    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


def test_npm_lock_says_what_to_install_but_not_from_where():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert packages
    assert all("integrity" in entry for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
