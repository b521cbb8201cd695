"""A picture that lies no more where the web server is sent for it, on a site as it is deployed."""

import pytest

from pumbaphoto_wagtail.models import Photo, Stage, StoredFile
from pumbaphoto_wagtail.proofing.pictures import file_pictures
from tests.faults.ledger import gallery_of, settle, shoot_of, verify
from tests.live import running_site
from tests.sending import Sender
from tests.uploads.photographer import Photographer
from tests.uploads.servers import Front

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]


@pytest.fixture
def site(django_db_blocker):
    pytest.importorskip("gunicorn")
    with running_site(django_db_blocker) as site:
        yield site


def test_a_lost_picture_comes_back_through_nginx_with_a_placeholder_meanwhile(site):
    gallery = gallery_of(site)
    Sender(site.address).send(gallery, shoot_of(1))
    settle(site)
    file = site.rows(StoredFile).get(stage=Stage.READY)
    address = file_pictures(file).grid.url
    path = site.volume("renditions") / file.renditions.get(tier="grid").name
    with Front(site) as front:
        maria = Photographer(front.address, verify=front.certificate)
        before = maria.ask("GET", address)
        assert (before.status_code, before.headers["Content-Type"]) == (200, "image/jpeg")
        site.kill("worker")
        path.unlink()

        for _look in range(3):
            meanwhile = maria.ask("GET", address)
            assert (meanwhile.status_code, meanwhile.headers["Content-Type"]) == (
                202,
                "image/svg+xml",
            )
            assert meanwhile.headers["Cache-Control"] == "private, no-store"
        assert site.rows(Photo).get().picture.stage == Stage.READY
        site.start("worker")
        site.wait_until(path.exists, what="the picture to come back")
        after = maria.ask("GET", address)
        assert (after.status_code, after.content) == (200, before.content)

        stranger = Photographer(front.address, verify=front.certificate)
        stranger.cookies = {}
        path.unlink()
        assert stranger.ask("GET", address).status_code == 404
    # Nobody who may see it has asked: the command finds it.
    site.manage("pumbaphoto_render", "--missing")
    site.wait_until(path.exists, what="the picture to come back")
    verify(site)
