"""Users who own galleries are not deleted from under them."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client):
    client.force_login(get_user_model().objects.create_superuser("chief", "c@example.com", "x"))
    return client


def test_one_who_owns_galleries_is_kept_with_the_reason(chief):
    owner = testing.make_gallery().owner
    address = reverse("wagtailusers_users:delete", args=[owner.pk])

    page = chief.post(address, follow=True)

    assert "owns 1 gallery" in page.content.decode()
    assert Gallery.objects.get().owner == owner


def test_one_who_owns_none_is_deleted(chief):
    user = testing.make_user()

    chief.post(reverse("wagtailusers_users:delete", args=[user.pk]))

    assert not get_user_model().objects.filter(pk=user.pk).exists()


def test_several_at_once_are_kept_if_one_of_them_owns_galleries(chief):
    owner, other = testing.make_gallery().owner, testing.make_user()
    address = reverse("wagtail_bulk_action", args=["auth", "user", "delete"])

    page = chief.post(f"{address}?id={owner.pk}&id={other.pk}", follow=True)

    assert "owns 1 gallery" in page.content.decode()
    assert get_user_model().objects.filter(pk__in=[owner.pk, other.pk]).count() == 2
