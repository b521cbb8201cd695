"""Every address the package adds, for everybody, in every state: the running site against a table.

The addresses are read from the URL configuration, the expected answers from ``access_rules``. What
is refused has to be the same, to the byte and the header, as what never existed.

Everything is asked while the gallery is active. In its other states the suite asks a sixth, chosen
by the names of what is asked, so that it is the same sixth each time; ``make drills``
(ACCESS_MATRIX=all) asks all.
"""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpResponse
from django.test import TestCase

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, State, Visibility

from . import world as people
from .access_rules import HOME, LOGIN, MISSING, ROWS, Answer, Row
from .addresses import Route, routes
from .world import Shoot, Who, values_of

ADDRESSES = {route.name: route for route in routes()}
REFUSALS = (MISSING, HOME, LOGIN)
# Names of what is in an address, and how the same address of nothing is made.
UUIDS = (
    *("photo_uuid", "item_uuid", "delivery_uuid", "file_uuid", "gallery_uuid", "uuid"),
    *("link_uuid", "video_uuid"),
)
# The states between are tried with the first two things of each kind alone: no rule tells them
# apart for the others.
TELLING_STATES = (State.ACTIVE, State.DELIVERED, State.ARCHIVED)
TIERS = ("grid", "view", "display")
ASKS_ALL = os.environ.get("ACCESS_MATRIX") == "all"


def test_every_address_has_a_row_and_every_row_an_address():
    assert set(ADDRESSES) - set(ROWS) == set(), "say in access_rules.py who may open these"
    assert set(ROWS) - set(ADDRESSES) == set()


def is_asked(share: int, *names: str) -> bool:
    """Whether this is among the one in ``share`` that the suite asks."""
    return ASKS_ALL or zlib.crc32(" ".join(names).encode()) % share == 0


# --- Asking --------------------------------------------------------------------------------------


def answer_of(response: HttpResponse) -> Answer | int:
    """What was answered, in the words of the table; the status code where it has none."""
    shown = {template.name or "" for template in getattr(response, "templates", ())}
    address = response.headers.get("Location", "")
    if response.status_code == 404:
        is_door = any(name.endswith("proofing/closed.html") for name in shown)
        return Answer.CLOSED if is_door else Answer.MISSING
    if response.status_code == 401 or "/login/" in address:
        return Answer.LOGIN
    if address == "/admin/":
        return Answer.HOME
    if any(name.endswith("password_required.html") for name in shown):
        return Answer.PASSWORD
    known = {303: Answer.ELSEWHERE, 403: Answer.DENIED, 409: Answer.NOT_NOW}
    if response.status_code in known:
        return known[response.status_code]
    return Answer.OPEN if response.status_code < 500 else response.status_code


def ask(who: Who, address: str, row: Row, thing: object = None) -> HttpResponse:
    """One request, and whatever it did undone."""
    body = row.body(thing) if row.body else {}
    kind = {"content_type": "application/json"} if row.is_json and row.method == "post" else {}
    with transaction.atomic():
        response = getattr(who.browser, row.method)(address, body, **kind)
        if response.streaming:
            b"".join(response)
        transaction.set_rollback(True)
    return response


def looks(response: HttpResponse) -> tuple:
    """All that a curious visitor could compare, but for the time of day."""
    content = b"" if response.streaming else response.content
    headers = tuple(sorted(item for item in response.items() if item[0] != "Expires"))
    return response.status_code, content, headers


class Differences(list):
    """What is not as the table says, gathered so that one run shows all of it."""

    def expect(self, wanted: Answer | set, found: object, *words: object) -> None:
        allowed = wanted if isinstance(wanted, set) else {wanted}
        if found not in allowed:
            names = " or ".join(sorted(answer.name for answer in allowed))
            got = getattr(found, "name", found)
            self.append(f"{' · '.join(map(str, words))}: wanted {names}, got {got}")

    def compare(self, refused: tuple, never: tuple, *words: object) -> None:
        if refused != never:
            parts = [
                f"{a!r:.90} / {b!r:.90}" for a, b in zip(refused, never, strict=True) if a != b
            ]
            self.append(f"{' · '.join(map(str, words))}: not as what never existed: {parts}")

    def report(self) -> None:
        assert not self, f"{len(self)} differences\n" + "\n".join(self[:200])


def rows_of(kind: str) -> Iterator[tuple[Route, Row]]:
    for name, row in ROWS.items():
        if row.of == kind and name in ADDRESSES:
            yield ADDRESSES[name], row


