"""A film among the photographs: in its place, and quiet until somebody presses play."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.proofing import links

from .accessibility import violations
from .conftest import DESKTOP, PHONE
from .lightbox_steps import counter, expect, is_closed, is_open, lightbox, make_large_photo
from .test_wall import hang_many

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
PROVIDER = "https://player.films.example/**"
PLAYS = """<!doctype html><title>Player</title><button id="b">pause</button>
<script>document.body.append(document.referrer + "|" + self.origin)</script>"""


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery()
    photos = [make_large_photo(gallery) for _number in range(3)]
    thumbnail = testing.make_stored_file(original_name="film.jpg")
    for tier, width, height in (("grid", 300, 225), ("view", 480, 360), ("display", 480, 360)):
        testing.make_rendition(thumbnail, tier, width=width, height=height)
    size = {"width": 1280, "height": 720}
    testing.make_video(gallery, "Our day", after=photos[0], thumbnail=thumbnail, **size)
    testing.make_video(gallery, "Without a picture", after=photos[2])
    return gallery


class Visit:
    """Somebody with a link, whose browser writes down whom it asks."""

    def __init__(self, person, live_server, gallery, device, **options) -> None:
        self.person = person(device, **options)
        self.page = self.person.page
        self.here = urlsplit(live_server.url).netloc
        self.foreign: list[str] = []
        self.person.context.on("request", self._note)
        self.person.context.route(PROVIDER, self._play)
        self.page.goto(f"{live_server.url}/galleries/s/{links.token(testing.make_link(gallery))}")

    def _note(self, request) -> None:
        if urlsplit(request.url).netloc != self.here and not request.url.startswith("data:"):
            self.foreign.append(request.url)

    @staticmethod
    def _play(route) -> None:
        route.fulfill(content_type="text/html", body=PLAYS)

    def player(self):
        frame = self.page.frame_locator(".pumba-film__frame")
        return frame.frame_locator(".pumba-player__frame")

    def sees_player(self) -> None:
        origin = f"http://{self.here}/|https://player.films.example"
        expect(self.player().locator("body")).to_contain_text(origin)


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_b37_a_film_hangs_in_its_place_and_asks_its_provider_only_when_it_is_played(
    person, live_server, gallery, device
):
    visit = Visit(person, live_server, gallery, device)
    page, name = visit.page, "phone" if device is PHONE else "desktop"
    tiles = page.locator(".pumba-tile")
    expect(tiles).to_have_count(5)
    assert ["pumba-tile--film" in tile.get_attribute("class") for tile in tiles.all()] == [
        False,
        True,
        False,
        False,
        True,
    ]
    expect(page.locator(".pumba-tile--film .pumba-heart")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    visit.person.photograph(f"films-wall-{name}")
    assert violations(page) == []
    # From the photograph before it, by keys.
    page.locator(".pumba-tile__link").first.click()
    is_open(page)
    page.keyboard.press("ArrowRight")
    expect(counter(page)).to_have_text("2 of 5")
    play = page.get_by_role("button", name="Play: Film: Our day")
    expect(play).to_be_visible()
    expect(lightbox(page)).to_contain_text("Films learns that you are here")
    expect(page.locator(".pumba-tools .pumba-tool:visible")).to_have_count(0)
    visit.person.photograph(f"films-lightbox-{name}", full_page=False)
    assert violations(page) == []
    assert visit.foreign == []
    if device is PHONE:
        play.tap()
    else:
        play.focus()
        page.keyboard.press("Enter")
    visit.sees_player()
    assert visit.foreign == ["https://player.films.example/42?autoplay=1"]
    visit.person.photograph(f"films-playing-{name}", full_page=False)
    # What plays is gone with the next photo.
    page.locator(".pswp__button--arrow--next").dispatch_event("click")
    expect(counter(page)).to_have_text("3 of 5")
    expect(page.locator("iframe")).to_have_count(0)
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Play: Film: Without a picture")).to_be_visible()
    visit.person.photograph(f"films-plain-{name}", full_page=False)
    page.keyboard.press("Escape")
    is_closed(page)
    assert len(visit.foreign) == 1


def test_b39_on_a_long_wall_a_film_is_hung_when_somebody_comes_near(person, live_server, db):
    gallery = testing.make_gallery()
    photos = hang_many(gallery, 200)
    video = testing.make_video(gallery, "The dance", after=photos[150])
    visit = Visit(person, live_server, gallery, PHONE)
    page, film = visit.page, visit.page.locator(f"#photo-{video.uuid}")
    expect(page.locator(".pumba-wall--laid")).to_have_count(1)
    expect(film).to_have_count(0)
    page.goto(f"{page.url}#photo-{video.uuid}")
    expect(film.locator(".pumba-tile__title")).to_have_text("The dance")
    expect(film.locator("img, .pumba-heart, .pumba-tile__note")).to_have_count(0)
    assert page.locator(".pumba-tile").count() <= 80
    assert film.locator("a").get_attribute("href").endswith(f"/videos/{video.uuid}/")
    film.locator("a").click()
    is_open(page)
    expect(counter(page)).to_have_text("152 of 201")
    page.wait_for_url(f"**/videos/{video.uuid}/")
    page.reload()
    expect(counter(page)).to_have_text("152 of 201")
    expect(page.get_by_role("button", name="Play: Film: The dance")).to_be_visible()
    assert visit.foreign == []


def test_b37_without_javascript_a_film_has_a_page_and_plays_on_it(person, live_server, gallery):
    visit = Visit(person, live_server, gallery, DESKTOP, java_script_enabled=False)
    page = visit.page
    page.locator(".pumba-tile--film .pumba-tile__link").first.click()
    expect(page.get_by_role("heading", name="Film: Our day")).to_be_visible()
    visit.person.photograph("films-page")
    assert visit.foreign == []
    page.get_by_role("link", name="Play: Film: Our day").click()
    expect(page.locator(".pumba-film__frame")).to_be_visible()
    expect(visit.player().locator("#b")).to_be_visible()
    assert visit.foreign == ["https://player.films.example/42?autoplay=1"]
