"""A studio's own words for its e-mails, from the list to the letter."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation
from django_q.models import OrmQ
from wagtail.models import Collection

from pumbaphoto_wagtail import notifications, tasks, tokens
from pumbaphoto_wagtail.mail.composing import compose
from pumbaphoto_wagtail.mail.own_words import fill, own_words_for, unknown_placeholders
from pumbaphoto_wagtail.models import (
    Gallery,
    MailTemplate,
    Message,
    MessageKind,
    StudioSettings,
)

SPACE = "wagtailsnippets_pumbaphoto_wagtail_mailtemplate"
LINK = MessageKind.LINK


def address(name: str, *keys) -> str:
    return reverse(f"{SPACE}:{name}", args=keys)


def some_words(collection, **fields) -> MailTemplate:
    fields = {"kind": LINK, "subject": "For {client}", "words": "Dear {client}!"} | fields
    return MailTemplate.objects.create(collection=collection, **fields)


@pytest.fixture
def maria(studios, log_in):
    return log_in(studios.maria)


# --- The rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("Dear {client}, {gallery}", []),
        ("{klient}", ["klient"]),
        ("{Client} and { client }", ["Client", " client "]),
        ("{count}", ["count"]),
        ("{client.email} {0} {}", ["client.email", "0", ""]),
        ("{client!r} {client:>99999999}", ["client!r", "client:>99999999"]),
        ("a } and then a { alone", []),
    ],
)
def test_what_means_nothing_is_known(words, unknown):
    assert unknown_placeholders(LINK, words) == unknown


def test_what_others_wrote_is_put_in_once_and_never_read():
    context = {"client": "{studio} {gallery}", "studio": "Maria", "gallery": "x"}

    assert fill(LINK, "Dear {client} of {studio}", context) == "Dear {studio} {gallery} of Maria"
    assert fill(LINK, "{unknown} stays", context) == "{unknown} stays"


def test_the_nearest_collection_goes_before_the_language(gallery, studios):
    root = Collection.get_first_root_node()
    everywhere = some_words(root, language="de")
    here = some_words(gallery.collection)
    assert own_words_for(gallery, LINK, "de") == here
    german = some_words(gallery.collection, language="de")
    assert own_words_for(gallery, LINK, "de") == german
    assert own_words_for(gallery, LINK, "de-ch") == german
    assert own_words_for(gallery, LINK, "fr") == here
    MailTemplate.objects.filter(collection=gallery.collection).delete()
    assert own_words_for(gallery, LINK, "de") == everywhere
    assert own_words_for(gallery, LINK, "fr") is None
    assert own_words_for(gallery, MessageKind.DELIVERED, "de") is None


def test_another_studios_words_are_not_sent(gallery):
    # Collections stand in the order of their names: this one moves the gallery's.
    some_words(Collection.get_first_root_node().add_child(name="Bert"))
    fresh = Gallery.objects.get(pk=gallery.pk)

    assert own_words_for(fresh, LINK, "en") is None


# --- In the letter -------------------------------------------------------------------------------


def a_letter(gallery, link, kind=LINK):
    message = notifications.owe(kind, key="k", gallery=gallery, share_link=link)
    return compose(Message.objects.get(pk=message.pk))


def test_own_words_are_sent_with_the_address_below(gallery, link):
    words = "Dear {client},\n\nlook & see: {gallery}.\n\n{photographer}"
    some_words(gallery.collection, words=words)
    link.recipient = "<b>Anna</b>\r\nBcc: x@example.com {studio}"
    link.save()
    email = a_letter(gallery, link)

    assert email.subject == "For <b>Anna</b> Bcc: x@example.com {studio}"
    assert "Dear <b>Anna</b>" in email.body
    assert "/galleries/s/" in email.body
    html = email.alternatives[0][0]
    assert "Dear &lt;b&gt;Anna&lt;/b&gt;" in html
    assert "look &amp; see: Smith wedding." in html
    assert "<b>Anna" not in html


def test_a_subject_alone_leaves_the_words_as_they_are(gallery, link):
    some_words(gallery.collection, words="")
    email = a_letter(gallery, link)

    assert email.subject == "For Anna"
    assert "has put “Smith wedding” online for you." in email.body


def test_words_that_say_nothing_in_the_end_fall_back(gallery, link):
    some_words(gallery.collection, subject="{date}", kind=MessageKind.RESTORED, words="  ")
    link.expires_at = None
    link.save()
    email = a_letter(gallery, link, MessageKind.RESTORED)

    assert email.subject == "Your photos are back: Smith wedding"


# --- The form ------------------------------------------------------------------------------------


def posted(**fields) -> dict:
    return {"kind": LINK, "language": "", "subject": "Hello {client}", "words": "W"} | fields


def test_words_are_kept_and_listed(maria, studios):
    response = maria.post(address("add"), posted(language="de"))
    own = MailTemplate.objects.get()

    assert response.status_code == 302
    assert own.collection == studios.collection
    page = maria.get(address("list")).content.decode()
    assert "share link" in page
    assert "German" in page
    assert "Hello {client}" in page
    assert address("previews") in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"words": "{klient}"}, "{klient} means nothing in this e-mail"),
        ({"subject": "{count}"}, "{count} means nothing in this e-mail"),
        ({"subject": "", "words": " "}, "Write a subject, or words, or both."),
        ({"kind": "nonsense"}, "Select a valid choice"),
        ({"language": "klingon"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(maria, fields, said):
    page = maria.post(address("add"), posted(**fields)).content.decode()

    assert said in page
    assert not MailTemplate.objects.exists()


def test_the_same_words_twice_are_refused_in_words(maria, studios):
    some_words(studios.collection)
    page = maria.post(address("add"), posted()).content.decode()

    assert "There are words for this e-mail and language in the collection already." in page


def test_the_form_begins_with_the_e_mail_one_came_from(maria):
    page = maria.get(address("add") + "?kind=delivered").content.decode()

    assert '<option value="delivered" selected>' in page
    assert "{photographer}" in page


def test_the_list_costs_the_same_for_many(maria, studios, django_assert_max_num_queries):
    for kind in MessageKind:
        some_words(studios.collection, kind=kind)
    maria.get(address("list"))
    with django_assert_max_num_queries(25) as few:
        maria.get(address("list"))
    for language in ("de", "fr", "sv"):
        for kind in list(MessageKind)[:3]:
            some_words(studios.collection, kind=kind, language=language)
    with django_assert_max_num_queries(len(few)):
        maria.get(address("list"))


# --- Looking at it -------------------------------------------------------------------------------


def looked_at(browser, place, **fields):
    sent = browser.post(place, posted(**fields)).json()
    return sent, browser.get(place)


def test_what_is_being_written_is_shown_and_can_do_nothing(maria):
    sent, frame = looked_at(maria, address("preview_words"), words="Hi <script>x</script> {client}")

    assert sent == {"is_valid": True, "is_available": True}
    policy = frame["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-same-origin; default-src 'none'")
    assert "script-src" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    text = frame.content.decode()
    assert "Hi &lt;script&gt;x&lt;/script&gt; Anna" in text
    assert "<b>Hello Anna</b>" in text
    assert not MailTemplate.objects.exists()


def test_what_cannot_be_sent_leaves_the_last_preview(maria, studios):
    own = some_words(studios.collection)
    sent, frame = looked_at(maria, address("preview_own_words", own.pk), words="{klient}")

    assert sent == {"is_valid": False, "is_available": True}
    assert "Dear Anna!" in frame.content.decode()


def test_a_preview_may_be_text_or_of_a_real_gallery(maria, studios, gallery, link):
    own = some_words(studios.collection, words="About {gallery}")
    place = address("preview_own_words", own.pk)
    text = maria.get(place + "?mode=text")
    real = maria.get(place + f"?mode={gallery.uuid}").content.decode()

    assert text["Content-Type"].startswith("text/plain")
    assert "About Anna &amp; Tom" not in text.content.decode()
    assert "About Anna & Tom" in text.content.decode()
    assert "About Smith wedding" in real
    assert str(tokens.compute(link.uuid, link.epoch, link.key_id)) not in real


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("language", ["", "de", "ar"])
def test_every_e_mail_can_be_looked_at_before_anybody_gets_one(maria, kind, language):
    frame = maria.get(address("preview_frame"), {"kind": kind, "language": language})

    assert frame.status_code == 200
    assert "Anna" in frame.content.decode()
    assert (' dir="rtl"' in frame.content.decode()) == (language == "ar")


def test_the_page_of_previews_frames_the_chosen_one(maria, gallery):
    page = maria.get(address("previews"), {"kind": "delivered", "gallery": str(gallery.uuid)})

    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert address("preview_frame") in page.content.decode()
    assert "Smith wedding" in page.content.decode()


def test_a_preview_names_no_gallery_of_another_studio(log_in, studios, gallery):
    bert = log_in(studios.bert)
    page = bert.get(address("previews")).content.decode()
    frame = bert.get(address("preview_frame"), {"kind": LINK, "gallery": str(gallery.uuid)})

    assert "Smith wedding" not in page
    assert frame.status_code == 404


# --- A test to oneself ---------------------------------------------------------------------------


def test_a_test_goes_to_whoever_wrote_the_words_and_not_within_the_request(maria, studios):
    maria.post(address("add"), posted(**{"action-send-test": "1"}))
    own = MailTemplate.objects.get()

    assert not mail.outbox
    assert OrmQ.objects.count() == 1
    tasks.send_test_letter(own.pk, studios.maria.pk)
    assert mail.outbox[0].to == [studios.maria.email]
    assert mail.outbox[0].subject == "Hello Anna"
    assert "W" in mail.outbox[0].body


def test_a_test_without_an_address_says_so(maria, studios):
    type(studios.maria).objects.filter(pk=studios.maria.pk).update(email="")
    own = some_words(studios.collection)
    data = posted(**{"action-send-test": "1"})
    page = maria.post(address("edit", own.pk), data, follow=True).content.decode()

    assert "Your account has no e-mail address" in page
    assert not OrmQ.objects.exists()


def test_words_in_a_language_are_previewed_in_it(maria, studios, gallery):
    StudioSettings.objects.create(site=gallery.site, language="de")
    with translation.override("en"):
        frame = maria.get(address("preview_frame"), {"kind": LINK}).content.decode()

    assert '<html lang="de">' in frame


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["edit", "delete", "preview_own_words"])
def test_another_studios_words_do_not_exist(log_in, studios, gallery, name):
    own = some_words(studios.collection)
    response = log_in(studios.bert).get(address(name, own.pk))

    assert response.status_code == 404


@pytest.mark.parametrize("name", ["list", "add", "previews", "preview_frame", "preview_words"])
def test_who_has_no_galleries_gets_in_nowhere(log_in, studios, name):
    response = log_in(studios.outsider).get(address(name))

    assert response.status_code == 302
    assert response.url == "/admin/"


def test_the_list_names_ones_own_words_only(log_in, studios):
    some_words(studios.collection, subject="Of Maria")

    assert b"Of Maria" not in log_in(studios.bert).get(address("list")).content
