"""Who may do what, at every address the package adds: one row for each, in plain facts.

This table is the specification that ``test_access_matrix`` holds the running site against. A row
names a rule; a rule answers from the facts in ``world`` and the gallery's state, and asks nothing
of the code that is tested. An address without a row fails the tests: write down who may open it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from pumbaphoto_wagtail.models import State

from .world import PARTY, Delivered, Thing, Who


class Answer(Enum):
    """What a browser gets to see."""

    OPEN = "what was asked for"
    MISSING = "404, as if it did not exist"
    CLOSED = "404, the friendly page for links that are closed"
    DENIED = "403, looking but not touching"
    NOT_NOW = "409, with the present state"
    ELSEWHERE = "303, to the gallery's page"
    LOGIN = "asked to log in"
    HOME = "sent to the admin's home page"
    PASSWORD = "asked for the page's password"


OPEN, MISSING, CLOSED, DENIED = Answer.OPEN, Answer.MISSING, Answer.CLOSED, Answer.DENIED
NOT_NOW, ELSEWHERE, LOGIN, HOME = Answer.NOT_NOW, Answer.ELSEWHERE, Answer.LOGIN, Answer.HOME

Rule = Callable[[Who, str, object], Answer | set[Answer]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """``of`` says what the address is about, and so with what it is tried: every photograph, every
    delivered file, the gallery, or what belongs to the studio. ``body`` is what is posted.
    """

    rule: Rule
    of: str = "gallery"
    method: str = "get"
    body: Callable[[Thing], dict] | None = None
    is_json: bool = True
    # Whether the answer has to be the one about a photograph that never was.
    is_secret: Callable[[Who, str, Thing], bool] | None = None


# --- Rules: photographs and delivered files ------------------------------------------------------


def is_open(who: Who, state: str) -> bool:
    return state != State.ARCHIVED


def link_shows(who: Who, state: str, thing: Thing | Delivered) -> bool:
    """Whether the holder of a link is shown this, as far as the link goes."""
    holds = who.holds
    if holds is None or not is_open(who, state):
        return False
    if thing.is_couples and not holds.is_couples:
        return False
    return holds.section in ("", thing.section)


def photograph(who: Who, state: str, thing: Thing) -> Answer:
    """Staff see what was scanned; links and policies what is shown, ready and within them."""
    if not thing.is_scanned:
        return MISSING
    if who.staff:
        return OPEN
    if not (thing.is_shown and thing.is_ready):
        return MISSING
    let_in = who.is_let_in and is_open(who, state) and not thing.is_couples
    return OPEN if link_shows(who, state, thing) or let_in else MISSING


def original(who: Who, state: str, thing: Thing) -> Answer:
    """The camera's own file: staff, and links that say so."""
    if who.staff:
        return photograph(who, state, thing)
    may = who.holds is not None and who.holds.originals and link_shows(who, state, thing)
    return photograph(who, state, thing) if may else MISSING


def delivered(who: Who, state: str, item: Delivered) -> Answer:
    """Delivered files: staff see all that is scanned, links the newest of what they show."""
    if not item.is_scanned:
        return MISSING
    if who.staff:
        return OPEN
    is_shown = item.is_newest and not item.is_hidden
    return OPEN if is_shown and link_shows(who, state, item) else MISSING


def full_download(who: Who, state: str, item: Delivered) -> Answer:
    may = who.staff or (who.holds and who.holds.downloads == "full")
    return delivered(who, state, item) if may else MISSING


def web_download(who: Who, state: str, item: Delivered) -> Answer:
    may = who.staff or (who.holds and who.holds.downloads in ("full", "web"))
    return delivered(who, state, item) if may else MISSING


def before_and_after(who: Who, state: str, item: Delivered) -> Answer:
    """An edit beside its photograph, where it has one; the gallery shows that."""
    return delivered(who, state, item) if item.section else MISSING


def wishes(who: Who, state: str, item: Delivered) -> Answer:
    """Asking for a change: those for whom the photographs are made, with their own link."""
    may = who.holds and who.holds.is_couples and not who.staff
    return delivered(who, state, item) if may else MISSING


