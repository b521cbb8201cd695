"""The outbox: owed once, sent once, tried again, given up visibly."""

import socket
import time
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from itertools import pairwise

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone
from django_q.models import OrmQ
from wagtail.users.models import UserProfile

from pumbaphoto_wagtail import notifications, testing, tokens
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.mail.addresses import share_address
from pumbaphoto_wagtail.mail.composing import compose
from pumbaphoto_wagtail.mail.contexts import CLIENT_KINDS, SUBJECT_MATTER
from pumbaphoto_wagtail.mail.gathering import first_change_key
from pumbaphoto_wagtail.models import (
    AccessRequest,
    ChangeRequest,
    Delivery,
    DeliveryItem,
    Gallery,
    Message,
    MessageKind,
    Pick,
    RequestState,
    Selection,
    ShareLink,
    Stage,
    State,
    StoredFile,
    StudioSettings,
    Transition,
    Upload,
    UploadBatch,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.notifications import (
    due_messages,
    owe,
    send_message,
)
from tests.mailing import SMTP, mailing_by
from tests.threads import at_once

HOSTILE = (
    "Smith\r\nBcc: thief@example.com\r\n\r\n<script>alert(1)</script> {{ settings }} {% now %} %s &"
)


@pytest.fixture
def gallery(db):
    return testing.make_gallery("Smith wedding", has_page=False)


def a_link(gallery, recipient="Anna", email="anna@example.com", **fields) -> ShareLink:
    link = ShareLink(gallery=gallery, recipient=recipient, email=email, **fields)
    link.key_id = tokens.current_key_id()
    link.token_sha256 = tokens.fingerprint(tokens.compute(link.uuid, link.epoch, link.key_id))
    link.save()
    return link


def a_photo(gallery, name="IMG_0001.jpg"):
    return testing.make_many_photos(gallery, 1, folder=name)[0]


def a_selection(link, *, notes=("please brighter",), hearts=2) -> Selection:
    selection = Selection.objects.create(share_link=link, submitted_at=timezone.now())
    photos = testing.make_many_photos(link.gallery, hearts)
    for photo, note in zip(photos, [*notes, *[""] * hearts], strict=False):
        Pick.objects.create(
            selection=selection, photo=photo, is_favourite=True, note=note, picked_at=timezone.now()
        )
    return selection


def a_batch(gallery) -> UploadBatch:
    batch = UploadBatch.objects.create(gallery=gallery, uploader=gallery.owner)
    states = (UploadState.ACCEPTED, UploadState.ACCEPTED, UploadState.REFUSED)
    for number, state in enumerate((*states, UploadState.DUPLICATE, UploadState.ABANDONED)):
        Upload.objects.create(
            batch=batch,
            file_name=f"file{number}.jpg",
            length=1,
            state=state,
            reason="not a photo" if state == UploadState.REFUSED else "",
        )
    return batch


def a_delivery(gallery) -> Delivery:
    delivery = Delivery.objects.create(gallery=gallery, number=1, words="Enjoy <them>!")
    photo = a_photo(gallery)
    DeliveryItem.objects.create(
        delivery=delivery,
        stored_file=photo.picture,
        photo=photo,
        member_name="1.jpg",
        size=1,
        crc32=1,
        sha256="0",
        position=1,
    )
    return delivery


def an_access_request(gallery, name, *, is_open=True) -> AccessRequest:
    return AccessRequest.objects.create(
        page=gallery.main_page or testing.make_page(gallery),
        gallery=gallery,
        name=name,
        email="anna@example.com",
        words="I was a guest.",
        state=RequestState.OPEN if is_open else RequestState.GRANTED,
    )


def lose(photo) -> None:
    """Let the file of a photograph be missing from the storage."""
    StoredFile.objects.filter(pk=photo.picture_id).update(stage=Stage.MISSING)


def a_message(kind, gallery, **about) -> Message:
    """A message of a kind, about real rows."""
    to_photographer = kind not in CLIENT_KINDS
    name = about.pop("recipient", "Anna")
    link = a_link(gallery, recipient=name)
    key = f"{kind}:{link.pk}"
    if kind in (MessageKind.SELECTION_SUBMITTED, MessageKind.RECEIPT):
        about["selection"] = a_selection(link, notes=[about.pop("note", "please brighter")])
    if kind in (MessageKind.ARCHIVE_SUGGESTED, MessageKind.ARCHIVE_ANNOUNCED):
        Gallery.objects.filter(pk=gallery.pk).update(archive_on=date(2020, 5, 4))
        gallery.refresh_from_db()
    if kind == MessageKind.DUE_SOON:
        Gallery.objects.filter(pk=gallery.pk).update(due_date=date(2120, 6, 7))
        gallery.refresh_from_db()
        a_selection(link)
        Selection.objects.update(submitted_at=None)
    if kind == MessageKind.LINK_EXPIRING:
        ShareLink.objects.update(expires_at=datetime(2120, 6, 8, 12, tzinfo=UTC))
        a_delivery(gallery)
    if kind == MessageKind.UPLOAD_SETTLED:
        about["batch"] = a_batch(gallery)
    if kind == MessageKind.DELIVERED:
        about["delivery"] = a_delivery(gallery)
        about["transition"] = Transition.objects.create(
            gallery=gallery, from_state=State.EDITING, to_state=State.DELIVERED
        )
    if kind == MessageKind.CHANGE_ASKED:
        words = about.pop("note", "please brighter")
        key = first_change_key(
            ChangeRequest.objects.create(photo=a_photo(gallery), share_link=link, words=words)
        )
    if kind in (MessageKind.ACCESS_ASKED, MessageKind.ACCESS_GRANTED):
        about["access_request"] = an_access_request(gallery, name, is_open=to_photographer)
    if kind == MessageKind.FILES_MISSING:
        lose(testing.make_photo(gallery, is_rendered=False))
        StudioSettings.objects.create(site=gallery.site, studio_name=gallery.title)
        about["site"] = gallery.site
    speaks_of_a_link = not to_photographer or kind == MessageKind.PHOTOS_ASKED
    return owe(
        kind,
        key=key,
        gallery=None if kind == MessageKind.FILES_MISSING else gallery,
        recipient=gallery.owner if to_photographer else None,
        share_link=link if speaks_of_a_link else None,
        **about,
    )


def parts(message) -> tuple[str, str, str]:
    email = compose(Message.objects.get(pk=message.pk))
    return email.subject, email.body, email.alternatives[0][0]


def now_due(message) -> None:
    Message.objects.filter(pk=message.pk).update(retry_at=None)


# --- Owing ---------------------------------------------------------------------------------------


def test_a_message_is_owed_once_for_each_key(gallery):
    first = owe(MessageKind.LINK, key="link:1", gallery=gallery, share_link=a_link(gallery))
    second = owe(MessageKind.LINK, key="link:1", gallery=gallery, share_link=a_link(gallery))

    assert first == second
    assert OrmQ.objects.count() == 1


def test_a_message_to_nobody_cannot_be_owed(gallery):
    with pytest.raises(IntegrityError), transaction.atomic():
        owe(MessageKind.LINK, key="link:1", gallery=gallery)


def test_owing_is_undone_with_its_transaction(gallery):
    link = a_link(gallery)
    with transaction.atomic():
        owe(MessageKind.LINK, key="link:1", gallery=gallery, share_link=link)
        transaction.set_rollback(True)

    assert not Message.objects.exists()
    assert not OrmQ.objects.exists()


# --- What it says --------------------------------------------------------------------------------

EXPECTED = {
    MessageKind.UPLOAD_SETTLED: ("2 photos are in: Smith wedding", "5 files announced"),
    MessageKind.LINK: ("Your photos to look at: Smith wedding", "Hello Anna"),
    MessageKind.SELECTION_SUBMITTED: ("Anna has chosen 2 photos: Smith wedding", "brighter"),
    MessageKind.RECEIPT: ("Your 2 photos are with us: Smith wedding", "Thank you, Anna"),
    MessageKind.NEW_PHOTOS: ("More photos for you: Smith wedding", "has added photos to"),
    MessageKind.DELIVERED: ("Your photos are ready: Smith wedding", "has finished 1 photo of"),
    MessageKind.CHANGE_ASKED: ("Anna asks for 1 change: Smith wedding", "(Anna): please brighter"),
    MessageKind.PHOTOS_ASKED: ("Anna asks for the photos: Smith wedding", "anna@example.com"),
    MessageKind.ARCHIVE_SUGGESTED: ("Time for the archive? Smith wedding", "has come."),
    MessageKind.ARCHIVE_ANNOUNCED: (
        "Please download before May 4, 2020: Smith wedding",
        "to the archive on May 4, 2020",
    ),
    MessageKind.RESTORED: ("Your photos are back: Smith wedding", "from the archive for you"),
    MessageKind.DUE_SOON: ("Please choose until June 7, 2120: Smith wedding", "You have chosen 2"),
    MessageKind.LINK_EXPIRING: (
        "Please download until June 8, 2120: Smith wedding",
        "is open until June 8, 2120",
    ),
    MessageKind.FILES_MISSING: ("1 file is missing: Smith wedding", "Smith wedding: 1 file"),
    MessageKind.ACCESS_ASKED: ("Anna asks for access: Smith wedding", "Anna: anna@example.com"),
    MessageKind.ACCESS_GRANTED: ("You may look now: Smith wedding", "Hello Anna"),
}


@pytest.mark.parametrize("kind", MessageKind)
def test_each_kind_speaks_of_its_own_rows(gallery, kind):
    subject, text, html = parts(a_message(kind, gallery))
    expected_subject, expected_words = EXPECTED[kind]

    assert subject == expected_subject
    assert expected_words in " ".join(text.split())
    assert "Smith wedding" in text
    assert "Smith wedding" in html


def test_a_batchs_message_names_what_was_refused_and_why(gallery):
    _, text, html = parts(a_message(MessageKind.UPLOAD_SETTLED, gallery))

    assert "2 accepted, 1 already there, 1 abandoned" in text
    assert "file2.jpg: not a photo" in text
    assert "file2.jpg" in html


def an_upload(batch, name, state=UploadState.ACCEPTED, *, stage=None, **fields) -> Upload:
    file = None
    if stage is not None:
        file = testing.make_stored_file()
        is_infected = stage == Stage.INFECTED
        verdict = {"verdict": Verdict.INFECTED, "virus_name": "Win.Eicar-1"} if is_infected else {}
        reason = f"{stage} for a reason"
        StoredFile.objects.filter(pk=file.pk).update(stage=stage, reason=reason, **verdict)
    return Upload.objects.create(
        batch=batch, file_name=name, length=1, state=state, stored_file=file, **fields
    )


def words_about(batch) -> str:
    message = owe(
        MessageKind.UPLOAD_SETTLED,
        key=f"batch:{batch.pk}",
        gallery=batch.gallery,
        recipient=batch.gallery.owner,
        batch=batch,
    )
    return " ".join(parts(message)[1].split())


def test_a_batchs_message_names_what_arrived_and_is_no_photo_with_its_reason(gallery):
    batch = UploadBatch.objects.create(gallery=gallery, uploader=gallery.owner)
    an_upload(batch, "good.jpg", stage=Stage.READY)
    an_upload(batch, "bad.jpg", stage=Stage.INFECTED, relative_path="Card 1")
    an_upload(batch, "big.jpg", stage=Stage.BLOCKED)
    an_upload(batch, "broken.jpg", stage=Stage.FAILED)
    an_upload(batch, "late.jpg", UploadState.ABANDONED, reason="This file did not arrive.")
    words = words_about(batch)

    assert "5 files announced, 1 accepted" in words
    assert "quarantine (1): Card 1/bad.jpg: Win.Eicar-1" in words
    assert "big.jpg: blocked for a reason" in words
    assert "Could not be processed (1): broken.jpg: failed for a reason" in words
    assert "Did not arrive (1): late.jpg" in words


def test_a_batchs_message_names_fifty_of_a_kind_and_counts_the_rest(gallery):
    batch = UploadBatch.objects.create(gallery=gallery, uploader=gallery.owner)
    for number in range(53):
        an_upload(batch, f"clip{number}.mp4", UploadState.REFUSED, reason="no photo")
    words = words_about(batch)

    assert "Not accepted (53):" in words
    assert "clip49.mp4" in words
    assert "clip50.mp4" not in words
    assert "and 3 more" in words


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("replace", "2 photos were exported again and replaced"),
        ("keep", "2 photos were exported again and are kept beside"),
        ("skip", "1 photo was exported again and skipped"),
    ],
)
def test_a_batchs_message_says_what_became_of_photos_exported_again(gallery, answer, expected):
    batch = UploadBatch.objects.create(gallery=gallery, uploader=gallery.owner, same_name=answer)
    for number in range(2 if answer != "skip" else 0):
        an_upload(batch, f"{number}.jpg", stage=Stage.READY, is_same_name=True)
    an_upload(batch, "bad.jpg", stage=Stage.INFECTED, is_same_name=True)
    an_upload(batch, "same.jpg", UploadState.DUPLICATE)
    if answer == "skip":
        an_upload(batch, "skipped.jpg", UploadState.DUPLICATE, is_same_name=True)
    words = words_about(batch)

    assert expected in words
    assert words.count("exported again") == 1
    assert "1 already there" in words