@pytest.mark.xdist_group("access matrix")
class TheMatrix(TestCase):
    """One gallery of studio A, visited by everybody."""

    def setUp(self):
        # Thousands of refusals are what is tested here, and no news.
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)

    @classmethod
    def setUpTestData(cls):
        # Not attributes of the class: Django would copy them whole for each test.
        global studios, shoot, everybody
        studios = people.make_studios()
        shoot = Shoot(studios, "The Berg wedding")
        shoot.add_records(testing.make_link(shoot.gallery, "Anna"))
        holders = people.holders(shoot)
        former = people.former_holders(shoot)
        everybody = [
            *people.visitors(shoot),
            *holders,
            *former,
            *people.staff(studios),
            *members(),
        ]

    def in_every_state(self) -> Iterator[str]:
        for state in State:
            Gallery.objects.filter(pk=shoot.gallery.pk).update(state=state)
            yield state

    def check(self, rows: Iterable[tuple[Route, Row]], things: Iterable) -> None:
        """Hold every row against every thing, everybody and every state."""
        differences = Differences()
        things, rows = list(things), list(rows)
        nothing: dict[tuple, tuple] = {}
        for state in self.in_every_state():
            for route, row in rows:
                for thing in things if state in TELLING_STATES else things[:2]:
                    address = route.address(values_for(thing, state, route))
                    for who in everybody:
                        words = (route.name, getattr(thing, "name", ""), who.name, state)
                        if state != State.ACTIVE and not is_asked(6, *words):
                            continue
                        response = ask(who, address, row, thing)
                        found = answer_of(response)
                        wanted = row.rule(who, state, thing)
                        differences.expect(wanted, found, *words)
                        secret = row.is_secret and row.is_secret(who, state, thing)
                        if secret or (route.keys and may_not_be_known(wanted)):
                            key = (route.name, who.name, found, row.body and state)
                            if key not in nothing:
                                nothing[key] = looks(ask_for_nothing(who, route, row, thing, state))
                            differences.compare(looks(response), nothing[key], *words)
        differences.report()

    def test_photographs(self):
        self.check(rows_of("photo"), shoot.things)

    def test_delivered_files(self):
        self.check(rows_of("item"), shoot.delivered)

    def test_the_gallery_and_its_pages(self):
        self.check(rows_of("gallery"), [shoot.thing("shown")])

    def test_the_studios_rooms(self):
        differences = Differences()
        Gallery.objects.filter(pk=shoot.gallery.pk).update(state=State.ACTIVE)
        for route, row in rows_of("studio"):
            address = route.address(values_for(None, State.ACTIVE, route))
            for who in everybody:
                found = answer_of(ask(who, address, row))
                differences.expect(row.rule(who, "", None), found, route.name, who.name)
        differences.report()

    def test_who_may_not_enter_a_room_changes_nothing_there_either(self):
        differences = Differences()
        # Who may enter is asked before anybody looks at a gallery's state.
        state = State.ACTIVE
        Gallery.objects.filter(pk=shoot.gallery.pk).update(state=state)
        for route, row in rows_of("studio"):
            address = route.address(values_for(None, state, route))
            nowhere = route.address(values_of_nothing(None, state, route))
            for who in everybody:
                wanted = row.rule(who, "", None)
                if Answer.OPEN in ({wanted} if isinstance(wanted, Answer) else wanted):
                    continue
                for method in ("get", "post"):
                    # Visitors meet the same door whatever they ask.
                    if not who.enters_admin and not is_asked(4, method, route.name, who.name):
                        continue
                    asked = Row(rule=row.rule, method=method, is_json=False)
                    response = ask(who, address, asked)
                    found = answer_of(response)
                    words = (method, route.name, who.name, state)
                    if response.status_code != 405:
                        differences.expect(refusals_of(wanted), found, *words)
                    if not route.keys or not who.enters_admin or who.staff:
                        continue
                    never = looks(ask(who, nowhere, asked))
                    differences.compare(looks(response), never, *words)
        differences.report()


def may_not_be_known(wanted: Answer | set) -> bool:
    """Whether this was refused, and so has to look like what was never there."""
    return not {wanted}.isdisjoint(REFUSALS) if isinstance(wanted, Answer) else MISSING in wanted


def refusals_of(wanted: Answer | set) -> set[Answer]:
    allowed = wanted if isinstance(wanted, set) else {wanted}
    return {answer for answer in allowed if answer in REFUSALS} | {MISSING}


def members() -> list[Who]:
    """Those whom the gallery's policy names: by themselves, and through their group."""
    member, grouped = testing.make_user("member"), testing.make_user("grouped")
    group = Group.objects.create(name="The Bergs")
    grouped.groups.add(group)
    testing.make_policy(Visibility.MEMBERS, users=[member], groups=[group], gallery=shoot.gallery)
    return [
        Who(name=name, browser=people.signed_in(user), is_let_in=True, is_signed_in=True)
        for name, user in (("member", member), ("member by group", grouped))
    ]


def values_for(thing: object, state: str, route: Route) -> dict[str, object]:
    """What the addresses of the world are made of; the tier changes with the state."""
    return values_of(shoot, route, thing, TIERS[list(State).index(State(state)) % len(TIERS)])


def values_of_nothing(thing: object, state: str, route: Route) -> dict[str, object]:
    """The same for what was never there."""
    return {
        name: NOTHING[type(value)](value) if name in UUIDS or name in NUMBERS else value
        for name, value in values_for(thing, state, route).items()
    } | {"page": f"{shoot.page_address.strip('/').rpartition('/')[0]}/nobody/"}


NUMBERS = ("page_pk", "pk", "instance_pk")
NOTHING = {UUID: lambda _value: uuid4(), int: lambda _value: 999_999_999}


def ask_for_nothing(who: Who, route: Route, row: Row, thing: object, state: str) -> HttpResponse:
    values, nothing = values_for(thing, state, route), values_of_nothing(thing, state, route)
    if row.body is None:
        if "uuid" in nothing and row.rule is ROWS["page:photo_view"].rule:
            sees_page = ROWS["page:gallery_view"].rule(who, state, thing) is Answer.OPEN
            nothing["page"] = values["page"] if sees_page else nothing["page"]
        return ask(who, route.address(nothing), row, thing)
    # An address that is there, asked about a photograph that is not.
    never = SimpleNamespace(photo=SimpleNamespace(uuid=uuid4()))
    return ask(who, route.address(values), row, never)
