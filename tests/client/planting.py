"""Words that stand nowhere else, planted in every text of one studio's gallery.

The fields are read from the models, so that a new one is planted as soon as it exists. A field
whose text has to mean something to a machine is named in MACHINES.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import models

MARK = "zq"
MACHINES = {
    "Client": {"language"},
    "Gallery": {"watermark_key"},
    "StoredFile": {"storage", "name", "format", "sha256"},
    "FileMove": {"to_storage", "to_name"},
    "Rendition": {"tier", "format", "recipe", "watermark", "digest", "storage", "name"},
    "Photo": {"name_key", "frame_key", "average_colour", "perceptual_hash"},
    "ShareLink": {"token_sha256", "key_id", "list", "pin_hash"},
    "Edit": {"variant"},
    "DeliveryItem": {"sha256"},
    "Upload": {"claimed_sha256"},
    "Message": {"key"},
    "MailTemplate": {"language"},
    "Library": {"storage", "patterns", "ignores"},
    "LibraryFolder": {"path_key"},
    "LibraryFile": {"path_key"},
    "ScanNote": {"kind"},
    # Of the operator's machines.
    "WorkerHost": {"name", "cluster", "version"},
    # Of the whole site: whoever comes to it reads them.
    "StudioSettings": {
        *("studio_name", "accent", "sender_name", "sender_email", "language", "signature"),
        "extras_words",
    },
    # An index page is open to everybody.
    "GalleryIndexPage": {"intro"},
    "SlideshowPage": {"intro"},
}
APPS = ("pumbaphoto_wagtail", "pumbaphoto_pages")


def plant(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Give every text of these rows a word of its own: mark, model, field, number of the row."""
    fields = [*_text_fields(model)]
    for number, row in enumerate(rows):
        for field in fields:
            setattr(row, field.attname, _shaped(field, word(model, field.name, number)))
        row.save()


def word(model: type[models.Model], field: str, number: int = 0) -> str:
    """The word that :func:`plant` puts there; short enough for any field."""
    return f"{MARK}{model.__name__.lower()}{field.replace('_', '')}{number}x"


def plantable() -> Iterator[type[models.Model]]:
    """Every model with a text that can be planted."""
    for name in APPS:
        for model in apps.get_app_config(name).get_models():
            if any(_text_fields(model)):
                yield model


def _text_fields(model: type[models.Model]) -> Iterator[models.Field]:
    machine = MACHINES.get(model.__name__, set())
    for field in model._meta.local_concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField)
        if is_text and not field.choices and field.name not in machine:
            yield field


def _shaped(field: models.Field, text: str) -> str:
    if isinstance(field, models.EmailField):
        return f"{text}@example.com"
    if isinstance(field, models.URLField):
        return f"https://{text}.example.com/"
    return text
