"""The downloads above the wall: what each holds, for whom, and in a person's words."""

import io
import re
import zipfile

import pytest
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, LinkPurpose, Selection, State
from pumbaphoto_wagtail.pages.models import IndexKind

pytestmark = pytest.mark.django_db


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def names_in(response) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(body(response))) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def offers(browser, gallery, **query):
    """What stands above the wall, and the page's text without its patterns."""
    response = browser.get(gallery.main_page.url, query)
    return response.context["presentation"].to_keep.offers


def urls(made) -> dict[str, str]:
    each = [made.main, *made.others, *made.by_delivery, *made.releases]
    return {offer.words: offer.url for offer in each if offer}


@pytest.fixture
def delivered(gallery):
    photos = [testing.make_photo(gallery, f"{number}.jpg") for number in (1, 2)]
    edits = [testing.make_edit(gallery, photo) for photo in photos]
    mono = testing.make_edit(gallery, photos[0], name="1_bw.jpg", variant="black_and_white")
    Gallery.objects.update(state=State.DELIVERED)
    gallery.refresh_from_db()
    return testing.make_delivery(gallery, [*edits, mono], print_release=b"%PDF-1.7")


def test_what_there_is_is_said_in_words(gallery, delivered, recipient):
    made = offers(recipient, gallery)
    assert re.fullmatch(r"3 photos, [\d.]+\s(KB|bytes)", made.amount)
    assert made.kinds == "2 in colour, 1 in black and white"
    found = urls(made)
    assert [*found] == ["Download all", "In web size", "Print release"]
    assert sorted(names_in(recipient.get(found["Download all"]))) == [
        *("1_bw.jpg", "1_edit.jpg", "2_edit.jpg", "print-release.pdf")
    ]
    assert len(names_in(recipient.get(found["In web size"]))) == 3
    page = recipient.get(gallery.main_page.url).content.decode()
    for url in found.values():
        assert f'href="{url}"' in page


def test_several_deliveries_are_offered_one_by_one_as_they_still_stand(
    gallery, delivered, recipient
):
    photo = gallery.photos.get(name="2.jpg")
    newer = testing.make_edit(gallery, photo, name="2_v2.jpg", version=2)
    second = testing.make_delivery(gallery, [newer])
    made = offers(recipient, gallery)
    assert [offer.url.rpartition("/")[2] for offer in made.by_delivery] == [
        str(second.uuid),
        str(delivered.uuid),
    ]
    of_second, of_first = (names_in(recipient.get(offer.url)) for offer in made.by_delivery)
    assert of_second == ["2_v2.jpg"]
    assert sorted(of_first) == ["1_bw.jpg", "1_edit.jpg", "print-release.pdf"]
    assert sorted(names_in(recipient.get(made.main.url))) == [
        *("1_bw.jpg", "1_edit.jpg", "2_v2.jpg", "print-release.pdf")
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"downloads": "web"}, ["In web size"]),
        ({"downloads": "none"}, []),
        (
            {"may_download_originals": True},
            ["Download all", "In web size", "The originals", "Print release"],
        ),
    ],
)
def test_what_is_offered_is_what_the_link_gives(gallery, delivered, enter, client, fields, words):
    enter(testing.make_link(gallery, **fields))
    found = urls(offers(client, gallery))
    assert [*found] == words
    for url in found.values():
        assert client.get(url).status_code == 200


# --- The album designer --------------------------------------------------------------------------


@pytest.fixture
def designer(gallery, delivered):
    """A link to take the album, for which one finished photo and one that is not were chosen."""
    waiting = testing.make_photo(gallery, "3.jpg")
    chosen = Selection.objects.create(
        share_link=testing.make_link(gallery), list="album", submitted_at=timezone.now()
    )
    for photo in (gallery.photos.get(name="1.jpg"), waiting):
        chosen.picks.create(photo=photo, is_favourite=True, picked_at=timezone.now())

    def designer(**fields):
        fields = {"list": "album", "decides": False, "may_choose": False, **fields}
        return testing.make_link(gallery, "Bindery", purpose=LinkPurpose.ALBUM_DESIGNER, **fields)

    return designer


def hung(browser, gallery, **query) -> list[str]:
    tiles = browser.get(gallery.main_page.url, query).context["presentation"].tiles
    return [tile.name for tile in tiles]


def test_an_album_designer_sees_the_list_and_takes_it(gallery, designer, enter, client):
    enter(designer())
    page = client.get(gallery.main_page.url)
    assert [tile.name for tile in page.context["presentation"].tiles] == [
        *("1_edit.jpg", "1_bw.jpg", "3.jpg")
    ]
    assert page.context["presentation"].greeting.headline == "The photos for the album"
    assert "Tap the heart" not in page.content.decode()
    made = offers(client, gallery)
    assert made.amount.startswith("2 photos")
    assert made.remark == "1 more is not finished yet."
    names = names_in(client.get(made.main.url))
    assert {"1_edit.jpg", "1_bw.jpg"} < {*names}
    assert any("READ" in name for name in names), "what is missing is named"
    assert hung(client, gallery, show="ready") == ["1_edit.jpg", "1_bw.jpg", "2_edit.jpg"]


def test_with_originals_the_list_is_whole(gallery, designer, enter, client):
    enter(designer(may_download_originals=True))
    page = client.get(gallery.main_page.url)
    tile = page.context["presentation"].tiles[2]
    assert client.get(tile.download_url).status_code == 200
    made = offers(client, gallery)
    assert (made.amount[:8], made.remark) == ("3 photos", "")
    assert sorted(names_in(client.get(made.main.url))) == ["1_bw.jpg", "1_edit.jpg", "3.jpg"]


def test_a_photo_of_the_list_has_its_own_page_and_its_place(gallery, designer, enter, client):
    enter(designer())
    page = client.get(gallery.main_page.url).context["presentation"]
    for number, tile in enumerate(page.tiles):
        url = gallery.main_page.url
        assert client.get(f"{url}photo/{tile.uuid}/").status_code == 200
        feed = client.get(f"{url}photos/", {"show": "list", "photo": str(tile.uuid)})
        assert feed.json() == {"index": number}


def test_before_anything_is_chosen_it_says_so(gallery, enter, client):
    enter(testing.make_link(gallery, purpose=LinkPurpose.ALBUM_DESIGNER, list="album"))
    text = client.get(gallery.main_page.url).content.decode()
    assert "Nothing has been chosen for it yet." in text
    assert "/list" not in text


# --- Albums of galleries for everybody -----------------------------------------------------------


def test_who_sees_a_gallery_without_a_link_may_take_its_album_unless_it_is_turned_off(client):
    index = testing.make_index_page(kind=IndexKind.PORTFOLIO)
    gallery = testing.make_gallery("Coast", has_page=False)
    testing.make_page(gallery, index_page=index)
    gallery.refresh_from_db()
    testing.make_photo(gallery, "1.jpg")
    policy = testing.make_policy(gallery=gallery)
    (offer,) = offers(client, gallery).others
    assert offer.aside.startswith("1 photo,")
    assert len(names_in(client.get(offer.url))) == 1
    AccessPolicy.objects.filter(pk=policy.pk).update(offers_zip=False)
    assert offers(client, gallery).others == []
    assert client.get(offer.url).status_code == 404