def test_a_clients_button_opens_the_door(gallery):
    message = a_message(MessageKind.LINK, gallery)
    address = share_address(message.share_link)
    _, text, html = parts(message)

    link = message.share_link
    assert str(tokens.compute(link.uuid, link.epoch, link.key_id)) in address
    assert address.startswith(gallery.site.root_url)
    assert address in text
    assert f'href="{address}"' in html


def test_a_photographers_message_holds_no_token(gallery):
    message = a_message(MessageKind.SELECTION_SUBMITTED, gallery)
    link = message.selection.share_link
    token = str(tokens.compute(link.uuid, link.epoch, link.key_id))

    assert not any(token in part for part in parts(message))


def test_clients_answer_the_photographer(gallery):
    to_client = compose(a_message(MessageKind.LINK, gallery))
    to_photographer = compose(a_message(MessageKind.UPLOAD_SETTLED, gallery))

    assert to_client.reply_to == [gallery.owner.email]
    assert to_photographer.reply_to == []
    assert to_photographer.to == [gallery.owner.email]


def test_each_is_written_to_in_their_own_language(gallery):
    client = testing.make_client(language="de")
    link = a_link(gallery, client=client)
    message = owe(MessageKind.LINK, key="1", gallery=gallery, share_link=link)
    UserProfile.objects.create(user=gallery.owner, preferred_language="fr")

    assert 'lang="de"' in parts(message)[2]
    assert 'lang="fr"' in parts(a_message(MessageKind.UPLOAD_SETTLED, gallery))[2]
    assert 'lang="en"' in parts(a_message(MessageKind.LINK, gallery))[2]


