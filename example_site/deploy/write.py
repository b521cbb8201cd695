"""Fill in the templates of this folder: python deploy/write.py --to DIRECTORY DOMAIN=example.com

DIRECTORY stands for the root of the machine: ``--to /`` writes every file to where it belongs, and
any other one is for looking at first. Every name that stands between @ signs in the templates can
be given; DEFAULTS says what is taken otherwise. A name that is missing or unknown is an error, and
nothing is written. With --busy there are two files more: pictures by a verdict that nginx keeps for
some seconds. The file of secrets (studio.env) is never written over.
"""

import argparse
import re
import secrets
from pathlib import Path

HERE = Path(__file__).resolve().parent
SNIPPETS = "etc/nginx/studio.d"
UNITS = "etc/systemd/system"
SECRETS = "etc/studio/studio.env"
# Each template, and where it belongs on the machine; PostgreSQL's directory is Debian 12's.
PLACES = {
    "nginx.conf": "etc/nginx/conf.d/studio.conf",
    "file_headers.conf": f"{SNIPPETS}/file_headers.conf",
    "clamd.conf": "etc/clamav/clamd.conf",
    "pumbaphoto.ldb": "var/lib/clamav/pumbaphoto.ldb",
    "postgresql.conf": "etc/postgresql/15/main/conf.d/studio.conf",
    "logrotate.conf": "etc/logrotate.d/studio",
    "tmpfiles.conf": "etc/tmpfiles.d/studio.conf",
    "studio.env": SECRETS,
    "studio-manage": "usr/local/bin/studio-manage",
    **{
        str(path.relative_to(HERE)): f"{UNITS}/{path.relative_to(HERE / 'systemd')}"
        for path in sorted((HERE / "systemd").rglob("*"))
        if path.is_file()
    },
}
BUSY_PLACES = {name: f"{SNIPPETS}/{name}" for name in ("busy_http.conf", "busy_server.conf")}
# Once for each disk and library beside the volume.
DISK_TEMPLATE = "disk_server.conf"
MODES = {"studio.env": 0o600, "studio-manage": 0o755}

DEFAULTS = {
    # The code with manage.py and this folder, and the Python it runs with; only root writes there.
    "CODE_DIR": "/srv/studio/site",
    "VENV_DIR": "/srv/studio/venv",
    "SETTINGS": "example_site.settings.production",
    "WSGI": "example_site.wsgi",
    # Who the site runs as. nginx is in this user's group.
    "USER": "studio",
    "GROUP": "studio",
    "ENV_FILE": f"/{SECRETS}",
    "HTTP_PORT": "80",
    "HTTPS_PORT": "443",
    # Where the package's addresses are included, with both slashes.
    "MOUNT": "/galleries/",
    "RUN_DIR": "/run/studio",
    # A folder of its own: Debian's logrotate takes all of /var/log/nginx for itself.
    "LOG_DIR": "/var/log/studio",
    "WEB_USER": "www-data",
    "NGINX_PID": "/run/nginx.pid",
    "DATA_DIR": "/srv/studio/data",
    "VOLUME_DIR": "/srv/photos",
    # Further disks for archived galleries, "Cold-2027=/mnt/cold-2027 Cold-2028=/mnt/cold-2028":
    # alias in STORAGES and mount point, and behind another = the UUID that pumbaphoto_init_storage
    # printed for it. The last one is where galleries are archived.
    "COLD_DISKS": "",
    # The photographer's own folders, in the same way: they are only read.
    "LIBRARIES": "",
    # Further parts of nginx's configuration.
    "SNIPPET_DIR": f"/{SNIPPETS}",
    # Where nginx keeps verdicts; the directory above it has to be there.
    "CACHE_DIR": "/var/lib/nginx/studio-verdicts",
    # certbot --webroot writes here.
    "ACME_DIR": "/var/www/html",
    # PUMBAPHOTO["LINK_COOKIE_NAME"].
    "LINK_COOKIE": "pumbaphoto_links",
    # For so long browsers come back by HTTPS only.
    "HSTS_SECONDS": str(365 * 24 * 3600),
    # The database by its socket, without a password: PostgreSQL knows the user.
    "DATABASE_NAME": "studio",
    "DATABASE_USER": "studio",
    "DATABASE_HOST": "",
    "CLAMD_SOCKET": "/run/clamav/clamd.ctl",
    "CLAMD_USER": "clamav",
    "CLAMD_DATABASE_DIR": "/var/lib/clamav",
    "EMAIL_HOST": "localhost",
    "EMAIL_PORT": "25",
}
_PLACE = re.compile(r"@([A-Z][A-Z_]*)@")
_DISK = re.compile(r"([A-Za-z0-9_.-]+)=(/[^\s=]*)(?:=[0-9a-f-]{36})?")
# What would end a value in one of the files it goes into.
_UNSAFE = re.compile(r"[\"'\\;{}$`#\n\r]")


class WrongValue(ValueError):
    """A name that is missing or unknown, or a value that no configuration can hold."""


