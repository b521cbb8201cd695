"""Choosing and sending in a real browser: in a tunnel, in two tabs, with lists and in rounds."""

import json
import re
import time

import pytest

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.models import Gallery, Photo, Pick, Selection, State
from pumbaphoto_wagtail.proofing import links, picks, submission

from .accessibility import violations
from .conftest import DESKTOP, PHONE

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
# What a browser writes of refusals and lost connections that a test brings about.
EXPECTED = ("409", "403", "404", "400", "ERR_INTERNET", "ERR_FAILED", "favicon")
KEPT = "Kept. It will be sent when you are online again."
# As a tab does whose changes to localStorage have not come over yet.
NOTE_AS_ANSWERED = """async () => {
    const key = Object.keys(localStorage).find(key => key.startsWith("pumba."));
    const id = key.split(".").slice(-2).join(".");
    const name = key.slice("pumba.".length, -id.length - 1);
    const opening = indexedDB.open("pumba", 1);
    await new Promise(done => { opening.onsuccess = done; });
    const writing = opening.result.transaction("settled", "readwrite");
    writing.objectStore("settled").put(new Map([[id, Date.now()]]), name);
    await new Promise(done => { writing.oncomplete = done; });
    opening.result.close();
}"""


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def studio(live_server, person):
    """Open a link as its recipient does."""

    def open_link(link, device=PHONE, **options):
        someone = person(device, **options)
        someone.page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
        return Visit(someone)

    people = []
    yield lambda *args, **options: people.append(open_link(*args, **options)) or people[-1]
    for visit in people:
        # What was brought about on purpose is nothing to complain of.
        visit.person.complaints[:] = [
            text for text in visit.person.complaints if not any(word in text for word in EXPECTED)
        ]


class Visit:
    """What one sees and does on a gallery page."""

    def __init__(self, someone, page=None):
        self.person = someone
        self.context = someone.context
        self.page = page or someone.page

    def another_tab(self):
        page = self.context.new_page()
        page.goto(self.page.url)
        return Visit(self.person, page)

    def heart(self, number):
        return self.page.get_by_role("button", name=f"Favourite, photo {number}", exact=True)

    def tap(self, *numbers):
        for number in numbers:
            self.heart(number).click()

    def expect_hearts(self, *numbers):
        for number in range(1, 5):
            given = "true" if number in numbers else "false"
            expect(self.heart(number)).to_have_attribute("aria-pressed", given)

    @property
    def bar(self):
        return self.page.locator("[data-pumba-bar]")

    def goes_offline(self, is_offline=True):
        self.context.set_offline(is_offline)

    def waiting(self):
        """What this browser keeps and has not sent; None while a page is on its way."""
        try:
            return self.page.evaluate(
                "Object.keys(localStorage).filter(key => key.startsWith('pumba.')).length"
            )
        except playwright.Error as error:
            if "context was destroyed" not in str(error):
                raise
            return None

    def eventually(self, condition):
        for _ in range(600):
            if condition():
                return
            self.page.wait_for_timeout(50)
        pytest.fail("did not come about")

    def review(self):
        self.page.get_by_role("link", name="Review and send").click()
        expect(self.page.get_by_role("heading", name="Your selection")).to_be_visible()


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery(included=5)
    for width, height in ((600, 400), (400, 600), (600, 400), (600, 450)):
        testing.make_photo(gallery, width=width, height=height)
    return gallery


@pytest.fixture
def photos(gallery):
    return [*gallery.photos.in_order()]


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery)


def favourites():
    return Pick.objects.filter(is_favourite=True).count()


# --- In a tunnel ---------------------------------------------------------------------------------


def test_taps_in_a_tunnel_are_kept_and_sent_once_in_their_order(studio, link, photos):
    visit = studio(link)
    requests = []
    # Those that got through, and not the attempts in the tunnel.
    visit.page.on("response", lambda response: requests.append(response.request))
    visit.goes_offline()
    visit.tap(3, 1, 2, 2)
    visit.expect_hearts(1, 3)
    expect(visit.bar).to_contain_text(KEPT)
    expect(visit.bar).to_contain_text("2 of 5 chosen")
    assert not Pick.objects.exists()
    requests.clear()
    visit.goes_offline(False)
    visit.eventually(lambda: favourites() == 2)
    expect(visit.bar).not_to_contain_text(KEPT)
    visit.eventually(lambda: visit.waiting() == 0)
    chosen = Pick.objects.order_by("pk").values_list("photo", flat=True)
    assert [*chosen] == [photos[2].pk, photos[0].pk]
    sent = [each for each in requests if each.url.endswith("/acts/")]
    acts = [act for each in sent for act in json.loads(each.post_data)["acts"]]
    assert len(acts) == len({act["id"] for act in acts}) == 4


