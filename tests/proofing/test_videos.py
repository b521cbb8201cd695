"""Films among the photographs: in their place, for whom they are, and quiet until played."""

from __future__ import annotations

from uuid import uuid4

import pytest

from pumbaphoto_wagtail import testing, video_access
from pumbaphoto_wagtail.models import Gallery, Section, State, Video
from pumbaphoto_wagtail.proofing import links, picks
from pumbaphoto_wagtail.proofing.headers import PLAYER_POLICY
from pumbaphoto_wagtail.proofing.videos import videos_of
from pumbaphoto_wagtail.proofing.videos_page import origin_of
from pumbaphoto_wagtail.testing import make_video
from pumbaphoto_wagtail.viewers import Viewer

pytestmark = pytest.mark.django_db

PLAYER = "https://player.films.example/42?autoplay=1"


def with_thumbnail(video: Video, **fields) -> Video:
    video.thumbnail = testing.make_stored_file(original_name="film.jpg", **fields)
    video.save()
    testing.make_renditions(video.thumbnail, width=480, height=270)
    return video


def viewer_of(*held) -> Viewer:
    return Viewer(links=held)


def wall(client, gallery: Gallery, query: str = "") -> list[str]:
    """What hangs, by its names, as the page's JavaScript is told."""
    answer = client.get(f"{gallery.main_page.url}photos/{query}")
    return [entry["name"] for entry in answer.json()["photos"]]


# --- In their place ------------------------------------------------------------------------------


@pytest.fixture
def shoot(gallery):
    """Photographs a and b before all sections, c and d in the first, none in the second, e."""
    sections = [
        testing.make_section(gallery, title, position=place)
        for place, title in enumerate(["Church", "Empty", "Party"])
    ]
    for name, section in [("a", None), ("b", None), ("c", 0), ("d", 0), ("e", 2)]:
        where = None if section is None else sections[section]
        testing.make_photo(gallery, f"{name}.jpg", section=where)
    return gallery, sections


def photo(gallery, name: str):
    return gallery.photos.get(name=f"{name}.jpg")


def test_b39_films_hang_at_their_places_among_the_photographs(recipient, shoot):
    gallery, (church, empty, party) = shoot
    make_video(gallery, "first")
    make_video(gallery, "behind a", after=photo(gallery, "a"))
    make_video(gallery, "second behind a", after=photo(gallery, "a"), position=1)
    make_video(gallery, "church", section=church)
    make_video(gallery, "behind d", section=church, after=photo(gallery, "d"))
    make_video(gallery, "alone", section=empty)
    make_video(gallery, "party", section=party)
    assert wall(recipient, gallery) == [
        *("first", "a.jpg", "behind a", "second behind a", "b.jpg"),
        *("church", "c.jpg", "d.jpg", "behind d"),
        "alone",
        *("party", "e.jpg"),
    ]
    answer = recipient.get(f"{gallery.main_page.url}photos/?skeleton").json()
    headings = [(part["title"], part["amount"]) for part in answer["skeleton"]["sections"]]
    assert headings == [("", 5), ("Church", 4), ("Empty", 1), ("Party", 2)]
    assert [entry["number"] for entry in answer["photos"]] == [*range(1, 13)]
    assert len(answer["skeleton"]["proportions"]) == 12
    assert answer["films"] == [0, 2, 3, 5, 8, 9, 10]


def test_b39_a_film_follows_its_photograph_and_the_one_before_it_when_that_is_hidden(
    recipient, shoot
):
    gallery, (church, _empty, party) = shoot
    d = photo(gallery, "d")
    make_video(gallery, "film", section=church, after=d)
    gallery.photos.filter(pk=d.pk).update(is_hidden=True)
    assert wall(recipient, gallery)[2:4] == ["c.jpg", "film"]
    gallery.photos.filter(name="c.jpg").update(is_hidden=True)
    assert wall(recipient, gallery) == ["a.jpg", "b.jpg", "film", "e.jpg"]
    gallery.photos.filter(pk=d.pk).update(is_hidden=False, section=party, position=0)
    assert wall(recipient, gallery)[-3:] == ["d.jpg", "film", "e.jpg"]


def test_a_gallery_of_films_alone_is_a_wall(recipient, gallery):
    make_video(gallery, "film", section=testing.make_section(gallery))
    assert wall(recipient, gallery) == ["film"]