def fill(template: str, values: dict[str, str]) -> str:
    """The template with its places filled. Raises WrongValue for a place without a value."""

    def value(place: re.Match[str]) -> str:
        try:
            return values[place[1]]
        except KeyError:
            raise WrongValue(f"missing or unknown: {place[1]}") from None

    return _PLACE.sub(value, template)


def values_from(given: dict[str, str]) -> dict[str, str]:
    """The given values over the defaults, and what follows from them.

    Several domains may be given, with spaces between them. Their one certificate is looked for
    where certbot keeps it, by the first. Raises WrongValue.
    """
    domains = given.get("DOMAIN", "").split()
    if not domains:
        raise WrongValue("missing or unknown: DOMAIN")
    values = {**DEFAULTS, **given, "DOMAIN": " ".join(domains)}
    if unsafe := sorted(name for name, value in values.items() if _UNSAFE.search(value)):
        raise WrongValue(f"not to be written into a configuration: {', '.join(unsafe)}")
    disks = disks_in(values["COLD_DISKS"])
    certificates = f"/etc/letsencrypt/live/{domains[0]}"
    followed = {
        "CERTIFICATE": f"{certificates}/fullchain.pem",
        "CERTIFICATE_KEY": f"{certificates}/privkey.pem",
        "STATIC_DIR": f"{values['DATA_DIR']}/static",
        "MEDIA_DIR": f"{values['DATA_DIR']}/media",
        "ALLOWED_HOSTS": ",".join(domains),
        "BASE_URL": f"https://{domains[0]}",
        "DEFAULT_FROM_EMAIL": f"studio@{domains[0]}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "HEALTH_KEY": secrets.token_urlsafe(24),
    }
    made = {
        "LISTEN_HTTP": listen(values["HTTP_PORT"]),
        "LISTEN_HTTPS": listen(values["HTTPS_PORT"], " ssl http2"),
        "LISTEN_HTTP_DEFAULT": listen(values["HTTP_PORT"], " default_server"),
        "LISTEN_HTTPS_DEFAULT": listen(values["HTTPS_PORT"], " ssl http2 default_server"),
        # Absent is not an error: archived galleries wait for their disk, and all else goes on.
        "COLD_DIRS": " ".join(f"-{directory}" for directory in disks.values()),
    }
    templates = (*PLACES, *BUSY_PLACES)
    known = {name for template in templates for name in _PLACE.findall(read(template))}
    known |= DEFAULTS.keys() | followed.keys()
    if unknown := given.keys() - known:
        raise WrongValue(f"missing or unknown: {', '.join(sorted(unknown))}")
    return {**followed, **values, **made}


def listen(port: str, options: str = "") -> str:
    """nginx's lines for a port, on both kinds of network; or for one address, as it stands."""
    addresses = (port, f"[::]:{port}") if port.isdigit() else (port,)
    return "\n    ".join(f"listen {address}{options};" for address in addresses)


def disks_in(value: str) -> dict[str, str]:
    """Alias -> directory of "ALIAS=/directory ALIAS=/directory". Raises WrongValue."""
    found = [_DISK.fullmatch(word) for word in value.split()]
    if not all(found):
        raise WrongValue(f"not a list of ALIAS=/directory: {value}")
    return {disk[1]: disk[2] for disk in found}


def read(template: str) -> str:
    return (HERE / template).read_text()


def files_from(values: dict[str, str], *, is_busy: bool) -> dict[str, tuple[str, int]]:
    """Every file to write, by its place: what is in it, and its mode. Raises WrongValue."""
    places = PLACES | BUSY_PLACES if is_busy else PLACES
    files = {
        place: (fill(read(template), values), MODES.get(template, 0o644))
        for template, place in places.items()
    }
    for alias, directory in disks_in(f"{values['COLD_DISKS']} {values['LIBRARIES']}").items():
        text = fill(read(DISK_TEMPLATE), {**values, "ALIAS": alias, "DIRECTORY": directory})
        files[f"{SNIPPETS}/{alias}_server.conf"] = text, 0o644
    return files


def write(path: Path, text: str, mode: int) -> None:
    """Write a file that has its mode from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode)
    path.chmod(mode)
    path.write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, required=True, help="/, or what stands for it")
    parser.add_argument("--busy", action="store_true", help="verdicts kept by nginx, as well")
    parser.add_argument("values", nargs="*", metavar="NAME=value")
    options = parser.parse_args()
    if wrong := [value for value in options.values if "=" not in value]:
        parser.error(f"not NAME=value: {', '.join(wrong)}")
    try:
        values = values_from(dict(value.split("=", 1) for value in options.values))
        files = files_from(values, is_busy=options.busy)
    except WrongValue as error:
        parser.error(str(error))
    for place, (text, mode) in files.items():
        path = options.to / place
        if place == SECRETS and path.exists():
            print(f"{path} is kept as it is")
            continue
        write(path, text, mode)


if __name__ == "__main__":
    main()