def test_what_was_kept_is_sent_after_the_tab_was_closed_and_opened_again(studio, link):
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1, 4)
    expect(visit.bar).to_contain_text(KEPT)
    address = visit.page.url
    visit.page.close()
    visit.goes_offline(False)
    again = Visit(visit.person, visit.context.new_page())
    again.page.goto(address)
    again.expect_hearts(1, 4)
    again.eventually(lambda: favourites() == 2)
    again.eventually(lambda: again.waiting() == 0)


def test_two_tabs_show_and_send_what_was_tapped_in_either_of_them(studio, link):
    first = studio(link, DESKTOP)
    second = first.another_tab()
    first.goes_offline()
    first.tap(1)
    second.tap(2)
    first.tap(3)
    # A tap is for what one sees: the other tab's heart has come over.
    expect(second.heart(1)).to_have_attribute("aria-pressed", "true")
    second.tap(1)
    for tab in (first, second):
        tab.expect_hearts(2, 3)
    requests = []
    for tab in (first, second):
        tab.page.on("response", lambda response: requests.append(response.request))
    first.goes_offline(False)
    first.eventually(lambda: favourites() == 2)
    first.eventually(lambda: first.waiting() == 0)
    for tab in (first, second):
        tab.expect_hearts(2, 3)
        expect(tab.bar).to_contain_text("2 of 5 chosen")
    acts = [
        act["id"]
        for each in requests
        if each.url.endswith("/acts/")
        for act in json.loads(each.post_data)["acts"]
    ]
    assert len(acts) == len(set(acts)) == 4


def test_what_another_tab_sent_is_not_sent_again_by_who_has_not_heard_of_it(studio, link):
    visit = studio(link, DESKTOP)
    sent = []
    visit.page.on("request", lambda request: sent.append(request.url))
    visit.goes_offline()
    visit.tap(1)
    expect(visit.bar).to_contain_text(KEPT)
    visit.page.evaluate(NOTE_AS_ANSWERED)
    sent.clear()
    visit.goes_offline(False)
    visit.eventually(lambda: visit.waiting() == 0)
    assert [url for url in sent if url.endswith("/acts/")] == []
    assert not Pick.objects.exists()


def test_who_tapped_hears_what_became_of_it_though_another_tab_sent_it(studio, link, photos):
    Gallery.objects.update(included=1, maximum=1)
    picks.set_favourite(link, photos[0], True)
    first = studio(link, DESKTOP)
    second = first.another_tab()
    second.page.route("**/acts/", lambda route: route.abort())
    second.tap(2)
    expect(second.bar).to_contain_text(KEPT)
    first.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(second.bar).to_contain_text("You can choose 1 photo at most.")
    second.expect_hearts(1)


def test_who_comes_back_to_a_page_sees_what_was_chosen_elsewhere(studio, link, photos):
    visit = studio(link)
    visit.expect_hearts()
    picks.set_favourite(link, photos[2], True)
    visit.page.evaluate("window.dispatchEvent(new Event('focus'))")
    visit.expect_hearts(3)


def test_a_note_in_a_tunnel_is_kept(studio, link):
    visit = studio(link, DESKTOP)
    visit.tap(1)
    visit.eventually(lambda: favourites() == 1)
    visit.review()
    visit.goes_offline()
    note = visit.page.get_by_role("textbox")
    for words in ("W", "War", "Warmer"):
        note.fill(words)
        note.blur()
    expect(visit.bar).to_contain_text(KEPT)
    visit.eventually(lambda: visit.waiting() == 1)
    visit.goes_offline(False)
    visit.eventually(lambda: Pick.objects.get().note == "Warmer")


def test_an_answer_that_was_lost_is_asked_for_again_without_a_second_heart(studio, link):
    visit = studio(link)
    lost = []

    def lose_first(route):
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    visit.page.route("**/acts/", lose_first)
    visit.tap(1)
    visit.eventually(lambda: visit.waiting() == 0)
    assert lost == [200]
    assert favourites() == 1
    visit.expect_hearts(1)


