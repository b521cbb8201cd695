"""The demo studio's front page and its administrator."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.images import ImageFile
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from wagtail.images import get_image_model
from wagtail.models import Page, Site

from studio.models import HomePage

HERO = "Weddings and portraits, told quietly"
HERO_LINE = "On Öland and wherever the ferry goes."
INTRODUCTION = (
    "<p>I photograph people on the days they will want to remember, mostly by standing in the "
    "right place and keeping still. Two cameras, available light, no poses you would not choose "
    "yourselves.</p><p>Afterwards you get a gallery of your own: look at it on the sofa, give your "
    "favourites a heart, and send me your choice when you are ready.</p>"
)
# Which photograph, counted in order of their names, stands at the head of the front page.
HERO_PICTURE = 2
# The galleries that everybody may see; while there are none, nothing is said of them.
LATEST = {"heading": "Lately", "amount": 2, "link_text": "See the portfolio"}
CONTACT = "<p>Tell me the day and the place, and I will tell you whether I am free.</p>"


class Command(BaseCommand):
    help = "Make the demo studio's front page and the account of its administrator, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--photos", type=Path, help="A folder to take the pictures from.")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, photos: Path | None, port: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This makes an account with a known password: only with DEBUG.")
        with transaction.atomic():
            self._make_administrator()
            Site.objects.update(hostname="127.0.0.1", port=port, site_name="Maria Lindqvist")
            if not HomePage.objects.exists():
                self._make_home(photos)

    def _make_administrator(self) -> None:
        users = get_user_model().objects
        if not users.filter(username="admin").exists():
            users.create_superuser("admin", "admin@example.com", "demo")

    def _make_home(self, photos: Path | None) -> None:
        welcome = Page.objects.filter(depth=2, slug="home").first()
        if welcome:
            welcome.slug = "welcome"
            welcome.save()
        root = Page.get_first_root_node()
        home = root.add_child(instance=HomePage(title="Home", slug="home", body=_body(photos)))
        Site.objects.update_or_create(
            is_default_site=True, defaults={"root_page": Page.objects.get(pk=home.pk)}
        )
        if welcome:
            welcome.delete()


def _body(photos: Path | None) -> list[tuple[str, dict[str, Any]]]:
    picture = _hero_picture(photos)
    blocks: list[tuple[str, dict[str, Any]]] = []
    if picture:
        hero = {"image": picture, "heading": HERO, "line": HERO_LINE}
        blocks.append(("hero", hero))
    blocks.append(("introduction", {"heading": "Hello, I am Maria", "text": INTRODUCTION}))
    blocks.append(("latest", LATEST))
    contact = {
        "heading": "Write to me",
        "text": CONTACT,
        "email": "maria@example.com",
        "phone": "+46 70 000 00 00",
    }
    blocks.append(("contact", contact))
    return blocks


def _hero_picture(photos: Path | None) -> Any | None:
    """The front page's photograph, in Wagtail's own image library."""
    paths = sorted(photos.glob("*.[jJ][pP]*[gG]")) if photos else []
    return _image(paths[min(HERO_PICTURE, len(paths) - 1)]) if paths else None


def _image(path: Path) -> Any:
    with path.open("rb") as stream:
        image = get_image_model()(title=path.stem, description="A photograph from the demo")
        image.file = ImageFile(stream, name=path.name.lower())
        image.save()
    return image