def test_films_hang_among_what_was_delivered_and_are_no_part_of_it(recipient, shoot):
    gallery, _sections = shoot
    make_video(gallery, "first")
    make_video(gallery, "behind c", after=photo(gallery, "c"))
    edits = [testing.make_edit(gallery, photo(gallery, name)) for name in "acd"]
    edits.append(
        testing.make_edit(gallery, photo(gallery, "c"), variant="black_and_white", name="c_bw.jpg")
    )
    gift = testing.make_edit(gallery, name="gift.jpg")
    testing.make_delivery(gallery, [*edits, gift])
    Gallery.objects.filter(pk=gallery.pk).update(state=State.DELIVERED)
    names = wall(recipient, gallery, "?show=ready")
    assert names[0] == "first"
    assert names.index("behind c") == names.index("d_edit.jpg") - 1 == 4
    assert names[-1] == "gift.jpg"
    page = recipient.get(f"{gallery.main_page.url}?show=ready").content.decode()
    assert "download/item/" in page
    assert page.count("pumba-tile__download ") + page.count('pumba-tile__download"') == 5 + 1


def test_a_page_of_the_plain_pager_counts_films_as_places(recipient, gallery):
    testing.make_many_photos(gallery, 61)
    last = gallery.photos.in_order()[58]
    make_video(gallery, "film", after=last)
    first, second = (wall(recipient, gallery, f"?page={number}") for number in (1, 2))
    assert (len(first), first[59], len(second)) == (60, "film", 2)
    answer = recipient.get(f"{gallery.main_page.url}photos/?page=2").json()
    assert (answer["start"], [entry["number"] for entry in answer["photos"]]) == (60, [61, 62])


def test_films_are_no_photographs_to_choose(recipient, gallery, link):
    testing.make_photo(gallery, "a.jpg")
    video = make_video(gallery)
    page = recipient.get(gallery.main_page.url).content.decode()
    tiles = page.split("<template")[0].split('<li class="pumba-tile')[1:]
    assert [
        ("pumba-heart" in tile, "pumba-tile--film" in f"pumba-tile{tile}") for tile in tiles
    ] == [
        (False, True),
        (True, False),
    ]
    done = picks.do_acts(link, [], list_name="to_edit", round_number=1)
    assert done
    heart = recipient.post(gallery.main_page.url, {"give-heart": str(video.uuid)})
    assert heart.status_code == 404
    assert wall(recipient, gallery, "?show=favourites") == []


def test_a_films_place_is_found_and_its_neighbours_lead_to_it(recipient, gallery):
    first = testing.make_photo(gallery, "a.jpg")
    video = make_video(gallery, after=first)
    base = gallery.main_page.url
    assert recipient.get(f"{base}photos/?photo={video.uuid}").json() == {"index": 1}
    page = recipient.get(f"{base}photo/{first.uuid}/").content.decode()
    assert f'rel="next" href="{base}videos/{video.uuid}/"' in page
    assert recipient.get(f"{base}photo/{video.uuid}/").status_code == 404
    assert recipient.get(f"{base}videos/{first.uuid}/").status_code == 404


# --- Its own page, and the player ----------------------------------------------------------------


def test_b37_a_film_has_a_page_that_loads_nothing_of_its_provider(recipient, gallery):
    testing.make_photo(gallery, "a.jpg")
    video = with_thumbnail(make_video(gallery, "<b>Our day</b>"))
    address = f"{gallery.main_page.url}videos/{video.uuid}/"
    page = recipient.get(address)
    words = page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert "films.example" not in words
    assert "<iframe" not in words
    assert "<b>Our" not in words
    assert "The film comes from Films." in words
    assert f"/media/video/{video.uuid}/display/" in words
    playing = recipient.get(f"{address}?play=1").content.decode()
    assert f'src="/galleries/videos/{video.uuid}/play/"' in playing
    assert "films.example" not in playing


def test_b37_the_player_page_frames_its_provider_and_nobody_else(recipient, gallery):
    video = make_video(gallery)
    page = recipient.get(f"/galleries/videos/{video.uuid}/play/")
    policy = "https://player.films.example"
    assert page["Content-Security-Policy"] == PLAYER_POLICY.format(player=policy)
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    words = page.content.decode()
    assert f'src="{PLAYER}"' in words
    assert 'referrerpolicy="strict-origin"' in words
    assert "allow-top-navigation" not in words
    assert "<script" not in words


def test_a_film_without_a_player_leads_to_where_it_is(recipient, gallery):
    video = make_video(gallery, player_url="")
    page = recipient.get(f"/galleries/videos/{video.uuid}/play/")
    assert "frame-src 'none'" in page["Content-Security-Policy"]
    words = page.content.decode()
    assert "<iframe" not in words
    assert f'href="{video.url}" target="_blank" rel="noopener noreferrer"' in words


def test_no_text_of_an_address_comes_into_the_policy():
    assert origin_of("") == "'none'"
    assert origin_of(PLAYER) == "https://player.films.example"


