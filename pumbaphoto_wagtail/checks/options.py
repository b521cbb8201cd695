"""The ``PUMBAPHOTO`` dictionary: keys we know, values we understand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, register
from PIL import features

from ..conf import DEFAULTS, MEBIBYTE
from ..intake.formats import FORMATS
from ..intake.tiers import OTHER_FORMATS
from ..models import Kind, ShareLink

TAG = "pumbaphoto"
CLAMD_ADDRESS = re.compile(r"unix:/.+|tcp:.+:\d{1,5}")
MODEL_NAME = re.compile(r"\w+\.\w+")
# The most that a JPEG can be wide or high.
MAX_TIER_SIDE = 65500
# Not to be guessed within the years that a site is asked for its health.
HEALTH_KEY_LENGTH = 16
NEEDED_TIERS = ("grid", "view", "display")
KEY_ID_LENGTH = ShareLink._meta.get_field("key_id").max_length


def is_whole(value: Any) -> bool:
    """A whole number from zero on; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_positive(value: Any) -> bool:
    return is_whole(value) and value > 0


def is_chunk(value: Any) -> bool:
    # What the shipped web server lets through in one request.
    return is_positive(value) and value <= 32 * MEBIBYTE


def is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def is_health_key(value: Any) -> bool:
    return is_text(value) and (not value or len(value) >= HEALTH_KEY_LENGTH)


def is_one_of(*options: Any) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in options


def is_list_of(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(is_right, value))


def is_matched_by(pattern: re.Pattern) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def are_formats(value: Any) -> bool:
    return is_list_of(is_one_of(*FORMATS))(value) and bool(value)


def are_tiers(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(name in value for name in NEEDED_TIERS)
        and all(is_name(name) and len(name) <= 20 and is_tier(tier) for name, tier in value.items())
    )


def is_tier(tier: Any) -> bool:
    return (
        isinstance(tier, dict)
        and set(tier) - {"formats"} == {"width", "height", "mode", "quality"}
        and is_side(tier["width"])
        and is_side(tier["height"])
        and is_one_of("fit", "fill")(tier["mode"])
        and is_quality(tier["quality"])
        and are_other_formats(tier.get("formats", {}))
    )


def is_side(value: Any) -> bool:
    return is_positive(value) and value <= MAX_TIER_SIDE


def is_quality(value: Any) -> bool:
    return is_positive(value) and value <= 100


def are_other_formats(value: Any) -> bool:
    """Formats beside JPEG that this server's Pillow can write, each with its quality."""
    return isinstance(value, dict) and all(
        is_one_of(*OTHER_FORMATS)(name) and features.check(name) and is_quality(value[name])
        for name in value
    )


def are_presets(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_preset, value.values()))


def is_preset(preset: Any) -> bool:
    numbers = ("minimum", "included", "maximum", "due_days")
    return (
        isinstance(preset, dict)
        and set(preset) <= {"label", "kind", "extras_words", *numbers}
        and bool(preset.get("label"))
        and preset.get("kind") in Kind
        and all(preset.get(name) is None or is_whole(preset[name]) for name in numbers)
    )


def are_keys(value: Any) -> bool:
    return isinstance(value, dict) and all(
        is_name(name) and len(name) <= KEY_ID_LENGTH and is_name(secret)
        for name, secret in value.items()
    )


def are_cold_files(value: Any) -> bool:
    return is_list_of(is_one_of("originals", "edits"))(value) and "originals" in value


def is_path_prefix(value: Any) -> bool:
    return is_text(value) and (not value or (value.startswith("/") and value.endswith("/")))


def is_quota(value: Any) -> bool:
    return is_whole(value) or (
        isinstance(value, dict) and all(is_name(host) and is_whole(value[host]) for host in value)
    )


