"""Fill in the templates of this folder: python deploy/write.py --to DIRECTORY DOMAIN=example.com

Every name that stands between @ signs in them can be given; DEFAULTS says what is taken otherwise.
A name that is missing or unknown is an error, and nothing is written. With --busy there are two
files more, which belong into SNIPPET_DIR: pictures by a verdict that nginx keeps for some seconds.
"""

import argparse
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEMPLATES = ("nginx.conf",)
BUSY_TEMPLATES = ("busy_http.conf", "busy_server.conf")
DEFAULTS = {
    "HTTP_PORT": "80",
    "HTTPS_PORT": "443",
    # Where the package's addresses are included, with both slashes.
    "MOUNT": "/galleries/",
    "RUN_DIR": "/run/studio",
    "LOG_DIR": "/var/log/nginx",
    "STATIC_DIR": "/srv/studio/data/static",
    "MEDIA_DIR": "/srv/studio/data/media",
    "VOLUME_DIR": "/srv/photos",
    # The photographer's own folders: their alias in STORAGES, and where they are.
    "LIBRARY_ALIAS": "pumbaphoto_library",
    "LIBRARY_DIR": "/srv/library",
    # Further parts of the configuration; it may be empty, or not be there.
    "SNIPPET_DIR": "/etc/nginx/studio.d",
    # Where nginx keeps verdicts; the directory above it has to be there.
    "CACHE_DIR": "/var/lib/nginx/studio-verdicts",
    # PUMBAPHOTO["LINK_COOKIE_NAME"].
    "LINK_COOKIE": "pumbaphoto_links",
}
_PLACE = re.compile(r"@([A-Z][A-Z_]*)@")


def fill(template: str, values: dict[str, str]) -> str:
    """The template with its places filled. Raises KeyError for a place without a value."""
    return _PLACE.sub(lambda place: str(values[place[1]]), template)


def values_from(given: dict[str, str]) -> dict[str, str]:
    """The given values over the defaults; a certificate is looked for where certbot keeps it.

    Raises KeyError for a name that no template has.
    """
    domain = given.get("DOMAIN", "")
    certificates = f"/etc/letsencrypt/live/{domain}"
    values = {
        **DEFAULTS,
        "CERTIFICATE": f"{certificates}/fullchain.pem",
        "CERTIFICATE_KEY": f"{certificates}/privkey.pem",
        **given,
    }
    known = {
        name for template in TEMPLATES + BUSY_TEMPLATES for name in _PLACE.findall(read(template))
    }
    if unknown := values.keys() - known:
        raise KeyError(", ".join(sorted(unknown)))
    return values


def read(template: str) -> str:
    return (HERE / template).read_text()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, required=True, help="the directory to write to")
    parser.add_argument("--busy", action="store_true", help="verdicts kept by nginx, as well")
    parser.add_argument("values", nargs="*", metavar="NAME=value")
    options = parser.parse_args()
    try:
        values = values_from(dict(value.split("=", 1) for value in options.values))
        templates = TEMPLATES + BUSY_TEMPLATES if options.busy else TEMPLATES
        written = {template: fill(read(template), values) for template in templates}
    except KeyError as error:
        parser.error(f"missing or unknown: {error.args[0]}")
    options.to.mkdir(parents=True, exist_ok=True)
    for template, text in written.items():
        (options.to / template).write_text(text)


if __name__ == "__main__":
    main()