def test_b38_a_thumbnail_is_served_once_it_was_scanned_and_else_there_is_a_plain_tile(
    recipient, gallery
):
    video = make_video(gallery)
    entry = recipient.get(f"{gallery.main_page.url}photos/").json()["photos"][0]
    assert (entry["view"], entry["film"]["provider"]) == (None, "Films")
    assert recipient.get(gallery.main_page.url).status_code == 200
    with_thumbnail(video)
    entry = recipient.get(f"{gallery.main_page.url}photos/").json()["photos"][0]
    assert entry["view"]["url"].startswith(f"/galleries/media/video/{video.uuid}/view/")
    assert recipient.get(entry["view"]["url"]).status_code == 200
    for unready in (
        {"stage": "received", "verdict": ""},
        {"stage": "infected", "verdict": "infected"},
    ):
        type(video.thumbnail).objects.filter(pk=video.thumbnail_id).update(**unready)
        shown = recipient.get(f"{gallery.main_page.url}photos/").json()["photos"][0]
        assert shown["view"] is None
        assert recipient.get(entry["view"]["url"]).status_code == 404


def test_a_cover_is_a_photograph_and_no_film(recipient, gallery):
    with_thumbnail(make_video(gallery))
    photo = testing.make_photo(gallery, "a.jpg", width=60, height=40)
    page = recipient.get(gallery.main_page.url).content.decode()
    head = page.split("pumba-wall")[0]
    assert "/media/video/" not in head
    assert f"/media/photo/{photo.uuid}/" in head


@pytest.fixture
def maria():
    return testing.make_photographer()


# --- Who sees them -------------------------------------------------------------------------------


def sees(viewer: Viewer, video: Video) -> bool:
    """Asked once for the object and once as a queryset, which agree."""
    one = video_access.may_see_video(viewer, Video.objects.get(pk=video.pk))
    assert one == video_access.videos_visible_to(viewer).filter(pk=video.pk).exists()
    return one


def test_films_follow_the_gallery_its_links_and_policies(gallery, maria):
    church, party = (testing.make_section(gallery, title) for title in ("Church", "Party"))
    photo = testing.make_photo(gallery, section=party)
    video = make_video(gallery, section=church)
    follows = make_video(gallery, section=church, after=photo)
    everywhere = make_video(gallery)
    whole, of_church = testing.make_link(gallery), testing.make_link(gallery, "Eva")
    of_church.sections.set([church])
    closed = testing.make_link(gallery, "Tom")
    links.revoke(closed, None)
    other = testing.make_link(testing.make_gallery("Other"))
    table = [
        (viewer_of(), (False, False, False)),
        (viewer_of(whole), (True, True, True)),
        (viewer_of(of_church), (True, False, False)),
        (viewer_of(closed), (False, False, False)),
        (viewer_of(other), (False, False, False)),
        (Viewer(user=maria), (True, True, True)),
        (Viewer(user=testing.make_user()), (False, False, False)),
    ]
    for viewer, expected in table:
        assert tuple(sees(viewer, one) for one in (video, follows, everywhere)) == expected
        shown = {one.uuid for one in videos_of(gallery, viewer)}
        films = (video, follows, everywhere)
        assert shown == {one.uuid for one, is_seen in zip(films, expected, strict=True) if is_seen}
    testing.make_policy(gallery=gallery)
    for viewer in (viewer_of(), viewer_of(of_church), viewer_of(other)):
        assert sees(viewer, everywhere)
        assert sees(viewer, video)


def test_hidden_archived_and_deleted_films_are_for_nobody_but_staff(gallery, maria):
    video, link = make_video(gallery), testing.make_link(gallery)
    testing.make_policy(gallery=gallery)
    clients = (viewer_of(link), viewer_of())
    assert all(sees(viewer, video) for viewer in clients)
    Video.objects.update(is_hidden=True)
    assert not any(sees(viewer, video) for viewer in clients)
    assert sees(Viewer(user=maria), video)
    assert videos_of(gallery, Viewer(user=maria)) == []
    Video.objects.update(is_hidden=False)
    Gallery.objects.update(state=State.ARCHIVED)
    assert not any(sees(viewer, video) for viewer in clients)


def test_what_may_not_be_seen_and_what_never_was_look_the_same(client, gallery):
    video = with_thumbnail(make_video(gallery))
    for path in ("videos/{}/play/", "media/video/{}/grid/0123456789abcdef.jpg"):
        unseen, never = (
            client.get(f"/galleries/{path.format(one)}") for one in (video.uuid, uuid4())
        )
        assert (unseen.status_code, unseen.content) == (404, never.content)
        assert unseen.headers == never.headers


def test_a_film_that_is_hidden_changes_the_wall_of_whoever_looks(recipient, gallery):
    testing.make_photo(gallery, "a.jpg")
    before = recipient.get(f"{gallery.main_page.url}photos/").json()["version"]
    video = make_video(gallery)
    assert recipient.get(f"{gallery.main_page.url}photos/").json()["version"] != before
    Video.objects.filter(pk=video.pk).update(is_hidden=True)
    assert recipient.get(f"{gallery.main_page.url}photos/").json()["version"] == before
    assert Section.objects.count() == 0
