"""The one settings object of the package.

A site sets a single dictionary, ``PUMBAPHOTO``, in its Django settings; whatever it leaves out has
the default below. Values are read on every access, so that ``override_settings`` works in tests.
Sizes are bytes and durations seconds, as their names say.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.utils.translation import gettext_lazy as _

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
GIBIBYTE = 1024 * MEBIBYTE
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# The tier that a gallery's watermark is not drawn into: too small to be of use to anybody.
UNMARKED_TIER = "grid"

DEFAULTS: dict[str, Any] = {
    # --- Pages -----------------------------------------------------------------------------
    # The page type that presents a gallery; a site with its own base page names its own model.
    "GALLERY_PAGE_MODEL": "pumbaphoto_pages.GalleryPage",
    # What a new gallery starts with, offered by name when it is created. Keys of each preset:
    # label, kind ("choose" or "finished"), minimum, included, maximum (None: no limit),
    # extras_words, due_days.
    "PRESETS": {
        "portrait": {"label": _("Portrait"), "kind": "choose", "due_days": 14},
        "wedding": {"label": _("Wedding"), "kind": "choose", "included": 50, "due_days": 28},
        "finished": {"label": _("Finished photos"), "kind": "finished"},
    },
    # Content-Security-Policy on pages inside the host's own base template: "off", "report-only"
    # or "enforce". Pages that the package owns whole are always strict.
    "CSP": "report-only",
    # --- Uploads ---------------------------------------------------------------------------
    # The largest single file; clamd's limits are derived from it.
    "MAX_FILE_BYTES": 512 * MEBIBYTE,
    # The largest batch that may be announced at once.
    "MAX_BATCH_FILES": 5000,
    # How much the browser sends in one request.
    "CHUNK_BYTES": 8 * MEBIBYTE,
    # An upload without progress for this long is given up; its part is deleted, its row kept.
    "UPLOAD_EXPIRY_SECONDS": 7 * DAY,
    # Uploads one user may have open at the same time.
    "MAX_OPEN_UPLOADS": 6000,
    # Requests of one web process that may work on the incoming storage at the same time. Fewer
    # than its threads, so that a NAS that hangs never holds all of them.
    "STORAGE_REQUESTS": 6,
    # How long a request or a worker may hold a row before another may take it over.
    "LEASE_SECONDS": 3 * MINUTE,
    # The part of a volume that stays free. New uploads are refused when less would be left than
    # this or DISK_RESERVE_BYTES, whichever is more.
    "DISK_RESERVE_SHARE": 0.05,
    # What stays free of a volume in any case.
    "DISK_RESERVE_BYTES": 10 * GIBIBYTE,
    # How much the files of one Wagtail site may take together, 0 for no limit: a number, or
    # {host name: number} for several sites.
    "SITE_QUOTA_BYTES": 0,
    # The formats accepted, a subset of intake.formats.FORMATS.
    "ALLOWED_FORMATS": (
        "jpeg",
        "png",
        "tiff",
        "cr2",
        "cr3",
        "nef",
        "arw",
        "dng",
        "orf",
        "rw2",
        "pef",
        "srw",
        "raf",
    ),
    # --- Library ---------------------------------------------------------------------------
    # Storage aliases whose folders may become galleries: read, and never written.
    "LIBRARY_STORAGES": (),
    # --- Films -----------------------------------------------------------------------------
    # Hosts inside the operator's own network that the pictures of films may be fetched from, for
    # instance a PeerTube of the studio's. Of all others only public addresses are asked.
    "FILM_HOSTS_INSIDE": (),
    # --- Virus scan ------------------------------------------------------------------------
    # Where clamd listens: "unix:/run/clamav/clamd.ctl" or "tcp:127.0.0.1:3310".
    "CLAMD_ADDRESS": "unix:/run/clamav/clamd.ctl",
    # How long clamd may take to let us in; then it counts as away.
    "CLAMD_CONNECT_TIMEOUT_SECONDS": 5,
    # Time allowed for one scan, however small the file.
    "CLAMD_SCAN_TIMEOUT_SECONDS": 30,
    # And this much more for each MiB of it.
    "CLAMD_SCAN_TIMEOUT_SECONDS_PER_MEBIBYTE": 1,
    # Scans that found no answer before a file is marked "blocked" (it stays, and can be retried).
    "MAX_SCAN_ATTEMPTS": 5,
    # With DEBUG and no scanner: record "not scanned (demo)" and go on. An error without DEBUG.
    "DEMO_WITHOUT_SCANNER": False,
    # Quarantined files are deleted after this long, their record stays; 0 keeps them for ever.
    "QUARANTINE_SECONDS": 90 * DAY,
    # --- Renditions ------------------------------------------------------------------------
    # Each tier: the box in pixels, "fit" (inside it) or "fill" (cropped to it), JPEG quality; with
    # "formats": {"avif": 75, "webp": 80} more formats beside the JPEG, each with its quality. For
    # "grid" and "view" AVIF makes a fifth less of bytes and a seventh more of work.
    "TIERS": {
        "grid": {"width": 300, "height": 300, "mode": "fit", "quality": 85},
        # At 85 photographs of a real card are 110 KB on average, at 80 they are 94.
        "view": {"width": 800, "height": 800, "mode": "fit", "quality": 80},
        "display": {"width": 2400, "height": 2400, "mode": "fit", "quality": 92},
    },
    # "auto" takes pyvips for plain JPEGs where it is installed, "pillow" never does.
    "RENDITION_ENGINE": "auto",
    # How much the renditions of one Wagtail site may take, 0 for no limit: a number, or
    # {host name: number}. What is cleared is made again when somebody asks.
    "RENDITION_QUOTA_BYTES": 0,
    # After how many days the renditions of galleries that nobody looks at are cleared; 0 never.
    "RENDITION_DAYS": 0,
    # Pictures with more pixels are refused: a panorama fits, a decompression bomb does not.
    "MAX_PIXELS": 300_000_000,
    # Address space of a worker that decodes; 0 sets no limit.
    "WORKER_MEMORY_BYTES": 2 * GIBIBYTE,
    # Renditions tried before a file is marked "failed".
    "MAX_RENDER_ATTEMPTS": 2,
    # --- Looking after it ------------------------------------------------------------------
    # Every file is read again within so many days, and what has changed is told; 0 never reads.
    "SCRUB_DAYS": 30,
    # What monitoring sends to read the health of the site, at least 16 characters; "" answers
    # nobody.
    "HEALTH_KEY": "",
    # E-mails that were sent are forgotten after so many days, unless a second one would be owed
    # without them; 0 keeps them.
    "SENT_MESSAGE_DAYS": 365,
    # --- Queue -----------------------------------------------------------------------------
    # The django-q2 cluster (in Q_CLUSTER["ALT_CLUSTERS"]) for photographs.
    "QUEUE_CLUSTER": "pumbaphoto",
    # And the one for mail and slow jobs, so that neither waits behind a shoot.
    "SLOW_QUEUE_CLUSTER": "pumbaphoto-slow",
    # --- Matching edits --------------------------------------------------------------------
    # Words that mark an edit at the end of a file's name, compared without case, after one of
    # "_", "-", " " or "."; numbered forms ("_edit2", "_v3", "-Edit-2") are understood as well.
    "EDIT_SUFFIXES": ("edit", "edited", "v2", "final"),
    # --- Sharing ---------------------------------------------------------------------------
    # Keys that share-link tokens are computed with: {key id: secret}. New links take the last
    # one. Empty: one key derived from SECRET_KEY.
    "LINK_KEYS": {},
    # How long a new share link stays open, where the studio's settings say nothing else.
    "LINK_DAYS": 90,
    # A delivery keeps the links of its gallery open for so long from then on.
    "LINK_DAYS_AFTER_DELIVERY": 365,
    # A restored gallery was asked for once; its links close again by themselves.
    "LINK_DAYS_AFTER_RESTORE": 14,
    # The signed cookie in which a browser keeps the links it came with.
    "LINK_COOKIE_NAME": "pumbaphoto_links",
    # How many characters a client's note, or a wish for a change, may have.
    "NOTE_MAX_LENGTH": 2000,
    # For how long a deleted photo can be brought back.
    "DELETED_PHOTO_SECONDS": 14 * DAY,
    # --- Serving ---------------------------------------------------------------------------
    # "" streams from Django; a prefix such as "/protected/" answers with X-Accel-Redirect.
    "X_ACCEL_PREFIX": "",
    # A storage alias that the web server sends from without asking: pictures of galleries that
    # everybody may see are linked there and taken away when they may not any more. "" has none.
    "PUBLISHED_STORAGE": "",
    # A request header that the proxy sets to the client's address, for instance "X-Real-IP".
    "TRUSTED_ADDRESS_HEADER": "",
    # --- Delivery and archive --------------------------------------------------------------
    # The storage alias that archived galleries move to. What moved to an earlier one stays there:
    # disks are bought yearly, and each file remembers its own.
    "COLD_STORAGE": "pumbaphoto_cold",
    # What moves there: "originals" are the photos as they were uploaded, RAW and JPEG. With
    # "edits", too, so do edits and whatever was delivered, where the gallery does not keep it
    # online.
    "COLD_FILES": ("originals",),
    # Whether "keep what was delivered online" is ticked when a gallery is archived.
    "KEEP_DELIVERED_ONLINE": False,
    # Days after the delivery when archiving is suggested to the photographer; 0 never does. It is
    # only ever done by a click.
    "ARCHIVE_SUGGESTED_AFTER_DAYS": 0,
    # For how long a photo that was fetched back by itself stays at hand.
    "FETCHED_DAYS": 14,
    # What contact sheets and print releases are made for: "A4" or "Letter".
    "PAPER": "A4",
    # --- Mail ------------------------------------------------------------------------------
    # Days before a gallery's due date when those are reminded who have not sent; 0 never does.
    "DUE_SOON_DAYS": 3,
    # Days before a link ends when those are reminded who have not downloaded; 0 never does.
    "LINK_EXPIRING_DAYS": 7,
    # Waiting times between attempts to send one message; after the last it is shown as failed.
    "MAIL_RETRY_SECONDS": (60, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 8 * HOUR, DAY),
}


class PumbaphotoSettings:
    """Attribute access to ``PUMBAPHOTO`` over :data:`DEFAULTS`.

    Raises AttributeError for a key that is not in the table, so that a typing error in our own
    code shows at once; an unknown key in the site's dictionary is a system check's business.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            default = DEFAULTS[name]
        except KeyError:
            raise AttributeError(f"PUMBAPHOTO has no setting {name!r}") from None
        return self.overrides().get(name, default)

    @staticmethod
    def overrides() -> dict[str, Any]:
        """What the site itself has set."""
        return getattr(django_settings, "PUMBAPHOTO", {})


settings = PumbaphotoSettings()