def consent(who: Who, state: str, _thing: object) -> Answer:
    """What one allows to be shown: for those whose photographs these are, and who are asked."""
    may = who.holds and who.holds.is_couples and not who.staff
    return OPEN if may else MISSING


def verdict_of(rule: Rule) -> Rule:
    """What nginx asks about a picture: never yes where the picture itself is refused. Without a
    web server to send it there is no yes at all.
    """

    def verdict(who: Who, state: str, thing: object) -> Answer | set[Answer]:
        return {OPEN, DENIED} if rule(who, state, thing) is OPEN else DENIED

    return verdict


def no_simple_yes(rule: Rule) -> Callable[[Who, str, object], bool]:
    return lambda who, state, thing: rule(who, state, thing) is not OPEN


def download_of_all(who: Who, state: str, _thing: object) -> Answer:
    has_link = who.holds and who.holds.downloads == "full" and is_open(who, state)
    return OPEN if who.staff or has_link else MISSING


def print_release(who: Who, state: str, _thing: object) -> Answer:
    """What lets the delivered photographs be printed: for those who may have them whole."""
    return download_of_all(who, state, _thing)


def of_a_finished_section(size: str) -> Rule:
    """Photographs of a section that is finished, in the size that the link gives."""

    def download(who: Who, state: str, thing: Thing) -> Answer:
        if not thing.is_finished:
            return MISSING
        gives = who.holds and who.holds.downloads in ("full", size)
        if not (who.staff or (gives and link_shows(who, state, thing))):
            return MISSING
        return photograph(who, state, thing)

    return download


def finished_section(who: Who, state: str, _thing: object) -> Answer:
    """The whole of the finished section (the party) at once."""
    holds = who.holds
    may = holds and holds.downloads == "full" and holds.section in ("", PARTY)
    return OPEN if who.staff or (may and is_open(who, state)) else MISSING


def download_of_web_sizes(who: Who, state: str, _thing: object) -> Answer:
    """All that was delivered, in web size."""
    has_link = who.holds and who.holds.downloads in ("full", "web") and is_open(who, state)
    return OPEN if who.staff or has_link else MISSING


def originals_of_all(who: Who, state: str, _thing: object) -> Answer:
    """What came from the cameras: staff, and links that say so."""
    has_link = who.holds and who.holds.originals and is_open(who, state)
    return OPEN if who.staff or has_link else MISSING


def list_to_take(_who: Who, _state: str, _thing: object) -> Answer:
    """The list of a link for an album designer: nobody has chosen anything for it, in this world,
    and without such a link there is none.
    """
    return MISSING


def album_to_take(who: Who, state: str, _thing: object) -> Answer:
    """What may be taken along by those who need no link; staff get what they would."""
    return OPEN if who.is_let_in and is_open(who, state) else MISSING


def only_studio_sees(who: Who, state: str, thing: Thing) -> Answer:
    """Files by their own identity: the photographers of the gallery and nobody else."""
    return OPEN if who.staff and thing.is_scanned else MISSING


# --- Rules: choosing -----------------------------------------------------------------------------


def holder(who: Who, _state: str, _thing: object) -> Answer:
    """Whoever holds an open link of the gallery, whatever its state."""
    return OPEN if who.holds else MISSING


def hearts(who: Who, state: str, _thing: object) -> Answer:
    """Hearts and notes: with a link that chooses, while choosing. What became of each photograph
    is told in the answer, which is the same for one that the link does not show and one that
    never was.
    """
    if who.holds is None:
        return MISSING
    if not who.holds.chooses:
        return DENIED
    return OPEN if state == State.ACTIVE else NOT_NOW


def is_unseen(who: Who, state: str, thing: Thing) -> bool:
    """Whether a link's holder must not learn that this photograph exists."""
    if who.holds is None:
        return True
    return not (link_shows(who, state, thing) and thing.is_shown and is_sound(thing))


def is_sound(thing: Thing) -> bool:
    return thing.is_scanned and thing.is_ready


def comparing(who: Who, state: str, _thing: object) -> Answer:
    """Favourites side by side: while one may choose."""
    may = who.holds and who.holds.chooses and state == State.ACTIVE
    return OPEN if may else MISSING


