"""What everybody may see is in the tree, and nothing else; whatever happens on the way."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from pumbaphoto_wagtail import access, published, testing
from pumbaphoto_wagtail.models import Gallery, Photo, Rendition, Stage, State, Visibility
from pumbaphoto_wagtail.published import everybody, settling
from pumbaphoto_wagtail.storage import PublishedTree
from tests.published.conftest import ALIAS, names

pytestmark = pytest.mark.django_db


def pictures(gallery) -> set[str]:
    return {
        published.picture_name(photo.uuid, row.tier, row.digest, row.format)
        for photo in gallery.photos.all()
        for row in photo.picture.renditions.all()
    }


def test_a_public_gallery_has_all_its_pictures_there(root, gallery):
    assert names(root, gallery) == pictures(gallery)
    assert len(names(root, gallery)) == 6
    assert gallery.published_at is not None
    row = Rendition.objects.first()
    name = next(name for name in names(root, gallery) if row.digest[:16] in name)
    stored = root.parent / "renditions" / row.name
    assert (root / str(gallery.uuid) / name).samefile(stored), "a second name, not a copy"


def test_where_nothing_is_published_nothing_happens(root, gallery, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "PUBLISHED_STORAGE": ""}
    other = testing.make_gallery()
    testing.make_policy(gallery=other)
    assert not published.settle(other.pk)
    assert not (root / str(other.uuid)).exists()
    published.reconcile()
    gallery.refresh_from_db()
    assert gallery.published_at is None, "pages ask the site again"


def test_a_second_time_changes_nothing(root, gallery, django_assert_max_num_queries):
    before = {path.name: path.stat().st_ino for path in (root / str(gallery.uuid)).iterdir()}
    assert published.settle(gallery.pk)
    assert before == {
        path.name: path.stat().st_ino for path in (root / str(gallery.uuid)).iterdir()
    }
    with django_assert_max_num_queries(12):
        assert published.settle_all() == 0


@pytest.mark.postgresql
def test_what_only_some_may_see_is_left_out(root, gallery):
    shown = testing.make_photo(gallery)
    hidden = [
        testing.make_photo(gallery, is_hidden=True),
        testing.make_photo(gallery, is_shown=False),
        testing.make_photo(gallery, is_couple_only=True),
        testing.make_photo(gallery),
        testing.make_photo(gallery),
        testing.make_photo(gallery, is_hidden=True, deleted_at=timezone.now()),
    ]
    testing.make_policy(Visibility.MEMBERS, photo=hidden[3])
    hidden[4].picture.stage = Stage.FAILED
    hidden[4].picture.save()
    published.settle(gallery.pk)
    there = {name[:36] for name in names(root, gallery)}
    assert str(shown.uuid) in there
    assert not there & {str(photo.uuid) for photo in hidden}
    everybody_sees = {
        str(photo.uuid)
        for photo in gallery.photos.all()
        if access.may_see_photo(access.Viewer(), photo, "grid")
    }
    assert there == everybody_sees


def test_of_a_gallery_with_a_watermark_only_marked_pictures_are_there(root, gallery):
    Gallery.objects.filter(pk=gallery.pk).update(watermark_key="k" * 12)
    gallery.refresh_from_db()
    photo, unmarked = gallery.photos.all()
    testing.make_marked(photo)
    published.settle(gallery.pk)
    found = names(root, gallery)
    assert {name[:36] for name in found} == {str(photo.uuid)}, unmarked
    clean = photo.picture.renditions.filter(watermark="").exclude(tier="grid")
    assert not any(row.digest[:16] in name for row in clean for name in found)
    assert {name[37:].partition("-")[0] for name in found} == {"grid", "view", "display"}


def test_what_was_cleared_is_not_there(root, gallery):
    row = Rendition.objects.filter(tier="display").first()
    Rendition.objects.filter(pk=row.pk).update(cleared_at=timezone.now())
    assert published.settle_all() == 1
    assert not any(row.digest[:16] in name for name in names(root, gallery))
    assert len(names(root, gallery)) == 5


NOT_FOR_EVERYBODY = {
    "members": lambda g: type(g.policy).objects.update(visibility=Visibility.MEMBERS),
    "no policy": lambda g: type(g.policy).objects.all().delete(),
    "archived": lambda g: Gallery.objects.filter(pk=g.pk).update(state=State.ARCHIVED),
    "deleted": lambda g: Gallery.objects.filter(pk=g.pk).update(deleted_at=timezone.now()),
    "no page": lambda g: Gallery.objects.filter(pk=g.pk).update(main_page=None),
    "draft": lambda g: type(g.main_page).objects.filter(pk=g.main_page_id).update(live=False),
    "password": lambda g: PageViewRestriction.objects.bulk_create(
        [PageViewRestriction(page=g.main_page, restriction_type="password", password="x")]
    ),
    "login above": lambda g: PageViewRestriction.objects.bulk_create(
        [PageViewRestriction(page=g.main_page.get_parent(), restriction_type="login")]
    ),
    "row gone": lambda g: Gallery.objects.filter(pk=g.pk)._raw_delete("default"),
}


@pytest.mark.parametrize("reason", [*NOT_FOR_EVERYBODY])
def test_the_safety_net_takes_away_what_nobody_said_anything_about(root, gallery, reason):
    if reason == "row gone":
        Gallery.with_deleted.filter(pk=gallery.pk).update(uuid=uuid4())
    else:
        NOT_FOR_EVERYBODY[reason](gallery)
    published.reconcile()
    assert names(root, gallery) == set()
    row = Gallery.with_deleted.get(pk=gallery.pk)
    assert row.published_at is None or reason == "row gone"


def test_what_was_taken_away_is_deleted_and_the_renditions_stay(root, gallery):
    stored = [root.parent / "renditions" / row.name for row in Rendition.objects.all()]
    gallery.policy.delete()
    published.settle(gallery.pk)
    assert [path.name[:6] for path in root.glob(".gone-*")] == [".gone-"]
    published.reconcile()
    assert not [*root.glob(".gone-*"), *root.glob(".seal-*"), *root.glob(".work-*")]
    assert all(path.stat().st_nlink == 1 for path in stored)


@pytest.mark.postgresql
def test_the_net_sees_a_photo_that_was_hidden(root, gallery):
    photo = gallery.photos.first()
    Photo.objects.filter(pk=photo.pk).update(is_hidden=True)
    published.reconcile()
    assert len(names(root, gallery)) == 3
    Photo.objects.filter(pk=photo.pk).update(is_hidden=False)
    published.reconcile()
    assert len(names(root, gallery)) == 6


def test_the_net_sees_new_bytes_in_an_old_row(root, gallery):
    row = Rendition.objects.filter(tier="grid").first()
    new = testing.make_rendition(row.stored_file, "grid", width=30, height=20, watermark="other")
    Rendition.objects.filter(pk=new.pk).delete()
    Rendition.objects.filter(pk=row.pk).update(
        digest=new.digest, name=new.name, crc32=new.crc32, size=new.size
    )
    published.reconcile()
    found = names(root, gallery)
    assert any(new.digest[:16] in each for each in found)
    assert not any(row.digest[:16] in each for each in found)


# --- Killed on the way, and two at once ----------------------------------------------------------


class Killed(BaseException):
    """As kill -9: nothing that follows runs, nor any handler of errors."""


STEPS = ("begin", "names", "take_out", "add", "seal", "take_away", "end")


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_killed_anywhere_it_is_mended_and_nothing_foreign_is_shown(
    root, gallery, monkeypatch, step, is_after
):
    """A photo is hidden, or the whole taken back, and whoever settles that dies at a step."""
    whole = getattr(PublishedTree, step)

    def die(self, *arguments):
        answer = whole(self, *arguments) if is_after else None
        raise Killed(step, answer)

    photo = gallery.photos.first()
    Photo.objects.filter(pk=photo.pk).update(is_hidden=True)
    for change in (lambda: None, gallery.policy.delete):
        change()
        with monkeypatch.context() as patch:
            patch.setattr(PublishedTree, step, die)
            with suppress(Killed):
                published.settle(gallery.pk)
    published.reconcile()
    assert names(root, gallery) == set()
    testing.make_policy(gallery=gallery)
    published.reconcile()
    assert {name[:36] for name in names(root, gallery)} == {
        str(each.uuid) for each in gallery.photos.filter(is_hidden=False)
    }
    assert set(everybody.seals().values()) == PublishedTree(ALIAS).layout().seals[str(gallery.uuid)]


def test_what_is_taken_back_while_it_is_given_is_not_given(root, gallery, monkeypatch):
    """By another process, between the question and the answer; and it was there first."""
    new = testing.make_photo(gallery)
    whole = PublishedTree.add

    def hide_first(self, *arguments):
        Photo.objects.filter(pk=new.pk).update(is_hidden=True)
        whole(self, *arguments)

    monkeypatch.setattr(PublishedTree, "add", hide_first)
    assert published.settle(gallery.pk)
    assert not any(str(new.uuid) in name for name in names(root, gallery))


def test_a_gallery_taken_back_while_it_is_given_is_not_given(root, gallery, monkeypatch):
    testing.make_photo(gallery)
    whole = PublishedTree.add

    def close_first(self, *arguments):
        gallery.policy.delete()
        published.settle(gallery.pk)
        whole(self, *arguments)

    monkeypatch.setattr(PublishedTree, "add", close_first)
    assert published.settle(gallery.pk)
    assert names(root, gallery) == set()
    gallery.refresh_from_db()
    assert gallery.published_at is None


def test_a_stale_publisher_that_dies_is_followed_by_the_net(root, gallery, monkeypatch):
    """It had asked before the photo was hidden, adds it after it was taken out, and dies."""
    new = testing.make_photo(gallery)
    whole = PublishedTree.add

    def late(self, *arguments):
        Photo.objects.filter(pk=new.pk).update(is_hidden=True)
        with monkeypatch.context() as patch:
            patch.setattr(PublishedTree, "add", whole)
            published.settle(gallery.pk)
        whole(self, *arguments)
        raise Killed

    monkeypatch.setattr(PublishedTree, "add", late)
    with pytest.raises(Killed):
        published.settle(gallery.pk)
    monkeypatch.setattr(PublishedTree, "add", whole)
    published.reconcile()
    assert not any(str(new.uuid) in name for name in names(root, gallery))


def test_a_note_is_forgotten_when_its_writer_must_be_dead(root, gallery, settings):
    note = PublishedTree(ALIAS).begin(str(gallery.uuid))
    published.reconcile()
    assert (root / note).exists(), "its writer may still be at it"
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LEASE_SECONDS": 0.001}
    published.reconcile()
    assert not (root / note).exists()
    assert published.settle_all() == 0


# --- Wrong places --------------------------------------------------------------------------------


def test_renditions_on_another_storage_are_copied(root, gallery, settings):
    new = testing.make_photo(gallery)
    settings.STORAGES = {
        **settings.STORAGES,
        "pumbaphoto_renditions": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": root.parent / "renditions"},
        },
    }
    published.settle(gallery.pk)
    made = [name for name in names(root, gallery) if str(new.uuid) in name]
    assert len(made) == 3
    row = new.picture.renditions.get(tier="grid")
    copy = root / str(gallery.uuid) / next(name for name in made if "-grid-" in name)
    assert copy.read_bytes() == (root.parent / "renditions" / row.name).read_bytes()
    assert copy.stat().st_nlink == 1


def test_a_rendition_that_is_lost_harms_no_other(root, gallery):
    new = testing.make_photo(gallery)
    (root.parent / "renditions" / new.picture.renditions.get(tier="view").name).unlink()
    assert published.settle(gallery.pk)
    assert len(names(root, gallery)) == 8


def test_a_volume_that_is_away_is_waited_for(root, gallery):
    aside = root.rename(root.with_name("aside"))
    gallery.policy.delete()
    assert not published.settle(gallery.pk)
    gallery.refresh_from_db()
    assert gallery.published_at is not None, "it is not forgotten before it is taken away"
    assert published.reconcile() == {"galleries' published pictures settled": 0}
    aside.rename(root)
    published.reconcile()
    assert names(root, gallery) == set()


@pytest.mark.parametrize("planted", ["folder", "file"])
def test_links_that_somebody_planted_are_not_followed(root, gallery, tmp_path, planted):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_text("nobody's business")
    folder = root / str(gallery.uuid)
    if planted == "folder":
        folder.rename(root / ".gone-00")
        folder.symlink_to(elsewhere)
    else:
        (folder / "secret").symlink_to(elsewhere / "secret")
    Photo.objects.filter(pk=gallery.photos.first().pk).update(is_hidden=True)
    published.reconcile()
    published.reconcile()
    assert (elsewhere / "secret").read_text() == "nobody's business"
    assert "secret" not in names(root, gallery)
    assert not folder.is_symlink()
    assert len(names(root, gallery)) == 3


def test_an_old_gallery_costs_one_listing(root, gallery, monkeypatch):
    """Whatever there is: a handful of queries and the root's listing, once a minute."""
    for _ in range(3):
        other = testing.make_gallery()
        testing.make_policy(gallery=other)
        testing.make_photo(other)
    published.reconcile()
    asked = []
    whole = settling.PublishedTree.names
    monkeypatch.setattr(
        PublishedTree, "names", lambda self, folder: asked.append(folder) or whole(self, folder)
    )
    assert published.settle_all() == 0
    assert asked == []


def test_expiry_by_the_clock_alone_takes_away_too(root, gallery):
    """Wagtail's command takes the page down; here its signal is lost."""
    page = gallery.main_page
    type(page).objects.filter(pk=page.pk).update(
        expire_at=timezone.now() - timedelta(minutes=1), expired=True, live=False
    )
    published.reconcile()
    assert names(root, gallery) == set()
