import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "pumbaphoto_wagtail"
VERSION = re.search(r'__version__ = "([^"]+)"', (PACKAGE / "__init__.py").read_text()).group(1)
BUNDLE = PACKAGE / "static" / "pumbaphoto_wagtail" / "gallery.js"
WITHOUT_BUNDLE = """
The JavaScript and CSS of PumbaPhoto are not bundled yet, so that a package made now would have
none. `make frontend` in this folder bundles them; `make wheel` does that and makes the package.
For working on the sources, `pip install --editable .` needs no bundle.
"""


def insist_on_bundle() -> None:
    """A package without what its pages load would install, and work without any of it."""
    if not BUNDLE.exists():
        raise SystemExit(WITHOUT_BUNDLE)


class BuildWithBundle(build_py):
    def run(self) -> None:
        if not self.editable_mode:
            insist_on_bundle()
        super().run()


class PackSourcesWithBundle(sdist):
    def run(self) -> None:
        insist_on_bundle()
        super().run()


RAW = ["rawpy>=0.21"]
FAST = ["pyvips>=3.2", "pyvips-binary>=8.18.7", "simplejpeg>=1.8"]
S3 = ["django-storages[s3]>=1.14"]
# django-q2's broker for several worker hosts, where the database is not to be the queue.
REDIS = ["redis>=5"]
# Slows down who guesses passwords of the admin.
LOGINS = ["django-axes>=7"]
# The photographs of the demo studio ship inside scikit's two.
DEMO = [*LOGINS, "scikit-image>=0.22", "scikit-learn>=1.4", "gunicorn>=22"]
LINTING = ["ruff>=0.9"]
TESTING = [
    *LINTING,
    *LOGINS,
    *REDIS,
    *S3,
    "aiosmtpd>=1.4.6",
    # Make the package, with what pyproject.toml names, but in this environment: without waiting
    # for one of its own.
    "build>=1.2",
    "setuptools>=77",
    # Runs the part of each cell whose Python is there.
    "tox>=4.11",
    # Sets a site's own policy, to which ours gives way.
    "django-csp>=4",
    "gunicorn>=22",
    "hypothesis>=6.100",
    # A volume that is slow, full or hangs on demand; only Linux has it, and it needs libfuse.
    "mfusepy>=3.1; sys_platform == 'linux'",
    # A server that speaks S3.
    "moto[server]>=5",
    "piexif>=1.1.3",
    "pillow-heif>=0.18",
    "playwright>=1.44",
    # Reads the catalogues of translations, to hold them against the sources.
    "polib>=1.2",
    # Reads back the texts of the PDFs that are made.
    "pypdf>=4",
    # pytest-xdist 3.8 cannot keep its groups together in 9.2: each worker would start every site.
    "pytest>=8.2,!=9.2.*",
    "pytest-django>=4.8",
    "pytest-xdist>=3.6",
    "tuspy>=1.0.3",
    # Translated pages beside it show the same shoot.
    "wagtail-localize>=1.14",
]
DOCS = ["sphinx>=7.3", "myst-parser>=3", "furo>=2024.5.6"]

setup(
    name="pumbaphoto-wagtail",
    version=VERSION,
    description="Client galleries and proofing for Wagtail: upload, share, select, edit, deliver.",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    author="PumbaPhoto contributors",
    license="BSD-3-Clause",
    # The second is of the fonts, which are shipped as they are.
    license_files=["LICENSE", "pumbaphoto_wagtail/fonts/OFL.txt"],
    keywords="wagtail django photography proofing gallery photographer client upload delivery",
    packages=find_packages(include=["pumbaphoto_wagtail", "pumbaphoto_wagtail.*"]),
    # Not static_src: the bundle made of it is shipped, so that installing needs no Node.
    include_package_data=False,
    package_data={
        "pumbaphoto_wagtail": [
            *("templates/**/*", "static/**/*", "locale/**/*.mo", "fonts/*"),
            "py.typed",
        ]
    },
    cmdclass={"build_py": BuildWithBundle, "sdist": PackSourcesWithBundle},
    zip_safe=False,
    python_requires=">=3.11",
    install_requires=[
        "Django>=5.2",
        "wagtail>=8.0",
        # With Wagtail's own models of pages, which a site may replace.
        "swapper>=1.4",
        "wagtail-modeladmin>=2.5",
        "django-q2>=1.8",
        "Pillow>=11.1",
        "openpyxl>=3.1.2",
        "clamd>=1.0.2",
        "psycopg[binary]>=3.2.1",
        # Which font has which character, and which way a line runs: for watermarks and PDFs.
        "fonttools>=4.51",
        "python-bidi>=0.6",
        # Every edit is laid on every original that it may be of: sums over arrays of millions.
        "numpy>=1.26",
        # Contact sheets and print releases as PDF; HarfBuzz shapes what is written in them, so that
        # every script can be read, searched and copied.
        "reportlab>=4.2",
        "uharfbuzz>=0.40",
        # Sidecars that photographers upload: it can be told to resolve no entity and fetch nothing,
        # and keeps the prefixes of namespaces that it does not know.
        "lxml>=5.2",
        # Pictures of films, fetched at an address that was looked at before: Wagtail's own embeds
        # bring both along, and ask only servers that they know.
        "urllib3>=2.0.2",
        "certifi",
    ],
    extras_require={
        "raw": RAW,
        "fast": FAST,
        "s3": S3,
        "redis": REDIS,
        "logins": LOGINS,
        "demo": DEMO,
        "linting": LINTING,
        "testing": TESTING,
        "docs": DOCS,
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Web Environment",
        "Framework :: Django",
        "Framework :: Django :: 5.2",
        "Framework :: Django :: 6.0",
        "Framework :: Django :: 6.1",
        "Framework :: Wagtail",
        "Framework :: Wagtail :: 8",
        "Intended Audience :: Developers",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Internet :: WWW/HTTP",
        "Topic :: Multimedia :: Graphics",
        "Typing :: Typed",
    ],
)
