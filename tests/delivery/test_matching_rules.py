import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.delivery.matching_rules import (
    EditName,
    NameMatch,
    OriginalName,
    match_by_name,
)
from tests.work import calls_in

SUFFIXES = DEFAULTS["EDIT_SUFFIXES"]


def originals(*names, folder=""):
    return [OriginalName(key=name, names=(name,), folder=folder) for name in names]


def match(edit, *among, folder="", suffixes=SUFFIXES) -> NameMatch:
    """The match of one edit's name among originals, given as names or as OriginalName."""
    known = [
        original if isinstance(original, OriginalName) else originals(original)[0]
        for original in among
    ]
    [found] = match_by_name([EditName(key="edit", name=edit, folder=folder)], known, suffixes)
    return found


@pytest.mark.parametrize(
    "edit",
    [
        # The eight forms every photographer is promised.
        "IMG_4521_edit.jpg",
        "IMG_4521_edited.jpg",
        "IMG_4521_v2.jpg",
        "IMG_4521_final.jpg",
        "IMG_4521-edit.jpg",
        "IMG_4521-edited.jpg",
        "IMG_4521-v2.jpg",
        "IMG_4521-final.jpg",
        # Repeated and mixed.
        "IMG_4521_edit_v2.jpg",
        "IMG_4521_v2_edit.jpg",
        "IMG_4521_final_final.jpg",
        "IMG_4521_Edited-final.jpg",
        "IMG_4521_edit_v2-final_edited.jpg",
        # Numbered.
        "IMG_4521_edit2.jpg",
        "IMG_4521_Edit2.jpg",
        "IMG_4521_v3.jpg",
        "IMG_4521_v12.jpg",
        "IMG_4521_final2.jpg",
        "IMG_4521 version 2.jpg",
        # Lightroom, Photoshop, Capture One, Finder, Explorer, browsers.
        "IMG_4521-Edit.tif",
        "IMG_4521-Edit-2.tif",
        "IMG_4521-2.jpg",
        "IMG_4521 2.jpg",
        "IMG_4521 1.jpg",
        "IMG_4521-1.jpg",
        "IMG_4521_2.jpg",
        "IMG_4521-Recovered.psd",
        "IMG_4521-Enhanced-NR.dng",
        "IMG_4521-HDR-Edit.tif",
        "IMG_4521 Kopie.jpg",
        "IMG_4521 Kopie 2.psd",
        "IMG_4521 - Kopie (2).jpg",
        "Kopie von IMG_4521.jpg",
        "IMG_4521 (Kopie).jpg",
        "IMG_4521-Copy-1.jpg",
        "IMG_4521 Virtual Copy 2.jpg",
        "IMG_4521 variant 2.jpg",
        "IMG_E4521.JPG",
        "IMG_4521 copy.jpg",
        "IMG_4521 copy 2.psd",
        "IMG_4521 - Copy.jpg",
        "IMG_4521 - Copy (2).jpg",
        "IMG_4521 (1).jpg",
        "IMG_4521(1).jpg",
        "Copy of IMG_4521.jpg",
        # In front.
        "edit_IMG_4521.jpg",
        "final-IMG_4521_v2.jpg",
        "v2_IMG_4521.jpg",
        # Extensions.
        "IMG_4521.CR2.jpg",
        "IMG_4521_edit.jpg.jpg",
        "IMG_4521_edit .jpg",
        "IMG_4521_edit.PSB",
        # Case.
        "img_4521_EDIT.JPG",
        # Variants.
        "IMG_4521_bw.jpg",
        "IMG_4521-B&W-v2.jpg",
        "IMG_4521_edit_4x5.jpg",
        "IMG_4521_2048px.jpg",
    ],
)
def test_an_edit_finds_its_original(edit):
    found = match(edit, "IMG_4521.CR2", "IMG_452.CR2", "IMG_4522.CR2", "IMG_45210.CR2")
    assert (found.status, found.original, found.method) == ("matched", "IMG_4521.CR2", "stripped")


