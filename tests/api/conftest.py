from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, Visibility
from pumbaphoto_wagtail.pages.models import IndexKind


@pytest.fixture
def world(db):
    """One gallery of each kind of visibility in a portfolio, each with photographs, and people."""
    maria = testing.make_photographer("maria")
    member = testing.make_user("member")
    index = testing.make_index_page(IndexKind.PORTFOLIO)

    def gallery(title, day, visibility=None, **policy):
        made = testing.make_gallery(
            title, has_page=False, owner=maria, shoot_date=day, is_listed=True
        )
        testing.make_page(made, index_page=index)
        testing.make_many_photos(made, 1, ordered_at=datetime(2026, 7, 12, tzinfo=UTC))
        if visibility:
            testing.make_policy(visibility, gallery=made, **policy)
        return Gallery.objects.get(pk=made.pk)

    return SimpleNamespace(
        maria=maria,
        member=member,
        index=index,
        public=gallery("Coast", date(2026, 7, 12), Visibility.PUBLIC),
        older=gallery("Winter", date(2025, 1, 3), Visibility.PUBLIC),
        unlisted=gallery("Unlisted", date(2026, 5, 1), Visibility.UNLISTED),
        members=gallery("Members", date(2026, 4, 1), Visibility.MEMBERS, users=[member]),
        private=gallery("Private", date(2026, 3, 1)),
    )
