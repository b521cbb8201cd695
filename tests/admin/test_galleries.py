"""The list of galleries, and the form that makes one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction, Site

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin import creation
from pumbaphoto_wagtail.models import Client, Gallery, Kind, State
from pumbaphoto_wagtail.pages.models import GalleryIndexPage
from pumbaphoto_wagtail.proofing.portfolio import IndexKind

from .conftest import in_state, words_of

INDEX = reverse("pumbaphoto_galleries:index")
ADD = reverse("pumbaphoto_galleries:add")


def listed(response):
    return [gallery.title for gallery in response.context["object_list"]]


class TestList:
    def test_m44_shows_state_counts_and_cover(self, maria, gallery, submitted, photos):
        testing.make_edit(gallery, photos[0])

        page = maria.get(INDEX)

        (row,) = page.context["object_list"]
        assert (row.photo_count, row.selected_count, row.edit_count) == (4, 2, 1)
        assert row.cover.grid.url in page.content.decode()
        assert "Selections Submitted" in page.content.decode()
        assert "Anna Smith" in page.content.decode()

    def test_counts_hearts_as_the_workspace_does(self, maria, gallery, submitted, photos):
        """Once somebody has sent a selection, what another has not sent says nothing."""
        late = testing.make_link(gallery, "Tom")
        late.selections.create(round=1).picks.create(
            photo=photos[3], is_favourite=True, picked_at=timezone.now()
        )

        (row,) = maria.get(INDEX).context["object_list"]

        assert row.selected_count == 2
        assert (
            maria.get(reverse("pumbaphoto_galleries:photos", args=[gallery.uuid]))
            .context["figures"]
            .picks["selected"]
            == 2
        )

    def test_has_a_cover_of_what_may_be_shown_only(self, maria, gallery, photos):
        gallery.photos.exclude(pk=photos[2].pk).update(is_hidden=True)

        (row,) = maria.get(INDEX).context["object_list"]

        assert row.cover_photo == photos[2].pk

    def test_is_filtered_by_state(self, maria, studios, gallery):
        other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)
        in_state(other, State.ARCHIVED)

        assert listed(maria.get(INDEX, {"state": "archived"})) == ["Other"]

    def test_is_filtered_by_photographer(self, maria, studios, gallery):
        colleague = testing.make_photographer("colleague", collection=studios.collection)
        testing.make_gallery("Other", owner=colleague, collection=studios.collection)

        assert listed(maria.get(INDEX, {"owner": colleague.pk})) == ["Other"]

    @pytest.mark.parametrize("words", ["smith w", "anna"])
    def test_is_searched_by_title_and_client(self, words, maria, studios, gallery):
        testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)

        assert listed(maria.get(INDEX, {"q": words})) == ["Smith wedding"]

    def test_teaches_when_it_is_empty(self, maria):
        page = maria.get(INDEX)

        assert "Your first gallery" in page.content.decode()
        assert ADD in page.content.decode()


class TestNewGallery:
    DATA = {"title": "Anna & Tom", "preset": "wedding"}

    @pytest.fixture
    def index_page(self, studios):
        return testing.make_index_page(site=studios.site)

    @pytest.fixture
    def photographer(self, studios, index_page, may_write_pages, log_in):
        may_write_pages(studios.maria, index_page)
        return log_in(studios.maria)

    def test_gets_its_page_under_the_chosen_index(self, photographer, index_page):
        photographer.post(ADD, {**self.DATA, "index_page": index_page.pk})

        gallery = Gallery.objects.get()
        assert gallery.main_page.get_parent().pk == index_page.pk
        assert gallery.main_page.live
        assert gallery.main_page.specific.gallery == gallery

    def test_is_offered_this_sites_client_area_before_what_lists_galleries_and_other_sites(
        self, photographer, index_page, studios, may_write_pages
    ):
        elsewhere = Site.objects.create(
            hostname="other.example.com",
            root_page=Page.objects.get(depth=1).add_child(instance=Page(title="Other")),
        )
        portfolio = testing.make_index_page(IndexKind.PORTFOLIO, site=studios.site)
        portfolio.move(index_page.get_parent(), pos="first-child")
        theirs = testing.make_index_page(site=elsewhere)
        for page in (portfolio, theirs):
            may_write_pages(studios.maria, page)

        offered = photographer.get(ADD).context["form"].fields["index_page"].choices

        assert [int(key) for key, _name in offered] == [index_page.pk, portfolio.pk, theirs.pk]

    def test_has_an_address_nobody_can_guess(self, photographer, index_page):
        for _time in range(2):
            photographer.post(ADD, {**self.DATA, "index_page": index_page.pk})

        one, other = (gallery.main_page.slug for gallery in Gallery.objects.all())
        assert one.startswith("anna-tom-")
        assert one != other

    def test_leads_to_its_workspace(self, photographer, index_page):
        response = photographer.post(ADD, {**self.DATA, "index_page": index_page.pk}, follow=True)

        assert response.context["gallery"] == Gallery.objects.get()
        assert words_of(response) == ["The gallery is there. Now drop its photos."]

    def test_belongs_to_its_maker_and_their_collection(self, photographer, studios, index_page):
        photographer.post(ADD, {**self.DATA, "index_page": index_page.pk})

        gallery = Gallery.objects.get()
        assert (gallery.owner, gallery.collection) == (studios.maria, studios.collection)

    def test_is_filled_by_its_preset(self, photographer, index_page):
        photographer.post(ADD, {**self.DATA, "index_page": index_page.pk})

        gallery = Gallery.objects.get()
        assert (gallery.kind, gallery.included, gallery.maximum) == (Kind.CHOOSE, 50, None)
        assert gallery.due_date == timezone.localdate() + timedelta(days=28)

    def test_may_be_like_the_last_one(self, photographer, studios, index_page):
        testing.make_gallery(
            "Before",
            owner=studios.maria,
            collection=studios.collection,
            site=studios.site,
            included=30,
            maximum=40,
            extras_words="at 15 €",
            due_date=timezone.localdate() + timedelta(days=10),
        )

        photographer.post(ADD, {**self.DATA, "preset": "last", "index_page": index_page.pk})

        new = Gallery.objects.get(title="Anna & Tom")
        assert (new.included, new.maximum, new.extras_words) == (30, 40, "at 15 €")
        assert new.due_date == timezone.localdate() + timedelta(days=10)

    def test_makes_the_client_named_in_it(self, photographer, studios, index_page):
        photographer.post(
            ADD,
            {
                **self.DATA,
                "index_page": index_page.pk,
                "client_name": "Anna Lind",
                "client_email": "anna@example.com",
            },
        )

        anna = Client.objects.get()
        assert [*Gallery.objects.get().clients.all()] == [anna]
        assert (anna.name, anna.collection) == ("Anna Lind", studios.collection)

    def test_takes_a_client_that_is_known_under_this_name_and_address(
        self, photographer, studios, index_page
    ):
        anna = testing.make_client("Anna Lind", collection=studios.collection)

        photographer.post(
            ADD,
            {
                **self.DATA,
                "index_page": index_page.pk,
                "client_name": "anna lind",
                "client_email": "Anna@example.com",
            },
        )

        assert [*Gallery.objects.get().clients.all()] == [anna]

    def test_cannot_take_another_studios_client(self, photographer, studios, index_page):
        theirs = testing.make_client("Theirs", collection=studios.other_collection)
        testing.make_client("Ours", collection=studios.collection)

        response = photographer.post(
            ADD, {**self.DATA, "index_page": index_page.pk, "client": theirs.pk}
        )

        assert Gallery.objects.count() == 0
        assert b"Theirs" not in response.content

    def test_cannot_be_put_where_one_may_not_write(self, photographer, studios, index_page):
        elsewhere = testing.make_index_page(site=studios.site, title="Elsewhere")

        response = photographer.post(ADD, {**self.DATA, "index_page": elsewhere.pk})

        assert Gallery.objects.count() == 0
        assert "Elsewhere" not in response.content.decode()

    def test_stays_a_draft_without_the_right_to_publish(
        self, studios, index_page, may_write_pages, log_in
    ):
        may_write_pages(studios.maria, index_page, publish=False)

        response = log_in(studios.maria).post(
            ADD, {**self.DATA, "index_page": index_page.pk}, follow=True
        )

        assert not Gallery.objects.get().main_page.live
        assert "is a draft until somebody publishes it" in words_of(response)[0]

    def test_has_no_page_where_one_may_not_add_any(self, maria):
        response = maria.post(ADD, self.DATA, follow=True)

        assert Gallery.objects.get().main_page is None
        assert "has no page on the site yet" in words_of(response)[0]

    def test_comes_with_the_sites_first_index(self, studios, may_write_pages, log_in):
        may_write_pages(studios.maria, studios.site.root_page)

        log_in(studios.maria).post(ADD, {**self.DATA, "index_page": "new"})

        index = GalleryIndexPage.objects.get()
        assert index.get_parent().pk == studios.site.root_page_id
        assert Gallery.objects.get().main_page.get_parent().pk == index.pk
        assert index.live

    def test_first_index_is_closed_to_visitors(self, studios):
        creation.create_gallery(
            actor=studios.chief, title="First", site=studios.site, makes_index=True
        )

        (restriction,) = GalleryIndexPage.objects.get().get_view_restrictions()
        assert restriction.restriction_type == PageViewRestriction.LOGIN
        assert not Page.objects.public().filter(pk=Gallery.objects.get().main_page_id).exists()

    def test_asks_for_a_collection_only_where_there_are_several(self, maria, studios, log_in):
        assert "collection" not in maria.get(ADD).context["form"].fields
        assert "collection" in log_in(studios.chief).get(ADD).context["form"].fields

    def test_says_what_is_missing(self, maria):
        response = maria.post(ADD, {"preset": "wedding"})

        assert response.status_code == 200
        assert response.context["form"].errors["title"]
        assert Gallery.objects.count() == 0

    def test_is_logged(self, photographer, studios, index_page):
        photographer.post(ADD, {**self.DATA, "index_page": index_page.pk})

        page = photographer.get(
            reverse("pumbaphoto_galleries:history", args=[Gallery.objects.get().uuid])
        )
        assert "Created" in page.content.decode()