@pytest.mark.parametrize(
    "edit",
    [
        "IMG_45.jpg",
        "IMG_45210.jpg",
        "IMG_4521b.jpg",
        "IMG_4521edit.jpg",
        "XIMG_4521.jpg",
        "IMG_4521_edit_452.jpg",
        "IMG_4521-100.jpg",
        "IMG_4521-02.jpg",
        "IMG_4521_02.jpg",
        "edit.jpg",
        "_edit_final.jpg",
        "(1).jpg",
        ".jpg",
        "",
    ],
)
def test_a_name_that_is_not_the_originals_finds_nothing(edit):
    found = match(edit, "IMG_4521.CR2", "IMG_452.CR2")
    assert found == NameMatch(edit="edit", status="unmatched")


def test_the_same_name_is_certain():
    found = match("img_4521.tif", "IMG_4521.CR2")
    assert (found.original, found.method, found.confidence) == ("IMG_4521.CR2", "exact", 1.0)


@pytest.mark.parametrize(
    ("edit", "original"),
    [
        ("portrait_v2.jpg", "portrait_v2.cr2"),
        ("portrait_v2_final.jpg", "portrait_v2.cr2"),
        ("portrait_v3.jpg", "portrait.cr2"),
        ("portrait_final_v2.jpg", "portrait.cr2"),
        ("edit_portrait_v2.jpg", "portrait_v2.cr2"),
    ],
)
def test_the_longest_original_wins(edit, original):
    assert match(edit, "portrait.cr2", "portrait_v2.cr2").original == original


@pytest.mark.parametrize(
    ("edit", "original"),
    [("edit__DSC1000.jpg", "_DSC1000.nef"), ("Anna__edit.jpg", "Anna_.jpg"), ("a__edit.jpg", "a")],
)
def test_separators_of_the_names_own_stay_with_it(edit, original):
    assert match(edit, original).original == original


def test_decomposed_names_of_macos_match():
    assert match("Se\u0301rie_edit.jpg", "Série.nef").original == "Série.nef"


def test_an_original_with_two_extensions_is_found_by_its_bare_name():
    found = match("IMG_4521_edit.tif", "IMG_4521.CR2.jpg")
    assert (found.original, found.method) == ("IMG_4521.CR2.jpg", "stripped")


def test_an_original_with_one_extension_comes_before_one_with_two():
    assert match("IMG_4521.tif", "IMG_4521.CR2.jpg", "IMG_4521.CR2").original == "IMG_4521.CR2"


def test_a_raw_and_its_jpeg_are_one_original():
    pair = OriginalName(key=7, names=("IMG_4521.CR3", "IMG_4521.JPG"))
    assert match("IMG_4521_edit.jpg", pair).original == 7


def two_cards():
    return [
        OriginalName(key="first", names=("IMG_0001.CR2",), folder="Card 1"),
        OriginalName(key="second", names=("IMG_0001.CR2",), folder="Card 2"),
    ]


@pytest.mark.parametrize("folder", ["", "Edits", "Card", "Edits/Card 1", "Card 1/Edits"])
def test_two_originals_of_one_name_are_never_guessed(folder):
    found = match("IMG_0001_edit.jpg", *two_cards(), folder=folder)
    assert (found.status, found.original, found.confidence) == ("ambiguous", None, 0.0)
    assert found.candidates == ("first", "second")


def test_exactly_the_same_folder_settles_a_tie_and_says_so():
    found = match("IMG_0001_edit.jpg", *two_cards(), folder="card 2/")
    assert (found.status, found.original, found.method) == ("matched", "second", "folder")
    assert found.candidates == ("first", "second")
    assert found.confidence < match("IMG_1_edit.jpg", "IMG_1.cr2").confidence


def test_the_same_folder_does_not_settle_two_of_one_name_in_it():
    twins = [OriginalName(key=key, names=("a.jpg",), folder="Card") for key in (1, 2)]
    assert match("a.jpg", *twins, folder="Card").status == "ambiguous"


def test_lying_in_no_folder_settles_nothing():
    loose = OriginalName(key="loose", names=("IMG_0001.CR2",))
    assert match("IMG_0001_edit.jpg", loose, *two_cards()).status == "ambiguous"


def test_another_folder_does_not_contradict_the_only_candidate():
    [first, _second] = two_cards()
    assert match("IMG_0001.jpg", first, folder="Card 2").original == "first"


def test_two_ways_to_read_a_name_are_ambiguous():
    assert match("edit_me_edit.jpg", "me_edit.jpg", "edit_me.jpg").status == "ambiguous"


