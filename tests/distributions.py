"""The package as it is given away: made of a copy, so that no earlier build leaks into it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What a clone has, and the bundle, which `make frontend` has put into it.
SOURCES = (
    *("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md"),
    *("package.json", "package-lock.json", ".npmrc", "scripts", "pumbaphoto_wagtail"),
    *("tests/distributions.py", "example_site/manage.py", "docs/index.md"),
)
IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")


def copy_sources(target: Path) -> Path:
    """A copy of what packages are made of, and of a file each of what must stay out of them."""
    for name in SOURCES:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=IGNORED)
        else:
            shutil.copy(ROOT / name, target / name)
    return target


def build(source: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """``python -m build``, in this environment: by default the sdist, and from it the wheel."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), *options]
    return subprocess.run([*command, str(source)], capture_output=True, text=True)


def build_wheel(folder: Path) -> Path:
    """The wheel, made below ``folder``."""
    done = build(copy_sources(folder / "source"), folder / "dist")
    assert done.returncode == 0, done.stdout + done.stderr
    return next((folder / "dist").glob("*.whl"))