def test_a_language_nobody_speaks_does_not_stop_a_message(gallery):
    client = testing.make_client(language="xx-../..")
    message = owe(
        MessageKind.LINK, key="1", gallery=gallery, share_link=a_link(gallery, client=client)
    )

    assert send_message(message.pk)


# --- What others have written is data ------------------------------------------------------------


def state_steps(gallery, *states):
    for before, after in pairwise(states):
        Transition.objects.create(gallery=gallery, from_state=before, to_state=after)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((State.EDITING, State.DELIVERED), "was delivered on"),
        ((State.EDITING, State.DELIVERED, State.ARCHIVED, State.DELIVERED), "may go back to"),
        ((), "It may be time"),
    ],
)
def test_why_archiving_is_suggested_is_said(gallery, states, expected):
    state_steps(gallery, *states)
    message = a_message(MessageKind.ARCHIVE_SUGGESTED, gallery)
    Gallery.objects.update(archive_on=None)

    assert expected in " ".join(parts(message)[1].split())


def test_an_announced_day_that_was_withdrawn_is_not_mailed(gallery):
    message = a_message(MessageKind.ARCHIVE_ANNOUNCED, gallery)
    Gallery.objects.update(archive_on=None)

    assert not send_message(message.pk)
    assert not mail.outbox


