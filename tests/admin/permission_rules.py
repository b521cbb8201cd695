"""Who may do what at every address of the admin: one row for each, in plain facts.

``test_permissions`` holds the running admin against this table. An address without a row fails it:
write down what its visitors need. A row names what somebody must be allowed to do with a gallery
of studio A to look (``get``) and to send something (``post``); NOBODY is a method that the address
does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NOBODY = ""
# Lists and forms of no gallery in particular: whoever has a gallery with which they may do this.
SOMEWHERE, OF_ONE, FOR_ALL, OPERATORS = "somewhere", "of one", "for all", "operators"


class Answer(Enum):
    IN = "what was asked for"
    REFUSED = "the admin's home page, and a sentence"
    MISSING = "404, as if it did not exist"
    NOT_SO = "405, nobody can do that here"
    LOGIN = "asked to log in"


@dataclass(frozen=True, kw_only=True)
class Row:
    """``of`` says whether it is about one gallery, or about whatever one has. With ``says_nothing``
    an empty request asks for nothing there is, so that those who may are answered 404, too.
    """

    get: str = NOBODY
    post: str = NOBODY
    of: str = OF_ONE
    says_nothing: bool = False

    def needs(self, method: str) -> str:
        return self.get if method == "get" else self.post


@dataclass(frozen=True, kw_only=True)
class Person:
    """``may`` is what they may do with studio A's gallery, ``elsewhere`` with any other."""

    name: str
    may: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    enters_admin: bool = True
    is_operator: bool = False


EVERYTHING = frozenset({"add", "view", "change", "delete", "share", "deliver"})
PEOPLE = (
    Person(name="superuser", may=EVERYTHING, is_operator=True),
    Person(name="photographer", may=EVERYTHING),
    Person(name="assistant", may=frozenset({"view", "change"})),
    Person(name="photographer of another studio", elsewhere=EVERYTHING),
    Person(name="editor without galleries"),
    Person(name="anonymous", enters_admin=False),
)


def expected(row: Row, person: Person, method: str) -> set[Answer]:
    """What somebody gets. Of what they may not know of, they get the same as of nothing."""
    if not person.enters_admin:
        # A method that is not there may be refused before anybody is asked who they are.
        return {Answer.LOGIN, Answer.NOT_SO} if row.needs(method) == NOBODY else {Answer.LOGIN}
    needed = row.needs(method)
    if needed == NOBODY:
        return {Answer.NOT_SO, Answer.MISSING, Answer.REFUSED}
    if row.of == FOR_ALL:
        return {Answer.IN}
    if row.of == OPERATORS:
        return {Answer.IN} if person.is_operator else {Answer.REFUSED, Answer.MISSING}
    allowed = {Answer.IN, Answer.MISSING} if row.says_nothing else {Answer.IN}
    if row.of == SOMEWHERE:
        return allowed if needed in person.may | person.elsewhere else {Answer.REFUSED}
    if needed in person.may:
        return allowed
    # Colleagues know of the gallery, others do not. Wagtail asks first whether somebody may do
    # this with any at all.
    return {Answer.REFUSED, Answer.MISSING} if person.may else {Answer.MISSING, Answer.REFUSED}
