"""Links lead somewhere, pictures are there, and every page can be reached."""

import re
import subprocess
import sys

import pytest

from .pages import DOCS, LINK, PICTURE, ROOT, anchors_of, name_of, paths, text_of, without_blocks

LARGEST_PICTURE_BYTES = 150 * 1024
ALL_PICTURES_BYTES = 3 * 1024 * 1024
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [pytest.param(path, id=name_of(path)) for path in paths()]


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(path):
    astray = []
    for address in LINK.findall(without_blocks(text_of(path))):
        if re.match(r"https?://|mailto:", address):
            continue
        name, _, anchor = address.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            astray.append(address)
    assert astray == []


@pytest.mark.parametrize("path", PAGES)
def test_every_picture_is_there(path):
    shown = PICTURE.findall(path.read_text())
    assert [name for name in shown if not (path.parent / name).is_file()] == []


def test_pictures_are_small_and_all_of_them_are_shown():
    files = [*DOCS.glob("images/**/*.*"), *DOCS.glob("screenshots/*.*")]
    shown = {
        (path.parent / name).resolve()
        for path in paths()
        for name in PICTURE.findall(path.read_text())
    }
    assert [file.name for file in files if file not in shown] == []
    assert [file.name for file in files if file.stat().st_size > LARGEST_PICTURE_BYTES] == []
    assert sum(file.stat().st_size for file in files) < ALL_PICTURES_BYTES


def test_every_page_is_in_the_table_of_contents():
    listed = " ".join(TOCTREE.findall((DOCS / "index.md").read_text())).split()
    pages = {
        str(path.relative_to(DOCS).with_suffix("")) for path in paths() if path.is_relative_to(DOCS)
    }
    assert sorted(pages - {"index"} - set(listed)) == []


def test_sphinx_has_nothing_to_complain_of(tmp_path):
    """As ``make docs``, which also writes the pages."""
    pytest.importorskip("sphinx", reason="Sphinx is not installed: pip install -e .[docs]")
    pytest.importorskip("furo", reason="furo is not installed: pip install -e .[docs]")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "dummy"]
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "doctrees"), "docs", str(tmp_path / "html")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