def to_former_holders(who: Who, state: str) -> Answer:
    """What those get whose link is closed: where it has merely expired and the gallery is archived
    they come to its friendly page.
    """
    if who.has_expired and state == State.ARCHIVED:
        return ELSEWHERE
    return CLOSED if who.was_in else MISSING


def archived_page(who: Who, state: str, _thing: object) -> Answer:
    """The friendly page of an archived gallery, for whoever holds a link, and be it one that has
    expired; else back to the wall.
    """
    if who.has_expired and state == State.ARCHIVED:
        return OPEN
    if who.holds is None:
        return MISSING
    return OPEN if state == State.ARCHIVED else ELSEWHERE


def family(who: Who, state: str, _thing: object) -> Answer:
    """Sharing with family: for whom the photographs are made, with their own link."""
    if who.holds:
        return OPEN if who.holds.is_couples else MISSING
    return to_former_holders(who, state)


def receipt(who: Who, _state: str, _thing: object) -> Answer:
    """What this link has sent: nothing, in this world."""
    return CLOSED if who.was_in else MISSING


def sending(who: Who, state: str, _thing: object) -> Answer | set[Answer]:
    """Sending what was chosen; with nothing chosen, or too late, it is not possible now."""
    if who.holds is None:
        return MISSING
    if not who.holds.chooses:
        return DENIED
    return {OPEN, NOT_NOW} if state == State.ACTIVE else NOT_NOW