@pytest.mark.parametrize("kind", MessageKind)
def test_hostile_words_stay_words(gallery, kind):
    gallery.title = HOSTILE
    gallery.save()
    owner = gallery.owner
    owner.first_name = "<b>{{ x }}\r\n"
    owner.save()
    message = a_message(kind, gallery, **_hostile(kind))

    assert send_message(message.pk), Message.objects.get(pk=message.pk).error

    sent = mail.outbox[0].message()
    received = message_from_bytes(sent.as_bytes(), policy=policy.default)
    assert received["Bcc"] is None
    assert "\n" not in received["Subject"]
    assert "{{ settings }} {% now %} %s &" in received["Subject"]
    html = received.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "{{ settings }}" in received.get_body(("plain",)).get_content()


def _hostile(kind) -> dict:
    if kind in (MessageKind.SELECTION_SUBMITTED, MessageKind.CHANGE_ASKED):
        return {"recipient": HOSTILE, "note": HOSTILE}
    return {"recipient": HOSTILE}


def test_a_hostile_note_is_escaped_in_the_photographers_mail(gallery):
    _, text, html = parts(a_message(MessageKind.SELECTION_SUBMITTED, gallery, note="<img src=x>"))

    assert "&lt;img src=x&gt;" in html
    assert "<img src=x>" in text