def test_a_server_in_trouble_is_tried_again(studio, link):
    visit = studio(link)
    statuses = [503, 500, 429]
    visit.page.route(
        "**/acts/",
        lambda route: route.fulfill(status=statuses.pop()) if statuses else route.continue_(),
    )
    visit.tap(1)
    expect(visit.bar).to_contain_text(KEPT)

    def arrives():
        visit.page.evaluate("window.dispatchEvent(new Event('online'))")
        return favourites() == 1

    visit.eventually(arrives)
    visit.person.complaints[:] = [
        text for text in visit.person.complaints if "50" not in text and "429" not in text
    ]


@pytest.mark.parametrize("broken", ["throws", "full", "no ledger"])
def test_without_a_store_everything_works_online(studio, link, broken):
    visit = studio(link)
    visit.context.add_init_script(
        {
            "throws": "Object.defineProperty(window, 'localStorage',"
            " {get() { throw new DOMException('no', 'SecurityError'); }})",
            "full": "Storage.prototype.setItem ="
            " () => { throw new DOMException('full', 'QuotaExceededError'); }",
            "no ledger": "Object.defineProperty(window, 'indexedDB',"
            " {get() { throw new DOMException('no', 'SecurityError'); }})",
        }[broken]
    )
    visit.page.reload()
    visit.tap(1, 2)
    visit.eventually(lambda: favourites() == 2)
    visit.goes_offline()
    visit.tap(3)
    expect(visit.bar).to_contain_text(KEPT if broken == "no ledger" else "Keep this page open")
    visit.goes_offline(False)
    visit.eventually(lambda: favourites() == 3)


# --- What is not taken any more ------------------------------------------------------------------


def test_what_was_kept_while_somebody_else_sent_is_dropped_with_words(studio, link, photos):
    testing.make_link(link.gallery, "Tom")
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1, 2)
    picks.set_favourite(link, photos[3], True)
    submission.submit_selection(link)
    visit.goes_offline(False)
    expect(visit.bar).to_contain_text("This selection has been sent already.")
    expect(visit.bar).to_contain_text("Not taken: Photo 1, Photo 2")
    visit.expect_hearts(4)
    assert visit.waiting() == 0
    assert favourites() == 1


def test_what_was_kept_on_a_page_that_is_frozen_by_now_is_dropped_with_words(studio, link, photos):
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1)
    expect(visit.bar).to_contain_text(KEPT)
    picks.set_favourite(link, photos[3], True)
    submission.submit_selection(link)
    address = visit.page.url
    visit.page.goto("about:blank")
    visit.goes_offline(False)
    visit.page.goto(address)
    expect(visit.page.get_by_role("alert")).to_contain_text("Not taken: Photo 1")
    visit.eventually(lambda: visit.waiting() == 0)


def test_what_was_kept_in_an_earlier_round_is_dropped_with_words(studio, gallery, link, photos):
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1)
    picks.set_favourite(link, photos[3], True)
    submission.submit_selection(link)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    visit.goes_offline(False)
    expect(visit.bar).to_contain_text("A new round of choosing has begun.")
    visit.expect_hearts(4)
    visit.tap(2)
    visit.eventually(lambda: Selection.objects.filter(round=2).exists())
    assert Selection.objects.get(round=2).picks.count() == 2


def test_with_a_link_closed_meanwhile_nothing_is_kept_for_ever(studio, link):
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1)
    links.revoke(link, None)
    visit.goes_offline(False)
    expect(visit.bar).to_contain_text("This link does not open anything any more.")
    visit.eventually(lambda: visit.waiting() == 0)
    assert not Pick.objects.exists()


def test_photos_hidden_meanwhile_are_dropped_and_the_others_kept(studio, link, photos):
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1, 2)
    Photo.objects.filter(pk=photos[0].pk).update(is_hidden=True)
    visit.goes_offline(False)
    expect(visit.bar).to_contain_text("This photo is not offered any more.")
    expect(visit.bar).to_contain_text("Not taken: Photo 1")
    visit.expect_hearts(2)


