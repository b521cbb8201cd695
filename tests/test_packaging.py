"""What is shipped: the wheel's contents, and what the frontend bundle is made of."""

import ast
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from .distributions import ROOT, build, copy_sources

ENTRY_POINTS = ("family.js", "gallery.js", "uploader.js", "workspace.js")
DJANGOS = ("5.2", "6.0", "6.1")
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The folder with both: the sdist, and the wheel that was made of nothing but the sdist."""
    folder = tmp_path_factory.mktemp("distributions")
    done = build(copy_sources(folder / "source"), folder / "dist")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(distributions):
    with zipfile.ZipFile(next(distributions.glob("*.whl"))) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    return message_from_string(wheel.read(name).decode())


@pytest.fixture(scope="module")
def sources(distributions):
    """The names in the sdist, below its own folder."""
    with tarfile.open(next(distributions.glob("*.tar.gz"))) as archive:
        files = [member.name for member in archive.getmembers() if member.isfile()]
    return {name.partition("/")[2] for name in files}


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
        | {"pumbaphoto_wagtail/py.typed"}
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


def test_m76_f28_wheel_says_what_it_needs(metadata):
    required = metadata.get_all("Requires-Dist")

    assert metadata["Requires-Python"] == ">=3.11"
    assert "wagtail>=8.0" in required
    wanted = {"raw", "fast", "s3", "redis", "logins", "demo", "testing", "docs", "linting"}
    assert set(metadata.get_all("Provides-Extra")) == wanted
    optional = ("rawpy", "pyvips", "simplejpeg", "django-storages", "redis", "django-axes")
    assert [line for line in required if line.startswith(optional) and "extra ==" not in line] == []


def test_requirements_have_no_upper_bounds(metadata):
    requirements = metadata.get_all("Requires-Dist")

    assert [line for line in requirements if "<" in line or "==" in line.split(";")[0]] == []


def test_wheel_says_what_it_runs_on_as_the_matrix_of_tox_does(metadata):
    named = metadata.get_all("Classifier")
    tox = (ROOT / "tox.ini").read_text()

    for number in DJANGOS:
        assert f"Framework :: Django :: {number}" in named
        assert f"django{number.replace('.', '')}: Django>={number},<" in tox
    for number in PYTHONS:
        assert f"Programming Language :: Python :: {number}" in named
    assert {"Framework :: Wagtail", "Framework :: Wagtail :: 8"} <= {*named}
    assert "wagtail80: wagtail>=8.0,<8.1" in tox


def test_wheel_names_no_address_that_nobody_has_given_it(metadata):
    assert metadata.get_all("Project-URL") is None
    assert metadata["Home-page"] is None


def test_wheel_brings_every_licence_of_what_is_in_it(wheel, contents):
    licences = {Path(name).name for name in wheel.namelist() if "/licenses/" in name}

    assert licences == {"LICENSE", "OFL.txt"}
    assert "pumbaphoto_wagtail/fonts/OFL.txt" in contents


def test_sdist_holds_what_the_wheel_does_and_how_its_bundle_is_made(sources, contents):
    assert contents <= sources
    assert source_files("static_src") <= sources
    assert {"package.json", "package-lock.json", "scripts/frontend.py", "LICENSE"} <= sources
    strangers = ("tests/", "example_site/", "docs/", "node_modules/", "build/")
    assert [name for name in sources if name.startswith(strangers)] == []


@pytest.mark.parametrize("kind", ["--sdist", "--wheel"])
def test_without_the_bundle_nothing_is_made_and_the_error_says_how(tmp_path, kind):
    source = copy_sources(tmp_path / "source")
    (source / "pumbaphoto_wagtail/static/pumbaphoto_wagtail/gallery.js").unlink()

    done = build(source, tmp_path / "dist", kind)
    assert done.returncode != 0
    assert "`make frontend`" in done.stdout + done.stderr
    assert not [*(tmp_path / "dist").glob("*.*")]


def test_whatever_is_imported_is_brought_along_or_an_extra(metadata):
    # What Wagtail itself cannot do without is there as long as Wagtail is.
    lines = [*metadata.get_all("Requires-Dist"), *requires("wagtail")]
    brought = {_plain_name(re.match(r"[\w.-]+", line)[0]) for line in lines}
    owners = packages_distributions()
    missing = {
        module
        for module in _imported_modules()
        if not brought & {_plain_name(name) for name in owners.get(module, [])}
    }

    # django-storages[s3] brings it.
    assert missing - {"botocore"} == set()


def _plain_name(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported_modules():
    """The first part of all that the package imports from others, inside functions as well."""
    found = set()
    for path in (ROOT / "pumbaphoto_wagtail").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found - {"pumbaphoto_wagtail"} - sys.stdlib_module_names


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


def test_lowest_versions_are_those_that_setup_py_names(metadata):
    command = [sys.executable, str(ROOT / "scripts" / "lowest_versions.py")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert {"Django==5.2", "wagtail==8.0", "rawpy==0.21"} <= {*said}
    required = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    # Of certificates there is no version too old.
    bound = {re.sub(r"\[.*\]", "", line).replace(">=", "==") for line in required if ">=" in line}
    assert bound <= {*said}