def test_words_of_a_delivery_are_escaped(gallery):
    _, text, html = parts(a_message(MessageKind.DELIVERED, gallery))

    assert "Enjoy &lt;them&gt;!" in html
    assert "Enjoy <them>!" in text


# --- What has gone in the meantime ---------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind in SUBJECT_MATTER])
def test_a_message_about_something_deleted_is_put_off_with_the_reason(gallery, kind):
    message = a_message(kind, gallery)
    Message.objects.update(batch=None, selection=None, delivery=None, access_request=None)

    assert not send_message(message.pk)
    message.refresh_from_db()
    assert "is gone" in message.error


def test_a_selection_taken_back_keeps_the_time_of_its_submission(gallery):
    message = a_message(MessageKind.SELECTION_SUBMITTED, gallery)
    Selection.objects.update(submitted_at=None)
    Message.objects.update(created_at=timezone.make_aware(timezone.datetime(2020, 5, 4, 12)))

    assert "May 4, 2020" in parts(message)[1]


def test_a_link_whose_key_is_gone_is_not_mailed_as_a_dead_one(gallery):
    message = a_message(MessageKind.LINK, gallery)
    with override_settings(SECRET_KEY="another"):
        assert not send_message(message.pk)

    assert not mail.outbox
    now_due(message)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=["test"]):
        assert send_message(message.pk)


def test_without_an_address_a_message_is_put_off(gallery):
    message = a_message(MessageKind.LINK, gallery)
    ShareLink.objects.update(email="")

    assert not send_message(message.pk)
    message.refresh_from_db()
    assert message.error == "LookupError: no e-mail address"


# --- Sending -------------------------------------------------------------------------------------


def test_a_sent_message_is_not_due_any_more(gallery):
    message = a_message(MessageKind.LINK, gallery)

    assert send_message(message.pk)
    assert not send_message(message.pk)
    assert len(mail.outbox) == 1
    assert not due_messages().exists()
    message.refresh_from_db()
    assert (message.attempts, message.error, message.lease_until) == (1, "", None)


def test_a_message_that_does_not_exist_is_not_sent(db):
    assert not send_message(12345)


def smtp(host, port):
    return mailing_by(SMTP, host=host, port=port, timeout=5)


def test_a_real_mail_server_gets_both_forms_and_our_message_id(gallery):
    message = a_message(MessageKind.DELIVERED, gallery)
    with testing.smtp_sink() as sink, smtp(sink.host, sink.port):
        assert send_message(message.pk)
        (received,) = sink.wait_for(1)

    assert received["To"] == "anna@example.com"
    assert str(message.uuid) in received["Message-ID"]
    assert received.get_body(("plain",)) is not None
    assert received.get_body(("html",)) is not None


def test_a_refused_message_is_tried_again_with_the_same_message_id(gallery):
    message = a_message(MessageKind.LINK, gallery)
    seen = compose(message).extra_headers["Message-ID"]
    with testing.smtp_sink() as sink, smtp(sink.host, sink.port):
        sink.refusal = "451 Try again later"
        assert not send_message(message.pk)
        message.refresh_from_db()
        assert "451" in message.error
        assert not send_message(message.pk), "not due before the wait is over"

        sink.refusal = ""
        now_due(message)
        assert send_message(message.pk)

    assert [received["Message-ID"] for received in sink.messages] == [seen]
    message.refresh_from_db()
    assert message.error == ""
    assert message.attempts == 2


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_server_that_is_away_is_given_up_after_the_last_wait(gallery):
    message = a_message(MessageKind.LINK, gallery)
    waits = settings.MAIL_RETRY_SECONDS
    with smtp("127.0.0.1", closed_port()):
        for attempt, wait in enumerate(waits, start=1):
            before = timezone.now()
            assert not send_message(message.pk)
            message.refresh_from_db()
            assert message.attempts == attempt
            assert message.failed_at is None
            assert timedelta(0) <= message.retry_at - before - timedelta(seconds=wait)
            assert message.retry_at - before - timedelta(seconds=wait) < timedelta(seconds=10)
            now_due(message)
        assert not send_message(message.pk)

    message.refresh_from_db()
    assert message.failed_at is not None
    assert "Connection refused" in message.error
    assert message.lease_until is None
    assert not due_messages().exists()