def test_hearts_beyond_the_maximum_are_dropped_and_named(studio, gallery, link):
    Gallery.objects.update(included=2, maximum=2)
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1, 2, 3, 4)
    expect(visit.bar).to_contain_text("4 chosen")
    visit.goes_offline(False)
    expect(visit.bar).to_contain_text(
        "You can choose 2 photos at most. Not taken: Photo 3, Photo 4"
    )
    visit.expect_hearts(1, 2)
    assert favourites() == 2


def test_an_act_that_cannot_be_understood_harms_no_other(studio, link):
    visit = studio(link)
    visit.goes_offline()
    visit.tap(1)
    visit.page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find(key => key.startsWith("pumba."));
            const act = {...JSON.parse(localStorage[key]), photo: "nonsense"};
            localStorage.setItem(key.slice(0, -1) + "!", JSON.stringify(act));
            localStorage.setItem(key.slice(0, -1) + "~", "{broken");
        }"""
    )
    visit.tap(2)
    visit.goes_offline(False)
    visit.eventually(lambda: favourites() == 2)


def test_an_expired_csrf_cookie_is_renewed_once(studio, link):
    visit = studio(link)
    visit.context.clear_cookies(name="csrftoken")
    visit.tap(1)
    visit.eventually(lambda: favourites() == 1)
    visit.expect_hearts(1)


# --- Undo ----------------------------------------------------------------------------------------


def test_a_heart_is_given_and_taken_back_by_undo(studio, link):
    visit = studio(link)
    visit.tap(1)
    visit.bar.get_by_role("button", name="Undo").click()
    visit.expect_hearts()
    visit.tap(2)
    visit.eventually(lambda: favourites() == 1)
    visit.tap(2)
    visit.bar.get_by_role("button", name="Undo").click()
    visit.expect_hearts(2)
    expect(visit.bar.get_by_role("button", name="Undo")).to_be_hidden()
    visit.eventually(lambda: favourites() == 1 and visit.waiting() == 0)


@pytest.mark.parametrize("key", ["z", "U"])
def test_undo_has_a_key_which_is_a_letter_in_a_note(studio, link, key):
    visit = studio(link, DESKTOP)
    visit.tap(1, 2)
    visit.page.keyboard.press(key.lower())
    visit.expect_hearts(1)
    # A photo taken back on the way to the review would stand there, to be put back.
    visit.eventually(lambda: favourites() == 1 and visit.waiting() == 0)
    visit.review()
    visit.page.get_by_role("button", name="Remove choice 1").click()
    visit.page.get_by_role("textbox").press(key)
    expect(visit.page.get_by_text("Put back")).to_be_visible()
    visit.page.get_by_role("textbox").blur()
    visit.page.keyboard.press(key.lower())
    expect(visit.page.get_by_text("Put back")).to_be_hidden()


def test_undo_goes_away_by_itself(studio, link):
    visit = studio(link)
    visit.page.clock.install()
    visit.page.reload()
    visit.tap(1)
    undo = visit.bar.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    visit.page.clock.run_for(8_100)
    expect(undo).to_be_hidden()


# --- The bar -------------------------------------------------------------------------------------


def test_the_bar_says_what_is_missing_extra_and_too_many_in_one_place(studio, link):
    Gallery.objects.update(minimum=2, included=2, maximum=3, extras_words="at 15 €")
    visit = studio(link)
    said = []
    for number, words in enumerate(
        ["choose 1 more", "2 of 2 chosen", "2 included, 1 extra at 15 €"], start=1
    ):
        visit.tap(number)
        expect(visit.bar).to_contain_text(words)
        said.append(visit.bar.locator(".pumba-bar__count").bounding_box()["x"])
    visit.tap(4)
    expect(visit.bar).to_contain_text("You can choose 3 photos at most.")
    assert len(set(said)) == 1


def test_quick_taps_are_told_once(studio, link):
    visit = studio(link, DESKTOP)
    visit.page.evaluate(
        """() => {
            const status = document.querySelector("[data-pumba-status]");
            window.told = [];
            new MutationObserver(() => window.told.push(status.textContent))
                .observe(status, {childList: true, characterData: true, subtree: true});
        }"""
    )
    visit.tap(1, 2, 3)
    expect(visit.page.locator("[data-pumba-status]")).to_have_text("3 of 5 chosen")
    assert visit.page.evaluate("window.told") == ["3 of 5 chosen"]


# --- Review, sending, receipt --------------------------------------------------------------------


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_from_the_first_heart_to_the_receipt(studio, link, photos, device):
    visit = studio(link, device)
    visit.tap(1, 2, 3)
    visit.eventually(lambda: favourites() == 3)
    Photo.objects.filter(pk=photos[2].pk).update(is_hidden=True)
    visit.review()
    assert violations(visit.page) == []
    expect(visit.page.get_by_text("1 of your photos is no longer offered")).to_be_visible()
    expect(visit.bar).to_contain_text("2 of 5 chosen")
    visit.page.get_by_role("textbox").first.fill("Warmer")
    visit.page.get_by_role("button", name="Send my selection").click()
    expect(visit.page.get_by_text("Thank you, Maria has your 2")).to_be_visible()
    visit.page.get_by_role("link", name="Your receipt").click()
    expect(visit.page.get_by_role("heading", name="Smith wedding")).to_be_visible()
    expect(visit.page.get_by_role("listitem")).to_have_count(2)
    expect(visit.page.get_by_text("Warmer")).to_be_visible()
    expect(visit.page.get_by_text(photos[2].name)).to_have_count(0)
    assert violations(visit.page) == []
    visit.person.photograph(f"receipt-{device['viewport']['width']}")


def test_the_review_is_made_anew_when_another_window_chooses(studio, link):
    first = studio(link, DESKTOP)
    first.tap(1)
    first.eventually(lambda: favourites() == 1)
    second = first.another_tab()
    first.review()
    expect(first.page.locator(".pumba-pick")).to_have_count(1)
    second.tap(2)
    expect(first.page.locator(".pumba-pick")).to_have_count(2)


def test_the_review_is_made_anew_for_what_was_chosen_while_it_was_on_its_way(studio, link, photos):
    picks.set_favourite(link, photos[0], True)
    visit = studio(link, DESKTOP)

    def choose_meanwhile(route):
        page = route.fetch()
        picks.set_favourite(link, photos[1], True)
        route.fulfill(response=page)

    visit.page.route("**/review/", choose_meanwhile, times=1)
    visit.review()
    expect(visit.page.locator(".pumba-pick")).to_have_count(2)


def test_what_does_not_stand_in_the_review_is_not_sent_with_it(studio, link, photos):
    picks.set_favourite(link, photos[0], True)
    visit = studio(link, DESKTOP)
    visit.review()
    visit.page.wait_for_load_state("networkidle")
    # Nobody has the page taken away from under a note.
    visit.page.get_by_role("textbox").focus()
    picks.set_favourite(link, photos[1], True)
    with visit.page.expect_response(re.compile("/picks/")):
        visit.page.evaluate("window.dispatchEvent(new Event('focus'))")
    visit.page.evaluate("document.querySelector('[data-pumba-send]').click()")
    expect(visit.page.get_by_text("Your selection has changed since.")).to_be_visible()
    expect(visit.page.locator(".pumba-pick")).to_have_count(2)
    assert not Selection.objects.get().is_submitted


def test_what_another_window_chooses_does_not_break_off_a_selection_being_sent(
    studio, link, photos
):
    picks.set_favourite(link, photos[0], True)
    visit = studio(link, DESKTOP)
    visit.review()
    visit.page.wait_for_load_state("networkidle")

    def choose_meanwhile(route):
        if route.request.method == "POST":
            picks.set_favourite(link, photos[1], True)
            # Long enough for the page to hear of it before it is answered.
            time.sleep(1)
        route.continue_()

    visit.page.route("**/review/", choose_meanwhile)
    visit.page.evaluate("setInterval(() => window.dispatchEvent(new Event('focus')), 50)")
    visit.page.get_by_role("button", name="Send my selection").click()
    expect(visit.page.get_by_text("Your selection has changed since.")).to_be_visible()


def test_without_a_network_nothing_is_sent_and_nothing_lost(studio, link):
    visit = studio(link, DESKTOP)
    visit.tap(1)
    visit.eventually(lambda: favourites() == 1)
    visit.review()
    visit.goes_offline()
    visit.page.get_by_role("textbox").fill("Warmer")
    visit.page.get_by_role("button", name="Send my selection").click()
    expect(visit.bar).to_contain_text(KEPT)
    expect(visit.page.get_by_role("textbox")).to_have_value("Warmer")
    visit.goes_offline(False)
    visit.eventually(lambda: visit.waiting() == 0)
    visit.page.get_by_role("button", name="Send my selection").click()
    expect(visit.page.get_by_text("Thank you, Maria has your 1")).to_be_visible()
    assert Pick.objects.get().note == "Warmer"


def test_the_second_round_says_what_changes(studio, gallery, link, photos):
    for photo in photos[:2]:
        picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    visit = studio(link)
    expect(visit.page.get_by_text("Round 2: add or change what you like.")).to_be_visible()
    visit.expect_hearts(1, 2)
    visit.tap(1, 3)
    visit.eventually(lambda: favourites() == 4)
    visit.review()
    expect(visit.page.get_by_text("So far: 1 added, 1 taken out.")).to_be_visible()
    expect(visit.page.get_by_text("New in this round")).to_have_count(1)
    assert violations(visit.page) == []
    visit.page.get_by_role("button", name="Send my selection").click()
    visit.page.get_by_role("link", name="Your receipt").click()
    expect(visit.page.get_by_text("1 added, 1 taken out")).to_be_visible()
    expect(visit.page.get_by_text(f"round before: {photos[0].name}")).to_be_visible()


# --- Lists ---------------------------------------------------------------------------------------


def test_with_one_list_the_client_never_sees_the_word(studio, link):
    visit = studio(link)
    expect(visit.page.get_by_text("For editing")).to_have_count(0)
    assert "list" not in visit.page.locator(".pumba").inner_text().lower().split()


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_list_has_its_hearts_its_review_and_its_receipt(studio, gallery, link, device):
    Gallery.objects.update(lists=["album"])
    visit = studio(link, device)
    visit.tap(1)
    visit.page.get_by_role("link", name="Album").click()
    expect(visit.page.get_by_role("heading", name="Choose for the album")).to_be_visible()
    visit.expect_hearts()
    visit.tap(2, 3)
    expect(visit.bar).to_contain_text("2 chosen")
    assert violations(visit.page) == []
    visit.person.photograph(f"lists-{device['viewport']['width']}", full_page=False)
    visit.eventually(lambda: favourites() == 3)
    visit.page.get_by_role("link", name="Favourites").click()
    expect(visit.page.locator(".pumba-tile")).to_have_count(2)
    visit.review()
    expect(visit.page.locator(".pumba-pick")).to_have_count(2)
    visit.page.get_by_role("button", name="Send my selection").click()
    expect(visit.page.get_by_text("Thank you, Maria has your 2 for the album")).to_be_visible()
    visit.page.get_by_role("link", name="For editing").click()
    visit.expect_hearts(1)
    gallery.refresh_from_db()
    assert gallery.state == State.ACTIVE


def test_what_was_kept_for_one_list_is_sent_from_the_page_of_another(studio, gallery, link):
    Gallery.objects.update(lists=["album"])
    visit = studio(link)
    address = visit.page.url
    visit.page.get_by_role("link", name="Album").click()
    visit.goes_offline()
    visit.tap(2)
    expect(visit.bar).to_contain_text(KEPT)
    visit.page.goto("about:blank")
    visit.goes_offline(False)
    visit.page.goto(address)
    visit.eventually(lambda: Pick.objects.filter(selection__list="album").exists())
    visit.expect_hearts()


# --- Without JavaScript --------------------------------------------------------------------------


def test_without_javascript_the_whole_way_works(studio, gallery, link):
    Gallery.objects.update(lists=["album"])
    visit = studio(link, java_script_enabled=False)
    visit.tap(1)
    visit.expect_hearts(1)
    visit.page.get_by_role("link", name="Album").click()
    visit.tap(2, 4)
    visit.expect_hearts(2, 4)
    visit.review()
    visit.page.get_by_role("textbox").first.fill("Large")
    visit.page.get_by_role("button", name="Remove choice 2").click()
    expect(visit.page.get_by_role("textbox").first).to_have_value("Large")
    visit.page.get_by_role("button", name="Send my selection").click()
    expect(visit.page.get_by_text("Thank you, Maria has your 1 for the album")).to_be_visible()
    visit.page.get_by_role("button", name="Change something after all").click()
    expect(visit.page.get_by_role("heading", name="Choose for the album")).to_be_visible()
    visit.page.get_by_role("link", name="For editing").click()
    visit.review()
    visit.page.get_by_role("button", name="Send my selection").click()
    visit.page.get_by_role("link", name="Your receipt").click()
    expect(visit.page.get_by_role("listitem")).to_have_count(1)