def test_a_number_is_no_counter_where_originals_are_numbered_so():
    numbered = ("wedding.jpg", "wedding-1.jpg", "wedding-2.jpg")
    assert match("wedding-3.jpg", *numbered).status == "unmatched"
    assert match("wedding-2_edit.jpg", *numbered).original == "wedding-2.jpg"


def test_a_counter_is_less_certain_than_a_word():
    assert match("a-2.jpg", "a.jpg").confidence < match("a_edit_v2.jpg", "a.jpg").confidence


def test_a_studios_own_words_are_taken_off():
    assert match("a_retusche.jpg", "a.jpg", suffixes=["_Retusche"]).original == "a.jpg"
    assert match("a-for print-2.jpg", "a.jpg", suffixes=["for print"]).original == "a.jpg"


def test_without_a_list_of_words_no_word_is_taken_off():
    assert match("a_edit.jpg", "a.jpg", suffixes=[]).status == "unmatched"


def test_a_word_of_the_list_is_no_pattern():
    assert match("a_exxit.jpg", "a.jpg", suffixes=["e.+it", "", "_"]).status == "unmatched"


@pytest.mark.parametrize(
    ("edit", "variant", "version_order"),
    [
        ("a.jpg", "main", (0, 1)),
        ("a_edit.jpg", "main", (0, 1)),
        ("a_edit2.jpg", "main", (0, 2)),
        ("a-Edit-3.jpg", "main", (0, 3)),
        ("a_v2.jpg", "main", (0, 2)),
        ("v4_a.jpg", "main", (0, 4)),
        ("a_edit_v3_final.jpg", "main", (1, 3)),
        ("a_final.jpg", "main", (1, 1)),
        ("a_final_final.jpg", "main", (2, 1)),
        ("a_final3.jpg", "main", (3, 1)),
        ("a_bw.jpg", "black_and_white", (0, 1)),
        ("bw_a_v2.jpg", "black_and_white", (0, 2)),
        ("a-black-and-white.jpg", "black_and_white", (0, 1)),
        ("a_4x5.jpg", "social_crop 4x5", (0, 1)),
        ("a_9x16_v2.jpg", "social_crop 9x16", (0, 2)),
        ("a_bw_4x5.jpg", "social_crop 4x5 black_and_white", (0, 1)),
        ("a_4x5_bw.jpg", "social_crop 4x5 black_and_white", (0, 1)),
        ("a_insta.jpg", "social_crop insta", (0, 1)),
        ("a_20x30.jpg", "own 20x30", (0, 1)),
        ("a_web.jpg", "web", (0, 1)),
        ("a_2048px.jpg", "web 2048px", (0, 1)),
        ("a-2.jpg", "own copy 2", (0, 1)),
        ("a copy.jpg", "own copy 1", (0, 1)),
        ("a (1).jpg", "own copy 1", (0, 1)),
    ],
)
def test_a_name_tells_variant_and_version(edit, variant, version_order):
    found = match(edit, "a.cr2")
    assert (found.variant, found.version_order) == (variant, version_order)


def test_marks_of_the_originals_own_name_make_no_variant():
    assert match("a_bw.jpg", "a_bw.cr2").variant == "main"


def test_a_variant_fits_its_field():
    chain = "_".join(["black and white", "instagram", "facebook", "cropped", "20x30", "lowres"])
    assert len(match(f"a_{chain}.jpg", "a.jpg").variant) <= 50


def test_what_was_taken_off_is_on_record():
    assert match("IMG_1_edit-V2.jpg", "IMG_1.jpg").marks == ("-v2", "_edit")


def test_answers_come_in_the_order_of_the_edits():
    names = ["b_edit.jpg", "x.jpg", "a_edit.jpg", "b_edit.jpg"]
    found = match_by_name([EditName(key=n, name=n) for n in names], originals("a", "b"), SUFFIXES)
    assert [(match.edit, match.original) for match in found] == [
        ("b_edit.jpg", "b"),
        ("x.jpg", None),
        ("a_edit.jpg", "a"),
        ("b_edit.jpg", "b"),
    ]


def test_an_edit_costs_as_much_in_a_large_gallery_as_in_a_small_one():
    def cost(originals, edits):
        pairs = [
            OriginalName(key=number, names=(f"IMG_{number:04}.CR3", f"IMG_{number:04}.JPG"))
            for number in range(originals)
        ]
        names = [EditName(key=n, name=f"IMG_{n:04}_edit_v2-final-Edit-2.jpg") for n in range(edits)]
        found = []
        calls = calls_in(lambda: found.extend(match_by_name(names, pairs, SUFFIXES)))
        assert all(match.original == match.edit for match in found)
        return calls

    assert cost(4000, 2000) < 11 * cost(400, 200)