class BrokenBackend(BaseEmailBackend):
    def send_messages(self, email_messages):
        raise RuntimeError("a backend of the site's own")


def test_whatever_a_backend_raises_is_put_off_not_raised(gallery):
    message = a_message(MessageKind.LINK, gallery)
    with mailing_by(f"{__name__}.BrokenBackend"):
        assert not send_message(message.pk)

    message.refresh_from_db()
    assert message.error == "RuntimeError: a backend of the site's own"
    assert message.retry_at > timezone.now()


def test_a_message_whose_every_sender_died_is_given_up(gallery):
    message = a_message(MessageKind.LINK, gallery)
    Message.objects.update(attempts=len(settings.MAIL_RETRY_SECONDS) + 1)

    assert not send_message(message.pk)
    assert not mail.outbox
    message.refresh_from_db()
    assert message.failed_at is not None


def test_the_attempt_is_counted_before_the_server_hears_of_it(gallery, monkeypatch):
    message = a_message(MessageKind.LINK, gallery)

    def die(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(notifications, "compose", die)
    with pytest.raises(KeyboardInterrupt):
        send_message(message.pk)

    message.refresh_from_db()
    assert message.attempts == 1
    assert message.lease_until > timezone.now()


def test_a_lease_is_taken_over_only_after_it_ran_out(gallery):
    message = a_message(MessageKind.LINK, gallery)
    Message.objects.update(lease_holder=message.uuid, lease_until=timezone.now() + timedelta(60))
    assert not send_message(message.pk)

    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert send_message(message.pk)


class OvertakenBackend(BaseEmailBackend):
    """While it works, the lease runs out and another worker sends the message."""

    def send_messages(self, email_messages):
        Message.objects.update(sent_at=timezone.now(), lease_holder=None, lease_until=None)
        raise OSError("too late")


def test_a_sender_that_was_overtaken_does_not_disturb_the_other(gallery):
    message = a_message(MessageKind.LINK, gallery)
    with mailing_by(f"{__name__}.OvertakenBackend"):
        assert not send_message(message.pk)

    message.refresh_from_db()
    assert message.sent_at is not None
    assert message.error == ""
    assert message.retry_at is None


def test_no_address_or_token_is_logged(gallery, caplog):
    message = a_message(MessageKind.LINK, gallery)
    address = share_address(message.share_link)
    with smtp("127.0.0.1", closed_port()), caplog.at_level("DEBUG"):
        send_message(message.pk)

    assert f"message {message.pk}" in caplog.text
    assert address.rstrip("/").rpartition("/")[2] not in caplog.text
    assert "anna@example.com" not in caplog.text


# --- Many at once --------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_that_owe_the_same_at_once_owe_one_message():
    gallery = testing.make_gallery(has_page=False)
    link = a_link(gallery)

    def owe_it():
        with transaction.atomic():
            return owe(MessageKind.LINK, key="link:1", gallery=gallery, share_link=link)

    results = at_once(owe_it, 20)

    assert {type(result) for result in results} == {Message}, results
    assert Message.objects.count() == 1
    assert OrmQ.objects.count() == 1


class SlowBackend(BaseEmailBackend):
    sent: list = []

    def send_messages(self, email_messages):
        time.sleep(0.2)
        self.sent.extend(email_messages)
        return len(email_messages)


def test_of_a_deleted_gallery_nothing_is_sent(gallery, mailoutbox):
    message = a_message(MessageKind.LINK, gallery)
    type(gallery).objects.filter(pk=gallery.pk).update(deleted_at=timezone.now())
    assert not send_message(message.pk)
    assert mailoutbox == []
    message.refresh_from_db()
    assert (message.attempts, message.lease_holder, message.sent_at) == (0, None, None)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_eight_workers_that_race_one_sends():
    gallery = testing.make_gallery(has_page=False)
    message = a_message(MessageKind.LINK, gallery)
    SlowBackend.sent.clear()
    with mailing_by(f"{__name__}.SlowBackend"):
        results = at_once(lambda: send_message(message.pk), 8)

    assert sorted(results) == [False] * 7 + [True]
    assert len(SlowBackend.sent) == 1
