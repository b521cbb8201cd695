"""XMP sidecars: new ones, and those of photographers, in which nothing may be lost."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pumbaphoto_wagtail.delivery.sidecars import (
    DC,
    MAX_SIDECAR_BYTES,
    PHOTOSHOP,
    RDF,
    XMP,
    Marks,
    merged_sidecar,
    new_sidecar,
)
from pumbaphoto_wagtail.exceptions import SidecarRefused

NOW = datetime(2026, 7, 1, 22, 30, 15, 999, tzinfo=UTC)
LATER = datetime(2026, 7, 2, tzinfo=UTC)
MARKS = Marks(
    rating=5, label="Green", keywords=("To edit", "Chosen by Anna"), instructions="Lighter, please"
)

LIGHTROOM = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
    xmlns:mine="http://example.com/a-studio-s-own/1.0/"
   xmp:Rating="2" xmp:Label="Red" crs:Exposure2012="+0.35" crs:RawFileName="IMG_4521.CR2"
   mine:Shelf="B 12">
   <dc:subject><rdf:Bag><rdf:li>church</rdf:li><rdf:li>To edit</rdf:li></rdf:Bag></dc:subject>
   <crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurve>
   <mine:Box rdf:parseType="Resource"><mine:Name>Gl\xc3\xbcck</mine:Name></mine:Box>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">
   <photoshop:Instructions>Crop to 4:5</photoshop:Instructions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def descriptions(data):
    return etree.fromstring(data).iter(f"{{{RDF}}}Description")


def value(data, namespace, name):
    """Every value of a simple property, however it is written."""
    qualified = f"{{{namespace}}}{name}"
    found = []
    for description in descriptions(data):
        found += [description.get(qualified)] if qualified in description.attrib else []
        found += [element.text for element in description.findall(qualified)]
    return found


def keywords(data):
    items = etree.fromstring(data).findall(f".//{{{DC}}}subject//{{{RDF}}}li")
    return [item.text for item in items]


def test_a_new_sidecar_says_what_was_chosen():
    data = new_sidecar(MARKS, now=NOW)

    assert value(data, XMP, "Rating") == ["5"]
    assert value(data, XMP, "Label") == ["Green"]
    assert value(data, XMP, "MetadataDate") == ["2026-07-01T22:30:15+00:00"]
    assert value(data, PHOTOSHOP, "Instructions") == ["Lighter, please"]
    assert keywords(data) == ["To edit", "Chosen by Anna"]


def test_a_new_sidecar_is_a_packet():
    data = new_sidecar(MARKS, now=NOW)

    assert data.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode())
    assert data.endswith(b'<?xpacket end="w"?>')
    assert b"xmlns:ns" not in data


def test_what_is_not_chosen_gets_no_rating():
    data = new_sidecar(Marks(instructions="not this one"), now=NOW)

    assert value(data, XMP, "Rating") == value(data, XMP, "Label") == []
    assert keywords(data) == []


def test_merging_replaces_rating_and_label_where_they_stand():
    data = merged_sidecar(LIGHTROOM, MARKS, now=NOW)

    assert value(data, XMP, "Rating") == ["5"]
    assert value(data, XMP, "Label") == ["Green"]
    assert b'xmp:Rating="5"' in data


def test_merging_adds_keywords_each_once():
    assert keywords(merged_sidecar(LIGHTROOM, MARKS, now=NOW)) == [
        "church",
        "To edit",
        "Chosen by Anna",
    ]


def test_merging_puts_notes_below_the_instructions_that_are_there():
    data = merged_sidecar(LIGHTROOM, MARKS, now=NOW)

    assert value(data, PHOTOSHOP, "Instructions") == ["Crop to 4:5\nLighter, please"]


def test_merging_loses_nothing_that_is_not_ours():
    data = merged_sidecar(LIGHTROOM, MARKS, now=NOW)

    assert foreign(data) == foreign(LIGHTROOM)
    for prefix in (b"xmlns:mine=", b"xmlns:crs=", b'x:xmptk="Adobe XMP Core 7.0"'):
        assert prefix in data


def foreign(data):
    """Everything but the properties that are written, in order, with its texts."""
    ours = {
        *(f"{{{XMP}}}{name}" for name in ("Rating", "Label", "MetadataDate")),
        *(f"{{{DC}}}subject", f"{{{PHOTOSHOP}}}Instructions"),
    }
    root = etree.fromstring(data)
    for element in [*root.iter()]:
        for name in {*element.attrib} & ours:
            del element.attrib[name]
        if element.tag in ours:
            element.getparent().remove(element)
    return [
        (element.tag, dict(element.attrib), (element.text or "").strip()) for element in root.iter()
    ]


def test_nothing_to_say_changes_nothing_but_the_date():
    data = merged_sidecar(LIGHTROOM, Marks(), now=NOW)

    assert value(data, XMP, "Rating") == ["2"]
    assert keywords(data) == ["church", "To edit"]
    assert value(data, XMP, "MetadataDate") == ["2026-07-01T22:30:15+00:00"]


def test_merging_again_changes_nothing():
    once = merged_sidecar(LIGHTROOM, MARKS, now=NOW)

    assert merged_sidecar(once, MARKS, now=NOW) == once
    assert merged_sidecar(once, MARKS, now=LATER) != once


def test_a_property_that_stood_there_twice_stands_there_once():
    twice = LIGHTROOM.replace(
        b"<photoshop:Instructions>",
        b"<xmp:Rating xmlns:xmp='" + XMP.encode() + b"'>3</xmp:Rating><photoshop:Instructions>",
    )

    assert value(merged_sidecar(twice, MARKS, now=NOW), XMP, "Rating") == ["5"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_are_read(encoding):
    data = merged_sidecar(LIGHTROOM.decode().encode(encoding), MARKS, now=NOW)

    assert "Glück".encode() in data


def test_a_description_list_without_its_wrapper_is_read():
    bare = new_sidecar(Marks(rating=1), now=NOW)
    inner = etree.tostring(etree.fromstring(bare)[0])

    assert value(merged_sidecar(inner, MARKS, now=NOW), XMP, "Rating") == ["5"]


LAUGHS = "".join(
    f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' if number else '<!ENTITY l0 "lol">'
    for number in range(10)
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xe0 a JPEG",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        LIGHTROOM[:200],
        f"<!DOCTYPE x [{LAUGHS}]><x>&l9;</x>".encode(),
        b"<!DOCTYPE x SYSTEM 'http://127.0.0.1/evil.dtd'>" + LIGHTROOM,
        b"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
        + LIGHTROOM.replace(b"church", b"&f;"),
        b"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>" + LIGHTROOM,
        b"<a>" * 5000 + b"</a>" * 5000,
        b" " * (MAX_SIDECAR_BYTES + 1),
        b"<?xml version='1.0' encoding='no-such'?><x/>",
    ],
    ids=range(12),
)
def test_what_is_no_sidecar_or_would_harm_is_refused(data):
    with pytest.raises(SidecarRefused):
        merged_sidecar(data, MARKS, now=NOW)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_note_and_any_keyword_is_kept_or_made_harmless(note, keyword):
    marks = Marks(rating=3, keywords=(keyword,), instructions=note)
    for data in (new_sidecar(marks, now=NOW), merged_sidecar(LIGHTROOM, marks, now=NOW)):
        said = "".join(value(data, PHOTOSHOP, "Instructions"))
        assert kept(note) in said
        assert not kept(keyword) or kept(keyword) in keywords(data)


def kept(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    allowed = (letter for letter in lines if letter in "\t\n" or ord(letter) >= 32)
    return "".join(
        letter
        for letter in allowed
        if not 0xD800 <= ord(letter) <= 0xDFFF and letter not in "\ufffe\uffff"
    ).strip()
