"""The decision on an edit: every kind of evidence, alone, together and against another."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.delivery.evidence import SENTENCES, words
from pumbaphoto_wagtail.delivery.frames import moment_of
from pumbaphoto_wagtail.delivery.known import Arrived, Known, Original
from pumbaphoto_wagtail.delivery.weighing import decide

MORNING = datetime(2026, 6, 13, 10, 0, 0)


@dataclass(frozen=True)
class Likeness:
    score: float
    verdict: str


SAME, UNSURE, DIFFERENT = Likeness(0.9, "same"), Likeness(0.6, "unsure"), Likeness(0.1, "different")


@dataclass
class Seen:
    """What the pictures say: by original, and which originals are frames of one burst."""

    looks: dict
    twins: frozenset = frozenset()

    def compare(self, edit, original):
        return self.looks.get(original)

    def are_alike(self, one, other):
        return one != other and {one, other} <= self.twins

    def nearest(self, edit):
        return sorted(self.looks.items(), key=lambda entry: -entry[1].score)


def at(seconds, fraction="", **told):
    """An identity: so many seconds after the morning, and whatever else a file says."""
    moment = MORNING + timedelta(seconds=seconds)
    return {"taken_at": moment.isoformat() + (f".{fraction}" if fraction else ""), **told}


def original(name, identity=None, **fields):
    identities = (identity,) if identity else ()
    moments = tuple(filter(None, map(moment_of, identities)))
    names = name if isinstance(name, tuple) else (name,)
    fields = {"key": names[0], "identities": identities, "moments": moments, **fields}
    return Original(names=names, **fields)


def weighed(edit, *originals, identity=None, looks=None, twins=(), **fields):
    known = Known(
        [one if isinstance(one, Original) else original(one) for one in originals],
        DEFAULTS["EDIT_SUFFIXES"],
    )
    arrived = Arrived(key="edit", name=edit, identity=identity or {}, **fields)
    return decide(arrived, known, Seen(looks or {}, frozenset(twins)))


def outcome(decision):
    return decision.original or decision.status, decision.method


def keys(decision, photo=None):
    return {f.words_key for f in decision.findings if photo in (None, f.photo)}


# --- The table -----------------------------------------------------------------------------------

A, B, C = "IMG_1.CR2", "IMG_2.CR2", "IMG_3.CR2"
TWO_CARDS = (
    original(A, at(0, "25", serial="111111"), key="card 1", folder="1"),
    original(A, at(900, "75", serial="222222"), key="card 2", folder="2"),
)
SHOOT = (
    original(A, at(0, "25", serial="111111")),
    original(B, at(10, "50", serial="111111")),
    original(C, at(11, serial="111111")),
)
PROOFS = (
    original("Smith-001.jpg", {"raw_file_name": "IMG_7.CR2", "original_document_id": "A" * 32}),
    original("Smith-002.jpg", {"raw_file_name": "IMG_8.CR2", "original_document_id": "B" * 32}),
)

TABLE = {
    # Names alone.
    "exact name": ("IMG_1.jpg", SHOOT, {}, (A, "exact")),
    "stripped name": ("IMG_1_edit.jpg", SHOOT, {}, (A, "stripped")),
    "a camera's number and a counter": ("IMG_1-2.jpg", SHOOT, {}, (A, "stripped")),
    "a word and a counter": ("wedding-2.jpg", ("wedding.jpg",), {}, ("doubtful", "")),
    "no such name": ("kiss.jpg", SHOOT, {}, ("unmatched", "")),
    "two of one name": ("IMG_1.jpg", TWO_CARDS, {}, ("ambiguous", "")),
    # The picture confirms a name, or does not.
    "name and picture": ("IMG_1.jpg", SHOOT, {"looks": {A: SAME}}, (A, "exact")),
    "a weak name and the picture": (
        "wedding-2.jpg",
        ("wedding.jpg",),
        {"looks": {"wedding.jpg": SAME}},
        ("wedding.jpg", "stripped"),
    ),
    "a name and a picture that is hard to tell": (
        *("IMG_1.jpg", SHOOT, {"looks": {A: UNSURE, B: DIFFERENT}}, (A, "exact")),
    ),
    "another picture": ("IMG_1.jpg", SHOOT, {"looks": {A: DIFFERENT}}, ("doubtful", "")),
    "the picture of another original": (
        *("IMG_1.jpg", SHOOT, {"looks": {A: UNSURE, B: SAME}}, ("doubtful", "")),
    ),
    "a name within a burst": (
        *("IMG_1.jpg", SHOOT, {"looks": {A: SAME, B: SAME}, "twins": (A, B)}, (A, "exact")),
    ),
    # Two of one name.
    "the same fraction of a second": (
        *("IMG_1.jpg", TWO_CARDS, {"identity": at(900, "75")}, ("card 2", "identity")),
    ),
    "the same second": ("IMG_1.jpg", TWO_CARDS, {"identity": at(0)}, ("card 1", "identity")),
    "the camera's fraction without its zero": (
        "IMG_1.jpg",
        (original(A, at(0, "064"), key=1), original(A, at(0, "500"), key=2)),
        {"identity": at(0, "64")},
        (1, "identity"),
    ),
    "the picture of one": (
        "IMG_1.jpg",
        TWO_CARDS,
        {"looks": {"card 1": DIFFERENT, "card 2": SAME}},
        ("card 2", "visual"),
    ),
    "the pictures of both": (
        "IMG_1.jpg",
        TWO_CARDS,
        {"looks": {"card 1": SAME, "card 2": SAME}},
        ("ambiguous", ""),
    ),
    "twins, one of them likelier": (
        "IMG_1.jpg",
        TWO_CARDS,
        {"looks": {"card 1": SAME, "card 2": UNSURE}, "twins": ("card 1", "card 2")},
        ("ambiguous", ""),
    ),
    "too close to call": (
        "IMG_1.jpg",
        TWO_CARDS,
        {"looks": {"card 1": Likeness(0.73, "same"), "card 2": Likeness(0.7, "unsure")}},
        ("ambiguous", ""),
    ),
    "time and picture against each other": (
        "IMG_1.jpg",
        TWO_CARDS,
        {"identity": at(0, "25"), "looks": {"card 1": DIFFERENT, "card 2": SAME}},
        ("doubtful", ""),
    ),
    # Names gone.
    "the RAW's name": (
        *("kiss.jpg", SHOOT, {"identity": {"raw_file_name": "IMG_2.CR2"}}, (B, "identity")),
    ),
    "the name of an editor's own file": (
        *("kiss.jpg", SHOOT, {"identity": {"raw_file_name": "IMG_2-Edit.tif"}}, (B, "identity")),
    ),
    "a fraction of a second": (*("kiss.jpg", SHOOT, {"identity": at(10, "50")}, (B, "identity")),),
    "a second alone": ("kiss.jpg", SHOOT, {"identity": at(11)}, ("doubtful", "")),
    "a second and the picture": (
        *("kiss.jpg", SHOOT, {"identity": at(11), "looks": {C: SAME}}, (C, "identity")),
    ),
    "a document": (
        "kiss.jpg",
        PROOFS,
        {"identity": {"derived_from": f"xmp.did:{'b' * 32}"}},
        ("Smith-002.jpg", "identity"),
    ),
    "the name before the proofs were renamed": (
        *("IMG_7_edit.jpg", PROOFS, {}, ("Smith-001.jpg", "identity")),
    ),
    "the camera's count": (
        "kiss.jpg",
        (original("a.nef", {"serial": "0123456", "shutter_count": 9280}), original("b.nef")),
        {"identity": {"serial": "123456", "shutter_count": 9280}},
        ("a.nef", "identity"),
    ),
    "a collage that began with one photo": (
        "collage.jpg",
        SHOOT,
        {"identity": at(0, "25", raw_file_name="IMG_1.CR2"), "looks": {A: UNSURE}},
        ("doubtful", ""),
    ),
    "the picture alone": ("kiss.jpg", SHOOT, {"looks": {A: DIFFERENT, B: SAME}}, (B, "visual")),
    "a picture of a burst": (
        *("kiss.jpg", SHOOT, {"looks": {A: SAME, B: SAME}, "twins": (A, B)}, ("ambiguous", "")),
    ),
    "a burst of which one looks likelier": (
        *("kiss.jpg", SHOOT, {"looks": {A: SAME, B: UNSURE}, "twins": (A, B)}, ("ambiguous", "")),
    ),
    "a burst whose time tells": (
        "kiss.jpg",
        SHOOT,
        {"identity": at(10, "50"), "looks": {A: SAME, B: SAME}, "twins": (A, B)},
        (B, "identity"),
    ),
    "a picture that resembles some": (
        *("kiss.jpg", SHOOT, {"looks": {A: UNSURE, B: UNSURE}}, ("unmatched", "")),
    ),
    # Evidence against each other.
    "name and RAW's name": (
        "IMG_1.jpg",
        SHOOT,
        {"identity": {"raw_file_name": "IMG_2.CR2"}, "looks": {A: SAME}},
        ("doubtful", ""),
    ),
    "name and fraction of a second": (
        *("IMG_1.jpg", SHOOT, {"identity": at(10, "50"), "looks": {A: SAME}}, ("doubtful", "")),
    ),
    "name and second, without a picture": (
        *("IMG_1.jpg", SHOOT, {"identity": at(11)}, ("doubtful", "")),
    ),
    "name and second, the picture with the name": (
        "IMG_1.jpg",
        SHOOT,
        {"identity": at(11), "looks": {A: SAME, C: DIFFERENT}},
        (A, "exact"),
    ),
    "name and second, both of one burst": (
        "IMG_1.jpg",
        SHOOT,
        {"identity": at(11), "looks": {A: SAME, C: DIFFERENT}, "twins": (A, C)},
        ("doubtful", ""),
    ),
    "a clock put right in the editor": (
        *("IMG_1.jpg", SHOOT, {"identity": at(7777), "looks": {A: SAME}}, (A, "exact")),
    ),
    "another time and nothing to see": (
        *("IMG_1.jpg", SHOOT, {"identity": at(7777)}, ("doubtful", "")),
    ),
    "another time zone": ("IMG_1.jpg", SHOOT, {"identity": at(7200, "25")}, (A, "exact")),
    "another camera": (
        *("IMG_1.jpg", SHOOT, {"identity": {"serial": "999999"}}, ("doubtful", "")),
    ),
    "another way to write the camera's number": (
        "IMG_1.jpg",
        SHOOT,
        {"identity": at(0, "25", serial="SN-4711-X")},
        (A, "exact"),
    ),
    "document and RAW's name": (
        "kiss.jpg",
        PROOFS,
        {"identity": {"raw_file_name": "IMG_7.CR2", "original_document_id": "B" * 32}},
        ("ambiguous", ""),
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_table_of_decisions(case):
    edit, originals, evidence, expected = TABLE[case]
    decision = weighed(edit, *originals, **evidence)
    assert outcome(decision) == expected, decision.findings


# --- What is on record ---------------------------------------------------------------------------


def test_a_contradiction_names_both_sides():
    decision = weighed("IMG_1.jpg", *SHOOT, identity=at(10, "50"), looks={A: SAME, B: DIFFERENT})
    assert keys(decision, A) == {"name_exact", "time_elsewhere", "picture_same"}
    assert keys(decision, B) == {"time_exact", "picture_different"}


def test_what_could_be_meant_comes_with_it():
    decision = weighed("kiss.jpg", *SHOOT, looks={A: UNSURE, B: DIFFERENT})
    assert [(f.photo, f.words_key) for f in decision.findings] == [(A, "picture_unsure")]


def test_of_many_candidates_few_are_on_record():
    cards = [original("IMG_1.CR2", key=card) for card in range(40)]
    decision = weighed("IMG_1.jpg", *cards)
    assert decision.status == "ambiguous"
    assert len({finding.photo for finding in decision.findings}) == 8


def test_independent_proofs_make_surer():
    alone = weighed("IMG_1_edit.jpg", *SHOOT)
    together = weighed("IMG_1_edit.jpg", *SHOOT, looks={A: SAME})
    assert alone.confidence < together.confidence < 1


@pytest.mark.parametrize("case", TABLE)
def test_every_finding_has_words(case):
    edit, originals, evidence, _expected = TABLE[case]
    for finding in weighed(edit, *originals, **evidence).findings:
        row = finding.as_row()
        assert row["words_key"] in SENTENCES
        assert row["data"]["original"] in words(row)


# --- Traits that tell nothing --------------------------------------------------------------------


def test_a_document_of_many_is_a_template_and_tells_nothing():
    proofs = [original(f"a{n}.jpg", {"document_id": "template-1"}) for n in range(20)]
    assert weighed("kiss.jpg", *proofs, identity={"document_id": "template-1"}).findings == ()


def test_no_name_is_followed_by_its_counter_alone():
    decision = weighed("x.jpg", "portrait.jpg", identity={"raw_file_name": "portrait-2.jpg"})
    assert decision.status == "unmatched"


@pytest.mark.parametrize(
    "identity",
    [
        {"taken_at": "yesterday"},
        {"taken_at": 7},
        {"serial": 7, "shutter_count": "many"},
        {"raw_file_name": ""},
        {"document_id": ""},
    ],
)
def test_an_identity_that_makes_no_sense_changes_nothing(identity):
    assert outcome(weighed("IMG_1.jpg", *SHOOT, identity=identity)) == (A, "exact")


# --- Variants ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "is_grey", "original_is_grey", "variant"),
    [
        ("IMG_1_edit.jpg", True, False, "black_and_white"),
        ("IMG_1_edit.jpg", True, True, "main"),
        ("IMG_1_edit.jpg", True, None, "main"),
        ("IMG_1_edit.jpg", False, False, "main"),
        ("IMG_1_edit.jpg", None, False, "main"),
        ("IMG_1_4x5.jpg", True, False, "social_crop 4x5"),
    ],
)
def test_a_picture_made_black_and_white_is_a_variant(name, is_grey, original_is_grey, variant):
    one = original(A, is_grey=original_is_grey)
    assert weighed(name, one, is_grey=is_grey).variant == variant


def test_a_renamed_edit_keeps_the_variant_of_its_name():
    decision = weighed("Smith-017_bw_v2.jpg", *SHOOT, looks={A: SAME})
    assert (decision.original, decision.variant) == (A, "black_and_white")


# --- Generated shoots: right, or left to the photographer ----------------------------------------


@st.composite
def shoots(draw):
    """A shoot by some naming scheme, one edit of it by another, and what is left of the rest.

    Frames come in bursts whose pictures look alike, on cards whose counters begin anew, from
    cameras that know sub-seconds or not.
    """
    count, cards = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    knows_fractions, burst = draw(st.booleans()), draw(st.integers(1, 3))
    prefix = draw(st.sampled_from(["IMG_", "DSC", "Smith-", "wedding ", "a"]))
    start = draw(st.sampled_from([1, 9, 98, 4520]))
    frames = []
    for number in range(count * cards):
        seconds, fraction = divmod(number * 0.4, 1)
        identity = at(int(seconds), f"{fraction:.2f}"[2:] if knows_fractions else "")
        identity["serial"] = "111111"
        name = f"{prefix}{start + number % count}.CR2"
        frames.append(original(name, identity, key=number, folder=f"card {number // count}"))
    right = draw(st.sampled_from(frames))
    stem = right.names[0].removesuffix(".CR2")
    name = draw(
        st.sampled_from(
            [
                *(f"{stem}.jpg", f"{stem}_edit.jpg", f"{stem}-Edit-2.tif", f"{stem} (1).jpg"),
                *(f"{stem}-2.jpg", f"{stem}_bw_v2.jpg", f"edit_{stem}.jpg", f"{stem}.CR2.jpg"),
                *("kiss.jpg", "Smith-Wedding-017.jpg", f"{prefix}777.jpg", f"{stem}1.jpg"),
            ]
        )
    )
    identity = dict(right.identities[0]) if draw(st.booleans()) else {}
    if identity and draw(st.booleans()):
        identity["raw_file_name"] = right.names[0]
    group = right.key // burst
    looks = {one.key: SAME if one.key // burst == group else DIFFERENT for one in frames}
    if draw(st.booleans()):
        looks = {}
    twins = [one.key for one in frames if one.key // burst == group]
    return frames, right, name, identity, looks, twins


@given(shoots())
def test_no_generated_scheme_leads_astray(shoot):
    frames, right, name, identity, looks, twins = shoot
    decision = weighed(name, *frames, identity=identity, looks=looks, twins=twins)
    # A name that is another original's own may only be believed where nothing else is known.
    others = [one for one in frames if one.names[0].split(".")[0] == name.split(".")[0]]
    if decision.original is not None and (looks or identity or right in others or not others):
        assert decision.original == right.key, decision
    if decision.original is None:
        assert decision.status in ("ambiguous", "doubtful", "unmatched")


@given(shoots(), st.randoms())
def test_the_order_of_originals_decides_nothing(shoot, random):
    frames, _right, name, identity, looks, twins = shoot
    evidence = {"identity": identity, "looks": looks, "twins": twins}
    shuffled = random.sample(frames, len(frames))
    once, again = weighed(name, *frames, **evidence), weighed(name, *shuffled, **evidence)
    assert outcome(once) == outcome(again)


@given(
    st.text(max_size=40),
    st.dictionaries(
        st.sampled_from(["taken_at", "serial", "raw_file_name", "document_id", "shutter_count"]),
        st.one_of(st.text(max_size=30), st.integers(), st.none()),
    ),
)
def test_nothing_that_an_edit_says_makes_it_fail(name, identity):
    decision = weighed(name, *SHOOT, *PROOFS, identity=identity)
    assert all(len(str(finding.as_row())) < 800 for finding in decision.findings)