# For each key: what a value must be, and the words for it.
RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "GALLERY_PAGE_MODEL": (is_matched_by(MODEL_NAME), "a model as 'app_label.ModelName'"),
    "PRESETS": (
        are_presets,
        "a dictionary of presets, each with 'label' and 'kind' ('choose' or 'finished')",
    ),
    "CSP": (is_one_of("off", "report-only", "enforce"), "'off', 'report-only' or 'enforce'"),
    "MAX_FILE_BYTES": (is_positive, "a number of bytes"),
    "SITE_QUOTA_BYTES": (is_quota, "a number of bytes, or {host name: number of bytes}"),
    "FILM_HOSTS_INSIDE": (is_list_of(is_name), "a list of host names"),
    "LIBRARY_STORAGES": (is_list_of(is_name), "a list of aliases in STORAGES"),
    "RENDITION_QUOTA_BYTES": (is_quota, "a number of bytes, or {host name: number of bytes}"),
    "RENDITION_DAYS": (is_whole, "a number of days, or 0"),
    "PUBLISHED_STORAGE": (is_text, "'' or an alias in STORAGES"),
    "SCRUB_DAYS": (is_whole, "a number of days, or 0"),
    "HEALTH_KEY": (is_health_key, "'' or a text of at least 16 characters"),
    "SENT_MESSAGE_DAYS": (is_whole, "a number of days, or 0"),
    "QUARANTINE_SECONDS": (is_whole, "a number of seconds, or 0"),
    "MAX_BATCH_FILES": (is_positive, "a positive whole number"),
    "CHUNK_BYTES": (is_chunk, "a number of bytes, at most 32 MiB"),
    "UPLOAD_EXPIRY_SECONDS": (is_seconds, "a number of seconds"),
    "MAX_OPEN_UPLOADS": (is_positive, "a positive whole number"),
    "STORAGE_REQUESTS": (is_positive, "a positive whole number"),
    "LEASE_SECONDS": (is_seconds, "a number of seconds"),
    "DISK_RESERVE_SHARE": (is_share, "a share from 0 up to, not including, 1"),
    "DISK_RESERVE_BYTES": (is_whole, "a number of bytes"),
    "ALLOWED_FORMATS": (are_formats, f"a list of some of {', '.join(FORMATS)}"),
    "CLAMD_ADDRESS": (
        is_matched_by(CLAMD_ADDRESS),
        "'unix:/path/to/clamd.ctl' or 'tcp:host:port'",
    ),
    "CLAMD_CONNECT_TIMEOUT_SECONDS": (is_seconds, "a number of seconds"),
    "CLAMD_SCAN_TIMEOUT_SECONDS": (is_seconds, "a number of seconds"),
    "CLAMD_SCAN_TIMEOUT_SECONDS_PER_MEBIBYTE": (is_seconds, "a number of seconds"),
    "MAX_SCAN_ATTEMPTS": (is_positive, "a positive whole number"),
    "DEMO_WITHOUT_SCANNER": (lambda value: isinstance(value, bool), "True or False"),
    "TIERS": (
        are_tiers,
        "a dictionary with 'grid', 'view' and 'display', each with 'width', 'height', "
        "'mode' ('fit' or 'fill'), 'quality' (1 to 100) and perhaps 'formats': beside the JPEG "
        "those of 'avif' and 'webp' that the server's Pillow can write, each with its quality",
    ),
    "RENDITION_ENGINE": (is_one_of("auto", "pillow"), "'auto' or 'pillow'"),
    "MAX_PIXELS": (is_positive, "a number of pixels"),
    "WORKER_MEMORY_BYTES": (is_whole, "a number of bytes, 0 for no limit"),
    "MAX_RENDER_ATTEMPTS": (is_positive, "a positive whole number"),
    "QUEUE_CLUSTER": (is_name, "the name of a cluster"),
    "SLOW_QUEUE_CLUSTER": (is_name, "the name of a cluster"),
    "EDIT_SUFFIXES": (is_list_of(is_name), "a list of words"),
    "LINK_KEYS": (are_keys, "a dictionary {key id: secret} of texts, the ids at most 50 long"),
    "LINK_DAYS": (is_positive, "a number of days"),
    "LINK_DAYS_AFTER_DELIVERY": (is_positive, "a number of days"),
    "LINK_DAYS_AFTER_RESTORE": (is_positive, "a number of days"),
    "LINK_COOKIE_NAME": (is_matched_by(re.compile(r"[\w-]+")), "a cookie's name"),
    "NOTE_MAX_LENGTH": (is_positive, "a positive whole number"),
    "DELETED_PHOTO_SECONDS": (is_seconds, "a number of seconds"),
    "X_ACCEL_PREFIX": (is_path_prefix, "'' or a path such as '/protected/'"),
    "TRUSTED_ADDRESS_HEADER": (
        is_matched_by(re.compile(r"[A-Za-z0-9-]*")),
        "'' or a header's name as it is sent, such as 'X-Real-IP'",
    ),
    "COLD_STORAGE": (is_name, "an alias in STORAGES"),
    "COLD_FILES": (are_cold_files, "('originals',) or ('originals', 'edits')"),
    "KEEP_DELIVERED_ONLINE": (lambda value: isinstance(value, bool), "True or False"),
    "ARCHIVE_SUGGESTED_AFTER_DAYS": (is_whole, "a number of days, or 0"),
    "FETCHED_DAYS": (is_positive, "a number of days"),
    "PAPER": (is_one_of("A4", "Letter"), '"A4" or "Letter"'),
    "DUE_SOON_DAYS": (is_whole, "a number of days, or 0"),
    "LINK_EXPIRING_DAYS": (is_whole, "a number of days, or 0"),
    "MAIL_RETRY_SECONDS": (is_list_of(is_seconds), "a list of numbers of seconds"),
}


@register(TAG)
def check_options(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E010, E011: ``PUMBAPHOTO`` has a key that is not known, or a value that cannot be right."""
    chosen = getattr(django_settings, "PUMBAPHOTO", {})
    if not isinstance(chosen, dict):
        return [
            Error(
                "PUMBAPHOTO must be a dictionary.",
                hint='PUMBAPHOTO = {"CSP": "report-only"}',
                id="pumbaphoto.E010",
            )
        ]
    return [
        *(unknown_key(key) for key in chosen if key not in DEFAULTS),
        *(
            wrong_value(key, value)
            for key, value in chosen.items()
            if key in DEFAULTS and not RULES[key][0](value)
        ),
    ]


def unknown_key(key: Any) -> Error:
    nearest = difflib.get_close_matches(str(key).upper(), DEFAULTS, n=1)
    if nearest:
        hint = f'Did you mean "{nearest[0]}"?'
    else:
        hint = f"Remove it; the keys are {', '.join(sorted(DEFAULTS))}."
    return Error(f"PUMBAPHOTO has no key {key!r}.", hint=hint, id="pumbaphoto.E010")


def wrong_value(key: str, value: Any) -> Error:
    example = example_of(DEFAULTS[key])
    shown = f" is {value!r}, but"
    if key == "LINK_KEYS":
        # A secret is never repeated in a terminal or a log.
        example, shown = '{"2026": "a long random text"}', ""
    return Error(
        f'PUMBAPHOTO["{key}"]{shown} must be {RULES[key][1]}.',
        hint=f'"{key}": {example},',
        id="pumbaphoto.E011",
    )


def example_of(value: Any) -> str:
    """A default as one would write it in the settings; translatable texts as texts."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {example_of(v)}" for k, v in value.items()) + "}"
    return repr(value if isinstance(value, int | float | str | tuple) else str(value))
