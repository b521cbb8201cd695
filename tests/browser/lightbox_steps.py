"""What one sees and does in the lightbox, for the tests of everything that happens in it."""

import io

import pytest
from PIL import Image

from pumbaphoto_wagtail import testing

expect = pytest.importorskip("playwright.sync_api").expect

TIERS = {"grid": 400, "view": 800, "display": 2048}


def make_large_photo(gallery, width=1500, height=1000, **fields):
    """A photograph that is larger than a screen, so that one can look at it closely."""
    photo = testing.make_photo(gallery, width=width, height=height, is_rendered=False, **fields)
    for tier, side in TIERS.items():
        share = min(1, side / max(width, height))
        size = (round(width * share), round(height * share))
        buffer = io.BytesIO()
        Image.linear_gradient("L").resize(size).save(buffer, "JPEG", quality=40)
        testing.make_rendition(
            photo.picture, tier, width=size[0], height=size[1], content=buffer.getvalue()
        )
    return photo


def lightbox(page):
    return page.get_by_role("dialog", name="Photos, one at a time")


def counter(page):
    return page.locator(".pswp__counter")


def open_tile(page, number=1):
    """Open a photo by its tile, and wait until the lightbox listens to keys and gestures."""
    page.locator(".pumba-tile__link").nth(number - 1).click()
    is_open(page)


def is_open(page):
    expect(page.locator(".pswp:focus, .pswp :focus")).to_have_count(1)


def is_closed(page):
    page.locator(".pswp").wait_for(state="detached")


def is_still(page):
    """Wait until the picture has come to its place: on its way it takes no gesture."""
    page.wait_for_function(
        """() => {
          const box = document.querySelector('.pswp__item[aria-hidden=false] img.pswp__img')
            ?.getBoundingClientRect();
          const place = JSON.stringify(box);
          window.stillFor = place && place === window.lastPlace ? window.stillFor + 1 : 0;
          window.lastPlace = place;
          return window.stillFor > 15;
        }"""
    )


def touch(page, *frames):
    """Fingers on the screen: in each frame a list of points, one for each finger."""
    session = page.context.new_cdp_session(page)
    for number, points in enumerate(frames):
        fingers = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
        kind = "touchMove" if number else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        page.wait_for_timeout(16)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def swipe(page, *, to_left=True):
    xs = [370 - 34 * step for step in range(11)]
    touch(page, *([(x, 420)] for x in (xs if to_left else reversed(xs))))


def zoom_of(page):
    """How wide the shown picture is on the screen, in pixels."""
    return page.evaluate(
        """() => Math.round(
          document.querySelector('.pswp__item[aria-hidden=false] img.pswp__img')
            .getBoundingClientRect().width)"""
    )
