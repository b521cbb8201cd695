"""The History tab: who did what and when, in words, narrowed and exported, and nobody else's."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from openpyxl import load_workbook
from wagtail.log_actions import log, registry
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.history_kinds import KINDS, LABELS, kinds_of
from pumbaphoto_wagtail.models import State
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.workflow import take_step


@pytest.fixture
def entries(gallery, studios, link):
    """Made, shared with Anna, sent by Anna, changed by the chief, long ago and today."""
    ModelLogEntry.objects.all().delete()
    log(gallery, "wagtail.create", user=studios.maria)
    log(gallery, "pumbaphoto.share", user=studios.maria, data={"recipient": "Anna"})
    take_step(gallery, State.SUBMITTED, share_link=link)
    log(gallery, "pumbaphoto.ask_photos", data={"recipient": "Tom"})
    log(gallery, "wagtail.edit", user=studios.chief)
    old = ModelLogEntry.objects.filter(action="wagtail.create")
    old.update(timestamp=timezone.now() - timedelta(days=10))
    return gallery


def lines(browser, gallery, **query):
    page = browser.get(gallery_url(gallery, "history"), query).context["page_obj"]
    return [(entry.words, entry.who) for entry in page.object_list]


def test_it_says_what_happened_and_who_did_it_clients_too(entries, maria):
    found = lines(maria, entries)

    assert [who for _words, who in found] == [
        "chief",
        "Tom, by their link",
        "Anna, by their link",
        "Maria",
        "Maria",
    ]
    assert found[1][0] == "Tom asked for the photos of the archived gallery"
    assert found[3][0] == "Shared with Anna"


@pytest.mark.parametrize(
    ("kind", "amount"), [("", 5), ("steps", 2), ("sharing", 1), ("clients", 1), ("edits", 0)]
)
def test_it_is_narrowed_by_kind(entries, maria, kind, amount):
    assert len(lines(maria, entries, kind=kind)) == amount


def test_it_is_narrowed_by_person_client_or_colleague(entries, maria, studios):
    form = maria.get(gallery_url(entries, "history")).context["form"]
    assert [label for _value, label in form.fields["who"].choices] == [
        *("Everybody", "Maria", "chief", "Anna", "Tom")
    ]

    assert len(lines(maria, entries, who=f"user-{studios.maria.pk}")) == 2
    assert [who for _words, who in lines(maria, entries, who="client-Anna")] == [
        "Anna, by their link"
    ]


def test_it_is_narrowed_by_day(entries, maria):
    yesterday = timezone.localdate() - timedelta(days=1)

    assert len(lines(maria, entries, since=yesterday.isoformat())) == 4
    assert len(lines(maria, entries, until=yesterday.isoformat())) == 1


@pytest.mark.parametrize("query", [{"who": "user-1 or 1"}, {"kind": "x"}, {"since": "soon"}])
def test_what_is_not_understood_narrows_nothing(entries, maria, query):
    assert len(lines(maria, entries, **query)) == 5


def test_what_is_found_is_exported(entries, maria):
    link = dict(maria.get(gallery_url(entries, "history"), {"kind": "steps"}).context["exports"])
    answer = maria.get(gallery_url(entries, "history") + link["csv"])

    rows = [*csv.reader(StringIO(answer.getvalue().decode()))]
    assert rows[0] == ["When", "What", "Who"]
    assert [row[2] for row in rows[1:]] == ["Anna, by their link", "Maria"]

    book = load_workbook(
        BytesIO(maria.get(gallery_url(entries, "history") + link["xlsx"]).getvalue())
    )
    assert [cell.value for cell in book.active["C"]] == ["Who", *(row[2] for row in rows[1:])]


def test_a_name_that_looks_like_a_formula_is_none_in_an_export(gallery, maria):
    log(gallery, "pumbaphoto.ask_photos", data={"recipient": "=1+1"})

    text = maria.get(gallery_url(gallery, "history"), {"export": "csv"}).getvalue().decode()

    assert ",=1+1" not in text


def test_every_act_that_is_registered_has_a_kind_and_every_kind_a_label():
    ours = {name for name, _label in registry.get_choices() if name.startswith("pumbaphoto.")}

    assert {name for name in ours if not kinds_of(name)} == set(), "name them in history_kinds.py"
    assert set(KINDS) == set(LABELS)


class TestAnotherStudio:
    """Wagtail has reports of its own about all that is logged."""

    PLACES = ("/admin/", "/admin/reports/site-history/", "/admin/reports/site-history/results/")

    def test_finds_nothing_in_wagtails_own_reports(self, entries, studios, log_in):
        for name in ("maria", "bert", "outsider"):
            for address in self.PLACES:
                page = log_in(getattr(studios, name)).get(address)
                text = page.content.decode()
                assert "Smith wedding" not in text or name == "maria", (name, address)

    def test_finds_nothing_either_with_every_permission_on_galleries_of_its_own(
        self, entries, studios, log_in
    ):
        group = studios.bert.groups.get()
        group.permissions.add(
            *Permission.objects.filter(codename__in=["change_studiosettings", "view_storedfile"])
        )
        for address in self.PLACES:
            text = log_in(studios.bert).get(address).content.decode()
            assert "Smith wedding" not in text, address

    def test_the_superuser_finds_it_there(self, entries, studios, log_in):
        text = log_in(studios.chief).get(self.PLACES[1]).content.decode()

        assert "Smith wedding" in text
        assert "Shared with Anna" in text


def test_a_thousand_entries_are_read_with_as_many_queries_as_ten(
    gallery, maria, studios, django_assert_max_num_queries
):
    for number in range(60):
        log(gallery, "pumbaphoto.share", user=studios.maria, data={"recipient": f"R{number}"})
    with django_assert_max_num_queries(45):
        maria.get(gallery_url(gallery, "history"))


def test_links_are_logged_by_the_acts_themselves(gallery, studios):
    link = testing.make_link(gallery, "Eva")
    links.revoke(link, studios.maria)

    found = ModelLogEntry.objects.for_instance(gallery).order_by("pk")
    assert [entry.action for entry in found][-2:] == ["pumbaphoto.share", "pumbaphoto.revoke_link"]