@pytest.mark.parametrize(
    "hostile", ["_edit" * 1000, "edit_" * 1000, "_" * 5000, "a" + " (1)" * 1000, ".jpg" * 1000]
)
def test_a_hostile_name_costs_little_time(hostile):
    started = time.process_time()
    match(f"{hostile}x{hostile}.jpg", "a.jpg")
    assert time.process_time() - started < 0.5


# --- Generated naming schemes --------------------------------------------------------------------

PREFIXES = st.sampled_from(["IMG_", "DSC", "_DSC", "DSC_", "P10", "Smith-Wedding-", "Müller ", ""])
CAMERA_NAMES = st.builds(
    lambda prefix, number: f"{prefix}{number:04}", PREFIXES, st.integers(1000, 9999)
)
EXTENSIONS = st.sampled_from(
    [".jpg", ".JPG", ".tif", ".psd", ".CR2", ".jpg.jpg", ".CR2.jpg", " .jpg"]
)
MARKS = st.builds(
    lambda separator, word: separator + word,
    st.sampled_from(["_", "-", " ", "."]),
    st.sampled_from(
        ["edit", "Edited", "v2", "V3", "final", "FINAL", "edit2", "Edit-2", "bw", "4x5", "copy"]
    ),
)
LEADING = st.sampled_from(["", "", "edit_", "Final-", "bw "])
ANY_NAME = st.text(alphabet=string.ascii_letters + string.digits + "_-. ()é", max_size=24)


@given(
    names=st.sets(CAMERA_NAMES, min_size=1, max_size=30),
    leading=LEADING,
    marks=st.lists(MARKS, max_size=5),
    extension=EXTENSIONS,
    data=st.data(),
)
def test_every_generated_scheme_leads_home(names, leading, marks, extension, data):
    among = originals(*(f"{name}.CR2" for name in sorted(names)))
    chosen = data.draw(st.sampled_from(among))
    edit = leading + chosen.names[0].removesuffix(".CR2") + "".join(marks) + extension
    [found] = match_by_name([EditName(key=0, name=edit)], among, SUFFIXES)
    assert found.original == chosen.key


@given(st.lists(ANY_NAME, max_size=8, unique=True), ANY_NAME, st.lists(MARKS, max_size=3))
def test_only_a_whole_name_is_ever_matched(names, edit, marks):
    edit = f"{edit}{''.join(marks)}.jpg"
    [found] = match_by_name([EditName(key=0, name=edit)], originals(*names), SUFFIXES)
    if found.original is not None:
        assert stands_alone(comparable(found.original), comparable(edit))


def comparable(name):
    return name.casefold().replace("\u0301", "").strip(" .").removesuffix(".jpg").strip(" .")


def stands_alone(part, whole):
    """Whether ``part`` is in ``whole`` with neither a letter nor a digit beside it."""
    starts = [i for i in range(len(whole)) if whole.startswith(part, i)]
    return any(
        not whole[max(0, i - 1) : i].isalnum()
        and not whole[i + len(part) : i + len(part) + 1].isalnum()
        for i in starts
    )


@given(st.lists(ANY_NAME, max_size=8, unique=True), st.lists(ANY_NAME, max_size=8), st.randoms())
def test_an_answer_depends_on_nothing_but_the_names(names, edits, random):
    named = [EditName(key=name, name=name) for name in edits]
    among = originals(*names)
    once = match_by_name(named, among, SUFFIXES)
    shuffled = random.sample(among, len(among))
    again = match_by_name(named, shuffled, SUFFIXES)
    alone = [match_by_name([edit], among, SUFFIXES)[0] for edit in named]
    assert once == alone
    assert [(m.status, m.original, set(m.candidates)) for m in once] == [
        (m.status, m.original, set(m.candidates)) for m in again
    ]


@given(st.lists(ANY_NAME, max_size=8, unique=True))
def test_an_original_exported_under_its_own_name_is_its_own_edit(names):
    among = originals(*names)
    found = match_by_name([EditName(key=n, name=n) for n in names], among, SUFFIXES)
    for match in found:
        assert match.status == "unmatched" or match.edit in match.candidates