def taking_back(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """Nothing was sent in this world, so there is nothing to take back."""
    if who.holds is None:
        return MISSING
    return NOT_NOW if who.holds.chooses else {NOT_NOW, DENIED}


# --- Rules: pages --------------------------------------------------------------------------------


def page(who: Who, state: str, _thing: object) -> Answer:
    """The gallery's page: for whoever may know that it exists."""
    if who.holds or who.staff or (who.is_let_in and is_open(who, state)):
        return OPEN
    return to_former_holders(who, state)


def review(who: Who, state: str, thing: object) -> Answer:
    """What was picked, while one may choose; others are led back to the page."""
    seen = page(who, state, thing)
    if seen is not OPEN:
        return seen
    return OPEN if who.holds and who.holds.chooses and state == State.ACTIVE else ELSEWHERE


def feed(who: Who, state: str, thing: object) -> Answer:
    """What the page's own JavaScript asks for: no friendly page is read there, and on the page of
    an archived gallery nothing hangs.
    """
    return OPEN if page(who, state, thing) is OPEN and is_open(who, state) else MISSING


def show(who: Who, state: str, thing: object) -> Answer:
    """The gallery's slideshow; of an archived one nothing hangs, and its page says why."""
    seen = page(who, state, thing)
    return ELSEWHERE if seen is OPEN and not is_open(who, state) else seen


def one_photograph(who: Who, state: str, thing: Thing) -> Answer | set[Answer]:
    """A photograph at its own address within the page; staff see there what hangs on the wall."""
    seen = page(who, state, thing)
    if seen is not OPEN:
        return seen
    if not is_open(who, state):
        return ELSEWHERE
    if who.staff:
        hangs = thing.is_shown and thing.is_scanned
        return ({OPEN, MISSING} if not thing.is_ready else OPEN) if hangs else MISSING
    return photograph(who, state, thing)


def gallery_of_api(who: Who, state: str, _thing: object) -> Answer:
    """A gallery by its UUID: as its page, but no friendly words to those whose link is closed."""
    may = who.holds or who.staff or (who.is_let_in and is_open(who, state))
    return OPEN if may else MISSING


def photograph_of_api(who: Who, state: str, thing: Thing) -> Answer:
    """A photograph by its UUID: of what one may see what walls show, also to staff."""
    shows = thing.is_shown and thing.is_ready
    return photograph(who, state, thing) if shows else MISSING


def film_of_api(_who: Who, _state: str, _thing: object) -> Answer:
    """There is no film of that identity, in this world."""
    return MISSING


def film(who: Who, state: str, _thing: object) -> Answer:
    """The film of the party: staff, links that show the party, and who is let in without one."""
    if who.staff:
        return OPEN
    if not is_open(who, state):
        return MISSING
    holds = who.holds
    return OPEN if who.is_let_in or (holds and holds.section in ("", PARTY)) else MISSING


def film_page(who: Who, state: str, thing: object) -> Answer:
    """The same within the gallery's page."""
    seen = page(who, state, thing)
    if seen is not OPEN:
        return seen
    return film(who, state, thing) if is_open(who, state) else ELSEWHERE


def stylesheet_of_nothing(_who: Who, _state: str, _thing: object) -> Answer:
    """Colours tell nothing of any gallery; a name that is no colour's is not there for anybody."""
    return MISSING


def nothing_without_a_key(_who: Who, _state: str, _thing: object) -> Answer:
    """How the site is, is told to no browser, whoever sits before it."""
    return MISSING


def door_of_nobody(_who: Who, _state: str, _thing: object) -> Answer:
    """A token that opens nothing: the same friendly page for everybody."""
    return CLOSED


# --- Rules: the admin ----------------------------------------------------------------------------


def everybody(_who: Who, _state: str, _thing: object) -> Answer:
    """A page that is the same for all."""
    return OPEN


def needs(action: str) -> Rule:
    """One gallery's room: those of the studio who may do this; to others there is no gallery."""

    def room(who: Who, _state: str, _thing: object) -> Answer:
        if not who.enters_admin:
            return LOGIN
        if not who.staff:
            return MISSING
        return OPEN if action in who.staff else HOME

    return room


def if_possible(action: str) -> Rule:
    """As :func:`needs`, for what may be impossible just now: those who may are told why."""
    needed = needs(action)

    def room(who: Who, state: str, thing: object) -> Answer | set[Answer]:
        answer = needed(who, state, thing)
        return {OPEN, NOT_NOW} if answer is OPEN else answer

    return room


def pages_policy(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """An index page's policy: for those who may restrict the page and share all that is below."""
    if not who.enters_admin:
        return LOGIN
    return {OPEN, MISSING} if "share" in who.staff else {MISSING, HOME}


def client_record(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """A client of the studio: for those who keep its galleries."""
    if not who.enters_admin:
        return LOGIN
    return OPEN if "change" in who.staff else {MISSING, HOME}


def no_such_words(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """Words of e-mails that nobody has written: as if they were another studio's."""
    return {MISSING, HOME} if who.enters_admin else LOGIN


def in_lists(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """A record that the number in the address may not belong to; nobody else learns of any."""
    if not who.enters_admin:
        return LOGIN
    return {OPEN, MISSING, HOME} if who.staff else {MISSING, HOME}


def who_works_in_galleries(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """A library: who adds or changes the galleries of its collection."""
    if not who.enters_admin:
        return LOGIN
    return OPEN if "change" in who.staff else {MISSING, HOME}


def photographers(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """What is given to photographers and not to their assistants."""
    if not who.enters_admin:
        return LOGIN
    return OPEN if "deliver" in who.staff else {MISSING, HOME}


def nobody(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """What is neither made nor deleted by itself."""
    return {MISSING, HOME} if who.enters_admin else LOGIN


def client_to_delete(who: Who, state: str, thing: object) -> Answer | set[Answer]:
    may = "delete" in who.staff or not who.enters_admin
    return client_record(who, state, thing) if may else {MISSING, HOME}


def any_galleries(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """Lists: whoever has galleries; what is listed is the business of other tests."""
    if not who.enters_admin:
        return LOGIN
    return OPEN if who.has_galleries else HOME


def own_galleries(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """Lists for those who make or change galleries somewhere."""
    if not who.enters_admin:
        return LOGIN
    if who.staff == {"view", "share"} or not who.has_galleries:
        return HOME
    return OPEN


def who_shares(who: Who, _state: str, _thing: object) -> Answer:
    """Lists for those who may share galleries: these, others, or any that they make themselves."""
    if not who.enters_admin:
        return LOGIN
    return OPEN if who.staff or who.has_galleries else HOME


def whoever_is_signed_in(who: Who, _state: str, _thing: object) -> Answer:
    return OPEN if who.enters_admin else LOGIN


def anybody(_who: Who, _state: str, _thing: object) -> Answer:
    """Tells nothing of any gallery: whether one is still signed in, the same to everybody."""
    return {OPEN, LOGIN}


def operators(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    """The operational log: nobody of a studio, however much they may do with its galleries."""
    if who.is_operator:
        return OPEN
    return {MISSING, HOME} if who.enters_admin else LOGIN


def nothing_for_operators(who: Who, state: str, thing: object) -> Answer | set[Answer]:
    """One record of the log where there is none, in this world: to operators as well."""
    return MISSING if who.is_operator else operators(who, state, thing)


def batch_record(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    if not who.enters_admin:
        return LOGIN
    return OPEN if who.staff else {MISSING, HOME}


def quarantined(who: Who, _state: str, _thing: object) -> Answer | set[Answer]:
    if not who.enters_admin:
        return LOGIN
    return OPEN if "change" in who.staff else {MISSING, HOME}


def uploading(who: Who, state: str, _thing: object) -> Answer | set[Answer]:
    """The upload protocol: 401 without a session, 404 for what is not one's own to change."""
    if not who.is_signed_in:
        return LOGIN
    if "change" not in who.staff:
        return MISSING
    return {OPEN, NOT_NOW}


# --- The table -----------------------------------------------------------------------------------


def a_heart_and_a_note(thing: Thing) -> dict:
    photo = str(thing.photo.uuid)
    heart = {"id": "1", "photo": photo, "on": True}
    note = {"id": "2", "photo": photo, "words": "Warmer, please"}
    return {"round": 1, "list": "to_edit", "acts": [heart, note]}


def _named(space: str, rows: dict[str, Row]) -> dict[str, Row]:
    return {f"{space}:{name}": row for name, row in rows.items()}


CLIENT_SIDE = {
    "door": Row(rule=door_of_nobody),
    "link_again": Row(rule=everybody),
    # Nobody has that token; who has got one, in tests/proofing/test_granting.py.
    "welcome": Row(rule=everybody),
    "colours": Row(rule=stylesheet_of_nothing),
    # For monitoring, with a key; who has it, in tests/doctor/test_health.py.
    "health": Row(rule=nothing_without_a_key),
    "family": Row(rule=family),
    "receipt": Row(rule=receipt),
    "photo_picture": Row(rule=photograph, of="photo"),
    "published_picture": Row(rule=photograph, of="photo"),
    "raw": Row(rule=original, of="photo"),
    "original": Row(rule=original, of="photo"),
    "video_picture": Row(rule=film),
    "play_video": Row(rule=film),
    "file_picture": Row(rule=only_studio_sees, of="photo"),
    "item_picture": Row(rule=delivered, of="item"),
    "download_item": Row(rule=full_download, of="item"),
    "download_web": Row(rule=web_download, of="item"),
    "before_after": Row(rule=before_and_after, of="item"),
    "ask_for_change": Row(rule=wishes, of="item"),
    "may_be_shown": Row(rule=consent),
    "photo_verdict": Row(
        rule=verdict_of(photograph), of="photo", is_secret=no_simple_yes(photograph)
    ),
    "item_verdict": Row(rule=verdict_of(delivered), of="item", is_secret=no_simple_yes(delivered)),
    "download_all": Row(rule=download_of_all),
    "delivery_zip": Row(rule=download_of_all),
    "web_zip": Row(rule=download_of_web_sizes),
    "originals_zip": Row(rule=originals_of_all),
    "list_zip": Row(rule=list_to_take),
    "album_zip": Row(rule=album_to_take),
    "download_photo": Row(rule=of_a_finished_section("full"), of="photo"),
    "download_photo_web": Row(rule=of_a_finished_section("web"), of="photo"),
    "print_release": Row(rule=print_release),
    "download_section": Row(rule=finished_section),
    "closed_gallery": Row(rule=archived_page),
    "side_by_side": Row(rule=comparing),
    "picks": Row(rule=holder),
    "acts": Row(
        rule=hearts, of="photo", method="post", body=a_heart_and_a_note, is_secret=is_unseen
    ),
    "send": Row(rule=sending, method="post"),
    "take_back": Row(rule=taking_back, method="post"),
    "uploads": Row(rule=uploading, of="studio", method="post"),
    "upload": Row(rule=uploading, of="studio", method="head"),
    "manifest": Row(rule=uploading, of="studio", method="post"),
    "batch": Row(rule=uploading, of="studio"),
    "batch_answer": Row(rule=uploading, of="studio", method="post"),
}
API = {
    **{f"{kind}:listing": Row(rule=everybody) for kind in ("galleries", "photos", "videos")},
    "galleries:detail": Row(rule=gallery_of_api),
    "photos:detail": Row(rule=photograph_of_api, of="photo"),
    "videos:detail": Row(rule=film_of_api),
}
PAGES = {
    "gallery_view": Row(rule=page),
    "review_view": Row(rule=review),
    "photos_view": Row(rule=feed),
    "slideshow_view": Row(rule=show),
    "slides_view": Row(rule=feed),
    "film_view": Row(rule=film_page),
    "photo_view": Row(rule=one_photograph, of="photo"),
}
DASHBOARD = {
    "index": Row(rule=any_galleries, of="studio"),
    "news": Row(rule=any_galleries, of="studio"),
    "ready_message": Row(rule=if_possible("share"), of="studio"),
}
ACCESS = {
    "index": Row(rule=who_shares, of="studio"),
    "index_results": Row(rule=who_shares, of="studio"),
    "answer": Row(rule=needs("share"), of="studio"),
}
STUDIO = {
    "index": Row(rule=any_galleries, of="studio"),
    "index_results": Row(rule=any_galleries, of="studio"),
    "add": Row(rule=own_galleries, of="studio"),
    "session": Row(rule=anybody, of="studio"),
    "of_page": Row(rule=needs("view"), of="studio"),
    "photos": Row(rule=needs("view"), of="studio"),
    "photo_feed": Row(rule=needs("view"), of="studio"),
    "photo_act": Row(rule=if_possible("view"), of="studio", method="post"),
    "photo": Row(rule=needs("view"), of="studio"),
    "show": Row(rule=needs("share"), of="studio", method="post"),
    "pick": Row(rule=needs("change"), of="studio"),
    "single_upload": Row(rule=needs("change"), of="studio", method="post"),
    "batch": Row(rule=needs("view"), of="studio"),
    "selections": Row(rule=needs("view"), of="studio"),
    "selection_workbook": Row(rule=needs("view"), of="studio"),
    "workbook": Row(rule=needs("view"), of="studio"),
    "edits": Row(rule=needs("view"), of="studio"),
    "exports": Row(rule=needs("view"), of="studio"),
    "export": Row(rule=needs("view"), of="studio"),
    "merge_sidecars": Row(rule=if_possible("view"), of="studio", method="post"),
    "decide_edit": Row(rule=needs("change"), of="studio"),
    "board": Row(rule=needs("change"), of="studio"),
    "board_news": Row(rule=needs("view"), of="studio"),
    "undo_decision": Row(rule=if_possible("change"), of="studio", method="post"),
    "choose_original": Row(rule=needs("change"), of="studio"),
    "photo_edits": Row(rule=needs("change"), of="studio"),
    "index_visibility": Row(rule=pages_policy, of="studio"),
    "sharing": Row(rule=needs("view"), of="studio"),
    "revoke_link": Row(rule=needs("share"), of="studio"),
    "revoke_all_links": Row(rule=needs("share"), of="studio"),
    "renew_link": Row(rule=needs("share"), of="studio"),
    "delivery": Row(rule=needs("view"), of="studio"),
    "clocks": Row(rule=needs("change"), of="studio"),
    "keeping": Row(rule=needs("view"), of="studio"),
    "history": Row(rule=needs("view"), of="studio"),
    "settings": Row(rule=needs("change"), of="studio"),
    "delete": Row(rule=needs("delete"), of="studio"),
    "step": Row(rule=if_possible("view"), of="studio"),
    "answer_wish": Row(rule=needs("change"), of="studio", method="post"),
    "publish": Row(rule=needs("view"), of="studio"),
    "change_link": Row(rule=needs("share"), of="studio"),
    "preview_as": Row(rule=needs("share"), of="studio"),
    "visibility": Row(rule=needs("share"), of="studio", method="post"),
    "choose_whom": Row(rule=needs("change"), of="studio"),
    "choose_for": Row(rule=needs("change"), of="studio"),
    "paste_for": Row(rule=needs("change"), of="studio"),
    "send_for": Row(rule=needs("change"), of="studio"),
    "reopen_list": Row(rule=if_possible("share"), of="studio", method="post"),
    "sections": Row(rule=needs("change"), of="studio"),
    "films": Row(rule=needs("change"), of="studio"),
    "film": Row(rule=needs("change"), of="studio"),
    "remove_section": Row(rule=needs("change"), of="studio"),
    "watermark": Row(rule=needs("change"), of="studio"),
    "watermark_preview": Row(rule=if_possible("change"), of="studio"),
}
CLIENT_RECORDS = {
    "list": Row(rule=own_galleries, of="studio"),
    "list_results": Row(rule=own_galleries, of="studio"),
    "add": Row(rule=own_galleries, of="studio"),
    "edit": Row(rule=client_record, of="studio"),
    "delete": Row(rule=client_to_delete, of="studio"),
    "erase": Row(rule=client_to_delete, of="studio"),
    "usage": Row(rule=client_record, of="studio"),
    "history": Row(rule=client_record, of="studio"),
    "history_results": Row(rule=client_record, of="studio"),
    "inspect": Row(rule=client_record, of="studio"),
    "suggest": Row(rule=whoever_is_signed_in, of="studio"),
}
CLIENT_CHOOSER = {
    "choose": Row(rule=whoever_is_signed_in, of="studio"),
    "choose_results": Row(rule=whoever_is_signed_in, of="studio"),
    "chosen": Row(rule=client_record, of="studio"),
    "chosen_multiple": Row(rule=whoever_is_signed_in, of="studio"),
    "create": Row(rule=nobody, of="studio"),
}
MAIL_TEXTS = {
    **{
        name: Row(rule=own_galleries, of="studio")
        for name in ("list", "list_results", "add", "previews", "preview_frame")
    },
    **{
        name: Row(rule=no_such_words, of="studio")
        for name in (
            *("edit", "delete", "usage", "history", "history_results"),
            "preview_own_words",
        )
    },
    # Words that are being written, before they are kept.
    "preview_words": Row(rule=own_galleries, of="studio", method="post"),
}

LINKS_AND_SELECTIONS = {
    **{name: Row(rule=any_galleries, of="studio") for name in ("list", "list_results")},
    **{
        name: Row(rule=in_lists, of="studio")
        for name in ("edit", "inspect", "history", "history_results", "usage")
    },
    **{name: Row(rule=nobody, of="studio") for name in ("add", "delete")},
}
NOT_CHOSEN = {
    "choose": Row(rule=whoever_is_signed_in, of="studio"),
    "choose_results": Row(rule=whoever_is_signed_in, of="studio"),
    "chosen": Row(rule=nobody, of="studio"),
    "chosen_multiple": Row(rule=whoever_is_signed_in, of="studio"),
    "create": Row(rule=nobody, of="studio"),
}
MARKS = {
    **{name: Row(rule=own_galleries, of="studio") for name in ("list", "list_results", "add")},
    **{
        name: Row(rule=no_such_words, of="studio")
        for name in (
            *("edit", "delete", "usage", "history", "history_results"),
            *("inspect", "preview"),
        )
    },
}
LIBRARIES = {
    **{name: Row(rule=own_galleries, of="studio") for name in ("list", "list_results")},
    **{name: Row(rule=operators, of="studio") for name in ("add", "delete")},
    **{
        name: Row(rule=photographers, of="studio")
        for name in ("edit", "usage", "history", "history_results", "scan", "scan_news")
    },
    **{
        name: Row(rule=who_works_in_galleries, of="studio")
        for name in ("inspect", "scan_report", "scan_report_results")
    },
}
GALLERY_CHOOSER = {
    **CLIENT_CHOOSER,
    "chosen": Row(rule=in_lists, of="studio"),
    "create": Row(rule=own_galleries, of="studio"),
}
COVER_CHOOSER = {
    "choose": Row(rule=whoever_is_signed_in, of="studio"),
    "choose_results": Row(rule=whoever_is_signed_in, of="studio"),
    "chosen": Row(rule=nobody, of="studio"),
}

ROWS: dict[str, Row] = {
    **_named("pumbaphoto_wagtail", CLIENT_SIDE),
    **_named("pumbaphoto_api", API),
    **_named("page", PAGES),
    **_named("pumbaphoto_dashboard", DASHBOARD),
    **_named("pumbaphoto_access", ACCESS),
    **_named("pumbaphoto_galleries", STUDIO),
    **_named("wagtailsnippets_pumbaphoto_wagtail_client", CLIENT_RECORDS),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_client", CLIENT_CHOOSER),
    **_named("wagtailsnippets_pumbaphoto_wagtail_sharelink", LINKS_AND_SELECTIONS),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_sharelink", NOT_CHOSEN),
    **_named("wagtailsnippets_pumbaphoto_wagtail_selection", LINKS_AND_SELECTIONS),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_selection", NOT_CHOSEN),
    **_named("wagtailsnippets_pumbaphoto_wagtail_watermarkpreset", MARKS),
    **_named(
        "wagtailsnippetchoosers_pumbaphoto_wagtail_watermarkpreset",
        CLIENT_CHOOSER | {"chosen": Row(rule=no_such_words, of="studio")},
    ),
    **_named("wagtailsnippets_pumbaphoto_wagtail_library", LIBRARIES),
    **_named(
        "wagtailsnippetchoosers_pumbaphoto_wagtail_library",
        CLIENT_CHOOSER | {"chosen": Row(rule=who_works_in_galleries, of="studio")},
    ),
    **_named("pumbaphoto_gallery_chooser", GALLERY_CHOOSER),
    **_named("pumbaphoto_cover_chooser", COVER_CHOOSER),
    **_named("wagtailsnippets_pumbaphoto_wagtail_mailtemplate", MAIL_TEXTS),
    **_named(
        "wagtailsnippetchoosers_pumbaphoto_wagtail_mailtemplate",
        CLIENT_CHOOSER | {"chosen": Row(rule=no_such_words, of="studio")},
    ),
    "pumbaphoto_wagtail_uploadbatch_modeladmin_index": Row(rule=operators, of="studio"),
    "pumbaphoto_wagtail_uploadbatch_results": Row(rule=operators, of="studio"),
    "pumbaphoto_wagtail_uploadbatch_act": Row(rule=operators, of="studio", method="post"),
    **{
        f"{room}_{address}": Row(
            rule=operators, of="studio", method="post" if address == "act" else "get"
        )
        for room in ("pumbaphoto_wagtail_upload", "pumbaphoto_files", "pumbaphoto_outbox")
        for address in ("modeladmin_index", "modeladmin_inspect", "results", "act")
    },
    # Ours in Wagtail's place, so that a site with galleries stays.
    "wagtailsites:delete": Row(rule=operators, of="studio"),
    "pumbaphoto_outbox_modeladmin_inspect": Row(rule=nothing_for_operators, of="studio"),
    **{
        f"pumbaphoto_reports:{name}{part}": Row(
            rule=operators if name in ("slow-steps", "integrity") else any_galleries, of="studio"
        )
        for name in ("storage", "deliveries", "links", "slow-steps", "integrity")
        for part in ("", "_results")
    },
    "pumbaphoto_wagtail_uploadbatch_modeladmin_inspect": Row(rule=batch_record, of="studio"),
    "pumbaphoto_quarantine_modeladmin_index": Row(rule=own_galleries, of="studio"),
    "pumbaphoto_quarantine_modeladmin_inspect": Row(rule=quarantined, of="studio"),
    "pumbaphoto_quarantine_act": Row(rule=own_galleries, of="studio", method="post"),
}
