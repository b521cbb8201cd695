"""How fast uploads are over loopback: ``python -m tests.uploads.speed``.

Eight files of 24 MiB in chunks of 8 MiB, four at a time, each chunk synchronised before it is
acknowledged; to gunicorn alone, through nginx with HTTPS, and beside them the same bytes written
and synchronised with nothing in between. Medians of three alternating rounds, in MB/s.
"""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import django

FILE_BYTES = 24 * 1024 * 1024
CHUNK_BYTES = 8 * 1024 * 1024
FILES, LANES, ROUNDS = 8, 4, 3


def main() -> None:
    from tests.faults.ledger import gallery_of
    from tests.live import live_site
    from tests.uploads.photographer import Photographer
    from tests.uploads.servers import Front, UploadServer

    with (
        live_site(MAX_FILE_BYTES=2 * FILE_BYTES) as site,
        UploadServer(site) as server,
        Front(site) as front,
    ):
        gallery = gallery_of(site)
        ways = {
            "gunicorn alone": Photographer(server.address),
            "nginx, HTTPS": Photographer(front.address, front.certificate),
        }

        def send(maria: Photographer, content: bytes) -> None:
            maria.send(gallery, content, "IMG_1.jpg", CHUNK_BYTES)

        def plain(content: bytes) -> None:
            with (site.directory / "plain").open("wb", buffering=0) as file:
                for offset in range(0, len(content), CHUNK_BYTES):
                    file.write(content[offset : offset + CHUNK_BYTES])
                    os.fsync(file.fileno())

        acts = {
            name: (LANES, lambda content, who=who: send(who, content)) for name, who in ways.items()
        }
        acts["write and fsync"] = (1, plain)
        found: dict[str, list[float]] = {name: [] for name in acts}
        for _ in range(ROUNDS):
            for name, (lanes, act) in acts.items():
                contents = [os.urandom(FILE_BYTES) for _ in range(FILES)]
                began = time.monotonic()
                with ThreadPoolExecutor(lanes) as pool:
                    list(pool.map(act, contents))
                found[name].append(FILES * FILE_BYTES / 1e6 / (time.monotonic() - began))
    for name, speeds in found.items():
        print(f"{name:16} {statistics.median(speeds):6.0f} MB/s")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    main()
