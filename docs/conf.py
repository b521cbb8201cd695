"""Sphinx configuration: ``make docs`` builds into docs/_build/html and fails on any warning."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = (ROOT / "pumbaphoto_wagtail" / "__init__.py").read_text()
sys.path.insert(0, str(ROOT))

project = "PumbaPhoto for Wagtail"
author = "PumbaPhoto contributors"
project_copyright = "2026, PumbaPhoto contributors"
release = re.search(r'__version__ = "([^"]+)"', PACKAGE).group(1)
language = "en"

extensions = ["myst_parser", "docs.from_code"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["pictures.css"]
