"""What everybody reads at the head of a gallery's page, in every state: a table."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Kind, LinkPurpose, Selection, State
from pumbaphoto_wagtail.proofing.words import Onlooker, greeting

pytestmark = pytest.mark.django_db

STATE_NAMES = {str(state.label) for state in State}
FUTURE, PAST = date(2099, 7, 12), date(2020, 7, 12)
SENT_AT = timezone.make_aware(datetime(2026, 7, 3, 14, 5))

DECIDING = {"email": "anna@example.com"}
SILENT = {}
SUGGESTING = {"purpose": LinkPurpose.FAMILY, "decides": False}
LOOKING = {"purpose": LinkPurpose.FAMILY, "decides": False, "may_choose": False}
GUEST = {"purpose": LinkPurpose.PARTY, "decides": False, "may_choose": False}
DESIGNER = {"purpose": LinkPurpose.ALBUM_DESIGNER, "decides": False, "may_choose": False}
PREVIEW, VISITOR = "preview", "visitor"

READY = "Your photos are ready"
CHOOSE = "Choose your favourites | Tap the heart on every photo you love."
STORED = (
    "Safely stored | This gallery is closed, and every photo of it is kept. "
    "Ask Maria if you would like to have your photos again."
)
KEEPS = "What was ready before stays here, until there is something newer."
SOON = "The finished photos will hang here."
SUBMITTED = "Maria has the selection | The choice has been made. You can still look at every photo."
STILL_CHOSEN = "The photos for the album | They are still being chosen. Look in again soon."
NONE_FINISHED = "Maria has finished | None of the photos you can see here was among them."
YOURS_SOON = "Your photos are almost ready | Maria is putting the last ones in."
THEIRS_SOON = "The photos are almost ready | Maria is putting the last ones in."
SENT = "Thank you, Maria has your 48 | You sent them on 3 July, 14:05. "

SENT_BY_THEM = {"sent": True}
DELIVERED = {"has_delivered": True}

# Who, in which state, under which circumstances, and what they read: "headline | sentences".
TABLE = [
    # Choosing
    (DECIDING, State.ACTIVE, {}, CHOOSE),
    (DECIDING, State.ACTIVE, {"included": 50}, f"{CHOOSE} 50 photos are included."),
    (
        DECIDING,
        State.ACTIVE,
        {"due_date": FUTURE},
        f"{CHOOSE} Maria would like to have your choice by 12 July.",
    ),
    (
        DECIDING,
        State.ACTIVE,
        {"due_date": PAST},
        f"{CHOOSE} Maria hoped to have your choice by 12 July. You can still send it.",
    ),
    (
        DECIDING,
        State.ACTIVE,
        {"round": 2},
        "Choose your favourites | Maria opened it again for you. Tap the heart on every photo you "
        "love.",
    ),
    (
        SUGGESTING,
        State.ACTIVE,
        {"included": 50},
        f"{CHOOSE} Your hearts are suggestions: Maria sees them.",
    ),
    (LOOKING, State.ACTIVE, {}, ""),
    (GUEST, State.ACTIVE, {"due_date": PAST}, ""),
    (DESIGNER, State.ACTIVE, {}, STILL_CHOSEN),
    (PREVIEW, State.ACTIVE, {}, CHOOSE),
    (VISITOR, State.ACTIVE, {}, ""),
    # Sent
    (
        DECIDING,
        State.ACTIVE,
        SENT_BY_THEM,
        f"{SENT}Others are still choosing. Maria begins when all have sent theirs.",
    ),
    (
        SUGGESTING,
        State.ACTIVE,
        SENT_BY_THEM,
        f"{SENT}They are suggestions: the others decide, and Maria sees both.",
    ),
    (
        DECIDING,
        State.SUBMITTED,
        SENT_BY_THEM,
        f"{SENT}Maria edits them now, and you will hear when they are ready.",
    ),
    (
        SILENT,
        State.SUBMITTED,
        SENT_BY_THEM,
        f"{SENT}Maria edits them now. Look in here again: they will hang here.",
    ),
    (
        SILENT,
        State.SUBMITTED,
        {"sent": True, "taken": True},
        "Thank you, Maria has your 48 | Maria took what you had chosen on 3 July, 14:05. Maria "
        "edits them now. Look in here again: they will hang here.",
    ),
    (
        SUGGESTING,
        State.SUBMITTED,
        SENT_BY_THEM,
        f"{SENT}They are suggestions: the others decide, and Maria sees both.",
    ),
    (DECIDING, State.SUBMITTED, {}, SUBMITTED),
    (SUGGESTING, State.SUBMITTED, {}, SUBMITTED),
    (LOOKING, State.SUBMITTED, {}, ""),
    (GUEST, State.SUBMITTED, {}, ""),
    (DESIGNER, State.SUBMITTED, {}, STILL_CHOSEN),
    (PREVIEW, State.SUBMITTED, {}, SUBMITTED),
    (VISITOR, State.SUBMITTED, {}, ""),
    # Editing
    (
        DECIDING,
        State.EDITING,
        {"edits_expected_on": FUTURE, "sent": True},
        "Maria is editing, about 12 July | You will hear when your photos are ready.",
    ),
    (SILENT, State.EDITING, {}, f"Maria is editing | {SOON}"),
    (SILENT, State.EDITING, {"edits_expected_on": PAST}, f"Maria is still editing | {SOON}"),
    (DECIDING, State.EDITING, DELIVERED, f"Maria is editing | {KEEPS}"),
    (SUGGESTING, State.EDITING, {}, f"Maria is editing | {SOON}"),
    (LOOKING, State.EDITING, {}, f"Maria is editing | {SOON}"),
    (GUEST, State.EDITING, DELIVERED, f"Maria is editing | {KEEPS}"),
    (DESIGNER, State.EDITING, {}, f"Maria is editing | {SOON}"),
    (PREVIEW, State.EDITING, {}, f"Maria is editing | {SOON}"),
    (VISITOR, State.EDITING, {}, ""),
    # Delivered
    (DECIDING, State.DELIVERED, {"sent": True, "has_delivered": True}, READY),
    (SUGGESTING, State.DELIVERED, DELIVERED, "The photos are ready"),
    (LOOKING, State.DELIVERED, DELIVERED, "The photos are ready"),
    (GUEST, State.DELIVERED, DELIVERED, "The photos are ready"),
    (
        DESIGNER,
        State.DELIVERED,
        DELIVERED,
        "The photos for the album | These are the finished ones.",
    ),
    (PREVIEW, State.DELIVERED, DELIVERED, READY),
    (VISITOR, State.DELIVERED, {}, ""),
    (DECIDING, State.DELIVERED, {}, NONE_FINISHED),
    (GUEST, State.DELIVERED, {}, NONE_FINISHED),
    # Archived
    *((who, State.ARCHIVED, {}, STORED) for who in (DECIDING, SUGGESTING, LOOKING, GUEST)),
    (DESIGNER, State.ARCHIVED, {}, STORED),
    (PREVIEW, State.ARCHIVED, {}, STORED),
    (VISITOR, State.ARCHIVED, {}, ""),
    # Finished photos: nobody chooses
    (DECIDING, State.ACTIVE, {"kind": Kind.FINISHED, "due_date": PAST}, YOURS_SOON),
    (SUGGESTING, State.ACTIVE, {"kind": Kind.FINISHED}, THEIRS_SOON),
    (GUEST, State.ACTIVE, {"kind": Kind.FINISHED}, THEIRS_SOON),
    (DESIGNER, State.ACTIVE, {"kind": Kind.FINISHED}, THEIRS_SOON),
    (PREVIEW, State.ACTIVE, {"kind": Kind.FINISHED}, YOURS_SOON),
    (VISITOR, State.ACTIVE, {"kind": Kind.FINISHED}, ""),
    (DECIDING, State.DELIVERED, {"kind": Kind.FINISHED, "has_delivered": True}, READY),
    (DECIDING, State.ARCHIVED, {"kind": Kind.FINISHED}, STORED),
]


@pytest.mark.parametrize(("who", "state", "circumstances", "expected"), TABLE)
def test_everybody_reads_what_a_person_would_say(who, state, circumstances, expected):
    circumstances = dict(circumstances)
    sent, taken = circumstances.pop("sent", False), circumstances.pop("taken", False)
    has_delivered = circumstances.pop("has_delivered", False)
    gallery = testing.make_gallery(has_page=False, state=state, **circumstances)
    link = testing.make_link(gallery, **who) if isinstance(who, dict) else None
    selection = None
    if sent:
        taker = gallery.owner if taken else None
        selection = Selection(share_link=link, submitted_at=SENT_AT, submitted_by=taker)

    words = greeting(
        gallery,
        Onlooker(
            link=link,
            is_staff=who == PREVIEW,
            selection=selection,
            chosen=48,
            has_delivered=has_delivered,
        ),
    )

    assert " | ".join(filter(None, [words.headline, " ".join(words.sentences)])) == expected
    assert not any(name in f"{words.headline} {words.sentences}" for name in STATE_NAMES)


def test_the_table_names_everybody_in_every_state():
    everybody = [DECIDING, SUGGESTING, LOOKING, GUEST, DESIGNER, PREVIEW, VISITOR]
    for who in everybody:
        assert {state for other, state, *_rest in TABLE if other == who} == set(State), who
