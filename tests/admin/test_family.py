"""The Sharing tab shows what clients shared on."""

import pytest

from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.proofing import family, links

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(link):
    return family.share(link, "Aunt Gerda")


def renew_address(gallery, link):
    return gallery_url(gallery, "renew_link", link_uuid=link.uuid)


def test_the_photographer_sees_who_was_let_in_and_by_whom(maria, gallery, link, shared):
    page = maria.get(gallery_url(gallery, "sharing")).content.decode()
    assert "Aunt Gerda" in page
    assert f"Only look; shared by {link.recipient}" in page


def test_the_photographer_may_close_it(maria, gallery, shared):
    maria.post(gallery_url(gallery, "revoke_link", link_uuid=shared.uuid))
    assert links.find(links.token(shared)) is None


def test_only_a_client_shares_it_again(maria, gallery, link, shared):
    page = maria.get(gallery_url(gallery, "sharing")).content.decode()
    assert renew_address(gallery, link) in page
    assert renew_address(gallery, shared) not in page
    assert maria.post(renew_address(gallery, shared)).status_code == 404
